"""One decision of one episode: messages out, market on, fills in, sums and marks; and what the deadline does."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.book.layout import NONE, Int, Record
from tradewind.book.levels import best_ticks
from tradewind.core.dtypes import Array
from tradewind.core.kernels import inner, rare
from tradewind.execution.episode import clear_intent, half_mid
from tradewind.execution.routing import place, withdraw
from tradewind.rl.env.desk import look, run_to, send, settle

__all__ = ["finish_order", "step_order", "watch_on"]

SOON_S = 1e-9
TRIES = 3


@inner
def arrived_s(market: Record) -> Any:
    """When the last message sent has arrived [s]; the present if nothing is on its way."""
    return max(np.float64(market.last_arrival_ns - market.base_ns) * 1e-9, market.now_s)


@rare
def act(market: Record, episode: Record, desk: Record, world: Record, log: Array) -> Int:
    """The desk's intent is carried out: what is in the way is taken away, that is waited for, new orders go out.

    Returns whether there was room for the messages.
    """
    room = True
    withdraw(episode, desk.intent, desk.outbox)
    if desk.outbox.count > 0:
        room = send(market, desk.outbox)
        run_to(market, world, arrived_s(market))
        episode.now_s = max(episode.now_s, market.now_s + 1e-9 * episode.data_ns)
        settle(market, episode, log)
    place(episode, desk.intent, desk.outbox)
    if desk.outbox.count > 0:
        room = room and send(market, desk.outbox)
    return room


@inner
def has_passive_fill(market: Record) -> Int:
    """Whether a resting order of ours has traded since the last look."""
    count = 0
    for k in range(market.own_fills_count):
        count += market.own_fills[k].maker_owner != 0
    return count > 0


@inner
def run_on(market: Record, episode: Record, world: Record, looks: Int) -> None:
    """Time passes until the next decision: a decision interval, or a look at which a resting order has traded."""
    data_s = 1e-9 * episode.data_ns
    begin_s = episode.now_s
    target_s = max(min(begin_s + episode.decision_s, episode.start_s + episode.horizon_s), begin_s)
    for k in range(1, looks + 1):
        episode.now_s = target_s if k == looks else begin_s + (target_s - begin_s) * k / looks
        run_to(market, world, max(episode.now_s - data_s, market.now_s))
        if k < looks and has_passive_fill(market):
            break


@inner
def note_market(market: Record, episode: Record, before_s: float, before_half: Int) -> None:
    """The market since the last look, for what an order is compared with."""
    half, passed_s = episode.memory.half, episode.now_s - before_s
    move = 0.5 * (half - before_half)
    bid, ask = best_ticks(market.book, 0), best_ticks(market.book, 1)
    episode.watched_s += passed_s
    episode.half_seconds += half * passed_s
    if bid > -NONE and ask < NONE:
        episode.spread_seconds += (ask - bid) * passed_s
    episode.square += move * move
    traded = market.volume_lots - episode.volume_before - episode.volume_lots
    if traded > 0:
        episode.most_participation = max(episode.most_participation, np.float64(episode.step_lots) / traded)
    episode.volume_lots = market.volume_lots - episode.volume_before
    episode.volume_ticks = market.volume_ticks - episode.value_before


@rare
def finish_order(market: Record, episode: Record, desk: Record, world: Record, log: Array) -> Int:
    """The deadline: what rests is taken away, the rest crosses; what the book cannot fill is left over."""
    room = True
    before = episode.taker_lots
    for _ in range(TRIES):
        run_to(market, world, arrived_s(market))
        settle(market, episode, log)
        if episode.left_lots == 0 or (episode.taker_lots > before and episode.live_lots == 0):
            break
        clear_intent(desk.intent)
        desk.intent.cross_lots = episode.left_lots
        desk.intent.cancel = 1
        room = act(market, episode, desk, world, log) and room
    run_to(market, world, arrived_s(market))
    settle(market, episode, log)
    episode.forced_lots = episode.taker_lots - before
    episode.now_s = max(episode.now_s, market.now_s + 1e-9 * episode.data_ns)
    return room


@inner
def step_order(  # noqa: PLR0917
    market: Record, episode: Record, desk: Record, world: Record, log: Array, looks: Int
) -> tuple[Int, Int]:
    """From a decision (the desk's intent) to the next; returns whether the episode is over, and whether all went well.

    The step's sums are in the episode; its rewards are not yet.
    """
    before_s, before_half = episode.now_s, episode.memory.half
    episode.step_half = before_half
    episode.step_lots = 0
    for k in range(len(episode.step_money)):
        episode.step_money[k] = 0
    room = act(market, episode, desk, world, log)
    if episode.steps == 0:
        if episode.entry_ns + episode.data_ns > 0:
            run_to(market, world, episode.start_s + 1e-9 * episode.entry_ns - SOON_S)
        episode.arrival_half = half_mid(market.book, before_half)
    episode.steps += 1
    run_on(market, episode, world, looks)
    settle(market, episode, log)
    late = episode.now_s >= episode.start_s + episode.horizon_s - SOON_S
    if late and episode.left_lots > 0:
        room = finish_order(market, episode, desk, world, log) and room
    look(market, episode.memory)
    note_market(market, episode, before_s, before_half)
    done = late or episode.left_lots == 0
    if done:
        episode.end_half = episode.memory.half
        episode.close_half = episode.memory.half
        episode.finish_s = episode.now_s
    return done, room


@rare
def watch_on(market: Record, episode: Record, world: Record, after_s: Array) -> None:
    """The order is done; the market is watched to the end of its horizon, and for what comes after."""
    end_s = episode.start_s + episode.horizon_s
    episode.step_lots = 0
    while episode.now_s < end_s - SOON_S:
        before_s, before_half = episode.now_s, episode.memory.half
        run_on(market, episode, world, np.int64(1))
        look(market, episode.memory)
        note_market(market, episode, before_s, before_half)
    episode.close_half = episode.memory.half
    for k in range(len(after_s)):
        if after_s[k] > 0.0:
            until_s = end_s + after_s[k]
            run_to(market, world, max(until_s, market.now_s))
            episode.after_half[k] = half_mid(market.book, episode.close_half)
