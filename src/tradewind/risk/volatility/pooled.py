"""One fit for all symbols: variance relative to a symbol's month, so that symbols never seen are served too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import NotFoundError
from tradewind.risk.volatility.features import relative
from tradewind.risk.volatility.forecast import Fitted, VarianceForecast, ahead, bounds_of, clip, spread_of
from tradewind.risk.volatility.history import History

__all__ = ["Pooled"]


class Pooled(Fitted):
    """What models of all symbols share: complete rows to learn from, spreads and bounds by symbol, the forecast.

    A model fits, calls :meth:`settle`, and says :meth:`ratio`.

    Args:
        horizon: Days ahead.
    """

    name: str

    def __init__(self, horizon: int) -> None:
        super().__init__()
        self.horizon = horizon
        self.known: dict[str, tuple[float, tuple[float, float]]] = {}

    def ratio(self, X: Array) -> Array:
        """Shape (n,): expected variance over the month's mean, from complete rows of relative features."""
        raise NotImplementedError

    def rows(self, history: History) -> tuple[Array, Array, Array]:
        """Features and ratios of the days that are complete, and which days they are."""
        X, level = relative(history)
        y = ahead(history, self.horizon) / level
        days = np.isfinite(y) & np.isfinite(X).all(axis=1)
        return X[days], y[days], days

    def settle(self, panel: Sequence[History]) -> None:
        """After the fit: how far realised lies from forecast, and the bounds, of each symbol."""
        for history in panel:
            realised, mean = ahead(history, self.horizon), self._mean(history)
            self.known[history.symbol] = (spread_of(realised, mean), bounds_of(history.variance))

    def forecast(self, history: History) -> VarianceForecast:
        """One forecast at the close of each day; NaN in the warm-up."""
        if not self.known:
            raise NotFoundError(f"{self.name} was not fitted: fit() before forecast()")
        usual = float(np.mean([spread for spread, _ in self.known.values()]))
        spread, bounds = self.known.get(history.symbol, (usual, (0.0, float("inf"))))
        mean = clip(self._mean(history), bounds)
        return VarianceForecast(day=history.day, mean=mean, log_sd=np.full(len(history), spread), horizon=self.horizon)

    def _mean(self, history: History) -> Array:
        X, level = relative(history)
        complete = np.isfinite(X).all(axis=1)
        found = np.full(len(history), np.nan)
        if complete.any():
            found[complete] = self.ratio(X[complete]) * level[complete]
        return found
