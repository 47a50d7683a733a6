"""One event from proposal to consequence: the kernel that everything else is for."""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import TradingState
from tradewind.core.kernels import inner
from tradewind.market.flow.clock import (
    accepted,
    best_size,
    decay,
    excite,
    profile_at,
    propose_next,
    rate_at,
    read_depth,
    read_touch,
    walk_near,
)
from tradewind.market.flow.layout import CHOICE, METAORDERS, SIZES
from tradewind.market.flow.mix import foresee
from tradewind.market.flow.orders import cancel_best, cancel_deep, count_trade, place, settle_reach, take
from tradewind.market.flow.rows import HIDDEN as HIDDEN_FLAG
from tradewind.market.flow.rows import LAST, TRADE, row_time, tell
from tradewind.market.flow.tables import FLOW_SCALES, queue_bucket, spread_bucket
from tradewind.market.flow.ziggurat import draw, uniform

__all__ = ["left_to_wait", "pass_time", "react_to_trade", "reschedule", "settle_touch", "try_event"]

HIDDEN_TRADE = TRADE | LAST | HIDDEN_FLAG
BYTE = np.uint64(255)
QUICK, MIDDLE, SLOW = FLOW_SCALES
OPEN = int(TradingState.OPEN)
MARKET, HIDDEN, IMPROVE, JOIN, CANCEL, DEEP_LIMIT = range(6)


@inner
def market_size(market: Record, tables: Record, side: Int) -> Int:
    """Size of a market order: part of the best queue, exactly it, or more."""
    bits = draw(market.streams, SIZES)
    queue = best_size(market, 1 - side)
    bucket = queue_bucket(tables, queue)
    u = uniform(bits)
    size = min(np.int64(tables.market[bucket, np.int64(bits & BYTE)]), queue)
    if u < tables.exact[bucket] + tables.beyond[bucket]:
        size = queue
        if u >= tables.exact[bucket]:
            size += np.int64(tables.past[np.int64(bits & BYTE)])
    return size


@inner
def advance_metaorder(market: Record, tables: Record, side: Int) -> None:
    """One of the metaorders of this sign has traded; a finished one makes way for a new one."""
    buys = market.meta_buys
    count = buys if side == 0 else tables.metaorders - buys
    bits = draw(market.streams, METAORDERS)
    renewal = draw(market.streams, METAORDERS)
    if count > 0:
        nth = np.int64(uniform(bits) * count)
        k = np.int64(0)
        while True:
            if market.meta_sign[k] == side:
                if nth == 0:
                    break
                nth -= 1
            k += 1
        market.meta_left[k] -= 1
        if market.meta_left[k] <= 0:
            new_metaorder(market, tables, k, renewal)


@inner
def new_metaorder(market: Record, tables: Record, k: Int, bits: Int) -> None:
    """Sign and Pareto length of a new metaorder."""
    sign = np.int64(bits & np.uint64(1))
    market.meta_buys += np.int64(market.meta_sign[k]) - sign
    market.meta_sign[k] = sign
    u = 1.0 - uniform(bits)
    market.meta_left[k] = np.int64(min(tables.meta_shortest * u**tables.meta_power, 1e6))


@inner
def react_to_trade(market: Record, tables: Record, side: Int, size: Int) -> None:
    """A trade of either kind enters the signed flow that the mix of events answers, and what is thought of the value.

    It counts by the root of its size.
    """
    weight = math.sqrt(min(np.float64(size) / tables.trade_mean_lots, tables.flow_cap)) * (1 - 2 * side)
    market.flow[QUICK] += weight * tables.flow_per_std[0]
    market.flow[MIDDLE] += weight * tables.flow_per_std[1]
    market.flow[SLOW] += weight * tables.flow_per_std[2]
    market.belief_ticks += weight * tables.reveal
    market.flow_key = -1


@inner
def trade_hidden(market: Record, rows: Record, side: Int, price: Int, size: Int) -> Int:
    """A trade against hidden size, where the price band lets it; returns what it traded."""
    book = market.book
    if size <= 0 or price > book.max_ticks or price < book.min_ticks:
        return 0
    tell(market, rows, HIDDEN_TRADE, side, 0, price, size)
    count_trade(market, 1 - 2 * side, price, size)
    return size


@inner
def within_band(market: Record, side: Int, price: Int) -> Int:
    """A background limit price, moved to the edge of the price band where it would lie beyond it for a taker."""
    return max(price, market.book.min_ticks) if side else min(price, market.book.max_ticks)


