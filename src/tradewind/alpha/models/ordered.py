"""From a number with an error to probabilities of ordered classes, and back: the link of linear models to classes."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from tradewind.core.dtypes import Array

__all__ = ["class_edges", "class_probabilities", "normal_cdf", "softmax"]

FLOOR = 1e-6


def normal_cdf(z: Array) -> Array:
    """Distribution function of the standard normal, elementwise.

    Examples:
        >>> normal_cdf(np.array([0.0])).tolist()
        [0.5]
    """
    flat = np.fromiter((math.erfc(-value) for value in (z / math.sqrt(2.0)).ravel()), np.float64, z.size)
    return 0.5 * flat.reshape(z.shape)


def class_edges(shares: Array, mean: float, deviation: float) -> Array:
    """Where one class ends and the next begins, such that a normal variable has the classes' shares.

    Args:
        shares: Shape (k,): share of each class, ascending labels.
        mean: Mean of the labels.
        deviation: Their standard deviation.

    Returns:
        Shape (k - 1,): edges, in units of the labels.

    Examples:
        >>> class_edges(np.array([0.5, 0.5]), 0.0, 1.0).tolist()
        [0.0]
    """
    below = np.clip(np.cumsum(shares)[:-1], FLOOR, 1.0 - FLOOR)
    return np.array([mean + deviation * NormalDist().inv_cdf(float(p)) for p in below])


def class_probabilities(mean: Array, deviation: Array, edges: Array) -> Array:
    """Probabilities of ordered classes of a normal variable cut at edges (ordered probit).

    Args:
        mean: Shape (n,).
        deviation: Shape (n,), above 0.
        edges: Shape (k - 1,).

    Returns:
        Shape (n, k); rows sum to 1, no entry is 0.

    References:
        McKelvey and Zavoina (1975), "A statistical model for the analysis of ordinal level dependent variables".
    """
    below = normal_cdf((edges[None, :] - mean[:, None]) / deviation[:, None])
    full = np.concatenate([np.zeros((len(mean), 1)), below, np.ones((len(mean), 1))], axis=1)
    shares = np.maximum(np.diff(full, axis=1), FLOOR)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def softmax(scores: Array) -> Array:
    """Probabilities proportional to ``exp(scores)``, row by row.

    Examples:
        >>> softmax(np.zeros((1, 2))).tolist()
        [[0.5, 0.5]]
    """
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))
