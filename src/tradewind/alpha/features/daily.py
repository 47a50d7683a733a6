"""Features of daily bars: one compiled update and its values, for a stream of bars and for years of them.

The order of the values is that of :data:`~tradewind.alpha.features.catalogue_daily.DAILY`. A value that needs more
bars than there were is NaN.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.alpha.features.daily_layout import DAILY_RING
from tradewind.alpha.features.layout import BACKWARDS, IGNORED, Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner

__all__ = ["run_daily", "values_daily"]

MASK = DAILY_RING - 1
NAN = math.nan
TAKEN = 1
PARKINSON = 1.0 / (4.0 * math.log(2.0))


@inner
def take_day(s: Record, e: Record) -> int:
    """Take in one bar; bars without a price pass by."""
    if e.day <= s.day:
        return BACKWARDS
    if not (e.close > 0.0 and e.close < math.inf and e.volume >= 0.0):
        return IGNORED
    before = e.before if e.before > 0.0 else s.close
    high = max(e.high, e.close) if e.high > 0.0 else e.close
    low = min(e.low, e.close) if e.low > 0.0 else e.close
    start = e.open if e.open > 0.0 else e.close
    at = s.count & MASK
    first = s.count == 0
    s.ret[at] = 0.0 if first else math.log(e.close / before)
    s.night[at] = 0.0 if first else math.log(start / before)
    s.market[at] = e.market
    s.path_now += s.ret[at]
    s.path[at] = s.path_now
    s.volume[at] = e.volume
    s.dollars[at] = e.volume * e.close
    s.range[at] = math.log(high / low)
    s.location = (2.0 * e.close - high - low) / (high - low) if high > low else 0.0
    s.close = e.close
    s.day = e.day
    s.count += 1
    return TAKEN


@inner
def sum_ret(s: Record, newest: int, oldest: int) -> float:
    """Log return from the close ``oldest`` bars ago to the close ``newest`` bars ago; NaN where not known."""
    if s.count <= oldest:
        return NAN
    moved: float = s.path[(s.count - 1 - newest) & MASK] - s.path[(s.count - 1 - oldest) & MASK]
    return moved


@inner
def deviation(s: Record, window: int) -> float:
    """Standard deviation of the last log returns."""
    if s.count <= window:
        return NAN
    total, square = 0.0, 0.0
    for k in range(1, window + 1):
        x = s.ret[(s.count - k) & MASK]
        total += x
        square += x * x
    return math.sqrt(max(square / window - (total / window) ** 2, 0.0))


@inner
def write_returns(s: Record, out: Array) -> None:
    """Values 0 to 8: returns over windows, volatility, skew of returns."""
    out[0] = sum_ret(s, 0, 1)
    out[1] = sum_ret(s, 0, 5)
    out[2] = sum_ret(s, 0, 21)
    out[3] = sum_ret(s, 0, 63)
    out[4] = sum_ret(s, 21, 126)
    out[5] = sum_ret(s, 21, 252)
    out[6] = deviation(s, 21)
    out[7] = deviation(s, 63)
    out[8] = math.log(deviation(s, 5) / out[7]) if out[7] > 0.0 and deviation(s, 5) > 0.0 else NAN


@inner
def write_market(s: Record, out: Array) -> None:
    """Values 9 to 12: beta, what beta leaves, skewness, over 63 bars."""
    window = 63
    for k in range(9, 13):
        out[k] = NAN
    if s.count <= window:
        return
    x_sum, y_sum = 0.0, 0.0
    for k in range(1, window + 1):
        x_sum += s.market[(s.count - k) & MASK]
        y_sum += s.ret[(s.count - k) & MASK]
    xx, xy, yy, cube = 0.0, 0.0, 0.0, 0.0
    for k in range(1, window + 1):
        x = s.market[(s.count - k) & MASK] - x_sum / window
        y = s.ret[(s.count - k) & MASK] - y_sum / window
        xx += x * x
        xy += x * y
        yy += y * y
        cube += y * y * y
    if xx > 0.0:
        beta = xy / xx
        out[9] = beta
        out[10] = math.sqrt(max(yy - beta * xy, 0.0) / window)
        out[11] = y_sum - beta * x_sum
    if yy > 0.0:
        out[12] = cube / window / (yy / window) ** 1.5


@inner
def write_trading(s: Record, out: Array) -> None:
    """Values 13 to 20, over 21 bars: liquidity, volume, range, nights and days, quiet days."""
    window = 21
    for k in range(13, 21):
        out[k] = NAN
    if s.count <= window:
        return
    price_of_volume, priced, dollars, volume, short, span, night, total, quiet = 0.0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0
    for k in range(1, window + 1):
        at = (s.count - k) & MASK
        if s.dollars[at] > 0.0:
            price_of_volume += abs(s.ret[at]) / s.dollars[at]
            priced += 1
        dollars += s.dollars[at]
        volume += s.volume[at]
        if k <= 5:
            short += s.volume[at]
        span += s.range[at] ** 2
        night += s.night[at]
        total += s.ret[at]
        if s.ret[at] == 0.0:
            quiet += 1
    if priced > 0:
        out[13] = math.log(1e-12 + 1e6 * price_of_volume / priced)
    out[14] = math.log(1.0 + dollars / window)
    if short > 0.0:
        out[15] = math.log(short / 5.0 / (volume / window))
    if s.volume[(s.count - 1) & MASK] > 0.0:
        out[16] = math.log(s.volume[(s.count - 1) & MASK] / (volume / window))
    out[17] = math.sqrt(PARKINSON * span / window)
    out[18] = night
    out[19] = total - night
    out[20] = quiet / window


@inner
def write_shape(s: Record, out: Array) -> None:
    """Values 21 to 26: extremes, trend, strength, today's shape."""
    for k in range(21, 25):
        out[k] = NAN
    if s.count > 21:
        top, level, up, down = -math.inf, 0.0, 0.0, 0.0
        for k in range(1, 22):
            x = s.ret[(s.count - k) & MASK]
            top = max(top, x)
            level += s.path[(s.count - k) & MASK]
            if k <= 14:
                up += max(x, 0.0)
                down += max(-x, 0.0)
        out[21] = top
        out[22] = s.path_now - level / 21.0
        out[23] = 100.0 * up / (up + down) if up + down > 0.0 else 50.0
    if s.count > 63:
        peak = -math.inf
        for k in range(1, min(s.count, 126) + 1):
            peak = max(peak, s.path[(s.count - k) & MASK])
        out[24] = s.path_now - peak
    out[25] = s.night[(s.count - 1) & MASK]
    out[26] = s.location


