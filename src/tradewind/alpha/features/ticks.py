"""Rows of a feed as ticks: the best quotes and the trades of one instrument, in time order."""

from __future__ import annotations

import numpy as np

from tradewind.alpha.features.layout import DEPTH, LEVELS, QUOTE, TICK, TRADE
from tradewind.book.feeds import FeedBook
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.types import Instrument

__all__ = ["book_ticks_of", "quote_ticks", "trade_ticks"]

IRREGULAR = int(EventFlag.OUT_OF_SEQUENCE | EventFlag.AUCTION | EventFlag.CORRECTED)


def quote_ticks(rows: Array, instrument: Instrument) -> Array:
    """Best quotes of an L1 feed.

    Args:
        rows: dtype ``EVENT``, in the order of the source; rows that are no quotes pass by.
        instrument: What they are about.

    Returns:
        dtype ``TICK``, one for each packet of quotes; a side that was not told yet is 0.
    """
    rows = rows[rows["kind"] == EventKind.QUOTE]
    out: Array = np.zeros(len(rows), TICK)
    out["ts_ns"], out["kind"] = rows["ts_event_ns"], QUOTE
    tick, lot = float(instrument.tick_size), float(instrument.lot_size)
    for side, name in ((1, "bid"), (-1, "ask")):
        told = np.where(rows["side"] == side, np.arange(len(rows)), -1)
        last = np.maximum.accumulate(told) if len(rows) else told
        size = np.where(last >= 0, rows["size_lots"][last], 0) * lot
        out[name] = np.where(size > 0, rows["price_ticks"][last] * tick, 0.0)
        out[f"{name}_size"] = size
    return np.asarray(out[rows["flags"] & EventFlag.LAST != 0])


def trade_ticks(rows: Array, instrument: Instrument) -> Array:
    """Regular trades of a feed: prints of auctions, late and corrected ones pass by.

    Args:
        rows: dtype ``EVENT``.
        instrument: What they are about.

    Returns:
        dtype ``TICK``; an executed order counts as a trade of the other side.
    """
    traded = (rows["kind"] == EventKind.TRADE) | (rows["kind"] == EventKind.EXECUTE)
    rows = rows[traded & (rows["flags"] & IRREGULAR == 0)]
    out: Array = np.zeros(len(rows), TICK)
    out["ts_ns"], out["kind"] = rows["ts_event_ns"], TRADE
    out["price"] = rows["price_ticks"] * float(instrument.tick_size)
    out["size"] = rows["size_lots"] * float(instrument.lot_size)
    out["side"] = np.where(rows["kind"] == EventKind.EXECUTE, -rows["side"], rows["side"])
    return out


def book_ticks_of(book: FeedBook, rows: Array, instrument: Instrument) -> tuple[Array, Array]:
    """Best quotes and levels after each packet of an L2 or L3 feed.

    Args:
        book: A book that follows the feed (``L2Book``, ``L3Book``); it is moved on.
        rows: dtype ``EVENT``, in the order of the source.
        instrument: What they are about.

    Returns:
        Ticks, dtype ``TICK``, and the levels beside them, dtype ``DEPTH``; packets without a row
        of the book (quotes, trades) and those that leave a side empty pass by.
    """
    of_book = np.cumsum((rows["kind"] != EventKind.QUOTE) & (rows["kind"] != EventKind.TRADE))
    ends = np.flatnonzero(rows["flags"] & EventFlag.LAST != 0)
    ends = ends[np.diff(of_book[ends], prepend=0) > 0]
    ticks: Array = np.zeros(len(ends), TICK)
    depths: Array = np.zeros(len(ends), DEPTH)
    tick, lot = float(instrument.tick_size), float(instrument.lot_size)
    begin, count = 0, 0
    for end in ends:
        book.apply(rows[begin : end + 1])
        begin = end + 1
        bids, asks = book.depth(1, LEVELS), book.depth(-1, LEVELS)
        if not len(bids) or not len(asks):
            continue
        for name, levels in (("bid", bids), ("ask", asks)):
            depths[name][count, : len(levels)] = levels["price_ticks"] * tick
            depths[f"{name}_size"][count, : len(levels)] = levels["size_lots"] * lot
            ticks[name][count], ticks[f"{name}_size"][count] = depths[name][count, 0], depths[f"{name}_size"][count, 0]
        ticks["ts_ns"][count] = rows["ts_event_ns"][end]
        count += 1
    return ticks[:count], depths[:count]
