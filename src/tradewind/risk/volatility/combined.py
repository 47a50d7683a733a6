"""Several models as one: the mean of their logarithms, clipped to what was ever seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.risk.volatility.boosted import BoostedTrees
from tradewind.risk.volatility.forecast import Fitted, VarianceForecast, VolatilityModel, bounds_of, clip
from tradewind.risk.volatility.har import GammaHar, LogHar
from tradewind.risk.volatility.history import History

__all__ = ["Combined", "default_model"]


class Combined(Fitted):
    """Mean in logs of other models' forecasts.

    Args:
        models: Two or more, of one horizon.
        name: In tables.
    """

    refit_days = 22

    def __init__(self, models: Sequence[VolatilityModel], name: str = "combined") -> None:
        super().__init__()
        if len(models) < 2:
            raise InvalidValueError("models", "two or more", len(models))
        self.models, self.name = tuple(models), name
        self.bounds: dict[str, tuple[float, float]] = {}

    def fit(self, panel: Sequence[History]) -> Self:
        """Fit each."""
        self.remember(panel)
        for model in self.models:
            model.fit(panel)
        self.bounds = {history.symbol: bounds_of(history.variance) for history in panel}
        return self

    def forecast(self, history: History) -> VarianceForecast:
        """One forecast at the close of each day; NaN in the longest warm-up."""
        if not self.bounds:
            raise NotFoundError("combined was not fitted: fit() before forecast()")
        return combine([m.forecast(history) for m in self.models], self.bounds.get(history.symbol, (0.0, np.inf)))


def combine(forecasts: Sequence[VarianceForecast], bounds: tuple[float, float]) -> VarianceForecast:
    """Mean in logs of forecasts of the same days.

    Args:
        forecasts: One or more.
        bounds: Smallest and largest variance allowed.
    """
    first = forecasts[0]
    mean = np.exp(np.mean([np.log(f.mean) for f in forecasts], axis=0))
    spread = np.mean([f.log_sd for f in forecasts], axis=0)
    return VarianceForecast(day=first.day, mean=clip(mean, bounds), log_sd=spread, horizon=first.horizon)


def default_model(seed: int = 7, horizon: int = 1) -> Combined:
    """The model that forecasts where none is named: rolling log-HAR, gamma-HAR and boosted trees.

    Args:
        seed: Of the trees.
        horizon: Days ahead.
    """
    parts: tuple[VolatilityModel, ...] = (
        LogHar(leverage=True, window=1000, horizon=horizon),
        GammaHar(horizon=horizon),
        BoostedTrees(seed=seed, horizon=horizon),
    )
    return Combined(parts)
