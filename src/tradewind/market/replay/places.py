"""Queues of a replay by sizes: background size between your orders, so that your place is the engine's own queue.

At a price where you do not stand, the feed's size is one order of nobody's (owner 0). Where you do, there is one such
order in each gap: what is ahead of you, what is between your orders, what came after. Parts of kernels.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.ladder import join, shrink
from tradewind.book.layout import Int, Record, in_window, page_of, width
from tradewind.book.levels import level_lots
from tradewind.book.orders import remove, take_slot
from tradewind.core.kernels import inner, rare
from tradewind.market.flow.layout import OWN_ORDERS
from tradewind.market.replay.queues import front_after

__all__ = [
    "add_behind",
    "background_at",
    "cut_line",
    "is_own_at",
    "line_up",
    "own_lots_at",
    "place_of",
    "set_plain",
    "set_shared",
    "take_head",
]


@inner
def is_own_at(market: Record, side: Int, price: Int) -> Int:
    """Whether an order of yours rests at a price."""
    for k in range(market.own_count):
        order = market.book.orders[market.own[k].slot]
        if order.price_ticks == price and np.int64(order.flags) == side:
            return True
    return False


@inner
def own_lots_at(market: Record, side: Int, price: Int) -> Int:
    """Visible size of your orders at a price."""
    lots = np.int64(0)
    for k in range(market.own_count):
        order = market.book.orders[market.own[k].slot]
        if order.price_ticks == price and np.int64(order.flags) == side:
            lots += order.size_lots
    return lots


@inner
def head_at(book: Record, side: Int, price: Int) -> Int:
    """First slot of the list that holds a price; a list outside the window holds other prices too."""
    ladder = book.ladders[side]
    if in_window(ladder, price):
        return np.int64(ladder.levels[price & (width(ladder) - 1)].head)
    return np.int64(ladder.pages[page_of(ladder, price)].head)


@rare
def put(market: Record, queues: Record, side: Int, price: Int, size: Int) -> None:
    """Background size comes to the end of a queue as a new order of nobody's."""
    book = market.book
    slot = take_slot(book) if price > 0 else 0
    if slot == 0:
        queues.counts.no_room += 1
    else:
        order = book.orders[slot]
        order.order_id = market.next_order_id
        order.size_lots = size
        order.reserve_lots = 0
        order.display_lots = 0
        order.owner = 0
        order.flags = side
        join(book, side, slot, price)
        market.next_order_id += 1
        market.resting[side] += 1
        book.entered_lots += size


@rare
def lessen(market: Record, side: Int, slot: Int, lots: Int) -> None:
    """A background order loses size, or all of it."""
    book = market.book
    book.cancelled_lots += lots
    if lots < book.orders[slot].size_lots:
        shrink(book, side, slot, lots)
    else:
        remove(book, slot)
        market.resting[side] -= 1


@rare
def add_behind(market: Record, queues: Record, side: Int, price: Int, lots: Int) -> None:
    """Background size comes to the end of a queue."""
    book, ladder = market.book, market.book.ladders[side]
    tail = np.int64(0)
    if in_window(ladder, price):
        tail = np.int64(ladder.levels[price & (width(ladder) - 1)].tail)
    if tail != 0 and book.orders[tail].owner == 0:
        shrink(book, side, tail, -lots)
        book.entered_lots += lots
    else:
        put(market, queues, side, price, lots)


@rare
def set_scattered(market: Record, queues: Record, side: Int, price: Int, size: Int) -> None:
    """Set the size at a price whose background is several orders, or that lies outside the window."""
    book = market.book
    left, last = size, np.int64(0)
    slot = head_at(book, side, price)
    while slot != 0:
        order = book.orders[slot]
        after = np.int64(order.next)
        if order.price_ticks == price and order.owner == 0:
            keep = min(order.size_lots, left)
            left -= keep
            if keep > 0:
                last = slot
            if keep < order.size_lots:
                lessen(market, side, slot, order.size_lots - keep)
        slot = after
    if left > 0 and last != 0:
        shrink(book, side, last, -left)
        book.entered_lots += left
    elif left > 0:
        put(market, queues, side, price, left)


@rare
def set_plain(market: Record, queues: Record, side: Int, price: Int, size: Int) -> None:
    """Set the size at a price where you do not stand."""
    book = market.book
    ladder = book.ladders[side]
    if in_window(ladder, price):
        level = ladder.levels[price & (width(ladder) - 1)]
        slot = np.int64(level.head)
        if slot == 0:
            if size > 0:
                put(market, queues, side, price, size)
        elif level.count == 1:
            if size > 0:
                change = size - level.size_lots
                book.entered_lots += max(change, 0)
                book.cancelled_lots -= min(change, 0)
                shrink(book, side, slot, -change)
            else:
                lessen(market, side, slot, level.size_lots)
        else:
            set_scattered(market, queues, side, price, size)
    else:
        set_scattered(market, queues, side, price, size)


