"""``tradewind market realism``: real and simulated side by side, fact by fact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.data_import import CatalogOption
from tradewind.cli.output import JsonFlag, emit, progress_bar

if TYPE_CHECKING:
    from tradewind.data.store.catalog import Catalog
    from tradewind.market.facts.realism import RealismReport
    from tradewind.market.facts.tape import Tape

__all__ = ["market_realism"]

NAIVE = "zero_intelligence"
FEWEST = 6


def market_realism(
    preset: Annotated[str, typer.Option(help="Name of a shipped preset, or a preset file.")] = "aig",
    symbol: Annotated[str, typer.Option(help="Symbol of the real data.")] = "AIG",
    *,
    catalog: CatalogOption,
    days: Annotated[str | None, typer.Option(help="Only these days: 2013-10-07 or 2013-10-07..2013-10-08.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated stretches.")] = 7,
    repeats: Annotated[
        int, typer.Option(min=0, help="Simulated stretches for each real one; 0 chooses so many that there are six.")
    ] = 0,
    naive: Annotated[bool, typer.Option(help="Score the zero-intelligence market beside it.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Hold a simulated market against real days, fact by fact, beside the distance of real days from each other.

    A single day is cut in two halves. A ratio of 1 is as close as real data are to themselves.
    """
    from tradewind.data.store.catalog import Catalog
    from tradewind.market.facts.realism import compare
    from tradewind.market.facts.stretches import simulated_tape
    from tradewind.market.preset import load_preset

    chosen = load_preset(preset)
    store = Catalog(catalog, purpose="market realism")
    with progress_bar() as bar:
        task = bar.add_task("real days", total=None)
        real = real_stretches(store, symbol, days)
        runs = repeats or max(1, round(FEWEST / len(real.tapes)))
        markets = [chosen, load_preset(NAIVE)] if naive else [chosen]
        bar.update(task, total=len(real.tapes) * runs * len(markets))
        simulated: list[list[Tape]] = [[], []]
        for kind, market in enumerate(markets):
            for number in range(runs * len(real.tapes)):
                bar.update(task, description=f"simulating {market.name}")
                tape = real.tapes[number % len(real.tapes)]
                simulated[kind].append(simulated_tape(market, tape.seconds, seed + number, tape))
                bar.update(task, advance=1)
    report = compare(
        real.tapes, simulated[0], simulated[1], preset=chosen.name, stretches=real.names, quarters=real.quarters
    )
    emit(report, as_json=as_json, show=lambda console: _show(console, report))


class RealStretches(msgspec.Struct, frozen=True):
    """What is recorded.

    Attributes:
        tapes: Two or more stretches.
        names: What they are, in words.
        quarters: The four quarters where there is only one day, whose halves the stretches then are.
    """

    tapes: list[Any]
    names: list[str]
    quarters: list[Any]


def real_stretches(store: Catalog, symbol: str, days: str | None) -> RealStretches:
    """Tapes of real sessions; the halves of one where there is only one.

    Args:
        store: The catalog.
        symbol: The symbol.
        days: First and last day, or None for all.

    Raises:
        NotFoundError: When no day has rows within its session.
    """
    from tradewind.cli.market_calibrate import read_rows
    from tradewind.market.facts.stretches import quarters_of, tape_of

    instrument = store.instrument(symbol)
    parts = list(read_rows(store, symbol, days, None))
    quarters: list[Tape] = []
    if len(parts) == 1:
        name, rows, start, end = parts[0]
        middle = (start + end) // 2
        quarters = quarters_of(instrument, rows, start, end)
        parts = [(f"{name}, first half", rows, start, middle), (f"{name}, second half", rows, middle, end)]
    tapes = [tape_of(instrument, rows, start, end) for _, rows, start, end in parts]
    return RealStretches(tapes, [name for name, *_ in parts], quarters)


def _show(console: Console, report: RealismReport) -> None:
    table = Table(title=f"{report.preset} beside {report.symbol} ({', '.join(report.stretches)})", title_justify="left")
    for name in ("fact", "distance", "real-real", "ratio", "95 %", "zero intelligence", "closer than it"):
        table.add_column(name, justify="left" if name == "fact" else "right")
    for fact in report.facts:
        figures = [_figure(v) for v in (fact.distance, fact.floor, fact.ratio)]
        figures.append(f"{fact.interval[0]:.2f}-{fact.interval[1]:.2f}" if fact.interval else "")
        figures.append(_figure(fact.naive_distance))
        closer = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[fact.better_than_naive]
        table.add_row(f"{fact.name} [dim]{fact.unit}[/]", *figures, closer)
    console.print(table)
    if report.not_shown:
        console.print(f"not shown by the source: {', '.join(report.not_shown)}")
    if report.worst_ratio and report.median_ratio is not None:
        worst, ratio = report.worst_ratio
        console.print(f"median ratio {report.median_ratio:.2f} (aim 2), worst {ratio:.2f}: {worst} (aim 5)")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
