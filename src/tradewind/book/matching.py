"""Matching: the active taker trades against the best queue, rests or goes, then triggered stops follow in turn.

The taker stands in the book's record, so matching can pause when the fill buffer is full and go on later with nothing
lost. Stops trigger on trade prices: those that the first trade of a taker reaches against its direction, then those
that its last trade reaches along its direction, each best trigger first and first come first at one trigger; they run
one after another when the message that triggered them is complete, and what they trigger queues up behind them.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.ids import find, forget, insert
from tradewind.book.ladder import (
    best_cold,
    cut_best,
    is_better,
    join,
    next_occupied,
    send_back,
    shrink,
    slide,
    worst_price,
)
from tradewind.book.layout import (
    BUY_STOPS,
    LADDER_MASK,
    NONE,
    SELL_STOPS,
    STOP_LIMIT,
    STOP_RESTS,
    Int,
    Record,
    in_window,
    width,
)
from tradewind.book.orders import release, remove, take_slot
from tradewind.book.reasons import PENDING, Reason
from tradewind.core.dtypes import FillFlag
from tradewind.core.kernels import inner, rare
from tradewind.core.types import SelfTradePrevention

__all__ = ["available_lots", "crosses", "market_limit", "proceed", "rest"]

ACCEPTED = int(Reason.ACCEPTED)
MAKER_DONE = int(FillFlag.MAKER_DONE)
SELF_TRADE = int(FillFlag.SELF_TRADE)
STOP_TRIGGERED = int(FillFlag.STOP_TRIGGERED)
REFRESHED = int(FillFlag.DISPLAY_REFRESHED)
CANCEL_OLDEST = int(SelfTradePrevention.CANCEL_OLDEST)
CANCEL_NEWEST = int(SelfTradePrevention.CANCEL_NEWEST)
NOBODY = 1 << 40


@inner
def crosses(book: Record, index: Int, price: Int) -> Int:
    """Whether an order of side index ``index`` at a limit price would trade at once."""
    return (price - book.ladders[1 - index].best_ticks) * (1 - 2 * index) >= 0


@inner
def market_limit(book: Record, index: Int) -> Int:
    """The worst price a market order may pay: the edge of the price band."""
    return book.min_ticks if index else book.max_ticks


@inner
def guarded(book: Record, owner: Int) -> Int:
    """The owner whose resting orders must not be traded with, or nobody."""
    return np.int64(owner) if book.self_trade != 0 and owner != 0 else NOBODY


@inner
def write_fill(book: Record, fills: Record, slot: Int, lots: Int, flags: Int) -> None:
    """One row; the caller has seen that there is room."""
    taker, order = book.taker, book.orders[slot]
    row = fills.rows[fills.count]
    fills.count += 1
    book.fills += 1
    row.ts_ns = book.clock_ns
    row.maker_id = order.order_id
    row.taker_id = taker.order_id
    row.price_ticks = order.price_ticks
    row.size_lots = lots
    row.maker_owner = order.owner
    row.taker_owner = taker.owner
    row.side = 1 - 2 * taker.index
    row.flags = flags | taker.flags
    row.reserved = 0
    row.instrument_id = book.instrument_id


@rare
def prevent(book: Record, ids: Record, fills: Record, slot: Int, left: Int) -> Int:
    """The taker meets an order of its own owner; returns what is left of the taker."""
    order = book.orders[slot]
    if book.self_trade == CANCEL_NEWEST:
        write_fill(book, fills, slot, 0, SELF_TRADE)
    else:
        gone = order.size_lots + order.reserve_lots
        write_fill(book, fills, slot, gone, SELF_TRADE | MAKER_DONE)
        book.cancelled_lots += gone
        forget(book, ids, slot)
        remove(book, slot)
    if book.self_trade != CANCEL_OLDEST:
        book.cancelled_lots += left
        return 0
    return left


@inner
def match(book: Record, ids: Record, fills: Record) -> None:
    """Trade the taker until it is done, its limit is reached or the fill buffer is full."""
    taker = book.taker
    index, limit, left = np.int64(taker.index), taker.limit_ticks, taker.size_lots
    opposite = 1 - index
    ladder = book.ladders[opposite]
    guard = guarded(book, taker.owner)
    while left > 0 and not is_better(opposite, limit, ladder.best_ticks):
        if fills.count >= len(fills.rows):
            book.busy = 1
            break
        slot = np.int64(ladder.levels[ladder.best_ticks & (width(ladder) - 1)].head)
        order = book.orders[slot]
        if order.owner == guard:
            left = prevent(book, ids, fills, slot, left)
            continue
        lots = min(order.size_lots, left)
        left -= lots
        book.traded_lots += lots
        book.last_ticks = order.price_ticks
        if taker.first_ticks == NONE:
            taker.first_ticks = order.price_ticks
        if lots < order.size_lots:
            write_fill(book, fills, slot, lots, 0)
            shrink(book, opposite, slot, lots)
        elif order.reserve_lots == 0:
            write_fill(book, fills, slot, lots, MAKER_DONE)
            forget(book, ids, slot)
            remove(book, slot)
        else:
            write_fill(book, fills, slot, lots, REFRESHED)
            shown = min(order.display_lots, order.reserve_lots)
            order.reserve_lots -= shown
            send_back(book, opposite, slot, shown)
    taker.size_lots = left


@inner
def rest(book: Record, ids: Record, slot: Int, at: Int, price: Int) -> None:
    """A slot whose fields are set joins the book and the id table."""
    join(book, np.int64(book.orders[slot].flags) & LADDER_MASK, slot, price)
    book.newest = slot
    if ids is not None:
        insert(book, ids, at, book.orders[slot].order_id, slot)


@inner
def settle(book: Record, ids: Record) -> None:
    """What is left of the taker rests or is cancelled."""
    taker = book.taker
    left = taker.size_lots
    if left > 0 and taker.rests:
        slot = take_slot(book)
        order = book.orders[slot]
        shown = left if taker.display_lots == 0 else min(left, taker.display_lots)
        order.order_id = taker.order_id
        order.size_lots = shown
        order.reserve_lots = left - shown
        order.display_lots = taker.display_lots
        order.owner = taker.owner
        order.flags = taker.index
        at = 0
        if ids is not None:
            at = find(book, ids, taker.order_id)
        rest(book, ids, slot, at, taker.limit_ticks)
    else:
        book.cancelled_lots += left
    taker.size_lots = 0


@rare
def trigger(book: Record, index: Int, reached: Int) -> None:
    """Stops of one ladder whose trigger a trade price has reached go to the end of the triggered queue."""
    ladder = book.ladders[index]
    while not is_better(index, reached, ladder.best_ticks) and ladder.best_ticks != worst_price(index):
        tail = np.int64(ladder.levels[ladder.best_ticks & (width(ladder) - 1)].tail)
        head = cut_best(book, index)
        if book.triggered_tail == 0:
            book.triggered_head = head
        else:
            book.orders[np.int64(book.triggered_tail)].next = head
        book.triggered_tail = tail


@inner
def trigger_stops(book: Record) -> None:
    """Stops that the taker's trades have reached queue up."""
    taker = book.taker
    if len(book.ladders) > BUY_STOPS and taker.first_ticks != NONE:
        low, high = min(taker.first_ticks, book.last_ticks), max(taker.first_ticks, book.last_ticks)
        if low <= book.ladders[SELL_STOPS].best_ticks or high >= book.ladders[BUY_STOPS].best_ticks:
            trigger(book, SELL_STOPS + taker.index, taker.first_ticks)
            trigger(book, BUY_STOPS - taker.index, book.last_ticks)


