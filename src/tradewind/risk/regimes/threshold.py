"""The plain rule that others must beat: moving volatility above a level is turbulent."""

from __future__ import annotations

from typing import Self

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.risk.regimes.filtered import FEWEST, FilteredRegimes, Seen, checked
from tradewind.risk.regimes.jump import moving

__all__ = ["VolatilityThreshold"]


class VolatilityThreshold(Seen):
    """Exponentially weighted volatility against the level that splits the fitted days best.

    Args:
        half_life: Of the moving volatility [days].
    """

    name = "volatility threshold"

    def __init__(self, half_life: float = 10.0) -> None:
        if not half_life > 0:
            raise InvalidValueError("half_life", "above 0", half_life)
        self.half_life = half_life
        self.level: float | None = None

    def fit(self, returns: Array) -> Self:
        """Two groups of log volatility with the least variance within them (Otsu 1979)."""
        self.seen = returns = checked(returns, FEWEST)
        values = np.sort(self._log_volatility(returns))
        n = len(values)
        total = np.cumsum(values)
        count = np.arange(1, n)
        left, right = total[:-1] / count, (total[-1] - total[:-1]) / (n - count)
        between = count * (n - count) * (left - right) ** 2
        self.level = float(values[int(np.argmax(between))])
        return self

    def filter(self, returns: Array) -> FilteredRegimes:
        """Above or below, by the days up to each."""
        if self.level is None:
            raise NotFoundError("the model was not fitted: fit() before filter()")
        state = (self._log_volatility(checked(returns)) > self.level).astype(np.int64)
        return FilteredRegimes(state=state, probability=np.eye(2)[state])

    def _log_volatility(self, returns: Array) -> Array:
        usual = float(np.mean(returns[:FEWEST] ** 2)) + 1e-18
        return np.asarray(np.log(moving(returns**2, self.half_life, usual) + 1e-18) / 2, np.float64)
