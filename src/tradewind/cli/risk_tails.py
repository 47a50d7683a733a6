"""``tradewind risk tails``: value at risk and expected shortfall, and every test they must pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from tradewind.core.errors import InvalidValueError

if TYPE_CHECKING:
    from tradewind.core.dtypes import Array
    from tradewind.risk.tails.forecast import TailForecast, TailReport
    from tradewind.risk.volatility.forecast import VolatilityModel
    from tradewind.risk.volatility.history import History

__all__ = ["ACCEPTED", "Tails", "risk_tails"]

ACCEPTED = "log-HAR with leverage, filtered history"
"""The default tail: what is used unless another is asked for."""
PAIRS = (
    ("EWMA", "normal"),
    ("GJR-t", "normal"),
    ("log-HAR with leverage", "normal"),
    ("GJR-t", "student"),
    ("log-HAR with leverage", "student"),
    ("log-HAR with leverage", "extreme"),
    ("GJR-t", "filtered"),
    ("log-HAR with leverage", "filtered"),
)
FIT_DAYS, SHAPE_DAYS, FEWEST_SHAPE = 300, 2000, 500


class Tails(msgspec.Struct, frozen=True, kw_only=True):
    """What the command found.

    Attributes:
        level: Of the value at risk.
        first: First day tested.
        last: Last day tested.
        reports: Tests by symbol and tail.
        next: Value at risk and expected shortfall of the next day by symbol [% of the position], of the default tail.
    """

    level: float
    first: str
    last: str
    reports: dict[str, list[TailReport]]
    next: dict[str, tuple[float, float]]


def risk_tails(
    data: DataOption = None,
    symbol: SymbolOption = None,
    *,
    start: StartOption = None,
    level: Annotated[float, typer.Option(help="Level of the value at risk, 0.9 to 0.995.")] = 0.99,
    seed: SeedOption = 7,
    html: HtmlOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Forecast the tail of each day, and test it: Kupiec, Christoffersen, Acerbi and Szekely, FZ0, Basel.

    Filtered historical simulation over log-HAR is the default tail; normal, Student t, extreme value and other
    variances stand beside it.
    """
    from tradewind.risk.tails.forecast import judge_tail
    from tradewind.risk.volatility.history import daily_history

    if not 0.9 <= level <= 0.995:
        raise InvalidValueError("--level", "between 0.9 and 0.995", level)
    bars = load_bars(data, symbol, ("us_hourly", "sp500_daily", "us_daily"), seed=seed)
    if len(bars) > 30:
        raise InvalidValueError("--symbol", f"given, up to thirty of the {len(bars)} symbols", "none")
    reports: dict[str, list[TailReport]] = {}
    tails: dict[str, list[TailForecast]] = {}
    following: dict[str, tuple[float, float]] = {}
    with progress_bar() as bar:
        for name in bar.track(bars, description="tails"):
            history = daily_history(bars[name])
            tails[name], following[name] = _forecast(
                history, day_number(start, history.day, FIT_DAYS + FEWEST_SHAPE), 1 - level, seed
            )
            reports[name] = [judge_tail(tail) for tail in tails[name]]
    one = next(iter(tails.values()))[0]
    first, last = (str(np.datetime64(int(one.day[k]), "D")) for k in (0, -1))
    result = Tails(level=level, first=first, last=last, reports=reports, next=following)
    if html is not None:
        from tradewind.cli.risk_tails_page import tails_page

        write(tails_page(result, tails), html)
    emit(result, as_json=as_json, show=lambda console: _show(console, result, html))


def _forecast(history: History, first: int, tail: float, seed: int) -> tuple[list[TailForecast], tuple[float, float]]:
    from tradewind.risk.tails.forecast import unit_scale, walk_forward_tail
    from tradewind.risk.tails.shapes import SHAPES

    begin = int(np.searchsorted(history.day, first))
    warm = min(begin - FIT_DAYS, SHAPE_DAYS)
    if warm < FEWEST_SHAPE or begin >= len(history) - 1:
        need = FIT_DAYS + FEWEST_SHAPE
        raise InvalidValueError("--start", f"after {need} days or more of {history.symbol}, before the last", begin)
    variance, latest = _variance(history, begin - warm)
    found = []
    following = (0.0, 0.0)
    for model, kind in PAIRS:
        shape = SHAPES[kind]()
        made = walk_forward_tail(
            history.day[begin - warm :], history.returns[begin - warm :], variance[model], shape, tail=tail, seed=seed
        )
        keep = made.day >= first
        parts = {name: getattr(made, name)[keep] for name in ("day", "loss", "var", "es")}
        made = msgspec.structs.replace(made, name=f"{model}, {shape.name}", **parts)
        found.append(made)
        if made.name == ACCEPTED:
            scale = unit_scale(history.returns[begin - warm :] ** 2 / variance[model])
            sigma = float(np.sqrt(latest[model] * scale[-1]))
            z = history.returns[begin - warm :] / np.sqrt(variance[model] * scale[:-1])
            shape.fit(z[-SHAPE_DAYS:])
            following = (100 * sigma * shape.loss(tail), 100 * sigma * shape.shortfall(tail))
    return found, following


def _variance(history: History, first: int) -> tuple[dict[str, Array], dict[str, float]]:
    """Forecasts of each day's variance made the evening before, from day number ``first`` on; and of the next day."""
    from tradewind.risk.volatility.har import LogHar
    from tradewind.risk.volatility.recursions import Ewma, Garch
    from tradewind.risk.volatility.walk_forward import walk_forward

    models: list[VolatilityModel] = [Ewma(), Garch(asymmetric=True), LogHar(leverage=True)]
    found = walk_forward([history], models, int(history.day[first - 1]))
    latest = {model.name: float(model.forecast(history).mean[-1]) for model in models}
    return dict(found.mean), latest


def _show(console: Console, result: Tails, html: Path | None) -> None:
    from tradewind.cli.risk_tails_page import summary_table
    from tradewind.report.console import rich_table

    title = f"{result.level:.1%} value at risk, {', '.join(result.reports)}, {result.first} to {result.last}"
    console.print(rich_table(summary_table(result), title))
    for name, (var, es) in result.next.items():
        console.print(f"{name}: next day VaR {var:.2f} %, ES {es:.2f} % ({ACCEPTED})", highlight=False)
    if html is not None:
        console.print(f"page with plots: {html}", highlight=False)
