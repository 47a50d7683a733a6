r"""The recursion of dynamic conditional correlation, compiled.

.. math:: Q_t = (1 - a - b) \bar R + a z_{t-1} z_{t-1}^\top + b Q_{t-1}

References:
    Engle (2002), "Dynamic conditional correlation"; Pakel, Shephard, Sheppard and Engle (2021), "Fitting vast
    dimensional time-varying covariance models" (likelihood of neighbouring pairs).
"""

from __future__ import annotations

import math

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry

__all__ = ["last_state", "pair_cost"]


@entry
def pair_cost(z: Array, target: Array, a: float, b: float) -> float:
    """Minus the mean log likelihood of neighbouring pairs of symbols, without constants.

    Args:
        z: Shape (n, k), standardised returns.
        target: Shape (k, k), correlation that Q reverts to.
        a: Weight of news.
        b: Weight of yesterday.
    """
    days, symbols = z.shape
    total = 0.0
    for i in range(symbols - 1):
        j = i + 1
        q11, q22, q12 = 1.0, 1.0, target[i, j]
        for t in range(days):
            x, y = z[t, i], z[t, j]
            rho = q12 / (q11 * q22) ** 0.5
            rest = max(1.0 - rho * rho, 1e-10)
            total += math.log(rest) + (x * x - 2.0 * rho * x * y + y * y) / rest
            q11 = (1.0 - a - b) + a * x * x + b * q11
            q22 = (1.0 - a - b) + a * y * y + b * q22
            q12 = (1.0 - a - b) * target[i, j] + a * x * y + b * q12
    return 0.5 * total / (days * max(symbols - 1, 1))


@entry
def last_state(z: Array, start: Array, target: Array, a: float, b: float) -> Array:
    """Q after the last day.

    Args:
        z: Shape (n, k), standardised returns.
        start: Shape (k, k), Q before the first.
        target: Shape (k, k), correlation that Q reverts to.
        a: Weight of news.
        b: Weight of yesterday.

    Returns:
        Shape (k, k).
    """
    days, symbols = z.shape
    q = start.copy()
    for t in range(days):
        for i in range(symbols):
            for j in range(symbols):
                q[i, j] = (1.0 - a - b) * target[i, j] + a * z[t, i] * z[t, j] + b * q[i, j]
    return q
