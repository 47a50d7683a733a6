"""Latches: closed by a person or a breaker, opened by a named person's signed word and by nothing else."""

from __future__ import annotations

import numpy as np

from tradewind.core.kernels import inner, rare
from tradewind.risk.limits.layout import (
    DESKS,
    FIRM,
    FIRST_DESK,
    FIRST_STRATEGY,
    INSTRUMENTS,
    STRATEGIES,
    VENUES,
    Int,
    Record,
    Scope,
)
from tradewind.risk.limits.reasons import Cause

__all__ = ["close", "kill", "rearm"]

PERSON = np.int64(Cause.PERSON)
REPEATED = np.int64(Cause.REPEATED_EXECUTION)
DRAWDOWN = np.int64(Cause.DRAWDOWN)
ZERO = np.int64(0)
ALL, DESK, STRATEGY, INSTRUMENT, VENUE = (int(scope) for scope in Scope)


@rare
def close(state: Record, latch: Record, cause: Int, limit: Int, value: Int) -> None:
    """Close a latch that is open; one that is closed keeps its first cause."""
    if latch.cause == 0:
        state.latches += 1
        latch.cause = cause
        latch.number = state.latches
        latch.limit = limit
        latch.value = value
        latch.ts_ns = state.clock_ns
        latch.person = -1


@inner
def shut(state: Record, latch: Record, person: Int) -> None:
    """A person closes a latch."""
    if latch.cause == 0:
        close(state, latch, PERSON, ZERO, ZERO)
        latch.person = person


@rare
def kill(state: Record, kind: Int, index: Int, person: Int) -> Int:
    """A person closes a scope; 0 where there is no such scope, which then closes everything."""
    if kind == DESK and 0 <= index < DESKS and state.scopes[FIRST_DESK + index].used:
        shut(state, state.scopes[FIRST_DESK + index].kill, person)
    elif kind == STRATEGY and 0 <= index < STRATEGIES and state.strategies[index].used:
        shut(state, state.scopes[FIRST_STRATEGY + index].kill, person)
    elif kind == INSTRUMENT and 0 <= index < INSTRUMENTS and state.instruments[index].used:
        shut(state, state.instruments[index].kill, person)
    elif kind == VENUE and 0 <= index < VENUES and state.venues[index].used:
        shut(state, state.venues[index].kill, person)
    else:
        shut(state, state.scopes[FIRM].kill, person)
        return 1 if kind == ALL else 0
    return 1


@inner
def opened(latch: Record, number: Int) -> Int:
    """Open the latch if this is its number."""
    if latch.cause == 0 or latch.number != number:
        return 0
    latch.cause = 0
    latch.number = 0
    latch.limit = 0
    latch.value = 0
    latch.ts_ns = 0
    latch.person = 0
    return 1


@rare
def rearm(state: Record, number: Int) -> Int:
    """Open the latch with a number and restart what it measured; 0 where no closed latch has it.

    A drawdown is measured from here on, rejects and repeats are counted anew. The loss of the day stays: only the
    next day or a new limits file moves it.
    """
    for at in range(FIRST_STRATEGY + STRATEGIES):
        scope = state.scopes[at]
        if opened(scope.kill, number):
            return 1
        cause = scope.halt.cause
        if opened(scope.halt, number):
            if cause == DRAWDOWN:
                scope.peak = scope.pnl
            if at >= FIRST_STRATEGY:
                restart(state, at - FIRST_STRATEGY)
            return 1
    for i in range(INSTRUMENTS):
        if opened(state.instruments[i].kill, number):
            return 1
    for v in range(VENUES):
        if opened(state.venues[v].kill, number) or opened(state.venues[v].halt, number):
            return 1
    return 0


@inner
def restart(state: Record, s: Int) -> None:
    """Rejects and repeats of a strategy are counted anew."""
    state.strategies[s].rejects = 0
    for i in range(INSTRUMENTS):
        cell = state.cells[s * INSTRUMENTS + i]
        cell.repeat_buy = 0
        cell.repeat_sell = 0
        cell.repeat_epoch += 1
