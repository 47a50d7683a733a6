"""Calibration of an expert on forecasts of rows it did not learn from: as it is, temperature, Platt, isotonic."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

from tradewind.alpha.fusion.space import from_scores
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError

__all__ = ["METHODS", "Calibration", "Method", "choose_calibration", "fit_calibration", "mean_loss"]

Method: TypeAlias = Literal["as it is", "temperature", "platt", "isotonic"]
"""How an expert is calibrated."""
METHODS: tuple[Method, ...] = ("as it is", "temperature", "platt", "isotonic")
"""In order of their freedom: a freer one must earn it."""
KNOTS = 60


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What is done to an expert's scores.

    Attributes:
        method: Which.
        slope: Factor of the scores, one (temperature) or one a class (Platt).
        offset: Added to them, one a class.
        knots: For isotonic, each class's probabilities before.
        values: And after.
    """

    method: Method
    slope: tuple[float, ...] = (1.0,)
    offset: tuple[float, ...] = (0.0,)
    knots: tuple[tuple[float, ...], ...] = ()
    values: tuple[tuple[float, ...], ...] = ()

    def apply(self, scores: Array) -> Array:
        """Shape (n, k): calibrated scores."""
        if self.method != "isotonic":
            return np.asarray(scores * np.asarray(self.slope) + np.asarray(self.offset))
        before = _softmax(scores)
        after = [np.interp(before[:, k], self.knots[k], self.values[k]) for k in range(before.shape[1])]
        probability = np.maximum(np.column_stack(after), 1e-4)
        logs = np.log(probability / probability.sum(axis=1, keepdims=True))
        return np.asarray(logs - logs.mean(axis=1, keepdims=True))


def mean_loss(scores: Array, y: Array, kind: str, levels: tuple[float, ...], weight: Array | None = None) -> float:
    """Mean loss of scores: log loss of classes, squared error of numbers, QLIKE of variances."""
    return float(np.average(row_losses(scores, y, kind, levels), weights=weight))


def row_losses(scores: Array, y: Array, kind: str, levels: tuple[float, ...]) -> Array:
    """Shape (n,): the losses that :func:`mean_loss` averages."""
    if kind == "classes":
        dist = from_scores(scores, kind, levels)
        place = np.minimum(np.searchsorted(levels, y), len(levels) - 1)
        there = np.asarray(levels)[place] == y
        return np.asarray(-np.log(np.maximum(np.where(there, dist.values[np.arange(len(y)), place], 0.0), 1e-12)))
    if kind == "gamma":
        ratio = np.maximum(y, 1e-300) / np.exp(np.clip(scores[:, 0], -700, 700))
        return np.asarray(ratio - np.log(ratio) - 1)
    return np.asarray((y - scores[:, 0]) ** 2)


def fit_calibration(  # noqa: PLR0917
    method: Method, scores: Array, y: Array, kind: str, levels: tuple[float, ...], weight: Array | None = None
) -> Calibration:
    """Calibrate scores of rows that were not learnt from.

    Args:
        method: ``temperature`` scales log-odds (Guo et al., 2017); ``platt`` scales and shifts them class by class
            (Platt, 1999); ``isotonic`` maps each class's probability by a rising step function, made smooth (Zadrozny
            and Elkan, 2002). Numbers are scaled and shifted by least squares, never turned over.
        scores: Shape (n, k).
        y: Shape (n,).
        kind: Of the forecasts.
        levels: Class labels.
        weight: Shape (n,).

    Returns:
        The calibration.
    """
    weight = np.ones(len(y)) if weight is None else weight
    if method == "as it is":
        return Calibration(method=method, slope=(1.0,), offset=(0.0,))
    if kind == "gamma":  # the factor that makes QLIKE least is the mean ratio
        return Calibration(method=method, offset=(float(np.log(np.average(y / np.exp(scores[:, 0]), weights=weight))),))
    if kind != "classes":
        return _line(scores[:, 0], y, weight, method)
    hit = (np.asarray(levels)[None, :] == y[:, None]).astype(np.float64)
    if method == "isotonic":
        return _isotonic(scores, hit, weight)
    return _scaled(scores, hit, weight, free=method == "platt")


