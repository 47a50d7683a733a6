"""The checks, in their pinned order: a straight list, each with one named reason, its limit and its value.

``prepare`` writes what the request would do at worst into ``state.work``; the groups below read it. A check calls
:func:`refuse`, which lets a reducing order pass where the limits file's policy says so. Nothing is changed before
every check has passed; then :func:`commit` counts the order at once.
"""

from __future__ import annotations

import numpy as np

from tradewind.core.kernels import inner, rare
from tradewind.risk.limits.exposure import only_reduces, scope_of, worst_gross
from tradewind.risk.limits.latches import close
from tradewind.risk.limits.layout import (
    CAP,
    FIRM,
    FIRST_DESK,
    FIRST_STRATEGY,
    LARGEST_LOTS,
    PRICE_NOT_WHOLE,
    SIZE_NOT_WHOLE,
    Int,
    OrderType,
    Record,
)
from tradewind.risk.limits.money import plus, scaled, times
from tradewind.risk.limits.rates import MESSAGE_TOKENS, identical, refill, repeats, window_full
from tradewind.risk.limits.reasons import BOUNDS_BOTH_WAYS, Cause, Reason

__all__ = ["refuse", "run_checks"]

MARKET = int(OrderType.MARKET)
REPEATED = np.int64(Cause.REPEATED_EXECUTION)
KILLED_STRATEGY = np.int64(Reason.KILLED_STRATEGY)
KILLED_INSTRUMENT = np.int64(Reason.KILLED_INSTRUMENT)
KILLED_VENUE = np.int64(Reason.KILLED_VENUE)
HALTED_STRATEGY = np.int64(Reason.HALTED_STRATEGY)
HALTED_VENUE = np.int64(Reason.HALTED_VENUE)
RESTRICTED = np.int64(Reason.RESTRICTED)
NOT_PERMITTED = np.int64(Reason.NOT_PERMITTED)
TYPE_NOT_PERMITTED = np.int64(Reason.TYPE_NOT_PERMITTED)
POSTURE = np.int64(Reason.POSTURE)
INVALID_LOTS = np.int64(Reason.INVALID_LOTS)
OFF_LOT = np.int64(Reason.OFF_LOT)
INVALID_PRICE = np.int64(Reason.INVALID_PRICE)
OFF_TICK = np.int64(Reason.OFF_TICK)
NO_MARKET_DATA = np.int64(Reason.NO_MARKET_DATA)
STALE_MARKET_DATA = np.int64(Reason.STALE_MARKET_DATA)
CROSSED_MARKET_DATA = np.int64(Reason.CROSSED_MARKET_DATA)
PRICE_COLLAR = np.int64(Reason.PRICE_COLLAR)
PERIOD_COLLAR = np.int64(Reason.PERIOD_COLLAR)
ORDER_LOTS = np.int64(Reason.ORDER_LOTS)
ORDER_NOTIONAL = np.int64(Reason.ORDER_NOTIONAL)
DUPLICATE_ORDER = np.int64(Reason.DUPLICATE_ORDER)
SELF_MATCH = np.int64(Reason.SELF_MATCH)
REPEATED_EXECUTION = np.int64(Reason.REPEATED_EXECUTION)
OPEN_ORDERS_INSTRUMENT = np.int64(Reason.OPEN_ORDERS_INSTRUMENT)
OPEN_ORDERS_STRATEGY = np.int64(Reason.OPEN_ORDERS_STRATEGY)
POSITION_LONG = np.int64(Reason.POSITION_LONG)
POSITION_SHORT = np.int64(Reason.POSITION_SHORT)
POSITION_STRATEGY = np.int64(Reason.POSITION_STRATEGY)
LOTS_INSTRUMENT = np.int64(Reason.CUMULATIVE_LOTS_INSTRUMENT)
LOTS_STRATEGY = np.int64(Reason.CUMULATIVE_LOTS_STRATEGY)
NOTIONAL_INSTRUMENT = np.int64(Reason.CUMULATIVE_NOTIONAL_INSTRUMENT)
NOTIONAL_STRATEGY = np.int64(Reason.CUMULATIVE_NOTIONAL_STRATEGY)
GROSS_STRATEGY = np.int64(Reason.GROSS_STRATEGY)
NET_STRATEGY = np.int64(Reason.NET_STRATEGY)
RATE_WINDOW_STRATEGY = np.int64(Reason.RATE_WINDOW_STRATEGY)
RATE_BUCKET_STRATEGY = np.int64(Reason.RATE_BUCKET_STRATEGY)
TABLE_FULL = np.int64(Reason.TABLE_FULL)
ZERO, ONE, MOST_LOTS = np.int64(0), np.int64(1), np.int64(LARGEST_LOTS)
TWO_SIDED = sum(1 << int(reason) for reason in BOUNDS_BOTH_WAYS)