@rare
def place_of(market: Record, queues: Record, slot: Int) -> Int:
    """Place of one of your resting orders in ``queues.places``; a new one where it has none yet."""
    order_id = market.book.orders[slot].order_id
    for k in range(queues.places_count):
        if queues.places[k].slot == slot and queues.places[k].order_id == order_id:
            return k
    if queues.places_count == OWN_ORDERS:
        forget_gone(market, queues)
    k = queues.places_count
    queues.places_count += 1
    place = queues.places[k]
    place.order_id, place.slot = order_id, slot
    place.carry = 0.0
    place.traded, place.early_ahead, place.early, place.unseen = 0, 0, 0, 0
    return k


@rare
def forget_gone(market: Record, queues: Record) -> None:
    """Places of orders that do not rest any more are given back."""
    kept = np.int64(0)
    for k in range(queues.places_count):
        place = queues.places[k]
        for j in range(market.own_count):
            if market.own[j].slot == place.slot and market.own[j].order_id == place.order_id:
                queues.places[kept] = place
                kept += 1
                break
    queues.places_count = min(kept, OWN_ORDERS - 1)


@rare
def line_up(market: Record, queues: Record, side: Int, price: Int) -> Int:
    """Read the queue at a price: your orders first to last with the background size ahead of each.

    Returns:
        How many orders of yours there are; ``queues.line_total`` is the background size of all the queue.
    """
    book = market.book
    count, total = np.int64(0), np.int64(0)
    slot = head_at(book, side, price)
    while slot != 0:
        order = book.orders[slot]
        if order.price_ticks == price:
            if order.owner == 0:
                total += order.size_lots
            elif count < OWN_ORDERS:
                line = queues.line[count]
                line.slot, line.ahead, line.cut = slot, total, 0
                line.place = place_of(market, queues, slot)
                count += 1
        slot = np.int64(order.next)
    queues.line_count, queues.line_total = count, total
    return count


@rare
def cut_line(market: Record, queues: Record, side: Int, price: Int, last_cut: Int) -> None:
    """Take ``line[k].cut`` lots of background from ahead of each of your orders, ``last_cut`` from behind the last."""
    book = market.book
    slot, k = head_at(book, side, price), np.int64(0)
    left = queues.line[0].cut if queues.line_count > 0 else last_cut
    while slot != 0:
        order = book.orders[slot]
        after = np.int64(order.next)
        if order.price_ticks == price:
            if order.owner != 0:
                k += 1
                left = queues.line[k].cut if k < queues.line_count else last_cut
            elif left > 0:
                lots = min(left, order.size_lots)
                left -= lots
                lessen(market, side, slot, lots)
        slot = after


@inner
def expected_front(queues: Record, k: Int, gone: Int, size: Int) -> Int:
    """Size ahead of your ``k``-th order of the line when the feed has set its level, by the model.

    Prints since the level was last told are taken off what left, as in hftbacktest; ``back`` still counts them.
    """
    line = queues.line[k]
    place = queues.places[line.place]
    front = line.ahead + place.carry
    change = np.float64(gone - place.traded)
    place.traded = 0
    if change < 0.0:
        return min(front, np.float64(size))
    return front_after(queues, front, queues.line_total - front, change, np.float64(size))


@rare
def set_shared(market: Record, queues: Record, side: Int, price: Int, size: Int) -> None:
    """Set the background size at a price where you stand; the model says from where a fall is taken."""
    count = line_up(market, queues, side, price)
    total = queues.line_total
    fall, removed, before = max(total - size, 0), np.int64(0), np.int64(0)
    for k in range(count):
        line = queues.line[k]
        place = queues.places[line.place]
        front = expected_front(queues, k, total - size, size)
        wanted = line.ahead - np.int64(math.ceil(front - 0.5))
        lowest = max(removed, fall - (total - line.ahead))
        highest = min(removed + line.ahead - before, fall)
        cut = min(max(wanted, lowest), highest)
        place.carry = min(max(front - (line.ahead - cut), -0.5), 0.5)
        before = line.ahead
        line.cut = cut - removed
        removed = cut
    if size > total:
        add_behind(market, queues, side, price, size - total)
    elif fall > 0:
        cut_line(market, queues, side, price, fall - removed)


@rare
def take_head(market: Record, side: Int, price: Int, lots: Int) -> None:
    """Take background size from the head of a queue, past your orders."""
    book = market.book
    slot = head_at(book, side, price)
    while slot != 0 and lots > 0:
        order = book.orders[slot]
        after = np.int64(order.next)
        if order.price_ticks == price and order.owner == 0:
            part = min(lots, order.size_lots)
            lots -= part
            lessen(market, side, slot, part)
        slot = after


@inner
def background_at(market: Record, side: Int, price: Int) -> Int:
    """Background size at a price."""
    total = level_lots(market.book, side, price)
    if market.own_count > 0:
        total -= own_lots_at(market, side, price)
    return total
