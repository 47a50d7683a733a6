"""Depth by price: whole sizes set by LEVEL rows. Parts of kernels; :class:`~tradewind.book.feeds.L2Book` runs them.

Each side has a ring-mapped window of ticks with one bit per occupied level (as the engine's ladders) and, outside it,
a table by price (:mod:`~tradewind.book.far`), so a bid at 1000.00 is exact while the touch is at 63943.90. A side
that is not empty has its best price in its window; the window moves when the best price leaves it.

A LEVEL row of size 0 removes its level. Between the rows of a packet the book may be crossed; at its end (``LAST``),
while trading is open, it may not: the side whose best price was set last is right, and ``repair`` removes the levels of
the other side that are in its way. What was removed for this (``STALE_REMOVED``) comes back with the feed's next word
about that price.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.far import FAR_CELLS, best_far, far_levels, put_far, refill, take_far
from tradewind.book.issues import FULL, PRICE_LIMIT, SIZE_LIMIT, Issue, found, in_order, note, other_row
from tradewind.book.ladder import is_better, next_occupied, worst_price
from tradewind.book.layout import ASKS, BIDS, Int, Record, aligned_zeros, in_window, width
from tradewind.core.dtypes import Array, EventFlag, EventKind, TradingState
from tradewind.core.kernels import ctz, entry, inner, rare

__all__ = ["L2_BOOK", "apply_l2", "new_l2", "set_level"]

WIDTH = 4096
CELL = np.dtype([("price_ticks", "i8"), ("size_lots", "i8")])
LADDER = np.dtype(
    [
        ("best_ticks", "i8"),
        ("base_ticks", "i8"),
        ("best_row", "i8"),
        ("far_mask", "i8"),
        ("far_count", "i8"),
        ("padding", "i8", (3,)),
        ("bits", "u8", (WIDTH // 64,)),
        ("levels", np.dtype([("size_lots", "i8")]), (WIDTH,)),
        ("far", CELL, (FAR_CELLS,)),
    ],
    align=True,
)
L2_BOOK = np.dtype([("ladders", LADDER, (2,))], align=True)
"""Ladders of bids (index 0) and asks (index 1). ``best_row`` is the row that set the best price as it is."""

ONE = np.uint64(1)
NO = np.int64(0)
LEVEL, CLEAR = int(EventKind.LEVEL), int(EventKind.CLEAR)
LAST = int(EventFlag.LAST)
OPEN = int(TradingState.OPEN)
BAD_SIDE, BAD_SIZE, BAD_PRICE = np.int64(Issue.BAD_SIDE), np.int64(Issue.BAD_SIZE), np.int64(Issue.BAD_PRICE)
CROSSED, LOCKED = np.int64(Issue.CROSSED), np.int64(Issue.LOCKED)
ABSENT_LEVEL, STALE_REMOVED = np.int64(Issue.ABSENT_LEVEL), np.int64(Issue.STALE_REMOVED)


def new_l2() -> Array:
    """An empty book, shape (1,), dtype :data:`L2_BOOK`; a few pages of it are real memory, the rest once touched."""
    books = aligned_zeros(1, L2_BOOK)
    clear_l2(books)
    return books


@entry
def clear_l2(books: Array) -> None:
    """Empty both sides of a zeroed or used book."""
    for index in range(2):
        clear_ladder(books[0], index)


@rare
def clear_ladder(book: Record, index: Int) -> None:
    """Empty one side."""
    ladder = book.ladders[index]
    for word in range(len(ladder.bits)):
        bits = ladder.bits[word]
        while bits:
            ladder.levels[(word << 6) + ctz(bits)].size_lots = 0
            bits &= bits - ONE
        ladder.bits[word] = 0
    ladder.best_ticks = worst_price(index)
    ladder.base_ticks = 0
    ladder.best_row = -1
    refill(ladder, np.empty((0, 2), dtype=np.int64), ladder.far_mask)


@rare
def move_window(book: Record, index: Int, price: Int) -> None:
    """Place a ladder's window with three quarters of it behind a price; levels leave to and come from the table."""
    ladder = book.ladders[index]
    span = width(ladder)
    old = ladder.base_ticks
    far = far_levels(ladder)
    levels = np.empty((len(far) + span, 2), dtype=np.int64)
    count = len(far)
    for k in range(count):
        levels[k, 0] = far[k, 0]
        levels[k, 1] = far[k, 1]
    for word in range(len(ladder.bits)):
        bits = ladder.bits[word]
        ladder.bits[word] = 0
        while bits:
            at = (word << 6) + ctz(bits)
            bits &= bits - ONE
            levels[count, 0] = old + ((at - old) & (span - 1))
            levels[count, 1] = ladder.levels[at].size_lots
            ladder.levels[at].size_lots = 0
            count += 1
    ladder.base_ticks = price - (span // 4 if index & 1 else span - span // 4)
    for k in range(count):
        if in_window(ladder, levels[k, 0]):
            at = levels[k, 0] & (span - 1)
            ladder.levels[at].size_lots = levels[k, 1]
            ladder.bits[at >> 6] |= ONE << np.uint64(at & 63)
    refill(ladder, levels[:count], ladder.far_mask)


@inner
def set_level(book: Record, index: Int, price: Int, size: Int) -> Int:
    """Set the whole size at a price; 0 removes the level.

    Returns:
        For size 0 the size that was there; else 0, or ``FULL``.
    """
    ladder = book.ladders[index]
    if not in_window(ladder, price):
        if size == 0:
            return take_far(ladder, price)
        if not is_better(index, price, ladder.best_ticks):
            return 0 if put_far(ladder, price, size) else FULL
        if 2 * (ladder.far_count + width(ladder)) > len(ladder.far):
            return FULL
        move_window(book, index, price)
    at = price & (width(ladder) - 1)
    before = ladder.levels[at].size_lots
    ladder.levels[at].size_lots = size
    if size > 0:
        ladder.bits[at >> 6] |= ONE << np.uint64(at & 63)
        if is_better(index, price, ladder.best_ticks):
            ladder.best_ticks = price
        return 0
    if before > 0:
        ladder.bits[at >> 6] &= ~(ONE << np.uint64(at & 63))
        if price == ladder.best_ticks:
            settle_best(book, index, price)
    return before


@inner
def settle_best(book: Record, index: Int, price: Int) -> None:
    """The best level has just gone: find the next."""
    ladder = book.ladders[index]
    best = next_occupied(ladder, index, price)
    if best == worst_price(index) and ladder.far_count != 0:
        best = best_far(ladder, 1 - 2 * (index & 1), best)
        move_window(book, index, best)
    ladder.best_ticks = best
    ladder.best_row = -1


@rare
def remove_best(book: Record, index: Int) -> None:
    """The best level of a side goes."""
    set_level(book, index, book.ladders[index].best_ticks, NO)


@rare
def uncross(book: Record, watch: Record) -> Int:
    """The packet left the book crossed: count it and remove what is in the way; returns the issue to stop at."""
    bids, asks = book.ladders[BIDS], book.ladders[ASKS]
    issue = LOCKED if bids.best_ticks == asks.best_ticks else CROSSED
    stop = found(watch, issue)
    if stop != 0:
        return stop
    stale = ASKS if bids.best_row >= asks.best_row else BIDS
    while bids.best_ticks >= asks.best_ticks:
        note(watch, STALE_REMOVED)
        remove_best(book, stale)
    return 0


@inner
def apply_l2(book: Record, watch: Record, row: Record) -> Int:
    """Apply one row; rows of L3 and L1 pass by.

    Returns:
        0, or the issue to stop at, or ``FULL``.
    """
    kind = np.int64(row.kind)
    if kind != LEVEL:
        stop = other_row(watch, row)
        if kind == CLEAR and stop == 0:
            for cleared in range(2):
                if row.side in (0, 1 - 2 * cleared):
                    clear_ladder(book, cleared)
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
    before = set_level(book, index, price, size)
    if before == FULL:
        return FULL
    if size == 0 and before == 0:
        note(watch, ABSENT_LEVEL)
    elif price == book.ladders[index].best_ticks:
        book.ladders[index].best_row = watch.rows
    crossed = book.ladders[BIDS].best_ticks >= book.ladders[ASKS].best_ticks
    if crossed and np.int64(row.flags) & LAST and watch.state == OPEN:
        return uncross(book, watch)
    return 0
