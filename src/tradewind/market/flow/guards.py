"""Trading halts and price bands: what keeps a market from trading, or from trading far away.

A band is the engine's own price band around a reference: the average of the mid over the last five minutes (an
exponential one, looked at every five seconds). It never excludes what the best quotes may trade at when it is renewed.
A market *at its limit* (the best bid at the upper edge or above, or the best ask at the lower edge or below) for
fifteen seconds pauses when the scenario says so, and reopens around the mid of its resting book.

During a halt time stands still for the flow: no background event, nothing decays, the wait for the next event is kept;
only the time of day and the mood go on. Then trading goes on from the book as it rests, without an auction.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import EventKind, TradingState
from tradewind.core.kernels import inner, rare
from tradewind.market.flow.events import left_to_wait, pass_time, reschedule
from tradewind.market.flow.rows import LAST, row_time, tell

__all__ = ["WIDEST_TICKS", "enter_phase", "start_guards", "tend_guard"]

OPEN, HALTED = int(TradingState.OPEN), int(TradingState.HALTED)
STATUS = int(EventKind.STATUS)
WIDEST_TICKS = 1 << 40
"""Highest price where there is no band."""
GUARD_STEP_S = 5.0
REFERENCE_S = 300.0
LIMIT_STEPS = 3


@inner
def set_state(market: Record, tables: Record, rows: Record, state: Int, t_s: float) -> None:
    """Open or halt the market, and tell it."""
    if market.book.state != state:
        market.book.state = state
        market.book.special = state != OPEN
        market.book.clock_ns = row_time(market, t_s, tables.resolution_ns)
        tell(market, rows, STATUS | LAST, 0, 0, 0, state)
        if market.recording:
            rows.rows[market.rows_count - 1].side = 0


@inner
def mid_of(market: Record) -> float:
    """Mid-price [ticks]."""
    ladders = market.book.ladders
    return np.float64(ladders[0].best_ticks + ladders[1].best_ticks) * 0.5


@inner
def set_band(market: Record, band_ticks: Int) -> None:
    """Prices allowed around the reference; 0 allows all."""
    book = market.book
    book.min_ticks, book.max_ticks = 1, WIDEST_TICKS
    if band_ticks > 0:
        low, high = np.int64(math.ceil(market.reference_ticks)), np.int64(math.floor(market.reference_ticks))
        book.min_ticks = max(min(low - band_ticks, book.ladders[1].best_ticks), 1)
        book.max_ticks = max(high + band_ticks, book.ladders[0].best_ticks)


@rare
def enter_phase(market: Record, tables: Record, phase: Record, rows: Record, t_s: float) -> None:
    """A stretch of the scenario begins: its halt and its band. A pause or a band that it goes on with goes on."""
    if phase.band_ticks == 0 or not market.guarded:
        market.reference_ticks = mid_of(market)
        market.limit_steps = 0
    paused = market.pause_until_s > t_s and phase.pause_s > 0.0 and phase.band_ticks > 0
    if not paused:
        market.pause_until_s = -np.inf
    set_band(market, phase.band_ticks)
    set_state(market, tables, rows, HALTED if phase.halted or paused else OPEN, t_s)
    market.guarded = phase.band_ticks > 0
    market.guard_s = np.inf
    if phase.band_ticks > 0:
        market.guard_s = market.pause_until_s if paused else t_s + GUARD_STEP_S


@rare
def tend_guard(market: Record, tables: Record, phase: Record, rows: Record, t_s: float) -> None:
    """Every few seconds: renew the band, count how long the market is at its limit, pause it, end a pause."""
    ladders, book = market.book.ladders, market.book
    market.guard_s = t_s + GUARD_STEP_S
    if not phase.halted and book.state == OPEN:
        limit = ladders[0].best_ticks >= book.max_ticks or ladders[1].best_ticks <= book.min_ticks
        market.limit_steps = market.limit_steps + 1 if limit else 0
        market.reference_ticks += (mid_of(market) - market.reference_ticks) * (GUARD_STEP_S / REFERENCE_S)
        if phase.pause_s > 0.0 and market.limit_steps >= LIMIT_STEPS:
            market.limit_steps = 0
            market.pause_until_s = t_s + phase.pause_s
            market.guard_s = market.pause_until_s
            market.pauses += 1
            set_state(market, tables, rows, HALTED, t_s)
        else:
            set_band(market, phase.band_ticks)
    elif not phase.halted:
        market.reference_ticks = mid_of(market)
        set_band(market, phase.band_ticks)
        set_state(market, tables, rows, OPEN, t_s)


@rare
def start_guards(market: Record, tables: Record, phase: Record, rows: Record) -> None:
    """A fresh market enters its first stretch; without halt and band nothing changes."""
    market.fresh = 0
    if phase.halted or phase.band_ticks > 0:
        waited = left_to_wait(market, 0.0)
        pass_time(market, tables, 0.0)
        enter_phase(market, tables, phase, rows, 0.0)
        reschedule(market, tables, phase, waited)
