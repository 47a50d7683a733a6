"""``tradewind risk regimes``: which state a market is in, by what was known at the time."""

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
    from tradewind.risk.regimes.filtered import FilteredRegimes, RegimeModel
    from tradewind.risk.regimes.score import RegimeScore
    from tradewind.risk.volatility.history import History

__all__ = ["Regimes", "Stays", "risk_regimes"]

FEWEST_FIT = 500


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """How one model saw a symbol, on days after those it was fitted on.

    Attributes:
        name: Of the model.
        state: At the last day: 0 calm, 1 turbulent.
        probability: Of turbulence at the last day.
        turbulent: Share of days.
        flips: Changes of state a year.
        calm_days: Mean length of a calm stay.
        turbulent_days: Mean length of a turbulent stay.
        calm_volatility: Volatility of calm days, the day after the decision [% a year].
        turbulent_volatility: Of turbulent ones.
    """

    name: str
    state: int
    probability: float
    turbulent: float
    flips: float
    calm_days: float
    turbulent_days: float
    calm_volatility: float
    turbulent_volatility: float


class Regimes(msgspec.Struct, frozen=True, kw_only=True):
    """What the command found.

    Attributes:
        stays: By symbol, every model.
        first: First day filtered.
        last: Last day.
        scores: On simulated markets, where asked for.
    """

    stays: dict[str, list[Stays]]
    first: str
    last: str
    scores: list[RegimeScore]


def risk_regimes(
    data: DataOption = None,
    symbol: SymbolOption = None,
    *,
    start: StartOption = None,
    simulations: Annotated[
        int, typer.Option(min=0, help="Score on so many simulated markets of known regimes, normal and t5; 0 for none.")
    ] = 0,
    refit: Annotated[int, typer.Option(min=22, help="Days between fits.")] = 250,
    seed: SeedOption = 7,
    html: HtmlOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Filter regimes with three models; no state ever knows a later day.

    Models are fitted on days before, again every year. With --simulations their accuracy is measured where the truth is
    known.
    """
    from tradewind.risk.regimes.score import score_regimes
    from tradewind.risk.volatility.history import daily_history

    bars = load_bars(data, symbol, ("us_hourly", "sp500_daily", "us_daily"), seed=seed)
    if len(bars) > 30:
        raise InvalidValueError("--symbol", f"given, up to thirty of the {len(bars)} symbols", "none")
    stays: dict[str, list[Stays]] = {}
    drawn: dict[str, tuple[History, int, dict[str, FilteredRegimes]]] = {}
    scores: list[RegimeScore] = []
    with progress_bar() as bar:
        for name in bar.track(bars, description="filtering"):
            history = daily_history(bars[name])
            begin = int(np.searchsorted(history.day, day_number(start, history.day, FEWEST_FIT)))
            if begin < FEWEST_FIT or begin >= len(history) - 1:
                raise InvalidValueError("--start", f"after {FEWEST_FIT} days or more of {name}, before the last", begin)
            found = {m.name: _walk(history.returns, m, begin, refit) for m in _models()}
            stays[name] = [_stays(k, v, history.returns[begin:]) for k, v in found.items()]
            drawn[name] = (history, begin, found)
        if simulations:
            task = bar.add_task("simulated markets", total=2 * simulations)
            for noise in ("normal", "t5"):
                scores += score_regimes(
                    _models(),
                    simulations=simulations,
                    noise=noise,
                    seed=seed,
                    progress=lambda _: bar.update(task, advance=1),
                )
    history, begin, _ = next(iter(drawn.values()))
    first, last = (str(np.datetime64(int(history.day[k]), "D")) for k in (begin, -1))
    result = Regimes(stays=stays, first=first, last=last, scores=scores)
    if html is not None:
        from tradewind.cli.risk_regimes_page import regimes_page

        write(regimes_page(result, drawn), html)
    emit(result, as_json=as_json, show=lambda console: _show(console, result, html))


def _models() -> list[RegimeModel]:
    from tradewind.risk.regimes.hmm import HiddenMarkov
    from tradewind.risk.regimes.jump import JumpModel
    from tradewind.risk.regimes.threshold import VolatilityThreshold

    return [HiddenMarkov(), VolatilityThreshold(), JumpModel()]


def _walk(returns: Array, model: RegimeModel, begin: int, refit: int) -> FilteredRegimes:
    from tradewind.risk.regimes.filtered import FilteredRegimes

    states, probabilities = [], []
    for first in range(begin, len(returns), refit):
        last = min(first + refit, len(returns))
        made = model.fit(returns[:first]).filter(returns[:last])
        states.append(made.state[first:])
        probabilities.append(made.probability[first:])
    return FilteredRegimes(state=np.concatenate(states), probability=np.concatenate(probabilities))


def _stays(name: str, found: FilteredRegimes, returns: Array) -> Stays:
    following, state = returns[1:], found.state[:-1]
    volatility = [100 * np.sqrt(252) * following[state == k].std() if (state == k).any() else np.nan for k in (0, 1)]
    lengths = [float(found.durations(k).mean()) if (found.state == k).any() else 0.0 for k in (0, 1)]
    return Stays(
        name=name,
        state=int(found.state[-1]),
        probability=float(found.probability[-1, -1]),
        turbulent=float(np.mean(found.state == 1)),
        flips=252 * found.flips / len(found),
        calm_days=lengths[0],
        turbulent_days=lengths[1],
        calm_volatility=float(volatility[0]),
        turbulent_volatility=float(volatility[1]),
    )


def _show(console: Console, result: Regimes, html: Path | None) -> None:
    from tradewind.cli.risk_regimes_page import score_table, stays_table
    from tradewind.report.console import rich_table

    console.print(rich_table(stays_table(result), f"{result.first} to {result.last}"))
    if result.scores:
        console.print(rich_table(score_table(result.scores), "\nSimulated markets"))
    if html is not None:
        console.print(f"page with plots: {html}", highlight=False)
