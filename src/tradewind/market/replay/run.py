"""Run a replay: rows of the tape, your messages when they are due, and the shift of prices that your trades cause."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import NONE, Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry
from tradewind.market.flow.agent import carry_out
from tradewind.market.flow.layout import OWN_ORDERS
from tradewind.market.flow.run import FULL, ROOM, THERE
from tradewind.market.replay.hits import mark_touch
from tradewind.market.replay.impact import NEVER, push
from tradewind.market.replay.kinds import apply_row, begin_message, end_message
from tradewind.market.replay.shift import tend_impact

__all__ = ["open_records", "replay_through"]

MOST_LOTS = 1 << 52


@entry
def replay_through(market: Record, replay: Record, tape: Array, rows: Record, until_s: float) -> Int:
    """Run until a time or until its rows are full; messages are delivered on the way.

    Of what happens at one time, rows come first, then the shift of prices, then your messages. What you trade is told
    to the impact overlay. Kernels call this with records, and so does Python (``markets[0]``).

    Args:
        market: A ``market_dtype``.
        replay: A ``replay_dtype``.
        tape: Shape (n,), dtype ``TAPE``.
        rows: A ``BUFFER``; used only when the market records.
        until_s: Time since ``market.base_ns`` [s].

    Returns:
        ``THERE``, or ``FULL`` (of a market that records): empty the rows and call again.
    """
    book, impact, count = market.book, replay.impact, len(tape)
    until_ns = market.base_ns + np.int64(np.rint(until_s * 1e9))
    room = len(rows.rows) - ROOM
    while True:
        due_ns = market.pending[0].ts_ns if market.pending_count > 0 else NEVER
        stop, at = min(until_ns, due_ns), replay.cursor
        while at < count and tape[at].ts_ns <= min(stop, impact.next_ns):
            if market.recording and market.rows_count >= room:
                break
            apply_row(market, replay, tape[at], rows)
            at += 1
        replay.counts.rows += at - replay.cursor
        replay.cursor = at
        if market.recording and market.rows_count >= room:
            return FULL
        if impact.next_ns <= stop:
            tend_impact(market, replay, rows)
        elif due_ns <= until_ns:
            book.clock_ns = due_ns
            market.request[0] = market.pending[0]
            market.pending_count -= 1
            for k in range(market.pending_count):
                market.pending[k] = market.pending[k + 1]
            order_id, side, traded = market.request[0].order_id, np.int64(market.request[0].side), book.traded_lots
            mark_touch(market)
            begin_message(market, replay)
            reason = carry_out(market, None, rows)
            end_message(market, replay)
            if book.traded_lots != traded:
                side = side if side != 0 else np.int64(market.request[0].side)
                push(replay, due_ns, np.float64(side * (book.traded_lots - traded)))
            answer = market.answers[market.answers_count & (OWN_ORDERS - 1)]
            answer.order_id, answer.reason, answer.ts_ns = order_id, reason, due_ns
            market.answers_count += 1
        else:
            break
    market.now_s = until_s
    return THERE


def open_records(markets: Array, replays: Array, tape: Array, buffers: Array, base_ns: int) -> None:
    """Make zeroed records a market at time 0 of a tape: rows at or before it are applied, then nothing is counted.

    Args:
        markets: Shape (1,), a ``market_dtype``.
        replays: Shape (1,), a ``replay_dtype``; its parameters are set.
        tape: Shape (n,), dtype ``TAPE``.
        buffers: Shape (1,), dtype ``BUFFER``.
        base_ns: Time 0 [ns since 1970-01-01 UTC].
    """
    book = markets["book"][0]
    book["ladders"]["best_ticks"] = [-NONE, NONE]
    book["capacity"], book["last_ticks"] = len(book["orders"]) - 1, NONE
    book["min_ticks"], book["max_ticks"], book["max_lots"] = 1, 1 << 40, MOST_LOTS
    book["tick_step"], book["lot_step"], book["state"] = 1, 1, 1
    markets["base_ns"] = base_ns
    replays["impact"]["as_of_ns"] = base_ns
    replays["impact"]["next_ns"] = NEVER
    shifts = replays["impact"]["on"].copy()
    replays["impact"]["on"] = 0  # nothing is yours before the start, and decay counts from it
    replay_through(markets[0], replays[0], tape, buffers[0], 0.0)
    replays["impact"]["on"] = shifts
    replays["counts"] = np.zeros(1, replays.dtype["counts"])
    for name in ("volume_lots", "volume_ticks", "signed_lots", "trades"):
        markets[name] = 0
