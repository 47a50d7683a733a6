r"""What a volatility model answers, and what it must offer.

A forecast is a distribution of the mean daily variance over the next ``horizon`` days: log-normal, given by its mean
(what QLIKE scores) and the standard deviation of its logarithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Protocol, Self

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.risk.volatility.history import History

__all__ = ["Fitted", "VarianceForecast", "VolatilityModel", "ahead", "bounds_of", "clip", "require_days"]

TRADING_DAYS = 252
RECENT = 1000


class VarianceForecast(msgspec.Struct, frozen=True, kw_only=True):
    """Forecasts made at the close of n days, each of the mean daily variance over the days that follow.

    Attributes:
        day: Shape (n,), int64: the day at whose close it was made [days since 1970-01-01].
        mean: Shape (n,): expected variance.
        log_sd: Shape (n,): standard deviation of the logarithm.
        horizon: Days ahead.
    """

    day: Array
    mean: Array
    log_sd: Array
    horizon: int = 1

    def __len__(self) -> int:
        return len(self.day)

    def quantile(self, level: float) -> Array:
        """Shape (n,): a quantile of the variance.

        Args:
            level: Between 0 and 1.
        """
        if not 0 < level < 1:
            raise InvalidValueError("level", "between 0 and 1", level)
        z = NormalDist().inv_cdf(level)
        return np.asarray(self.mean * np.exp(z * self.log_sd - self.log_sd**2 / 2), np.float64)

    def volatility(self, level: float | None = None) -> Array:
        """Shape (n,): volatility a year [1]; of the mean, or at a quantile of the variance."""
        variance = self.mean if level is None else self.quantile(level)
        return np.asarray(np.sqrt(TRADING_DAYS * variance), np.float64)


class VolatilityModel(Protocol):
    """What every model offers; ``forecast`` at a day never looks past that day.

    Attributes:
        name: In tables.
        refit_days: How often a walk-forward fits it anew.
    """

    name: str
    refit_days: int

    def fit(self, panel: Sequence[History]) -> Self:
        """Learn from whole histories."""
        ...

    def forecast(self, history: History) -> VarianceForecast:
        """One forecast at the close of each day of a history of a symbol that was fitted (or any, where pooled)."""
        ...

    def update(self, more: History) -> VarianceForecast:
        """Take in days after those seen, without fitting; the forecast at the last of them."""
        ...


class Fitted:
    """Keeps what a model has seen, so that days can be added one by one."""

    def __init__(self) -> None:
        self.seen: dict[str, History] = {}

    def remember(self, panel: Sequence[History]) -> None:
        """Keep the histories that were fitted."""
        self.seen = {history.symbol: history for history in panel}

    def forecast(self, history: History) -> VarianceForecast:
        """Said by the model."""
        raise NotImplementedError

    def update(self, more: History) -> VarianceForecast:
        """Take in days after those seen; the forecast at the last of them."""
        before = self.seen.get(more.symbol)
        if before is None:
            raise NotFoundError(f"{more.symbol} was not fitted: fit() before update()")
        self.seen[more.symbol] = before.followed_by(more)
        whole = self.forecast(self.seen[more.symbol])
        return VarianceForecast(
            day=whole.day[-1:], mean=whole.mean[-1:], log_sd=whole.log_sd[-1:], horizon=whole.horizon
        )


def ahead(history: History, horizon: int) -> Array:
    """Mean realised variance of the ``horizon`` days after each day; NaN where they are not all there.

    Args:
        history: Days.
        horizon: Days ahead.

    Returns:
        Shape (n,).
    """
    total = np.append(0.0, np.cumsum(history.variance))
    found = np.full(len(history), np.nan)
    if len(history) > horizon:
        found[:-horizon] = (total[horizon + 1 :] - total[1:-horizon]) / horizon
    return found


def bounds_of(realised: Array) -> tuple[float, float]:
    """Smallest and largest realised variance known: forecasts are clipped to them.

    References:
        Swanson and White (1995) call it the insanity filter.
    """
    known = realised[np.isfinite(realised)]
    return float(known.min()), float(known.max())


def clip(mean: Array, bounds: tuple[float, float]) -> Array:
    """Forecasts within bounds."""
    return np.clip(mean, *bounds)


def spread_of(realised: Array, mean: Array) -> float:
    """Standard deviation of the log of realised over forecast in the last thousand days."""
    known = np.isfinite(realised) & np.isfinite(mean)
    return float(np.std(np.log(realised[known] / mean[known])[-RECENT:]))


def require_days(panel: Sequence[History], days: int, name: str) -> None:
    """Refuse too short a history.

    Raises:
        InvalidValueError: Naming the symbol.
    """
    for history in panel:
        if len(history) < days:
            raise InvalidValueError("history", f"{days} days or more for {name} ({history.symbol})", len(history))
