"""One forecaster, two answers: shrinkage for weights, DCC for densities, because each is poor at the other's work."""

from __future__ import annotations

from typing import Self

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.risk.correlations.covariance import Covariance, CovarianceModel, Purpose
from tradewind.risk.correlations.dynamic import Dcc
from tradewind.risk.correlations.shrinkage import Shrunk

__all__ = ["Covariances"]


class Covariances:
    """Chooses the model by what the forecast is for.

    Args:
        weights: Model for portfolio weights; Ledoit and Wolf's linear shrinkage of a year.
        density: Model for densities and value at risk; DCC with nonlinear shrinkage.
    """

    name = "by purpose"
    refit_days = 22

    def __init__(self, weights: CovarianceModel | None = None, density: CovarianceModel | None = None) -> None:
        self.models: dict[Purpose, CovarianceModel] = {"weights": weights or Shrunk(), "density": density or Dcc()}

    def fit(self, returns: Array, names: tuple[str, ...]) -> Self:
        """Fit both."""
        for model in self.models.values():
            model.fit(returns, names)
        return self

    def update(self, returns: Array) -> Self:
        """Take in one more day, in both."""
        for model in self.models.values():
            model.update(returns)
        return self

    def forecast(self, purpose: Purpose) -> Covariance:
        """Covariance of the next day, for weights or for a density."""
        if purpose not in self.models:
            raise InvalidValueError("purpose", "weights or density", purpose)
        return self.models[purpose].forecast(purpose)
