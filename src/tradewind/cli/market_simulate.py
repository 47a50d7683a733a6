"""``tradewind market simulate``: a simulated market as a feed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa
import typer
from rich.console import Console

from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.core.dtypes import EVENT, Array, EventKind
from tradewind.core.errors import UsageError
from tradewind.data.store.partition import write_table
from tradewind.market.preset import load_preset

__all__ = ["simulate_market"]


class Simulated(msgspec.Struct, frozen=True):
    """What was simulated.

    Attributes:
        preset: Its name.
        symbol: The instrument.
        seconds: Simulated time.
        seed: The seed.
        rows: Rows written, by kind.
        out: Where.
    """

    preset: str
    symbol: str
    seconds: float
    seed: int
    rows: dict[str, int]
    out: str


def simulate_market(  # noqa: PLR0917
    preset: Annotated[str, typer.Option(help="Name of a shipped preset, or a preset file.")] = "aig",
    hours: Annotated[float, typer.Option(help="How long to simulate [hours].")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed: the same seed gives the same bytes.")] = 7,
    out: Annotated[Path, typer.Option(help="Parquet file to write.", metavar="FILE")] = Path("events.parquet"),
    scenario: Annotated[
        str | None, typer.Option(help="Regime: calm, volatile, thin, trending, flash_crash, halt or luld.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Simulate a market and write its order-by-order feed (EVENT rows: add, reduce, delete, execute, trade)."""
    from tradewind.market.reactive import simulate_pages  # kernels load when they are needed
    from tradewind.market.scenario import named_scenario

    if not hours > 0:
        raise UsageError(f"--hours must be more than 0, got {hours}")
    chosen, regime = load_preset(preset), named_scenario(scenario) if scenario else None
    seconds, pages = hours * 3600.0, []
    with progress_bar() as progress:
        task = progress.add_task(f"simulating {chosen.name}", total=int(np.ceil(seconds / 60.0)))
        for page in simulate_pages(chosen, seconds, seed, regime):
            pages.append(page)
            progress.advance(task)
    rows = np.concatenate(pages)
    write_table(_table(rows), out)
    kinds = np.bincount(rows["kind"], minlength=max(EventKind) + 1)
    counts = {kind.name.lower(): int(kinds[kind]) for kind in EventKind if kinds[kind]}
    done = Simulated(chosen.name, chosen.instrument.symbol, seconds, seed, counts, str(out))
    emit(done, as_json=as_json, show=lambda console: _show(console, done))


def _table(rows: Array) -> pa.Table:
    return pa.table({name: pa.array(np.ascontiguousarray(rows[name])) for name in EVENT.names or ()})


def _show(console: Console, done: Simulated) -> None:
    counted = ", ".join(f"{name} {count:,}" for name, count in done.rows.items())
    console.print(f"{done.symbol}: {done.seconds / 3600:g} h of preset {done.preset}, seed {done.seed}: {counted}")
    console.print(f"written to {done.out}")
