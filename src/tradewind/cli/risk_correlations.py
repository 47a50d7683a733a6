"""``tradewind risk correlations``: covariances for weights and for densities, and an alarm when they break."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np
import typer
from rich.console import Console

from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.cli.risk_sources import DataOption, HtmlOption, SeedOption, SymbolOption, load_bars, write
from tradewind.core.errors import InvalidValueError

if TYPE_CHECKING:
    from tradewind.core.dtypes import Array
    from tradewind.risk.correlations.covariance import CovarianceModel
    from tradewind.risk.correlations.score import CovarianceScore

__all__ = ["Correlations", "risk_correlations"]

WARM_UP = 504


class Correlations(msgspec.Struct, frozen=True, kw_only=True):
    """What the command found.

    Attributes:
        names: Symbols.
        first: First day scored.
        last: Last day.
        scores: By model.
        average: Average correlation of the last month.
        usual: Of the last year.
        alarm: Whether the break alarm is on at the last day.
        alarms: Days in alarm.
        days: Days judged.
        correlation: Forecast correlation of the next day, for a density.
        weights: Minimum-variance weights.
    """

    names: tuple[str, ...]
    first: str
    last: str
    scores: list[CovarianceScore]
    average: float
    usual: float
    alarm: bool
    alarms: int
    days: int
    correlation: list[list[float]]
    weights: list[float]


def risk_correlations(
    data: DataOption = None,
    symbol: SymbolOption = None,
    *,
    symbols: Annotated[
        int,
        typer.Option(
            min=2,
            help="How many symbols where none are named: the first by name that have all days and no missing price.",
        ),
    ] = 20,
    warm_up: Annotated[int, typer.Option(min=150, help="Days before the first forecast.")] = WARM_UP,
    seed: SeedOption = 7,
    html: HtmlOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Forecast covariances, score them by minimum-variance volatility and by density, and watch for breaks.

    Weights are set weekly, densities are scored daily; every model knows only days already over.
    """
    from tradewind.risk.correlations.alarm import CorrelationAlarm
    from tradewind.risk.correlations.by_purpose import Covariances
    from tradewind.risk.correlations.score import score_covariances

    day, returns, names = _returns(data, symbol, symbols, seed)
    if len(day) < warm_up + 50:
        raise InvalidValueError("--warm-up", f"at most {len(day) - 50} of the {len(day)} days", warm_up)
    models = _models()
    with progress_bar() as bar:
        task = bar.add_task("covariances", total=len(models))
        scores = score_covariances(
            returns,
            names,
            models,
            first=warm_up,
            seed=seed,
            progress=lambda name: bar.update(task, advance=1, description=f"covariances: {name}"),
        )
    breaks = CorrelationAlarm().score(returns, names)
    final = Covariances().fit(returns, names)
    result = Correlations(
        names=names,
        first=str(np.datetime64(int(day[warm_up]), "D")),
        last=str(np.datetime64(int(day[-1]), "D")),
        scores=scores,
        average=float(breaks.average[-1]),
        usual=float(breaks.usual[-1]),
        alarm=bool(breaks.alarm[-1]),
        alarms=int(breaks.alarm.sum()),
        days=int(np.isfinite(breaks.score).sum()),
        correlation=final.forecast("density").correlation.tolist(),
        weights=final.forecast("weights").minimum_variance().tolist(),
    )
    if html is not None:
        from tradewind.cli.risk_correlations_page import correlations_page

        write(correlations_page(result, day, returns, breaks), html)
    emit(result, as_json=as_json, show=lambda console: _show(console, result, html))


def _returns(data: str | None, symbol: list[str] | None, count: int, seed: int) -> tuple[Array, Array, tuple[str, ...]]:
    """Daily returns without bad prints and splits, of symbols that traded every day."""
    from tradewind.risk.prices import returns_table
    from tradewind.risk.volatility.cleaning import clean_bars

    bars = load_bars(data, symbol, ("sp500_daily", "us_hourly", "us_daily"), seed=seed, most=count)
    adjusted = {}
    for name, one in bars.items():
        found = clean_bars(one)
        factor = np.exp(-np.cumsum(found.split))
        scaled = {key: getattr(found.bars, key) * factor for key in ("open", "high", "low", "close")}
        adjusted[name] = msgspec.structs.replace(found.bars, **scaled)
    day, returns, names = returns_table(adjusted, complete=0.98)
    if len(names) < 2:
        raise InvalidValueError("--symbol", "two or more symbols with the same days", len(names))
    return day, returns, names


def _models() -> list[CovarianceModel]:
    from tradewind.risk.correlations.by_purpose import Covariances
    from tradewind.risk.correlations.dynamic import Dcc, EwmaCovariance
    from tradewind.risk.correlations.shrinkage import Shrunk

    shrunk = [Shrunk("none"), Shrunk("linear"), Shrunk("nonlinear")]
    return [*shrunk, EwmaCovariance(0.94), EwmaCovariance(0.97), Dcc(), Covariances()]


def _show(console: Console, result: Correlations, html: Path | None) -> None:
    from tradewind.cli.risk_correlations_page import covariance_table
    from tradewind.report.console import rich_table

    title = f"{len(result.names)} symbols, {result.first} to {result.last}"
    console.print(rich_table(covariance_table(result), title))
    state = "[bold red]break[/]" if result.alarm else "no break"
    console.print(
        f"average correlation {result.average:.2f} (month), {result.usual:.2f} (year): {state}; "
        f"in alarm on {result.alarms} of {result.days} days"
    )
    if html is not None:
        console.print(f"page with plots: {html}", highlight=False)
