"""Entries: open a market, run it, run many of them on several threads."""

from __future__ import annotations

import numpy as np
from numba import prange

from tradewind.book.layout import NONE, Int, Record
from tradewind.book.orders import clear_book
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner, parallel_entry, rare
from tradewind.market.flow.agent import arrival_s, deliver
from tradewind.market.flow.clock import change_mood, change_value, profile_at, propose_next, walk_near
from tradewind.market.flow.events import (
    left_to_wait,
    new_metaorder,
    pass_time,
    reschedule,
    settle_touch,
    try_event,
)
from tradewind.market.flow.guards import WIDEST_TICKS, enter_phase, start_guards, tend_guard
from tradewind.market.flow.layout import METAORDERS
from tradewind.market.flow.orders import place, refill_side
from tradewind.market.flow.rows import ADD, SNAPSHOT, row_time, tell
from tradewind.market.flow.ziggurat import draw
from tradewind.market.preset import TIME_SCALES

__all__ = [
    "DUE",
    "FULL",
    "ROOM",
    "THERE",
    "deliver_due",
    "open_market",
    "rewind",
    "run_market",
    "run_threads",
    "tell_book",
]

ROOM = 4096
"""Free rows that one event may need."""
THERE = 0
"""The time is reached."""
FULL = 1
"""The buffer of rows is full."""
DUE = 2
"""A message arrives before the time."""
FIRST_ORDERS = 4
CLEAR = 9


@inner
def open_one(market: Record, tables: Record, rows: Record) -> None:
    """An empty record becomes a market with a stationary book and fresh metaorders."""
    book = market.book
    clear_book(book)
    book.last_ticks = NONE
    book.min_ticks, book.max_ticks, book.max_lots = 1, WIDEST_TICKS, 1 << 31
    book.tick_step, book.lot_step, book.state = 1, 1, 1
    market.next_order_id = 1
    spread = max(tables.spread_edges[2] - 1, 1)
    for side in range(2):
        best = tables.price_ticks + side * spread
        market.seen_ticks[side] = best
        for k in range(FIRST_ORDERS):
            place(market, tables, rows, side, best, np.int64(tables.join[40 + 48 * k]), SNAPSHOT)
        refill_side(market, tables, rows, side, best, 1)
        walk_near(market, tables, side)
    market.guard_s, market.pause_until_s = np.inf, -np.inf
    market.last_move = 1
    market.mood = 1.0
    market.mood_until_s = np.inf
    market.value_ticks = tables.price_ticks + 0.5 * spread
    if tables.mood_std > 0.0 or tables.lean > 0.0:
        market.mood_until_s = 0.0
    market.before_group = 3
    market.flow_key, market.row[0] = -1, -1
    for j in range(TIME_SCALES):
        market.state[j] = tables.kick[j] / tables.decay[j]
        market.activity += market.state[j]
    for k in range(tables.metaorders):
        market.meta_sign[k] = k & 1
        market.meta_buys += 1 - (k & 1)
        new_metaorder(market, tables, k, draw(market.streams, METAORDERS))
    settle_touch(market, tables, rows)


@entry
def open_market(markets: Array, tables: Array, phases: Array, buffers: Array) -> None:
    """Make zeroed records (streams set) markets.

    Args:
        markets: Shape (n,), a ``market_dtype``.
        tables: Shape (1,), dtype ``TABLES``.
        phases: Shape (1,), dtype ``PHASES``.
        buffers: Shape (1,), dtype ``BUFFER``; left alone.
    """
    for i in range(len(markets)):
        market = markets[i]
        open_one(market, tables[0], buffers[0])
        propose_next(market, tables[0], profile_at(market, tables[0], 0.0) * phases[0].rows[0].activity)


@entry
def rewind(markets: Array, shift_s: float, phases: Array) -> None:
    """Call the present time 0: what a warm-up leaves becomes the beginning of a scenario.

    Args:
        markets: Shape (n,), a ``market_dtype``.
        shift_s: The present time [s].
        phases: Shape (1,), dtype ``PHASES``.
    """
    for i in range(len(markets)):
        market = markets[i]
        market.t_s -= shift_s
        market.next_s -= shift_s
        market.last_event_s -= shift_s
        market.mood_until_s -= shift_s
        market.now_s = 0.0
        market.phase = 0
        market.fresh = 1
        market.sequence = 0
        market.proposals = 0
        market.next_s *= phases[0].rows[0].activity ** -1.0
        market.bound *= phases[0].rows[0].activity
        for g in range(len(market.events)):
            market.events[g] = 0


