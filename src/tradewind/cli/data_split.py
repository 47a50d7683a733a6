"""``tradewind data split`` and ``tradewind data ledger``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.data_import import CatalogOption
from tradewind.cli.output import JsonFlag, emit
from tradewind.core.clock import SystemClock
from tradewind.core.errors import IntegrityError
from tradewind.data.calendars import ALWAYS_OPEN, time_zone
from tradewind.data.catalog import Catalog
from tradewind.data.ledger import Access, ledger_problems, read_ledger
from tradewind.data.moments import format_moment
from tradewind.data.partition import interval_name, parse_interval
from tradewind.data.splits import Split, create_split, load_split, load_splits
from tradewind.data.window import parse_span

__all__ = ["ledger", "split_app"]

split_app = typer.Typer(help="Named chronological splits: train, validation, test.", no_args_is_help=True)
"""The sub-commands of ``tradewind data split``."""


@split_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Name of the split.")],
    *,
    train: Annotated[str, typer.Option(help="Days or times, such as 2013-10-07 or 2013-10-07..2013-10-08.")],
    test: Annotated[str, typer.Option(help="Days or times; reading them is recorded in the access ledger.")],
    validation: Annotated[str | None, typer.Option(help="Days or times between the other two.")] = None,
    embargo: Annotated[str | None, typer.Option(help="Least gap between two parts, such as 1d or 30m.")] = None,
    calendar: Annotated[str, typer.Option(help="Calendar in whose time zone times are meant.")] = ALWAYS_OPEN,
    catalog: CatalogOption = Path("catalog"),
    as_json: JsonFlag = False,
) -> None:
    """Record a split: by trading day (ends included) or by time (2012-06-21T09:30..2012-06-21T10:00).

    Parts must be in order and must not overlap. Once a test part was read, its split cannot change any more.
    """
    opened = Catalog(catalog)
    zone = time_zone(calendar)
    split = Split(
        name=name,
        train=parse_span(train, zone),
        validation=None if validation is None else parse_span(validation, zone),
        test=parse_span(test, zone),
        embargo_ns=0 if embargo is None else parse_interval(embargo),
    )
    recorded = create_split(opened.path, split, SystemClock())
    emit(recorded, as_json=as_json, show=lambda console: _show_one(console, recorded, 0))


@split_app.command("list")
def list_splits(catalog: CatalogOption = Path("catalog"), as_json: JsonFlag = False) -> None:
    """List the splits of a catalog and how often the test part of each was read."""
    opened = Catalog(catalog)
    splits = load_splits(opened.path)
    reads = [entry.split for entry in read_ledger(opened.path)]

    def show(console: Console) -> None:
        table = Table(box=None, pad_edge=False)
        for column in ("split", "train", "validation", "test", "embargo", "test reads"):
            table.add_column(column, overflow="fold")
        for split in splits:
            parts = split.parts()
            spans = (str(parts.get(part, "–")) for part in ("train", "validation", "test"))
            gap = interval_name(split.embargo_ns) if split.embargo_ns else "–"
            table.add_row(split.name, *spans, gap, str(reads.count(split.name)))
        console.print(table)

    result = [{"split": split, "test_reads": reads.count(split.name)} for split in splits]
    emit(result, as_json=as_json, show=show)


@split_app.command("show")
def show_split(
    name: Annotated[str, typer.Argument(help="Name of the split.")],
    catalog: CatalogOption = Path("catalog"),
    as_json: JsonFlag = False,
) -> None:
    """Show one split in full."""
    opened = Catalog(catalog)
    split = load_split(opened.path, name)
    reads = sum(entry.split == name for entry in read_ledger(opened.path))
    result = {"split": split, "test_reads": reads}
    emit(result, as_json=as_json, show=lambda console: _show_one(console, split, reads))


def _show_one(console: Console, split: Split, reads: int) -> None:
    console.print(f"split {split.name}, made {format_moment(split.created_ns)[:19]} UTC by tradewind {split.tradewind}")
    for part, span in split.parts().items():
        console.print(f"  {part:<11} {span}", highlight=False)
    if split.embargo_ns:
        console.print(f"  {'embargo':<11} {interval_name(split.embargo_ns)}", highlight=False)
    console.print(f"  test part read {reads} times" + (": fixed for good" if reads else ""), highlight=False)


def ledger(catalog: CatalogOption = Path("catalog"), as_json: JsonFlag = False) -> None:
    """Show who read which test split, and whether the ledger was tampered with (exit code 9)."""
    opened = Catalog(catalog)
    problems = ledger_problems(opened.path)
    try:
        entries = read_ledger(opened.path)
    except IntegrityError:  # told among the problems
        entries = []
    result = {"intact": not problems, "problems": problems, "entries": entries}
    emit(result, as_json=as_json, show=lambda console: _show_ledger(console, entries, problems))
    if problems:
        raise typer.Exit(IntegrityError.exit_code)


def _show_ledger(console: Console, entries: list[Access], problems: list[str]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("", "when (UTC)", "split", "test part", "symbols", "rows", "how", "purpose", "user", "hash"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        shown = ", ".join(entry.symbols[:3]) + (f" and {len(entry.symbols) - 3} more" if len(entry.symbols) > 3 else "")
        cells = (format_moment(entry.time_ns)[:19], entry.split, entry.span, shown or "all", f"{entry.rows:,}")
        how = f"{entry.table}, " + ("by name" if entry.named else "without naming it")
        words = (*cells, how, entry.purpose, f"{entry.user} ({entry.pid})", entry.hash[:8])
        table.add_row(str(entry.sequence), *(word.replace("[", r"\[") for word in words))
    console.print(table)
    for problem in problems:
        console.print(f"problem: {problem}", style="red", markup=False, highlight=False)
    if not problems:
        console.print(f"{len(entries)} readings, chain intact", highlight=False)