@inner
def write_calendar(day: int, out: Array) -> None:
    """Values 27 to 29: day of the week, of the month, month (Hinnant's civil_from_days)."""
    shifted = day + 719_468
    of_era = shifted % 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    out[27] = np.float64((day + 3) % 7)
    out[28] = np.float64(of_year - (153 * month + 2) // 5 + 1)
    out[29] = np.float64(month + 3 if month < 10 else month - 9)


@inner
def write_daily(s: Record, out: Array) -> None:
    """Write all values; NaN before the first bar."""
    if s.count == 0:
        for k in range(len(out)):
            out[k] = NAN
        return
    write_returns(s, out)
    write_market(s, out)
    write_trading(s, out)
    write_shape(s, out)
    write_calendar(s.day, out)


@entry
def values_daily(states: Array, out: Array) -> None:
    """Write the values of a state, shape (30,)."""
    write_daily(states[0], out)


@entry
def run_daily(states: Array, days: Array, answers: Array, out: Array) -> Int:
    """Take in bars one by one and note the values after each.

    Args:
        states: Shape (1,), dtype ``DAILY_STATE``.
        days: Shape (n,), dtype ``DAY``.
        answers: Shape (n,), int64: receives 1 for a bar taken in, 0 for one passed by.
        out: Shape (n, 30), or (0, 30) where no values are wanted.

    Returns:
        Rows taken in and passed by; fewer than n where the clock went back at that row.
    """
    s = states[0]
    for at in range(len(days)):
        answer = take_day(s, days[at])
        if answer == BACKWARDS:
            return np.int64(at)
        answers[at] = answer
        if len(out) != 0:
            write_daily(s, out[at])
    return np.int64(len(days))
