"""What the market does while one instrument is forecast: trades of an index fund beside the quotes of a stock.

Values hold what was traded before the moment they are asked for. On clocks of a millisecond the order of two
instruments' events within one is not known, so a batch takes a trade at the time of a row as coming after it.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.alpha.features.catalogue_market import MARKET
from tradewind.alpha.features.layout import HORIZONS_S, TICK, TRADE, Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import entry, inner

__all__ = ["MARKET_STATE", "MarketFeatures", "market_batch", "run_market"]

SPANS = len(HORIZONS_S)
BP = 1e4
NAN = math.nan
CLEAR = -1

MARKET_STATE = np.dtype(
    [
        ("ts_ns", "i8"),
        ("trades", "i8"),
        ("last_log", "f8"),
        ("last_sign", "f8"),
        ("mean_log", "f8", (SPANS,)),
        ("flow", "f8", (SPANS,)),
        ("volume", "f8", (SPANS,)),
    ],
    align=True,
)
"""What is remembered of the other instrument's trades."""


@inner
def take_print(s: Record, e: Record) -> None:
    """A trade of the other instrument; its side by the tick rule, where the feed does not say."""
    log_price = math.log(e.price)
    if s.trades == 0:
        s.last_log = log_price
        for h in range(SPANS):
            s.mean_log[h] = log_price
    passed_s = (e.ts_ns - s.ts_ns) * 1e-9
    sign: float = np.float64(e.side)
    if sign == 0.0:
        sign = 1.0 if log_price > s.last_log else (-1.0 if log_price < s.last_log else s.last_sign)
    for h in range(SPANS):
        keep = math.exp(-passed_s / HORIZONS_S[h]) if s.trades > 0 else 1.0
        s.mean_log[h] = s.last_log + (s.mean_log[h] - s.last_log) * keep
        s.flow[h] = s.flow[h] * keep + sign * e.size
        s.volume[h] = s.volume[h] * keep + e.size
    s.last_log, s.last_sign, s.ts_ns = log_price, sign, e.ts_ns
    s.trades += 1


@inner
def write_market(s: Record, ts_ns: Int, own: Array, out: Array) -> None:
    """Values 0 to 8: deviation, lead and share of flow, each over three time constants; NaN before a trade."""
    passed_s = (ts_ns - s.ts_ns) * 1e-9
    for h in range(SPANS):
        if s.trades == 0:
            out[h] = out[SPANS + h] = out[2 * SPANS + h] = NAN
            continue
        keep = math.exp(-passed_s / HORIZONS_S[h])
        out[h] = BP * (s.last_log - s.mean_log[h]) * keep
        out[SPANS + h] = out[h] - own[h]
        out[2 * SPANS + h] = s.flow[h] / s.volume[h]


@entry
def run_market(states: Array, trades: Array, at_ns: Array, own: Array, out: Array) -> Int:
    """Take in trades in time order, and note values at some moments; trades after the last of them are taken in too.

    Args:
        states: Shape (1,), dtype :data:`MARKET_STATE`.
        trades: Shape (n,), dtype ``TICK``; what is no trade of something passes by.
        at_ns: Shape (m,), int64, not decreasing: when values are noted, trades at that time not yet known.
        own: Shape (m, 3): the forecast instrument's own ``deviation_*``.
        out: Shape (m, 9): receives the values.

    Returns:
        -1, or the row of the trade at which the clock went back.
    """
    s = states[0]
    asked = 0
    for row in range(len(trades)):
        e = trades[row]
        if e.kind != TRADE or not (e.price > 0.0 and e.size > 0.0):
            continue
        if s.trades > 0 and e.ts_ns < s.ts_ns:
            return np.int64(row)
        while asked < len(at_ns) and at_ns[asked] <= e.ts_ns:
            write_market(s, at_ns[asked], own[asked], out[asked])
            asked += 1
        take_print(s, e)
    while asked < len(at_ns):
        write_market(s, at_ns[asked], own[asked], out[asked])
        asked += 1
    return np.int64(CLEAR)


