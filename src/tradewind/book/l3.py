"""Every order of a feed, applied without matching. Parts of kernels; :class:`~tradewind.book.feeds.L3Book` runs them.

The record is the matching engine's (:mod:`~tradewind.book.layout`); only what a row means is different: the exchange
has matched already, the rows say what became of each order.

- **Held orders.** An order whose price crosses the other side is not put into the book: feeds that report an aggressor
  before its trades (Bitstamp) would cross the book for a moment. It is *held*: known by its id, reduced and deleted as
  any other, but standing in a ladder of its own (held bids in the engine's ladder 3, lowest first; held asks in ladder
  2, highest first) until nothing stands in its way. After ``patience_rows`` rows the feed is taken at its word, and
  what still stands in the way is removed as stale. While trading is not open, crossing orders are held without being
  counted, for as long as it takes.
- **Anonymous orders.** A snapshot row flagged ANONYMOUS stands for all orders of one price. It is kept under an id made
  of its side and price, always negative. A reduce, delete or execute that names an unknown order, but a side and price
  where an anonymous order stands, and a size, is taken out of that one.
- **Revived orders.** A feed that arrives out of order deletes an order before it adds or changes it; it would stay for
  ever. The ids of the last 64 deletes are remembered: a replace of one of them is skipped, and so is an add whose
  delete came before it.
- **What rows may leave out.** Side 0 means not said, and so does price 0, except in ADD and REPLACE. The price of an
  EXECUTE is that of the trade, and compared with nothing. A DELETE of size 0 does not say a size.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.held import blocked, hold, move, remove_order, restamp_held, side_of, tend_held
from tradewind.book.ids import erase, find, insert, rebuild
from tradewind.book.issues import FULL, NEVER, PRICE_LIMIT, SIZE_LIMIT, Issue, in_order, note, other_row
from tradewind.book.ladder import join, shrink
from tradewind.book.layout import LADDER_MASK, Int, Record
from tradewind.book.orders import clear_book, remove, take_slot
from tradewind.core.dtypes import EventFlag, EventKind, TradingState
from tradewind.core.kernels import inner, rare

__all__ = ["anonymous_id", "apply_l3"]

ADD, DELETE = int(EventKind.ADD), int(EventKind.DELETE)
EXECUTE, REPLACE = int(EventKind.EXECUTE), int(EventKind.REPLACE)
CLEAR = int(EventKind.CLEAR)
ANONYMOUS = int(EventFlag.ANONYMOUS)
OPEN = int(TradingState.OPEN)
NOTHING, CROSSING, PLACE = np.int64(0), np.int64(1), np.int64(2)
"""Bits of ``excused``: what is no issue any more, since the policy has dealt with it."""
UNKNOWN_ORDER, DUPLICATE_ORDER = np.int64(Issue.UNKNOWN_ORDER), np.int64(Issue.DUPLICATE_ORDER)
REVIVED_ORDER = np.int64(Issue.REVIVED_ORDER)
CROSSED, LOCKED = np.int64(Issue.CROSSED), np.int64(Issue.LOCKED)
OVERSIZE_EXECUTE, OVERSIZE_REDUCE = np.int64(Issue.OVERSIZE_EXECUTE), np.int64(Issue.OVERSIZE_REDUCE)
WRONG_PLACE, WRONG_SIZE = np.int64(Issue.WRONG_PLACE), np.int64(Issue.WRONG_SIZE)
BAD_SIZE, BAD_SIDE = np.int64(Issue.BAD_SIZE), np.int64(Issue.BAD_SIDE)
BAD_PRICE, BAD_ID = np.int64(Issue.BAD_PRICE), np.int64(Issue.BAD_ID)
ANONYMOUS_REDUCED = np.int64(Issue.ANONYMOUS_REDUCED)


@inner
def anonymous_id(side: Int, price: Int) -> Int:
    """Id under which the anonymous order of a side and price is kept: negative, unlike any feed's."""
    return -(2 * (price + PRICE_LIMIT) + (1 if side > 0 else 0)) - 1


@inner
def key_of(row: Record) -> Int:
    """Id under which an order is kept."""
    if np.int64(row.flags) & ANONYMOUS and np.int64(row.kind) == ADD:
        return anonymous_id(row.side, row.price_ticks)
    return row.order_id


@inner
def remember_deleted(watch: Record, mark: Int) -> None:
    """The id of a DELETE goes into the ring, with a minus when the order was unknown."""
    watch.deleted[watch.deletes & (len(watch.deleted) - 1)] = mark
    watch.deletes += 1


