"""``tradewind market realism``: real and simulated side by side, fact by fact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.data_import import CatalogOption
from tradewind.cli.output import JsonFlag, emit, progress_bar

if TYPE_CHECKING:
    from tradewind.core.dtypes import Array
    from tradewind.core.types import Instrument
    from tradewind.data.store.catalog import Catalog
    from tradewind.market.facts.realism import RealismReport
    from tradewind.market.facts.tape import Tape
    from tradewind.market.preset import Preset

__all__ = ["market_realism"]

NAIVE = "zero_intelligence"
SECOND_NS = 10**9


def market_realism(
    preset: Annotated[str, typer.Option(help="Name of a shipped preset, or a preset file.")] = "aig",
    symbol: Annotated[str, typer.Option(help="Symbol of the real data.")] = "AIG",
    *,
    catalog: CatalogOption,
    days: Annotated[str | None, typer.Option(help="Only these days: 2013-10-07 or 2013-10-07..2013-10-08.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated stretches.")] = 7,
    naive: Annotated[bool, typer.Option(help="Score the zero-intelligence market beside it.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Hold a simulated market against real days, fact by fact, beside the distance of real days from each other.

    A single day is cut in two halves. A ratio of 1 is as close as real data are to themselves.
    """
    from tradewind.data.store.catalog import Catalog
    from tradewind.market.facts.realism import compare
    from tradewind.market.preset import load_preset

    chosen = load_preset(preset)
    store = Catalog(catalog, purpose="market realism")
    with progress_bar() as bar:
        task = bar.add_task("real days", total=None)
        real, names = real_tapes(store, symbol, days)
        markets = [chosen, load_preset(NAIVE)] if naive else [chosen]
        bar.update(task, total=len(real) * len(markets))
        simulated: list[list[Tape]] = [[], []]
        for kind, market in enumerate(markets):
            for number, tape in enumerate(real):
                bar.update(task, description=f"simulating {market.name}")
                simulated[kind].append(simulated_tape(market, tape.seconds, seed + number, l1=not len(tape.depth_lots)))
                bar.update(task, advance=1)
    report = compare(real, simulated[0], simulated[1], preset=chosen.name, stretches=names)
    emit(report, as_json=as_json, show=lambda console: _show(console, report))


def real_tapes(store: Catalog, symbol: str, days: str | None) -> tuple[list[Tape], list[str]]:
    """Tapes of real sessions; the halves of one where there is only one.

    Args:
        store: The catalog.
        symbol: The symbol.
        days: First and last day, or None for all.

    Returns:
        Two or more tapes, and what they are in words.

    Raises:
        NotFoundError: When no day has rows within its session.
    """
    from tradewind.cli.market_calibrate import read_rows

    instrument = store.instrument(symbol)
    parts = list(read_rows(store, symbol, days, None))
    if len(parts) == 1:
        name, rows, start, end = parts[0]
        middle = (start + end) // 2
        parts = [(f"{name}, first half", rows, start, middle), (f"{name}, second half", rows, middle, end)]
    return [tape_of(instrument, rows, start, end) for _, rows, start, end in parts], [name for name, *_ in parts]


def tape_of(instrument: Instrument, rows: Array, start_ns: int, end_ns: int) -> Tape:
    """The tape that a source shows: of orders where it has them, else of best quotes and trades."""
    from tradewind.core.dtypes import EventKind
    from tradewind.market.facts.from_orders import tape_from_orders
    from tradewind.market.facts.from_quotes import tape_from_quotes

    build = tape_from_orders if (rows["kind"] == EventKind.ADD).any() else tape_from_quotes
    return build(instrument, rows, start_ns, end_ns)


def simulated_tape(preset: Preset, seconds: float, seed: int, *, l1: bool) -> Tape:
    """A simulated stretch as a tape; reduced to what L1 shows where the real source is L1."""
    import msgspec
    import numpy as np

    from tradewind.market.facts.from_orders import tape_from_orders
    from tradewind.market.reactive import simulate

    instrument, rows = simulate(preset, seconds, seed)
    start = int(rows["ts_event_ns"][0])
    tape = tape_from_orders(instrument, rows, start, start + round(seconds * SECOND_NS))
    if not l1:
        return tape
    none = np.zeros(0)
    return msgspec.structs.replace(
        tape, limit_lots=none, lifetime_s=none, depth_lots=none, cancelled_share=float("nan")
    )


def _show(console: Console, report: RealismReport) -> None:
    table = Table(title=f"{report.preset} beside {report.symbol} ({', '.join(report.stretches)})", title_justify="left")
    for name in ("fact", "distance", "real-real", "ratio", "zero intelligence", "closer than it"):
        table.add_column(name, justify="left" if name == "fact" else "right")
    for fact in report.facts:
        figures = [_figure(v) for v in (fact.distance, fact.floor, fact.ratio, fact.naive_distance)]
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
