"""Features of daily bars, bar by bar or for whole histories, and their ranks within each day."""

from __future__ import annotations

import itertools

import numpy as np

from tradewind.alpha.features.catalogue_daily import DAILY
from tradewind.alpha.features.daily import run_daily, values_daily
from tradewind.alpha.features.daily_layout import DAY, new_daily
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError

__all__ = ["DailyFeatures", "daily_batch", "group_ranks", "neutral"]

NAMES = tuple(feature.name for feature in DAILY)


class DailyFeatures:
    """Features of one symbol's daily bars, live.

    Examples:
        >>> features = DailyFeatures()
        >>> for day, close in enumerate([100.0, 110.0]):
        ...     taken = features.bar(16_000 + day, open=close, high=close, low=close, close=close, volume=1e6)
        >>> round(features.value("return_1d"), 4), features.value("weekday")
        (0.0953, 2.0)
    """

    names = NAMES

    def __init__(self) -> None:
        self._states = new_daily()
        self._answer: Array = np.zeros(1, np.int64)
        self._none: Array = np.zeros((0, len(NAMES)))
        self._out: Array = np.full(len(NAMES), np.nan)

    def update(self, day: Array) -> bool:
        """Take in one bar.

        Args:
            day: Shape (1,), dtype ``DAY``.

        Returns:
            Whether it was taken in: a bar without a price passes by.

        Raises:
            InvalidValueError: When its day is not after the one before.
        """
        if run_daily(self._states, day, self._answer, self._none) == 0:
            before = int(self._states["day"][0])
            raise InvalidValueError("day", f"later than the bar before ({before})", int(day["day"][0]))
        return bool(self._answer[0])

    def bar(self, day: int, **fields: float) -> bool:
        """Take in one bar by its fields, those of ``DAY``; raises as :meth:`update`."""
        bar: Array = np.zeros(1, DAY)
        bar["day"] = day
        for name, value in fields.items():
            bar[name] = value
        return self.update(bar)

    def values(self) -> Array:
        """Shape (30,): every feature as of the last bar, in the order of ``names``."""
        values_daily(self._states, self._out)
        return self._out.copy()

    def value(self, name: str) -> float:
        """One feature as of the last bar.

        Raises:
            NotFoundError: For a name that is not in the catalogue.
        """
        if name not in NAMES:
            raise NotFoundError(f"no daily feature {name!r}; there are: {', '.join(NAMES)}")
        return float(self.values()[NAMES.index(name)])


def daily_batch(days: Array, starts: Array) -> Array:
    """Features after each bar of many symbols.

    Args:
        days: Shape (n,), dtype ``DAY``: symbol after symbol, each in time order.
        starts: Shape (m,): row at which each symbol begins, ascending, the first 0.

    Returns:
        Shape (n, 30), in the order of ``catalogue_daily.DAILY``.

    Raises:
        InvalidValueError: For 0 rows, or days of a symbol that do not ascend (a duplicate, a clock going backwards).
    """
    if days.dtype != DAY or not len(days):
        raise InvalidValueError("days", "at least one row of dtype DAY", f"{days.dtype}, shape {days.shape}")
    out: Array = np.empty((len(days), len(NAMES)))
    answers: Array = np.zeros(len(days), np.int64)
    bounds = [*(int(start) for start in starts), len(days)]
    for begin, end in itertools.pairwise(bounds):
        done = run_daily(new_daily(), days[begin:end], answers[begin:end], out[begin:end])
        if done < end - begin:
            row = begin + int(done)
            before, day = int(days["day"][row - 1]), int(days["day"][row])
            raise InvalidValueError("day", f"later than the bar before ({before}, row {row})", day)
    return out


def group_ranks(values: Array, groups: Array) -> Array:
    """Rank of each value within its group, from -0.5 to 0.5; equal values share their mean rank, NaN stays NaN.

    Args:
        values: Shape (n,) or (n, d).
        groups: Shape (n,), int64: e.g. the day.

    Returns:
        As ``values``; 0 in a group of one.

    Examples:
        >>> group_ranks(np.array([3.0, 1.0, 2.0, np.nan, 5.0]), np.array([0, 0, 0, 0, 1]))
        array([ 0.5, -0.5,  0. ,  nan,  0. ])
    """
    if values.ndim == 2:
        return np.column_stack([group_ranks(values[:, k], groups) for k in range(values.shape[1])])
    out: Array = np.full(len(values), np.nan)
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return out
    order = known[np.lexsort((values[known], groups[known]))]
    group, value = groups[order], values[order]
    new_group = np.concatenate(([True], group[1:] != group[:-1]))
    new_value = new_group | np.concatenate(([True], value[1:] != value[:-1]))
    start = np.flatnonzero(new_group)
    size = np.diff(np.append(start, len(order)))
    place = np.arange(len(order)) - np.repeat(start, size)
    ties = np.flatnonzero(new_value)
    length = np.diff(np.append(ties, len(order)))
    mean = np.repeat(place[ties] + 0.5 * (length - 1), length)
    count = np.repeat(size, size)
    out[order] = np.where(count > 1, mean / np.maximum(count - 1, 1) - 0.5, 0.0)
    return out


def neutral(values: Array, groups: Array, industry: Array) -> Array:
    """Values less the mean of their industry within the group; as they are where the industry is not known (negative).

    Args:
        values: Shape (n,); NaN where not known.
        groups: Shape (n,), int64: e.g. the day.
        industry: Shape (n,), int64: number of the industry, negative where not known.

    Examples:
        >>> neutral(np.array([1.0, 3.0, 5.0]), np.zeros(3, int), np.array([2, 2, -1]))
        array([-1.,  1.,  5.])
    """
    known = ~np.isnan(values) & (industry >= 0)
    _, cell = np.unique(np.column_stack((groups, industry)), axis=0, return_inverse=True)
    cell = cell.ravel()
    total = np.bincount(cell, np.where(known, values, 0.0))
    count = np.bincount(cell, known.astype(np.float64))
    return np.asarray(np.where(known, values - (total / np.maximum(count, 1.0))[cell], values))