@rare
def just_deleted(watch: Record, mark: Int) -> bool:
    """Whether a mark is in the ring."""
    found = False
    for at in range(len(watch.deleted)):
        found = found or watch.deleted[at] == mark
    return found


@inner
def add(book: Record, ids: Record, watch: Record, row: Record, excused: Int) -> Int:
    """A new order; returns 0, the issue that kept it out, or ``FULL``."""
    side, price, size = np.int64(row.side), row.price_ticks, row.size_lots
    if row.order_id <= 0:
        return BAD_ID
    if side not in (-1, 1):
        return BAD_SIDE
    if not -PRICE_LIMIT < price < PRICE_LIMIT:
        return BAD_PRICE
    if not 0 < size < SIZE_LIMIT:
        return BAD_SIZE
    key = key_of(row)
    at = find(book, ids, key)
    if ids.table[at].slot != 0:
        return DUPLICATE_ORDER
    if watch.rows - watch.lost_row <= len(watch.deleted) and just_deleted(watch, -row.order_id):
        return REVIVED_ORDER
    index = (1 - side) >> 1
    issue = blocked(book, index, price)
    if issue != 0 and excused & CROSSING == 0:
        return issue
    slot = take_slot(book)
    if slot == 0:
        return FULL
    order = book.orders[slot]
    order.order_id = key
    order.size_lots = size
    if issue != 0:
        index = hold(book, watch, slot, index)
    order.flags = index
    join(book, index, slot, price)
    insert(book, ids, at, key, slot)
    return 0


@rare
def replace(book: Record, ids: Record, watch: Record, row: Record, excused: Int) -> Int:
    """An order takes a new price and size; returns 0 or the issue that prevented it."""
    price, size = row.price_ticks, row.size_lots
    if row.order_id <= 0:
        return BAD_ID
    slot = np.int64(ids.table[find(book, ids, key_of(row))].slot)
    if slot == 0:
        known = just_deleted(watch, row.order_id) or just_deleted(watch, -row.order_id)
        return REVIVED_ORDER if known else UNKNOWN_ORDER
    if not 0 < size < SIZE_LIMIT:
        return BAD_SIZE
    if not -PRICE_LIMIT < price < PRICE_LIMIT:
        return BAD_PRICE
    order = book.orders[slot]
    stands = np.int64(order.flags) & LADDER_MASK
    if row.side != 0 and row.side != side_of(stands) and excused & PLACE == 0:
        return WRONG_PLACE
    if price == order.price_ticks and size <= order.size_lots:
        shrink(book, stands, slot, order.size_lots - size)
        return 0
    index = (1 - side_of(stands)) >> 1
    issue = blocked(book, index, price)
    if issue != 0 and excused & CROSSING == 0:
        return issue
    if issue != 0:
        index = hold(book, watch, slot, index)
    move(book, slot, index, price, size)
    return 0


@inner
def take(book: Record, ids: Record, watch: Record, row: Record, excused: Int) -> Int:
    """An order shrinks or goes (reduce, delete, execute); returns 0 or the issue that prevented it."""
    kind, size = np.int64(row.kind), row.size_lots
    if row.order_id <= 0:
        return BAD_ID
    if size < 0 or (size == 0 and kind != DELETE):
        return BAD_SIZE
    at = find(book, ids, row.order_id)
    slot = np.int64(ids.table[at].slot)
    if slot == 0:
        return take_anonymous(book, ids, watch, row)
    order = book.orders[slot]
    stands = np.int64(order.flags) & LADDER_MASK
    if excused & PLACE == 0:
        if row.side != 0 and row.side != side_of(stands):
            return WRONG_PLACE
        if kind != EXECUTE and row.price_ticks not in (0, order.price_ticks):
            return WRONG_PLACE
    if kind == DELETE:
        if size not in (0, order.size_lots):
            return WRONG_SIZE
        remember_deleted(watch, row.order_id)
        size = order.size_lots
    elif size > order.size_lots:
        return OVERSIZE_EXECUTE if kind == EXECUTE else OVERSIZE_REDUCE
    if size == order.size_lots:
        remove(book, slot)
        erase(ids, at)
    else:
        shrink(book, stands, slot, size)
    return 0


@rare
def find_anonymous(book: Record, ids: Record, row: Record) -> Int:
    """Place in the id table of the anonymous order at a row's side and price, or -1."""
    if row.side not in (-1, 1) or not -PRICE_LIMIT < row.price_ticks < PRICE_LIMIT:
        return -1
    at = find(book, ids, anonymous_id(row.side, row.price_ticks))
    return at if ids.table[at].slot != 0 else -1


