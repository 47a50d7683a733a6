"""Market data and time: quotes set the mark that exposures are valued at; a new day starts the day's sums."""

from __future__ import annotations

import numpy as np

from tradewind.core.kernels import inner, rare
from tradewind.risk.limits.exposure import judge, restate
from tradewind.risk.limits.layout import (
    DESKS,
    FIRM,
    FIRST_DESK,
    FIRST_STRATEGY,
    INSTRUMENTS,
    STRATEGIES,
    Int,
    Record,
)

__all__ = ["judge_all", "set_quote", "tell_time"]

DAY_NS = 86_400_000_000_000
LARGEST_PRICE = 1 << 50
TOP = np.int64(FIRM)


@inner
def tell_time(state: Record, ts_ns: Int) -> None:
    """The gate's clock never goes back; a new day starts the sums of the day."""
    if ts_ns > state.clock_ns:
        state.clock_ns = ts_ns
        day = (ts_ns - state.day_offset_ns) // DAY_NS
        if day > state.day:
            state.day = day
            new_day(state)


@rare
def new_day(state: Record) -> None:
    """What was traded is forgotten, what is open stays; the day's loss is measured from here."""
    for at in range(FIRST_STRATEGY + STRATEGIES):
        scope = state.scopes[at]
        scope.filled_lots = 0
        scope.filled_notional = 0
        scope.day_pnl = scope.pnl
    for i in range(INSTRUMENTS):
        state.instruments[i].filled_lots = 0
        state.instruments[i].filled_notional = 0


@rare
def set_quote(state: Record, i: Int, bid: Int, ask: Int, ts_ns: Int) -> None:
    """Best bid and ask; a side that is not a price is missing. A bad quote leaves the mark where it was."""
    ins = state.instruments[i]
    ins.bid = bid if 0 < bid < LARGEST_PRICE else 0
    ins.ask = ask if 0 < ask < LARGEST_PRICE else 0
    ins.quote_ns = ts_ns
    if ins.bid == 0 or ins.ask == 0 or ins.bid > ins.ask:
        return
    mark = (ins.bid + ins.ask) // 2
    if ins.anchor == 0 or state.clock_ns - ins.anchor_ns >= ins.period_ns:
        ins.anchor = mark
        ins.anchor_ns = state.clock_ns
    if mark != ins.mark:
        ins.mark = mark
        revalue(state, i)


@inner
def has(state: Record, s: Int, i: Int) -> Int:
    """Whether a strategy has a position, open orders or profits in an instrument."""
    cell = state.cells[s * INSTRUMENTS + i]
    return 1 if cell.position != 0 or cell.open_buy != 0 or cell.open_sell != 0 or cell.cash != 0 else 0


@rare
def revalue(state: Record, i: Int) -> None:
    """Value every strategy with something in the instrument at its mark, then look at the losses.

    No loss is looked at before the last strategy has its new value: the desk of a long and an equal short stands still.
    """
    touched = 0
    for s in range(STRATEGIES):
        if has(state, s, i):
            restate(state, s, i)
            touched = 1
    if touched == 0:
        return
    for s in range(STRATEGIES):
        if has(state, s, i):
            judge(state, FIRST_STRATEGY + s)
            judge(state, FIRST_DESK + state.strategies[s].desk)
    judge(state, TOP)


@rare
def judge_all(state: Record) -> None:
    """Look at the losses of every scope in use."""
    for s in range(STRATEGIES):
        if state.strategies[s].used:
            judge(state, FIRST_STRATEGY + s)
    for desk in range(DESKS):
        if state.scopes[FIRST_DESK + desk].used:
            judge(state, FIRST_DESK + desk)
    if state.scopes[FIRM].used:
        judge(state, TOP)
