"""Values of the features of the touch: what the state of an instrument says now.

The order of the values is that of :data:`~tradewind.alpha.features.catalogue.TOUCH`.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.alpha.features.layout import (
    BACKWARDS,
    CHANGED,
    HORIZONS_S,
    RING,
    WINDOWS,
    Int,
    Record,
)
from tradewind.alpha.features.update import update
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner

__all__ = ["run_touch", "values_touch"]

DAY_NS = 86_400_000_000_000
BP = 1e4
NAN = math.nan
HALF_PI = 0.5 * math.pi


@inner
def write_quote(s: Record, out: Array) -> None:
    """Values 0 to 12: spread, sizes, imbalance, ages."""
    spread = s.ask - s.bid
    touch = s.bid_size + s.ask_size
    tilt = (s.bid_size - s.ask_size) / touch
    out[0] = BP * spread / s.mid
    out[1] = spread / s.tick_size
    out[2] = spread / s.spread_mean
    out[3] = tilt
    out[4] = BP * 0.5 * spread * tilt / s.mid
    out[5] = s.tilt[0]
    out[6] = s.tilt[1]
    out[7] = math.log2(s.bid_size / s.touch_mean)
    out[8] = math.log2(s.ask_size / s.touch_mean)
    out[9] = math.log1p((s.ts_ns - s.bid_since_ns) * 1e-9)
    out[10] = math.log1p((s.ts_ns - s.ask_since_ns) * 1e-9)
    out[11] = math.log1p((s.ts_ns - s.mid_since_ns) * 1e-9)
    out[12] = s.last_move


@inner
def write_windows(s: Record, out: Array) -> None:
    """Values 13 to 21: order-flow imbalance, return and duration over the last changes, fewer at the beginning."""
    for k in range(len(WINDOWS)):
        back = (s.changes - min(WINDOWS[k], s.changes - 1)) & (RING - 1)
        out[13 + k] = (s.pressure_sum - s.ring_pressure[back]) / s.touch_mean
        out[16 + k] = BP * (s.log_mid - s.ring_log[back])
        out[19 + k] = math.log1p((s.ts_ns - s.ring_ts[back]) * 1e-9)


@inner
def write_horizons(s: Record, out: Array) -> None:
    """Values 22 to 54, three horizons each: flow, prints, changes, pressure, price, variance, jumps, queues."""
    for h in range(len(HORIZONS_S)):
        volume, square = s.volume[h], s.square[h]
        out[22 + h] = s.flow[h] / s.touch_mean
        out[25 + h] = s.flow[h] / volume if volume > 0.0 else 0.0
        out[28 + h] = math.log1p(volume / s.touch_mean)
        out[31 + h] = s.prints[h] / HORIZONS_S[h]
        out[34 + h] = s.changes_rate[h] / HORIZONS_S[h]
        out[37 + h] = s.pressure[h] / s.touch_mean
        out[40 + h] = BP * (s.log_mid - s.mean_log[h])
        out[43 + h] = BP * math.sqrt(square)
        out[46 + h] = max(0.0, 1.0 - HALF_PI * s.product[h] / square) if square > 0.0 else 0.0
        out[49 + h] = (s.bid_added[h] - s.bid_gone[h]) / s.touch_mean
        out[52 + h] = (s.ask_added[h] - s.ask_gone[h]) / s.touch_mean


@inner
def write_rest(s: Record, out: Array) -> None:
    """Values 55 to 59: last trade's side, Kyle's lambda, Roll's spread, time of the session."""
    out[55] = s.last_sign
    out[56] = BP * s.touch_mean * s.kyle_xy / s.kyle_xx if s.kyle_xx > 0.0 else NAN
    out[57] = BP * 2.0 * math.sqrt(max(0.0, -s.roll_product)) / s.mid if s.trades > 2 else NAN
    if s.close_ns > s.open_ns:
        out[58] = min(max((s.ts_ns - s.open_ns) / (s.close_ns - s.open_ns), 0.0), 1.0)
        out[59] = math.log1p(max((s.close_ns - s.ts_ns) * 1e-9, 0.0))
    else:
        out[58] = (s.ts_ns % DAY_NS) / DAY_NS
        out[59] = math.log1p((DAY_NS - s.ts_ns % DAY_NS) * 1e-9)


@inner
def write_values(s: Record, out: Array) -> None:
    """Write all values; NaN before the first quote."""
    if s.changes == 0:
        for k in range(len(out)):
            out[k] = NAN
        return
    write_quote(s, out)
    write_windows(s, out)
    write_horizons(s, out)
    write_rest(s, out)


@entry
def values_touch(states: Array, out: Array) -> None:
    """Write the values of a state, shape (60,)."""
    write_values(states[0], out)


@entry
def run_touch(states: Array, ticks: Array, every: int, changes: Array, out: Array) -> tuple[Int, Int]:
    """Take in ticks one by one and note values at every so many changes.

    Args:
        states: Shape (1,), dtype ``STATE``.
        ticks: Shape (n,), dtype ``TICK``.
        every: Values are noted at each change of the quote whose number is a multiple of this.
        changes: Shape (n,), int64: receives the row of each change.
        out: Shape (n // every + 1, 60): receives the values.

    Returns:
        Changes and rows of values; or ``BACKWARDS`` and the row at which the clock went back.
    """
    s = states[0]
    count, rows = 0, 0
    for at in range(len(ticks)):
        answer = update(s, ticks[at])
        if answer == CHANGED:
            changes[count] = at
            count += 1
            if s.changes % every == 0:
                write_values(s, out[rows])
                rows += 1
        elif answer == BACKWARDS:
            return np.int64(BACKWARDS), np.int64(at)
    return np.int64(count), np.int64(rows)
