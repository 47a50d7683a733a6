"""Forecasts that were made as they would have been: each model fitted again and again, only on days already over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.risk.volatility.features import relative
from tradewind.risk.volatility.forecast import VarianceForecast, VolatilityModel, ahead
from tradewind.risk.volatility.history import History

__all__ = ["OutOfSample", "add_combined", "walk_forward"]


class OutOfSample(msgspec.Struct, frozen=True, kw_only=True):
    """Forecasts of several models beside what came, rows of all symbols under each other.

    Attributes:
        symbol: Shape (n,): number of the symbol.
        symbols: Their names.
        day: Shape (n,): the day at whose close the forecast was made.
        realised: Shape (n,): mean realised variance of the days ahead.
        mean: Forecast of each model, shape (n,).
        log_sd: Spread of each model, shape (n,).
        horizon: Days ahead.
    """

    symbol: Array
    symbols: tuple[str, ...]
    day: Array
    realised: Array
    mean: dict[str, Array]
    log_sd: dict[str, Array]
    horizon: int

    def forecast(self, model: str, symbol: str) -> VarianceForecast:
        """Forecasts of one model for one symbol."""
        rows = self.symbol == self.symbols.index(symbol)
        return VarianceForecast(
            day=self.day[rows], mean=self.mean[model][rows], log_sd=self.log_sd[model][rows], horizon=self.horizon
        )


def walk_forward(
    panel: Sequence[History],
    models: Sequence[VolatilityModel],
    start: int,
    *,
    horizon: int = 1,
    end: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> OutOfSample:
    """Forecast from a day on; a model is fitted on days before and again every ``refit_days`` of them.

    Args:
        panel: Histories.
        models: Models of this horizon.
        start: First day on which a forecast is made [days since 1970-01-01].
        horizon: Days ahead.
        end: First day on which none is made; None for the last.
        progress: Told which model works.

    Raises:
        InvalidValueError: When nothing is left to forecast or too little to fit.
    """
    days = np.unique(np.concatenate([h.day for h in panel]))
    days = days[(days >= start) & (days < (end if end is not None else days[-1] + 1))]
    if not len(days):
        raise InvalidValueError("start", "before the last day", str(np.datetime64(start, "D")))
    rows = [np.flatnonzero(np.isin(h.day, days)) for h in panel]
    realised = [ahead(h, horizon) for h in panel]
    rows = [r[np.isfinite(x[r])] for r, x in zip(rows, realised, strict=True)]
    for history in panel:
        relative(history)  # made once; each fit takes the first rows
    found: dict[str, tuple[Array, Array]] = {}
    for model in models:
        progress(model.name)
        found[model.name] = _one(panel, model, days, rows)
    return OutOfSample(
        symbol=np.concatenate([np.full(len(r), k) for k, r in enumerate(rows)]),
        symbols=tuple(h.symbol for h in panel),
        day=np.concatenate([h.day[r] for h, r in zip(panel, rows, strict=True)]),
        realised=np.concatenate([x[r] for x, r in zip(realised, rows, strict=True)]),
        mean={name: mean for name, (mean, _) in found.items()},
        log_sd={name: spread for name, (_, spread) in found.items()},
        horizon=horizon,
    )


def add_combined(found: OutOfSample, parts: Sequence[str], name: str = "combined") -> OutOfSample:
    """With one more model: the mean in logs of some that are there, each fitted at its own pace.

    Args:
        found: Forecasts.
        parts: Models to combine.
        name: Of the new one.
    """
    mean = np.exp(np.mean([np.log(found.mean[part]) for part in parts], axis=0))
    spread = np.mean([found.log_sd[part] for part in parts], axis=0)
    return msgspec.structs.replace(found, mean=found.mean | {name: mean}, log_sd=found.log_sd | {name: spread})


def _one(panel: Sequence[History], model: VolatilityModel, days: Array, rows: Sequence[Array]) -> tuple[Array, Array]:
    means = [np.full(len(h), np.nan) for h in panel]
    spreads = [np.full(len(h), np.nan) for h in panel]
    for first in range(0, len(days), model.refit_days):
        block = days[first : first + model.refit_days]
        model.fit([h.until(int(block[0])) for h in panel])
        for k, history in enumerate(panel):
            known = history.until(int(block[-1]) + 1)
            made = model.forecast(known)
            new = known.day >= block[0]
            means[k][: len(known)][new], spreads[k][: len(known)][new] = made.mean[new], made.log_sd[new]
    return (
        np.concatenate([m[r] for m, r in zip(means, rows, strict=True)]),
        np.concatenate([s[r] for s, r in zip(spreads, rows, strict=True)]),
    )