@rare
def refuse(state: Record, answer: Record, reason: Int, limit: Int, value: Int) -> Int:
    """Write a refusal; 0 where the policy lets a reducing order pass."""
    if state.work.reducing != 0 and (state.reducing_passes >> reason) & 1:
        return 0
    answer.reason = reason
    answer.limit = limit
    answer.value = value
    headroom = plus(limit, -min(max(value, -CAP), CAP))
    answer.headroom = -abs(headroom) if (TWO_SIDED >> reason) & 1 else headroom
    return 1


@inner
def latched(state: Record, answer: Record, latch: Record, reason: Int) -> Int:
    """Refuse where a latch is closed, naming its cause."""
    if latch.cause == 0 or not refuse(state, answer, reason, latch.limit, latch.value):
        return 0
    answer.cause = latch.cause
    return 1


@inner
def latches_closed(state: Record, answer: Record) -> Int:
    """Kill switches, then breakers."""
    work = state.work
    ins, scopes = state.instruments[work.i], state.scopes
    venue, mine, desk = state.venues[ins.venue], FIRST_STRATEGY + work.s, FIRST_DESK + state.strategies[work.s].desk
    return (
        latched(state, answer, scopes[mine].kill, KILLED_STRATEGY)
        or latched(state, answer, scopes[desk].kill, KILLED_STRATEGY + 1)
        or latched(state, answer, scopes[FIRM].kill, KILLED_STRATEGY + 2)
        or latched(state, answer, ins.kill, KILLED_INSTRUMENT)
        or latched(state, answer, venue.kill, KILLED_VENUE)
        or latched(state, answer, scopes[mine].halt, HALTED_STRATEGY)
        or latched(state, answer, scopes[desk].halt, HALTED_STRATEGY + 1)
        or latched(state, answer, scopes[FIRM].halt, HALTED_STRATEGY + 2)
        or latched(state, answer, venue.halt, HALTED_VENUE)
    )


@inner
def not_allowed(state: Record, row: Record, answer: Record) -> Int:
    """Restricted list, permissions, order types, posture."""
    work = state.work
    permitted, bit = state.cells[work.cell].permitted, ONE if work.side > 0 else ONE + 1
    if state.instruments[work.i].restricted and refuse(
        state, answer, RESTRICTED, ZERO, state.instruments[work.i].restricted
    ):
        return 1
    if permitted & bit == 0 and refuse(state, answer, NOT_PERMITTED, permitted, bit):
        return 1
    types = state.strategies[work.s].types
    if (types >> row.type) & 1 == 0 and refuse(state, answer, TYPE_NOT_PERMITTED, types, row.type):
        return 1
    halted = (state.type_mask >> row.type) & 1 == 0 or state.size_permille == 0
    return 1 if halted and refuse(state, answer, POSTURE, state.size_permille, row.type) else 0


