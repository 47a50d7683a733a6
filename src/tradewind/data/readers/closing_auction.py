"""NASDAQ closing-auction imbalance as the "Optiver – Trading at the Close" competition gave it: Parquet or CSV.

Each row is one stock at one of 55 moments, ten seconds apart, from 15:50:00 New York time on. Rows become QUOTE bid and
QUOTE ask of symbol ``stock_<stock_id>``, ``instrument_id`` = ``stock_id``.

* Prices are relative to the stock's own average price when the auction begins: 1.000224 is 2.24 basis points above it.
  The tick is 1e-6. Sizes are dollars, in lots of 0.01.
* The real dates are not known: ``date_id`` counts days. Without ``options.day`` they are counted from 1970-01-01.
* The imbalance itself (size, direction, matched size, reference, near and far price) is no quote, trade or order: it
  has no place in rows and is left out; ``notes`` say so. Read those columns from the file where they are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from tradewind.core.dtypes import EVENT, Array
from tradewind.core.errors import DataError
from tradewind.core.ports import Feed
from tradewind.core.types import Batch
from tradewind.data.feed import FileFeed, quote_rows
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.source import read_head
from tradewind.data.tables import header_of, table_frames

__all__ = ["ClosingAuctionReader"]

NEEDED = ("stock_id", "date_id", "seconds_in_bucket", "bid_price", "bid_size", "ask_price", "ask_size")
SIGNATURE = {*NEEDED, "imbalance_size", "reference_price", "matched_size"}
BEGINS = time(15, 50, tzinfo=ZoneInfo("America/New_York"))
TICK, LOT = Decimal("0.000001"), Decimal("0.01")


class ClosingAuctionReader:
    """Quotes around the NASDAQ closing auction."""

    name: ClassVar[str] = "closing_auction"
    description: ClassVar[str] = "NASDAQ closing-auction imbalance (Parquet or CSV): the quotes in it, per stock"

    def match(self, head: FileHead) -> Match | None:
        """Recognise the columns."""
        if set(header_of(head)) >= SIGNATURE:
            return Match(100, "columns stock_id, seconds_in_bucket, imbalance_size and quotes")
        return None

    def open(self, path: Path, options: ReadOptions) -> Feed:
        """Open a file; ``options.symbol`` chooses one stock, as ``stock_7``; ``options.day`` is the date."""
        return _ClosingAuctionFeed(path, options)


class _ClosingAuctionFeed(FileFeed):
    def chunks(self) -> Iterator[Batch]:
        names = header_of(read_head(self.path))
        missing = [name for name in NEEDED if name not in names]
        if missing:
            raise DataError(self.path, f"a column {missing[0]!r}", f"columns {', '.join(names)}", field=missing[0])
        seen: set[str] = set()
        for row, frame in table_frames(self.path, {name: name for name in NEEDED}, set(NEEDED)):
            self._check(row, frame)
            numbered = frame.with_columns(pl.Series("stamp", self._times(frame))).with_row_index("row", offset=row)
            for (stock,), part in numbered.partition_by("stock_id", as_dict=True, maintain_order=True).items():
                seen.add(f"stock_{int(stock)}")
                if self.wants(f"stock_{int(stock)}"):
                    yield self._quotes(int(stock), part)
        self.check_symbol_found(seen)
        left = [name for name in names if name not in NEEDED]
        self.notes = (
            f"Columns without a place in rows, left out: {', '.join(left)}.",
            "Prices are relative to each stock's average price at 15:50; sizes are dollars.",
        )

    def _quotes(self, stock: int, frame: pl.DataFrame) -> Batch:
        instrument = self.instrument(f"stock_{stock}", TICK, LOT, venue="XNAS", calendar="XNYS")
        rows = frame["row"].to_numpy().astype(np.int64)
        stamps = np.zeros(len(frame), dtype=EVENT)
        stamps["ts_event_ns"] = frame["stamp"].to_numpy()
        stamps["sequence"] = rows - 1
        stamps["instrument_id"] = stock
        sizes = (frame[name].fill_null(0).to_numpy() for name in ("bid_size", "ask_size"))
        lots = [self.lots(rows, size, instrument, "bid_size or ask_size") for size in sizes]
        prices = frame.select(pl.col("bid_price", "ask_price").fill_null(np.nan)).to_numpy()
        return Batch(instrument, quote_rows(stamps, prices, np.stack(lots, axis=1), instrument.tick_size))

    def _check(self, row: int, frame: pl.DataFrame) -> None:
        for name in NEEDED[:3]:
            bad = (frame[name].is_null() | (frame[name] < 0)).arg_true()
            if len(bad):
                at = int(bad[0])
                raise DataError(self.path, "a number from 0", str(frame[name][at]), row=row + at, field=name)

    def _times(self, frame: pl.DataFrame) -> Array:
        """Event times; each ``date_id`` is one day."""
        starts = {day: self._start_ns(int(day)) for day in frame["date_id"].unique()}
        if self.options.day is not None and len(starts) > 1:
            raise DataError(self.path, "one date_id when a day is given", f"{len(starts)} of them", field="date_id")
        first = frame["date_id"].replace_strict(starts, return_dtype=pl.Int64)
        return (first + (frame["seconds_in_bucket"] * 1e9).cast(pl.Int64)).to_numpy()

    def _start_ns(self, date_id: int) -> int:
        day = self.options.day or date(1970, 1, 1) + timedelta(days=date_id)
        return int(datetime.combine(day, BEGINS).timestamp()) * 10**9
