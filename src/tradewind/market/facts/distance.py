"""How far apart two measurements of one fact are."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array

__all__ = ["Curve", "Sample", "curve_distance", "distance", "wasserstein"]


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
        scale: What a difference in ``y`` is measured in; 0 means the mean size of the reference curve itself.
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


def curve_distance(one: Curve, reference: Curve) -> float:
    """Mean absolute difference where both curves are known, in units of the reference's scale; NaN if nowhere."""
    known = np.isfinite(one.y) & np.isfinite(reference.y)
    if not known.any():
        return float("nan")
    scale = reference.scale or float(np.mean(np.abs(reference.y[known])))
    return float(np.mean(np.abs(one.y[known] - reference.y[known])) / scale) if scale > 0 else float("nan")


def distance(one: Sample | Curve, reference: Sample | Curve) -> float:
    """Distance of a measurement to a reference measurement of the same fact."""
    if isinstance(one, Sample) and isinstance(reference, Sample):
        return wasserstein(one, reference)
    if isinstance(one, Curve) and isinstance(reference, Curve):
        return curve_distance(one, reference)
    raise TypeError("a distribution cannot be compared with a curve")
