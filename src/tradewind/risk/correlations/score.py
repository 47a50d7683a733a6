"""How good covariances are at what they are for: the variance of a minimum-variance portfolio, and a density."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.risk.correlations.covariance import CovarianceModel
from tradewind.stats import Interval, stationary_interval

__all__ = ["CovarianceScore", "score_covariances"]

TRADING_DAYS = 252


class CovarianceScore(msgspec.Struct, frozen=True, kw_only=True):
    """One model.

    Attributes:
        name: Of the model.
        volatility: Of the minimum-variance portfolio [% a year], with its interval.
        against_first: Its volatility over that of the first model, with the interval of the ratio.
        log_density: Mean log density of a day's returns in percent, over the number of symbols (normal).
        density_gain: Log density less the first model's, with its interval.
        turnover: Mean change of weights at a rebalancing, one way.
    """

    name: str
    volatility: Interval
    against_first: Interval
    log_density: float
    density_gain: Interval
    turnover: float


def score_covariances(
    returns: Array,
    names: tuple[str, ...],
    models: Sequence[CovarianceModel],
    *,
    first: int = 504,
    hold: int = 5,
    seed: int = 7,
    progress: Callable[[str], None] = lambda _: None,
) -> list[CovarianceScore]:
    """Walk forward: weights are set every ``hold`` days, densities are scored every day.

    Args:
        returns: Shape (n, k), daily returns.
        names: The k symbols.
        models: Models; others are compared with the first.
        first: Days before the first forecast.
        hold: Days between rebalancings.
        seed: Of the bootstrap.
        progress: Told which model works.

    Raises:
        InvalidValueError: When fewer than 50 days are left to score.
    """
    if len(returns) - first < 50:
        raise InvalidValueError("returns", f"{first + 50} or more days", len(returns))
    found = []
    for model in models:
        progress(model.name)
        found.append(_walk(returns, names, model, first, hold))
    base_return, base_density, _ = found[0]
    scores = []
    for model, (made, density, turnover) in zip(models, found, strict=True):
        both = np.column_stack([made, base_return])
        block = 10.0
        scores.append(
            CovarianceScore(
                name=model.name,
                volatility=stationary_interval(made, _volatility, seed, block=block),
                against_first=stationary_interval(both, _ratio, seed, block=block),
                log_density=float(density.mean() / len(names)),
                density_gain=stationary_interval((density - base_density) / len(names), np.mean, seed, block=block),
                turnover=turnover,
            )
        )
    return scores


def _walk(
    returns: Array, names: tuple[str, ...], model: CovarianceModel, first: int, hold: int
) -> tuple[Array, Array, float]:
    made, density, turns = [], [], []
    weights: Array = np.zeros(len(names))
    model.fit(returns[:first], names)
    for k, t in enumerate(range(first, len(returns))):
        if k and k % model.refit_days == 0 and model.refit_days > 1:
            model.fit(returns[:t], names)
        covariance = model.forecast("density")
        density.append(covariance.log_density(returns[t]) - len(names) * np.log(100.0))
        if k % hold == 0:
            new = model.forecast("weights").minimum_variance()
            turns.append(float(np.abs(new - weights).sum() / 2)) if k else None
            weights = new
        made.append(float(np.expm1(returns[t]) @ weights))
        model.update(returns[t])
    return np.array(made), np.array(density), float(np.mean(turns)) if turns else 0.0


def _volatility(made: Array) -> float:
    return float(100 * np.sqrt(TRADING_DAYS) * np.std(made))


def _ratio(both: Array) -> float:
    return float(np.std(both[:, 0]) / np.std(both[:, 1]))
