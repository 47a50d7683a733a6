"""What an event does to the book: background orders come, go and trade through the matching engine's own queues."""

from __future__ import annotations

import numpy as np

from tradewind.book.ladder import join, leave, next_occupied, shrink, worst_price
from tradewind.book.layout import NONE, Int, Record, in_window
from tradewind.book.matching import match
from tradewind.book.orders import release, take_slot
from tradewind.core.dtypes import FillFlag
from tradewind.core.kernels import inner, rare
from tradewind.market.flow.clock import count_near
from tradewind.market.flow.layout import CANCELS, NEAR_TICKS, REFILL, SIZES
from tradewind.market.flow.own_fills import keep
from tradewind.market.flow.rows import ADD, DELETE, EXECUTE, LAST, REDUCE, SNAPSHOT, tell
from tradewind.market.flow.tables import HAZARD_UNIT, queue_bucket
from tradewind.market.flow.ziggurat import draw, uniform

__all__ = ["cancel_best", "cancel_deep", "count_trade", "drop", "place", "refill_side", "settle_reach", "take"]

MAKER_DONE, SELF_TRADE = int(FillFlag.MAKER_DONE), int(FillFlag.SELF_TRADE)
TRIES = 64
SPARE = 64


@inner
def is_listed(order: Record, side: Int, place: Int) -> Int:
    """Whether the background order in a slot is the one that was listed at a place."""
    return (order.limit_ticks == place * 2 + side) & (order.size_lots > 0) & (order.owner == 0)


@inner
def enlist(market: Record, side: Int, slot: Int) -> None:
    """A background order goes to the end of its side's list and remembers its place (where stops keep their limit).

    Orders that trade stay listed: they are struck when they are met, or when they are most of the list.
    """
    if market.listed_count[side] >= min(2 * market.resting[side] + SPARE, market.listed.shape[1]):
        market.book.orders[slot].limit_ticks = -1
        strike_gone(market, side)
    place = market.listed_count[side]
    market.listed[side, place] = slot
    market.book.orders[slot].limit_ticks = place * 2 + side
    market.listed_count[side] = place + 1


@inner
def strike(market: Record, side: Int, place: Int) -> None:
    """Take a place off a side's list; the last one fills it."""
    last = market.listed_count[side] - 1
    slot = np.int64(market.listed[side, last])
    order = market.book.orders[slot]
    market.listed[side, place] = slot
    order.limit_ticks = place * 2 + side if is_listed(order, side, last) else order.limit_ticks
    market.listed_count[side] = last


@rare
def strike_gone(market: Record, side: Int) -> None:
    """Strike every order that is not there any more; the others keep their order."""
    kept = 0
    for place in range(market.listed_count[side]):
        slot = np.int64(market.listed[side, place])
        order = market.book.orders[slot]
        if is_listed(order, side, place):
            market.listed[side, kept] = slot
            order.limit_ticks = kept * 2 + side
            kept += 1
    market.listed_count[side] = kept


@inner
def place(market: Record, tables: Record, rows: Record, side: Int, price: Int, size: Int, flags: Int) -> None:  # noqa: PLR0917
    """A background order rests; nothing happens when the pool is full or its price is not positive."""
    book = market.book
    slot = take_slot(book) if price > 0 else 0
    if slot == 0:
        market.refused += 1
    else:
        order = book.orders[slot]
        order.order_id = market.next_order_id
        order.size_lots = size
        order.reserve_lots = 0
        order.display_lots = 0
        order.owner = 0
        order.flags = side
        join(book, side, slot, price)
        count_near(market, tables, side, price, 1)
        enlist(market, side, slot)
        market.next_order_id += 1
        market.resting[side] += 1
        book.entered_lots += size
        tell(market, rows, ADD | flags, side, order.order_id, price, size)


@inner
def drop(market: Record, tables: Record, rows: Record, side: Int, slot: Int, flags: Int) -> None:  # noqa: PLR0917
    """A background order is cancelled."""
    order = market.book.orders[slot]
    tell(market, rows, DELETE | flags, side, order.order_id, order.price_ticks, order.size_lots)
    market.book.cancelled_lots += order.size_lots
    count_near(market, tables, side, order.price_ticks, -1)
    strike(market, side, order.limit_ticks >> 1)
    leave(market.book, side, slot)
    release(market.book, slot)
    market.resting[side] -= 1