@inner
def happen(market: Record, tables: Record, rows: Record, side: Int, group: Int) -> None:
    """What an event does."""
    if group == CANCEL:
        traded = cancel_best(market, tables, rows, side)
        if traded > 0:
            react_to_trade(market, tables, 1 - side, traded)
    elif group == MARKET:
        price = market.book.ladders[1 - side].best_ticks
        queue = best_size(market, 1 - side)
        traded = take(market, rows, side, market_size(market, tables, side))
        extra = np.int64(tables.extra[np.int64(traded >= queue), np.int64(draw(market.streams, SIZES) & BYTE)])
        traded += trade_hidden(market, rows, side, price, extra)
        react_to_trade(market, tables, side, traded)
        advance_metaorder(market, tables, side)
    elif group == HIDDEN:
        size = np.int64(tables.hidden[np.int64(draw(market.streams, SIZES) & BYTE)])
        price = market.book.ladders[1 - side].best_ticks
        react_to_trade(market, tables, side, trade_hidden(market, rows, side, price, size))
        advance_metaorder(market, tables, side)
    elif group <= DEEP_LIMIT:
        bits = draw(market.streams, SIZES)
        first, second = np.int64(bits & BYTE), np.int64((bits >> np.uint64(8)) & BYTE)
        price = market.book.ladders[side].best_ticks
        size = np.int64(tables.join[second])
        if group == DEEP_LIMIT:
            price -= (1 - 2 * side) * np.int64(tables.offsets[first])
            size = np.int64(tables.deep[second])
        elif group == IMPROVE:
            spread = market.book.ladders[1].best_ticks - market.book.ladders[0].best_ticks
            ticks = np.int64(tables.improve_ticks[spread_bucket(tables, spread), first])
            price += (1 - 2 * side) * min(ticks, spread - 1)
            size = np.int64(tables.improve[second])
        place(market, tables, rows, side, within_band(market, side, price), size, LAST)
    else:
        cancel_deep(market, tables, rows, side)


@inner
def settle_touch(market: Record, tables: Record, rows: Record) -> None:
    """After a change at the touch: note a moved mid, keep both sides' depth within reach, read the new state."""
    ladders = market.book.ladders
    bid, ask = ladders[0].best_ticks, ladders[1].best_ticks
    if bid != market.seen_ticks[0] or ask != market.seen_ticks[1]:
        move = bid + ask - market.seen_ticks[0] - market.seen_ticks[1]
        if move != 0:
            market.last_move = 1 if move > 0 else -1
        market.flow_key = -1
        for side in range(2):
            if ladders[side].best_ticks != market.seen_ticks[side]:
                settle_reach(market, tables, rows, side)
                walk_near(market, tables, side)
    read_touch(market, tables)
    read_depth(market, tables)


@inner
def left_to_wait(market: Record, t_s: float) -> Int:
    """What is left of the waiting for the next event, in units of its mean; a halt keeps it."""
    return market.held if market.book.state != OPEN else (market.next_s - t_s) * market.bound


@inner
def pass_time(market: Record, tables: Record, t_s: float) -> None:
    """Excitation and signed flow decay to a time; in a halt nothing does."""
    if market.book.state == OPEN:
        decay(market, tables, t_s)
    else:
        market.t_s = t_s


@inner
def reschedule(market: Record, tables: Record, phase: Record, waited: float) -> None:
    """The state changed from outside at ``market.t_s``: what is left of the waiting is waited at the new rate."""
    if market.book.state != OPEN:
        market.held = max(waited, 0.0)
        market.next_s = np.inf
        return
    market.bound = rate_at(market, tables, profile_at(market, tables, market.t_s) * phase.activity)
    market.next_s = market.t_s + max(waited, 0.0) / market.bound


@inner
def try_event(market: Record, tables: Record, phase: Record, rows: Record) -> Int:
    """Carry out the pending proposal and draw the next; returns whether it became an event.

    What would happen is worked out before it is known whether it will, so that a processor need not wait for that.
    """
    t_s = market.next_s
    market.proposals += 1
    decay(market, tables, t_s)
    factor = profile_at(market, tables, t_s) * phase.activity
    foresee(market, tables, phase.factor, t_s)
    yes = accepted(market, rate_at(market, tables, factor))
    if yes:
        draw(market.streams, CHOICE)
        side, group = market.event >> 3, market.event & 7
        if group < DEEP_LIMIT or tables.deep_excites:
            excite(market, tables, factor)
            market.last_event_s = t_s
            market.before_group, market.before_side = group, side
        if group <= HIDDEN or market.recording:
            market.book.clock_ns = row_time(market, t_s, tables.resolution_ns)
        happen(market, tables, rows, side, group)
        market.events[group] += 1
        if group < DEEP_LIMIT:
            settle_touch(market, tables, rows)
        else:
            read_depth(market, tables)
    propose_next(market, tables, factor)
    return yes
