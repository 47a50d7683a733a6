"""What fills a resting order of yours when a feed shows sizes: prints through it, prints at it in turn, crossings.

Conditions, in the order in which they are looked at:

1. A print *through* your price fills you first, best price and first in the queue first, for at most its size.
2. A print *at* your price takes the background size ahead of you, then you, then what stands behind you. Lots of it
   that a fall of the queue has told already (:mod:`~tradewind.market.replay.pairing`) take only what that fall left
   standing ahead of you and should not have.
3. A quote of the other side that crosses your price, at the end of its packet and unless the feed is locked itself,
   fills you for at most the size shown there, which you then owe.

The background is never less than what the feed shows: what a print took from ahead of you goes behind you until the
feed tells the new size, which then takes it from there.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.ladder import best_cold, join, leave, next_occupied, shrink, worst_price
from tradewind.book.layout import LADDER_MASK, NONE, Int, Record, in_window
from tradewind.book.matching import write_fill
from tradewind.book.orders import remove
from tradewind.core.dtypes import EventFlag, FillFlag
from tradewind.core.kernels import inner, rare
from tradewind.market.flow.orders import count_trade, hand_over
from tradewind.market.replay.hits import mark_touch
from tradewind.market.replay.pairing import has_fallen, note_print, owe
from tradewind.market.replay.places import add_behind, background_at, cut_line, line_up, take_head
from tradewind.market.replay.queues import NO, Crossing

__all__ = ["fill_own", "fill_queue", "print_trade", "settle_crossing", "shown_best"]

MAKER_DONE, REFRESHED = int(FillFlag.MAKER_DONE), int(FillFlag.DISPLAY_REFRESHED)
IRREGULAR = int(
    EventFlag.AUCTION | EventFlag.OUT_OF_SEQUENCE | EventFlag.CORRECTED | EventFlag.HIDDEN | EventFlag.OFF_TICK
)
NEVER, THROUGH = int(Crossing.NEVER), int(Crossing.THROUGH)


@rare
def fill_own(market: Record, queues: Record, rows: Record, slot: Int, lots: Int) -> None:
    """An order of yours trades with nobody's aggressor: the engine's fill for one resting order, wherever it stands."""
    book, taker = market.book, market.book.taker
    order = book.orders[slot]
    side = np.int64(order.flags) & LADDER_MASK
    queues.passive_lots += (1 - 2 * side) * lots
    mark_touch(market)
    taker.index, taker.order_id, taker.owner, taker.flags, taker.first_ticks = 1 - side, 0, 0, 0, NONE
    market.fills.count = 0
    book.busy = 0
    book.entered_lots += lots
    book.traded_lots += lots
    book.last_ticks = order.price_ticks
    if lots < order.size_lots:
        write_fill(book, market.fills, slot, lots, 0)
        shrink(book, side, slot, lots)
    elif order.reserve_lots == 0:
        write_fill(book, market.fills, slot, lots, MAKER_DONE)
        remove(book, slot)
    else:
        write_fill(book, market.fills, slot, lots, REFRESHED)
        price = order.price_ticks
        leave(book, side, slot)
        order.size_lots = min(order.display_lots, order.reserve_lots)
        order.reserve_lots -= order.size_lots
        join(book, side, slot, price)
    hand_over(market, rows)


@rare
def best_own(market: Record, side: Int, better_than: Int) -> Int:
    """Best price of your orders on a side that is strictly better than a price; the empty side's best when none is."""
    best = worst_price(side)
    for k in range(market.own_count):
        order = market.book.orders[market.own[k].slot]
        price = order.price_ticks
        if np.int64(order.flags) == side and (price - better_than) * (1 - 2 * side) > 0:
            best = max(best, price) if side == 0 else min(best, price)
    return best


@rare
def fill_through(market: Record, queues: Record, rows: Record, side: Int, price: Int, lots: Int) -> Int:  # noqa: PLR0917
    """A print through the prices of your orders; returns what is left of it."""
    while market.own_count > 0 and (lots > 0 or queues.whole_through):
        best = best_own(market, side, price)
        if best == worst_price(side):
            break
        line_up(market, queues, side, best)
        slot = queues.line[0].slot
        size = market.book.orders[slot].size_lots
        part = size if queues.whole_through else min(size, lots)
        lots = max(lots - part, 0)
        queues.counts.through_lots += part
        fill_own(market, queues, rows, slot, part)
    return lots