@inner
def random_order(market: Record, level: Record) -> Int:
    """Slot of a random order of a queue, walking from the nearer end."""
    orders, count = market.book.orders, level.count
    steps = np.int64(uniform(draw(market.streams, CANCELS)) * count)
    if 2 * steps < count:
        slot = np.int64(level.head)
        for _ in range(steps):
            slot = np.int64(orders[slot].next)
    else:
        slot = np.int64(level.tail)
        for _ in range(count - 1 - steps):
            slot = np.int64(orders[slot].prev)
    return slot


@rare
def left_alone(market: Record, slot: Int) -> Int:
    """Whether an order of the agent is all that is left of a queue that others began.

    Then who would leave trades with it instead: a price that everyone has left is not held up by one order.
    """
    order = market.book.orders[slot]
    ladder = market.book.ladders[np.int64(order.flags)]
    if ladder.levels[order.price_ticks & (len(ladder.levels) - 1)].count != 1:
        return False
    for k in range(market.own_count):
        if market.own[k].slot == slot:
            return market.own[k].founded == 0
    return False


@inner
def neighbour(market: Record, slot: Int) -> Int:
    """The order beside one in its queue; itself where it is alone."""
    order = market.book.orders[slot]
    after = np.int64(order.next)
    if after != 0 and market.book.orders[after].price_ticks == order.price_ticks:
        return after
    before = np.int64(order.prev)
    return before if before != 0 and market.book.orders[before].price_ticks == order.price_ticks else slot


@inner
def cancel_best(market: Record, tables: Record, rows: Record, side: Int) -> Int:
    """Size leaves the best queue: whole random orders, and part of the last; never the agent's.

    How much is drawn by the queue's size; 0 is one whole order. Returns the lots that were traded instead, see
    :func:`left_alone`.
    """
    ladder = market.book.ladders[side]
    best = ladder.best_ticks
    level = ladder.levels[best & (len(ladder.levels) - 1)]
    entry = np.int64(draw(market.streams, SIZES) & np.uint64(255))
    left = np.int64(tables.cancel[queue_bucket(tables, level.size_lots), entry])
    whole = left == 0
    for _ in range(level.count):
        slot = random_order(market, level)
        if market.book.orders[slot].owner != 0:
            slot = neighbour(market, slot)
        order = market.book.orders[slot]
        size = order.size_lots
        if order.owner != 0:
            return take(market, rows, 1 - side, size) if left_alone(market, slot) else 0
        if whole or size <= left:
            left -= size
            drop(market, tables, rows, side, slot, LAST)
        else:
            tell(market, rows, REDUCE | LAST, side, order.order_id, best, left)
            market.book.cancelled_lots += left
            shrink(market.book, side, slot, left)
            left = np.int64(0)
        if left <= 0 or ladder.best_ticks != best:
            break
    return 0


@inner
def cancel_deep(market: Record, tables: Record, rows: Record, side: Int) -> None:
    """A random order behind the best leaves, chosen by the hazard of its distance."""
    left = np.int64(uniform(draw(market.streams, CANCELS)) * market.deep_weight[side] * (1.0 / HAZARD_UNIT))
    if left < market.near_units[side]:
        cancel_near(market, tables, rows, side, left)
    else:
        cancel_far(market, tables, rows, side)


@inner
def cancel_near(market: Record, tables: Record, rows: Record, side: Int, left: Int) -> None:
    """A random order of the level within reach of a count that the number falls on."""
    ladder = market.book.ladders[side]
    distance, passed = 0, np.int64(0)
    for k in range(NEAR_TICKS - 1):
        passed += np.int64(market.near_counts[side, k]) * tables.hazard_near[k]
        distance += passed <= left
    price = ladder.best_ticks - (1 - 2 * side) * distance
    slot = random_order(market, ladder.levels[price & (len(ladder.levels) - 1)])
    if market.book.orders[slot].owner == 0:
        drop(market, tables, rows, side, slot, LAST)


