"""``tradewind risk forecast``: tomorrow's variance, from bars, beside the benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import typer
from rich.console import Console

from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.cli.risk_sources import (
    DataOption,
    HtmlOption,
    SeedOption,
    StartOption,
    SymbolOption,
    day_number,
    load_bars,
    write,
)

if TYPE_CHECKING:
    from tradewind.risk.volatility.cone import ConeRow
    from tradewind.risk.volatility.forecast import VolatilityModel
    from tradewind.risk.volatility.history import History
    from tradewind.risk.volatility.profile import IntradayProfile
    from tradewind.risk.volatility.realised import TickMeasures
    from tradewind.risk.volatility.score import ForecastTable

__all__ = ["Forecasts", "risk_forecast"]

HORIZONS = (1, 5, 10, 22, 66)


class Forecasts(msgspec.Struct, frozen=True, kw_only=True):
    """What the command found.

    Attributes:
        table: Scores out of sample.
        next: Forecast at the last day of each symbol: volatility a year, with the 5 and 95 % quantiles.
        cone: Cone of the first symbol.
        profile: Share of each hour in the day's variance, of the first symbol; None for daily bars.
        repairs: Bad prints cut, splits found and ranges widened to hold their own ends, by symbol.
        ticks: Realised measures of a file of ticks, where one was given.
    """

    table: ForecastTable
    next: dict[str, tuple[float, float, float]]
    cone: list[ConeRow]
    profile: IntradayProfile | None
    repairs: dict[str, int]
    ticks: TickMeasures | None


def risk_forecast(
    data: DataOption = None,
    symbol: SymbolOption = None,
    *,
    start: StartOption = None,
    horizon: Annotated[int, typer.Option(min=1, max=66, help="Days ahead.")] = 1,
    fast: Annotated[bool, typer.Option("--fast", help="Leave out GARCH models and boosted trees.")] = False,
    ticks: Annotated[
        Path | None, typer.Option(help="Parquet file of one session's trades or quotes: realised measures of it too.")
    ] = None,
    seed: SeedOption = 7,
    html: HtmlOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Forecast variance, score the forecasts by QLIKE out of sample, and say what comes next.

    Every model is fitted again and again, only on days already over; log-HAR and GARCH(1,1) are the benchmarks.
    """
    from tradewind.risk.volatility.history import daily_history, with_peers
    from tradewind.risk.volatility.score import score_forecasts
    from tradewind.risk.volatility.walk_forward import add_combined, walk_forward

    bars = load_bars(data, symbol, ("us_hourly", "sp500_daily", "us_daily"), seed=seed)
    panel = with_peers([daily_history(b) for b in bars.values()])
    first = day_number(start, np.unique(np.concatenate([h.day for h in panel])))
    models = _models(horizon, seed, fast=fast)
    with progress_bar() as bar:
        task = bar.add_task("forecasting", total=len(models) + 1)
        found = walk_forward(
            panel,
            models,
            first,
            horizon=horizon,
            progress=lambda name: bar.update(task, advance=1, description=f"forecasting: {name}"),
        )
        found = add_combined(found, [m.name for m in models[-(2 if fast else 3) :]])
        bar.update(task, description="forecasting: what comes next")
        following, cone = _following(panel, horizon, seed, fast=fast)
    one = next(iter(bars.values()))
    result = Forecasts(
        table=score_forecasts(found, seed=seed),
        next=following,
        cone=cone,
        profile=_profile(one),
        repairs={h.symbol: len(h.repairs) + bars[h.symbol].widened for h in panel},
        ticks=_ticks(ticks) if ticks else None,
    )
    if html is not None:
        from tradewind.cli.risk_forecast_page import forecast_page

        write(forecast_page(result, found), html)
    emit(_plain(result), as_json=as_json, show=lambda console: _show(console, result, html))


def _models(horizon: int, seed: int, *, fast: bool) -> list[VolatilityModel]:
    """Benchmarks first, the parts of the combination last."""
    from tradewind.risk.volatility.boosted import BoostedTrees
    from tradewind.risk.volatility.har import GammaHar, LogHar
    from tradewind.risk.volatility.recursions import Ewma, Garch

    found: list[VolatilityModel] = [Ewma(horizon=horizon)]
    if not fast:
        shapes = ((False, False), (False, True), (True, False), (True, True))
        found += [Garch(asymmetric=a, rescaled=r, horizon=horizon) for a, r in shapes]
    found += [LogHar(horizon=horizon), LogHar(leverage=True, horizon=horizon)]
    found += [LogHar(leverage=True, window=1000, horizon=horizon), GammaHar(horizon=horizon)]
    return found if fast else [*found, BoostedTrees(seed=seed, horizon=horizon)]


def _following(
    panel: list[History], horizon: int, seed: int, *, fast: bool
) -> tuple[dict[str, tuple[float, float, float]], list[ConeRow]]:
    from tradewind.risk.volatility.combined import default_model
    from tradewind.risk.volatility.cone import volatility_cone
    from tradewind.risk.volatility.har import GammaHar

    model: Any = GammaHar(horizon=horizon) if fast else default_model(seed, horizon)
    model.fit(panel)
    found = {}
    for history in panel:
        made = model.forecast(history)
        middle, low, high = (float(made.volatility(level)[-1]) for level in (None, 0.05, 0.95))
        found[history.symbol] = (middle, low, high)
    models = [(h, GammaHar(horizon=h).fit(panel)) for h in HORIZONS if len(panel[0]) > 200 + 2 * h]
    return found, volatility_cone(panel[0], models)


def _profile(bars: Any) -> IntradayProfile | None:
    from tradewind.risk.volatility.profile import intraday_profile

    return intraday_profile(bars) if len(np.unique(bars.day)) < len(bars) else None


def _ticks(path: Path) -> TickMeasures:
    from tradewind.risk.volatility.realised import measure_ticks
    from tradewind.risk.volatility.tick_files import read_ticks

    return measure_ticks(*read_ticks(path))


def _plain(result: Forecasts) -> Any:
    """Arrays as lists."""
    profile = result.profile
    shown = msgspec.to_builtins(msgspec.structs.replace(result, profile=None))
    if profile is not None:
        shown["profile"] = {
            "overnight": profile.overnight,
            "start_s": profile.start_s.tolist(),
            "share": profile.share.tolist(),
        }
    return shown


def _show(console: Console, result: Forecasts, html: Path | None) -> None:
    from tradewind.cli.risk_forecast_page import next_table, score_table, ticks_table
    from tradewind.report.console import rich_table

    table = result.table
    title = f"{', '.join(table.symbols)}: {table.observations:,} forecasts, {table.first} to {table.last}"
    console.print(rich_table(score_table(table), title))
    console.print(rich_table(next_table(result.next), "\nWhat comes next"))
    if result.ticks is not None:
        console.print(rich_table(ticks_table(result.ticks), "\nRealised measures of the ticks"))
    repairs = {name: count for name, count in result.repairs.items() if count}
    if repairs:
        told = ", ".join(f"{name} {count}" for name, count in repairs.items())
        console.print(f"bad prints cut and splits taken off: {told}", highlight=False)
    if html is not None:
        console.print(f"page with plots: {html}", highlight=False)
