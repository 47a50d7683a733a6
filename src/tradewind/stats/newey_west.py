r"""Means of numbers with memory: the long-run variance of Newey and West.

.. math:: \hat\Omega = \hat\gamma_0 + 2 \sum_{j=1}^{L} \left(1 - \frac{j}{L+1}\right) \hat\gamma_j

References:
    Newey and West (1987), "A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent
    covariance matrix"; the default number of lags is theirs of 1994, floor(4 (n / 100)^(2/9)).
"""

from __future__ import annotations

from statistics import NormalDist

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["LongRun", "long_run_variance", "newey_west"]


class LongRun(msgspec.Struct, frozen=True):
    """A mean, with a standard error that knows of memory.

    Attributes:
        mean: Mean.
        error: Standard error of the mean.
        t: Mean over its error; NaN where the error is 0.
        p: Two-sided, normal.
        lags: Lags of the kernel.
    """

    mean: float
    error: float
    t: float
    p: float
    lags: int


def long_run_variance(values: Array, lags: int | None = None) -> tuple[float, int]:
    """Variance of the sum of a series over its length, and the lags used.

    Args:
        values: Shape (n,), finite, in time order.
        lags: Lags of the Bartlett kernel; None for floor(4 (n / 100)^(2/9)).

    Raises:
        InvalidValueError: For fewer than 2 values, values that are not finite, or lags outside [0, n).
    """
    values = np.asarray(values, np.float64)
    n = len(values)
    if n < 2:
        raise InvalidValueError("values", "two or more", n)
    if not np.isfinite(values).all():
        raise InvalidValueError("values", "finite numbers", values[~np.isfinite(values)][0])
    used = min(int(4 * (n / 100) ** (2 / 9)), n - 1) if lags is None else lags
    if not 0 <= used < n:
        raise InvalidValueError("lags", f"between 0 and {n - 1}", used)
    centred = values - values.mean()
    total = float(centred @ centred) / n
    for lag in range(1, used + 1):
        total += 2 * (1 - lag / (used + 1)) * float(centred[lag:] @ centred[:-lag]) / n
    return total, used


def newey_west(values: Array, lags: int | None = None) -> LongRun:
    """Mean with its Newey–West error, e.g. of daily information coefficients.

    Args:
        values: Shape (n,), finite, in time order.
        lags: As in :func:`long_run_variance`; for overlapping horizons of h steps at least h - 1.

    Examples:
        >>> found = newey_west(np.array([1.0, 2.0, 1.5, 2.5, 1.0, 2.0]), lags=0)
        >>> round(found.mean, 3), round(found.t, 2)
        (1.667, 7.39)
    """
    variance, used = long_run_variance(values, lags)
    mean, error = float(np.mean(values)), float(np.sqrt(variance / len(values)))
    if error == 0:
        return LongRun(mean, 0.0, float("nan"), float("nan"), used)
    t = mean / error
    return LongRun(mean, error, t, 2 * (1 - NormalDist().cdf(abs(t))), used)
