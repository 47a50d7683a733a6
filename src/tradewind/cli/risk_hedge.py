"""``tradewind risk hedge``: delta, Whalley–Wilmott and a learned no-trade band, on paths none of them was tuned on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import typer
from rich.console import Console

from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.core.errors import InvalidValueError, UsageError

if TYPE_CHECKING:
    from tradewind.core.dtypes import Array
    from tradewind.risk.hedging.band import Band
    from tradewind.risk.hedging.option import Leg, OptionPosition
    from tradewind.risk.hedging.study import Hedged

__all__ = ["risk_hedge"]


def risk_hedge(  # noqa: PLR0917
    costs: Annotated[str, typer.Option(help="Costs of a trade [bp], separated by commas.")] = "1,10,50",
    days: Annotated[int, typer.Option(min=1, help="Trading days to expiry.")] = 30,
    volatility: Annotated[float, typer.Option(help="Implied volatility of a year.")] = 0.2,
    legs: Annotated[
        str, typer.Option(help="Options as kind:strike:quantity, separated by commas; strikes in units of the price.")
    ] = "call:1:-1",
    steps: Annotated[int, typer.Option(min=1, help="Gradient steps of the learned band.")] = 200,
    paths: Annotated[int, typer.Option(min=1000, help="Paths of the test.")] = 50_000,
    seed: Annotated[int, typer.Option(help="Of learning; the test has its own.")] = 7,
    data: Annotated[
        Path | None,
        typer.Option(help="Bars whose daily returns are drawn instead: learn on the first half, test on the second."),
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="Symbol in the bars.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures.", metavar="FILE")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Hedge an option position when trading costs, and compare expected shortfalls at 5 %.

    Without --data paths are geometric Brownian with the implied volatility; with it, blocks of real daily returns,
    scaled to the implied volatility in the first half only.
    """
    from tradewind.risk.hedging.learn import LearnRules
    from tradewind.risk.hedging.option import OptionPosition
    from tradewind.risk.hedging.study import hedging_study

    position = OptionPosition(legs=_legs(legs), days=days, volatility=volatility)
    fractions = _costs(costs)
    learn, test = _paths(data, symbol, position, (paths, seed))
    rows: list[Hedged] = []
    bands: dict[str, Band] = {}
    with progress_bar() as progress:
        task = progress.add_task("learning bands", total=steps * len(fractions))
        for cost in fractions:
            rules = LearnRules(steps=steps)
            found, bands = hedging_study(position, learn, test, cost, rules, tell=lambda: progress.advance(task))
            rows.extend(found)
    told = {"position": position, "paths": str(data) if data else "gbm", "test_paths": len(test), "hedgers": rows}
    result: dict[str, Any] = msgspec.to_builtins(told)
    if html is not None:
        from tradewind.cli.hedge_page import hedge_page
        from tradewind.report.page import write_page

        write_page(hedge_page(rows, position, bands, fractions[-1]), html)
        result["html"] = str(html)
    emit(result, as_json=as_json, show=lambda console: _show(console, rows, html))


def _paths(data: Path | None, symbol: str | None, position: OptionPosition, size: tuple[int, int]) -> tuple[Any, Array]:
    from tradewind.risk.hedging.option import bootstrap_paths, gbm_paths

    count, seed = size
    if data is None:
        test = gbm_paths(count, position.days, position.volatility, seed + 1)
        return lambda n, k: gbm_paths(n, position.days, position.volatility, k), test
    from tradewind.cli.alarm_sources import daily_returns

    returns = daily_returns(data, symbol)
    half = len(returns) // 2
    scale = position.volatility / (float(returns[:half].std()) * np.sqrt(252))
    before, after = returns[:half] * scale, returns[half:] * scale
    return lambda n, k: bootstrap_paths(before, n, position.days, k), bootstrap_paths(
        after, count, position.days, seed + 1
    )


def _legs(text: str) -> tuple[Leg, ...]:
    from tradewind.risk.hedging.option import Leg

    legs = []
    for word in text.split(","):
        parts = word.strip().split(":")
        if len(parts) != 3 or parts[0] not in ("call", "put"):
            raise InvalidValueError("legs", "kind:strike:quantity with kind call or put", word)
        try:
            legs.append(Leg("call" if parts[0] == "call" else "put", float(parts[1]), float(parts[2])))
        except ValueError as error:
            raise InvalidValueError("legs", "numbers for strike and quantity", word) from error
    return tuple(legs)


def _costs(text: str) -> list[float]:
    try:
        costs = [float(word) / 1e4 for word in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--costs must be numbers in basis points separated by commas, got {text}") from error
    if not all(0 <= cost < 1 for cost in costs):
        raise UsageError(f"--costs must be from 0 to 10,000 basis points, got {text}")
    return costs


def _show(console: Console, rows: list[Hedged], html: Path | None) -> None:
    from tradewind.cli.hedge_page import hedge_table
    from tradewind.report.console import rich_table

    console.print(rich_table(hedge_table(rows)))
    if html is not None:
        console.print(f"written to {html}")
