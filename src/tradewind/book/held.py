"""Orders that a feed book holds back because they would cross it. Parts of kernels, used by :mod:`~tradewind.book.l3`.

``watch.held_row`` is :data:`~tradewind.book.issues.NEVER` while none is held, else not later than the row at which the
oldest of them was held: books without held orders pay one comparison a row.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.ids import erase, find
from tradewind.book.issues import NEVER, Issue, found, note
from tradewind.book.ladder import join, leave, worst_price
from tradewind.book.layout import ASKS, BUY_STOPS, LADDER_MASK, SELL_STOPS, Int, Record, width
from tradewind.book.orders import remove
from tradewind.core.dtypes import TradingState
from tradewind.core.kernels import inner, rare

__all__ = ["blocked", "restamp_held", "side_of", "tend_held"]

OPEN = int(TradingState.OPEN)
CROSSED, LOCKED = int(Issue.CROSSED), int(Issue.LOCKED)
RELEASED, STALE_REMOVED = int(Issue.RELEASED), int(Issue.STALE_REMOVED)


@inner
def side_of(index: Int) -> Int:
    """Side of the orders in a ladder of a feed book: bids and held bids +1, asks and held asks -1."""
    return 1 - 2 * ((index ^ (index >> 1)) & 1)


@inner
def blocked(book: Record, index: Int, price: Int) -> Int:
    """``CROSSED`` or ``LOCKED`` when a price does not fit before the other side, else 0."""
    room = (book.ladders[1 - index].best_ticks - price) * (1 - 2 * index)
    if room > 0:
        return 0
    return LOCKED if room == 0 else CROSSED


@inner
def first_at_best(book: Record, index: Int) -> Int:
    """First order at the best price of a ladder that is not empty."""
    ladder = book.ladders[index]
    return np.int64(ladder.levels[ladder.best_ticks & (width(ladder) - 1)].head)


@rare
def tend_held(book: Record, ids: Record, watch: Record) -> Int:
    """Release held orders that nothing blocks any more; when one has waited for too long, remove what blocks it.

    Returns:
        0, or under ``strict`` the issue to stop at.
    """
    release_free(book, watch)
    while watch.state == OPEN and watch.rows - watch.held_row > watch.patience_rows:
        slot = oldest_held(book)
        watch.held_row = book.orders[slot].reserve_lots if slot != 0 else NEVER
        if watch.rows - watch.held_row <= watch.patience_rows:
            break
        stop = found(watch, CROSSED) if watch.strict else 0
        if stop != 0:
            return stop
        index = BUY_STOPS - (np.int64(book.orders[slot].flags) & LADDER_MASK)
        while blocked(book, index, book.orders[slot].price_ticks):
            stale = first_at_best(book, 1 - index)
            note(watch, STALE_REMOVED)
            erase(ids, find(book, ids, book.orders[stale].order_id))
            remove(book, stale)
        release_free(book, watch)
    return 0


@inner
def release_free(book: Record, watch: Record) -> None:
    """Held orders that nothing blocks enter the book, least aggressive first, each to the back of its queue."""
    for index in range(2):
        held = BUY_STOPS - index
        price = book.ladders[held].best_ticks
        while price != worst_price(held) and blocked(book, index, price) == 0:
            slot = first_at_best(book, held)
            leave(book, held, slot)
            book.orders[slot].flags = index
            join(book, index, slot, price)
            note(watch, RELEASED)
            price = book.ladders[held].best_ticks
    if (
        book.ladders[SELL_STOPS].best_ticks == worst_price(SELL_STOPS)
        and book.ladders[BUY_STOPS].best_ticks == worst_price(BUY_STOPS)
    ):
        watch.held_row = NEVER


@rare
def oldest_held(book: Record) -> Int:
    """The order that has been held for longest, or 0."""
    oldest, row = 0, NEVER
    for slot in range(1, np.int64(book.top) + 1):
        order = book.orders[slot]
        if order.size_lots > 0 and np.int64(order.flags) & LADDER_MASK > ASKS and order.reserve_lots < row:
            oldest, row = slot, order.reserve_lots
    return oldest


@rare
def restamp_held(book: Record, watch: Record) -> None:
    """Trading opens: whatever is held begins to wait now."""
    for slot in range(1, np.int64(book.top) + 1):
        order = book.orders[slot]
        if order.size_lots > 0 and np.int64(order.flags) & LADDER_MASK > ASKS:
            order.reserve_lots = watch.rows
            watch.held_row = watch.rows
