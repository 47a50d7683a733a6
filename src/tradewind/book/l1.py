"""Best quotes: the last QUOTE row of each side. Parts of kernels; :class:`~tradewind.book.feeds.L1Book` runs them.

A QUOTE of size 0 empties its side. Quotes are kept as the feed gives them: consolidated quotes are locked and crossed
in earnest, so both are only counted, once a packet (``LAST``) while trading is open; locked ones do not stop a
``strict`` book. A CLEAR that announces a snapshot of depth (flag SNAPSHOT) says nothing about quotes; any other empties
them.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.issues import PRICE_LIMIT, SIZE_LIMIT, Issue, found, in_order, note, other_row
from tradewind.book.layout import ASKS, BIDS, Int, Record, aligned_zeros
from tradewind.core.dtypes import Array, EventFlag, EventKind, TradingState
from tradewind.core.kernels import inner

__all__ = ["L1_BOOK", "apply_l1", "new_l1"]

L1_BOOK = np.dtype([("quote_ticks", "i8", (2,)), ("quote_lots", "i8", (2,))], align=True)
"""Price and size of the best bid (index 0) and the best ask (index 1); size 0: the side is empty."""

QUOTE, CLEAR = int(EventKind.QUOTE), int(EventKind.CLEAR)
OPEN = int(TradingState.OPEN)
LAST, SNAPSHOT = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)
BAD_SIDE, BAD_SIZE, BAD_PRICE = np.int64(Issue.BAD_SIDE), np.int64(Issue.BAD_SIZE), np.int64(Issue.BAD_PRICE)
CROSSED, LOCKED = np.int64(Issue.CROSSED), np.int64(Issue.LOCKED)


def new_l1() -> Array:
    """An empty book, shape (1,), dtype :data:`L1_BOOK`."""
    return aligned_zeros(1, L1_BOOK)


@inner
def apply_l1(book: Record, watch: Record, row: Record) -> Int:
    """Apply one row; rows of L2 and L3 pass by.

    Returns:
        0, or under ``strict`` the issue to stop at.
    """
    kind = np.int64(row.kind)
    if kind != QUOTE:
        stop = other_row(watch, row)
        if kind == CLEAR and stop == 0 and np.int64(row.flags) & SNAPSHOT == 0:
            for cleared in range(2):
                if row.side in (0, 1 - 2 * cleared):
                    book.quote_lots[cleared] = 0
        return stop
    stop = in_order(watch, row)
    if stop != 0:
        return stop
    side, price, size = np.int64(row.side), row.price_ticks, row.size_lots
    if side not in (-1, 1):
        return found(watch, BAD_SIDE)
    if not 0 <= size < SIZE_LIMIT:
        return found(watch, BAD_SIZE)
    if not -PRICE_LIMIT < price < PRICE_LIMIT:
        return found(watch, BAD_PRICE)
    index: Int = (1 - side) >> 1
    book.quote_ticks[index] = price
    book.quote_lots[index] = size
    return check_quotes(book, watch) if np.int64(row.flags) & LAST and watch.state == OPEN else 0


@inner
def check_quotes(book: Record, watch: Record) -> Int:
    """Count locked and crossed quotes; returns the issue to stop at, or 0."""
    if book.quote_lots[BIDS] == 0 or book.quote_lots[ASKS] == 0:
        return 0
    spread = book.quote_ticks[ASKS] - book.quote_ticks[BIDS]
    if spread < 0:
        return found(watch, CROSSED)
    if spread == 0:
        note(watch, LOCKED)
    return 0
