"""Prices shift: the whole historical book moves by whole ticks, your orders stay where they are."""

from __future__ import annotations

import numpy as np

from tradewind.book.ladder import cut_best, join, leave, worst_price
from tradewind.book.layout import Int, Record, width
from tradewind.book.matching import crosses
from tradewind.book.orders import release
from tradewind.core.kernels import rare
from tradewind.market.replay.hits import hit, settle_own
from tradewind.market.replay.impact import NEVER, decay_impact, impact_ticks
from tradewind.market.replay.kinds import end_shift

__all__ = ["tend_impact"]

SMALL_TICKS = 1e-3


@rare
def tend_impact(market: Record, replay: Record, rows: Record) -> None:
    """Work out the shift at ``impact.next_ns``, move the book if it changed, and say when to look again."""
    impact = replay.impact
    now_ns = impact.next_ns
    market.book.clock_ns = now_ns
    decay_impact(impact, now_ns)
    impact.next_ns = NEVER
    most = np.float64(impact.most_ticks)
    wanted = np.int64(np.rint(min(max(impact_ticks(impact), -most), most)))
    moving = 0.0
    for k in range(len(impact.weight)):
        if impact.decay_per_s[k] > 0.0:
            moving += impact.weight[k] * (abs(impact.signed_lots[k]) / impact.volume_lots) ** impact.exponent
    if impact.scale_ticks * moving > SMALL_TICKS:
        impact.next_ns = (now_ns // impact.grid_ns + 1) * impact.grid_ns
    if wanted != replay.shift_ticks:
        rebase(market, replay, rows, wanted - replay.shift_ticks)
        replay.shift_ticks = wanted


@rare
def unhook(market: Record, index: Int) -> Int:
    """Historical orders of a ladder leave it as one chain, best first, first come first; yours stay. Returns its head.

    The chain goes on in ``next`` and ends at 0.
    """
    book = market.book
    ladder = book.ladders[index]
    for k in range(market.own_count):
        slot = np.int64(market.own[k].slot)
        if np.int64(book.orders[slot].flags) == index:
            leave(book, index, slot)
    head = end = np.int64(0)
    while ladder.best_ticks != worst_price(index):
        tail = np.int64(ladder.levels[ladder.best_ticks & (width(ladder) - 1)].tail)
        first = cut_best(book, index)
        if end == 0:
            head = first
        else:
            book.orders[end].next = first
        end = tail
    for k in range(market.own_count):
        slot = np.int64(market.own[k].slot)
        if np.int64(book.orders[slot].flags) == index:
            join(book, index, slot, book.orders[slot].price_ticks)
    return head


@rare
def enter_chain(market: Record, replay: Record, rows: Record, index: Int, head: Int, ticks: Int) -> None:  # noqa: PLR0917
    """The orders of a chain join a ladder at their prices plus some ticks; what meets your orders trades with them."""
    book = market.book
    slot = np.int64(head)
    while slot != 0:
        order = book.orders[slot]
        after, price, left = np.int64(order.next), order.price_ticks + ticks, order.size_lots
        if crosses(book, index, price):
            yours, _, others = hit(market, replay, rows, index, price, left, np.int64(0))
            book.entered_lots -= left
            book.cancelled_lots -= left - yours - others
            replay.counts.crossing_adds += 1
            replay.counts.crossing_yours_lots += yours
            left -= yours + others
        if left > 0:
            order.size_lots = left
            join(book, index, slot, price)
        else:
            release(book, slot)
        slot = after


@rare
def rebase(market: Record, replay: Record, rows: Record, ticks: Int) -> None:
    """Every historical order moves by some ticks and keeps its rank; yours go to the back of their queues."""
    heads = (unhook(market, np.int64(0)), unhook(market, np.int64(1)))
    for index in range(2):
        enter_chain(market, replay, rows, index, heads[index], ticks)
    settle_own(market)
    end_shift(market, replay, ticks)
    replay.counts.rebases += 1
