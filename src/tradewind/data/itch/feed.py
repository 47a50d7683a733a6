"""ITCH file to batches of rows, instrument by instrument, in memory that does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from tradewind.core.dtypes import EVENT, Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.types import Batch, Instrument
from tradewind.data.feed import FileFeed
from tradewind.data.itch.projection import TICK, Projection, price_units, split_by_instrument
from tradewind.data.itch.rows import Status
from tradewind.data.itch.source import Place, Window, broken, check_end, windowed
from tradewind.data.moments import parse_moment
from tradewind.data.reader import ReadOptions

__all__ = ["ItchFeed"]

BUFFER_ROWS = 1 << 20
"""Rows of all instruments that are sorted at a time (56 MiB)."""
SHARE = Decimal(1)


class ItchFeed(FileFeed):
    """Rows of one ITCH file, a batch per instrument each time a million rows have come together.

    Args:
        path: The file.
        options: What the file does not say about itself.
        day: Its day in New York.

    Raises:
        InvalidValueError: For a tick that is no multiple of 0.0001, or a lot size other than one share.
    """

    def __init__(self, path: Path, options: ReadOptions, day: date) -> None:
        super().__init__(path, options)
        if options.lot_size not in (None, SHARE):
            raise InvalidValueError("lot_size", "1: ITCH sizes are shares", options.lot_size)
        self._tick = options.tick_size or TICK
        price_units(self._tick)
        self._midnight_ns = parse_moment(day.isoformat(), "America/New_York")

    def chunks(self) -> Iterator[Batch]:
        """Rows by instrument, each time the buffer is full and at the end."""
        with windowed(self.path) as window:
            prefix = window.framing().prefix
            projection = Projection(prefix, self._midnight_ns, self._tick, self.options.symbol)
            yield from self._read(window, projection, prefix)
        self.counts.update(projection.counts())
        self.check_symbol_found(projection.symbols())

    def _read(self, window: Window, projection: Projection, prefix: int) -> Iterator[Batch]:
        rows: Array = np.empty(BUFFER_ROWS, dtype=EVENT)
        instruments: dict[int, Instrument] = {}
        position = filled = 0
        while True:
            status, position, filled = projection.run(window.data, window.size, position, rows, filled)
            window.messages = projection.messages
            place, rest = Place(self.path, window.messages, window.offset + position, prefix), window.rest(position)
            if status < 0:
                raise broken(place, status, rest)
            if status == Status.MORE_BYTES and window.move(position):
                position = 0
                continue
            yield from self._batches(rows[:filled], projection, instruments)
            filled = 0
            if status == Status.MORE_BYTES:
                check_end(place._replace(number=window.messages + 1), rest)
                return

    def _batches(self, rows: Array, projection: Projection, instruments: dict[int, Instrument]) -> Iterator[Batch]:
        """Rows of each instrument, in arrays of their own."""
        for locate, part in split_by_instrument(rows):
            if locate not in instruments:
                symbol = projection.symbol_of(locate)
                instruments[locate] = self.instrument(symbol, self._tick, SHARE, venue="XNAS", calendar="XNYS")
            yield Batch(instruments[locate], part)
