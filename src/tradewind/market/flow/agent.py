"""The agent's messages: they arrive late, go through the same engine as everyone's, and the flow answers them."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record, in_window
from tradewind.book.matching import crosses, proceed
from tradewind.book.messages import apply
from tradewind.book.reasons import PENDING, Reason
from tradewind.core.dtypes import MessageKind, TradingState
from tradewind.core.kernels import inner, rare
from tradewind.core.types import TimeInForce
from tradewind.market.flow.clock import excite, profile_at, walk_near
from tradewind.market.flow.events import left_to_wait, pass_time, react_to_trade, reschedule, settle_touch
from tradewind.market.flow.layout import OWN_ORDERS, TAKEN
from tradewind.market.flow.orders import count_trade, hand_over
from tradewind.market.flow.own_fills import keep
from tradewind.market.flow.rows import ADD, DELETE, HIDDEN, LAST, REDUCE, TRADE, tell
from tradewind.market.flow.ziggurat import draw, uniform

__all__ = ["arrival_s", "carry_out", "deliver"]

OPEN, SHUT = int(TradingState.OPEN), int(TradingState.CLOSED)
LIMIT, CANCEL, MARKET = int(MessageKind.LIMIT), int(MessageKind.CANCEL), int(MessageKind.MARKET)
FOK, POST_ONLY = int(TimeInForce.FOK), int(TimeInForce.POST_ONLY)
MARKET_GROUP, HIDDEN_GROUP = 0, 1
REDUCE_KIND, REPLACE = int(MessageKind.REDUCE), int(MessageKind.REPLACE)
ACCEPTED, UNKNOWN = int(Reason.ACCEPTED), int(Reason.UNKNOWN_ORDER_ID)
BOOK_FULL, DUPLICATE = int(Reason.BOOK_FULL), int(Reason.DUPLICATE_ORDER_ID)
HALTED, CLOSED = int(Reason.MARKET_HALTED), int(Reason.MARKET_CLOSED)
INVALID_SIZE, OUT_OF_BAND = int(Reason.INVALID_SIZE), int(Reason.PRICE_OUT_OF_BAND)


@inner
def arrival_s(market: Record) -> float:
    """When the first message on its way arrives [s since the market's start]."""
    if market.pending_count == 0:
        return np.inf
    return np.float64(market.pending[0].ts_ns - market.base_ns) * 1e-9


@inner
def own_place(market: Record, order_id: Int) -> Int:
    """Place of a live order of the agent in its list, or -1."""
    for k in range(market.own_count):
        if market.own[k].order_id == order_id:
            return k
    return -1


@rare
def run_request(market: Record, rows: Record) -> Int:
    """The request goes through the engine; its fills are told and kept."""
    book = market.book
    market.fills.count = 0
    reason = apply(book, None, market.fills, market.request[0])
    hand_over(market, rows)
    while reason == PENDING:
        reason = proceed(book, None, market.fills)
        hand_over(market, rows)
    return reason


@inner
def takes(market: Record) -> Int:
    """Whether the request is a valid order that trades at once as far as it can."""
    request, book = market.request[0], market.book
    kind, side, size = np.int64(request.kind), np.int64(request.side), request.size_lots
    if book.state != OPEN or abs(side) != 1 or size <= 0 or size > book.max_lots or request.order_id <= 0:
        return False
    if request.tif in (FOK, POST_ONLY) or request.display_lots != 0:
        return False
    best = book.ladders[(1 + side) >> 1].best_ticks
    if best < book.min_ticks or best > book.max_ticks:
        return False
    in_band = book.min_ticks <= request.price_ticks <= book.max_ticks
    return kind == MARKET or (kind == LIMIT and in_band and crosses(book, (1 - side) >> 1, request.price_ticks))


@rare
def take_hidden(market: Record, tables: Record, rows: Record) -> None:
    """The request trades against hidden size at the best price, as often and as much as everyone's orders do."""
    request, book = market.request[0], market.book
    bits = draw(market.streams, TAKEN)
    entry, side = np.int64(bits & np.uint64(255)), (1 - np.int64(request.side)) >> 1
    there = np.int64(tables.hidden[entry]) if uniform(bits) < tables.hidden_share else np.int64(tables.extra[0, entry])
    size, price = min(there, request.size_lots), book.ladders[1 - side].best_ticks
    if size > 0:
        fill = market.fills.rows[0]
        fill.ts_ns, fill.maker_id, fill.taker_id = request.ts_ns, 0, request.order_id
        fill.price_ticks, fill.size_lots, fill.instrument_id = price, size, book.instrument_id
        fill.maker_owner, fill.taker_owner = 0, request.owner
        fill.side, fill.flags, fill.reserved = request.side, 0, 0
        book.clock_ns = request.ts_ns
        tell(market, rows, TRADE | LAST | HIDDEN, side, 0, price, size)
        count_trade(market, np.int64(request.side), price, size)
        keep(market, fill)
        request.size_lots -= size


@rare
def enter(market: Record, tables: Record, rows: Record) -> Int:
    """A new order; what rests of it goes on the agent's list. A replay has no ``tables`` and no hidden size."""
    book, request = market.book, market.request[0]
    if book.state == OPEN:
        if market.own_count >= OWN_ORDERS:
            return BOOK_FULL
        if own_place(market, request.order_id) >= 0:
            return DUPLICATE
    book.newest = 0
    if tables is not None and takes(market):
        take_hidden(market, tables, rows)
        if request.size_lots == 0:
            return ACCEPTED
    reason = run_request(market, rows)
    slot = np.int64(book.newest)
    if reason == ACCEPTED and slot != 0:
        own = market.own[market.own_count]
        order = book.orders[slot]
        ladder = book.ladders[np.int64(order.flags)]
        own.order_id, own.slot = request.order_id, slot
        near = in_window(ladder, order.price_ticks)
        own.founded = not near or ladder.levels[order.price_ticks & (len(ladder.levels) - 1)].count == 1
        market.own_count += 1
        tell(market, rows, ADD | LAST, np.int64(order.flags), order.order_id, order.price_ticks, order.size_lots)
    return reason


@rare
def withdraw(market: Record, rows: Record, k: Int, kind: Int, lots: Int) -> Int:
    """Cancel or reduce the agent's order at place ``k`` of its list."""
    book, own = market.book, market.own[k]
    order = book.orders[own.slot]
    side, price, size, order_id = np.int64(order.flags), order.price_ticks, order.size_lots, own.order_id
    market.request[0].kind = kind
    market.request[0].order_id = own.slot
    market.request[0].size_lots = lots
    reason = run_request(market, rows)
    if reason == ACCEPTED:
        gone = kind == CANCEL or book.orders[own.slot].size_lots == 0
        tell(market, rows, (DELETE if gone else REDUCE) | LAST, side, order_id, price, size if gone else lots)
        if gone:
            market.own_count -= 1
            market.own[k] = market.own[market.own_count]
    return reason


@inner
def check_change(market: Record) -> Int:
    """First broken rule of a replacement."""
    request, book = market.request[0], market.book
    if book.state != OPEN:
        return HALTED if book.state != SHUT else CLOSED
    if request.size_lots <= 0 or request.size_lots > book.max_lots:
        return INVALID_SIZE
    if request.price_ticks < book.min_ticks or request.price_ticks > book.max_ticks:
        return OUT_OF_BAND
    return ACCEPTED


@rare
def carry_out(market: Record, tables: Record, rows: Record) -> Int:
    """The request by its kind; returns the engine's reason.

    A replacement by less at the same price keeps its place; any other leaves and joins anew.
    """
    request, book = market.request[0], market.book
    kind, order_id, price, size = np.int64(request.kind), request.order_id, request.price_ticks, request.size_lots
    if kind in (CANCEL, REDUCE_KIND, REPLACE):
        k = own_place(market, order_id)
        if k < 0:
            book.rejects[UNKNOWN] += 1
            return UNKNOWN
        lots: Int = np.int64(size)
        again: Int = False
        if kind == REPLACE:
            order = book.orders[market.own[k].slot]
            reason = check_change(market)
            lots = np.int64(order.size_lots + order.reserve_lots - size)
            again = price != order.price_ticks or lots < 0
            if reason != ACCEPTED or (lots == 0 and not again):
                return reason
            kind = np.int64(CANCEL if again else REDUCE_KIND)
            request.side = 1 - 2 * np.int64(order.flags)
            request.owner = order.owner
        reason = withdraw(market, rows, k, kind, lots)
        if not again or reason != ACCEPTED:
            return reason
        request.kind, request.order_id, request.size_lots = LIMIT, order_id, size
    return enter(market, tables, rows)


@rare
def deliver(market: Record, tables: Record, phase: Record, rows: Record) -> None:
    """The first message on its way arrives. A refused one leaves the market, and its chance, as they were."""
    t_s = arrival_s(market)
    market.request[0] = market.pending[0]
    market.pending_count -= 1
    for k in range(market.pending_count):
        market.pending[k] = market.pending[k + 1]
    book = market.book
    order_id, arrived_ns = market.request[0].order_id, market.request[0].ts_ns
    volume_before, shown_before = market.volume_lots, book.traded_lots
    taker_side = np.int64(market.request[0].side < 0)
    reason = carry_out(market, tables, rows)
    for side in range(2):
        walk_near(market, tables, side)
    answer = market.answers[market.answers_count & (OWN_ORDERS - 1)]
    answer.order_id, answer.reason, answer.ts_ns = order_id, reason, arrived_ns
    market.answers_count += 1
    if reason == ACCEPTED:
        waited = left_to_wait(market, t_s)
        pass_time(market, tables, t_s)
        if market.book.state == OPEN:
            excite(market, tables, profile_at(market, tables, t_s) * phase.activity)
        traded = market.volume_lots - volume_before
        if traded > 0:
            react_to_trade(market, tables, taker_side, traded)
            market.last_event_s = t_s
            market.before_group = MARKET_GROUP if book.traded_lots > shown_before else HIDDEN_GROUP
            market.before_side = taker_side
        settle_touch(market, tables, rows)
        reschedule(market, tables, phase, waited)
