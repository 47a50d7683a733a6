"""Boosted trees on the features of all symbols at once; the gamma loss is QLIKE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError, NotFoundError
from tradewind.risk.volatility.features import WARM_UP, relative
from tradewind.risk.volatility.forecast import Fitted, VarianceForecast, ahead, bounds_of, clip, require_days, spread_of
from tradewind.risk.volatility.history import History

__all__ = ["BoostedTrees"]

SETTINGS: dict[str, Any] = {
    "objective": "gamma",
    "learning_rate": 0.015,
    "num_leaves": 12,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


class BoostedTrees(Fitted):
    """LightGBM with the gamma loss, pooled: it learns realised variance over the symbol's month.

    Args:
        rounds: Trees.
        seed: Of the draws of rows and columns.
        horizon: Days ahead.
        settings: LightGBM's, over the defaults.
    """

    refit_days = 66
    name = "boosted trees"

    def __init__(
        self, *, rounds: int = 200, seed: int = 7, horizon: int = 1, settings: dict[str, Any] | None = None
    ) -> None:
        super().__init__()
        self.rounds, self.horizon = rounds, horizon
        self.settings = SETTINGS | {"seed": seed} | (settings or {})
        self.model: Any = None
        self.known: dict[str, tuple[float, tuple[float, float]]] = {}

    def fit(self, panel: Sequence[History]) -> Self:
        """Boost on every row of every symbol."""
        require_days(panel, WARM_UP + 150, self.name)
        lightgbm = _lightgbm()
        self.remember(panel)
        parts = []
        for history in panel:
            X, level = relative(history)
            y = ahead(history, self.horizon) / level
            rows = np.isfinite(y) & np.isfinite(X).all(axis=1)
            parts.append((X[rows], y[rows]))
        X, y = (np.concatenate(part) for part in zip(*parts, strict=True))
        self.model = lightgbm.train(self.settings, lightgbm.Dataset(X, y), num_boost_round=self.rounds)
        for history in panel:
            realised, mean = ahead(history, self.horizon), self._mean(history)
            self.known[history.symbol] = (spread_of(realised, mean), bounds_of(history.variance))
        return self

    def forecast(self, history: History) -> VarianceForecast:
        """One forecast at the close of each day; NaN in the warm-up."""
        if self.model is None:
            raise NotFoundError("boosted trees were not fitted: fit() before forecast()")
        usual = float(np.mean([spread for spread, _ in self.known.values()]))
        spread, bounds = self.known.get(history.symbol, (usual, (0.0, float("inf"))))
        mean = clip(self._mean(history), bounds)
        return VarianceForecast(day=history.day, mean=mean, log_sd=np.full(len(history), spread), horizon=self.horizon)

    def _mean(self, history: History) -> Array:
        X, level = relative(history)
        complete = np.isfinite(X).all(axis=1)
        found = np.full(len(history), np.nan)
        if complete.any():
            found[complete] = self.model.predict(X[complete]) * level[complete]
        return found


def _lightgbm() -> Any:
    try:
        import lightgbm
    except ImportError:
        raise MissingExtraError("lightgbm", "risk", "boosted trees") from None
    return lightgbm