class MarketFeatures:
    """Features of another instrument's trades, live: ``trade`` takes one in, ``values`` tells what is known.

    Examples:
        >>> market = MarketFeatures()
        >>> market.trade(1_000_000_000, price=168.00, size=100)
        >>> market.trade(2_000_000_000, price=168.05, size=300)
        >>> market.values(2_500_000_000)[0].round(3), market.values(2_500_000_000)[6]
        (np.float64(1.805), np.float64(1.0))
    """

    names = tuple(feature.name for feature in MARKET)

    def __init__(self) -> None:
        self._states: Array = np.zeros(1, MARKET_STATE)
        self._states["last_sign"] = 1.0
        self._tick: Array = np.zeros(1, TICK)
        self._out: Array = np.full((1, len(self.names)), np.nan)
        self._none = (np.zeros(0, np.int64), np.zeros((0, SPANS)), np.zeros((0, len(self.names))))

    def trade(self, ts_ns: int, *, price: float, size: float, side: int = 0) -> None:
        """Take in a trade; ``side`` +1 bought, -1 sold, 0 unknown (inferred).

        Raises:
            InvalidValueError: When the clock goes backwards; nothing is taken in.
        """
        self._tick[0] = (ts_ns, 0.0, 0.0, 0.0, 0.0, price, size, TRADE, side)
        if run_market(self._states, self._tick, *self._none) != CLEAR:
            raise _went_back(ts_ns, int(self._states["ts_ns"][0]))

    def values(self, ts_ns: int, own: Array | None = None) -> Array:
        """Shape (9,): every feature as of a moment, in the order of ``names``; NaN before the first trade.

        Args:
            ts_ns: The moment, not before the last trade.
            own: Shape (3,): ``deviation_1s``, ``_10s``, ``_60s`` of the instrument that is forecast; zeros without.

        Raises:
            InvalidValueError: For a moment before the last trade.
        """
        if ts_ns < int(self._states["ts_ns"][0]):
            raise _went_back(ts_ns, int(self._states["ts_ns"][0]))
        mine = np.zeros((1, SPANS)) if own is None else np.ascontiguousarray(own, np.float64)[None]
        run_market(self._states, self._tick[:0], np.array([ts_ns], np.int64), mine, self._out)
        return np.asarray(self._out[0].copy())


def market_batch(trades: Array, at_ns: Array, own: Array) -> Array:
    """Features of another instrument's trades at some moments: the live update, in a compiled loop.

    Args:
        trades: Shape (n,), dtype ``TICK``, in time order.
        at_ns: Shape (m,), not decreasing [ns]; trades at that very time count as later.
        own: Shape (m, 3): ``deviation_1s``, ``_10s``, ``_60s`` of the instrument that is forecast.

    Returns:
        Shape (m, 9), in the order of ``MARKET``.

    Raises:
        InvalidValueError: For ticks of another dtype, other shapes, or a clock that goes backwards.
    """
    if trades.dtype != TICK or trades.ndim != 1:
        raise InvalidValueError("trades", "rows of dtype TICK", f"{trades.dtype}, shape {trades.shape}")
    if own.shape != (len(at_ns), SPANS):
        raise InvalidValueError("own", f"shape ({len(at_ns)}, {SPANS})", own.shape)
    if np.any(np.diff(at_ns) < 0):
        row = int(np.argmax(np.diff(at_ns) < 0)) + 1
        raise InvalidValueError("at_ns", f"a clock that does not go backwards (row {row})", int(at_ns[row]))
    states: Array = np.zeros(1, MARKET_STATE)
    states["last_sign"] = 1.0
    out: Array = np.full((len(at_ns), len(MARKET)), np.nan)
    moments, mine = np.ascontiguousarray(at_ns, np.int64), np.ascontiguousarray(own, np.float64)
    row = int(run_market(states, np.ascontiguousarray(trades), moments, mine, out))
    if row != CLEAR:
        raise _went_back(int(trades["ts_ns"][row]), int(states["ts_ns"][0]), row)
    return out


def _went_back(ts_ns: int, before_ns: int, row: int | None = None) -> InvalidValueError:
    where = "" if row is None else f" (row {row})"
    return InvalidValueError("ts_ns", f"a clock that does not go backwards: {before_ns} or later{where}", ts_ns)
