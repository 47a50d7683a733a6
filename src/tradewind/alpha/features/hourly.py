"""Features of the variance of a day, from its hourly bars: one compiled update for streams and batches.

The variance of a day is the sum of its hours' ranges and the square of its night:

    RV = sum of ln(H/L)^2 / (4 ln 2) over hours + (ln open - ln close before)^2

A wick longer than ten usual spans of an hour counts as ten: single wrong prints would be the largest "crashes" else.

The order of the values is that of :data:`~tradewind.alpha.features.catalogue_hourly.HOURLY`.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.alpha.features.layout import BACKWARDS, IGNORED, Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner

__all__ = ["HOUR", "HOURLY_STATE", "new_hourly", "run_hourly"]

RING = 128
MASK = RING - 1
NAN = math.nan
PARKINSON = 1.0 / (4.0 * math.log(2.0))
FLOOR = 1e-10
WICK, SETTLED, USUAL = 10.0, 35, 70.0
"""Largest wick in usual spans, once so many hours were seen; the usual span is a mean over so many hours."""
TAKEN = 1

HOUR = np.dtype(
    [
        ("ts_ns", "i8"),
        ("day", "i8"),
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("split", "f8"),
    ]
)
"""One hourly bar, 64 bytes; ``split`` shares of today for one of yesterday, 0 or 1 where there was none."""

HOURLY_STATE = np.dtype(
    [
        ("count", "i8"),
        ("day", "i8"),
        ("ts_ns", "i8"),
        ("close", "f8"),
        ("begin", "f8"),
        ("night", "f8"),
        ("ranges", "f8"),
        ("largest", "f8"),
        ("latest", "f8"),
        ("squares", "f8"),
        ("falls", "f8"),
        ("traded", "f8"),
        ("usual", "f8"),
        ("hours", "i8"),
        ("variance", "f8", (RING,)),
        ("ret", "f8", (RING,)),
        ("volume", "f8", (RING,)),
    ],
    align=True,
)
"""Sums of the day so far, and the days before: ``variance``, ``ret`` and ``volume`` hold today at ``count``."""


def new_hourly() -> Array:
    """State of one symbol before its first bar, shape (1,), dtype :data:`HOURLY_STATE`."""
    states: Array = np.zeros(1, HOURLY_STATE)
    states["ts_ns"] = states["day"] = -(2**62)
    return states


@inner
def begin_day(s: Record, e: Record) -> None:
    """The first bar of a day: the night before it, adjusted for a split."""
    ratio = e.split if e.split > 0.0 else 1.0
    s.count += 1
    s.day = e.day
    s.begin = s.close / ratio if s.close > 0.0 else e.open
    s.night = math.log(e.open / s.begin)
    s.ranges, s.largest, s.squares, s.falls, s.traded = 0.0, 0.0, 0.0, 0.0, 0.0


@inner
def span_of(s: Record, e: Record) -> float:
    """ln(H/L), each wick at most ``WICK`` times the usual span: a print of 10.59 at 184.44 is no fall of 94 %."""
    top, bottom = max(e.open, e.close), min(e.open, e.close)
    limit = WICK * s.usual if s.hours >= SETTLED else math.inf
    up = min(max(math.log(e.high / top), 0.0), limit)
    down = min(max(math.log(bottom / e.low), 0.0), limit)
    span = up + down + math.log(top / bottom)
    s.hours += 1
    s.usual += (span - s.usual) / min(np.float64(s.hours), USUAL)
    return span


@inner
def take_hour(s: Record, e: Record) -> int:
    """Take in one bar; bars without prices pass by."""
    if e.ts_ns <= s.ts_ns or e.day < s.day:
        return BACKWARDS
    if not (e.open > 0.0 and e.close > 0.0 and e.low > 0.0 and e.high >= e.low and e.high < math.inf):
        return IGNORED
    s.ts_ns = e.ts_ns
    if e.day != s.day:
        begin_day(s, e)
    step = math.log(e.close / e.open)
    part = PARKINSON * span_of(s, e) ** 2
    s.ranges += part
    s.latest = part
    s.largest = max(s.largest, part)
    s.squares += step * step
    if step < 0.0:
        s.falls += step * step
    s.traded += e.volume
    s.close = e.close
    at = s.count & MASK
    s.variance[at] = max(s.ranges + s.night * s.night, FLOOR)
    s.ret[at] = math.log(e.close / s.begin)
    s.volume[at] = s.traded
    return TAKEN


@inner
def write_means(s: Record, out: Array) -> None:
    """Values 0 to 6: logs of mean variances, and how returns stand to them."""
    total, level, square, returns, volume = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(1, 8):
        out[k] = NAN
    for k in range(min(s.count, 66)):
        at = (s.count - k) & MASK
        total += s.variance[at]
        if k < 22:
            x = math.log(s.variance[at])
            level += x
            square += x * x
            volume += s.volume[at]
        if k < 5:
            returns += s.ret[at]
        if k == 4:
            out[1] = math.log(total / 5.0)
            out[6] = returns
        elif k == 21:
            out[2] = math.log(total / 22.0)
            out[4] = math.sqrt(max(square / 22.0 - (level / 22.0) ** 2, 0.0))
            scale = math.sqrt(total / 22.0)
            out[5] = min(s.ret[s.count & MASK], 0.0) / scale
            out[6] = min(out[6], 0.0) / scale
            if volume > 0.0 and s.traded > 0.0:
                out[7] = math.log(s.traded / (volume / 22.0))
        elif k == 65:
            out[3] = math.log(total / 66.0)
    if s.count < 22:
        out[6] = NAN


@inner
def write_hourly(s: Record, out: Array) -> None:
    """Write all values; NaN before the first bar."""
    if s.count == 0:
        for k in range(len(out)):
            out[k] = NAN
        return
    today = s.variance[s.count & MASK]
    out[0] = math.log(today)
    write_means(s, out)
    out[8] = s.night * s.night / max(s.ranges + s.night * s.night, FLOOR)
    out[9] = s.largest / s.ranges if s.ranges > 0.0 else 0.0
    out[10] = s.latest / s.ranges if s.ranges > 0.0 else 0.0
    out[11] = s.falls / s.squares if s.squares > 0.0 else 0.5
    out[12] = np.float64((s.day + 3) % 7)


@entry
def run_hourly(states: Array, hours: Array, rows: Array, out: Array, variance: Array) -> Int:
    """Take in bars one by one and note values after some of them.

    Args:
        states: Shape (1,), dtype ``HOURLY_STATE``.
        hours: Shape (n,), dtype ``HOUR``.
        rows: Shape (m,), int64, ascending: after which bars values are noted.
        out: Shape (m, 13): receives the values.
        variance: Shape (m,): receives the variance of the day so far.

    Returns:
        Bars taken in and passed by; fewer than n where the clock went back at that bar.
    """
    s = states[0]
    done = 0
    for at in range(len(hours)):
        if take_hour(s, hours[at]) == BACKWARDS:
            return np.int64(at)
        if done < len(rows) and rows[done] == at:
            write_hourly(s, out[done])
            variance[done] = s.variance[s.count & MASK]
            done += 1
    return np.int64(len(hours))
