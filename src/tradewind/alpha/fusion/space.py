"""The space in which forecasts are calibrated and pooled: log-odds of classes, means of numbers, logs of variances."""

from __future__ import annotations

import numpy as np

from tradewind.alpha.protocol import Distribution
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["from_scores", "to_scores"]

SMALLEST = 1e-6


def to_scores(dist: Distribution, levels: tuple[float, ...] = ()) -> Array:
    """Forecasts as numbers that may be averaged.

    Args:
        dist: Forecasts of n rows.
        levels: Classes of the pool; those that a forecast does not know get the smallest probability.

    Returns:
        Shape (n, k): centred log-probabilities of classes; the mean of normal forecasts and of quantiles; the log of
        the mean of gamma forecasts.

    Examples:
        >>> to_scores(Distribution(kind="classes", values=np.array([[0.5, 0.5]]), levels=(0.0, 1.0)))
        array([[0., 0.]])
    """
    if dist.kind == "classes":
        levels = levels or dist.levels
        values = np.full((len(dist), len(levels)), SMALLEST)
        for k, level in enumerate(dist.levels):
            if level in levels:
                values[:, levels.index(level)] = dist.values[:, k]
        logs = np.log(np.maximum(values, SMALLEST))
        return np.asarray(logs - logs.mean(axis=1, keepdims=True))
    mean = dist.mean()[:, None]
    return np.asarray(np.log(np.maximum(mean, 1e-300)) if dist.kind == "gamma" else mean)


def from_scores(scores: Array, kind: str, levels: tuple[float, ...], spread: float = 1.0) -> Distribution:
    """The forecasts that scores stand for.

    Args:
        scores: Shape (n, k), as :func:`to_scores` gives them.
        kind: ``classes``, ``normal`` or ``gamma``.
        levels: Class labels.
        spread: Standard deviation of normal forecasts, shape of gamma forecasts.
    """
    if kind == "classes":
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return Distribution(kind="classes", values=odds / odds.sum(axis=1, keepdims=True), levels=levels)
    if kind == "normal":
        return Distribution(kind="normal", values=np.column_stack([scores[:, 0], np.full(len(scores), spread)]))
    if kind == "gamma":
        mean = np.exp(np.clip(scores[:, 0], -700, 700))
        return Distribution(kind="gamma", values=np.column_stack([mean, np.full(len(scores), spread)]))
    raise InvalidValueError("kind", "classes, normal or gamma", kind)
