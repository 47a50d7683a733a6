r"""Which forecasts are better, by more than luck: Diebold–Mariano, Model Confidence Set, predictive ability.

Losses of a panel (several series a day) are first averaged by day: rows of one day are not independent.

References:
    Diebold and Mariano (1995), "Comparing predictive accuracy"; Harvey, Leybourne and Newbold (1997), "Testing the
    equality of prediction mean squared errors"; Hansen, Lunde and Nason (2011), "The model confidence set"; Hansen
    (2005), "A test for superior predictive ability".
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError
from tradewind.stats.newey_west import long_run_variance

__all__ = [
    "ConfidenceSet",
    "DieboldMariano",
    "SuperiorAbility",
    "by_period",
    "diebold_mariano",
    "model_confidence_set",
    "superior_predictive_ability",
]

FEWEST = 10


class DieboldMariano(msgspec.Struct, frozen=True):
    """A model's losses against another's.

    Attributes:
        difference: Mean loss of the first less the second's; negative is better.
        statistic: With the small-sample correction; NaN where the losses never differ.
        p: Two-sided, Student's t.
        lags: Lags of the long-run variance.
        observations: Periods compared.
    """

    difference: float
    statistic: float
    p: float
    lags: int
    observations: int


class ConfidenceSet(msgspec.Struct, frozen=True):
    """Models that cannot be told from the best.

    Attributes:
        included: Their names.
        p: p-value of each model; a model is in the set where it is above ``size``.
        size: One minus the coverage.
    """

    included: tuple[str, ...]
    p: dict[str, float]
    size: float


class SuperiorAbility(msgspec.Struct, frozen=True):
    """Whether any model beats a benchmark, allowing for how many were tried.

    Attributes:
        lower: p-value of the liberal version.
        consistent: p-value to read.
        upper: p-value of the conservative version (White's reality check).
        better: Models whose mean loss is below the benchmark's.
    """

    lower: float
    consistent: float
    upper: float
    better: tuple[str, ...]


def diebold_mariano(
    first: Array, second: Array, *, horizon: int = 1, lags: int | None = None, periods: Array | None = None
) -> DieboldMariano:
    r"""Test that two forecasts have the same expected loss.

    .. math:: DM = \bar d \Big/ \sqrt{\hat\Omega / n}, \qquad d_t = L^1_t - L^2_t

    times the correction of Harvey, Leybourne and Newbold for the horizon.

    Args:
        first: Shape (n,), losses of the first.
        second: Shape (n,), losses of the second in the same rows.
        horizon: Steps ahead that were forecast.
        lags: Lags of the long-run variance; None for the larger of ``horizon - 1`` and Newey and West's rule.
        periods: Shape (n,), the period (day) of each row where there are several rows a period; None for one each.

    Raises:
        InvalidValueError: For fewer than 10 periods or arrays of unequal length.

    Examples:
        >>> days = np.arange(200)
        >>> found = diebold_mariano(1 + 0.1 * np.sin(days), 1.1 + 0.1 * np.cos(3 * days))
        >>> round(found.difference, 2), found.p < 0.01
        (-0.1, True)
    """
    special = _scipy_special()
    difference = by_period(_aligned(first, second), periods)
    n = len(difference)
    rule = max(horizon - 1, min(int(4 * (n / 100) ** (2 / 9)), n - 1)) if lags is None else lags
    variance, used = long_run_variance(difference, rule)
    mean = float(difference.mean())
    if variance <= 0:
        return DieboldMariano(mean, float("nan"), float("nan"), used, n)
    correction = np.sqrt(max(n + 1 - 2 * horizon + horizon * (horizon - 1) / n, 1.0) / n)
    statistic = float(correction * mean / np.sqrt(variance / n))
    return DieboldMariano(mean, statistic, float(2 * special.stdtr(n - 1, -abs(statistic))), used, n)


def model_confidence_set(
    losses: dict[str, Array],
    seed: int,
    *,
    size: float = 0.1,
    draws: int = 1000,
    block: int | None = None,
    periods: Array | None = None,
) -> ConfidenceSet:
    """Models that hold the best with a chance of ``1 - size``, by the range statistic.

    Args:
        losses: Shape (n,) for each model's name; two or more.
        seed: The run's one seed.
        size: One minus the coverage.
        draws: Bootstrap draws.
        block: Mean block length [periods]; None for the cube root of their number.
        periods: Shape (n,), the period (day) of each row where there are several rows a period.

    Raises:
        InvalidValueError: For fewer than two models, unequal lengths, or fewer than 10 periods.
        MissingExtraError: Without the extra ``risk``.
    """
    if len(losses) < 2:
        raise InvalidValueError("losses", "two or more models", len(losses))
    names = list(losses)
    table = _table(losses, periods)
    # Models that never differ cannot be ranked by the statistic: they share one column and one answer.
    unique, twin = np.unique(table, axis=1, return_inverse=True)
    if unique.shape[1] == 1:
        return ConfidenceSet(tuple(names), dict.fromkeys(names, 1.0), size)
    tool = _arch().MCS(unique, size, reps=draws, block_size=_block(len(table), block), seed=_seed(seed))
    tool.compute()
    found = tool.pvalues["Pvalue"]
    # Models that tie are eliminated together: arch then gives one row for several of them.
    by_column = {int(k): float(v) for told, v in zip(found.index, found, strict=True) for k in np.ravel(told)}
    p = {name: by_column[int(twin[k])] for k, name in enumerate(names)}
    return ConfidenceSet(tuple(name for name in names if p[name] > size), p, size)


def superior_predictive_ability(
    benchmark: Array,
    losses: dict[str, Array],
    seed: int,
    *,
    draws: int = 1000,
    block: int | None = None,
    periods: Array | None = None,
) -> SuperiorAbility:
    """Test that no model is better than a benchmark, allowing for the number tried.

    Args:
        benchmark: Shape (n,), losses of the benchmark.
        losses: Shape (n,) for each model's name.
        seed: The run's one seed.
        draws: Bootstrap draws.
        block: Mean block length [periods]; None for the cube root of their number.
        periods: Shape (n,), the period (day) of each row where there are several rows a period.

    Raises:
        InvalidValueError: For no model, unequal lengths, or fewer than 10 periods.
        MissingExtraError: Without the extra ``risk``.
    """
    if not losses:
        raise InvalidValueError("losses", "one or more models", 0)
    table = _table({"": benchmark, **{f"_{name}": values for name, values in losses.items()}}, periods)
    tool = _arch().SPA(table[:, 0], table[:, 1:], reps=draws, block_size=_block(len(table), block), seed=_seed(seed))
    tool.compute()
    better = table[:, 1:].mean(axis=0) < table[:, 0].mean()
    p: Any = tool.pvalues
    names = tuple(name for name, won in zip(losses, better, strict=True) if won)
    return SuperiorAbility(float(p["lower"]), float(p["consistent"]), float(p["upper"]), names)


def by_period(values: Array, periods: Array | None) -> Array:
    """Means of rows of the same period, in the order of periods; the values themselves where each has one row."""
    if periods is not None:
        if len(periods) != len(values):
            raise InvalidValueError("periods", f"one for each of the {len(values)} rows", len(periods))
        _, index, count = np.unique(periods, return_inverse=True, return_counts=True)
        values = np.bincount(index, weights=values) / count
    if len(values) < FEWEST:
        raise InvalidValueError("losses", f"{FEWEST} or more periods", len(values))
    return values


def _aligned(first: Array, second: Array) -> Array:
    if len(first) != len(second):
        raise InvalidValueError("losses", f"as many rows as the other's {len(first)}", len(second))
    return np.asarray(first, np.float64) - np.asarray(second, np.float64)


def _table(losses: dict[str, Array], periods: Array | None) -> Array:
    lengths = {len(values) for values in losses.values()}
    if len(lengths) > 1:
        raise InvalidValueError("losses", "arrays of one length", sorted(lengths))
    return np.stack([by_period(np.asarray(values, np.float64), periods) for values in losses.values()], axis=1)


def _block(length: int, block: int | None) -> int:
    return max(2, round(length ** (1 / 3))) if block is None else block


def _seed(seed: int) -> int:
    return seed % 2**32


def _arch() -> Any:
    try:
        import arch.bootstrap
    except ImportError:
        raise MissingExtraError("arch", "risk", "a model confidence set") from None
    return arch.bootstrap


def _scipy_special() -> Any:
    try:
        import scipy.special
    except ImportError:
        raise MissingExtraError("scipy", "risk", "a Diebold–Mariano test") from None
    return scipy.special
