"""Bitstamp order events as CSV: ``id, timestamp, exchange.timestamp, price, volume, action, direction``.

Source: the websocket channel ``live_orders`` (bitstamp.net/websocket/v2) as recorded by the R package obAnalytics (Phil
Stubbings, 2016); volume is in units of 1e-8, times in milliseconds. ``timestamp`` is when the recorder received the
event. ``exchange.timestamp`` is when the *order* was created (every event of an order repeats it), in whole seconds:
no event time at all for changes and deletions. Rows therefore carry the receive time as event time, flagged RECV_ONLY,
and keep the order of the file.

======== =================================================================================================
action   row
======== =================================================================================================
created  ADD
changed  ``volume`` is what remains: REDUCE by the difference to what was last said of the order; REPLACE
         where the size grows, the price changes, or the order was not seen before
deleted  DELETE of what remains: ``volume``, or what was last said of the order where ``volume`` is 0 (filled)
======== =================================================================================================

Fields filled: ``ts_event_ns`` and ``ts_recv_ns`` (the same), ``sequence`` (0-based row number: the format has none),
``order_id``, ``price_ticks``, ``size_lots``, ``kind``, ``side``, ``flags`` (LAST, RECV_ONLY). Not filled:
``instrument_id``. The stream is passed on as dirty as it is: it starts without a book, deletes orders never created,
deletes twice, creates after deletion, and orders cross; the book's policy decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.core.types import Batch, Instrument
from tradewind.data.columns import DECIMAL, column_steps, csv_frames, rescale
from tradewind.data.feed import FileFeed
from tradewind.data.last_values import LastValues
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.tables import header_of

__all__ = ["BitstampFeed", "BitstampReader"]

VOLUME_UNIT = Decimal("0.00000001")
COLUMNS = {
    "id": pl.Int64(),
    "timestamp": pl.Int64(),
    "exchange.timestamp": pl.Int64(),
    "price": DECIMAL,
    "volume": pl.Int64(),
    "action": pl.String(),
    "direction": pl.String(),
}
KINDS = {"created": int(EventKind.ADD), "changed": int(EventKind.REDUCE), "deleted": int(EventKind.DELETE)}
SIDES = {"bid": 1, "ask": -1}


class BitstampReader:
    """Opens Bitstamp order events."""

    name: ClassVar[str] = "bitstamp"
    description: ClassVar[str] = "Bitstamp order events (CSV as recorded by obAnalytics)"

    def match(self, head: FileHead) -> Match | None:
        """Recognise the seven column names."""
        found = set(header_of(head)) >= set(COLUMNS)
        return Match(100, "columns id, timestamp, exchange.timestamp, ... direction") if found else None

    def open(self, path: Path, options: ReadOptions) -> BitstampFeed:
        """Open a file.

        Args:
            path: CSV, plain or compressed.
            options: ``symbol`` is BTC-USD, ``tick_size`` 0.01, ``lot_size`` 1e-8 by default.
        """
        return BitstampFeed(path, options)


class BitstampFeed(FileFeed):
    """Rows of one file of order events."""

    def chunks(self) -> Iterator[Batch]:
        """One batch per block of lines."""
        symbol = self.options.symbol or "BTC-USD"
        currency = symbol.rpartition("-")[2] if "-" in symbol else "USD"
        instrument = self.instrument(symbol, Decimal("0.01"), VOLUME_UNIT, venue="BITSTAMP", currency=currency)
        if self.options.symbol is None:
            self.notes = ("The file does not name its pair; taken for BTC-USD.",)
        live = LastValues(width=2)
        for row, frame in csv_frames(self.path, COLUMNS, header=True):
            yield Batch(instrument, self._rows(row, frame, instrument, live))

    def _rows(self, row: int, frame: pl.DataFrame, instrument: Instrument, live: LastValues) -> Array:
        rows = np.zeros(len(frame), dtype=EVENT)
        kind = self._codes(row, frame["action"], KINDS)
        rows["ts_event_ns"] = rows["ts_recv_ns"] = frame["timestamp"].to_numpy() * 1_000_000
        rows["sequence"] = np.arange(row - 1, row - 1 + len(frame))
        rows["order_id"] = frame["id"].to_numpy()
        rows["side"] = self._codes(row, frame["direction"], SIDES)
        rows["price_ticks"], off_tick = column_steps(self.path, row, frame["price"], instrument.tick_size)
        lots, off_lot = rescale(frame["volume"].to_numpy(), VOLUME_UNIT, instrument.lot_size)
        if off_lot.any():
            at = int(off_lot.argmax())
            expected = f"whole lots of {instrument.lot_size}"
            raise DataError(self.path, expected, frame["volume"][at], row=row + at, field="volume")
        said = np.stack([rows["price_ticks"], lots], axis=1)
        old, known = live.before(rows["order_id"], said, kind == EventKind.DELETE)

        changed, old_lots = kind == EventKind.REDUCE, old[:, 1]
        is_cut = known & (old[:, 0] == rows["price_ticks"]) & (lots <= old_lots)
        rows["kind"] = np.where(changed & ~is_cut, EventKind.REPLACE, kind)
        rows["size_lots"] = np.where(changed & is_cut, old_lots - lots, lots)
        filled = (kind == EventKind.DELETE) & (lots == 0)
        rows["size_lots"][filled] = old_lots[filled]
        rows["flags"] = EventFlag.LAST | EventFlag.RECV_ONLY
        rows["flags"][off_tick] |= int(EventFlag.OFF_TICK)
        nothing = changed & is_cut & (rows["size_lots"] == 0)
        self._count({"changes of nothing, left out": nothing, "prices off tick": off_tick})
        kept: Array = rows[~nothing]
        return kept

    def _count(self, found: dict[str, Array]) -> None:
        for what, where in found.items():
            if where.any():
                self.counts[what] += int(where.sum())

    def _codes(self, row: int, column: pl.Series, codes: dict[str, int]) -> Array:
        values = column.replace_strict(codes, default=None, return_dtype=pl.Int8)
        if values.null_count():
            at = int(values.is_null().arg_max() or 0)
            raise DataError(self.path, " or ".join(codes), column[at], row=row + at, field=column.name)
        codes_found: Array = values.to_numpy()
        return codes_found
