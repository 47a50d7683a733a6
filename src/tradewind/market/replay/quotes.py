"""L1: best quotes and trades, replayed through the same book.

Only the touch is known, so only the touch is in the book, but for two things. *Kept*: where the best price moves away
from a price at which you stand, the size that was there stays as it was last seen, and so does your place in it.
*Borrowed*: when you take more than the touch shows, levels behind it appear, each a multiple of the touch's size; they
go again when the touch has something left or the feed says something new.

An order that rests where the feed shows nothing gets its place when its price becomes the best: behind a stated share
of what is then shown (``surfacing``).
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.ladder import join, leave, worst_price
from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import EventFlag, MessageKind
from tradewind.core.kernels import inner, rare
from tradewind.market.flow.layout import OWN_FILLS
from tradewind.market.replay.levels import set_level, settle_message
from tradewind.market.replay.pairing import debt_at, forget_debts
from tradewind.market.replay.places import (
    add_behind,
    background_at,
    is_own_at,
    line_up,
    place_of,
    set_plain,
    set_shared,
)
from tradewind.market.replay.prints import settle_crossing
from tradewind.market.replay.queues import KEPT, NO

__all__ = ["apply_quote", "begin_quote_message", "settle_quote_message"]

LAST = int(EventFlag.LAST)
LIMIT, MARKET, REPLACE = int(MessageKind.LIMIT), int(MessageKind.MARKET), int(MessageKind.REPLACE)


@inner
def is_behind(side: Int, price: Int, than: Int) -> Int:
    """Whether a price is worse than another on a side."""
    return (than - price) * (1 - 2 * side) > 0


@inner
def is_tended(queues: Record) -> Int:
    """Whether the book shows more than the touch."""
    return queues.borrowed[0] + queues.borrowed[1] + queues.kept_count[0] + queues.kept_count[1] > 0


@inner
def is_kept(queues: Record, side: Int, price: Int) -> Int:
    """Whether the size at a price is kept from when it was last seen."""
    for k in range(queues.kept_count[side]):  # noqa: SIM110
        if queues.kept[side, k] == price:
            return True
    return False


@rare
def drop_borrowed(market: Record, queues: Record, side: Int) -> None:
    """Levels that were borrowed go, but for what stands where you do."""
    queues.borrowed[side] = 0
    for k in range(1, queues.borrow_levels + 1):
        price = queues.touch_ticks[side] - (1 - 2 * side) * k * queues.borrow_gap_ticks
        if is_kept(queues, side, price):
            continue
        if is_own_at(market, side, price):
            set_shared(market, queues, side, price, NO)
        else:
            set_plain(market, queues, side, price, NO)


@rare
def borrow(market: Record, queues: Record, side: Int) -> None:
    """Levels behind the touch appear, less what you took of them before."""
    lots = np.int64(math.ceil(queues.borrow_multiple * queues.touch_lots[side]))
    queues.borrowed[side] = 1
    for k in range(1, queues.borrow_levels + 1):
        price = queues.touch_ticks[side] - (1 - 2 * side) * k * queues.borrow_gap_ticks
        owed = debt_at(queues, side, price)
        left = lots - (queues.debts[side, owed].lots if owed >= 0 else 0)
        if left > 0 and background_at(market, side, price) == 0:
            add_behind(market, queues, side, price, left)


@rare
def tend_depth(market: Record, queues: Record, side: Int) -> None:
    """Borrowed levels stand exactly while you have taken all of a touch that the feed still shows."""
    eaten = queues.touch_lots[side] > 0 and background_at(market, side, queues.touch_ticks[side]) == 0
    if eaten and queues.borrowed[side] == 0 and queues.borrow_levels > 0:
        borrow(market, queues, side)
    elif not eaten and queues.borrowed[side]:
        drop_borrowed(market, queues, side)


@rare
def sweep_kept(market: Record, queues: Record, side: Int) -> None:
    """Sizes kept at prices where you no longer stand go."""
    count = np.int64(0)
    for k in range(queues.kept_count[side]):
        price = queues.kept[side, k]
        if price == queues.touch_ticks[side]:
            continue
        if is_own_at(market, side, price):
            queues.kept[side, count] = price
            count += 1
        else:
            set_plain(market, queues, side, price, NO)
    queues.kept_count[side] = count


@rare
def keep(market: Record, queues: Record, side: Int, price: Int) -> None:
    """The best price moves away from where you stand: what was shown there stays."""
    if queues.kept_count[side] < KEPT:
        queues.kept[side, queues.kept_count[side]] = price
        queues.kept_count[side] += 1
    else:
        set_shared(market, queues, side, price, NO)


@rare
def empty_better(market: Record, queues: Record, rows: Record, side: Int, price: Int) -> None:
    """The best price falls back: every price of yours that is better than it has nothing shown any more."""
    for k in range(queues.kept_count[side]):
        better = queues.kept[side, k]
        if is_behind(side, price, better) and is_own_at(market, side, better):
            set_level(market, queues, rows, side, better, NO)


@rare
def surface(market: Record, queues: Record, side: Int, price: Int, size: Int) -> Int:
    """A price where you wait unseen comes into view: a share of what is shown stands ahead of you.

    Returns:
        Whether the background was set.
    """
    book = market.book
    count = line_up(market, queues, side, price)
    if count == 0 or queues.line_total > 0 or queues.places[queues.line[0].place].unseen == 0:
        return False
    ahead = np.int64(math.ceil(queues.surfacing * size))
    if ahead > 0:
        add_behind(market, queues, side, price, ahead)
        for k in range(count):
            leave(book, side, queues.line[k].slot)
            join(book, side, queues.line[k].slot, price)
    for k in range(count):
        queues.places[queues.line[k].place].unseen = 0
    if size > ahead:
        add_behind(market, queues, side, price, size - ahead)
    return True


@rare
def move_touch(market: Record, queues: Record, rows: Record, side: Int, price: Int, size: Int) -> None:  # noqa: PLR0917
    """The best price of a side is another one, or there is none any more (size 0)."""
    old, shown = queues.touch_ticks[side], queues.touch_lots[side] > 0
    better = size > 0 and (not shown or is_behind(side, old, price))
    if queues.borrowed[side]:
        drop_borrowed(market, queues, side)
    if better:
        forget_debts(queues, side)
        queues.touch_ticks[side], queues.touch_lots[side] = price, size
        set_level(market, queues, rows, side, price, size)
        if shown and market.own_count > 0 and is_own_at(market, side, old):
            keep(market, queues, side, old)
        elif shown:
            set_plain(market, queues, side, old, NO)
    else:
        if size > 0 and market.own_count + queues.kept_count[side] == 0:
            set_plain(market, queues, side, price, size)
        if shown:
            set_level(market, queues, rows, side, old, NO)
        if market.own_count > 0:
            empty_better(market, queues, rows, side, price if size > 0 else worst_price(side))
        forget_debts(queues, side)
        queues.touch_lots[side] = size
        if size > 0:
            queues.touch_ticks[side] = price
            if market.own_count == 0 or not surface(market, queues, side, price, size):
                set_level(market, queues, rows, side, price, size)
    if queues.kept_count[side] > 0:
        sweep_kept(market, queues, side)


@inner
def apply_quote(market: Record, queues: Record, rows: Record, side: Int, price: Int, size: Int, flags: Int) -> None:  # noqa: PLR0917
    """One QUOTE row.

    Args:
        market: A ``market_dtype``; its book's clock is the row's time.
        queues: A ``QUEUES``.
        rows: Where fills are told.
        side: 0 bids, 1 asks.
        price: Best price [ticks].
        size: Size there [lots]; 0: the side is empty.
        flags: Flags of the row.
    """
    if size > 0 and price == queues.touch_ticks[side] and queues.touch_lots[side] > 0:
        if size != queues.touch_lots[side]:
            queues.touch_lots[side] = size
            set_level(market, queues, rows, side, price, size)
    elif size > 0 or queues.touch_lots[side] > 0:
        move_touch(market, queues, rows, side, price, size)
    if flags & LAST and (market.own_count > 0 or is_tended(queues)):
        settle_quotes(market, queues, rows)


@rare
def settle_quotes(market: Record, queues: Record, rows: Record) -> None:
    """At the end of a packet: crossings, then the depth behind a touch that is eaten."""
    settle_crossing(market, queues, rows)
    for side in range(2):
        tend_depth(market, queues, side)
        if queues.kept_count[side] > 0:
            sweep_kept(market, queues, side)


@rare
def begin_quote_message(market: Record, queues: Record) -> None:
    """Before a message of yours: when it asks for more than the touch shows, what is behind the touch appears."""
    request = market.request[0]
    kind, sign = np.int64(request.kind), np.int64(request.side)
    if kind == REPLACE:
        for k in range(market.own_count):
            if market.own[k].order_id == request.order_id:
                sign = 1 - 2 * np.int64(market.book.orders[market.own[k].slot].flags)
    facing: Int = (1 + sign) >> 1
    if kind in (LIMIT, MARKET, REPLACE) and sign != 0 and queues.touch_lots[facing] > 0:
        touch = queues.touch_ticks[facing]
        walks = kind == MARKET or is_behind(facing, request.price_ticks, touch)
        if walks and queues.borrowed[facing] == 0 and request.size_lots > background_at(market, facing, touch):
            borrow(market, queues, facing)


@rare
def settle_quote_message(market: Record, queues: Record) -> None:
    """After a message of yours: debts, borrowed levels, and whether the feed shows the price of what rests now."""
    settle_message(market, queues)
    for k in range(queues.fills_before, min(market.own_fills_count, OWN_FILLS)):
        fill = market.own_fills[k]
        if fill.taker_owner != 0 and fill.maker_owner == 0:
            facing = np.int64(fill.side > 0)
            if is_behind(facing, fill.price_ticks, queues.touch_ticks[facing]):
                queues.counts.borrowed_lots += fill.size_lots
    for side in range(2):
        tend_depth(market, queues, side)
        sweep_kept(market, queues, side)
    slot = np.int64(market.book.newest)
    if slot != 0 and market.book.orders[slot].owner != 0 and market.book.orders[slot].size_lots > 0:
        order = market.book.orders[slot]
        own, price = np.int64(order.flags), order.price_ticks
        behind = queues.touch_lots[own] > 0 and is_behind(own, price, queues.touch_ticks[own])
        if behind and line_up(market, queues, own, price) == 1 and queues.line_total == 0:
            queues.places[place_of(market, queues, slot)].unseen = 1
            queues.counts.unseen_orders += 1
