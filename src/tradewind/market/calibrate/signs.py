"""Metaorders behind the signs of trades: how many, how long, from how long signs remember."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry
from tradewind.market.flow.ziggurat import draw, seed_streams, uniform

__all__ = ["fit_metaorders", "sign_memory"]

LAGS = np.unique(np.geomspace(2, 300, 18).astype(np.int64))
ACTIVE = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 26, 32, 48, 64)
EXPONENTS = (1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.2, 2.5, 3.0, 10.0)
LENGTH = 400_000


def sign_memory(signs: Array, lags: Array = LAGS) -> Array:
    """Autocorrelation of signs at lags; NaN-free, shorter series give zeros at lags they do not reach."""
    x = signs - signs.mean() if len(signs) else signs
    power = float(x @ x) if len(x) else 0.0
    return np.array([x[:-k] @ x[k:] / power * len(x) / (len(x) - k) if k < len(x) and power > 0 else 0.0 for k in lags])


@entry
def sign_process(streams: Array, active: int, exponent: float, signs: Array) -> None:
    """Signs of a fixed number of metaorders with Pareto lengths, each trade from one of them at random."""
    left = np.zeros(active)
    sign = np.zeros(active)
    for i in range(-20 * active, len(signs)):
        bits = draw(streams, 0)
        k = np.int64(uniform(bits) * active)
        if left[k] <= 0.0:
            fresh = draw(streams, 0)
            left[k] = np.floor((1.0 - uniform(fresh)) ** (-1.0 / exponent))
            sign[k] = 1.0 if fresh & np.uint64(1) else -1.0
        left[k] -= 1.0
        if i >= 0:
            signs[i] = sign[k]


def fit_metaorders(signs: Array) -> tuple[int, float, float]:
    """Number and tail exponent of metaorders whose signs remember as the data's do.

    Args:
        signs: Shape (n,), signs of trades in order.

    Returns:
        Number active, tail exponent, root mean square relative error of the autocorrelation.
    """
    target = sign_memory(np.asarray(signs, float))
    best = (1, 10.0, np.inf)
    out = np.zeros(LENGTH)
    for active in ACTIVE:
        for exponent in EXPONENTS:
            sign_process(seed_streams(0, "calibrate/signs", 1), active, exponent, out)
            error = float(np.sqrt(np.mean(((sign_memory(out) - target) / (np.abs(target) + 0.1)) ** 2)))
            if error < best[2]:
                best = (active, exponent, error)
    return best