@inner
def misshapen(state: Record, row: Record, answer: Record) -> Int:
    """Size and price as numbers: range, lot, tick."""
    ins = state.instruments[state.work.i]
    edge = MOST_LOTS if row.lots > LARGEST_LOTS else ONE
    if (row.lots <= 0 or row.lots > LARGEST_LOTS) and refuse(state, answer, INVALID_LOTS, edge, row.lots):
        return 1
    part = row.flags & SIZE_NOT_WHOLE or row.lots % ins.lot_step
    if part and refuse(state, answer, OFF_LOT, ins.lot_step, row.lots):
        return 1
    if row.type == MARKET:
        return 0
    edge = ins.max_ticks if row.price_ticks > ins.max_ticks else ins.min_ticks
    if (row.price_ticks < ins.min_ticks or row.price_ticks > ins.max_ticks) and refuse(
        state, answer, INVALID_PRICE, edge, row.price_ticks
    ):
        return 1
    part = row.flags & PRICE_NOT_WHOLE or row.price_ticks % ins.tick_step
    return 1 if part and refuse(state, answer, OFF_TICK, ins.tick_step, row.price_ticks) else 0


@inner
def blind(state: Record, answer: Record) -> Int:
    """Market data missing, stale or crossed."""
    ins = state.instruments[state.work.i]
    if (ins.bid == 0 or ins.ask == 0) and refuse(state, answer, NO_MARKET_DATA, ONE, min(ins.bid, ins.ask)):
        return 1
    age = state.clock_ns - ins.quote_ns
    if age > ins.stale_ns and refuse(state, answer, STALE_MARKET_DATA, ins.stale_ns, age):
        return 1
    return 1 if ins.bid > ins.ask and refuse(state, answer, CROSSED_MARKET_DATA, ins.ask, ins.bid) else 0


