"""Coinbase Exchange (once GDAX) full channel: every order of a product, as JSON.

Source: docs.cdp.coinbase.com/exchange, "Full channel" and "Get product book". A file is one array of messages or one
message a line; ``beginning_level_3.json`` beside it is the book before the first of them.

=============== ================================================================================================
message         row
=============== ================================================================================================
received        none: not on the book yet
open            ADD of ``remaining_size``
match           EXECUTE of the maker; ``side`` is the maker's
done, canceled  DELETE; none if the order never rested
done, filled    none: its matches left nothing
change          REDUCE by the difference; REPLACE where the size grows or the price changes; none before ``open``
activate        none: a stop order is not on the book
=============== ================================================================================================

Fields filled: ``ts_event_ns``, ``sequence`` (Coinbase's), ``order_id`` (BLAKE2b of the UUID), ``price_ticks``,
``size_lots``, ``kind``, ``side``, ``flags`` (LAST on every message). Not filled: ``ts_recv_ns``, ``instrument_id``.

The level-3 book becomes CLEAR and an ADD per order, in its order (price, then time), flagged SNAPSHOT, with the
book's sequence; messages up to that sequence are already in it and are skipped and counted. A level-3 book file alone
is read as just that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import msgspec
import numpy as np
import polars as pl

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.core.types import Batch, Instrument
from tradewind.data.columns import DECIMAL, column_steps, iso_ns
from tradewind.data.feed import FileFeed, exact_step
from tradewind.data.identifiers import order_id_of
from tradewind.data.json_stream import json_objects
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.source import opened, read_head

__all__ = ["CoinbaseBook", "CoinbaseFeed", "CoinbaseReader"]

LOT = Decimal("0.00000001")
MESSAGE_TYPES = re.compile(r'"type"\s*:\s*"(received|open|done|match|change|activate|subscriptions)"')
BOOK_START = re.compile(
    rb'\s*\{.{0,300}?"(asks|bids)"\s*:\s*\[\s*(\]|\[\s*"[^"]*"\s*,\s*"[^"]*"\s*,\s*"[^"]*-)', re.DOTALL
)


class Message(msgspec.Struct):
    """What is used of any message of the full channel."""

    type: str
    product_id: str = ""
    sequence: int = -1
    time: str = ""
    side: str = ""
    order_id: str = ""
    maker_order_id: str = ""
    price: str = ""
    size: str = ""
    remaining_size: str = ""
    reason: str = ""
    old_size: str = ""
    new_size: str = ""
    old_price: str = ""
    new_price: str = ""


class Level3(msgspec.Struct):
    """A level-3 book: price, size and order of every resting order."""

    sequence: int
    asks: list[tuple[str, str, str]]
    bids: list[tuple[str, str, str]]
    time: str = ""


class CoinbaseReader:
    """Opens files of the full channel, and level-3 books."""

    name: ClassVar[str] = "coinbase"
    description: ClassVar[str] = (
        "Coinbase full channel (JSON array or lines) with its level-3 book, or such a book alone"
    )

    def match(self, head: FileHead) -> Match | None:
        """Recognise messages with ``type``, ``product_id`` and ``order_id``, or a level-3 book."""
        if BOOK_START.match(head.data):
            return Match(85, "a JSON book with price, size and order id of every order")
        text = head.data[:20_000].decode("utf-8", errors="replace").lstrip("\ufeff \r\n\t")
        if text.startswith(("[", "{")) and MESSAGE_TYPES.search(text) and '"product_id"' in text:
            return Match(90, "JSON messages with type received, open, done, match or change, and product_id")
        return None

    def open(self, path: Path, options: ReadOptions) -> FileFeed:
        """Open a message file with the level-3 book beside it, or a book alone.

        Args:
            path: JSON, plain or compressed.
            options: ``symbol`` is the product; it must be given for a book alone, and ``day`` when the book has no
                time. Default lot 1e-8; default tick 0.01, or finer where prices of the first messages are.
        """
        if BOOK_START.match(read_head(path).data):
            return CoinbaseBook(path, options)
        return CoinbaseFeed(path, options)


class CoinbaseFeed(FileFeed):
    """Rows of one file of full-channel messages, after the level-3 book beside it."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        super().__init__(path, options)
        self._book = next((p for p in sorted(path.parent.glob("beginning_level_3.json*")) if p != path), None)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The messages, then the level-3 book if there is one."""
        return (self.path, self._book) if self._book else (self.path,)

    def chunks(self) -> Iterator[Batch]:
        """The book and the first messages, then the others, per product."""
        book = _read_book(self._book) if self._book else None
        products: dict[str, _Product] = {}
        for row, messages in json_objects(self.path, Message):
            groups: dict[str, list[tuple[int, Message]]] = {}
            for number, message in enumerate(messages, row):
                groups.setdefault(message.product_id, []).append((number, message))
            if unnamed := groups.pop("", None):
                self.counts["messages without a product"] += len(unnamed)
            for symbol, group in groups.items():
                if symbol not in products:
                    products[symbol] = _Product(self, symbol, None if products else book)
                if self.wants(symbol):
                    yield from products[symbol].batches(group)
        self.check_symbol_found(set(products))
        if self._book is None:
            self.notes = ("No beginning_level_3.json beside it: the book starts empty.",)
        elif len(products) > 1:
            self.notes = (f"{self._book.name} does not name its product; taken for {next(iter(products))}.",)


class CoinbaseBook(FileFeed):
    """Rows of one level-3 book."""

    def chunks(self) -> Iterator[Batch]:
        """CLEAR and an ADD per order."""
        book, day = _read_book(self.path), self.options.day
        if self.options.symbol is None:
            raise DataError(self.path, "a symbol", "a book that does not say", hint="Name it with --symbol.")
        if not book.time and day is None:
            raise DataError(self.path, "a time", "a book without one", field="time", hint="Say the day with --day.")
        stamp = book.time or f"{day}T00:00:00Z"
        ts_ns = int(iso_ns(self.path, 1, pl.Series("time", [stamp]))[0])
        instrument = _instrument(self, self.options.symbol, _book_prices(book))
        yield Batch(instrument, _book_rows(self.path, book, instrument, ts_ns))


class _Change(NamedTuple):
    """A message that changes the book, its size being ``size`` less ``minus``; or columns of many."""

    row: Any
    sequence: Any
    time: Any
    kind: Any
    side: Any
    order: Any
    price: Any
    size: Any
    minus: Any


class _Orders(NamedTuple):
    """Columns of a level-3 book."""

    side: Sequence[str]
    order: Sequence[str]
    price: Sequence[str]
    size: Sequence[str]


class _Product:
    """One product's messages on their way to rows; remembers which orders were received and do not rest yet."""

    def __init__(self, feed: CoinbaseFeed, symbol: str, book: Level3 | None) -> None:
        self.feed, self.symbol, self.book = feed, symbol, book
        self.since = book.sequence if book else -1
        self.unborn: set[str] = set()
        self.instrument: Instrument | None = None

    def batches(self, messages: list[tuple[int, Message]]) -> Iterator[Batch]:
        """Rows of the next messages, the first time behind those of the book."""
        path = self.feed.path
        changes = [change for row, message in messages if (change := self.change(row, message))]
        if not changes:
            return
        columns = _Change(*zip(*changes, strict=True))
        if self.instrument is None:
            prices = (*columns.price, *(_book_prices(self.book) if self.book else ()))
            self.instrument = _instrument(self.feed, self.symbol, prices)
        rows = _rows(path, columns, self.instrument)
        if self.book:
            start_ns = int(rows["ts_event_ns"][0])
            yield Batch(self.instrument, _book_rows(self.feed.paths[1], self.book, self.instrument, start_ns))
            self.book = None
        yield Batch(self.instrument, rows)

    def change(self, row: int, message: Message) -> _Change | None:
        """What a message does to the book, if anything."""
        if message.sequence <= self.since:
            self.feed.counts["messages already in the book"] += 1
            return None
        if message.type == "received":
            self.unborn.add(message.order_id)
            return None
        if message.type == "open":
            self.unborn.discard(message.order_id)
            return _change(row, message, EventKind.ADD, message.remaining_size)
        if message.type == "match":
            return _change(row, message, EventKind.EXECUTE, message.size)
        rested = message.order_id not in self.unborn
        if message.type == "done":
            self.unborn.discard(message.order_id)
            if message.reason == "filled":
                return None
            if rested and message.price:
                return _change(row, message, EventKind.DELETE, message.remaining_size or "0")
            self.feed.counts["cancelled before they rested"] += 1
            return None
        if message.type == "change":
            before = message.old_price or message.price
            if not rested or not message.new_size or not before:
                self.feed.counts["changed before they rested"] += 1
                return None
            if message.new_price not in ("", before):
                return _change(row, message, EventKind.REPLACE, message.new_size)
            return _change(row, message, EventKind.REDUCE, message.old_size, message.new_size)
        self.feed.counts[f"messages of type {message.type}"] += 1
        return None


