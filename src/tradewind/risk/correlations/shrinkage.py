r"""Shrunk covariances: linear, and nonlinear by a formula.

Nonlinear shrinkage keeps the sample's eigenvectors and replaces an eigenvalue :math:`\lambda_i` by

.. math:: \frac{\lambda_i}{[\pi c \lambda_i \tilde f_i]^2 + [1 - c - \pi c \lambda_i H_{\tilde f, i}]^2}

with :math:`c = k / n`, a kernel estimate of the eigenvalues' density and its Hilbert transform.

References:
    Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices"; Ledoit and Wolf
    (2020), "Analytical nonlinear shrinkage of large-dimensional covariance matrices".
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError
from tradewind.risk.correlations.covariance import Covariance, Purpose, checked_returns

__all__ = ["Shrunk", "linear_shrinkage", "nonlinear_shrinkage"]


def linear_shrinkage(returns: Array) -> Array:
    """Ledoit and Wolf's linear shrinkage to a multiple of the identity.

    Args:
        returns: Shape (n, k).

    Returns:
        Shape (k, k).
    """
    try:
        from sklearn.covariance import ledoit_wolf
    except ImportError:
        raise MissingExtraError("scikit-learn", "risk", "linear shrinkage") from None
    return np.asarray(ledoit_wolf(returns)[0], np.float64)


def nonlinear_shrinkage(returns: Array) -> Array:
    """Ledoit and Wolf's analytical nonlinear shrinkage; positive definite also with fewer days than symbols.

    Args:
        returns: Shape (n, k), n of 12 or more.

    Returns:
        Shape (k, k).
    """
    n, k = returns.shape
    if n < 12:
        raise InvalidValueError("returns", "12 or more days", n)
    centred = returns - returns.mean(axis=0)
    n -= 1
    values, vectors = np.linalg.eigh(centred.T @ centred / n)
    used = values[max(0, k - n) :]
    if used[0] <= 0:
        raise InvalidValueError("returns", "symbols that are not copies of each other", f"an eigenvalue of {used[0]}")
    width = n ** (-1 / 3) * used  # bandwidth of each kernel
    x = (used[:, None] - used[None, :]) / width[None, :]
    inside = np.maximum(1 - x**2 / 5, 0)
    density = (3 / (4 * np.sqrt(5)) * inside / width[None, :]).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(np.abs((np.sqrt(5) - x) / (np.sqrt(5) + x)))
        hilbert = -3 / (10 * np.pi) * x + 3 / (4 * np.sqrt(5) * np.pi) * (1 - x**2 / 5) * log
    edge = np.isclose(np.abs(x), np.sqrt(5), rtol=0, atol=1e-12)
    hilbert[edge] = -3 / (10 * np.pi) * x[edge]
    transform = (hilbert / width[None, :]).mean(axis=1)
    c = k / n
    if k <= n:
        shrunk = used / ((np.pi * c * used * density) ** 2 + (1 - c - np.pi * c * used * transform) ** 2)
    else:
        shrunk = _singular(used, density, transform, (n, k))
    return np.asarray((vectors * shrunk) @ vectors.T, np.float64)


def _singular(used: Array, density: Array, transform: Array, shape: tuple[int, int]) -> Array:
    """More symbols than days: the null eigenvalues get one value of their own (section 4.2 of the paper)."""
    n, k = shape
    h = n ** (-1 / 3)
    root = np.sqrt(5) * h
    zero = 3 / (10 * h**2) + 3 / (4 * np.sqrt(5) * h) * (1 - 1 / (5 * h**2)) * np.log((1 + root) / (1 - root))
    zero *= np.mean(1 / used) / np.pi
    null = 1 / (np.pi * (k - n) / n * zero)
    rest = used / (np.pi**2 * used**2 * (density**2 + transform**2))
    return np.append(np.full(k - n, null), rest)


class Shrunk:
    """Shrinkage of the last ``window`` days; the choice for weights.

    Args:
        kind: ``linear``, ``nonlinear``, or ``none`` for the sample itself.
        window: Days.
    """

    refit_days = 1

    def __init__(self, kind: Literal["linear", "nonlinear", "none"] = "linear", window: int = 252) -> None:
        if window < 12:
            raise InvalidValueError("window", "12 or more days", window)
        words = {"linear": "Ledoit–Wolf linear", "nonlinear": "Ledoit–Wolf nonlinear", "none": "sample"}
        if kind not in words:
            raise InvalidValueError("kind", ", ".join(words), kind)
        self.name = words[kind]
        self.kind, self.window = kind, window

    def fit(self, returns: Array, names: tuple[str, ...]) -> Self:
        """Keep the last days."""
        self.names = names
        self.returns = checked_returns(returns, names, 12)[-self.window :]
        return self

    def update(self, returns: Array) -> Self:
        """Take in one more day."""
        self.returns = np.vstack([self.returns, returns])[-self.window :]
        return self

    def forecast(self, purpose: Purpose) -> Covariance:
        """Covariance of the next day; the same for both purposes."""
        if self.kind == "none":
            matrix = np.atleast_2d(np.cov(self.returns, rowvar=False))
        else:
            matrix = linear_shrinkage(self.returns) if self.kind == "linear" else nonlinear_shrinkage(self.returns)
        return Covariance(names=self.names, matrix=matrix, purpose=purpose)
