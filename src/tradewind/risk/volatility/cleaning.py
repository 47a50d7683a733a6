"""Bad prints and splits in raw bars, found with what was known at the end of each bar's day.

A wick or an opening price that is far outside what the last weeks saw, goes back at once and came **without volume** is
a bad print: it is cut to the size of a usual bar. One that came with volume (AAPL on 2010-05-06) is kept. A gap between
days that is near a usual split ratio, on a day that trades otherwise as usual, is a split. Limits were set before any
forecast was scored, and nothing is hidden: repairs are listed.
"""

from __future__ import annotations

import msgspec
import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.risk.prices import Bars

__all__ = ["Cleaned", "Repair", "clean_bars"]

WEEKS_OF_BARS = 20
"""Sessions whose bars say what is usual."""
FAR, FAR_AT_LEAST = 8.0, 0.03
WITH_VOLUME = 4.0
REVERTS = 0.25
LARGE = (2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
RATIOS = np.log(np.array([1 / r for r in (1.25, 4 / 3, 1.5, *LARGE)] + list(LARGE)))
"""Log gaps that splits make; consolidations come in whole numbers only."""
NEAR, NEAR_ENOUGH = 0.03, 0.25
SURE_GAP = 1.25
"""Log gap above which no market move is believed (a stock that opens at a quarter or at three and a half times)."""


class Repair(msgspec.Struct, frozen=True):
    """One repair.

    Attributes:
        day: Days since 1970-01-01.
        kind: ``wick``, ``open`` or ``split``.
        before: The price (or for a split the log gap) as it came.
        after: As it is used.
    """

    day: int
    kind: str
    before: float
    after: float


class Cleaned(msgspec.Struct, frozen=True):
    """Bars without bad prints, and the part of each overnight gap that is a split.

    Attributes:
        bars: The bars.
        split: Shape (n,): log split ratio to take off the gap before each bar; 0 almost always.
        repairs: What was changed.
    """

    bars: Bars
    split: Array
    repairs: tuple[Repair, ...]


def clean_bars(bars: Bars) -> Cleaned:
    """Cut bad prints and find splits.

    Args:
        bars: Raw bars, at least a day's.

    Returns:
        Bars of the same number.
    """
    per_day = max(1, round(len(bars) / max(1, len(np.unique(bars.day)))))
    usual = _usual(np.log(bars.high / bars.low), per_day)
    busy = bars.volume > WITH_VOLUME * _usual(bars.volume, per_day)
    far = np.maximum(FAR * usual, FAR_AT_LEAST)
    repairs: list[Repair] = []
    opened = _clean_opens(bars, far, busy, repairs)
    high, low = _clean_wicks(
        msgspec.structs.replace(
            bars, open=opened, high=np.maximum(bars.high, opened), low=np.minimum(bars.low, opened)
        ),
        bars,
        (far, usual, busy),
        repairs,
    )
    clean = msgspec.structs.replace(bars, open=opened, high=high, low=low)
    split = _splits(clean, per_day, repairs)
    return Cleaned(clean, split, tuple(sorted(repairs, key=lambda repair: repair.day)))


def _usual(values: Array, per_day: int) -> Array:
    """Median of the bars before each one."""
    window = max(20, WEEKS_OF_BARS * per_day)
    found = pl.Series(values).rolling_median(window, min_samples=min(20, window)).shift(1)
    return found.fill_null(float(np.median(values[:window]))).to_numpy()


def _clean_opens(bars: Bars, far: Array, busy: Array, repairs: list[Repair]) -> Array:
    before = np.append(bars.open[0], bars.close[:-1])
    jump, stays = np.log(bars.open / before), np.log(bars.close / before)
    bad = (np.abs(jump) > far) & (np.abs(stays) < REVERTS * np.abs(jump)) & ~busy
    repairs += [Repair(int(bars.day[k]), "open", float(bars.open[k]), float(before[k])) for k in np.flatnonzero(bad)]
    return np.where(bad, before, bars.open)


def _clean_wicks(
    bars: Bars, raw: Bars, known: tuple[Array, Array, Array], repairs: list[Repair]
) -> tuple[Array, Array]:
    far, usual, busy = known
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    bad_high = (np.log(bars.high / top) > far) & ~busy
    bad_low = (np.log(bottom / bars.low) > far) & ~busy
    high = np.where(bad_high, top * np.exp(usual / 2), bars.high)
    low = np.where(bad_low, bottom * np.exp(-usual / 2), bars.low)
    for bad, old, new in ((bad_high, raw.high, high), (bad_low, raw.low, low)):
        repairs += [Repair(int(bars.day[k]), "wick", float(old[k]), float(new[k])) for k in np.flatnonzero(bad)]
    return high, low


def _splits(bars: Bars, per_day: int, repairs: list[Repair]) -> Array:
    split = np.zeros(len(bars))
    first = np.flatnonzero(np.append(False, np.diff(bars.day) > 0))
    gap = np.log(bars.open[first] / bars.close[first - 1])
    traded = (bars.volume * bars.close)[first]
    calm = (traded <= WITH_VOLUME * _usual(traded, 1)) & (
        np.log(bars.high / bars.low)[first] <= FAR * _usual(np.log(bars.high / bars.low), per_day)[first]
    )
    nearest = RATIOS[np.argmin(np.abs(gap[:, None] - RATIOS), axis=1)]
    off = np.abs(gap - nearest)
    likely = (off <= NEAR) & (np.abs(gap) > FAR * _usual(np.abs(gap), 1)) & calm
    found = np.flatnonzero(likely | ((np.abs(gap) > SURE_GAP) & (off <= NEAR_ENOUGH)))
    split[first[found]] = nearest[found]
    repairs += [Repair(int(bars.day[first[k]]), "split", float(gap[k]), float(gap[k] - nearest[k])) for k in found]
    return split
