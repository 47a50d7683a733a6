"""What a message does: a straight list of checks, each with its reason, then the change.

The plain cases, a limit order that just rests and a cancel, are inlined and pass one combined check; everything else
is called. So order types that a stream does not use cost it nothing.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.ids import erase, find, find_slot, forget
from tradewind.book.ladder import join, leave, shrink
from tradewind.book.layout import (
    BUY_STOPS,
    LADDER_MASK,
    NONE,
    SELL_STOPS,
    STOP_LIMIT,
    STOP_RESTS,
    Int,
    Record,
)
from tradewind.book.matching import available_lots, crosses, market_limit, proceed, rest
from tradewind.book.orders import remove, take_slot
from tradewind.book.reasons import Reason, reject
from tradewind.core.dtypes import MessageKind, TradingState
from tradewind.core.kernels import inner, rare
from tradewind.core.types import TimeInForce

__all__ = ["apply"]

LIMIT = int(MessageKind.LIMIT)
MARKET = int(MessageKind.MARKET)
CANCEL = int(MessageKind.CANCEL)
REDUCE = int(MessageKind.REDUCE)
REPLACE = int(MessageKind.REPLACE)
STOP = int(MessageKind.STOP)
STOP_LIMIT_KIND = int(MessageKind.STOP_LIMIT)
GTC, IOC = int(TimeInForce.GTC), int(TimeInForce.IOC)
FOK, POST_ONLY = int(TimeInForce.FOK), int(TimeInForce.POST_ONLY)
OPEN, CLOSED = int(TradingState.OPEN), int(TradingState.CLOSED)

ACCEPTED = int(Reason.ACCEPTED)
UNKNOWN_KIND = int(Reason.UNKNOWN_KIND)
MARKET_CLOSED = int(Reason.MARKET_CLOSED)
MARKET_HALTED = int(Reason.MARKET_HALTED)
UNKNOWN_ORDER_ID = int(Reason.UNKNOWN_ORDER_ID)
INVALID_SIDE = int(Reason.INVALID_SIDE)
INVALID_TIF = int(Reason.INVALID_TIF)
INVALID_ORDER_ID = int(Reason.INVALID_ORDER_ID)
INVALID_SIZE = int(Reason.INVALID_SIZE)
OFF_LOT = int(Reason.OFF_LOT)
PRICE_OUT_OF_BAND = int(Reason.PRICE_OUT_OF_BAND)
OFF_TICK = int(Reason.OFF_TICK)
INVALID_DISPLAY = int(Reason.INVALID_DISPLAY)
INVALID_TRIGGER = int(Reason.INVALID_TRIGGER)
DUPLICATE_ORDER_ID = int(Reason.DUPLICATE_ORDER_ID)
TRIGGER_REACHED = int(Reason.TRIGGER_REACHED)
POST_ONLY_WOULD_TAKE = int(Reason.POST_ONLY_WOULD_TAKE)
FOK_UNFILLABLE = int(Reason.FOK_UNFILLABLE)
BOOK_FULL = int(Reason.BOOK_FULL)


@inner
def apply(book: Record, ids: Record, fills: Record, message: Record) -> Int:
    """Carry out one message.

    Args:
        book: The book; not paused (``busy`` is 0).
        ids: Its id table, or ``None`` where an order's id is its slot (``book.newest`` tells a new order's).
        fills: Where fills are written; matching pauses when it is full.
        message: One row of ``MESSAGE``.

    Returns:
        A :class:`~tradewind.book.reasons.Reason`, or ``PENDING``: empty the fill buffer, then call ``proceed``.
    """
    book.clock_ns = message.ts_ns
    book.messages += 1
    if message.kind == LIMIT and is_plain(book, message):
        return place_plain(book, ids, fills, message)
    if message.kind == CANCEL and book.state != CLOSED:
        return cancel(book, ids, message.order_id)
    return apply_rare(book, ids, fills, message)


@inner
def is_plain(book: Record, message: Record) -> Int:
    """Whether a limit order is valid, good till cancelled and shows all of itself, on an open book."""
    price, size = message.price_ticks, message.size_lots
    return (
        (message.tif == GTC)
        & (message.display_lots == 0)
        & (book.special == 0)
        & ((message.side == 1) | (message.side == -1))
        & (message.order_id > 0)
        & (size > 0)
        & (size <= book.max_lots)
        & (price >= book.min_ticks)
        & (price <= book.max_ticks)
    )


@inner
def place_plain(book: Record, ids: Record, fills: Record, message: Record) -> Int:
    """A plain limit order trades or rests."""
    index = (1 - np.int64(message.side)) >> 1
    price, at = message.price_ticks, 0
    if ids is not None:
        at = find(book, ids, message.order_id)
        if ids.table[at].slot != 0:
            return reject(book, DUPLICATE_ORDER_ID)
    if crosses(book, index, price):
        start(book, message, index, price)
        book.taker.rests = 1
        return proceed(book, ids, fills)
    slot = take_slot(book)
    if slot == 0:
        return reject(book, BOOK_FULL)
    order = book.orders[slot]
    order.size_lots = message.size_lots
    order.order_id = message.order_id
    order.owner = message.owner
    order.flags = index
    order.reserve_lots = 0
    order.display_lots = 0
    rest(book, ids, slot, at, price)
    book.entered_lots += message.size_lots
    return ACCEPTED


@inner
def cancel(book: Record, ids: Record, order_id: Int) -> Int:
    """An order goes."""
    if ids is None:
        slot = find_slot(book, ids, order_id)
        if slot == 0:
            return reject(book, UNKNOWN_ORDER_ID)
    else:
        at = find(book, ids, order_id)
        slot = np.int64(ids.table[at].slot)
        if slot == 0:
            return reject(book, UNKNOWN_ORDER_ID)
        erase(ids, at)
    book.cancelled_lots += book.orders[slot].size_lots + book.orders[slot].reserve_lots
    remove(book, slot)
    return ACCEPTED


@inner
def start(book: Record, message: Record, index: Int, limit: Int) -> None:
    """A new order becomes the taker; it does not rest unless told to."""
    taker = book.taker
    taker.order_id = message.order_id
    taker.owner = message.owner
    taker.size_lots = message.size_lots
    taker.limit_ticks = limit
    taker.index = index
    taker.display_lots = 0
    taker.first_ticks = NONE
    taker.rests = 0
    taker.flags = 0
    book.entered_lots += message.size_lots


@rare
def apply_rare(book: Record, ids: Record, fills: Record, message: Record) -> Int:
    """Any message that is not a plain limit order or a cancel on a book that is not closed."""
    kind = np.int64(message.kind)
    if kind < LIMIT or kind > STOP_LIMIT_KIND or (kind >= STOP and len(book.ladders) <= BUY_STOPS):
        return reject(book, UNKNOWN_KIND)
    if book.state == CLOSED:
        return reject(book, MARKET_CLOSED)
    if book.state != OPEN and kind != REDUCE:
        return reject(book, MARKET_HALTED)
    if kind in (REDUCE, REPLACE):
        slot = find_slot(book, ids, message.order_id)
        if slot == 0:
            return reject(book, UNKNOWN_ORDER_ID)
        if kind == REDUCE:
            return reduce(book, ids, message, slot)
        return replace(book, ids, fills, message, slot)
    reason = check_new(book, ids, message, kind)
    if reason != ACCEPTED:
        return reject(book, reason)
    index = (1 - np.int64(message.side)) >> 1
    if kind >= STOP:
        return place_stop(book, ids, message, index)
    limit = market_limit(book, index) if kind == MARKET else message.price_ticks
    if message.tif == POST_ONLY and crosses(book, index, limit):
        return reject(book, POST_ONLY_WOULD_TAKE)
    if message.tif == FOK:
        size = message.size_lots
        if available_lots(book, 1 - index, limit, size, np.int64(message.owner)) < size:
            return reject(book, FOK_UNFILLABLE)
    rests = kind == LIMIT and message.tif in (GTC, POST_ONLY)
    if rests and is_full(book) and not crosses(book, index, limit):
        return reject(book, BOOK_FULL)
    start(book, message, index, limit)
    book.taker.rests = rests
    if message.display_lots < message.size_lots:
        book.taker.display_lots = message.display_lots
    return proceed(book, ids, fills)


@inner
def is_full(book: Record) -> Int:
    """Whether no slot is free."""
    return book.free == 0 and np.int64(book.top) + 1 >= len(book.orders)


@inner
def check_new(book: Record, ids: Record, message: Record, kind: Int) -> Int:
    """First broken rule of a new order, state and kind seen to."""
    tif = np.int64(message.tif)
    if message.side not in (1, -1):
        return INVALID_SIDE
    if tif > POST_ONLY or (kind != LIMIT and tif == POST_ONLY) or (kind >= STOP and tif == FOK):
        return INVALID_TIF
    if ids is not None and message.order_id <= 0:
        return INVALID_ORDER_ID
    reason = check_size(book, message.size_lots)
    if reason != ACCEPTED:
        return reason
    if kind in (LIMIT, STOP_LIMIT_KIND):
        reason = check_price(book, message.price_ticks)
        if reason != ACCEPTED:
            return reason
    display = message.display_lots
    if display != 0 and (display < 0 or display > message.size_lots or kind != LIMIT or tif in (IOC, FOK)):
        return INVALID_DISPLAY
    if kind >= STOP and check_price(book, message.trigger_ticks) != ACCEPTED:
        return INVALID_TRIGGER
    if ids is not None and find_slot(book, ids, message.order_id) != 0:
        return DUPLICATE_ORDER_ID
    return ACCEPTED


@inner
def check_size(book: Record, size: Int) -> Int:
    """Whether a size can be traded."""
    if size <= 0 or size > book.max_lots:
        return INVALID_SIZE
    if book.lot_step != 1 and size % book.lot_step != 0:
        return OFF_LOT
    return ACCEPTED


@inner
def check_price(book: Record, price: Int) -> Int:
    """Whether a price can be quoted."""
    if price < book.min_ticks or price > book.max_ticks:
        return PRICE_OUT_OF_BAND
    if book.tick_step != 1 and price % book.tick_step != 0:
        return OFF_TICK
    return ACCEPTED


@inner
def is_reached(book: Record, index: Int, trigger: Int) -> Int:
    """Whether the last trade price has already reached a stop's trigger."""
    return book.last_ticks != NONE and (book.last_ticks - trigger) * (1 - 2 * index) >= 0


