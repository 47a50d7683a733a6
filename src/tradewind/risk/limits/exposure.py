"""What the firm stands to own: cells of strategy and instrument, summed into strategies, desks and the firm.

A cell's share of every sum is kept with it, so an update takes the old share out and puts the new one in. Worst case:
``gross`` values the larger of |position + open buys| and |position - open sells|; ``high`` and ``low`` are the signed
exposures if all buys, or all sells, fill. All are valued at the instrument's mark, the middle of its last good quote.
"""

from __future__ import annotations

import numpy as np

from tradewind.core.kernels import inner, rare
from tradewind.risk.limits.latches import close
from tradewind.risk.limits.layout import CAP, FIRM, FIRST_DESK, FIRST_STRATEGY, INSTRUMENTS, LARGEST_LOTS, Int, Record
from tradewind.risk.limits.money import plus, times
from tradewind.risk.limits.reasons import Cause

__all__ = ["judge", "only_reduces", "restate", "scope_of", "worst_gross"]

DAILY_LOSS = np.int64(Cause.DAILY_LOSS)
DRAWDOWN = np.int64(Cause.DRAWDOWN)
OVERFLOW = np.int64(Cause.OVERFLOW)

MOST = np.int64(CAP)


@inner
def scope_of(state: Record, s: Int, level: Int) -> Int:
    """Row of ``scopes`` for a strategy's level: 0 itself, 1 its desk, 2 the firm."""
    if level == 0:
        return FIRST_STRATEGY + s
    return FIRST_DESK + state.strategies[s].desk if level == 1 else FIRM


@inner
def worst_gross(position: Int, open_buy: Int, open_sell: Int) -> Int:
    """Largest absolute position that open orders can lead to [lots]."""
    return max(abs(plus(position, open_buy)), abs(plus(position, -open_sell)))


@rare
def restate(state: Record, s: Int, i: Int) -> None:
    """Value a cell anew and carry the difference into its strategy, its desk and the firm."""
    cell, ins = state.cells[s * INSTRUMENTS + i], state.instruments[i]
    unit = times(ins.mark, ins.tick_value)
    gross = times(worst_gross(cell.position, cell.open_buy, cell.open_sell), unit)
    high = times(plus(cell.position, cell.open_buy), unit)
    low = times(plus(cell.position, -cell.open_sell), unit)
    value = plus(cell.cash, times(cell.position, unit))
    for level in range(3):
        scope = state.scopes[scope_of(state, s, level)]
        scope.gross = plus(scope.gross, gross - cell.gross)
        scope.high = plus(scope.high, high - cell.high)
        scope.low = plus(scope.low, low - cell.low)
        scope.pnl = plus(scope.pnl, value - cell.value)
        if scope.gross == CAP or abs(scope.high) == CAP or abs(scope.low) == CAP or abs(scope.pnl) == CAP:
            close(state, state.scopes[FIRM].halt, OVERFLOW, MOST, MOST)
    cell.gross = gross
    cell.high = high
    cell.low = low
    cell.value = value


@rare
def judge(state: Record, at: Int) -> None:
    """Halt a scope whose loss today or fall from its peak has reached the limit."""
    scope = state.scopes[at]
    scope.peak = max(scope.peak, scope.pnl)
    loss = plus(scope.day_pnl, -scope.pnl)
    if loss >= scope.max_loss:
        close(state, scope.halt, DAILY_LOSS, scope.max_loss, loss)
    fall = plus(scope.peak, -scope.pnl)
    if fall >= scope.max_drawdown:
        close(state, scope.halt, DRAWDOWN, scope.max_drawdown, fall)


@inner
def only_reduces(state: Record, row: Record) -> Int:
    """Whether a new order can only bring its strategy's position nearer to zero, with every open order counted."""
    cell = state.cells[state.work.cell]
    if state.work.slot or row.lots <= 0 or row.lots > LARGEST_LOTS:
        return 0
    if row.side > 0:
        return 1 if cell.open_buy + row.lots <= -cell.position else 0
    return 1 if cell.open_sell + row.lots <= cell.position else 0