@rare
def take_anonymous(book: Record, ids: Record, watch: Record, row: Record) -> Int:
    """:func:`take` for an unknown order, out of the anonymous order at its side and price."""
    at = find_anonymous(book, ids, row)
    if at < 0 or row.size_lots == 0:
        return UNKNOWN_ORDER
    slot = np.int64(ids.table[at].slot)
    order = book.orders[slot]
    if row.size_lots > order.size_lots:
        return OVERSIZE_EXECUTE if np.int64(row.kind) == EXECUTE else OVERSIZE_REDUCE
    note(watch, ANONYMOUS_REDUCED)
    if row.size_lots == order.size_lots:
        remove_order(book, ids, slot)
    else:
        shrink(book, np.int64(order.flags) & LADDER_MASK, slot, row.size_lots)
    return 0


@rare
def drop(book: Record, ids: Record, row: Record) -> None:
    """Remove the order of a row, or else the anonymous order at its side and price."""
    at = find(book, ids, key_of(row))
    if ids.table[at].slot == 0:
        at = find_anonymous(book, ids, row)
    if at >= 0:
        remove_order(book, ids, np.int64(ids.table[at].slot))


@rare
def mend(book: Record, ids: Record, watch: Record, row: Record, issue: Int) -> Int:
    """Do what the policy says about an issue and those that follow from it.

    Returns:
        0, or the issue to stop at, or ``FULL``.
    """
    action: Int = np.int64(row.kind)
    excused = NOTHING
    while issue > 0:
        crossing = issue in (CROSSED, LOCKED)
        if not crossing or watch.state == OPEN:
            note(watch, issue)
            if watch.strict:
                return issue
        if crossing:
            excused |= CROSSING
        elif issue == WRONG_PLACE:
            excused |= PLACE
        elif issue == UNKNOWN_ORDER and action == REPLACE:
            action = ADD
        elif issue == DUPLICATE_ORDER:
            slot = np.int64(ids.table[find(book, ids, key_of(row))].slot)
            if side_of(np.int64(book.orders[slot].flags) & LADDER_MASK) == row.side:
                action = REPLACE
            else:
                drop(book, ids, row)
        else:
            if issue == UNKNOWN_ORDER and np.int64(row.kind) == DELETE:
                remember_deleted(watch, -row.order_id)
                watch.lost_row = watch.rows
            if issue == WRONG_SIZE:
                remember_deleted(watch, row.order_id)
            if issue in (OVERSIZE_EXECUTE, OVERSIZE_REDUCE, WRONG_SIZE) or (issue == BAD_SIZE and action == REPLACE):
                drop(book, ids, row)
            return 0
        if action == ADD:
            issue = add(book, ids, watch, row, excused)
        elif action == REPLACE:
            issue = replace(book, ids, watch, row, excused)
        else:
            issue = take(book, ids, watch, row, excused)
    return issue


@rare
def other_l3(book: Record, ids: Record, watch: Record, row: Record) -> Int:
    """Rows that are no orders: the trading state, CLEAR; prints, levels and quotes pass by."""
    kind = np.int64(row.kind)
    before = watch.state
    stop = other_row(watch, row)
    if kind == CLEAR and stop == 0 and -1 <= row.side <= 1:
        if row.side == 0:
            clear_book(book)
            rebuild(book, ids, 0)
        else:
            clear_side(book, ids, row.side)
    if before != OPEN and watch.state == OPEN:
        restamp_held(book, watch)
    return stop


@rare
def clear_side(book: Record, ids: Record, side: Int) -> None:
    """Remove all orders of a side, held ones too."""
    for slot in range(1, np.int64(book.top) + 1):
        order = book.orders[slot]
        if order.size_lots > 0 and side_of(np.int64(order.flags) & LADDER_MASK) == side:
            remove_order(book, ids, slot)


@inner
def apply_l3(book: Record, ids: Record, watch: Record, row: Record) -> Int:
    """Apply one row; rows of L2 and L1 pass by.

    Returns:
        0, or the issue to stop at, or ``FULL``.
    """
    kind = np.int64(row.kind)
    if kind > REPLACE or kind < ADD:
        stop = other_l3(book, ids, watch, row)
    else:
        stop = in_order(watch, row)
        if stop == 0:
            if kind == ADD:
                stop = add(book, ids, watch, row, NOTHING)
            elif kind == REPLACE:
                stop = replace(book, ids, watch, row, NOTHING)
            else:
                stop = take(book, ids, watch, row, NOTHING)
            if stop != 0:
                stop = mend(book, ids, watch, row, stop)
    if stop == 0 and watch.held_row != NEVER:
        stop = tend_held(book, ids, watch)
    return stop
