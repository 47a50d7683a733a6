"""Scores of forecasts: of order (IC), of classes, of probabilities and their calibration, of positive quantities."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.alpha.protocol import Distribution
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = [
    "ClassScores",
    "Reliability",
    "class_scores",
    "correlation",
    "decision_scores",
    "ic_by_period",
    "log_losses",
    "qlike_losses",
    "rank_correlation",
    "ranks",
    "reliability",
]

SMALLEST = 1e-12


class ClassScores(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of class forecasts, all rows weighted.

    Attributes:
        accuracy: Share of right classes.
        macro_f1: Mean F1 over the classes that occur.
        mcc: Matthews correlation, for several classes (Gorodkin, 2004).
        log_loss: Mean negative log-probability of what came [nats].
        brier: Mean squared distance of probabilities to what came, summed over classes.
        ece: Expected calibration error, over the bins of :func:`reliability`.
    """

    accuracy: float
    macro_f1: float
    mcc: float
    log_loss: float
    brier: float
    ece: float


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """How often what was forecast with a probability came true, in bins of the probability.

    Attributes:
        forecast: Mean probability of each bin that holds anything.
        observed: Share that came true.
        share: Share of forecasts in it.
    """

    forecast: tuple[float, ...]
    observed: tuple[float, ...]
    share: tuple[float, ...]


def correlation(a: Array, b: Array) -> float:
    """Pearson's correlation of what is known in both; NaN where either does not vary.

    Examples:
        >>> round(correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0])), 3)
        0.982
    """
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if len(a) < 3 or np.ptp(a) <= 1e-15 * np.abs(a).max() or np.ptp(b) == 0:
        return float("nan")
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def ranks(values: Array) -> Array:
    """Ranks from 0, the mean rank where values are equal.

    Examples:
        >>> ranks(np.array([3.0, 1.0, 3.0]))
        array([1.5, 0. , 1.5])
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    upto = np.cumsum(counts)
    return np.asarray((upto - (counts + 1) / 2)[inverse])


def rank_correlation(a: Array, b: Array) -> float:
    """Spearman's correlation."""
    known = np.isfinite(a) & np.isfinite(b)
    return correlation(ranks(a[known]), ranks(b[known])) if known.sum() > 2 else float("nan")


def ic_by_period(
    forecast: Array, value: Array, period: Array, *, rank: bool = True, fewest: int = 5
) -> tuple[Array, Array]:
    """Correlation within each period (a day, or a date of a cross-section).

    Args:
        forecast: Shape (n,).
        value: Shape (n,).
        period: Shape (n,).
        rank: Spearman's rather than Pearson's.
        fewest: Rows a period must have.

    Returns:
        Periods and their correlations, those that cannot be computed left out.
    """
    order = np.argsort(period, kind="stable")
    names, begins = np.unique(period[order], return_index=True)
    measure = rank_correlation if rank else correlation
    found = [
        measure(forecast[rows], value[rows]) if len(rows) >= fewest else np.nan for rows in np.split(order, begins[1:])
    ]
    known = np.isfinite(found)
    return names[known], np.asarray(found)[known]


def class_scores(dist: Distribution, y: Array, weight: Array | None = None) -> ClassScores:
    """Scores of class forecasts.

    Args:
        dist: Class probabilities.
        y: Shape (n,), what came; a class the forecasts do not know counts as probability 0.
        weight: Shape (n,); equal when absent.
    """
    if dist.kind != "classes":
        raise InvalidValueError("kind", "classes", dist.kind)
    weight = np.ones(len(y)) if weight is None else weight
    levels = np.asarray(dist.levels)
    classes = np.union1d(levels, y)
    accuracy, macro_f1, mcc = decision_scores(dist.best(), y, weight)
    probability = np.zeros((len(y), len(classes)))
    probability[:, np.searchsorted(classes, levels)] = dist.values
    hit = classes[None, :] == y[:, None]
    brier = np.sum((probability - hit) ** 2, axis=1)
    bins = reliability(dist, y, weight)
    return ClassScores(
        accuracy=accuracy,
        macro_f1=macro_f1,
        mcc=mcc,
        log_loss=float(np.average(log_losses(dist, y), weights=weight)),
        brier=float(np.average(brier, weights=weight)),
        ece=float(np.sum(np.array(bins.share) * np.abs(np.array(bins.forecast) - np.array(bins.observed)))),
    )


