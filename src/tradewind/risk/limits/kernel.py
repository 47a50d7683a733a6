"""The gate's one entry: rows in, decisions out. Pure: the same state and rows give the same state and decisions."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner, rare
from tradewind.risk.limits.checks import refuse, run_checks
from tradewind.risk.limits.exposure import restate
from tradewind.risk.limits.latches import kill, rearm
from tradewind.risk.limits.layout import CAP, INSTRUMENTS, STRATEGIES, InputKind, Int, Record
from tradewind.risk.limits.money import plus
from tradewind.risk.limits.orders import find, insert, resize
from tradewind.risk.limits.quotes import judge_all, set_quote, tell_time
from tradewind.risk.limits.rates import count_message, remember
from tradewind.risk.limits.reasons import Reason
from tradewind.risk.limits.reports import adjust, report

__all__ = ["apply", "decide"]

NEW, REPLACE, CANCEL, QUOTE, ACK = (int(InputKind(k)) for k in range(1, 6))
CANCEL_REJECTED, KILL, REARM, TIGHTEN, ADJUST, CLOCK = (int(InputKind(k)) for k in range(11, 17))
MALFORMED = np.int64(Reason.MALFORMED)
UNKNOWN_STRATEGY = np.int64(Reason.UNKNOWN_STRATEGY)
UNKNOWN_INSTRUMENT = np.int64(Reason.UNKNOWN_INSTRUMENT)
CLOCK_WENT_BACK = np.int64(Reason.CLOCK_WENT_BACK)
DUPLICATE_ID = np.int64(Reason.DUPLICATE_ID)
UNKNOWN_ORDER = np.int64(Reason.UNKNOWN_ORDER)
LARGEST_ID = 1 << 62
ZERO, ONE = np.int64(0), np.int64(1)


@inner
def known_strategy(state: Record, s: Int) -> Int:
    """Whether a strategy's number is in the limits file."""
    return 0 <= s < STRATEGIES and state.strategies[s].used != 0


@inner
def known_instrument(state: Record, i: Int) -> Int:
    """Whether an instrument's number is in the limits file."""
    return 0 <= i < INSTRUMENTS and state.instruments[i].used != 0


@inner
def unaddressed(state: Record, row: Record, answer: Record, late: Int) -> Int:
    """Checks of who, what and when; then ``work`` names the order."""
    work = state.work
    work.reducing = 0
    work.slot = 0
    if row.kind == NEW:
        sane = ((row.side == 1) | (row.side == -1)) and 0 <= row.type <= 3
    else:
        sane = 0 <= row.type <= 3 and row.type != 1
    if not sane or row.order_id <= 0 or row.order_id >= LARGEST_ID:
        return refuse(state, answer, MALFORMED, ZERO, ZERO)
    if not known_strategy(state, row.strategy):
        return refuse(state, answer, UNKNOWN_STRATEGY, ZERO, row.strategy)
    i = row.instrument
    if row.kind == REPLACE:
        work.slot = find(state, row.order_id)
        i = state.orders[work.slot].instrument if work.slot else row.instrument
    if not known_instrument(state, i):
        return refuse(state, answer, UNKNOWN_INSTRUMENT, ZERO, row.instrument)
    if late > state.tolerance_ns:
        return refuse(state, answer, CLOCK_WENT_BACK, state.tolerance_ns, late)
    if row.kind == NEW and row.order_id <= state.last_order_id:
        return refuse(state, answer, DUPLICATE_ID, state.last_order_id + 1, row.order_id)
    if row.kind == REPLACE and (work.slot == 0 or state.orders[work.slot].strategy != row.strategy):
        return refuse(state, answer, UNKNOWN_ORDER, ZERO, row.order_id)
    work.s = row.strategy
    work.i = i
    work.cell = row.strategy * INSTRUMENTS + i
    work.side = state.orders[work.slot].side if work.slot else row.side
    return 0


