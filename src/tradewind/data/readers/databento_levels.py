"""Databento records without orders as rows: price levels, best quotes, trades, bars.

MBP-10 records hold the ten best levels of both sides after a change. Each becomes LEVEL rows for the levels that
differ from the record before: the whole new size of a price, 0 for a price that is no longer among the ten (cancelled
or pushed out of sight). The first record of an instrument becomes a snapshot: CLEAR, then its levels. MBP-1 and TBBO
records become a QUOTE packet (bid, ask) where the best prices or sizes differ from the record before. A record of a
trade gives a TRADE row too, behind those of its book: in MBP the book on it is the one before the trade took effect,
the change follows in a record of its own, and in TBBO every record is a trade with the quotes just before.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from tradewind.core.dtypes import BAR, Array, EventFlag, EventKind
from tradewind.data.depth_changes import depth_changes
from tradewind.data.readers.databento_records import (
    UNDEFINED_PRICE,
    Rows,
    event_rows,
    steps_of_prices,
)

__all__ = ["bar_rows", "depth_rows", "quote_rows", "trade_rows"]

TRADE = ord("T")


def _books(records: Array, tick: Decimal) -> tuple[Array, Array, Array]:
    """Prices [ticks], sizes, and which prices are off tick, shape (n, 2, levels), bids first; size 0 without price."""
    levels = records["levels"]
    prices = np.stack([levels["bid_px"], levels["ask_px"]], axis=1)
    lots = np.stack([levels["bid_sz"], levels["ask_sz"]], axis=1).astype(np.int64)
    ticks, off = (part.reshape(prices.shape) for part in steps_of_prices(prices.ravel(), tick))
    return ticks, np.where(prices == UNDEFINED_PRICE, 0, lots), off


def depth_rows(
    records: Array, tick: Decimal, before: tuple[Array, Array] | None
) -> tuple[Array, tuple[Array, Array] | None]:
    """Rows of the MBP-10 records of one instrument.

    Args:
        records: Shape (n,), dtype ``book_record(10)``, n > 0.
        tick: Tick size.
        before: What the call for the records before gave back; None at the start.

    Returns:
        The rows (dtype ``EVENT``), and the last book, for the next call.
    """
    ticks, lots, _ = _books(records, tick)
    stamps = event_rows(records, tick)
    sequence = stamps["sequence"].copy()
    stamps["sequence"] = np.arange(len(records))
    levels = depth_changes(stamps, ticks, lots, before)
    owner = levels["sequence"].copy()
    levels["sequence"] = sequence[owner]
    built = Rows(records)
    built.add(levels, owner)
    _add_trades(built, tick)
    return built.finish(), (ticks[-1], lots[-1])


def quote_rows(
    records: Array, tick: Decimal, before: tuple[Array, Array] | None
) -> tuple[Array, tuple[Array, Array] | None]:
    """Rows of the MBP-1 or TBBO records of one instrument.

    Args:
        records: Shape (n,), dtype ``book_record(1)``, n > 0.
        tick: Tick size.
        before: What the call for the records before gave back; None at the start.

    Returns:
        The rows (dtype ``EVENT``), and the last quotes, for the next call.
    """
    ticks, lots, off = _books(records, tick)
    books = np.stack([ticks, lots])
    first = np.stack(before) if before else np.full(books.shape[:1] + books.shape[2:], -1)
    owner = np.flatnonzero((np.diff(books, axis=1, prepend=first[:, None]) != 0).any(axis=(0, 2, 3)))
    stamps = event_rows(records[owner], tick)
    stamps["flags"] &= ~int(EventFlag.OFF_TICK) & 0xFFFF
    built = Rows(records)
    for side, sign in ((0, 1), (1, -1)):
        rows = stamps.copy()
        rows["kind"] = EventKind.QUOTE
        rows["side"] = sign
        rows["price_ticks"] = ticks[owner, side, 0]
        rows["size_lots"] = lots[owner, side, 0]
        rows["flags"] |= np.where(off[owner, side, 0], EventFlag.OFF_TICK, 0).astype(np.uint16)
        built.add(rows, owner)
    _add_trades(built, tick)
    return built.finish(), (ticks[-1], lots[-1])


def trade_rows(records: Array, tick: Decimal) -> Array:
    """TRADE rows of trade records; ``side`` is the aggressor's."""
    built = Rows(records)
    _add_trades(built, tick)
    return built.finish()


def _add_trades(built: Rows, tick: Decimal) -> None:
    owner = np.flatnonzero(built.records["action"] == TRADE)
    rows = event_rows(built.records[owner], tick)
    rows["kind"] = EventKind.TRADE
    built.add(rows, owner)


def bar_rows(records: Array, tick: Decimal) -> Array:
    """Bars of bar records.

    Args:
        records: Shape (n,), dtype ``BAR_RECORD``.
        tick: Tick size.

    Returns:
        Shape (n,), dtype ``BAR``.
    """
    bars = np.zeros(len(records), dtype=BAR)
    bars["ts_start_ns"] = records["ts_event"]
    bars["volume_lots"] = records["volume"]
    for name in ("open", "high", "low", "close"):
        bars[f"{name}_ticks"] = steps_of_prices(records[name], tick)[0]
    return bars
