"""LOBSTER message files: one NASDAQ stock, one day, every change of the visible book.

Source: lobsterdata.com, "Output structure".

A message is ``time, type, order id, size, price, direction``, without a header: time in seconds after midnight in New
York, price in 1/10000 dollar, direction +1 for a buy and -1 for a sell limit order. It becomes one row:

==== ========================== =========================================================
type meaning                    row
==== ========================== =========================================================
1    new limit order            ADD
2    partial cancellation       REDUCE
3    deletion                   DELETE
4    execution, visible order   EXECUTE (side of the resting order)
5    execution, hidden order    TRADE, HIDDEN (side of the aggressor: the opposite direction)
6    cross trade                TRADE, AUCTION (side 0: a cross has no aggressor)
7    trading halt               STATUS; price -1 halted, 0 quote only, 1 open
==== ========================== =========================================================

Fields filled: ``ts_event_ns`` (exact to the nanosecond), ``sequence`` (0-based message number: the format has none),
``order_id``, ``price_ticks``, ``size_lots``, ``kind``, ``side``, ``flags`` (LAST on every message). Not filled:
``ts_recv_ns``, ``instrument_id``.

**The first book.** LOBSTER sends no snapshot; the order book file beside the messages holds the book after each of
them. The first row of that file, with the first message undone, is the book before it: it comes first, as CLEAR and
one ADD per level, flagged SNAPSHOT and ANONYMOUS, sequence -1, at the time of the first message. Those rows stand for
all orders at their price; their ids are made up, ``2**62 + 2 * level`` for asks and one more for bids (the best level
is 0), far above any number NASDAQ gives. Later messages may name orders inside such a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import numpy as np

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import DataError, InvalidValueError
from tradewind.core.types import Batch
from tradewind.data.columns import rescale
from tradewind.data.feed import FileFeed
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.readers.lobster_messages import FIELDS, message_rows
from tradewind.data.source import blocks, opened

__all__ = ["LobsterFeed", "LobsterReader"]

BLOCK_BYTES = 2 << 20
PRICE_UNIT = Decimal("0.0001")
EMPTY_LEVEL = 9_999_999_999
MADE_UP_ID = 2**62
MESSAGE = re.compile(r"\d{1,5}(\.\d+)?,[1-7],-?\d+,\d+,-?\d+,(-1|1)")
NAME = re.compile(r"(?P<symbol>[^_]+)_(?P<day>\d{4}-\d\d-\d\d)_(?:\d+_\d+_)?(?:message|orderbook)(?:_(?P<levels>\d+))?")


class LobsterReader:
    """Opens LOBSTER message files."""

    name: ClassVar[str] = "lobster"
    description: ClassVar[str] = "LOBSTER order messages (CSV), with the order book file beside them as the first book"

    def match(self, head: FileHead) -> Match | None:
        """Recognise six numbers a line, the second of them a message type, the last +1 or -1."""
        lines = head.lines()[:50]
        if not lines or not all(MESSAGE.fullmatch(line) for line in lines):
            return None
        return Match(90, "lines of time, type 1 to 7, order id, size, price, direction +1 or -1")

    def open(self, path: Path, options: ReadOptions) -> LobsterFeed:
        """Open a message file and the order book file beside it.

        Args:
            path: The message file, named ``SYMBOL_YYYY-MM-DD_..._message_LEVELS.csv``, plain or compressed.
            options: ``symbol`` and ``day`` where the name does not say; ``tick_size`` is 0.01 by default.

        Raises:
            DataError: When neither the name nor the options give symbol and day.
        """
        return LobsterFeed(path, options)


class LobsterFeed(FileFeed):
    """Rows of one LOBSTER message file and its first book."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        super().__init__(path, options)
        named = NAME.match(path.name)
        symbol = options.symbol or (named["symbol"] if named else None)
        day = options.day or (_day(path, named["day"]) if named else None)
        if symbol is None or day is None:
            wanted = "a name like AAPL_2012-06-21_34200000_57600000_message_50.csv"
            raise DataError(path, wanted, path.name, hint="Or give the symbol and the day as options.")
        self._instrument = self.instrument(
            symbol, Decimal("0.01"), Decimal(1), venue="XNAS", currency="USD", calendar="XNYS"
        )
        if self._instrument.lot_size != int(self._instrument.lot_size):
            raise InvalidValueError("lot_size", "a whole number of shares", self._instrument.lot_size)
        self._lot = int(self._instrument.lot_size)
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("America/New_York"))
        self._midnight_ns = int(midnight.astimezone(UTC).timestamp()) * 10**9
        self._book = _book_beside(path)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The message file, then the order book file if there is one."""
        return (self.path, self._book) if self._book else (self.path,)

    def chunks(self) -> Iterator[Batch]:
        """The first book with the messages of the first block, then the others."""
        if self._book is None:
            self.notes = ("no order book file beside it: the book starts empty",)
        tick, lot = Fraction(self._instrument.tick_size) / Fraction(PRICE_UNIT), self._lot
        done = 0
        for block in blocks(self.path, BLOCK_BYTES):
            text = block.rstrip(b"\r\n")
            if not text:
                continue
            rows, wrong = message_rows(text, self._midnight_ns, tick, lot)
            if wrong >= 0:
                raise self._bad_message(text.split(b"\n")[len(rows)], done + len(rows) + 1, wrong)
            rows["sequence"] = np.arange(done, done + len(rows))
            if done == 0 and self._book:
                rows = np.concatenate([self._first_book(self._book, text.partition(b"\n")[0], rows[0]), rows])
            done = int(rows["sequence"][-1]) + 1
            yield Batch(self._instrument, rows)

    def _bad_message(self, line: bytes, row: int, wrong: int) -> DataError:
        """Error about the first message that is none."""
        text = line.decode("utf-8", errors="replace").rstrip("\r")
        fields = text.split(",")
        if len(fields) != len(FIELDS):
            return DataError(self.path, f"{len(FIELDS)} fields: {', '.join(FIELDS)}", f"{len(fields)}: {text}", row=row)
        name, expected = list(FIELDS.items())[wrong]
        return DataError(self.path, expected, fields[wrong], row=row, field=name)

    def _first_book(self, book: Path, message: bytes, first: Array) -> Array:
        """CLEAR and the levels of the book before the first message."""
        asks, bids = _levels(book)
        kind, _, size, price, direction = (int(field) for field in message.split(b",")[1:])
        if kind in (1, 2, 3, 4):
            side = bids if direction == 1 else asks
            before = side.get(price, 0) + (-size if kind == 1 else size)
            if before >= 0:
                side[price] = before
            else:
                self.notes = (f"{book.name}: its first row does not show the first message; taken as it is",)
        levels = [
            (sign, level, price, size)
            for sign, side in ((-1, asks), (1, bids))
            for level, (price, size) in enumerate(sorted(side.items(), key=lambda item: -sign * item[0]))
            if size > 0
        ]
        rows = np.zeros(1 + len(levels), dtype=EVENT)
        rows["ts_event_ns"] = first["ts_event_ns"]
        rows["sequence"] = -1
        rows["kind"] = EventKind.ADD
        rows["kind"][0] = EventKind.CLEAR
        rows["flags"] = EventFlag.SNAPSHOT | EventFlag.ANONYMOUS
        rows["flags"][0] = EventFlag.SNAPSHOT
        rows["flags"][-1] |= EventFlag.LAST
        if levels:
            sign, level, prices, sizes = np.array(levels, dtype=np.int64).T
            rows["side"][1:] = sign
            rows["order_id"][1:] = MADE_UP_ID + 2 * level + (sign > 0)
            rows["price_ticks"][1:], off = rescale(prices, PRICE_UNIT, self._instrument.tick_size)
            rows["flags"][1:] |= np.where(off, EventFlag.OFF_TICK, 0).astype(np.uint16)
            rows["size_lots"][1:] = rescale(sizes, Decimal(1), self._instrument.lot_size)[0]
        return rows


def _day(path: Path, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DataError(path, "a day YYYY-MM-DD in the file name", text) from None


def _book_beside(path: Path) -> Path | None:
    """The order book file of the same symbol and day: of the messages' depth if there is one, else the deepest."""
    named = NAME.match(path.name)
    prefix = path.name.rpartition("message")[0]
    found = []
    for other in sorted(path.parent.glob("*orderbook*")):
        book = NAME.match(other.name)
        same = named and book and (book["symbol"], book["day"]) == (named["symbol"], named["day"])
        if same or (prefix and other.name.startswith(f"{prefix}orderbook")):
            depth = bool(named and book and book["levels"] == named["levels"])
            found.append((depth, len(_first_line(other)), other))
    return max(found)[2] if found else None


def _first_line(book: Path) -> list[str]:
    with opened(book) as file:
        return file.readline().decode("utf-8", errors="replace").strip().split(",")


def _levels(book: Path) -> tuple[dict[int, int], dict[int, int]]:
    """Sizes by price of asks and bids, from the first row: ask price, ask size, bid price, bid size, next level."""
    fields = _first_line(book)
    try:
        numbers = [int(field) for field in fields]
    except ValueError:
        numbers = []
    if not numbers or len(numbers) % 4:
        raise DataError(book, "ask price, ask size, bid price, bid size of each level", ",".join(fields), row=1)
    quads = np.array(numbers).reshape(-1, 4).tolist()
    asks = {price: size for price, size, _, _ in quads if price != EMPTY_LEVEL}
    bids = {price: size for _, _, price, size in quads if price != -EMPTY_LEVEL}
    return asks, bids