@inner
def collar_edge(middle: Int, bps: Int, side: Int) -> Int:
    """The furthest aggressive price from a middle [ticks]: up for buys, down for sells; whole ticks inside."""
    return middle + side * (times(middle, bps) // 10_000)


@inner
def outside_collar(state: Record, row: Record, answer: Record) -> Int:
    """Price against the market now and against where the period began."""
    if row.type == MARKET:
        return 0
    ins, side = state.instruments[state.work.i], state.work.side
    edge = collar_edge(ins.mark, ins.collar_bps, side)
    if side * (row.price_ticks - edge) > 0 and refuse(state, answer, PRICE_COLLAR, edge, row.price_ticks):
        return 1
    edge = collar_edge(ins.anchor, ins.period_bps, side)
    return (
        1 if side * (row.price_ticks - edge) > 0 and refuse(state, answer, PERIOD_COLLAR, edge, row.price_ticks) else 0
    )


@inner
def measure(state: Record, row: Record) -> None:
    """What the request adds at worst: lots, value, orders; its envelope of prices. For a replace against its order.

    ``slack``: the order counts at the largest size asked for; while a replace is pending the venue may have less, and
    then this one adds what the sums hold already.
    """
    work = state.work
    ins = state.instruments[work.i]
    work.lots = row.lots
    work.high = work.low = work.match = row.price_ticks
    if row.type == MARKET:
        work.high = max(collar_edge(ins.mark, ins.collar_bps, ONE), ins.ask)
        work.low = 1
        work.match = CAP if work.side > 0 else 0
    before, filled, value = 0, 0, 0
    work.slack = 0
    if work.slot:
        node = state.orders[work.slot]
        work.high = max(work.high, node.high)
        work.low = min(work.low, node.low)
        work.lots = max(row.lots, node.worst_total)
        before = max(0, node.worst_total - node.filled)
        if node.pending > 0 and row.lots > node.least:
            work.slack = before - max(0, node.least - node.filled)
        filled, value = node.filled, node.notional
    work.open_lots = max(0, work.lots - filled)
    work.notional = times(times(work.open_lots, work.high), ins.tick_value)
    work.more_lots = work.open_lots - before
    work.more_notional = work.notional - value
    work.more_orders = 0 if work.slot else 1


@inner
def too_large(state: Record, row: Record, answer: Record) -> Int:
    """One order: size and value; the posture shrinks both, but not for an order that only reduces."""
    work = state.work
    ins, permille = state.instruments[work.i], 1000 if work.reducing else state.size_permille
    limit = scaled(ins.max_order_lots, permille)
    if row.lots > limit and refuse(state, answer, ORDER_LOTS, limit, row.lots):
        return 1
    price = work.high if row.type == MARKET else row.price_ticks
    worth, limit = times(times(row.lots, price), ins.tick_value), scaled(ins.max_order_notional, permille)
    return 1 if worth > limit and refuse(state, answer, ORDER_NOTIONAL, limit, worth) else 0


@inner
def repeated(state: Record, row: Record, answer: Record) -> Int:
    """Duplicates, self-match, repeats; too many repeats halt the strategy."""
    work = state.work
    strategy, ins = state.strategies[work.s], state.instruments[work.i]
    if work.more_orders:
        same = identical(state, row, work.s) + 1
        if same > strategy.max_identical and refuse(state, answer, DUPLICATE_ORDER, strategy.max_identical, same):
            return 1
    own = ins.own_ask if work.side > 0 else ins.own_bid
    crossing = own < CAP and work.match >= own if work.side > 0 else own > 0 and work.match <= own
    if crossing and refuse(state, answer, SELF_MATCH, own, work.match):
        return 1
    if work.more_orders:
        count = repeats(state, work.s, work.i, work.side) + 1
        if count > strategy.max_repeats and refuse(state, answer, REPEATED_EXECUTION, strategy.max_repeats, count):
            close(state, state.scopes[FIRST_STRATEGY + work.s].halt, REPEATED, strategy.max_repeats, count)
            return 1
    return 0


@inner
def too_many_open(state: Record, answer: Record) -> Int:
    """Open orders by instrument and at every level."""
    work = state.work
    if work.more_orders == 0:
        return 0
    ins = state.instruments[work.i]
    count = ins.open_orders + 1
    if count > ins.max_open and refuse(state, answer, OPEN_ORDERS_INSTRUMENT, ins.max_open, count):
        return 1
    for level in range(3):
        scope = state.scopes[scope_of(state, work.s, level)]
        limit = scope.max_open
        if level == 0 and not work.reducing:
            limit = scaled(limit, state.open_permille)
        count = scope.open_orders + 1
        if count > limit and refuse(state, answer, OPEN_ORDERS_STRATEGY + level, limit, count):
            return 1
    return 0


@inner
def position_broken(state: Record, answer: Record) -> Int:
    """Positions if every open order of the side fills; only the side that the order adds to."""
    work = state.work
    if work.more_lots + work.slack <= 0:
        return 0
    ins, cell = state.instruments[work.i], state.cells[work.cell]
    permille = 1000 if work.reducing else state.size_permille
    if work.side > 0:
        limit, value = scaled(ins.max_long, permille), plus(plus(ins.position, ins.open_buy), work.more_lots)
        mine = plus(plus(cell.position, cell.open_buy), work.more_lots)
    else:
        limit, value = scaled(ins.max_short, permille), -plus(plus(ins.position, -ins.open_sell), -work.more_lots)
        mine = -plus(plus(cell.position, -cell.open_sell), -work.more_lots)
    reason = POSITION_LONG if work.side > 0 else POSITION_SHORT
    if value > limit and refuse(state, answer, reason, limit, value):
        return 1
    limit = state.strategies[work.s].max_position
    return 1 if mine > limit and refuse(state, answer, POSITION_STRATEGY, limit, mine) else 0


@inner
def cumulative_broken(state: Record, answer: Record) -> Int:
    """Lots and value traded today and open, by instrument and at every level."""
    work = state.work
    ins = state.instruments[work.i]
    if work.more_lots + work.slack > 0:
        value = plus(plus(ins.filled_lots, ins.open_lots), work.more_lots)
        if value > ins.max_lots and refuse(state, answer, LOTS_INSTRUMENT, ins.max_lots, value):
            return 1
        for level in range(3):
            scope = state.scopes[scope_of(state, work.s, level)]
            value = plus(plus(scope.filled_lots, scope.open_lots), work.more_lots)
            if value > scope.max_lots and refuse(state, answer, LOTS_STRATEGY + level, scope.max_lots, value):
                return 1
    if work.more_notional > 0 or work.slack > 0:
        value = plus(plus(ins.filled_notional, ins.open_notional), work.more_notional)
        if value > ins.max_notional and refuse(state, answer, NOTIONAL_INSTRUMENT, ins.max_notional, value):
            return 1
        for level in range(3):
            scope = state.scopes[scope_of(state, work.s, level)]
            value = plus(plus(scope.filled_notional, scope.open_notional), work.more_notional)
            if value > scope.max_notional and refuse(
                state, answer, NOTIONAL_STRATEGY + level, scope.max_notional, value
            ):
                return 1
    return 0


@inner
def exposure_broken(state: Record, answer: Record) -> Int:
    """Gross and net exposure at every level; what does not grow is not refused."""
    work = state.work
    if work.more_lots + work.slack <= 0:
        return 0
    ins, cell = state.instruments[work.i], state.cells[work.cell]
    unit = times(ins.mark, ins.tick_value)
    buys = cell.open_buy + work.more_lots if work.side > 0 else cell.open_buy
    sells = cell.open_sell if work.side > 0 else cell.open_sell + work.more_lots
    more_gross = times(worst_gross(cell.position, buys, sells), unit) - cell.gross
    least_buys = cell.open_buy - work.slack if work.side > 0 else cell.open_buy
    least_sells = cell.open_sell if work.side > 0 else cell.open_sell - work.slack
    grows = worst_gross(cell.position, buys, sells) > worst_gross(cell.position, least_buys, least_sells)
    if work.side > 0:
        more_net = times(plus(cell.position, buys), unit) - cell.high
    else:
        more_net = cell.low - times(plus(cell.position, -sells), unit)
    for level in range(3):
        scope = state.scopes[scope_of(state, work.s, level)]
        value = plus(scope.gross, more_gross)
        broken = grows and value > scope.max_gross
        if broken and refuse(state, answer, GROSS_STRATEGY + level, scope.max_gross, value):
            return 1
    for level in range(3):
        scope = state.scopes[scope_of(state, work.s, level)]
        value = plus(scope.high if work.side > 0 else -scope.low, more_net)
        if value > scope.max_net and refuse(state, answer, NET_STRATEGY + level, scope.max_net, value):
            return 1
    return 0


@inner
def too_fast(state: Record, answer: Record) -> Int:
    """Message rate at every level: the sliding windows, then the token buckets."""
    for level in range(3):
        scope = state.scopes[scope_of(state, state.work.s, level)]
        if window_full(state, scope):
            limit = scope.window_messages
            if refuse(state, answer, RATE_WINDOW_STRATEGY + level, limit, limit + 1):
                return 1
    for level in range(3):
        scope = state.scopes[scope_of(state, state.work.s, level)]
        refill(state, scope)
        if scope.tokens < MESSAGE_TOKENS:
            missing = MESSAGE_TOKENS - scope.tokens
            if refuse(state, answer, RATE_BUCKET_STRATEGY + level, ZERO, missing):
                return 1
    return 0


@inner
def run_checks(state: Record, row: Record, answer: Record) -> Int:
    """Every check of a new order or replace whose strategy, instrument and ids are known; 1 where one refuses.

    Args:
        state: The gate; ``work`` names strategy, instrument, cell, side and, for a replace, the order's slot.
        row: The request.
        answer: Gets reason, limit, value, headroom.
    """
    state.work.reducing = only_reduces(state, row)
    if latches_closed(state, answer) or not_allowed(state, row, answer) or misshapen(state, row, answer):
        return 1
    if blind(state, answer) or outside_collar(state, row, answer):
        return 1
    measure(state, row)
    if too_large(state, row, answer) or repeated(state, row, answer) or too_many_open(state, answer):
        return 1
    if position_broken(state, answer) or cumulative_broken(state, answer) or exposure_broken(state, answer):
        return 1
    if too_fast(state, answer):
        return 1
    if state.work.more_orders and state.live >= state.max_orders:
        return refuse(state, answer, TABLE_FULL, state.max_orders, state.live + 1)
    return 0
