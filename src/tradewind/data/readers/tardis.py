"""Tardis.dev CSV: incremental L2 books, book snapshots, trades and quotes of crypto exchanges.

The kind is told by the header; one file may hold several symbols (one batch for each, as blocks are read). Time
stamps are microseconds, of the exchange (``timestamp``) and of Tardis (``local_timestamp``).

======================= ==============================================================================================
file                    rows
======================= ==============================================================================================
incremental_book_L2     LEVEL (``amount`` 0 removes it); rows of one ``local_timestamp`` are one packet. Where a run of
                        ``is_snapshot`` begins, CLEAR comes first, and the run is flagged SNAPSHOT
book_snapshot_N         LEVEL rows of the changes from one snapshot to the next; the first is CLEAR and its levels. A
                        level that leaves the N visible ones gets size 0, whether cancelled or only out of sight
trades                  TRADE with the aggressor's side; the trade's id is not kept (ids are of any form)
quotes                  QUOTE bid, QUOTE ask
======================= ==============================================================================================

There is no sequence number: ``sequence`` is the 0-based row of the file. Tick and lot are inferred from the first rows
of each symbol; a later size that is no multiple of the lot is an error, never rounded.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.core.ports import Feed
from tradewind.core.types import Batch, Instrument
from tradewind.data.columns import csv_frames, to_steps
from tradewind.data.depth_changes import depth_changes
from tradewind.data.feed import FileFeed, exact_step, likely_step, quote_rows
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.source import read_head
from tradewind.data.tables import header_of

__all__ = ["TardisReader"]

STAMPS = ("exchange", "symbol", "timestamp", "local_timestamp")
KINDS = {
    "incremental_book_L2": ("is_snapshot", "side", "price", "amount"),
    "trades": ("id", "side", "price", "amount"),
    "quotes": ("ask_amount", "ask_price", "bid_price", "bid_amount"),
}
LEVEL = re.compile(r"(asks|bids)\[(\d+)\]\.(price|amount)")
BOOK_SIDES = {"bid": 1, "ask": -1}
AGGRESSORS = {"buy": 1, "sell": -1, "unknown": 0}


class TardisReader:
    """CSV files of Tardis.dev."""

    name: ClassVar[str] = "tardis"
    description: ClassVar[str] = "Tardis.dev CSV: incremental_book_L2, book_snapshot_5/25, trades, quotes"

    def match(self, head: FileHead) -> Match | None:
        """Recognise the header of one of the kinds."""
        kind = None if head.columns else _kind(header_of(head))
        return Match(100, f"header of Tardis {kind}") if kind else None

    def open(self, path: Path, options: ReadOptions) -> Feed:
        """Open a file; ``options.symbol`` chooses one of several symbols."""
        return _TardisFeed(path, options)


def _kind(names: tuple[str, ...]) -> str | None:
    if names[:4] != STAMPS:
        return None
    rest = names[4:]
    if rest and len(rest) % 4 == 0 and all(LEVEL.fullmatch(name) for name in rest):
        return f"book_snapshot_{len(rest) // 4}"
    return next((kind for kind, columns in KINDS.items() if rest == columns), None)


class _TardisFeed(FileFeed):
    def chunks(self) -> Iterator[Batch]:
        names = header_of(read_head(self.path))
        kind = _kind(names)
        if kind is None:
            expected = f"columns {', '.join(STAMPS)}, then those of {', '.join(KINDS)} or book_snapshot_N"
            raise DataError(self.path, expected, ", ".join(names), row=1)
        tables: dict[str, _Table] = {}
        text = {"exchange", "symbol", "is_snapshot", "side", "id"}
        types: dict[str, pl.DataType] = {
            name: pl.String() if name in text else pl.Int64() if name in STAMPS else pl.Float64() for name in names
        }
        optional = [name for name in names if name not in STAMPS and kind not in ("incremental_book_L2", "trades")]
        optional += ["id"] if "id" in names else []
        for row, frame in csv_frames(self.path, types, header=True, optional=optional):
            numbered = frame.with_row_index("row", offset=row)
            for (symbol,), part in numbered.partition_by("symbol", as_dict=True, maintain_order=True).items():
                if symbol not in tables:
                    tables[symbol] = TABLES.get(kind, _Snapshots)(self, symbol)
                if self.wants(symbol):
                    yield from tables[symbol].batches(part)
        for symbol, table in tables.items():
            if self.wants(symbol):
                yield from table.rest()
        self.check_symbol_found(set(tables))
        if kind.startswith("book_snapshot"):
            self.notes = ("Levels that leave the visible ones get size 0, whether cancelled or only out of sight.",)


class _Table(ABC):
    """Rows of one symbol."""

    def __init__(self, feed: _TardisFeed, symbol: str) -> None:
        self.feed = feed
        self.symbol = symbol
        self._instrument: Instrument | None = None

    def batches(self, frame: pl.DataFrame) -> Iterator[Batch]:
        """Rows of the next part of the file, those of an unfinished packet held back."""
        yield self._batch(frame)

    def rest(self) -> Iterator[Batch]:
        """What was held back."""
        return iter(())

    @abstractmethod
    def rows(self, frame: pl.DataFrame, instrument: Instrument) -> Array:
        """Rows of dtype ``EVENT`` of some packets."""

    def _batch(self, frame: pl.DataFrame) -> Batch:
        if self._instrument is None:
            prices, sizes = (frame.select(pl.col(f"^.*{word}.*$")).to_numpy().ravel() for word in ("price", "amount"))
            tick, lot = likely_step(prices[prices > 0]), exact_step(sizes[sizes > 0])
            self._instrument = self.feed.instrument(self.symbol, tick, lot, venue=frame["exchange"][0])
        return Batch(self._instrument, self.rows(frame, self._instrument))

    def stamps(self, frame: pl.DataFrame) -> Array:
        """One row for each line, with its time stamps and number."""
        stamps = np.zeros(len(frame), dtype=EVENT)
        stamps["ts_event_ns"] = frame["timestamp"].to_numpy() * 1000
        stamps["ts_recv_ns"] = frame["local_timestamp"].to_numpy() * 1000
        stamps["sequence"] = frame["row"].to_numpy().astype(np.int64) - 1
        return stamps

    def priced(self, frame: pl.DataFrame, instrument: Instrument, sides: dict[str, int]) -> Array:
        """Stamps with side, price and size."""
        rows = self.stamps(frame)
        rows["side"] = self._words(frame, "side", sides)
        rows["price_ticks"], off = to_steps(frame["price"].to_numpy(), instrument.tick_size)
        rows["flags"] = np.where(off, EventFlag.OFF_TICK, 0)
        rows["size_lots"] = self.lots(frame, "amount", instrument)
        return rows

    def lots(self, frame: pl.DataFrame, column: str, instrument: Instrument) -> Array:
        """A column of sizes as lots."""
        return self.feed.lots(frame["row"].to_numpy(), frame[column].to_numpy(), instrument, column)

    def _words(self, frame: pl.DataFrame, column: str, meanings: dict[str, int]) -> Array:
        values = frame[column].replace_strict(meanings, default=None, return_dtype=pl.Int8)
        if values.null_count():
            at = int(values.is_null().arg_max() or 0)
            expected = " or ".join(meanings)
            raise DataError(self.feed.path, expected, frame[column][at], row=int(frame["row"][at]), field=column)
        return values.to_numpy()


class _Increments(_Table):
    def __init__(self, feed: _TardisFeed, symbol: str) -> None:
        super().__init__(feed, symbol)
        self._held: pl.DataFrame | None = None
        self._in_snapshot = False

    def batches(self, frame: pl.DataFrame) -> Iterator[Batch]:
        whole = frame if self._held is None else pl.concat([self._held, frame])
        local = whole["local_timestamp"].to_numpy()
        last = int(np.flatnonzero(local != local[-1])[-1]) + 1 if (local != local[-1]).any() else 0
        self._held = whole[last:]
        if last:
            yield self._batch(whole[:last])

    def rest(self) -> Iterator[Batch]:
        if self._held is not None:
            yield self._batch(self._held)
            self._held = None

    def rows(self, frame: pl.DataFrame, instrument: Instrument) -> Array:
        rows = self.priced(frame, instrument, BOOK_SIDES)
        snapshot = self._words(frame, "is_snapshot", {"true": 1, "false": 0}).astype(bool)
        rows["kind"] = EventKind.LEVEL
        rows["flags"] |= np.where(snapshot, EventFlag.SNAPSHOT, 0).astype(np.uint16)
        local = rows["ts_recv_ns"]
        rows["flags"] |= np.where(np.append(local[1:] != local[:-1], True), EventFlag.LAST, 0).astype(np.uint16)
        begins = np.flatnonzero(snapshot & ~np.concatenate([[self._in_snapshot], snapshot[:-1]]))
        self._in_snapshot = bool(snapshot[-1])
        clears = rows[begins].copy()
        for name in ("price_ticks", "size_lots", "side"):
            clears[name] = 0
        clears["kind"] = EventKind.CLEAR
        clears["flags"] = EventFlag.SNAPSHOT
        return np.insert(rows, begins, clears) if len(begins) else rows


class _Snapshots(_Table):
    def __init__(self, feed: _TardisFeed, symbol: str) -> None:
        super().__init__(feed, symbol)
        self._before: tuple[Array, Array] | None = None

    def rows(self, frame: pl.DataFrame, instrument: Instrument) -> Array:
        levels = sum(name.startswith("bids[") for name in frame.columns) // 2
        shape = (len(frame), 2, levels)
        ticks, lots = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for side, word in enumerate(("bids", "asks")):
            for level in range(levels):
                prices = frame[f"{word}[{level}].price"].to_numpy()
                ticks[:, side, level], off = to_steps(prices, instrument.tick_size)
                lots[:, side, level] = self.lots(frame, f"{word}[{level}].amount", instrument)
                if off.any():
                    self.feed.counts["prices off the tick"] += int(off.sum())
        rows = depth_changes(self.stamps(frame), ticks, lots, self._before)
        self._before = ticks[-1], lots[-1]
        return rows


class _Trades(_Table):
    def rows(self, frame: pl.DataFrame, instrument: Instrument) -> Array:
        rows = self.priced(frame, instrument, AGGRESSORS)
        rows["kind"] = EventKind.TRADE
        rows["flags"] |= np.uint16(EventFlag.LAST)
        return rows


class _Quotes(_Table):
    def rows(self, frame: pl.DataFrame, instrument: Instrument) -> Array:
        prices = frame.select("bid_price", "ask_price").to_numpy()
        lots = np.stack([self.lots(frame, f"{side}_amount", instrument) for side in ("bid", "ask")], axis=1)
        return quote_rows(self.stamps(frame), prices, lots, instrument.tick_size)


TABLES: dict[str, type[_Table]] = {"incremental_book_L2": _Increments, "trades": _Trades, "quotes": _Quotes}