@rare
def commit(state: Record, row: Record) -> None:
    """The request goes out and counts at once, before any answer to it."""
    work = state.work
    slot, is_new = work.slot, work.slot == 0
    if is_new:
        slot = insert(state, row.order_id, work.s, work.i)
        state.last_order_id = row.order_id
        remember(state, row, work.s)
    node, ins = state.orders[slot], state.instruments[work.i]
    node.high = work.high
    node.low = work.low
    if is_new:
        node.side = work.side
        node.epoch = state.cells[work.cell].repeat_epoch
        node.pending = 0
        node.answered = 0
        node.total = row.lots
        node.filled = 0
        node.worst_total = 0
        node.notional = 0
        node.price = work.high if work.side > 0 else work.low
        if row.type == 1:
            node.price = work.high
    else:
        node.least = min(node.least if node.pending > 0 else node.total, row.lots)
        node.pending += 1
    resize(state, slot, work.lots, work.more_orders)
    if work.side > 0:
        ins.own_bid = max(ins.own_bid, work.high)
    else:
        ins.own_ask = min(ins.own_ask, work.low)
    count_message(state, work.s)
    restate(state, work.s, work.i)


@inner
def request(state: Record, row: Record, answer: Record, late: Int) -> None:
    """A new order or replace: every check, then it counts."""
    if not unaddressed(state, row, answer, late) and not run_checks(state, row, answer):
        commit(state, row)
        state.accepted += 1
    else:
        state.refused += 1


@rare
def other(state: Record, row: Record, answer: Record) -> None:
    """Everything that is not a request: reports, quotes, persons' words. What cannot be read is MALFORMED."""
    i, s, done = row.instrument, row.strategy, 0
    if row.kind == QUOTE:
        if known_instrument(state, i):
            set_quote(state, i, row.price_ticks, row.extra, row.ts_ns)
            done = 1
    elif ACK <= row.kind <= CANCEL_REJECTED:
        if known_instrument(state, i) and known_strategy(state, s) and 0 < row.exec_id < LARGEST_ID:
            report(state, row, s, i)
            done = 1
        else:
            state.malformed_reports += 1
    elif row.kind == KILL:
        done = kill(state, row.extra, row.lots, row.person)
    elif row.kind == REARM:
        done = rearm(state, row.lots)
    elif row.kind == TIGHTEN:
        state.size_permille = min(max(row.lots, 0), 1000)
        state.open_permille = min(max(row.price_ticks, 0), 1000)
        state.type_mask = row.extra
        done = 1
    elif row.kind == ADJUST:
        if known_instrument(state, i) and known_strategy(state, s) and -CAP < row.lots < CAP and row.price_ticks > 0:
            adjust(state, s, i, row.lots, row.price_ticks)
            done = 1
    elif row.kind == CLOCK:
        judge_all(state)
        done = 1
    if not done:
        answer.reason = MALFORMED


@inner
def decide(state: Record, row: Record, answer: Record) -> None:
    """Take one row.

    Args:
        state: The gate, a record of ``STATE``.
        row: What is told, a record of ``INPUT``.
        answer: Gets the decision, a record of ``DECISION``.
    """
    answer.reason = 0
    answer.cause = 0
    answer.limit = 0
    answer.value = 0
    answer.headroom = 0
    state.sequence += 1
    late = plus(state.clock_ns, -min(max(row.ts_ns, -CAP), CAP))
    tell_time(state, min(row.ts_ns, CAP))
    if row.kind in (NEW, REPLACE):
        request(state, row, answer, late)
    elif row.kind == CANCEL:
        if known_strategy(state, row.strategy):
            count_message(state, row.strategy)
    else:
        other(state, row, answer)


@entry
def apply(states: Array, rows: Array, answers: Array, count: int) -> None:
    """Take rows in order.

    Args:
        states: Shape (1,), dtype ``STATE``; changed in place.
        rows: Shape (n,), dtype ``INPUT``.
        answers: Shape (n,), dtype ``DECISION``; overwritten.
        count: How many rows.
    """
    state = states[0]
    for k in range(count):
        decide(state, rows[k], answers[k])