@inner
def cancel_far(market: Record, tables: Record, rows: Record, side: Int) -> None:
    """A random order further off; nothing when none is found in a number of tries."""
    book = market.book
    best = book.ladders[side].best_ticks
    for _ in range(TRIES):
        bits = draw(market.streams, CANCELS)
        count = market.listed_count[side]
        place = np.int64(((bits >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32))
        slot = np.int64(market.listed[side, place])
        order = book.orders[slot]
        if not is_listed(order, side, place):
            if count == 0:
                break
            strike(market, side, place)
            continue
        distance = (best - order.price_ticks) * (1 - 2 * side)
        power = 4 + np.int64(distance > 31) + (distance > 63) + (distance > 127) + (distance > 255)
        chance = np.float64(np.int64(bits & np.uint64(0xFFFFFFFF))) * 2.3283064365386963e-10
        if distance >= NEAR_TICKS and chance < tables.hazard_accept[power]:
            drop(market, tables, rows, side, slot, LAST)
            break


@inner
def count_trade(market: Record, sign: Int, price: Int, size: Int) -> None:
    """A trade enters the market's counters; ``sign`` is the aggressor's."""
    market.volume_lots += size
    market.volume_ticks += price * size
    market.signed_lots += sign * size
    market.trades += 1


@inner
def hand_over(market: Record, rows: Record) -> None:
    """Tell the fills, count the background orders that are gone, keep the agent's fills for the agent."""
    fills, book = market.fills, market.book
    for k in range(fills.count):
        fill = fills.rows[k]
        maker = 1 if fill.side > 0 else 0
        last = LAST if k == fills.count - 1 and book.busy == 0 else 0
        tell(market, rows, EXECUTE | last, maker, fill.maker_id, fill.price_ticks, fill.size_lots)
        if (np.int64(fill.flags) & SELF_TRADE) == 0:
            count_trade(market, np.int64(fill.side), fill.price_ticks, fill.size_lots)
        done = np.int64((np.int64(fill.flags) & MAKER_DONE) != 0)
        market.near_counts[maker, 0] -= done
        market.near_total[maker] -= done
        if fill.maker_owner == 0:
            market.resting[maker] -= done
        if fill.maker_owner != 0 or fill.taker_owner != 0:
            keep(market, fill)
    fills.count = 0


@inner
def take(market: Record, rows: Record, side: Int, size: Int) -> Int:
    """A background market order trades; returns what it traded."""
    book, taker = market.book, market.book.taker
    taker.index = side
    taker.order_id = 0
    taker.owner = 0
    taker.limit_ticks = book.min_ticks if side else book.max_ticks
    taker.size_lots = size
    taker.display_lots = 0
    taker.first_ticks = NONE
    taker.rests = 0
    taker.flags = 0
    market.fills.count = 0
    while True:
        book.busy = 0
        match(book, None, market.fills)
        hand_over(market, rows)
        if book.busy == 0:
            break
    traded = size - taker.size_lots
    taker.size_lots = 0
    return traded


@rare
def refill_side(market: Record, tables: Record, rows: Record, side: Int, start: Int, first: Int) -> None:  # noqa: PLR0917
    """Background orders of the stationary depth come into view at distances ``first`` … reach from a price."""
    for distance in range(first, tables.reach_ticks + 1):
        mean = tables.deep_orders[distance]
        while mean > 0.0:
            bits = draw(market.streams, REFILL)
            if uniform(bits) < min(mean, 0.95):
                size = np.int64(tables.deep[np.int64(bits & np.uint64(255))])
                place(market, tables, rows, side, start - distance * (1 - 2 * side), size, SNAPSHOT)
            mean -= 0.95


@rare
def settle_reach(market: Record, tables: Record, rows: Record, side: Int) -> None:
    """After the best price moved: far orders leave, and new levels come into view at the far end."""
    book = market.book
    ladder = book.ladders[side]
    sign = 1 - 2 * side
    if ladder.best_ticks == worst_price(side):
        far = book.ladders[1 - side].best_ticks
        anchor = market.seen_ticks[side]
        if far != worst_price(1 - side):
            anchor = far - sign if (far - anchor) * sign <= 0 else anchor
        refill_side(market, tables, rows, side, anchor, 1)
        if ladder.best_ticks == worst_price(side):
            place(market, tables, rows, side, anchor - sign, np.int64(tables.deep[128]), SNAPSHOT)
    else:
        fell = (market.seen_ticks[side] - ladder.best_ticks) * sign
        if fell > 0:
            first = max(tables.reach_ticks + 1 - fell, 1)
            refill_side(market, tables, rows, side, ladder.best_ticks, first)
        else:
            purge(market, tables, rows, side)
    market.seen_ticks[side] = ladder.best_ticks


@rare
def purge(market: Record, tables: Record, rows: Record, side: Int) -> None:
    """Background orders further from the best price than the reach leave."""
    book = market.book
    ladder = book.ladders[side]
    edge = ladder.best_ticks - tables.reach_ticks * (1 - 2 * side)
    if in_window(ladder, edge):
        price = next_occupied(ladder, side, edge)
        while price != worst_price(side):
            slot = np.int64(ladder.levels[price & (len(ladder.levels) - 1)].head)
            while slot != 0:
                after = np.int64(book.orders[slot].next)
                if book.orders[slot].owner == 0:
                    drop(market, tables, rows, side, slot, SNAPSHOT)
                slot = after
            price = next_occupied(ladder, side, price)