@rare
def fill_queue(market: Record, queues: Record, rows: Record, side: Int, price: Int, lots: Int) -> None:  # noqa: PLR0917
    """A print where you stand: ``lots`` that are news, ``queues.told`` that the fall ``told_number`` has told."""
    told, number = queues.told, queues.told_number
    count = line_up(market, queues, side, price)
    moved: Int = np.int64(0)
    before: Int = np.int64(0)
    for k in range(count):
        line = queues.line[k]
        place = queues.places[line.place]
        order = market.book.orders[line.slot]
        ahead: Int = line.ahead
        part: Int = np.int64(0)
        if told > 0 and place.early == number and number != 0:
            early = place.early_ahead - told
            place.early_ahead = max(early, 0)
            part = min(max(-early, 0), order.size_lots)
            told -= part
            ahead = min(ahead, place.early_ahead)
        more = min(max(lots - ahead, 0), order.size_lots - part)
        place.traded += lots
        if lots > ahead:
            place.carry = 0.0
        ahead = max(ahead - lots, 0)
        lots -= more
        total = min(max(line.ahead - ahead, moved), moved + line.ahead - before)
        before = line.ahead
        line.cut = total - moved
        moved = total
        line.ahead = part + more
    cut_line(market, queues, side, price, NO)
    if moved > 0:
        add_behind(market, queues, side, price, moved)
    for k in range(count):
        if queues.line[k].ahead > 0:
            queues.counts.turn_lots += queues.line[k].ahead
            fill_own(market, queues, rows, queues.line[k].slot, queues.line[k].ahead)


@inner
def shown_best(market: Record, side: Int) -> Int:
    """Best price of a side that is not only yours, in the window of the ladder or beyond it."""
    price = market.book.ladders[side].best_ticks
    if market.own_count > 0:
        while price != worst_price(side) and background_at(market, side, price) == 0:
            price = next_price(market, side, price)
    return price


@inner
def next_price(market: Record, side: Int, price: Int) -> Int:
    """Next occupied price behind one, in the window or beyond; as the best of an empty side where there is none."""
    ladder = market.book.ladders[side]
    found = next_occupied(ladder, side, price) if in_window(ladder, price) else worst_price(side)
    if found == worst_price(side) and ladder.cold != 0:
        found = best_cold(market.book, side, price)
    return found


@rare
def aggressor_of(market: Record, queues: Record, price: Int, now_ns: Int) -> Int:
    """Side of a print's aggressor, 0 when nothing tells it.

    A fall of one queue at its price tells it; else the side of the touch that it is nearer to.
    """
    bid_fell, ask_fell = has_fallen(queues, 0, price, now_ns), has_fallen(queues, 1, price, now_ns)
    if bid_fell != ask_fell:
        return -1 if bid_fell else 1
    bid, ask = shown_best(market, 0), shown_best(market, 1)
    if bid == worst_price(0) or ask == worst_price(1) or 2 * price == bid + ask:
        return 0
    return 1 if 2 * price > bid + ask else -1


@rare
def is_late(market: Record, queues: Record, side: Int, price: Int) -> Int:
    """Whether a print lies behind a best quote that still stands, which no print has eaten."""
    best = shown_best(market, side)
    if best == worst_price(side) or (best - price) * (1 - 2 * side) <= 0:
        return False
    for k in range(len(queues.credits[side])):
        credit = queues.credits[side, k]
        if credit.price_ticks == best and credit.lots >= background_at(market, side, best):
            return False
    return True


@rare
def print_trade(  # noqa: PLR0917
    market: Record, queues: Record, rows: Record, aggressor: Int, price: Int, lots: Int, flags: Int
) -> None:
    """A row about a trade."""
    now_ns = market.book.clock_ns
    if flags & IRREGULAR != 0 or lots <= 0:
        queues.counts.prints_ignored += 1
        return
    if aggressor == 0:
        aggressor = aggressor_of(market, queues, price, now_ns)
    if aggressor == 0:
        queues.counts.prints_unsided += 1
        return
    side: Int = (1 + aggressor) >> 1
    if queues.ignore_late and is_late(market, queues, side, price):
        queues.counts.prints_late += 1
        return
    note_print(queues, side, price, now_ns, lots)
    traded = market.volume_lots
    if market.own_count > 0:
        left = fill_through(market, queues, rows, side, price, lots)
        queues.told = min(queues.told, left)
        if market.own_count > 0:
            fill_queue(market, queues, rows, side, price, left - queues.told)
    left = lots - (market.volume_lots - traded)
    if left > 0:
        count_trade(market, aggressor, price, left)


@rare
def settle_crossing(market: Record, queues: Record, rows: Record) -> None:
    """At the end of a packet: quotes of one side that stand at or through your orders of the other fill them."""
    rule = queues.crossing
    bid, ask = shown_best(market, 0), shown_best(market, 1)
    if rule == NEVER or bid >= ask:
        return
    for side in range(2):
        sign = 1 - 2 * side
        while market.own_count > 0:
            facing = shown_best(market, 1 - side)
            own = best_own(market, side, facing + (0 if rule == THROUGH else -sign))
            if facing == worst_price(1 - side) or own == worst_price(side):
                break
            line_up(market, queues, side, own)
            slot = queues.line[0].slot
            part = min(market.book.orders[slot].size_lots, background_at(market, 1 - side, facing))
            queues.counts.crossing_lots += part
            take_head(market, 1 - side, facing, part)
            owe(queues, 1 - side, facing, part)
            fill_own(market, queues, rows, slot, part)
