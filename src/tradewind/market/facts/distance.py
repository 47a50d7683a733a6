"""How far apart two measurements of one fact are."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from tradewind.core.dtypes import Array

__all__ = ["Curve", "Sample", "curve_distance", "distance", "pooled", "wasserstein"]


class Sample(msgspec.Struct, frozen=True):
    """A fact that is a distribution.

    Attributes:
        values: Shape (n,): observations [the fact's unit].
        weights: Shape (n,): weight of each (seconds in force), or empty for equal weights.
    """

    values: Array
    weights: Array = msgspec.field(default_factory=lambda: np.zeros(0))


class Curve(msgspec.Struct, frozen=True):
    """A fact that is a curve.

    Attributes:
        x: Shape (k,): lags, horizons, bins.
        y: Shape (k,): the curve; NaN where there were too few observations.
        scale: What a difference in ``y`` is measured in; 0 means the mean size of the two curves.
    """

    x: Array
    y: Array
    scale: float = 0.0


def wasserstein(one: Sample, other: Sample) -> float:
    r"""Wasserstein-1 distance of two weighted samples after z-scoring both with the pooled mean and deviation.

    .. math:: W_1 = \int |F(x) - G(x)| dx

    (LOB-Bench, Nagy et al. 2025.) NaN when a sample is empty; 0 when all values are the same.

    Examples:
        >>> wasserstein(Sample(np.array([0.0, 1.0])), Sample(np.array([1.0, 2.0]))) > 0
        True
        >>> wasserstein(Sample(np.array([5.0])), Sample(np.array([5.0, 5.0])))
        0.0
    """
    if len(one.values) == 0 or len(other.values) == 0:
        return float("nan")
    values = np.concatenate([one.values, other.values]).astype(np.float64)
    shares = []
    for sample in (one, other):
        weights = sample.weights if len(sample.weights) else np.ones(len(sample.values))
        shares.append(weights / weights.sum())
    half = np.concatenate(shares) / 2
    mean = float(values @ half)
    deviation = float(np.sqrt(((values - mean) ** 2) @ half))
    if deviation == 0:
        return 0.0
    order = np.argsort(values, kind="stable")
    signed = np.concatenate([shares[0], -shares[1]])[order]
    return float(np.abs(np.cumsum(signed)[:-1]) @ np.diff(values[order]) / deviation)


def curve_distance(one: Curve, other: Curve) -> float:
    """Mean absolute difference where both curves are known, in units of their scale; NaN if nowhere.

    Examples:
        >>> curve_distance(Curve(np.arange(2), np.array([1.0, 1.0])), Curve(np.arange(2), np.array([3.0, 3.0])))
        1.0
    """
    known = np.isfinite(one.y) & np.isfinite(other.y)
    if not known.any():
        return float("nan")
    apart = float(np.mean(np.abs(one.y[known] - other.y[known])))
    scale = other.scale or float(np.mean(np.abs(one.y[known])) + np.mean(np.abs(other.y[known]))) / 2
    return apart / scale if scale > 0 else float("nan")


def pooled(measured: Sequence[Sample | Curve]) -> Sample | Curve:
    """One measurement of several stretches: samples put together, each stretch counting the same; the mean curve.

    Raises:
        TypeError: When samples and curves are mixed.

    Examples:
        >>> pooled([Curve(np.arange(2), np.array([1.0, np.nan])), Curve(np.arange(2), np.array([3.0, 2.0]))]).y.tolist()
        [2.0, 2.0]
    """
    curves = [item for item in measured if isinstance(item, Curve)]
    samples = [item for item in measured if isinstance(item, Sample)]
    if curves and samples:
        raise TypeError("a distribution cannot be pooled with a curve")
    if curves:
        stacked = np.array([item.y for item in curves])
        known = np.isfinite(stacked)
        total = np.where(known, stacked, 0.0).sum(axis=0)
        count = known.sum(axis=0)
        y = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return Curve(curves[0].x, y, curves[0].scale)
    filled = [item for item in samples if len(item.values)]
    weights = [item.weights if len(item.weights) else np.ones(len(item.values)) for item in filled]
    shares = [w / w.sum() for w in weights]
    none = [np.zeros(0)]
    return Sample(np.concatenate([item.values for item in filled] or none), np.concatenate(shares or none))


def distance(one: Sample | Curve, other: Sample | Curve) -> float:
    """Distance of two measurements of the same fact; symmetric, 0 for equal ones."""
    if isinstance(one, Sample) and isinstance(other, Sample):
        return wasserstein(one, other)
    if isinstance(one, Curve) and isinstance(other, Curve):
        return curve_distance(one, other)
    raise TypeError("a distribution cannot be compared with a curve")
