r"""Bootstrap intervals that respect dependence: whole days are drawn, or blocks of random length.

Rows of one day are not independent, so :func:`clustered_interval` draws days. A series of daily numbers has memory, so
:func:`stationary_interval` draws blocks. Intervals are quantiles of the draws (percentile method).

References:
    Efron (1987), "Better bootstrap confidence intervals"; Davison and Hinkley (1997), "Bootstrap methods and their
    application", §3.8 (clusters); Politis and Romano (1994), "The stationary bootstrap".
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream

__all__ = [
    "Interval",
    "clustered_interval",
    "correlation_interval",
    "mean_interval",
    "ratio_interval",
    "stationary_indices",
    "stationary_interval",
    "wilson",
]

FEWEST_DRAWS = 100


class Interval(msgspec.Struct, frozen=True):
    """An estimate and its confidence interval; NaN ends where there are too few clusters to say.

    Attributes:
        mean: The estimate.
        low: Lower end.
        high: Upper end.
    """

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether all of it lies on one side of 0."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        return f"{self.mean:.4g} ({self.low:.4g} to {self.high:.4g})"


def clustered_interval(
    columns: Array,
    clusters: Array,
    statistic: Callable[[Array], Array],
    seed: int,
    *,
    draws: int = 2000,
    level: float = 0.95,
) -> Interval:
    """Interval of any statistic that is a function of sums over rows, drawing whole clusters.

    Args:
        columns: Shape (n, k), numbers of each row whose sums the statistic needs.
        clusters: Shape (n,), the cluster of each row, e.g. its day.
        statistic: From sums, shape (..., k), to numbers, shape (...).
        seed: The run's one seed.
        draws: How many.
        level: Coverage.

    Returns:
        The statistic of all rows and its interval.

    Raises:
        InvalidValueError: For no row, rows of unequal number, too few draws or a level outside (0, 1).

    Examples:
        >>> days = np.repeat(np.arange(50), 8)
        >>> rows = np.column_stack([np.tile([1.0, 3.0], 200), np.ones(400)])
        >>> clustered_interval(rows, days, lambda s: s[..., 0] / s[..., 1], seed=7).mean
        2.0
    """
    columns = np.asarray(columns, np.float64)
    _check(columns, clusters, draws, level)
    names, index = np.unique(clusters, return_inverse=True)
    count = len(names)
    sums = np.stack([np.bincount(index, weights=column, minlength=count) for column in columns.T], axis=1)
    estimate = float(statistic(sums.sum(axis=0)))
    if count < 2:
        return Interval(estimate, float("nan"), float("nan"))
    chance = stream(seed, "stats/clusters")
    resampled = np.empty(draws)
    step = max(1, 4_000_000 // count)
    for start in range(0, draws, step):
        size = min(step, draws - start)
        picked = chance.integers(0, count, (size, count))
        offsets = np.arange(size)[:, None] * count
        weights = np.bincount((picked + offsets).ravel(), minlength=size * count).reshape(size, count)
        with np.errstate(divide="ignore", invalid="ignore"):
            resampled[start : start + size] = statistic(weights @ sums)
    return _quantiles(estimate, resampled, level)


def mean_interval(values: Array, clusters: Array, seed: int, *, draws: int = 2000, level: float = 0.95) -> Interval:
    """Mean, drawing whole clusters; rows whose value is NaN are left out.

    Args:
        values: Shape (n,).
        clusters: Shape (n,), e.g. days.
        seed: The run's one seed.
        draws: How many.
        level: Coverage.
    """
    there = np.isfinite(values)
    return ratio_interval(
        np.asarray(values)[there], np.ones(int(there.sum())), clusters[there], seed, draws=draws, level=level
    )


def ratio_interval(
    above: Array, below: Array, clusters: Array, seed: int, *, draws: int = 2000, level: float = 0.95
) -> Interval:
    """Sum of one number over the sum of another, drawing whole clusters: paired comparisons keep their pairing.

    Args:
        above: Shape (n,).
        below: Shape (n,).
        clusters: Shape (n,), e.g. days.
        seed: The run's one seed.
        draws: How many.
        level: Coverage.
    """
    columns = np.column_stack([above, below])
    return clustered_interval(columns, clusters, _ratio, seed, draws=draws, level=level)


def correlation_interval(
    x: Array, y: Array, clusters: Array, seed: int, *, draws: int = 2000, level: float = 0.95
) -> Interval:
    """Pearson correlation, drawing whole clusters; of ranks it is Spearman's.

    Args:
        x: Shape (n,).
        y: Shape (n,).
        clusters: Shape (n,), e.g. days.
        seed: The run's one seed.
        draws: How many.
        level: Coverage.
    """
    x = np.asarray(x, np.float64) - np.mean(x)
    y = np.asarray(y, np.float64) - np.mean(y)
    columns = np.column_stack([np.ones(len(x)), x, y, x * x, y * y, x * y])
    return clustered_interval(columns, clusters, _correlation, seed, draws=draws, level=level)


def stationary_indices(length: int, block: float, chance: np.random.Generator) -> Array:
    """Row numbers of one draw of the stationary bootstrap: blocks of geometric length, wrapped around the end.

    Args:
        length: Rows of the series.
        block: Mean length of a block [rows].
        chance: Where the draw comes from.

    Returns:
        Shape (length,), int64.
    """
    fresh = chance.random(length) < 1.0 / block
    fresh[0] = True
    starts = chance.integers(0, length, length)
    rows = np.arange(length)
    begun = np.maximum.accumulate(np.where(fresh, rows, 0))
    return np.asarray((starts[begun] + rows - begun) % length, np.int64)


def stationary_interval(
    rows: Array,
    statistic: Callable[[Array], float],
    seed: int,
    *,
    block: float | None = None,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Interval of a statistic of a series with memory, by the stationary bootstrap.

    Args:
        rows: Shape (n,) or (n, k), in time order.
        statistic: From rows to a number, e.g. a mean, a Sharpe ratio, a ratio of two columns' means.
        seed: The run's one seed.
        block: Mean length of a block [rows]; None for the cube root of n, at least 2.
        draws: How many.
        level: Coverage.

    Raises:
        InvalidValueError: For fewer than 2 rows, a block outside [1, n], too few draws or a level outside (0, 1).

    Examples:
        >>> stationary_interval(np.tile([1.0, 3.0], 200), np.mean, seed=7).mean
        2.0
    """
    rows = np.asarray(rows, np.float64)
    _check(rows, rows, draws, level)
    length = len(rows)
    if length < 2:
        raise InvalidValueError("rows", "two or more", length)
    chosen = max(2.0, length ** (1 / 3)) if block is None else float(block)
    if not 1 <= chosen <= length:
        raise InvalidValueError("block", f"between 1 and the {length} rows", chosen)
    chance = stream(seed, "stats/stationary")
    resampled = np.array([statistic(rows[stationary_indices(length, chosen, chance)]) for _ in range(draws)])
    return _quantiles(float(statistic(rows)), resampled, level)


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Interval of a fraction (Wilson 1927); NaN ends for a fraction of nothing.

    Examples:
        >>> [round(end, 3) for end in wilson(9, 10)]
        [0.596, 0.982]
    """
    if not count:
        return math.nan, math.nan
    p, shrink = hits / count, 1 + z * z / count
    middle = (p + z * z / (2 * count)) / shrink
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / shrink
    return max(0.0, middle - half), min(1.0, middle + half)


def _ratio(sums: Array) -> Array:
    return np.asarray(sums[..., 0] / sums[..., 1])


def _correlation(sums: Array) -> Array:
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    return np.asarray((n * xy - x * y) / np.sqrt((n * xx - x * x) * (n * yy - y * y)))


def _quantiles(estimate: float, resampled: Array, level: float) -> Interval:
    finite = resampled[np.isfinite(resampled)]
    if not len(finite):
        return Interval(estimate, float("nan"), float("nan"))
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high))


def _check(rows: Array, clusters: Array, draws: int, level: float) -> None:
    if not len(rows):
        raise InvalidValueError("rows", "one or more", 0)
    if len(rows) != len(clusters):
        raise InvalidValueError("clusters", f"one for each of the {len(rows)} rows", len(clusters))
    if draws < FEWEST_DRAWS:
        raise InvalidValueError("draws", f"{FEWEST_DRAWS} or more", draws)
    if not 0 < level < 1:
        raise InvalidValueError("level", "between 0 and 1", level)