@inner
def place_stop(book: Record, ids: Record, message: Record, index: Int) -> Int:
    """A stop waits in its ladder, at its trigger."""
    if is_reached(book, index, message.trigger_ticks):
        return reject(book, TRIGGER_REACHED)
    slot = take_slot(book)
    if slot == 0:
        return reject(book, BOOK_FULL)
    order = book.orders[slot]
    order.size_lots = message.size_lots
    order.order_id = message.order_id
    order.owner = message.owner
    order.reserve_lots = 0
    order.display_lots = 0
    order.limit_ticks = message.price_ticks
    order.flags = BUY_STOPS - index
    if message.kind == STOP_LIMIT_KIND:
        order.flags |= STOP_LIMIT | (STOP_RESTS if message.tif == GTC else 0)
    at = 0
    if ids is not None:
        at = find(book, ids, message.order_id)
    rest(book, ids, slot, at, message.trigger_ticks)
    book.entered_lots += message.size_lots
    return ACCEPTED


@inner
def take_off(book: Record, slot: Int, lots: Int) -> None:
    """An order loses lots where it stands: hidden ones first."""
    order = book.orders[slot]
    hidden = min(lots, order.reserve_lots)
    order.reserve_lots -= hidden
    shrink(book, np.int64(order.flags) & LADDER_MASK, slot, lots - hidden)
    book.cancelled_lots += lots


