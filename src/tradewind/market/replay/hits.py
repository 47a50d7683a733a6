"""An aggressor of history meets the book as it is now: your orders stand in it and fill when their turn comes."""

from __future__ import annotations

import numpy as np

from tradewind.book.ladder import join, leave, worst_price
from tradewind.book.layout import NONE, Int, Record, width
from tradewind.book.matching import crosses, match
from tradewind.core.dtypes import TradingState
from tradewind.core.kernels import inner, rare
from tradewind.market.flow.orders import hand_over
from tradewind.market.replay.impact import push

__all__ = ["hit", "mark_touch", "set_state", "settle_own", "take_yours"]

OPEN = int(TradingState.OPEN)


@inner
def mark_touch(market: Record) -> None:
    """Remember the best prices as they are (of an empty side the last ones): they stand beside the fills to come."""
    for index in range(2):
        best = market.book.ladders[index].best_ticks
        if best != worst_price(index):
            market.seen_ticks[index] = best


@rare
def hit(market: Record, replay: Record, rows: Record, index: Int, limit: Int, lots: Int, named: Int) -> Int:  # noqa: PLR0917
    """An aggressive order trades in price-time priority, up to a limit; what cannot trade is gone.

    Args:
        market: The market.
        replay: The replay.
        rows: Where rows are told.
        index: 0 buys, 1 sells.
        limit: Worst price [ticks].
        lots: Size [lots].
        named: Id of the order that it traded with in history; 0 for none.

    Returns:
        Lots traded with your orders, with the order named, and with others.
    """
    book, taker, fills = market.book, market.book.taker, market.fills
    yours, right, others = np.int64(0), np.int64(0), np.int64(0)
    taker.index = index
    taker.order_id = 0
    taker.owner = 0
    taker.limit_ticks = limit
    taker.size_lots = lots
    taker.display_lots = 0
    taker.first_ticks = NONE
    taker.rests = 0
    taker.flags = 0
    book.entered_lots += lots
    fills.count = 0
    mark_touch(market)
    while True:
        book.busy = 0
        match(book, None, fills)
        for k in range(fills.count):
            fill = fills.rows[k]
            if fill.maker_owner != 0:
                yours += fill.size_lots
            elif fill.maker_id == named:
                right += fill.size_lots
            else:
                others += fill.size_lots
        hand_over(market, rows)
        if book.busy == 0:
            break
    book.cancelled_lots += taker.size_lots
    taker.size_lots = 0
    if yours > 0:
        push(replay, book.clock_ns, -(1 - 2 * index) * replay.impact.passive * yours)
    return yours, right, others


@rare
def take_yours(market: Record, replay: Record, rows: Record, index: Int, limit: Int, lots: Int) -> Int:  # noqa: PLR0917
    """An aggressive order trades with your orders as long as one of them is the first of the book; returns the lots.

    Args:
        market: The market.
        replay: The replay.
        rows: Where rows are told.
        index: 0 buys, 1 sells.
        limit: Worst price [ticks].
        lots: Size [lots].
    """
    book = market.book
    ladder = book.ladders[1 - index]
    left = np.int64(lots)
    while left > 0 and ladder.best_ticks != worst_price(1 - index) and crosses(book, index, limit):
        first = book.orders[ladder.levels[ladder.best_ticks & (width(ladder) - 1)].head]
        if first.owner == 0:
            break
        part = min(left, first.size_lots)
        hit(market, replay, rows, index, limit, part, np.int64(0))
        left -= part
    return lots - left


@rare
def settle_own(market: Record) -> None:
    """Every order of yours goes to the back of the queue at its price."""
    book = market.book
    for k in range(market.own_count):
        slot = np.int64(market.own[k].slot)
        order = book.orders[slot]
        index, price = np.int64(order.flags), order.price_ticks
        leave(book, index, slot)
        join(book, index, slot, price)


@inner
def set_state(market: Record, state: Int) -> None:
    """The trading state is told; while it is not open, the engine takes no new orders of yours."""
    market.book.state = state
    market.book.special = state != OPEN