def _change(row: int, message: Message, kind: EventKind, size: str, minus: str = "0") -> _Change:
    order = message.maker_order_id if kind == EventKind.EXECUTE else message.order_id
    price = message.new_price or message.price or message.old_price
    return _Change(row, message.sequence, message.time, kind, message.side, order, price, size, minus)


def _instrument(feed: FileFeed, symbol: str, prices: Sequence[str]) -> Instrument:
    sample = pl.Series(prices).cast(pl.Float64, strict=False).drop_nulls().to_numpy()
    tick = feed.options.tick_size or exact_step(sample, "0.01")
    currency = symbol.rpartition("-")[2] if "-" in symbol else "USD"
    return feed.instrument(symbol, tick, LOT, venue="COINBASE", currency=currency)


def _rows(path: Path, columns: _Change, instrument: Instrument) -> Array:
    """Rows of messages, given as columns."""
    numbers = np.array(columns.row)
    rows = _orders(path, numbers, columns, instrument)
    rows["ts_event_ns"] = iso_ns(path, numbers, pl.Series("time", columns.time))
    rows["sequence"] = columns.sequence
    rows["kind"] = columns.kind
    minus, _ = column_steps(path, numbers, _decimals(path, numbers, "new_size", columns.minus), instrument.lot_size)
    grows = minus > rows["size_lots"]
    rows["kind"][grows] = EventKind.REPLACE
    rows["size_lots"] = np.where(grows, minus, rows["size_lots"] - minus)
    rows["flags"] |= int(EventFlag.LAST)
    return rows