def choose_calibration(  # noqa: PLR0917
    scores: Array, y: Array, parts: Array, kind: str, levels: tuple[float, ...], weight: Array
) -> tuple[Calibration, dict[str, float]]:
    """The method that did best on parts of the rows it was not fitted on; freer ones must be better by 0.02 %.

    Args:
        scores: Shape (n, k), forecasts out of fold.
        y: Shape (n,).
        parts: Shape (n,): stretch of time of each row, two or more.
        kind: Of the forecasts.
        levels: Class labels.
        weight: Shape (n,).

    Returns:
        The calibration, fitted on all rows, and the loss of each method out of its part.
    """
    methods = METHODS if kind == "classes" else METHODS[:2]
    found: dict[str, float] = {}
    for method in methods:
        losses = np.zeros(len(y))
        for part in np.unique(parts):
            inside = parts == part
            rest = ~inside
            fitted = fit_calibration(method, scores[rest], y[rest], kind, levels, weight[rest])
            losses[inside] = row_losses(fitted.apply(scores[inside]), y[inside], kind, levels)
        found[method] = float(np.average(losses, weights=weight))
    best: Method = methods[0]
    for method in methods[1:]:
        if found[method] < found[best] - 2e-4 * abs(found[best]):
            best = method
    return fit_calibration(best, scores, y, kind, levels, weight), found


def _line(forecast: Array, y: Array, weight: Array, method: Method) -> Calibration:
    centre, middle = np.average(forecast, weights=weight), np.average(y, weights=weight)
    spread = np.average((forecast - centre) ** 2, weights=weight)
    slope = np.average((forecast - centre) * (y - middle), weights=weight) / spread if spread > 0 else 0.0
    slope = min(max(float(slope), 0.0), 2.0)
    return Calibration(method=method, slope=(slope,), offset=(float(middle - slope * centre),))


def _scaled(scores: Array, hit: Array, weight: Array, *, free: bool) -> Calibration:
    """Slopes and offsets of least log loss, found by scipy; slopes stay positive."""
    optimize = _scipy()
    k, total = scores.shape[1], weight.sum()

    def loss(theta: Array) -> tuple[float, Array]:
        slope, offset = np.exp(theta[:k] if free else theta[:1]), theta[k:] if free else np.zeros(k)
        p = _softmax(scores * slope + offset)
        error = (p - hit) * weight[:, None] / total
        value = -float(np.sum(weight[:, None] * hit * np.log(np.maximum(p, 1e-12)))) / total
        by_slope = np.sum(error * scores, axis=0) * slope if free else np.array([np.sum(error * scores) * slope[0]])
        penalty = 1e-4 * float(theta @ theta)
        return value + penalty, np.concatenate([by_slope, error.sum(axis=0) if free else []]) + 2e-4 * theta

    found = optimize.minimize(loss, np.zeros(2 * k if free else 1), jac=True, method="L-BFGS-B", bounds=None)
    slope = np.exp(found.x[:k] if free else found.x[:1])
    offset = found.x[k:] if free else np.zeros(k)
    method: Method = "platt" if free else "temperature"
    return Calibration(method=method, slope=tuple(slope.tolist()), offset=tuple(offset.tolist()))


def _isotonic(scores: Array, hit: Array, weight: Array) -> Calibration:
    try:
        from sklearn.isotonic import IsotonicRegression
    except ImportError:
        raise MissingExtraError("scikit-learn", "alpha", "isotonic calibration") from None
    before = _softmax(scores)
    knots, values = [], []
    for k in range(before.shape[1]):
        model = IsotonicRegression(out_of_bounds="clip").fit(before[:, k], hit[:, k], sample_weight=weight)
        at = np.unique(np.quantile(before[:, k], np.linspace(0, 1, KNOTS)))
        knots.append(tuple(at.tolist()))
        values.append(tuple(model.predict(at).tolist()))
    return Calibration(method="isotonic", knots=tuple(knots), values=tuple(values))


def _softmax(scores: Array) -> Array:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _scipy() -> Any:
    try:
        from scipy import optimize
    except ImportError:
        raise MissingExtraError("scipy", "alpha", "calibration") from None
    return optimize
