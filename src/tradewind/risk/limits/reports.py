"""Execution reports: each counts exactly once, late or repeated; one that never comes leaves the gate stricter.

Reports of a venue carry numbers that grow by one (the session's sequence, or the order manager's count). A window
remembers which were seen, as anti-replay windows do (RFC 4303): a number seen again, or older than the window, changes
nothing; a number that leaves the window unseen is missing and halts the venue.
"""

from __future__ import annotations

import numpy as np

from tradewind.core.kernels import inner, rare
from tradewind.risk.limits.exposure import judge, restate, scope_of
from tradewind.risk.limits.latches import close
from tradewind.risk.limits.layout import CAP, FIRST_STRATEGY, INSTRUMENTS, InputKind, Int, Record
from tradewind.risk.limits.money import plus, times
from tradewind.risk.limits.orders import find, price_book, release, resize
from tradewind.risk.limits.owed import owe, pay
from tradewind.risk.limits.rates import count_reject, unrepeat
from tradewind.risk.limits.reasons import Cause

__all__ = ["adjust", "report"]

FILL, CANCELLED, REJECTED, REPLACED, REPLACE_REJECTED = (
    int(kind)
    for kind in (
        InputKind.FILL,
        InputKind.CANCELLED,
        InputKind.REJECTED,
        InputKind.REPLACED,
        InputKind.REPLACE_REJECTED,
    )
)
UNEXPLAINED = np.int64(Cause.UNEXPLAINED_REPORT)
MISSING = np.int64(Cause.REPORTS_MISSING)
ZERO = np.int64(0)


@rare
def is_first(state: Record, v: Int, number: Int) -> Int:
    """Whether a report's number is seen for the first time; numbers that leave the window unseen are missing."""
    venue = state.venues[v]
    size = venue.report_window
    if number <= venue.highest:
        if number <= venue.highest - size or venue.seen[number % size] != 0:
            venue.duplicates += 1
            return 0
        venue.seen[number % size] = 1
        return 1
    step = number - venue.highest
    lost = max(0, step - size)
    for k in range(min(step, size)):
        leaving = venue.highest + 1 + k - size
        if leaving > 0 and venue.seen[leaving % size] == 0:
            lost += 1
        venue.seen[leaving % size] = 0
    venue.highest = number
    venue.seen[number % size] = 1
    if lost:
        venue.missing = plus(venue.missing, lost)
        close(state, venue.halt, MISSING, ZERO, venue.missing)
    return 1


@inner
def halt(state: Record, s: Int, cause: Int, limit: Int, value: Int) -> None:
    """Halt a strategy whose reports do not fit."""
    close(state, state.scopes[FIRST_STRATEGY + s].halt, cause, limit, value)


@rare
def book_fill(state: Record, s: Int, i: Int, side: Int, lots: Int, price: Int) -> None:  # noqa: PLR0917
    """Lots change hands: position, cash and the day's sums. The cell is not restated."""
    cell, ins = state.cells[s * INSTRUMENTS + i], state.instruments[i]
    notional = times(times(lots, price), ins.tick_value)
    cell.position = plus(cell.position, side * lots)
    cell.cash = plus(cell.cash, -side * notional)
    ins.position = plus(ins.position, side * lots)
    ins.filled_lots = plus(ins.filled_lots, lots)
    ins.filled_notional = plus(ins.filled_notional, notional)
    for level in range(3):
        scope = state.scopes[scope_of(state, s, level)]
        scope.filled_lots = plus(scope.filled_lots, lots)
        scope.filled_notional = plus(scope.filled_notional, notional)


@rare
def valued(state: Record, s: Int, i: Int, price: Int) -> None:
    """Value a cell after a fill, at its mark or, before any quote, at the fill's price; look at the losses."""
    ins = state.instruments[i]
    if ins.mark == 0:
        ins.mark = price
    restate(state, s, i)
    for level in range(3):
        judge(state, scope_of(state, s, level))


@rare
def fill_order(state: Record, slot: Int, lots: Int, price: Int) -> None:
    """An open order trades: what was open becomes position; a complete order is released."""
    node = state.orders[slot]
    s, i = node.strategy, node.instrument
    book_fill(state, s, i, node.side, lots, price)
    total = node.worst_total
    left = max(0, total - node.filled)
    resize(state, slot, plus(node.filled, max(0, left - lots)), ZERO)
    node.filled = plus(node.filled, lots)
    node.worst_total = max(total, node.filled)
    if node.filled > total:
        halt(state, s, UNEXPLAINED, total, node.filled)
    valued(state, s, i, price)


@rare
def catch_up(state: Record, slot: Int, told: Int) -> None:
    """A report tells more filled than was reported: the missing fills are booked at the order's worst price."""
    node = state.orders[slot]
    if told > node.filled:
        halt(state, node.strategy, MISSING, node.filled, told)
        owe(state, node.order_id, told - node.filled)
        fill_order(state, slot, told - node.filled, node.high if node.side > 0 else node.low)