@rare
def run_quiet(market: Record, tables: Record, phases: Record, rows: Record, until_s: float) -> Int:
    """Run until a time: :data:`THERE`, or :data:`FULL` rows, or a message that is :data:`DUE` before."""
    room = len(rows.rows) - ROOM
    if market.fresh:
        start_guards(market, tables, phases.rows[market.phase], rows)
    while True:
        phase = phases.rows[market.phase]
        turn_s = min(phase.until_s, market.mood_until_s, market.guard_s)
        stop = min(until_s, turn_s, arrival_s(market))
        while market.next_s < stop:
            if market.recording and market.rows_count >= room:
                return FULL
            try_event(market, tables, phase, rows)
        if market.recording and market.rows_count >= room:
            return FULL
        if market.pending_count > 0 and arrival_s(market) <= min(until_s, turn_s):
            return DUE
        if turn_s > until_s:
            break
        waited = left_to_wait(market, turn_s)
        pass_time(market, tables, turn_s)
        if phase.until_s <= turn_s:
            market.phase += 1
            enter_phase(market, tables, phases.rows[market.phase], rows, turn_s)
        elif market.guard_s <= turn_s:
            tend_guard(market, tables, phase, rows, turn_s)
        if market.mood_until_s <= turn_s:
            change_mood(market, tables)
            change_value(market, tables, phases.rows[market.phase])
        reschedule(market, tables, phases.rows[market.phase], waited)
    market.now_s = until_s
    return THERE


@entry
def run_market(markets: Array, tables: Array, phases: Array, buffers: Array, until_s: float) -> int:
    """Run one market until a time, its rows are full, or a message is due.

    Args:
        markets: Shape (1,), a ``market_dtype``.
        tables: Shape (1,), dtype ``TABLES``.
        phases: Shape (1,), dtype ``PHASES``.
        buffers: Shape (1,), dtype ``BUFFER``; ``rows_count`` rows are filled.
        until_s: Time [s].

    Returns:
        :data:`THERE`; :data:`FULL`: empty the rows and call again; :data:`DUE`: deliver and call again.
    """
    return run_quiet(markets[0], tables[0], phases[0], buffers[0], until_s)  # type: ignore[no-any-return]


@entry
def deliver_due(markets: Array, tables: Array, phases: Array, buffers: Array) -> None:
    """Deliver the first message on its way.

    Args:
        markets: Shape (1,), a ``market_dtype`` whose run ended because a message is due.
        tables: Shape (1,), dtype ``TABLES``.
        phases: Shape (1,), dtype ``PHASES``.
        buffers: Shape (1,), dtype ``BUFFER``.
    """
    market = markets[0]
    market.book.clock_ns = row_time(market, arrival_s(market), tables[0].resolution_ns)
    deliver(market, tables[0], phases[0].rows[market.phase], buffers[0])


@rare
def run_through(market: Record, tables: Record, phases: Record, rows: Record, until_s: float) -> None:
    """Run until a time, messages delivered on the way; rows are not kept."""
    while True:
        ended = run_quiet(market, tables, phases, rows, until_s)
        if ended == DUE:
            market.book.clock_ns = row_time(market, arrival_s(market), tables.resolution_ns)
            deliver(market, tables, phases.rows[market.phase], rows)
        elif ended == FULL:
            market.rows_count = 0
        else:
            break


@parallel_entry
def run_threads(markets: Array, tables: Array, phases: Array, which: Array, buffers: Array, until_s: Array) -> None:  # noqa: PLR0917
    """Run many markets, each until its time, in as many chunks as there are buffers.

    Args:
        markets: Shape (n,), a ``market_dtype``.
        tables: Shape (presets,), dtype ``TABLES``.
        phases: Shape (scenarios,), dtype ``PHASES``.
        which: Shape (n, 2), each market's place in ``tables`` and ``phases``.
        buffers: Shape (chunks,), dtype ``BUFFER``: what a chunk writes is its own.
        until_s: Shape (n,), times [s].
    """
    chunks, n = len(buffers), len(markets)
    for c in prange(chunks):
        for i in range(n * c // chunks, n * (c + 1) // chunks):
            run_through(markets[i], tables[which[i, 0]], phases[which[i, 1]], buffers[c], until_s[i])


@entry
def tell_book(markets: Array, buffers: Array, tables: Array) -> None:
    """Write the book as a snapshot: a CLEAR row, then every order, best first and first come first.

    Args:
        markets: Shape (1,), a ``market_dtype``.
        buffers: Shape (1,), dtype ``BUFFER``; ``rows_count`` rows are filled.
        tables: Shape (1,), dtype ``TABLES``.
    """
    market, rows = markets[0], buffers[0]
    book = market.book
    book.clock_ns = row_time(market, market.now_s, tables[0].resolution_ns)
    tell(market, rows, CLEAR | SNAPSHOT, 0, 0, 0, 0)
    rows.rows[market.rows_count - 1].side = 0
    for side in range(2):
        ladder = book.ladders[side]
        sign = 1 - 2 * side
        for k in range(len(ladder.levels)):
            price = ladder.best_ticks - sign * k
            if 0 <= price - ladder.base_ticks < len(ladder.levels):
                slot = np.int64(ladder.levels[price & (len(ladder.levels) - 1)].head)
                while slot != 0:
                    order = book.orders[slot]
                    tell(market, rows, ADD | SNAPSHOT, side, order.order_id, price, order.size_lots)
                    slot = np.int64(order.next)
    rows.rows[market.rows_count - 1].flags |= 1
