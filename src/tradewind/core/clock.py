"""Time as an argument: the one place that reads the machine's clock.

A :class:`SystemClock` tells the real time, a :class:`SimulatedClock` tells what it was told. Everything that needs
the time takes one of them (port :class:`~tradewind.core.ports.Clock`), so a test or a replay decides what time it is.
"""

from __future__ import annotations

import time

from tradewind.core.errors import InvalidValueError

__all__ = ["SimulatedClock", "SystemClock"]


class SystemClock:
    """The machine's clock.

    Examples:
        >>> clock = SystemClock()
        >>> clock.monotonic_ns() <= clock.monotonic_ns()
        True
    """

    def now_ns(self) -> int:
        """Wall time [ns since 1970-01-01 UTC]; may step when the machine's clock is set."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """A clock that never goes back, for durations [ns]."""
        return time.perf_counter_ns()

    def sleep_ns(self, duration_ns: int) -> None:
        """Wait; nothing for a duration that is over [ns]."""
        time.sleep(max(duration_ns, 0) * 1e-9)


class SimulatedClock:
    """A clock that moves only when told to.

    Args:
        start_ns: First time it tells [ns since 1970-01-01 UTC].

    Examples:
        >>> clock = SimulatedClock(start_ns=100)
        >>> clock.advance(50)
        >>> clock.now_ns()
        150
    """

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        """Simulated time [ns since 1970-01-01 UTC]."""
        return self._now_ns

    def monotonic_ns(self) -> int:
        """The same clock: simulated time never goes back."""
        return self._now_ns

    def advance(self, duration_ns: int) -> None:
        """Move on.

        Args:
            duration_ns: How far; not negative [ns].

        Raises:
            InvalidValueError: When asked to go back.
        """
        if duration_ns < 0:
            raise InvalidValueError("duration_ns", "0 or more", duration_ns)
        self._now_ns += duration_ns
