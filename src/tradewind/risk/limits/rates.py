"""How often: token buckets and sliding windows of messages, repeats, identical orders, rejects. Whole numbers only."""

from __future__ import annotations

import numpy as np

from tradewind.core.kernels import inner, rare
from tradewind.risk.limits.exposure import scope_of
from tradewind.risk.limits.latches import close
from tradewind.risk.limits.layout import (
    FIRST_STRATEGY,
    IDENTICAL,
    INSTRUMENTS,
    REJECTS,
    RING,
    Int,
    Record,
)
from tradewind.risk.limits.reasons import Cause

__all__ = [
    "MESSAGE_TOKENS",
    "count_message",
    "count_reject",
    "identical",
    "refill",
    "remember",
    "repeats",
    "unrepeat",
    "window_full",
]

REJECT_RATE = np.int64(Cause.REJECT_RATE)
MESSAGE_TOKENS = 1_000_000_000
"""Tokens that one message takes; a rate of one a second adds one token a nanosecond."""


@rare
def refill(state: Record, scope: Record) -> None:
    """Tokens since the last look; a bucket that would be full is full, so no product overflows."""
    passed = state.clock_ns - scope.tokens_ns
    full = scope.burst * MESSAGE_TOKENS
    if passed >= scope.fill_ns:
        scope.tokens = full
    else:
        scope.tokens = min(full, scope.tokens + passed * scope.rate_per_s)
    scope.tokens_ns = state.clock_ns


@inner
def window_full(state: Record, scope: Record) -> Int:
    """Whether the window already holds as many messages as it may: the limit-th last one is still inside."""
    if scope.sent < scope.window_messages:
        return 0
    return scope.ring[(scope.sent - scope.window_messages) & (RING - 1)] > state.clock_ns - scope.window_ns


@rare
def count_message(state: Record, s: Int) -> None:
    """A message goes out: it counts at every level; a cancel may go out with an empty bucket."""
    for level in range(3):
        scope = state.scopes[scope_of(state, s, level)]
        refill(state, scope)
        scope.tokens = max(0, scope.tokens - MESSAGE_TOKENS)
        scope.ring[scope.sent & (RING - 1)] = state.clock_ns
        scope.sent += 1


@inner
def identical(state: Record, row: Record, s: Int) -> Int:
    """How many of the strategy's last orders within the window are the same as this one."""
    strategy, found = state.strategies[s], 0
    since = state.clock_ns - strategy.identical_ns
    for k in range(IDENTICAL):
        old = strategy.recent[k]
        if (
            (old.ts_ns > since)
            & (old.side == row.side)
            & (old.lots == row.lots)
            & (old.price_ticks == row.price_ticks)
            & (old.type == row.type)
            & (old.instrument == row.instrument)
        ):
            found += 1
    return found


@inner
def remember(state: Record, row: Record, s: Int) -> None:
    """A sent order joins those that duplicates are recognised by, and the repeats of its cell and side."""
    strategy, cell = state.strategies[s], state.cells[s * INSTRUMENTS + row.instrument]
    old = strategy.recent[strategy.orders & (IDENTICAL - 1)]
    strategy.orders += 1
    old.ts_ns = state.clock_ns
    old.instrument = row.instrument
    old.side = row.side
    old.type = row.type
    old.price_ticks = row.price_ticks
    old.lots = row.lots
    if row.side > 0:
        cell.repeat_buy += 1
    else:
        cell.repeat_sell += 1


@inner
def repeats(state: Record, s: Int, i: Int, side: Int) -> Int:
    """Orders of the cell and side this period that executed or still may; a new period begins at its first look."""
    cell = state.cells[s * INSTRUMENTS + i]
    epoch = state.clock_ns // state.strategies[s].repeat_ns * 1000
    if cell.repeat_epoch < epoch:
        cell.repeat_epoch = epoch
        cell.repeat_buy = 0
        cell.repeat_sell = 0
    return cell.repeat_buy if side > 0 else cell.repeat_sell


@inner
def unrepeat(state: Record, slot: Int) -> None:
    """An order that ends without a fill did not execute: it gives its repeat back, if its period still runs."""
    node = state.orders[slot]
    cell = state.cells[node.strategy * INSTRUMENTS + node.instrument]
    if node.filled == 0 and cell.repeat_epoch == node.epoch:
        if node.side > 0:
            cell.repeat_buy -= 1
        else:
            cell.repeat_sell -= 1


@rare
def count_reject(state: Record, s: Int) -> None:
    """The venue refused something: too often within the window halts the strategy."""
    strategy = state.strategies[s]
    strategy.reject_ring[strategy.rejects & (REJECTS - 1)] = state.clock_ns
    strategy.rejects += 1
    limit = strategy.max_rejects
    if strategy.rejects > limit:
        first = strategy.reject_ring[(strategy.rejects - 1 - limit) & (REJECTS - 1)]
        if first > state.clock_ns - strategy.reject_ns:
            close(state, state.scopes[FIRST_STRATEGY + s].halt, REJECT_RATE, limit, limit + 1)
