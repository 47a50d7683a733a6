"""What the feeds of Databento's two file formats share: records of several instruments into batches per instrument."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np

from tradewind.core.dtypes import BAR, Array, EventFlag
from tradewind.core.errors import DataError
from tradewind.core.types import Batch, Instrument
from tradewind.data.columns import rescale
from tradewind.data.feed import FileFeed
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.databento_levels import bar_rows, depth_rows, quote_rows, trade_rows
from tradewind.data.readers.databento_mbo import mbo_rows, open_event
from tradewind.data.readers.databento_records import (
    BAR_RECORD,
    MBO_RECORD,
    TRADE_RECORD,
    RecordFlag,
    book_record,
    calendar_of,
    tick_of,
    venue_of,
)

__all__ = ["BAR_INTERVALS_NS", "RECORDS", "DatabentoFeed"]

BAR_INTERVALS_NS = {32: 10**9, 33: 60 * 10**9, 34: 3600 * 10**9, 35: 86_400 * 10**9}
"""Length of the bars of each bar record type [ns]."""
RECORDS = {
    0: TRADE_RECORD,
    1: book_record(1),
    10: book_record(10),
    160: MBO_RECORD,
    **dict.fromkeys(BAR_INTERVALS_NS, BAR_RECORD),
}
"""Layout of each record type (``rtype``) that becomes rows."""
MBO = 160


class DatabentoFeed(FileFeed):
    """Records to batches; a format says where the records come from (:meth:`pieces`) and how keys are called."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        super().__init__(path, options)
        self._instruments: dict[str, Instrument] = {}
        self._books: dict[str, tuple[Array, Array] | None] = {}

    @abstractmethod
    def pieces(self) -> Iterator[tuple[int, Array, Array]]:
        """Records of one type after the other.

        Yields:
            ``(rtype, records, keys)``: records, shape (n,), n > 0, of ``RECORDS[rtype]``, and for each the key of its
            instrument, int64.
        """

    @abstractmethod
    def symbol(self, key: int) -> str:
        """Symbol of the instrument with a key."""

    def chunks(self) -> Iterator[Batch]:
        """Rows per instrument; records of an event that may go on wait for the next piece."""
        self._instruments, self._books = {}, {}
        held: tuple[Array, Array] | None = None
        for rtype, some, some_keys in self.pieces():
            records, keys = some, some_keys
            if rtype == MBO:
                if held is not None:
                    records, keys = np.concatenate([held[0], records]), np.concatenate([held[1], keys])
                end = open_event(records)
                held = (records[end:].copy(), keys[end:].copy()) if end < len(records) else None
                records, keys = records[:end], keys[:end]
            yield from self._batches(rtype, records, keys)
        if held is not None:
            yield from self._batches(MBO, *held)
        self.check_symbol_found(set(self._instruments))

    def _batches(self, rtype: int, records: Array, keys: Array) -> Iterator[Batch]:
        if not len(records):
            return
        order = np.argsort(keys, kind="stable") if keys.min() != keys.max() else None
        if order is not None:
            records, keys = records[order], keys[order]
        starts = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
        for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
            symbol = self.symbol(int(keys[start]))
            group = records[start:end]
            if symbol not in self._instruments:
                self._instruments[symbol] = self._instrument(symbol, rtype, group)
            if self.wants(symbol):
                instrument = self._instruments[symbol]
                rows = self._rows(rtype, group, symbol, instrument.tick_size)
                self._count(rtype, group, rows)
                self._in_lots(rows, instrument.lot_size)
                yield Batch(instrument, rows, BAR_INTERVALS_NS.get(rtype, 0))

    def _rows(self, rtype: int, records: Array, symbol: str, tick: Decimal) -> Array:
        if rtype == MBO:
            return mbo_rows(records, tick)
        if rtype in BAR_INTERVALS_NS:
            return bar_rows(records, tick)
        if rtype == 0:
            return trade_rows(records, tick)
        read = depth_rows if rtype == 10 else quote_rows
        rows, self._books[symbol] = read(records, tick, self._books.get(symbol))
        return rows

    def _in_lots(self, rows: Array, lot: Decimal) -> None:
        """Turn sizes from units into lots, where the options ask for lots of another size."""
        if lot == 1:
            return
        name = "volume_lots" if rows.dtype == BAR else "size_lots"
        units = rows[name].copy()
        rows[name], off = rescale(units, Decimal(1), lot)
        if off.any():
            raise DataError(self.path, f"sizes in whole lots of {lot}", units[off.argmax()], field="size")

    def _count(self, rtype: int, records: Array, rows: Array) -> None:
        if rtype in BAR_INTERVALS_NS:
            return
        found = {
            "prices off tick": (rows["flags"] & EventFlag.OFF_TICK) != 0,
            "records without effect (action N)": records["action"] == ord("N"),
            "records flagged with a bad receive time": (records["flags"] & RecordFlag.BAD_TS_RECV) != 0,
            "records flagged with a possibly bad book": (records["flags"] & RecordFlag.MAYBE_BAD_BOOK) != 0,
        }
        for what, where in found.items():
            if count := int(where.sum()):
                self.counts[what] += count

    def _instrument(self, symbol: str, rtype: int, records: Array) -> Instrument:
        venue = venue_of(int(records["publisher_id"][0]))
        if rtype in BAR_INTERVALS_NS:
            prices = np.concatenate([records[name] for name in ("open", "high", "low", "close")])
        elif rtype in (1, 10):
            prices = np.concatenate([records["levels"]["bid_px"].ravel(), records["levels"]["ask_px"].ravel()])
        else:
            prices = records["price"][~np.isin(records["action"], [ord("T"), ord("F")]) | (rtype == 0)]
        calendar = calendar_of(venue)
        tick = self.options.tick_size or tick_of(prices, is_us_stock=calendar == "XNYS")
        return self.instrument(symbol, tick, Decimal(1), venue=venue, calendar=calendar)
