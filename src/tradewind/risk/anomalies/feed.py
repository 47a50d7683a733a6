"""What is wrong with the market data itself: stale, crossed, gaps, outliers, quote stuffing, told row by row."""

from __future__ import annotations

from enum import IntFlag

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import entry

__all__ = ["FEED_STATE", "FeedFlag", "FeedMonitor", "FeedRules"]

FEED_STATE = np.dtype(
    [
        ("last_ns", "i8"),
        ("since_ns", "i8"),
        ("rows", "i8"),
        ("slow_mid", "f8"),
        ("spread", "f8"),
        ("rate", "f8"),
        ("usual_rate", "f8"),
        ("bid", "f8"),
        ("ask", "f8"),
    ],
    align=True,
)
"""What the monitor remembers between rows of one instrument."""


class FeedFlag(IntFlag):
    """What can be wrong with a quote; several may be set."""

    CLOCK_BACK = 1
    """Its time lies before the one before; the clock of the monitor stays where it was."""
    CROSSED = 2
    """Bid above ask."""
    LOCKED = 4
    """Bid equal to ask."""
    GAP = 8
    """Longer silent before it than ``gap_s``."""
    STALE = 16
    """The same prices for longer than ``stale_s`` although rows came."""
    OUTLIER = 32
    """Mid further from its slow average than ``outlier`` usual spreads."""
    STUFFING = 64
    """Rows a second above ``stuffing`` times their slow average."""
    INVALID = 128
    """A price that is not a finite number above 0."""


class FeedRules(msgspec.Struct, frozen=True, kw_only=True):
    """When a quote is told as anomalous.

    Attributes:
        gap_s: Silence [s].
        stale_s: Unchanged prices [s].
        outlier: Distance from the slow mid [usual spreads].
        stuffing: Rate over the last second or so against its average over the last minutes.
        warm_rows: Rows before outliers and stuffing are judged.

    Raises:
        InvalidValueError: For a rule that is not positive.
    """

    gap_s: float = 60.0
    stale_s: float = 60.0
    outlier: float = 25.0
    stuffing: float = 20.0
    warm_rows: int = 200

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not getattr(self, name) > 0:
                raise InvalidValueError(name, "more than 0", getattr(self, name))


class FeedMonitor:
    """Watches the best quotes of one instrument; batches may be of any length, also 1.

    Args:
        rules: When a row is anomalous.

    Examples:
        >>> monitor = FeedMonitor()
        >>> monitor.watch(np.array([0, 10**9]), np.array([99.0, 101.0]), np.array([100.0, 100.0])).tolist()
        [0, 2]
        >>> FeedFlag(2).name
        'CROSSED'
    """

    def __init__(self, rules: FeedRules | None = None) -> None:
        self.rules = rules or FeedRules()
        self.state = np.zeros(1, FEED_STATE)
        r = self.rules
        self._limits = np.array([r.gap_s * 1e9, r.stale_s * 1e9, r.outlier, r.stuffing, r.warm_rows], np.float64)

    def watch(self, ts_ns: Array, bid: Array, ask: Array) -> Array:
        """Flags of further rows.

        Args:
            ts_ns: Shape (n,), int64 [ns].
            bid: Shape (n,), float64.
            ask: Shape (n,), float64.

        Returns:
            Shape (n,), uint8: sums of :class:`FeedFlag`.
        """
        flags = np.zeros(len(ts_ns), np.uint8)
        quotes = np.column_stack((np.asarray(bid, np.float64), np.asarray(ask, np.float64)))
        _watch(self.state, self._limits, np.ascontiguousarray(ts_ns, np.int64), quotes, flags)  # type: ignore[no-untyped-call]
        return flags

    def counts(self, flags: Array) -> dict[str, int]:
        """How often each flag was set."""
        return {str(flag.name).lower(): int(np.count_nonzero(flags & flag.value)) for flag in FeedFlag}


@entry
def _watch(state, limits, ts_ns, quotes, flags):  # type: ignore[no-untyped-def]
    """One pass; slow averages decay by time (mid, rate: 60 s and 300 s) or by row (spread: 1/200)."""
    s = state[0]
    for row in range(len(ts_ns)):
        told = 0
        now, b, a = ts_ns[row], quotes[row, 0], quotes[row, 1]
        first = s.rows == 0
        passed = now - s.last_ns
        if not first and passed < 0:
            told |= 1
            passed = 0
        if not first and passed > limits[0]:
            told |= 8
        seconds = passed / 1e9
        if first:
            s.since_ns = s.last_ns = now
        else:
            s.rate = s.rate * np.exp(-seconds) + 1.0
            s.usual_rate = s.usual_rate * np.exp(-seconds / 300.0) + 1.0 / 300.0
        valid = np.isfinite(b) and np.isfinite(a) and b > 0 and a > 0
        if not valid:
            told |= 128
        elif b > a:
            told |= 2
        else:
            if b == a:
                told |= 4
            mid, spread = (a + b) / 2, a - b
            if s.slow_mid == 0.0:
                s.slow_mid, s.spread = mid, spread
            if s.rows >= limits[4] and abs(mid - s.slow_mid) > limits[2] * max(s.spread, 1e-12):
                told |= 32
            weight = 1.0 - np.exp(-seconds / 60.0)
            s.slow_mid += max(weight, 1e-3) * (mid - s.slow_mid)
            s.spread += 0.005 * (spread - s.spread)
        if not first and b == s.bid and a == s.ask:
            if max(now, s.last_ns) - s.since_ns > limits[1]:
                told |= 16
        else:
            s.since_ns = max(now, s.last_ns)
        if s.rows >= limits[4] and s.rate > limits[3] * max(s.usual_rate, 1.0):
            told |= 64
        s.bid, s.ask = b, a
        s.last_ns = max(now, s.last_ns)
        s.rows += 1
        flags[row] = told