@inner
def reduce(book: Record, ids: Record, message: Record, slot: Int) -> Int:
    """An order loses lots and keeps its place; with nothing left it goes."""
    reason = check_size(book, message.size_lots)
    if reason != ACCEPTED:
        return reject(book, reason)
    order = book.orders[slot]
    if message.size_lots >= order.size_lots + order.reserve_lots:
        return cancel(book, ids, message.order_id)
    take_off(book, slot, message.size_lots)
    return ACCEPTED


@inner
def replace(book: Record, ids: Record, fills: Record, message: Record, slot: Int) -> Int:
    """An order takes a new price and size; it keeps its place only at the same price and not larger."""
    order = book.orders[slot]
    if message.tif not in (GTC, POST_ONLY) or (np.int64(order.flags) & SELL_STOPS and message.tif == POST_ONLY):
        return reject(book, INVALID_TIF)
    reason = check_size(book, message.size_lots)
    if reason != ACCEPTED:
        return reject(book, reason)
    if np.int64(order.flags) & SELL_STOPS:
        return replace_stop(book, message, slot)
    reason = check_price(book, message.price_ticks)
    if reason != ACCEPTED:
        return reject(book, reason)
    if message.display_lots < 0 or message.display_lots > message.size_lots:
        return reject(book, INVALID_DISPLAY)
    had = order.size_lots + order.reserve_lots
    display = order.display_lots if message.display_lots == 0 else message.display_lots
    if order.price_ticks == message.price_ticks and message.size_lots <= had and display == order.display_lots:
        take_off(book, slot, had - message.size_lots)
        return ACCEPTED
    index = np.int64(order.flags)
    if message.tif == POST_ONLY and crosses(book, index, message.price_ticks):
        return reject(book, POST_ONLY_WOULD_TAKE)
    owner, book.cancelled_lots = order.owner, book.cancelled_lots + had
    forget(book, ids, slot)
    remove(book, slot)
    start(book, message, index, message.price_ticks)
    book.taker.owner = owner
    book.taker.rests = 1
    if display < message.size_lots:
        book.taker.display_lots = display
    return proceed(book, ids, fills)


@inner
def replace_stop(book: Record, message: Record, slot: Int) -> Int:
    """A waiting stop takes a new trigger (0: the old one), size and limit; the side, kind and time in force stay."""
    order = book.orders[slot]
    if np.int64(order.flags) & STOP_LIMIT:
        reason = check_price(book, message.price_ticks)
        if reason != ACCEPTED:
            return reject(book, reason)
    if message.display_lots != 0:
        return reject(book, INVALID_DISPLAY)
    target = message.trigger_ticks if message.trigger_ticks != 0 else order.price_ticks
    if check_price(book, target) != ACCEPTED:
        return reject(book, INVALID_TRIGGER)
    ladder = np.int64(order.flags) & LADDER_MASK
    if is_reached(book, BUY_STOPS - ladder, target):
        return reject(book, TRIGGER_REACHED)
    book.cancelled_lots += order.size_lots
    book.entered_lots += message.size_lots
    order.limit_ticks = message.price_ticks
    if target == order.price_ticks and message.size_lots <= order.size_lots:
        shrink(book, ladder, slot, order.size_lots - message.size_lots)
        return ACCEPTED
    leave(book, ladder, slot)
    order.size_lots = message.size_lots
    join(book, ladder, slot, target)
    return ACCEPTED