@inner
def finish(state: Record, slot: Int) -> None:
    """Release an order with nothing left to fill."""
    node = state.orders[slot]
    if node.filled >= node.worst_total:
        release(state, slot)


@inner
def on_fill(state: Record, row: Record, slot: Int) -> None:
    """A fill of an open order."""
    node = state.orders[slot]
    if row.lots <= 0 or row.lots >= CAP or row.price_ticks <= 0 or row.price_ticks >= CAP:
        state.malformed_reports += 1
        halt(state, node.strategy, UNEXPLAINED, ZERO, row.lots)
        return
    lots = row.lots
    if state.owed_lots > 0:
        lots -= pay(state, node.order_id, lots)
    if 0 <= row.extra < CAP:
        catch_up(state, slot, row.extra - lots)
    if lots > 0:
        fill_order(state, slot, lots, row.price_ticks)
    finish(state, slot)


@rare
def on_replaced(state: Record, row: Record, slot: Int) -> None:
    """A replace is done or refused: with none pending any more the envelope shrinks to what the venue has.

    Reports may come out of order; the one with the highest number says what the venue has.
    """
    node = state.orders[slot]
    if row.kind == REPLACED:
        sane = (row.price_ticks > 0) & (row.price_ticks < CAP) & (row.lots > 0) & (row.lots < CAP)
        asked = (row.lots <= node.worst_total) & (row.price_ticks <= node.high) & (row.price_ticks >= node.low)
        if not sane or not asked or node.pending == 0:
            halt(state, node.strategy, UNEXPLAINED, node.worst_total, row.lots)
        if not sane:
            state.malformed_reports += 1
            return
        if row.exec_id > node.answered:
            node.answered = row.exec_id
            node.total = row.lots
            node.price = row.price_ticks
        node.least = min(node.least, row.lots)
        node.high = max(node.high, row.price_ticks)
        node.low = min(node.low, row.price_ticks)
    else:
        count_reject(state, node.strategy)
    node.pending = max(0, node.pending - 1)
    total = max(node.worst_total, node.total)
    if node.pending == 0:
        node.high = node.price
        node.low = node.price
        total = max(node.total, node.filled)
    resize(state, slot, total, ZERO)
    price_book(state, node.instrument)
    restate(state, node.strategy, node.instrument)
    finish(state, slot)


@inner
def on_known(state: Record, row: Record, slot: Int) -> None:
    """A report of an open order."""
    node = state.orders[slot]
    if row.kind == FILL:
        on_fill(state, row, slot)
    elif row.kind in (CANCELLED, REJECTED):
        if 0 <= row.extra < CAP:
            catch_up(state, slot, row.extra)
        if row.kind == REJECTED:
            count_reject(state, node.strategy)
        unrepeat(state, slot)
        release(state, slot)
    elif row.kind in (REPLACED, REPLACE_REJECTED):
        on_replaced(state, row, slot)


@rare
def on_unknown(state: Record, row: Record, s: Int, i: Int) -> None:
    """A report of no open order: a fill nobody was told of still happened, so it is booked, and the strategy halts."""
    state.unknown_reports += 1
    if row.kind != FILL:
        return
    priced = (row.price_ticks > 0) & (row.price_ticks < CAP)
    sided = (row.side == 1) | (row.side == -1)
    if not (sided and 0 < row.lots < CAP and priced):
        state.malformed_reports += 1
        halt(state, s, UNEXPLAINED, ZERO, row.lots)
        return
    lots = row.lots - pay(state, row.order_id, row.lots)
    if lots > 0:
        halt(state, s, UNEXPLAINED, ZERO, lots)
        book_fill(state, s, i, row.side, lots, row.price_ticks)
        valued(state, s, i, row.price_ticks)


@rare
def report(state: Record, row: Record, s: Int, i: Int) -> Int:
    """Take one execution report; 0 where its number was seen before.

    Args:
        state: The gate.
        row: A row of ``INPUT``.
        s: Its strategy, used where the order is not known.
        i: Its instrument, likewise.
    """
    slot = find(state, row.order_id)
    known = state.orders[slot].instrument if slot else i
    if not is_first(state, state.instruments[known].venue, row.exec_id):
        return 0
    if slot:
        on_known(state, row, slot)
    else:
        on_unknown(state, row, s, i)
    return 1


@rare
def adjust(state: Record, s: Int, i: Int, lots: Int, price: Int) -> None:
    """A person sets a position; its profit and loss so far becomes the position's value at the price."""
    cell, ins = state.cells[s * INSTRUMENTS + i], state.instruments[i]
    ins.position = plus(ins.position, lots - cell.position)
    cell.position = lots
    cell.cash = -times(times(lots, price), ins.tick_value)
    valued(state, s, i, price)