@rare
def next_triggered(book: Record, ids: Record) -> None:
    """The first triggered stop leaves its slot and becomes the taker."""
    taker = book.taker
    slot = np.int64(book.triggered_head)
    order = book.orders[slot]
    book.triggered_head = order.next
    if book.triggered_head == 0:
        book.triggered_tail = 0
    flags = np.int64(order.flags)
    taker.index = BUY_STOPS - (flags & BUY_STOPS)
    taker.order_id = order.order_id
    taker.owner = order.owner
    taker.size_lots = order.size_lots
    taker.display_lots = 0
    taker.limit_ticks = order.limit_ticks if flags & STOP_LIMIT else market_limit(book, taker.index)
    taker.rests = 1 if flags & STOP_RESTS else 0
    taker.flags = STOP_TRIGGERED
    taker.first_ticks = NONE
    forget(book, ids, slot)
    release(book, slot)


@rare
def proceed(book: Record, ids: Record, fills: Record) -> Int:
    """Carry the taker through, then every stop it triggers; ``PENDING`` when the fill buffer is full."""
    book.busy = 0
    while True:
        match(book, ids, fills)
        if book.busy:
            return PENDING
        settle(book, ids)
        trigger_stops(book)
        if book.triggered_head == 0:
            return ACCEPTED
        next_triggered(book, ids)


@rare
def available_lots(book: Record, opposite: Int, limit: Int, wanted: Int, owner: Int) -> Int:
    """What a taker would really trade within its limit, counted up to ``wanted``.

    Visible and hidden sizes count. Orders of the taker's own owner do not: with cancel-oldest they would be taken
    away; with cancel-newest or cancel-both the taker would end there, so only what stands before them counts, without
    the reserves of that queue, which refresh behind them.
    """
    ladder = book.ladders[opposite]
    guard = guarded(book, owner)
    ends = book.self_trade != CANCEL_OLDEST
    price, total = ladder.best_ticks, 0
    while total < wanted and price != worst_price(opposite) and not is_better(opposite, limit, price):
        if not in_window(ladder, price):
            slide(book, opposite, price)
        slot, hidden = np.int64(ladder.levels[price & (width(ladder) - 1)].head), 0
        while slot != 0:
            order = book.orders[slot]
            if order.owner != guard:
                total += order.size_lots
                hidden += order.reserve_lots
            elif ends:
                wanted = min(total, wanted)
                hidden = 0
                break
            slot = np.int64(order.next)
        total += hidden
        behind = next_occupied(ladder, opposite, price)
        if behind == worst_price(opposite) and ladder.cold != 0:
            behind = best_cold(book, opposite, price)
        price = behind
    if ladder.best_ticks != worst_price(opposite) and not in_window(ladder, ladder.best_ticks):
        slide(book, opposite, ladder.best_ticks)
    return total
