"""``tradewind market realism``: real and simulated side by side, fact by fact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tradewind.cli.data_import import CatalogOption
from tradewind.cli.output import JsonFlag, emit, progress_bar

if TYPE_CHECKING:
    from tradewind.data.store.catalog import Catalog
    from tradewind.market.facts.impact import ImpactReport
    from tradewind.market.facts.realism import RealismReport
    from tradewind.market.facts.tape import Tape
    from tradewind.market.preset import Preset

__all__ = ["market_realism", "real_stretches"]

NAIVE = "zero_intelligence"
FEWEST = 6


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
    impact: Annotated[bool, typer.Option("--impact", help="Measure the impact of metaorders as well.")] = False,
    pairs: Annotated[int, typer.Option(min=8, help="Seeds for --impact.")] = 200,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.", metavar="FILE")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Hold a simulated market against real days, fact by fact, beside the distance of real days from each other.

    A single day is cut in two halves. A ratio of 1 is as close as real data are to themselves.
    """
    from tradewind.data.store.catalog import Catalog
    from tradewind.market.facts.impact import measure_impact
    from tradewind.market.facts.realism import compare
    from tradewind.market.preset import load_preset

    chosen = load_preset(preset)
    store = Catalog(catalog, purpose="market realism")
    with progress_bar() as bar:
        task = bar.add_task("real days", total=None)
        real = real_stretches(store, symbol, days)
        simulated = [_simulated(chosen, real, repeats, seed, bar)]
        simulated.append(_simulated(load_preset(NAIVE), real, repeats, seed, bar) if naive else [])
        measured = None
        if impact:
            measured = measure_impact(
                chosen, pairs, seed, progress=lambda what: bar.update(task, description=f"impact: {what}")
            )
    report = compare(real.tapes, *simulated, preset=chosen.name, stretches=real.names, quarters=real.quarters)
    if html is not None:
        from tradewind.cli.realism_page import realism_page
        from tradewind.report.page import write_page

        hours = [(f"real: {symbol}, {real.names[0]}", real.tapes[0]), (f"simulated: {chosen.name}", simulated[0][0])]
        write_page(realism_page(report, measured, hours), html)
    result = {"facts": report, "impact": measured, "html": str(html) if html else None} if impact or html else report
    emit(result, as_json=as_json, show=lambda console: _show(console, report, measured, html))


def _simulated(market: Preset, real: RealStretches, repeats: int, seed: int, bar: Progress) -> list[Tape]:
    from tradewind.market.facts.stretches import simulated_tape

    runs = (repeats or max(1, round(FEWEST / len(real.tapes)))) * len(real.tapes)
    found = []
    for number in bar.track(range(runs), description=f"simulating {market.name}"):
        tape = real.tapes[number % len(real.tapes)]
        found.append(simulated_tape(market, tape.seconds, seed + number, tape))
    return found


def real_stretches(store: Catalog, symbol: str, days: str | None) -> RealStretches:
    """Tapes of real sessions; the halves of one where there is only one.

    Args:
        store: The catalog.
        symbol: The symbol.
        days: First and last day, or None for all.

    Returns:
        The stretches.

    Raises:
        NotFoundError: When no day has rows within its session.
    """
    from tradewind.cli.market_calibrate import read_rows
    from tradewind.market.facts.stretches import quarters_of, tape_of

    instrument = store.instrument(symbol)
    tapes: list[Tape] = []
    names: list[str] = []
    only: list[Any] = []
    for name, rows, start, end in read_rows(store, symbol, days, None):
        names.append(name)
        tapes.append(tape_of(instrument, rows, start, end))
        only = [rows, start, end]
    if len(tapes) > 1:
        return RealStretches(tapes, names, [])
    rows, start, end = only
    middle = (start + end) // 2
    halves = [tape_of(instrument, rows, start, middle), tape_of(instrument, rows, middle, end)]
    names = [f"{names[0]}, {half} half" for half in ("first", "second")]
    return RealStretches(halves, names, quarters_of(instrument, rows, start, end))


def _show(console: Console, report: RealismReport, impact: ImpactReport | None, html: Path | None) -> None:
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
    if impact is not None:
        _show_impact(console, impact)
    if html is not None:
        console.print(f"page with plots: {html}", highlight=False)


def _show_impact(console: Console, impact: ImpactReport) -> None:
    console.print(
        f"impact of metaorders worked over {impact.horizon_s:.0f} s, {impact.pairs} seeds bought, sold and left alone; "
        f"volatility {impact.volatility_ticks:.3g} ticks, volume {impact.volume_lots:,.0f} lots"
    )
    table = Table()
    for name in ("share of volume", "impact / volatility", "95 %", "filled"):
        table.add_column(name, justify="right")
    for share, mean, (low, high), filled in zip(
        impact.shares, impact.impact, impact.intervals, impact.filled, strict=True
    ):
        table.add_row(f"{share:.1%}", f"{mean:.3f}", f"{low:.3f} to {high:.3f}", f"{filled:.0%}")
    console.print(table)
    fit = impact.fit
    console.print(
        f"I = Y σ (Q/V)^δ: δ = {fit.delta:.2f} ({fit.delta_interval[0]:.2f} to {fit.delta_interval[1]:.2f}; aim 0.4 to "
        f"0.7), Y = {fit.prefactor:.2f} ({fit.prefactor_interval[0]:.2f} to {fit.prefactor_interval[1]:.2f})"
    )
    left = [
        f"{share:.0%} ({low:.0%} to {high:.0%}) after {k}"
        for share, (low, high), k in zip(impact.decay, impact.decay_intervals, (1, 2, 4), strict=True)
    ]
    console.print(f"of the impact at the end there is left: {', '.join(left)} horizons")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
