"""What must always be true of a book, checked slowly and completely, and the list of its orders."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from tradewind.book.ids import find_slot
from tradewind.book.ladder import is_better, worst_price
from tradewind.book.layout import ASKS, BIDS, LADDER_MASK, LEVEL, Int, Record, in_window, page_of, width
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner, rare

__all__ = ["RESTING", "Fault", "audit", "list_orders"]

RESTING = np.dtype(
    [
        ("ladder", "i8"),
        ("price_ticks", "i8"),
        ("order_id", "i8"),
        ("owner", "i8"),
        ("size_lots", "i8"),
        ("reserve_lots", "i8"),
        ("display_lots", "i8"),
        ("limit_ticks", "i8"),
    ]
)
"""One live order as :func:`list_orders` tells it: ``ladder`` 0 bids, 1 asks, 2 sell stops, 3 buy stops; a stop's
``price_ticks`` is its trigger, ``limit_ticks`` the limit of a stop-limit order (else 0)."""


class Fault(IntEnum):
    """What a broken book breaks."""

    NONE = 0
    LEVEL_BIT = 1
    """A level's occupancy bit disagrees with its queue."""
    LINKS = 2
    """A list's links do not agree, or an order in it is free or stands in another ladder."""
    PRICE = 3
    """An order stands at another price than its own."""
    LEVEL_SUM = 4
    """A level's size or count is not the sum of its orders."""
    PAGE = 5
    """A page holds an order of the window, of another page, or is marked wrongly."""
    BEST = 6
    """A best price is not the best, or not in the window."""
    CROSSED = 7
    """The best bid is not below the best ask."""
    LIVE_COUNT = 8
    """The number of live orders is not the number of orders in ladders."""
    POOL = 9
    """Free and live slots are not all the slots in use."""
    LOTS = 10
    """Lots entered are not lots resting, traded (twice) and cancelled."""
    IDS = 11
    """The id table does not lead to every live order, or to others."""


@inner
def check_queue(book: Record, index: Int, head: Int, tail: Int, sums: Record) -> Int:
    """Follow a list; adds what it holds to ``sums`` (a ``LEVEL`` used as an accumulator)."""
    before, slot, steps = 0, head, 0
    while slot != 0:
        order = book.orders[slot]
        if np.int64(order.prev) != before or order.size_lots <= 0 or np.int64(order.flags) & LADDER_MASK != index:
            return Fault.LINKS
        if steps > book.live:
            return Fault.LINKS
        sums.size_lots += order.size_lots
        sums.count += 1
        before, slot, steps = slot, np.int64(order.next), steps + 1
    return Fault.NONE if before == tail else Fault.LINKS


@inner
def check_window(book: Record, index: Int, total: Record, sums: Record) -> Int:
    """Levels of a ladder's window: bits, links, prices, sums, and that none is before the best price."""
    ladder = book.ladders[index]
    for at in range(width(ladder)):
        level = ladder.levels[at]
        bit = (ladder.bits[at >> 6] >> np.uint64(at & 63)) & np.uint64(1)
        if (bit != 0) != (level.head != 0) or (level.head == 0) != (level.tail == 0):
            return Fault.LEVEL_BIT
        sums.size_lots = 0
        sums.count = 0
        fault = check_queue(book, index, np.int64(level.head), np.int64(level.tail), sums)
        if fault != Fault.NONE:
            return fault
        if sums.size_lots != level.size_lots or sums.count != level.count:
            return Fault.LEVEL_SUM
        total.count += sums.count
        price = ladder.base_ticks + ((at - ladder.base_ticks) & (width(ladder) - 1))
        slot = np.int64(level.head)
        while slot != 0:
            if book.orders[slot].price_ticks != price:
                return Fault.PRICE
            total.size_lots += book.orders[slot].size_lots + book.orders[slot].reserve_lots
            slot = np.int64(book.orders[slot].next)
        if level.head != 0 and is_better(index, price, ladder.best_ticks):
            return Fault.BEST
    return Fault.NONE


@inner
def check_pages(book: Record, index: Int, total: Record, sums: Record) -> Int:
    """Pages of a ladder: links, that every order belongs there, and that none is before the best price."""
    ladder = book.ladders[index]
    for at in range(len(ladder.pages)):
        page = ladder.pages[at]
        if ((ladder.cold >> np.uint64(at)) & np.uint64(1) != 0) != (page.head != 0):
            return Fault.PAGE
        sums.count = 0
        fault = check_queue(book, index, np.int64(page.head), np.int64(page.tail), sums)
        if fault != Fault.NONE:
            return fault
        total.count += sums.count
        slot = np.int64(page.head)
        while slot != 0:
            order = book.orders[slot]
            if in_window(ladder, order.price_ticks) or page_of(ladder, order.price_ticks) != at:
                return Fault.PAGE
            if not is_better(index, ladder.best_ticks, order.price_ticks):
                return Fault.BEST
            total.size_lots += order.size_lots + order.reserve_lots
            slot = np.int64(order.next)
    return Fault.NONE


