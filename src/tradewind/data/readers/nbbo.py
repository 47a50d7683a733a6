"""Best quotes and trades of equities as tables: Parquet, or CSV with a header.

Columns are found by name, whatever their case; the first known name counts:

========== ============ ============================================================================================
part       needed       names
========== ============ ============================================================================================
time       yes          ts_event, ts, timestamp, time, datetime, date_time
bid price  for quotes   bid_price, bid, bid_px, bidprice, best_bid, best_bid_price; likewise ask
bid size   for quotes   bid_size, bidsize, bid_sz, bidsz, bid_qty, bid_quantity, best_bid_size; likewise ask
price      for trades   price, px, trade_price
size       for trades   size, qty, quantity, volume, shares, trade_size
symbol     no           symbol, ticker, sym; without one: the file's name, or ``--symbol``
condition  no           condition, conditions, cond, sale_condition
side       no           side, aggressor, aggressor_side (buy, sell, B, S, 1, -1, ...: the aggressor's)
receive    no           ts_recv, ts_receive, local_timestamp
========== ============ ============================================================================================

Every quote row becomes QUOTE bid and QUOTE ask, also where nothing changed and where the market is locked or crossed
(national best quotes put together from many venues often are): the quality report counts those. Every trade becomes
TRADE with side 0 unless there is a side; sale conditions become flags (:mod:`~tradewind.data.readers.conditions`). A
row that holds both is a quote, then a trade. Prices between ticks (0.01) are rounded and flagged OFF_TICK. There is no
room for the venue of a trade: that column is left out, and ``notes`` say so. ``sequence`` is the 0-based row.
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
from tradewind.core.ports import Feed
from tradewind.core.types import Batch, Instrument
from tradewind.data.columns import to_steps
from tradewind.data.feed import FileFeed, quote_rows, symbol_from_name
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.readers.conditions import condition_flags, condition_text, is_bit_mask
from tradewind.data.source import read_head
from tradewind.data.tables import find_columns, header_of, table_frames, times_ns

__all__ = ["NbboReader"]

ALIASES: dict[str, tuple[str, ...]] = {
    "time": ("ts_event", "ts", "timestamp", "time", "datetime", "date_time"),
    **{f"{s}_price": (f"{s}_price", s, f"{s}_px", f"{s}price", f"best_{s}", f"best_{s}_price") for s in ("bid", "ask")},
    **{
        f"{s}_size": (f"{s}_size", f"{s}size", f"{s}_sz", f"{s}sz", f"{s}_qty", f"{s}_quantity", f"best_{s}_size")
        for s in ("bid", "ask")
    },
    "price": ("price", "px", "trade_price"),
    "size": ("size", "qty", "quantity", "volume", "shares", "trade_size"),
    "symbol": ("symbol", "ticker", "sym"),
    "condition": ("condition", "conditions", "cond", "sale_condition"),
    "side": ("side", "aggressor", "aggressor_side"),
    "receive": ("ts_recv", "ts_receive", "local_timestamp"),
}
QUOTE_PARTS = ("bid_price", "bid_size", "ask_price", "ask_size")
TRADE_PARTS = ("price", "size")
NOT_THIS = {"order_id", "orderid", "action", "event", "type", "direction", "level", "is_snapshot", "open", "close"}
"""Columns of order-by-order data, depth and bars, which are not for this reader."""
SIDES = {"buy": 1, "b": 1, "bid": 1, "1": 1, "+1": 1, "sell": -1, "s": -1, "a": -1, "ask": -1, "-1": -1}
TICK = Decimal("0.01")


class NbboReader:
    """Best quotes and trades as Parquet or CSV."""

    name: ClassVar[str] = "nbbo"
    description: ClassVar[str] = "Best quotes and trades of equities (Parquet or CSV; columns found by name)"

    def match(self, head: FileHead) -> Match | None:
        """Recognise a time with bid and ask, or with price and size."""
        names = header_of(head)
        found = find_columns(names, ALIASES)
        if "time" not in found or NOT_THIS & {name.lower() for name in names}:
            return None
        if all(part in found for part in QUOTE_PARTS):
            return Match(50, "columns of a time, bid and ask with sizes")
        if all(part in found for part in TRADE_PARTS):
            return Match(40, "columns of a time, a price and a size")
        return None

    def open(self, path: Path, options: ReadOptions) -> Feed:
        """Open a file; ``options.symbol`` names it, or chooses one where there is a column of symbols."""
        return _NbboFeed(path, options)


class _NbboFeed(FileFeed):
    def chunks(self) -> Iterator[Batch]:
        names = header_of(read_head(self.path))
        columns = find_columns(names, ALIASES)
        quotes = all(part in columns for part in QUOTE_PARTS)
        trades = all(part in columns for part in TRADE_PARTS)
        if "time" not in columns or not (quotes or trades):
            expected = "columns of a time and of bid and ask prices and sizes, or of price and size"
            raise DataError(self.path, expected, f"columns {', '.join(names)}")
        dropped = [name for name in names if name not in columns.values()]
        self.notes = (f"Columns without a place in rows, left out: {', '.join(dropped)}.",) if dropped else ()
        masks: bool | None = None
        seen: set[str] = set()
        numbers = {*(QUOTE_PARTS if quotes else ()), *(TRADE_PARTS if trades else ())}
        for row, frame in table_frames(self.path, columns, numbers):
            stamps = self._stamps(row, frame, columns)
            if "condition" in columns:
                codes = condition_text(self.path, frame["condition"], columns["condition"])
                frame = frame.with_columns(codes.alias("condition"))  # noqa: PLW2901
                masks = is_bit_mask(codes) if masks is None else masks
            rows_of = _by_symbol(frame) if "symbol" in columns else {self._name(): np.arange(len(frame))}
            for symbol, index in rows_of.items():
                seen.add(symbol)
                if not ("symbol" not in columns or self.wants(symbol)):
                    continue
                instrument = self.instrument(symbol, TICK, Decimal(1), calendar="XNYS")
                part = frame if len(rows_of) == 1 else frame[index]
                yield Batch(instrument, self._rows(part, stamps[index], instrument, bit_mask=bool(masks)))
        if "symbol" in columns:
            self.check_symbol_found(seen)

    def _name(self) -> str:
        return self.options.symbol or symbol_from_name(self.path)

    def _stamps(self, row: int, frame: pl.DataFrame, columns: dict[str, str]) -> Array:
        stamps = np.zeros(len(frame), dtype=EVENT)
        stamps["ts_event_ns"] = times_ns(self.path, row, frame["time"], columns["time"])
        if "receive" in columns:
            stamps["ts_recv_ns"] = times_ns(self.path, row, frame["receive"], columns["receive"])
        stamps["sequence"] = np.arange(row - 1, row - 1 + len(frame))
        return stamps

    def _rows(self, frame: pl.DataFrame, stamps: Array, instrument: Instrument, *, bit_mask: bool) -> Array:
        """Quotes and trades in the order of the file."""
        pieces, order = [], []
        is_trade = np.zeros(len(frame), dtype=bool)
        if "price" in frame.columns and "size" in frame.columns:
            is_trade = (frame["price"].is_not_null() & frame["price"].is_not_nan()).to_numpy()
            at = np.flatnonzero(is_trade)
            pieces.append(self._trades(frame[at], stamps[at], instrument, bit_mask=bit_mask))
            order.append(2 * at + 1)
        if all(part in frame.columns for part in QUOTE_PARTS):
            holds = (
                frame.select(pl.any_horizontal(pl.col("bid_price", "ask_price").is_not_null())).to_series().to_numpy()
            )
            at = np.flatnonzero(holds | ~is_trade)
            pieces.append(self._quotes(frame[at], stamps[at], instrument))
            order.append(np.repeat(2 * at, 2))
        elif not is_trade.all():
            row = int(stamps["sequence"][~is_trade][0]) + 1
            raise DataError(self.path, "a price", "none", row=row, field="price")
        if len(pieces) == 1:
            return pieces[0]
        return np.concatenate(pieces)[np.argsort(np.concatenate(order), kind="stable")]

    def _quotes(self, frame: pl.DataFrame, stamps: Array, instrument: Instrument) -> Array:
        for side in ("bid", "ask"):
            sizeless = frame[f"{side}_size"].is_null() & frame[f"{side}_price"].is_not_null()
            if sizeless.any():
                self.counts["quotes without a size, taken as empty"] += int(sizeless.sum())
        lots = [self._lots(frame, f"{side}_size", stamps, instrument) for side in ("bid", "ask")]
        prices = frame.select(pl.col("bid_price", "ask_price").fill_null(np.nan)).to_numpy()
        return quote_rows(stamps, prices, np.stack(lots, axis=1), instrument.tick_size)

    def _trades(self, frame: pl.DataFrame, stamps: Array, instrument: Instrument, *, bit_mask: bool) -> Array:
        if frame["size"].null_count():
            at = int(frame["size"].is_null().arg_max() or 0)
            raise DataError(self.path, "a size", "none", row=int(stamps["sequence"][at]) + 1, field="size")
        rows = stamps.copy()
        rows["kind"] = EventKind.TRADE
        rows["price_ticks"], off = to_steps(frame["price"].to_numpy(), instrument.tick_size)
        rows["size_lots"] = self._lots(frame, "size", stamps, instrument)
        rows["flags"] = np.where(off, EventFlag.OFF_TICK | EventFlag.LAST, EventFlag.LAST)
        if "condition" in frame.columns:
            numbers = stamps["sequence"] + 1
            rows["flags"] |= condition_flags(self.path, numbers, frame["condition"], bit_mask=bit_mask)
        if "side" in frame.columns:
            words = frame["side"].cast(pl.String).str.to_lowercase()
            rows["side"] = words.replace_strict(SIDES, default=0, return_dtype=pl.Int8).to_numpy()
        return rows

    def _lots(self, frame: pl.DataFrame, part: str, stamps: Array, instrument: Instrument) -> Array:
        return self.lots(stamps["sequence"] + 1, frame[part].fill_null(0).to_numpy(), instrument, part)


def _by_symbol(frame: pl.DataFrame) -> dict[str, Array]:
    """Row numbers of each symbol, in the order in which they appear."""
    groups = frame.select("symbol").with_row_index("row").group_by("symbol", maintain_order=True).agg("row")
    return {str(symbol): np.asarray(rows) for symbol, rows in groups.iter_rows()}
