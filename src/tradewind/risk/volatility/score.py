"""The table of volatility forecasts: QLIKE beside the benchmarks, by more than luck or not."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.risk.volatility.walk_forward import OutOfSample
from tradewind.stats import (
    DieboldMariano,
    Interval,
    diebold_mariano,
    mean_interval,
    model_confidence_set,
    qlike,
    ratio_interval,
)

__all__ = ["ForecastScore", "ForecastTable", "score_forecasts"]

HAR, GARCH = "log-HAR", "GARCH(1,1)"
MONTH_DAYS = 30


class ForecastScore(msgspec.Struct, frozen=True, kw_only=True):
    """One model, out of sample.

    Attributes:
        name: Of the model.
        qlike: Mean loss, with an interval over months.
        to_har: Its loss over that of log-HAR, with an interval; None without log-HAR.
        to_garch: Its loss over that of GARCH(1,1), with an interval; None without it.
        against_har: Diebold–Mariano against log-HAR, losses averaged by day; None for log-HAR itself.
        confidence_p: p-value in the model confidence set; above 0.1 it cannot be told from the best.
        bias: Mean of realised over forecast; 1 is right on average.
        coverage: Share of days inside the forecast's 90 % interval.
        by_symbol: Mean loss by symbol.
    """

    name: str
    qlike: Interval
    to_har: Interval | None
    to_garch: Interval | None
    against_har: DieboldMariano | None
    confidence_p: float
    bias: float
    coverage: float
    by_symbol: dict[str, float]


class ForecastTable(msgspec.Struct, frozen=True, kw_only=True):
    """All models, best first.

    Attributes:
        rows: Scores.
        symbols: Of the panel.
        first: First day scored.
        last: Last day scored.
        observations: Forecasts of each model.
        horizon: Days ahead.
    """

    rows: tuple[ForecastScore, ...]
    symbols: tuple[str, ...]
    first: str
    last: str
    observations: int
    horizon: int


def score_forecasts(found: OutOfSample, *, seed: int = 7, draws: int = 1000) -> ForecastTable:
    """Score every model on the same days.

    Args:
        found: Forecasts and what came.
        seed: Of the bootstraps.
        draws: Of each.

    Raises:
        InvalidValueError: For a forecast that is missing, naming model and day.
    """
    _complete(found)
    losses = {name: qlike(found.realised, mean) for name, mean in found.mean.items()}
    month = found.day // MONTH_DAYS
    p = dict.fromkeys(losses, 1.0)
    if len(losses) > 1:
        p = model_confidence_set(losses, seed, draws=draws, block=10, periods=found.day).p
    rows = []
    for name, loss in losses.items():
        har = ratio_interval(loss, losses[HAR], month, seed, draws=draws) if HAR in losses else None
        garch = ratio_interval(loss, losses[GARCH], month, seed, draws=draws) if GARCH in losses else None
        test = None
        if HAR in losses and name != HAR:
            test = diebold_mariano(loss, losses[HAR], horizon=found.horizon, periods=found.day)
        rows.append(
            ForecastScore(
                name=name,
                qlike=mean_interval(loss, month, seed, draws=draws),
                to_har=har,
                to_garch=garch,
                against_har=test,
                confidence_p=p[name],
                bias=float(np.mean(found.realised / found.mean[name])),
                coverage=_coverage(found, name),
                by_symbol={s: float(loss[found.symbol == k].mean()) for k, s in enumerate(found.symbols)},
            )
        )
    return ForecastTable(
        rows=tuple(sorted(rows, key=lambda row: row.qlike.mean)),
        symbols=found.symbols,
        first=str(np.datetime64(int(found.day.min()), "D")),
        last=str(np.datetime64(int(found.day.max()), "D")),
        observations=len(found.day),
        horizon=found.horizon,
    )


def _coverage(found: OutOfSample, name: str) -> float:
    far = np.abs(np.log(found.realised / found.mean[name]) + found.log_sd[name] ** 2 / 2) / found.log_sd[name]
    return float(np.mean(far <= 1.6449))


def _complete(found: OutOfSample) -> None:
    for name, mean in found.mean.items():
        missing: Array = ~np.isfinite(mean)
        if missing.any():
            day = np.datetime64(int(found.day[int(np.argmax(missing))]), "D")
            hint = f"forecasts from {name} on every day; begin later or give more days before"
            raise InvalidValueError("start", hint, str(day))
