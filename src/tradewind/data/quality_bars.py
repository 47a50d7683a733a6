"""The scan of ``BAR`` rows; ``tests/naive/quality_twin.py`` is its slow twin."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner
from tradewind.data.quality_checks import Check
from tradewind.data.quality_events import OUTLIER_SCALES
from tradewind.data.quality_state import LEAST, WINDOW_LENGTH, Int, Record, distance, flag_row, push

__all__ = ["SPLIT_RATIOS", "scan_bars"]

SPLIT_RATIOS = (2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0)
"""Ratios of open to the close before, or inverse, that look like a split."""
SPLIT_TOLERANCE = 0.04
RETURN_FLOOR = 0.001
SPIKE_RANGES, SPIKE_LEAST = 10.0, 0.01

TIME_MISSING, TIME_BACKWARDS = int(Check.TIME_MISSING), int(Check.TIME_BACKWARDS)
PRICES_NOT_POSITIVE = int(Check.PRICES_NOT_POSITIVE)
HIGH_TOO_LOW, LOW_TOO_HIGH = int(Check.HIGH_TOO_LOW), int(Check.LOW_TOO_HIGH)
ZERO_VOLUME, NEGATIVE_VOLUME = int(Check.ZERO_VOLUME), int(Check.NEGATIVE_VOLUME)
DUPLICATE_BARS, SPLIT_LIKE_JUMPS = int(Check.DUPLICATE_BARS), int(Check.SPLIT_LIKE_JUMPS)
RETURN_OUTLIERS, SPIKES = int(Check.RETURN_OUTLIERS), int(Check.SPIKES)


@entry
def scan_bars(rows: Array, files: Array, instruments: Array) -> None:
    """Look at the next bars of an instrument.

    Args:
        rows: Shape (n,), dtype ``BAR``.
        files: Shape (1,), dtype :data:`~tradewind.data.quality_state.FILE_STATE`; changed.
        instruments: Shape (1,), dtype :data:`~tradewind.data.quality_state.BAR_STATE`; changed.
    """
    file, seen = files[0], instruments[0]
    for i in range(len(rows)):
        bar = rows[i]
        file.rows += 1
        look_at_start(file, seen, bar)
        look_at_bar(file, seen, bar)
        if min(bar.low_ticks, bar.close_ticks, bar.open_ticks) > 0:
            look_at_moves(file, seen, bar)
            before = seen.before
            before.close_ticks = bar.close_ticks
        seen.rows += 1


@inner
def flag_bar(file: Record, seen: Record, bar: Record, check: Int, worst: Int) -> None:
    """Count the bar at hand, which is number ``file.rows``."""
    flag_row(file, check, np.int64(worst), (file.rows, seen.rows, np.int64(bar.ts_start_ns), seen.symbol))


@inner
def look_at_start(file: Record, seen: Record, bar: Record) -> None:
    """Order of starts."""
    at, before = bar.ts_start_ns, seen.before
    if at <= 0:
        flag_bar(file, seen, bar, TIME_MISSING, 0)
        return
    file.first_ns = min(file.first_ns, at)
    file.last_ns = max(file.last_ns, at)
    if at < before.ts_start_ns:
        flag_bar(file, seen, bar, TIME_BACKWARDS, before.ts_start_ns - at)
    elif at == before.ts_start_ns:
        flag_bar(file, seen, bar, DUPLICATE_BARS, 0)
    before.ts_start_ns = at


@inner
def look_at_bar(file: Record, seen: Record, bar: Record) -> None:
    """The bar by itself."""
    top = max(bar.open_ticks, bar.close_ticks)
    bottom = min(bar.open_ticks, bar.close_ticks)
    if bar.high_ticks < max(top, bar.low_ticks):
        flag_bar(file, seen, bar, HIGH_TOO_LOW, max(top, bar.low_ticks) - bar.high_ticks)
    if bar.low_ticks > bottom:
        flag_bar(file, seen, bar, LOW_TOO_HIGH, bar.low_ticks - bottom)
    if min(bottom, bar.low_ticks) <= 0:
        flag_bar(file, seen, bar, PRICES_NOT_POSITIVE, -min(bottom, bar.low_ticks))
    if bar.volume_lots == 0:
        flag_bar(file, seen, bar, ZERO_VOLUME, 0)
    elif bar.volume_lots < 0:
        flag_bar(file, seen, bar, NEGATIVE_VOLUME, -bar.volume_lots)


@inner
def look_at_moves(file: Record, seen: Record, bar: Record) -> None:
    """The bar beside those before it; only bars with positive prices come here."""
    close, before = np.float64(bar.close_ticks), np.float64(seen.before.close_ticks)
    if before > 0.0:
        ratio = bar.open_ticks / before
        ratio = max(ratio, 1.0 / ratio)
        for known in SPLIT_RATIOS:
            if abs(ratio / known - 1.0) <= SPLIT_TOLERANCE:
                flag_bar(file, seen, bar, SPLIT_LIKE_JUMPS, 0)
        change = close / before - 1.0
        far = distance(seen.returns, change, 0.0, RETURN_FLOOR)
        if far > OUTLIER_SCALES:
            flag_bar(file, seen, bar, RETURN_OUTLIERS, np.int64(far))
        push(seen.returns, change)
    above = bar.high_ticks - max(bar.open_ticks, bar.close_ticks)
    below = min(bar.open_ticks, bar.close_ticks) - bar.low_ticks
    wick = max(above, below) / close
    size = min(seen.ranges.count, np.int64(WINDOW_LENGTH))
    if size >= LEAST and wick > SPIKE_LEAST and wick > SPIKE_RANGES * seen.ranges.ordered[size // 2]:
        usual = max(seen.ranges.ordered[size // 2], 1e-9)
        flag_bar(file, seen, bar, SPIKES, np.int64(wick / usual))
    push(seen.ranges, (bar.high_ticks - bar.low_ticks) / close)