def decision_scores(guess: Array, y: Array, weight: Array | None = None) -> tuple[float, float, float]:
    """Accuracy, macro-F1 and Matthews correlation of decided classes.

    Args:
        guess: Shape (n,), decided.
        y: Shape (n,), what came.
        weight: Shape (n,); equal when absent.

    Examples:
        >>> [round(v, 2) for v in decision_scores(np.array([0, 1, 1.0]), np.array([0, 1, 0.0]))]
        [0.67, 0.67, 0.5]
    """
    classes = np.union1d(guess, y)
    k = len(classes)
    truth, place = np.searchsorted(classes, y), np.searchsorted(classes, guess)
    table = np.bincount(truth * k + place, weights=weight, minlength=k * k).reshape(k, k)
    total, right = table.sum(), np.diag(table)
    came, called = table.sum(axis=1), table.sum(axis=0)
    with np.errstate(invalid="ignore"):
        f1 = np.where(came + called > 0, 2 * right / (came + called), np.nan)
    below = float(np.sqrt((total**2 - came @ came) * (total**2 - called @ called)))
    mcc = float((right.sum() * total - came @ called) / below) if below > 0 else 0.0
    return float(right.sum() / total), float(f1[came > 0].mean()), mcc


def log_losses(dist: Distribution, y: Array) -> Array:
    """Shape (n,): negative log-probability (or density) of what came [nats].

    Examples:
        >>> even = Distribution(kind="classes", values=np.array([[0.5, 0.5]]), levels=(0.0, 1.0))
        >>> log_losses(even, np.array([1.0])).round(3)
        array([0.693])
    """
    if dist.kind == "classes":
        levels = np.asarray(dist.levels)
        place = np.minimum(np.searchsorted(levels, y), len(levels) - 1)
        there = levels[place] == y
        probability = np.where(there, dist.values[np.arange(len(y)), place], 0.0)
        return np.asarray(-np.log(np.maximum(probability, SMALLEST)))
    if dist.kind == "normal":
        mean, sd = dist.values.T
        return np.asarray(0.5 * np.log(2 * np.pi * sd**2) + 0.5 * ((y - mean) / sd) ** 2)
    if dist.kind == "gamma":
        return qlike_losses(dist.mean(), y)
    levels = np.asarray(dist.levels)
    off = y[:, None] - dist.values
    return np.asarray(np.mean(np.maximum(levels * off, (levels - 1) * off), axis=1))


def qlike_losses(forecast: Array, realised: Array) -> Array:
    r"""Shape (n,): QLIKE of variance forecasts, :math:`r/f - \ln(r/f) - 1` (Patton, 2011)."""
    ratio = np.maximum(realised, SMALLEST) / np.maximum(forecast, SMALLEST)
    return np.asarray(ratio - np.log(ratio) - 1)


def reliability(dist: Distribution, y: Array, weight: Array | None = None, bins: int = 15) -> Reliability:
    """Reliability of all class probabilities, each class's in bins of equal width.

    Args:
        dist: Class probabilities.
        y: Shape (n,), what came.
        weight: Shape (n,).
        bins: How many.
    """
    weight = np.ones(len(y)) if weight is None else weight
    hit = (np.asarray(dist.levels)[None, :] == y[:, None]).ravel().astype(np.float64)
    probability, weights = dist.values.ravel(), np.repeat(weight, len(dist.levels))
    place = np.minimum((probability * bins).astype(int), bins - 1)
    total = np.bincount(place, weights=weights, minlength=bins)
    there = total > 0
    told = np.bincount(place, weights=weights * probability, minlength=bins)[there] / total[there]
    seen = np.bincount(place, weights=weights * hit, minlength=bins)[there] / total[there]
    share = total[there] / total.sum()
    return Reliability(forecast=tuple(told.tolist()), observed=tuple(seen.tolist()), share=tuple(share.tolist()))
