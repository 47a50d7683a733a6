"""``tradewind market calibrate``: a preset from recorded days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.data_import import CatalogOption
from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.core.dtypes import EVENT, Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.data.calendars import ALWAYS_OPEN, session_bounds
from tradewind.data.store.catalog import Catalog
from tradewind.market.preset import Preset, load_preset, preset_text

if TYPE_CHECKING:
    from tradewind.market.calibrate.days import Day

__all__ = ["calibrate_market", "read_days", "read_rows"]

GAP_NS = 120 * 10**9
SHORTEST_NS = 30 * 10**9
DONOR = "aapl2012"


def calibrate_market(
    symbol: Annotated[str, typer.Option(help="Symbol to calibrate to.")],
    *,
    catalog: CatalogOption,
    out: Annotated[Path, typer.Option(help="Preset file to write.", metavar="FILE")] = Path("preset.toml"),
    dates: Annotated[
        str | None, typer.Option(help="Trading days, e.g. 2013-10-07..2013-10-08; all when absent.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Part of a split, such as NAME/train.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the preset; the file's name when absent.")] = None,
    depth_from: Annotated[
        str, typer.Option(help="Preset whose depth is borrowed when the data show only best quotes.")
    ] = DONOR,
    naive: Annotated[
        bool, typer.Option("--naive", help="Fit the zero-intelligence market instead: the naive row of reports.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Fit a preset to recorded days by counting; prints how well it fits and what could not be fitted."""
    from tradewind.market.calibrate.fit import Settings, calibrate  # kernels load when they are needed

    with progress_bar() as progress:
        task = progress.add_task("reading", total=None)
        store = Catalog(catalog, purpose="market calibrate")
        settings = Settings(
            name=name or out.stem,
            source=_source(symbol, dates, split, depth_from) + (" --naive" if naive else ""),
            naive=naive,
        )
        if store.instrument(symbol).calendar == ALWAYS_OPEN:
            settings = msgspec.structs.replace(settings, parts=1)
        days = list(read_days(store, symbol, dates, split))
        donor = load_preset(depth_from) if days and days[0].level == 1 else None
        preset = calibrate(
            store.instrument(symbol), days, settings, donor, lambda what: progress.update(task, description=what)
        )
    out.write_text(preset_text(preset), encoding="utf-8")
    emit(preset.provenance.model_dump(), as_json=as_json, show=lambda console: _show(console, preset, out))


def read_days(store: Catalog, symbol: str, dates: str | None, split: str | None) -> Iterator[Day]:
    """Sessions of a symbol as events; see :func:`read_rows`.

    Raises:
        NotFoundError: When nothing happened within any session asked for.
    """
    from tradewind.market.calibrate.days import read_day

    found = False
    for name, rows, start, end in read_rows(store, symbol, dates, split):
        with suppress(InvalidValueError):
            yield read_day(name, rows, start, end)
            found = True
    if not found:
        raise NotFoundError(f"{store.path}: no events of {symbol} within a session on the days asked for")


def read_rows(
    store: Catalog, symbol: str, dates: str | None, split: str | None
) -> Iterator[tuple[str, Array, int, int]]:
    """Rows of a symbol's sessions, those of a market that never closes cut at midnight and in gaps of two minutes.

    Args:
        store: The catalog.
        symbol: The symbol.
        dates: Trading days, or None for all.
        split: Part of a split, or None.

    Yields:
        ``(name, rows, start_ns, end_ns)`` of stretches of continuous trading, half a minute or more, that show a book.
        Rows before ``start_ns`` only build the book: a stretch that goes on after midnight comes with what was before.

    Raises:
        NotFoundError: When no day of the symbol has rows within its session.
    """
    from tradewind.market.calibrate.days import level_of

    instrument, found = store.instrument(symbol), False
    before: Array = np.zeros(0, EVENT)
    for day in store.days(symbol):
        try:
            rows = store.load(symbol, dates=day.isoformat(), split=split)
        except NotFoundError:
            continue
        if not len(rows) or (dates and not _within(day, dates)):
            continue
        for number, part in enumerate(_stretches(rows, instrument.calendar)):
            start, end = int(part["ts_event_ns"].min()), int(part["ts_event_ns"].max()) + 1
            if instrument.calendar != ALWAYS_OPEN:
                bounds = session_bounds(instrument.calendar, day)
                start, end = max(start, bounds.open_ns), min(end, bounds.close_ns)
            elif len(before) and start - int(before["ts_event_ns"][-1]) < GAP_NS:
                part = np.concatenate([before, part])  # noqa: PLW2901
            before = part
            name = day.isoformat() if number == 0 else f"{day.isoformat()} ({number + 1})"
            with suppress(InvalidValueError):
                level_of(part)
                if end - start >= SHORTEST_NS:
                    yield name, part, start, end
                    found = True
    if not found:
        raise NotFoundError(f"{store.path}: no rows of {symbol} within a session on the days asked for")


def _source(symbol: str, dates: str | None, split: str | None, depth_from: str) -> str:
    """The command that makes a preset again from the same data, without paths of one machine."""
    options = [f"--symbol {symbol}", f"--dates {dates}" if dates else "", f"--split {split}" if split else ""]
    options.append(f"--depth-from {depth_from}" if depth_from != DONOR else "")
    return " ".join(["tradewind market calibrate", *filter(None, options)])


def _within(day: date, dates: str) -> bool:
    first, _, last = dates.partition("..")
    return date.fromisoformat(first) <= day <= date.fromisoformat(last or first)


def _stretches(rows: Array, calendar: str) -> list[Array]:
    if calendar != ALWAYS_OPEN:
        return [rows]
    breaks = np.flatnonzero(np.diff(rows["ts_event_ns"]) > GAP_NS) + 1
    return list(np.split(rows, breaks))


def _show(console: Console, preset: Preset, out: Path) -> None:
    about = preset.provenance
    table = Table(title=f"preset {preset.name}: {about.events:,} events, {about.seconds / 3600:.2f} h, {about.source}")
    table.add_column("fit")
    table.add_column("value", justify="right")
    for key, value in about.fit.items():
        table.add_row(key.replace("_", " "), f"{value:,.5g}")
    console.print(table)
    for note in about.not_fitted:
        console.print(f"not fitted, or left out: {note}")
    console.print(f"written to {out}")
