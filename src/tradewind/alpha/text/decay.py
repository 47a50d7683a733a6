r"""Numbers that fade: what was said of a symbol, halved after each half-life.

.. math:: S_h(t) = \sum_{t_i \le t} x_i \, 2^{-(t - t_i)/h}

One state a symbol and half-life; an update costs the same whatever the past. The batch form calls the streaming form.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["HOUR_NS", "FadingSums", "fading_sums"]

HOUR_NS = 3_600_000_000_000
"""One hour [ns]."""


class FadingSums:
    """Fading sums of vectors, by symbol.

    Args:
        half_lives_ns: After which a number counts half [ns].
        width: Numbers in a vector.

    Examples:
        >>> sums = FadingSums([10], width=1)
        >>> sums.update("A", 0, np.array([4.0]))
        >>> sums.value("A", 20).ravel(), sums.value("B", 20).ravel()
        (array([1.]), array([0.]))
    """

    def __init__(self, half_lives_ns: Sequence[int], width: int) -> None:
        if not half_lives_ns or min(half_lives_ns) <= 0:
            raise InvalidValueError("half_lives_ns", "one or more, above 0", tuple(half_lives_ns))
        self._rates = np.asarray(half_lives_ns, np.float64)
        self._width = width
        self._states: dict[str, tuple[int, Array]] = {}

    def update(self, symbol: str, ts_ns: int, values: Array) -> None:
        """Add a vector, shape (width,), that became known at a time; a symbol's times must not go back."""
        self._states[symbol] = (ts_ns, self.value(symbol, ts_ns) + values)

    def value(self, symbol: str, now_ns: int) -> Array:
        """Sums as of a time, shape (half-lives, width); zeros for a symbol of which nothing was said.

        Raises:
            InvalidValueError: When the time lies before the symbol's last update.
        """
        known = self._states.get(symbol)
        if known is None:
            return np.zeros((len(self._rates), self._width))
        then, state = known
        if now_ns < then:
            raise InvalidValueError("now_ns", f"no earlier than the last update of {symbol} ({then})", now_ns)
        return np.asarray(state * np.exp2(-(now_ns - then) / self._rates)[:, None])


def fading_sums(
    events: tuple[Sequence[str], Array, Array], asked: tuple[Sequence[str], Array], half_lives_ns: Sequence[int]
) -> Array:
    """Fading sums at asked symbols and times; an event counts from its own time on.

    Args:
        events: Symbols, times when they were known (n,) [ns] and vectors (n, width), in any order.
        asked: Symbols and times (m,) [ns], in any order.
        half_lives_ns: After which a number counts half [ns].

    Returns:
        Shape (m, half-lives, width).
    """
    names, times, values = events
    wanted, when = asked
    sums = FadingSums(half_lives_ns, values.shape[1])
    out = np.zeros((len(wanted), len(half_lives_ns), values.shape[1]))
    order, told = np.argsort(times, kind="stable"), 0
    for row in np.argsort(when, kind="stable"):
        while told < len(order) and times[order[told]] <= when[row]:
            event = order[told]
            sums.update(names[event], int(times[event]), values[event])
            told += 1
        out[row] = sums.value(wanted[row], int(when[row]))
    return out
