"""Run a replay: rows of the tape, your messages when they are due, and the shift of prices that your trades cause."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import NONE, Int, Record
from tradewind.book.orders import clear_book
from tradewind.core.dtypes import Array, EventKind
from tradewind.core.kernels import entry, inner, rare
from tradewind.market.flow.agent import carry_out
from tradewind.market.flow.layout import OWN_ORDERS
from tradewind.market.flow.run import DUE, FULL, ROOM, THERE
from tradewind.market.replay.hits import settle_own
from tradewind.market.replay.impact import NEVER, push
from tradewind.market.replay.layout import SETTLE
from tradewind.market.replay.orders import add, clear_side, delete, execute, print_hidden, reduce, replace
from tradewind.market.replay.shift import tend_impact

__all__ = ["open_replay", "replay_through", "run_replay"]

ADD, REDUCE, DELETE = int(EventKind.ADD), int(EventKind.REDUCE), int(EventKind.DELETE)
EXECUTE, REPLACE, TRADE = int(EventKind.EXECUTE), int(EventKind.REPLACE), int(EventKind.TRADE)
CLEAR, STATUS = int(EventKind.CLEAR), int(EventKind.STATUS)
MOST_LOTS = 1 << 52


@inner
def apply_row(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """One row of a tape."""
    kind = np.int64(row.kind)
    market.book.clock_ns = row.ts_ns
    if kind == ADD:
        add(market, replay, row, rows)
    elif kind == DELETE:
        delete(market, replay, row, rows)
    elif kind == EXECUTE:
        execute(market, replay, row, rows)
    elif kind == REDUCE:
        reduce(market, replay, row, rows)
    else:
        apply_other(market, replay, row, rows)


@rare
def apply_other(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """Rows that are seldom, or not of single orders."""
    kind = np.int64(row.kind)
    if kind == REPLACE:
        replace(market, replay, row, rows)
    elif kind == TRADE:
        print_hidden(market, replay, row, rows)
    elif kind == CLEAR:
        clear_side(market, replay, row, rows)
    elif kind == SETTLE:
        settle_own(market)
    elif kind == STATUS:
        market.book.state = row.size_lots


@inner
def arrival_ns(market: Record) -> Int:
    """When the first message on its way arrives."""
    return market.pending[0].ts_ns if market.pending_count > 0 else NEVER


@rare
def replay_quiet(market: Record, replay: Record, tape: Array, rows: Record, until_s: float) -> Int:
    """Run until a time: :data:`THERE`, or :data:`FULL` rows, or a message that is :data:`DUE` before.

    Of what happens at one time, rows come first, then the shift of prices, then your messages.
    """
    impact, count = replay.impact, len(tape)
    until_ns = market.base_ns + np.int64(np.rint(until_s * 1e9))
    room = len(rows.rows) - ROOM
    while True:
        stop = min(until_ns, arrival_ns(market))
        at = replay.cursor
        while at < count and tape[at].ts_ns <= min(stop, impact.next_ns):
            if market.recording and market.rows_count >= room:
                replay.cursor = at
                return FULL
            apply_row(market, replay, tape[at], rows)
            at += 1
        replay.counts.rows += at - replay.cursor
        replay.cursor = at
        if impact.next_ns <= stop:
            tend_impact(market, replay, rows)
        elif arrival_ns(market) <= until_ns:
            return DUE
        else:
            break
    market.now_s = until_s
    return THERE


@rare
def deliver_message(market: Record, replay: Record, rows: Record) -> None:
    """The first message on its way arrives; what you trade by it is an own trade of the impact overlay."""
    book = market.book
    book.clock_ns = arrival_ns(market)
    market.request[0] = market.pending[0]
    market.pending_count -= 1
    for k in range(market.pending_count):
        market.pending[k] = market.pending[k + 1]
    order_id, side, traded = market.request[0].order_id, np.int64(market.request[0].side), book.traded_lots
    reason = carry_out(market, rows)
    side = side if side != 0 else np.int64(market.request[0].side)
    if book.traded_lots != traded:
        push(replay, book.clock_ns, np.float64(side * (book.traded_lots - traded)))
    answer = market.answers[market.answers_count & (OWN_ORDERS - 1)]
    answer.order_id, answer.reason, answer.ts_ns = order_id, reason, book.clock_ns
    market.answers_count += 1


@rare
def replay_through(market: Record, replay: Record, tape: Array, rows: Record, until_s: float) -> None:
    """Run until a time, messages delivered on the way; rows are not kept.

    Args:
        market: A ``market_dtype``.
        replay: A ``replay_dtype``.
        tape: Shape (n,), dtype ``TAPE``.
        rows: A ``BUFFER``.
        until_s: Time since ``market.base_ns`` [s].
    """
    while True:
        ended = replay_quiet(market, replay, tape, rows, until_s)
        if ended == DUE:
            deliver_message(market, replay, rows)
        elif ended == FULL:
            market.rows_count = 0
        else:
            break


@entry
def open_replay(markets: Array, replays: Array, tape: Array, buffers: Array, base_ns: int) -> None:
    """Make zeroed records a market at time 0 of a tape: rows at or before it are applied, then nothing is counted.

    Args:
        markets: Shape (1,), a ``market_dtype``.
        replays: Shape (1,), a ``replay_dtype``; its parameters are set.
        tape: Shape (n,), dtype ``TAPE``.
        buffers: Shape (1,), dtype ``BUFFER``.
        base_ns: Time 0 [ns since 1970-01-01 UTC].
    """
    market, replay = markets[0], replays[0]
    book = market.book
    clear_book(book)
    book.last_ticks = NONE
    book.min_ticks, book.max_ticks, book.max_lots = 1, 1 << 40, MOST_LOTS
    book.tick_step, book.lot_step, book.state = 1, 1, 1
    market.base_ns = base_ns
    replay.impact.as_of_ns = base_ns
    replay.impact.next_ns = NEVER
    replay_through(market, replay, tape, buffers[0], 0.0)
    replay.counts.rows = 0


@entry
def run_replay(markets: Array, replays: Array, tape: Array, buffers: Array, until_s: float) -> int:
    """Run one replay until a time or until its rows are full.

    Args:
        markets: Shape (1,), a ``market_dtype``.
        replays: Shape (1,), a ``replay_dtype``.
        tape: Shape (n,), dtype ``TAPE``.
        buffers: Shape (1,), dtype ``BUFFER``; ``rows_count`` rows are filled when the market records.
        until_s: Time since ``market.base_ns`` [s].

    Returns:
        ``THERE``, or ``FULL``: empty the rows and call again.
    """
    while True:
        ended = replay_quiet(markets[0], replays[0], tape, buffers[0], until_s)
        if ended != DUE:
            return ended  # type: ignore[no-any-return]
        deliver_message(markets[0], replays[0], buffers[0])
