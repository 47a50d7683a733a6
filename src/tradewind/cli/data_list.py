"""``tradewind data list``: what a catalog holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.data_import import CatalogOption, shown_bytes
from tradewind.cli.output import JsonFlag, emit
from tradewind.data.calendars import time_zone
from tradewind.data.catalog import Catalog
from tradewind.data.manifest import Coverage, Manifest
from tradewind.data.moments import format_moment
from tradewind.data.partition import interval_name

__all__ = ["list_data"]


class Holding(msgspec.Struct, frozen=True):
    """What a catalog holds of one symbol, or of all symbols with bars of one length.

    Attributes:
        symbol: The symbol; for bars, the number of symbols in words unless one was asked for.
        interval: Length of bars; empty for events.
        days: Trading days with events; empty for bars.
        first_ns: Earliest row [ns].
        last_ns: Latest row [ns].
        rows: Rows.
        kinds: Rows by kind of event.
        sources: Ids of the sources.
        size_bytes: Size of the parts; of bars, of all symbols together.
    """

    symbol: str
    interval: str
    days: list[date]
    first_ns: int
    last_ns: int
    rows: int
    kinds: dict[str, int]
    sources: list[str]
    size_bytes: int


def list_data(
    symbol: Annotated[str | None, typer.Argument(help="Only this symbol, day by day.")] = None,
    catalog: CatalogOption = Path("catalog"),
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every part against its checksum (exit code 9).")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """List what a catalog holds: symbols, days, rows, kinds, sources, sizes."""
    opened = Catalog(catalog)
    manifests = opened.manifests()
    if symbol is not None and not any(symbol in manifest.symbols for manifest in manifests):
        opened.instrument(symbol)
    if verify:
        opened.verify()
    holdings = collect(manifests, symbol)
    zones = {i.symbol: time_zone(i.calendar) for m in manifests for i in m.instruments}
    result: dict[str, Any] = {"catalog": str(catalog), "verified": verify, "holdings": holdings}

    def show(console: Console) -> None:
        _show(console, holdings, zones, f"{catalog}: {len(manifests)} sources")
        if verify:
            count = sum(len(manifest.parts) for manifest in manifests)
            console.print(f"every one of {count} parts is as it was imported", highlight=False)

    emit(result, as_json=as_json, show=show)


def collect(manifests: list[Manifest], symbol: str | None) -> list[Holding]:
    """Holdings by symbol (or day by day for one), then by length of bars.

    Args:
        manifests: What the catalog holds.
        symbol: Only this symbol, day by day.
    """
    groups: dict[tuple[int, str, date | None], list[tuple[Manifest, Coverage]]] = {}
    for manifest in manifests:
        for item in manifest.coverage:
            if symbol is None or item.symbol == symbol:
                name = item.symbol if symbol is not None or not item.interval_ns else ""
                key = (item.interval_ns, name, item.day if symbol is not None else None)
                groups.setdefault(key, []).append((manifest, item))
    return [_holding(key, groups[key]) for key in sorted(groups, key=lambda key: (key[0], key[1], str(key[2])))]


def _holding(key: tuple[int, str, date | None], found: list[tuple[Manifest, Coverage]]) -> Holding:
    interval_ns, name, _ = key
    items = [item for _, item in found]
    days = {item.day for item in items if item.day is not None}
    sources = {manifest.id: manifest for manifest, _ in found}
    interval = interval_name(interval_ns) if interval_ns else ""
    folder = f"bars/interval={interval}/"
    kinds = {kind: sum(item.kinds.get(kind, 0) for item in items) for item in items for kind in item.kinds}
    size = sum(
        part.size_bytes
        for manifest in sources.values()
        for part in manifest.parts
        if (part.path.startswith(folder) if interval else part.symbol == name and part.day in days)
    )
    return Holding(
        symbol=name or f"{len({item.symbol for item in items})} symbols",
        interval=interval,
        days=sorted(days),
        first_ns=min(item.first_ns for item in items),
        last_ns=max(item.last_ns for item in items),
        rows=sum(item.rows for item in items),
        kinds=dict(sorted(kinds.items())),
        sources=sorted(sources),
        size_bytes=size,
    )


def _show(console: Console, holdings: list[Holding], zones: dict[str, str], title: str) -> None:
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    for name in ("symbol", "days", "from", "to"):
        table.add_column(name, overflow="fold")
    table.add_column("rows", justify="right")
    table.add_column("kinds", overflow="fold")
    for name in ("sources", "size"):
        table.add_column(name, justify="right")
    for item in holdings:
        zone = zones.get(item.symbol, "UTC")
        ends = (format_moment(t, zone, offset=False)[:16] for t in (item.first_ns, item.last_ns))
        kinds = ", ".join(f"{kind} {rows:,}" for kind, rows in item.kinds.items())
        days = str(item.days[0]) if len(item.days) == 1 else str(len(item.days) or "")
        words = (item.symbol, days, *ends, f"{item.rows:,}", kinds or f"bars of {item.interval}")
        table.add_row(
            *(word.replace("[", r"\[") for word in words), str(len(item.sources)), shown_bytes(item.size_bytes)
        )
    console.print(table)