@inner
def check_best(book: Record, index: Int) -> Int:
    """The best price is occupied and in the window, or the ladder is empty."""
    ladder = book.ladders[index]
    if ladder.best_ticks == worst_price(index):
        return Fault.NONE if ladder.cold == 0 else Fault.BEST
    if not in_window(ladder, ladder.best_ticks):
        return Fault.BEST
    return Fault.NONE if ladder.levels[ladder.best_ticks & (width(ladder) - 1)].head != 0 else Fault.BEST


@rare
def check_book(book: Record, ids: Record, total: Record, sums: Record) -> Int:
    """The first fault of a matching book."""
    for index in range(len(book.ladders)):
        fault = check_window(book, index, total, sums)
        if fault == Fault.NONE:
            fault = check_pages(book, index, total, sums)
        if fault == Fault.NONE:
            fault = check_best(book, index)
        if fault != Fault.NONE:
            return fault
    if book.ladders[BIDS].best_ticks >= book.ladders[ASKS].best_ticks:
        return Fault.CROSSED
    if total.count != book.live:
        return Fault.LIVE_COUNT
    free, spare = 0, np.int64(book.free)
    while spare != 0 and free <= np.int64(book.top):
        free, spare = free + 1, np.int64(book.orders[spare].next)
    if free + book.live != np.int64(book.top):
        return Fault.POOL
    if book.entered_lots != total.size_lots + 2 * book.traded_lots + book.cancelled_lots:
        return Fault.LOTS
    for slot in range(1, np.int64(book.top) + 1):
        if book.orders[slot].size_lots > 0 and find_slot(book, ids, book.orders[slot].order_id) != slot:
            return Fault.IDS
    return Fault.NONE if ids.count == book.live else Fault.IDS


@entry
def audit_entry(books: Array, tables: Array, sums: Array) -> int:
    """First fault of ``books[0]``; ``sums`` is room for two levels."""
    return check_book(books[0], tables[0], sums[0], sums[1])  # type: ignore[no-any-return]


def audit(books: Array, tables: Array) -> Fault:
    """Check everything that must be true of a matching book.

    Args:
        books: Shape (1,), the book.
        tables: Shape (1,), its id table.

    Returns:
        The first fault, or ``Fault.NONE``.
    """
    return Fault(audit_entry(books, tables, np.zeros(2, LEVEL)))


@inner
def list_queue(book: Record, index: Int, head: Int, out: Record, count: Int) -> Int:
    """Write one list, first to last; returns the new count."""
    slot = head
    while slot != 0:
        order, row = book.orders[slot], out[count]
        row.ladder = index
        row.price_ticks = order.price_ticks
        row.order_id = order.order_id
        row.owner = order.owner
        row.size_lots = order.size_lots
        row.reserve_lots = order.reserve_lots
        row.display_lots = order.display_lots
        row.limit_ticks = order.limit_ticks if np.int64(order.flags) > LADDER_MASK else 0
        count += 1
        slot = np.int64(order.next)
    return count


@entry
def list_orders_entry(books: Array, out: Array) -> int:
    """Every live order, each price's in priority order, prices in the order of memory."""
    book, count = books[0], 0
    for index in range(len(book.ladders)):
        ladder = book.ladders[index]
        for word in range(len(ladder.bits)):
            if ladder.bits[word]:
                for at in range(word << 6, (word + 1) << 6):
                    count = list_queue(book, index, np.int64(ladder.levels[at].head), out, count)
        for at in range(len(ladder.pages)):
            count = list_queue(book, index, np.int64(ladder.pages[at].head), out, count)
    return count


def list_orders(books: Array) -> Array:
    """Every live order of a book in priority order: bids, asks, sell stops, buy stops, each best first.

    Args:
        books: Shape (1,), the book.

    Returns:
        Shape (live,), dtype ``RESTING``.
    """
    rows = np.zeros(int(books["live"][0]), RESTING)
    list_orders_entry(books, rows)
    rank = np.where(rows["ladder"] & 1, rows["price_ticks"], -rows["price_ticks"])
    ordered: Array = rows[np.lexsort((rank, rows["ladder"]))]
    return ordered
