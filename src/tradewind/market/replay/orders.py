"""Rows of single orders (L3) as actions on the book: who is named acts, who stands first trades.

docs/guide/replay.md says the rules in words; each case that your orders cause has a counter.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.ladder import join, leave, shrink
from tradewind.book.layout import LADDER_MASK, Int, Record, width
from tradewind.book.matching import crosses
from tradewind.book.orders import release, remove, take_slot
from tradewind.core.dtypes import EventFlag
from tradewind.core.kernels import inner, rare
from tradewind.market.flow.orders import count_trade
from tradewind.market.flow.rows import ADD, DELETE, EXECUTE, LAST, REDUCE, tell
from tradewind.market.replay.hits import hit, take_yours
from tradewind.market.replay.layout import BY_NAME

__all__ = ["add", "clear_side", "delete", "execute", "print_hidden", "reduce", "replace"]

AUCTION, OFF_TICK = int(EventFlag.AUCTION), int(EventFlag.OFF_TICK)
IRREGULAR = AUCTION | int(EventFlag.OUT_OF_SEQUENCE) | int(EventFlag.CORRECTED)


@inner
def slot_of(market: Record, replay: Record, row: Record) -> Int:
    """Where the order of a row stands now; 0 when it is gone."""
    slot = np.int64(replay.slots[row.key])
    order = market.book.orders[slot]
    there = (order.order_id == row.order_id) & (order.size_lots > 0) & (order.owner == 0)
    return slot if there else 0


@inner
def add(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """A new order trades with what it crosses (nothing, without your orders); the rest of it joins the back."""
    book = market.book
    index, price, left = (1 - np.int64(row.side)) >> 1, row.price_ticks + replay.shift_ticks, row.size_lots
    if crosses(book, index, price):
        left = cross(market, replay, row, rows)
    slot = 0
    if left > 0:
        slot = take_slot(book)
        if slot != 0:
            order = book.orders[slot]
            order.order_id = row.order_id
            order.size_lots = left
            order.reserve_lots = 0
            order.display_lots = 0
            order.owner = 0
            order.flags = index
            join(book, index, slot, price)
            book.entered_lots += left
            tell(market, rows, ADD | LAST, index, row.order_id, price, left)
        else:
            replay.counts.no_room += 1
    replay.slots[row.key] = slot


@rare
def cross(market: Record, replay: Record, row: Record, rows: Record) -> Int:
    """A new order that crosses yours, or one that stayed longer than in history; returns what is left of it."""
    index, price = (1 - np.int64(row.side)) >> 1, row.price_ticks + replay.shift_ticks
    yours, _, others = hit(market, replay, rows, index, price, row.size_lots, np.int64(0))
    replay.counts.crossing_adds += 1
    replay.counts.crossing_yours_lots += yours
    replay.counts.crossing_others_lots += others
    market.book.entered_lots -= row.size_lots - yours - others
    market.book.cancelled_lots -= row.size_lots - yours - others
    return row.size_lots - yours - others


@inner
def delete(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """An order goes, with whatever is left of it."""
    slot = slot_of(market, replay, row)
    if slot == 0:
        replay.counts.dropped_cancels += 1
    else:
        order = market.book.orders[slot]
        size = order.size_lots
        replay.counts.smaller_cancels += size < row.size_lots
        replay.counts.larger_cancels += size > row.size_lots
        tell(market, rows, DELETE | LAST, np.int64(order.flags), order.order_id, order.price_ticks, size)
        market.book.cancelled_lots += size
        remove(market.book, slot)


@inner
def reduce(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """An order loses lots and keeps its place; with nothing left it goes."""
    slot = slot_of(market, replay, row)
    if slot == 0:
        replay.counts.dropped_cancels += 1
    elif market.book.orders[slot].size_lots <= row.size_lots:
        order = market.book.orders[slot]
        replay.counts.smaller_cancels += 1
        tell(market, rows, DELETE | LAST, np.int64(order.flags), order.order_id, order.price_ticks, order.size_lots)
        market.book.cancelled_lots += order.size_lots
        remove(market.book, slot)
    else:
        order = market.book.orders[slot]
        side = np.int64(order.flags)
        tell(market, rows, REDUCE | LAST, side, order.order_id, order.price_ticks, row.size_lots)
        market.book.cancelled_lots += row.size_lots
        shrink(market.book, side, slot, row.size_lots)


@rare
def replace(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """An order takes a new price and size and goes to the back; one that is gone stays gone."""
    slot = slot_of(market, replay, row)
    if slot == 0:
        replay.counts.dropped_cancels += 1
    else:
        book, order = market.book, market.book.orders[slot]
        tell(market, rows, DELETE, np.int64(order.flags), order.order_id, order.price_ticks, order.size_lots)
        book.cancelled_lots += order.size_lots
        remove(book, slot)
        add(market, replay, row, rows)


@inner
def execute(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """An aggressor of this size hits the book; the order it named is first in it, unless you have changed that."""
    book = market.book
    index = (1 - np.int64(row.side)) >> 1
    slot, ladder = slot_of(market, replay, row), book.ladders[index]
    order = book.orders[slot]
    first = np.int64(ladder.levels[ladder.best_ticks & (width(ladder) - 1)].head)
    if slot != 0 and slot == first and order.price_ticks == ladder.best_ticks and order.size_lots >= row.size_lots:
        trade_named(market, rows, slot, row.size_lots)
    else:
        execute_other(market, replay, row, rows)


@inner
def trade_named(market: Record, rows: Record, slot: Int, lots: Int) -> None:
    """An order trades lots, all of it or a part."""
    book, order = market.book, market.book.orders[slot]
    side = np.int64(order.flags) & LADDER_MASK
    tell(market, rows, EXECUTE | LAST, side, order.order_id, order.price_ticks, lots)
    book.entered_lots += lots
    book.traded_lots += lots
    book.fills += 1
    book.last_ticks = order.price_ticks
    count_trade(market, 2 * side - 1, order.price_ticks, lots)
    if lots < order.size_lots:
        shrink(book, side, slot, lots)
    else:
        leave(book, side, slot)
        release(book, slot)


@rare
def execute_other(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """The order an execution names is not the first of the book, or has too little left.

    One that was not the first in history either trades by its name, after yours that stand before everybody; whatever
    it cannot give, and every other execution, goes to whoever is first at its price or better.
    """
    counts, flags = replay.counts, np.int64(row.flags)
    taker, price = (1 + np.int64(row.side)) >> 1, row.price_ticks + replay.shift_ticks
    left, yours, others = row.size_lots, np.int64(0), np.int64(0)
    if flags & BY_NAME:
        if flags & AUCTION == 0:
            yours = take_yours(market, replay, rows, taker, price, left)
            left -= yours
        slot = slot_of(market, replay, row)
        part = min(left, market.book.orders[slot].size_lots) if slot != 0 else 0
        if part > 0:
            trade_named(market, rows, slot, part)
            left -= part
    if left > 0:
        more, named, others = hit(market, replay, rows, taker, price, left, row.order_id)
        yours += more
        left -= more + named + others
    counts.yours_lots += yours
    counts.redirected_executions += others > 0
    counts.redirected_lots += others
    counts.short_executions += left > 0
    counts.dropped_lots += left


@rare
def print_hidden(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """A print without a visible order: its aggressor would have met your orders that stand before everybody.

    A price that the feed rounded to a tick counts as one tick worse for you.
    """
    side, price = np.int64(row.side), row.price_ticks + replay.shift_ticks
    if side != 0 and np.int64(row.flags) & IRREGULAR == 0:
        limit = price - side if np.int64(row.flags) & OFF_TICK else price
        lots = take_yours(market, replay, rows, (1 - side) >> 1, limit, row.size_lots)
        replay.counts.hidden_yours_lots += lots
        if lots < row.size_lots:
            count_trade(market, side, price, row.size_lots - lots)


@rare
def clear_side(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """Historical orders of one side, or of both, go; yours stay."""
    book = market.book
    for slot in range(1, np.int64(book.top) + 1):
        order = book.orders[slot]
        if order.size_lots > 0 and order.owner == 0 and (row.side == 0 or 1 - 2 * np.int64(order.flags) == row.side):
            tell(market, rows, DELETE, np.int64(order.flags), order.order_id, order.price_ticks, order.size_lots)
            book.cancelled_lots += order.size_lots
            remove(book, slot)
            replay.counts.cleared_orders += 1
