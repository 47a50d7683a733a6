"""A covariance that is one, and what a model of covariances must offer."""

from __future__ import annotations

from typing import Literal, Protocol, Self, TypeAlias

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["Covariance", "CovarianceModel", "Purpose", "checked_returns"]

Purpose: TypeAlias = Literal["weights", "density"]
"""What a forecast is for: portfolio ``weights`` want the long run, shrunk; a ``density`` (VaR) wants today's."""
ROUNDING = 1e-12


class Covariance(msgspec.Struct, frozen=True, kw_only=True):
    """Covariance of the next day's returns.

    Attributes:
        names: Symbols.
        matrix: Shape (k, k): symmetric and positive definite.
        purpose: What it was made for.
    """

    names: tuple[str, ...]
    matrix: Array
    purpose: Purpose

    def __post_init__(self) -> None:
        k = len(self.names)
        if self.matrix.shape != (k, k):
            raise InvalidValueError("covariance", f"shape ({k}, {k}) for {k} names", self.matrix.shape)
        if not np.isfinite(self.matrix).all():
            raise InvalidValueError("covariance", "finite", "NaN or infinite entries")
        if not np.allclose(self.matrix, self.matrix.T, rtol=1e-8, atol=0):
            raise InvalidValueError(
                "covariance", "symmetric", f"off by {np.abs(self.matrix - self.matrix.T).max():.3g}"
            )
        values = np.linalg.eigvalsh(self.matrix)
        if values[0] <= ROUNDING * values[-1]:
            raise InvalidValueError(
                "covariance",
                "positive definite (more days than symbols, or shrinkage)",
                f"a smallest eigenvalue of {values[0]:.3g} beside a largest of {values[-1]:.3g}",
            )

    @property
    def volatilities(self) -> Array:
        """Shape (k,): daily volatility of each symbol."""
        return np.asarray(np.sqrt(np.diag(self.matrix)), np.float64)

    @property
    def correlation(self) -> Array:
        """Shape (k, k)."""
        scale = self.volatilities
        return np.asarray(self.matrix / np.outer(scale, scale), np.float64)

    def minimum_variance(self) -> Array:
        """Shape (k,): weights that sum to 1 with the least variance, short sales allowed.

        Examples:
            >>> Covariance(names=("a", "b"), matrix=np.diag([1.0, 3.0]), purpose="weights").minimum_variance()
            array([0.75, 0.25])
        """
        raw = np.linalg.solve(self.matrix, np.ones(len(self.names)))
        return np.asarray(raw / raw.sum(), np.float64)

    def log_density(self, returns: Array) -> float:
        """Log density of a day's returns, normal with mean 0.

        Args:
            returns: Shape (k,).
        """
        _, logdet = np.linalg.slogdet(self.matrix)
        far = float(returns @ np.linalg.solve(self.matrix, returns))
        return -0.5 * (len(returns) * float(np.log(2 * np.pi)) + float(logdet) + far)


class CovarianceModel(Protocol):
    """What every model offers; a forecast knows the days fitted and those taken in since, and no others.

    Attributes:
        name: In tables.
        refit_days: How often a walk-forward fits it anew; between, it is updated.
    """

    name: str
    refit_days: int

    def fit(self, returns: Array, names: tuple[str, ...]) -> Self:
        """Learn from returns of past days, shape (n, k)."""
        ...

    def update(self, returns: Array) -> Self:
        """Take in one more day, shape (k,), without fitting."""
        ...

    def forecast(self, purpose: Purpose) -> Covariance:
        """Covariance of the next day."""
        ...


def checked_returns(returns: Array, names: tuple[str, ...], fewest: int) -> Array:
    """Returns that a covariance can be estimated from.

    Args:
        returns: Shape (n, k).
        names: The k symbols.
        fewest: Fewest days.

    Raises:
        InvalidValueError: For a wrong shape, too few days, a number that is not finite, or a symbol that never moves.
    """
    returns = np.asarray(returns, np.float64)
    if returns.ndim != 2 or returns.shape[1] != len(names):
        raise InvalidValueError("returns", f"shape (days, {len(names)})", returns.shape)
    if len(returns) < fewest:
        raise InvalidValueError("returns", f"{fewest} or more days", len(returns))
    bad = ~np.isfinite(returns)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise InvalidValueError("returns", f"finite numbers (row {row}, {names[column]})", returns[row, column])
    still = returns.std(axis=0) == 0
    if still.any():
        raise InvalidValueError("returns", "symbols that move", names[int(np.argmax(still))])
    return returns
