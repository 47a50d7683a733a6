"""How an episode begins: a market is copied from a snapshot, its streams and its order are drawn from one number.

Episode ``k`` of a seed is the same market, the same arrival, the same latency and the same random streams, whoever
trades in it and on whatever thread: everything is SplitMix64 of ``(seed, k)``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tradewind.book.layout import NONE, Int, Record
from tradewind.book.levels import best_ticks
from tradewind.core.dtypes import Array
from tradewind.core.kernels import inner, rare
from tradewind.execution.chance import chance, mixed
from tradewind.execution.observation import profile_share
from tradewind.market.flow.layout import STREAMS
from tradewind.rl.env.desk import look, run_to, sync

__all__ = ["FIRST_ID", "begin_scenario", "enter", "is_whole", "pick_world", "seed_streams", "slice_episode"]

FIRST_ID = 1 << 40
"""Ids of the episode's orders begin here; background orders never get that far."""
PRESET, SCENARIO, SNAPSHOT, SIDE, SHARE, HORIZON, ENTRY, DATA, JITTER, MAKER, TAKER, LEAD, OFFSET, SESSION = range(14)
LEAD_STEP_S = 2.0


@inner
def between(ends: Array, u: float) -> Any:
    """A number between two ends, evenly."""
    return ends[0] + (ends[1] - ends[0]) * u


@inner
def between_log(ends: Array, u: float) -> Any:
    """A number between two positive ends, evenly in its logarithm."""
    return ends[0] * (ends[1] / ends[0]) ** u


@inner
def place_of(edges: Array, count: Int, u: float) -> Int:
    """Which of several, by their cumulative probabilities."""
    k = 0
    while k < count - 1 and u >= edges[k]:
        k += 1
    return k


@inner
def pick_world(episode: Record, settings: Record) -> Int:
    """Key, preset and scenario of the episode whose number is set; returns the number of its snapshot."""
    episode.key = mixed(mixed(settings.seed) ^ np.uint64(episode.episode))
    key = episode.key
    episode.preset = place_of(settings.preset_edges, settings.presets, chance(key, PRESET))
    episode.scenario = place_of(settings.scenario_edges, settings.scenarios, chance(key, SCENARIO))
    return episode.preset * settings.snapshots + np.int64(chance(key, SNAPSHOT) * settings.snapshots)


@rare
def seed_streams(market: Record, episode: Record) -> None:
    """A copied snapshot gets streams of its own."""
    for i in range(STREAMS):
        for j in range(4):
            market.streams[i, j] = mixed(mixed(episode.key + np.uint64(1 + 4 * i + j)))
        market.streams[i, 3] |= np.uint64(1)


@rare
def begin_scenario(market: Record, episode: Record, phases: Record, settings: Record) -> None:
    """A reactive market takes its place in a scenario."""
    shift_s = between(settings.offset_s, chance(episode.key, OFFSET))
    market.phase = 0
    while phases.rows[market.phase].until_s <= shift_s:
        market.phase += 1
    activity = phases.rows[market.phase].activity
    market.bound *= activity
    market.next_s = market.t_s + (market.next_s - market.t_s) / activity
    market.t_s += shift_s
    market.next_s += shift_s
    market.last_event_s += shift_s
    market.mood_until_s += shift_s
    market.now_s = shift_s
    market.fresh = 1


@inner
def draw_order(market: Record, episode: Record, world: Record, scales: Record, settings: Record) -> None:
    """Side, horizon, latency, fees and time of the session."""
    key = episode.key
    episode.side = settings.side
    if settings.side == 0:
        episode.side = 1 if chance(key, SIDE) < 0.5 else -1
    episode.horizon_s = between_log(settings.horizon_s, chance(key, HORIZON))
    episode.decision_s = max(settings.every_s, episode.horizon_s / settings.most_decisions)
    episode.entry_ns = np.int64(between(settings.entry_ns, chance(key, ENTRY)))
    episode.data_ns = np.int64(between(settings.data_ns, chance(key, DATA)))
    episode.jitter_ns = np.int64(between(settings.jitter_ns, chance(key, JITTER)))
    maker, taker = chance(key, MAKER), chance(key, TAKER)
    episode.maker_rate = np.int64(between(settings.maker_rate[episode.preset], maker))
    episode.taker_rate = np.int64(between(settings.taker_rate[episode.preset], taker))
    episode.maker_per_lot = np.int64(between(settings.maker_per_lot[episode.preset], maker))
    episode.taker_per_lot = np.int64(between(settings.taker_per_lot[episode.preset], taker))
    market.entry_delay_ns, market.data_delay_ns = episode.entry_ns, episode.data_ns
    market.jitter_ns = episode.jitter_ns
    market.fees.maker_rate, market.fees.taker_rate = episode.maker_rate, episode.taker_rate
    market.fees.maker_per_lot, market.fees.taker_per_lot = episode.maker_per_lot, episode.taker_per_lot
    episode.session_s = -1.0
    market.start_s = 0.0
    if settings.profile and world.bytes == 0:
        episode.session_s = chance(key, SESSION) * (scales.session_s - episode.horizon_s)
        market.start_s = episode.session_s - market.now_s


@rare
def enter(market: Record, episode: Record, world: Record, scales: Record, settings: Record) -> None:
    """The order arrives: the market runs on for a while, then the episode's clock starts."""
    memory = episode.memory
    memory.at_s = market.now_s
    draw_order(market, episode, world, scales, settings)
    lead_s = world.gap_s if world.bytes > 0 else settings.lead_s
    until_s = market.now_s + lead_s * chance(episode.key, LEAD)
    if settings.profile and world.bytes == 0:
        market.start_s -= until_s - market.now_s
    while market.now_s < until_s:
        run_to(market, world, min(market.now_s + LEAD_STEP_S, until_s))
        look(market, memory)
    look(market, memory)
    episode.base_ns = market.base_ns
    episode.next_id = FIRST_ID
    episode.start_s = market.now_s + 1e-9 * episode.data_ns
    episode.now_s = episode.start_s
    if settings.profile and world.bytes > 0:
        episode.session_s = world.session_s + market.now_s
    lots = settings.quantity_lots
    if lots == 0:
        begin_s = episode.session_s
        usual_s = profile_share(scales, begin_s, begin_s + episode.horizon_s)
        lots = np.int64(between_log(settings.share, chance(episode.key, SHARE)) * usual_s * scales.volume_per_s + 0.5)
    episode.quantity_lots = max(lots, 1)
    episode.left_lots = episode.quantity_lots
    episode.decision_half = memory.half
    episode.volume_before = market.volume_lots
    episode.value_before = market.volume_ticks
    slice_episode(episode)
    sync(market, episode)


@inner
def slice_episode(episode: Record) -> None:
    """Lots that keep the order on schedule until the next decision: of the whole, or of what is left if more."""
    share = min(episode.decision_s / episode.horizon_s, 1.0)
    left_s = max(episode.start_s + episode.horizon_s - episode.now_s, episode.decision_s)
    lots = max(episode.quantity_lots * share, episode.left_lots * (episode.decision_s / left_s))
    episode.slice_lots = max(np.int64(math.ceil(lots - 1e-9)), 1)


@inner
def is_whole(book: Record) -> Int:
    """Whether there is something to trade against on both sides."""
    return best_ticks(book, 0) > -NONE and best_ticks(book, 1) < NONE