def _orders(path: Path, numbers: Array, columns: _Change | _Orders, instrument: Instrument) -> Array:
    """Rows with what names an order, its side, price and size."""
    rows = np.zeros(len(numbers), dtype=EVENT)
    sides = pl.Series("side", columns.side)
    is_bid = (sides == "buy").to_numpy()
    if not (known := is_bid | (sides == "sell").to_numpy()).all():
        at = int(known.argmin())
        raise DataError(path, "buy or sell", columns.side[at], row=int(numbers[at]), field="side")
    prices = _decimals(path, numbers, "price", columns.price)
    sizes = _decimals(path, numbers, "size", columns.size)
    rows["side"] = np.where(is_bid, 1, -1)
    rows["order_id"] = [order_id_of(name) for name in columns.order]
    rows["price_ticks"], off = column_steps(path, numbers, prices, instrument.tick_size)
    rows["size_lots"], _ = column_steps(path, numbers, sizes, instrument.lot_size)
    rows["flags"] = np.where(off, EventFlag.OFF_TICK, 0)
    return rows


def _decimals(path: Path, numbers: Array, name: str, texts: Sequence[str]) -> pl.Series:
    values = pl.Series(name, texts).cast(DECIMAL, strict=False)
    if values.null_count():
        at = int(values.is_null().arg_max() or 0)
        raise DataError(path, "a decimal number", texts[at], row=int(numbers[at]), field=name)
    return values


def _read_book(path: Path) -> Level3:
    with opened(path) as file:
        text = file.read()
    try:
        return msgspec.json.decode(text, type=Level3)
    except msgspec.DecodeError as error:
        raise DataError(path, "a level-3 book: sequence, asks and bids of [price, size, order]", str(error)) from None


def _book_prices(book: Level3) -> list[str]:
    return [order[0] for order in (*book.asks, *book.bids)]


def _book_rows(path: Path, book: Level3, instrument: Instrument, ts_ns: int) -> Array:
    """CLEAR and an ADD per order, all at one time; row numbers in errors count asks, then bids."""
    orders = [*book.asks, *book.bids]
    rows = np.zeros(1 + len(orders), dtype=EVENT)
    if orders:
        price, size, names = zip(*orders, strict=True)
        sides = ["sell"] * len(book.asks) + ["buy"] * len(book.bids)
        rows[1:] = _orders(path, np.arange(1, len(rows)), _Orders(sides, names, price, size), instrument)
    rows["ts_event_ns"] = ts_ns
    rows["sequence"] = book.sequence
    rows["kind"] = EventKind.ADD
    rows["kind"][0] = EventKind.CLEAR
    rows["flags"] |= int(EventFlag.SNAPSHOT)
    rows["flags"][-1] |= EventFlag.LAST
    return rows
