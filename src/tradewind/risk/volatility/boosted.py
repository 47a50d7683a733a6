"""Boosted trees on the features of all symbols at once; the gamma loss is QLIKE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError
from tradewind.risk.volatility.features import WARM_UP
from tradewind.risk.volatility.forecast import require_days
from tradewind.risk.volatility.history import History
from tradewind.risk.volatility.pooled import Pooled

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


class BoostedTrees(Pooled):
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
        super().__init__(horizon)
        self.rounds = rounds
        self.settings = SETTINGS | {"seed": seed} | (settings or {})
        self.model: Any = None

    def fit(self, panel: Sequence[History]) -> Self:
        """Boost on every row of every symbol."""
        require_days(panel, WARM_UP + 150, self.name)
        lightgbm = _lightgbm()
        self.remember(panel)
        X, y = (np.concatenate(parts) for parts in zip(*(self.rows(h)[:2] for h in panel), strict=True))
        self.model = lightgbm.train(self.settings, lightgbm.Dataset(X, y), num_boost_round=self.rounds)
        self.settle(panel)
        return self

    def ratio(self, X: Array) -> Array:
        """As :class:`Pooled`."""
        return np.asarray(self.model.predict(X))


def _lightgbm() -> Any:
    try:
        import lightgbm
    except ImportError:
        raise MissingExtraError("lightgbm", "risk", "boosted trees") from None
    return lightgbm
