r"""Covariances that move: exponentially weighted, and DCC with nonlinear shrinkage.

DCC takes each symbol's own volatility out (EWMA by default: quick, no optimiser), lets correlations revert to a target
shrunk by Ledoit and Wolf's formula, and finds its two weights by the likelihood of neighbouring pairs.

References:
    Engle (2002), "Dynamic conditional correlation"; Engle, Ledoit and Wolf (2019), "Large dynamic covariance matrices".
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError
from tradewind.risk.correlations.covariance import Covariance, Purpose, checked_returns
from tradewind.risk.correlations.dcc_kernel import last_state, pair_cost
from tradewind.risk.correlations.shrinkage import nonlinear_shrinkage

__all__ = ["Dcc", "EwmaCovariance"]

WARM_UP = 60


class EwmaCovariance:
    """Exponentially weighted covariance.

    Args:
        decay: Weight of yesterday's.
    """

    refit_days = 22

    def __init__(self, decay: float = 0.97) -> None:
        if not 0 < decay < 1:
            raise InvalidValueError("decay", "between 0 and 1", decay)
        self.name = f"EWMA {decay:g}"
        self.decay = decay

    def fit(self, returns: Array, names: tuple[str, ...]) -> Self:
        """Weigh all days."""
        returns = checked_returns(returns, names, max(30, len(names) + 1))
        self.names = names
        weight = self.decay ** np.arange(len(returns))[::-1]
        self.matrix = (returns * weight[:, None]).T @ returns / weight.sum()
        return self

    def update(self, returns: Array) -> Self:
        """Take in one more day."""
        self.matrix = self.decay * self.matrix + (1 - self.decay) * np.outer(returns, returns)
        return self

    def forecast(self, purpose: Purpose) -> Covariance:
        """Covariance of the next day; the same for both purposes."""
        return Covariance(names=self.names, matrix=self.matrix, purpose=purpose)


class Dcc:
    """DCC with a target of nonlinear shrinkage; the choice for densities.

    Args:
        decay: Weight of yesterday in each symbol's own variance.
        weights: The two weights (news, yesterday); None to find them.
    """

    name = "DCC-NL"
    refit_days = 66

    def __init__(self, decay: float = 0.94, weights: tuple[float, float] | None = None) -> None:
        if weights is not None and not (weights[0] >= 0 and weights[1] >= 0 and sum(weights) < 1):
            raise InvalidValueError("weights", "two numbers of 0 or more that sum to less than 1", weights)
        self.decay, self.weights = decay, weights

    def fit(self, returns: Array, names: tuple[str, ...]) -> Self:
        """Standardise, shrink, search the weights, run to the last day."""
        returns = checked_returns(returns, names, 2 * WARM_UP)
        self.names = names
        variance = returns[:WARM_UP].var(axis=0)
        z = np.empty_like(returns)
        for t, row in enumerate(returns):
            z[t] = row / np.sqrt(variance)
            variance = self.decay * variance + (1 - self.decay) * row**2
        z = np.ascontiguousarray(z[WARM_UP:])
        self.variance = variance
        # What is left of each symbol's scale is kept: EWMA of a fat-tailed return is a little too small on average.
        self.scale = z.std(axis=0)
        z /= self.scale
        self.target = _correlation(nonlinear_shrinkage(z))
        self.a, self.b = self.weights or _search(z, self.target)
        self.q = last_state(z, self.target, self.target, self.a, self.b)
        return self

    def update(self, returns: Array) -> Self:
        """Take in one more day."""
        z = np.asarray(returns, np.float64) / np.sqrt(self.variance) / self.scale
        self.variance = self.decay * self.variance + (1 - self.decay) * np.asarray(returns) ** 2
        self.q = last_state(z[None, :], self.q, self.target, self.a, self.b)
        return self

    def forecast(self, purpose: Purpose) -> Covariance:
        """Covariance of the next day; the same for both purposes."""
        deviation = np.sqrt(self.variance) * self.scale
        return Covariance(
            names=self.names, matrix=_correlation(self.q) * np.outer(deviation, deviation), purpose=purpose
        )


def _search(z: Array, target: Array) -> tuple[float, float]:
    """Weights with the best likelihood: news in (0, 0.2), persistence below 0.999."""
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise MissingExtraError("scipy", "risk", "the search for DCC's weights") from None

    def cost(x: Any) -> float:
        a, b = _weights(x)
        return float(pair_cost(z, target, a, b))

    found = minimize(cost, np.array([-2.5, 3.0]), method="Nelder-Mead", options={"maxiter": 80, "xatol": 0.02})
    return _weights(found.x)


def _weights(x: Any) -> tuple[float, float]:
    total = 0.999 / (1 + np.exp(-x[1]))
    a = min(0.2, total) / (1 + np.exp(-x[0]))
    return float(a), float(total - a)


def _correlation(matrix: Array) -> Array:
    scale = np.sqrt(np.diag(matrix))
    found = matrix / np.outer(scale, scale)
    return np.asarray((found + found.T) / 2, np.float64)
