"""``tradewind data show``: rows around a time, and the book at that time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from tradewind.book.feeds import FeedBook, book_of_level
from tradewind.cli.data_import import CatalogOption
from tradewind.cli.output import JsonFlag, emit
from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import NotFoundError
from tradewind.core.types import Batch, Instrument
from tradewind.data.calendars import ALWAYS_OPEN, time_zone, trading_day
from tradewind.data.catalog import Catalog
from tradewind.data.merge import concatenated
from tradewind.data.moments import format_moment, parse_moment

__all__ = ["show_data"]

KINDS_OF_LEVEL = {3: {"add", "reduce", "delete", "execute", "replace"}, 2: {"level"}, 1: {"quote"}}


class Level(msgspec.Struct, frozen=True):
    """One price of a ladder.

    Attributes:
        price: Price [currency], exact.
        size: Size there [units], exact.
        orders: Number of orders; 0 where the data do not say.
    """

    price: str
    size: str
    orders: int


def show_data(
    symbol: Annotated[str, typer.Argument(help="Symbol, as tradewind data list shows it.")],
    *,
    at: Annotated[
        str | None,
        typer.Option(help="Time, such as 2012-06-21T09:45 in the market's zone, or with Z, -04:00 or a zone; or ns."),
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Rows to show around the time.")] = 10,
    levels: Annotated[int, typer.Option(min=1, help="Levels of the book on each side.")] = 10,
    source: Annotated[
        list[str] | None, typer.Option(help="Only this source (id or format); may be given several times.")
    ] = None,
    catalog: CatalogOption = Path("catalog"),
    as_json: JsonFlag = False,
) -> None:
    """Show the rows around a time and the book at that time, from the deepest data there are.

    Without --at: the end of the last day.
    """
    opened = Catalog(catalog, purpose="tradewind data show")
    instrument = opened.instrument(symbol)
    zone = time_zone(instrument.calendar)
    days = opened.days(symbol)
    at_ns = _last_time(opened, symbol, source) if at is None else parse_moment(at, zone)
    day = _day_of(at_ns, instrument, days)
    first = _first_day(opened, symbol, day, at_ns)
    book = _empty_book(opened, symbol, first, day, source)
    batches = opened.events(symbol, dates=f"{first}..{day}", sources=source)
    before, after = _replay(batches, at_ns, rows, book)
    asks, bids = ([] if book is None else _levels(book, side, levels, instrument) for side in (-1, 1))
    result: dict[str, Any] = {
        "symbol": symbol,
        "at_ns": at_ns,
        "at": format_moment(at_ns, zone),
        "instrument": instrument,
        "book_level": 0 if book is None else book.depth_level,
        "book_from": str(first),
        "book_issues": {} if book is None else book.issues,
        "asks": asks,
        "bids": bids,
        "before": [_plain(row, instrument, zone) for row in before],
        "after": [_plain(row, instrument, zone) for row in after],
    }
    emit(result, as_json=as_json, show=lambda console: _show(console, result, instrument))


def _last_time(catalog: Catalog, symbol: str, sources: list[str] | None) -> int:
    """Latest event of a symbol [ns]."""
    wanted = set(sources or ())
    return max(
        part.last_ns
        for manifest in catalog.manifests()
        for part in manifest.parts
        if part.symbol == symbol and (not wanted or {manifest.id, manifest.format} & wanted)
    )


def _day_of(at_ns: int, instrument: Instrument, days: list[date]) -> date:
    """The trading day of a time, or the last one before it that there is."""
    asked = trading_day(np.array([at_ns]), instrument.calendar)[0].item()
    before = [day for day in days if day <= asked]
    if not before:
        raise NotFoundError(f"{instrument.symbol} begins on {days[0]}, after {asked}; it ends on {days[-1]}")
    return before[-1]


def _first_day(catalog: Catalog, symbol: str, day: date, at_ns: int) -> date:
    """Where to start so that the book is whole: the day, or where days are joined the last one with a snapshot."""
    if catalog.instrument(symbol).calendar != ALWAYS_OPEN:
        return day
    cleared = {c.day for m in catalog.manifests() for c in m.coverage if c.symbol == symbol and "clear" in c.kinds}
    first, days = day, set(catalog.days(symbol))
    if day in cleared and any(
        True for _ in catalog.events(symbol, dates=[day], end=at_ns + 1, kinds=[EventKind.CLEAR])
    ):
        return day
    while first - timedelta(days=1) in days:
        first -= timedelta(days=1)
        if first in cleared:
            break
    return first


def _empty_book(catalog: Catalog, symbol: str, first: date, day: date, sources: list[str] | None) -> FeedBook | None:
    """A book of the deepest kind that the rows of these days can fill; None for trades alone."""
    wanted = set(sources or ())
    kinds: set[str] = set()
    for manifest in catalog.manifests():
        if not wanted or {manifest.id, manifest.format} & wanted:
            held = [c for c in manifest.coverage if c.symbol == symbol and c.day and first <= c.day <= day]
            kinds |= {kind for item in held for kind in item.kinds}
    level = next((level for level, needed in KINDS_OF_LEVEL.items() if kinds & needed), None)
    return None if level is None else book_of_level(level, source=f"{catalog.path}: {symbol}")


def _replay(batches: Iterator[Batch], at_ns: int, count: int, book: FeedBook | None) -> tuple[Array, Array]:
    """Rows before and after a time; the book has followed all rows up to the time."""
    before: Array = np.empty(0, dtype=EVENT)
    after: Array = np.empty(0, dtype=EVENT)
    passed = False
    for batch in batches:
        late = np.flatnonzero(batch.rows["ts_event_ns"] > at_ns)
        cut = 0 if passed else int(late[0]) if len(late) else len(batch.rows)
        passed = passed or len(late) > 0
        if book is not None and cut:
            book.apply(batch.rows[:cut])
        before = concatenated([before, batch.rows[max(0, cut - count) : cut]], EVENT)[-count:] if count else before
        after = concatenated([after, batch.rows[cut : cut + count]], EVENT)[:count]
        if passed and len(after) >= count:
            break
    wanted = max(count // 2, count - len(after))
    kept = before[max(0, len(before) - wanted) :]
    return kept, after[: count - len(kept)]


def _levels(book: FeedBook, side: int, count: int, instrument: Instrument) -> list[Level]:
    found = book.depth(side, count)
    return [
        Level(
            str(instrument.to_price(row["price_ticks"])),
            format(instrument.to_size(row["size_lots"]).normalize(), "f"),
            int(row["orders"]),
        )
        for row in found
    ]


def _plain(row: Any, instrument: Instrument, zone: str) -> dict[str, Any]:
    """A row for people: price in currency, size in units, names instead of numbers."""
    kind = EventKind(int(row["kind"]))
    priced = kind not in (EventKind.CLEAR, EventKind.STATUS) and (kind != EventKind.DELETE or row["price_ticks"])
    return {
        "time": format_moment(row["ts_event_ns"], zone),
        "sequence": int(row["sequence"]),
        "kind": kind.name.lower(),
        "side": {1: "buy", -1: "sell", 0: ""}[int(row["side"])],
        "price": str(instrument.to_price(row["price_ticks"])) if priced else "",
        "size": format(instrument.to_size(row["size_lots"]).normalize(), "f"),
        "order_id": int(row["order_id"]),
        "flags": [flag.name.lower() for flag in EventFlag if flag.name and int(row["flags"]) & flag],
    }


def _show(console: Console, result: dict[str, Any], instrument: Instrument) -> None:
    title = f"{result['symbol']} at {result['at']}"
    for name in ("before", "after"):
        table = Table(box=None, pad_edge=False, title=f"rows {name} {title}", title_justify="left")
        for column in ("time", "sequence", "kind", "side", "price", "size", "order", "flags"):
            table.add_column(column, justify="right" if column in ("sequence", "price", "size", "order") else "left")
        for row in result[name]:
            order = str(row["order_id"]) if row["order_id"] else ""
            words = (row["time"], str(row["sequence"]), row["kind"], row["side"], row["price"], row["size"], order)
            table.add_row(*words, ", ".join(row["flags"]))
        if result[name]:
            console.print(table)
    if result["book_level"]:
        _show_ladder(console, result, title, instrument.currency)


def _show_ladder(console: Console, result: dict[str, Any], title: str, currency: str) -> None:
    name = {3: "order book (L3)", 2: "order book (L2)", 1: "best quotes (L1)"}[result["book_level"]]
    table = Table(box=None, pad_edge=False, title=f"{name} of {title}", title_justify="left")
    for column in ("orders", "bid size", f"price ({currency})", "ask size", "orders"):
        table.add_column(column, justify="right")
    for level in reversed(result["asks"]):
        table.add_row("", "", f"[red]{level.price}[/]", level.size, str(level.orders or ""))
    for level in result["bids"]:
        table.add_row(str(level.orders or ""), level.size, f"[green]{level.price}[/]", "", "")
    console.print(table)
    issues = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in result["book_issues"].items())
    console.print(f"followed from {result['book_from']}" + (f"; {issues}" if issues else ""), highlight=False)
