"""The volatility cone: what was usual over each horizon, and what is forecast from here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from tradewind.core.errors import InvalidValueError
from tradewind.risk.volatility.forecast import VolatilityModel, ahead
from tradewind.risk.volatility.history import History

__all__ = ["ConeRow", "volatility_cone"]

TRADING_DAYS = 252
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


class ConeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One horizon; volatilities a year [1].

    Attributes:
        horizon: Days ahead.
        past: Quantiles (5, 25, 50, 75, 95 %) of realised volatility over so many days.
        forecast: Volatility of the expected variance.
        low: 5 % quantile of the forecast.
        high: 95 % quantile of the forecast.
    """

    horizon: int
    past: tuple[float, ...]
    forecast: float
    low: float
    high: float


def volatility_cone(history: History, models: Sequence[tuple[int, VolatilityModel]]) -> list[ConeRow]:
    """Quantiles of the past and the forecast at the last day.

    Args:
        history: Days, already fitted by the models.
        models: Horizon and fitted model for it.
    """
    rows = []
    for horizon, model in models:
        realised = ahead(history, horizon)
        known = realised[np.isfinite(realised)]
        if not len(known):
            raise InvalidValueError("horizon", f"shorter than the {len(history)} days of {history.symbol}", horizon)
        made = model.forecast(history)
        low, middle, high = (float(made.volatility(level)[-1]) for level in (0.05, None, 0.95))
        past = tuple(float(v) for v in np.sqrt(TRADING_DAYS * np.quantile(known, LEVELS)))
        rows.append(ConeRow(horizon=horizon, past=past, forecast=middle, low=low, high=high))
    return rows
