"""Losses of forecasts of a variance."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["qlike"]


def qlike(realised: Array, forecast: Array) -> Array:
    r"""QLIKE of variance forecasts, 0 for a perfect one.

    .. math:: L(x, f) = \frac{x}{f} - \log\frac{x}{f} - 1

    Ranks forecasts as the true variance would, even if ``realised`` is only an unbiased proxy of it.

    Args:
        realised: Shape (n,), realised variances, above 0.
        forecast: Shape (n,), forecasts, above 0.

    Returns:
        Shape (n,).

    Raises:
        InvalidValueError: For a number that is not finite and above 0.

    References:
        Patton (2011), "Volatility forecast comparison using imperfect volatility proxies".

    Examples:
        >>> qlike(np.array([1.0, 2.0]), np.array([1.0, 1.0])).round(3)
        array([0.   , 0.307])
    """
    for name, values in (("realised", realised), ("forecast", forecast)):
        bad = ~(np.isfinite(values) & (np.asarray(values) > 0))
        if np.any(bad):
            row = int(np.argmax(bad))
            raise InvalidValueError(name, f"finite and above 0 (row {row})", np.ravel(values)[row])
    ratio = np.asarray(realised, np.float64) / np.asarray(forecast, np.float64)
    return np.asarray(ratio - np.log(ratio) - 1)
