"""NASDAQ TotalView-ITCH 5.0: every order of every stock of one day, binary.

Source: Nasdaq, "Nasdaq TotalView-ITCH 5.0"; the BX and PSX feeds are the same. Messages stand behind two bytes of
length, as in Nasdaq's daily files, or one after the other without; plain or compressed.

======= =========================== ==================================================================================
message meaning                     rows
======= =========================== ==================================================================================
A, F    new order                   ADD
E       execution                   EXECUTE at the order's own price (side of the resting order)
C       execution at another price  EXECUTE at that price; not printable: OUT_OF_SEQUENCE, its shares are in a cross
X       partial cancel              REDUCE
D       delete                      DELETE with what the order still had
U       replace                     DELETE and ADD, both REPLACED, LAST on the second; the side is the old order's
P       trade, hidden order         TRADE, HIDDEN, side 0 (the feed says B whatever it was)
Q       cross                       TRADE, AUCTION, side 0; one of 0 shares is no trade and only counted
H       trading action              STATUS: T open, Q quote only, H and P halted
h       operational halt            STATUS if it is this market's own (code Q), else only counted
S       end of system hours (E)     STATUS closed for every instrument
R       stock directory             none: names the instrument and its round lot
B       broken trade                none, counted: rows do not carry match numbers; ``decode`` gives them
others  Y L V W K J I N O, other S  none, counted by name; ``decode`` gives all their fields
======= =========================== ==================================================================================

Fields filled: ``ts_event_ns``, ``sequence`` (the message's 1-based number in the file; both rows of a replace have the
same), ``order_id`` (the order reference; 0 for prints), ``price_ticks``, ``size_lots`` (shares), ``instrument_id``
(stock locate code), ``kind``, ``side``, ``flags`` (LAST on every message, ODD_LOT on trades below the round lot,
OFF_TICK on prices between ticks). Not filled: ``ts_recv_ns``.

The tick is 0.01 dollar; stocks below one dollar quote in 0.0001, so read those with that tick. A change of an order
that the file never added (it starts within the day) gives no row and is counted as ``unknown_references``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import numpy as np

from tradewind.core.dtypes import EVENT, Array
from tradewind.core.errors import DataError, InvalidValueError, UsageError
from tradewind.core.types import Batch, Instrument
from tradewind.data.feed import FileFeed
from tradewind.data.itch.framing import recognise
from tradewind.data.itch.project import by_instrument
from tradewind.data.itch.projection import TICK, Projection, price_units
from tradewind.data.itch.rows import LOCATES, Status
from tradewind.data.itch.source import Place, Window, broken, check_end
from tradewind.data.moments import parse_moment
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.source import opened

__all__ = ["ItchFeed", "ItchReader", "day_in_name"]

BUFFER_ROWS = 1 << 20
"""Rows of all instruments that are sorted at a time (56 MiB)."""
SHARE = Decimal(1)
DATE = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\d|\d{8}|\d{6})(?!\d)")
VENUES = {"BX": "XBOS", "PSX": "XPSX"}


def day_in_name(name: str) -> date | None:
    """Day that a file is named after, as Nasdaq and others write it; None when there is none.

    Examples:
        >>> day_in_name("01302019.NASDAQ_ITCH50.gz"), day_in_name("S010220-v50.txt.gz")
        (datetime.date(2019, 1, 30), datetime.date(2020, 1, 2))
        >>> day_in_name("20190730.BX_ITCH_50"), day_in_name("itch-2019-07-30.bin")
        (datetime.date(2019, 7, 30), datetime.date(2019, 7, 30))
    """
    for digits in DATE.findall(name):
        if "-" in digits:
            tries = [digits.split("-")]
        elif len(digits) == 8:
            tries = [[digits[4:], digits[:2], digits[2:4]], [digits[:4], digits[4:6], digits[6:]]]
        else:
            tries = [["20" + digits[4:], digits[:2], digits[2:4]]]
        for year, month, day in tries:
            try:
                found = date(int(year), int(month), int(day))
            except ValueError:
                continue
            if 1990 <= found.year < 2100:
                return found
    return None


class ItchReader:
    """Opens TotalView-ITCH 5.0 files."""

    name: ClassVar[str] = "itch"
    description: ClassVar[str] = "NASDAQ TotalView-ITCH 5.0 (binary), all messages, all stocks of a day"

    def match(self, head: FileHead) -> Match | None:
        """Recognise messages whose types, lengths and times fit together from the first byte on."""
        found = recognise(head.data)
        if found.messages == 0 or (found.prefix == 0 and (found.messages < 2 or b"\0" not in head.data[:12])):
            return None
        framed = "with lengths before them" if found.prefix else "without lengths"
        reason = f"ITCH 5.0 messages {framed}: {found.codes[:8]}"
        if found.broken:
            return Match(50, f"{reason}, then a broken one") if found.messages >= 8 else None
        return Match(95 if found.codes.startswith("S") else 85, reason)

    def open(self, path: Path, options: ReadOptions) -> ItchFeed:
        """Open a file of one day.

        Args:
            path: The file; its name may hold the day, as in ``01302019.NASDAQ_ITCH50.gz``.
            options: ``day`` where the name does not say; ``symbol`` reads that stock alone; ``tick_size`` is 0.01.

        Raises:
            UsageError: When neither the name nor the options give the day.
            InvalidValueError: For a tick that is no multiple of 0.0001, or a lot size other than one share.
        """
        return ItchFeed(path, options)


class ItchFeed(FileFeed):
    """Rows of one ITCH file, a batch per instrument each time a million rows have come together."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        super().__init__(path, options)
        day = options.day or day_in_name(path.name)
        if day is None:
            raise UsageError(
                f"{path}: ITCH times count from midnight and neither an option nor the file's name gives the day; "
                "say which with --day YYYY-MM-DD, or name the file like 01302019.NASDAQ_ITCH50.gz"
            )
        if options.lot_size not in (None, SHARE):
            raise InvalidValueError("lot_size", "1: ITCH sizes are shares", options.lot_size)
        self._tick = options.tick_size or TICK
        price_units(self._tick)
        self._midnight_ns = parse_moment(day.isoformat(), "America/New_York")
        words = re.split(r"[^A-Za-z]+", path.name.upper())
        self._venue = next((VENUES[word] for word in words if word in VENUES), "XNAS")

    def chunks(self) -> Iterator[Batch]:
        """Rows by instrument, each time the buffer is full and at the end."""
        projection = None
        try:
            with opened(self.path) as file:
                window = Window(file)
                window.move(0)
                prefix = recognise(window.data[: min(window.size, 4096)].tobytes()).prefix
                projection = Projection(prefix, self._midnight_ns, self._tick, self.options.symbol)
                yield from self._read(window, projection, prefix)
        except DataError as error:
            if error.row is not None or projection is None:
                raise
            got = f"{error.got}, after message {projection.messages:,}"
            raise DataError(error.path, error.expected, got, hint=error.hint) from None
        self.counts.update(projection.counts())
        self.check_symbol_found(projection.symbols())

    def _read(self, window: Window, projection: Projection, prefix: int) -> Iterator[Batch]:
        rows: Array = np.empty(BUFFER_ROWS, dtype=EVENT)
        instruments: dict[int, Instrument] = {}
        position = filled = 0
        while True:
            status, position, filled = projection.run(window.data, window.size, position, rows, filled)
            place = Place(self.path, projection.messages, window.offset + position, prefix)
            rest = window.rest(position)
            if status < 0:
                raise broken(place, status, rest)
            more = status == Status.ROWS_FULL
            if not more:
                more, position = window.move(position), 0
            if status == Status.ROWS_FULL or not more:
                yield from self._batches(rows[:filled], projection, instruments)
                filled = 0
            if not more:
                check_end(place._replace(number=place.number + 1), rest)
                return

    def _batches(self, rows: Array, projection: Projection, instruments: dict[int, Instrument]) -> Iterator[Batch]:
        """Rows of each instrument, in arrays of their own."""
        ordered, ends = np.empty_like(rows), np.zeros(LOCATES, dtype=np.int64)
        by_instrument(rows, ordered, ends)
        begins = np.concatenate([[0], ends[:-1]])
        for locate in np.flatnonzero(ends > begins).tolist():
            if locate not in instruments:
                symbol = projection.symbol_of(locate)
                instruments[locate] = self.instrument(symbol, self._tick, SHARE, venue=self._venue, calendar="XNYS")
            yield Batch(instruments[locate], ordered[begins[locate] : ends[locate]])
