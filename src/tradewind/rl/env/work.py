"""The one compiled entry of a batch: prepare snapshots, begin episodes, or step them, each market on its own.

One entry with a mode, not five entries: the market's kernels are large, and every entry would compile them again.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numba import prange

from tradewind.book.layout import Int, Record
from tradewind.book.levels import best_lots, best_ticks
from tradewind.core.kernels import inner, parallel_entry, rare
from tradewind.core.pointers import copy_bytes
from tradewind.execution.actions import choose, mask, steer
from tradewind.execution.baselines.choose import choose as choose_baseline
from tradewind.execution.baselines.sights import see
from tradewind.execution.chance import mixed
from tradewind.execution.observation import observe
from tradewind.execution.rewards import reward_step
from tradewind.rl.env.begin import begin_scenario, enter, is_whole, pick_world, seed_streams, slice_episode
from tradewind.rl.env.desk import look, run_to
from tradewind.rl.env.stepping import step_order, watch_on

__all__ = ["BASELINE", "CONTINUOUS", "DISCRETE", "PREPARE", "RESET", "work"]

PREPARE = 0
"""Survey opened markets and copy snapshots of them."""
RESET = 1
"""Begin the next episode everywhere."""
DISCRETE = 2
"""Step with discrete actions."""
CONTINUOUS = 3
"""Step with rate and aggressiveness."""
BASELINE = 4
"""Step with what a baseline wants."""
Arrays: TypeAlias = tuple[Any, ...]
SAMPLE_S = 1.0
EMPTY, NOT_A_NUMBER, FILLS_LOST, NO_ROOM, LOG_FULL = range(1, 6)


@inner
def show(i: Int, market: Record, episode: Record, scale: Record, setting: Record, io: Arrays) -> None:  # noqa: PLR0917
    """What the agent of environment ``i`` sees and may do now."""
    observations, masks, faults = io[0], io[1], io[7]
    slice_episode(episode)
    observe(market.book, episode, scale, observations[i])
    mask(market.book, episode, scale, setting.actions, masks[i])
    total = 0.0
    for k in range(observations.shape[1]):
        total += observations[i, k]
    if not math.isfinite(total):
        faults[i] = NOT_A_NUMBER


@rare
def begin(i: Int, markets: Any, episodes: Any, model: Arrays, io: Arrays) -> None:
    """Environment ``i`` begins its next episode."""
    worlds, phases, scales, settings, snapshots, starts, _desks, stages = model
    setting = settings[0]
    number = episodes[i].episode + setting.count
    episodes[i].episode = number
    j = pick_world(episodes[i], setting)
    preset, scenario, key = episodes[i].preset, episodes[i].scenario, episodes[i].key
    markets[i] = snapshots[j]
    episodes[i] = starts[j]
    market, episode = markets[i], episodes[i]
    episode.episode, episode.preset, episode.scenario, episode.key = number, preset, scenario, key
    template = worlds[preset * setting.scenarios + scenario]
    stage = stages[i]
    stage.second, stage.session_s, stage.gap_s = template.second, template.session_s, template.gap_s
    if template.bytes > 0:
        shot = template.shots + (j - preset * setting.snapshots) * template.bytes
        copy_bytes(stage.first, shot, template.bytes)
    else:
        stage.first = template.first
        begin_scenario(market, episode, phases[scenario], setting)
    seed_streams(market, episode)
    enter(market, episode, stage, scales[preset], setting)
    memory = io[11][i]
    memory.key, memory.draws, memory.epoch, memory.slice = mixed(key), 0, -1, -1
    memory.action, memory.rest_ticks, memory.state = 0, 0, 0
    if not is_whole(market.book):
        io[7][i] = EMPTY
    show(i, market, episode, scales[preset], setting, io)


@inner
def want(  # noqa: PLR0917
    i: Int, mode: Int, market: Record, episode: Record, desk: Record, model: Arrays, io: Arrays
) -> None:
    """The action of environment ``i`` becomes its desk's intent."""
    scale, setting = model[2][episode.preset], model[3][0]
    if mode == DISCRETE:
        choose(market.book, episode, scale, setting.actions, np.int64(io[8][i]), desk.intent)
    elif mode == CONTINUOUS:
        levels = np.float64(io[9][i, 0]), np.float64(io[9][i, 1])
        steer(market.book, episode, scale, levels, desk.intent)
    else:
        see(market.book, episode, scale, desk.sight)
        choose_baseline(io[10][i], io[11][i], desk.sight, desk.intent)


@inner
def step(  # noqa: PLR0917
    i: Int, c: Int, mode: Int, markets: Any, episodes: Any, model: Arrays, io: Arrays
) -> None:
    """One decision of environment ``i``; an episode that ends is followed by the next one."""
    _worlds, _phases, scales, settings, _snapshots, _starts, desks, stages = model
    observations, _masks, rewards, terms, terminated, finals, ended, faults = io[:8]
    market, episode, desk, setting = markets[i], episodes[i], desks[c], settings[0]
    log = io[12][i]
    scale, world = scales[episode.preset], stages[i]
    want(i, mode, market, episode, desk, model, io)
    before_s = episode.now_s
    done, room = step_order(market, episode, desk, world, log, setting.looks)
    rewards[i] = reward_step(episode, scale, setting.weights, episode.now_s - before_s, done, desk.terms)
    for k in range(len(desk.terms)):
        terms[i, k] = desk.terms[k]
    for k in range(len(episode.step_money)):
        io[13][i, k] = episode.step_money[k]
    if market.own_fills_lost > 0:
        faults[i] = FILLS_LOST
    elif not room:
        faults[i] = NO_ROOM
    elif len(log) > 1 and episode.fills > len(log):
        faults[i] = LOG_FULL
    terminated[i] = done
    if done:
        show(i, market, episode, scale, setting, io)
        for k in range(observations.shape[1]):
            finals[i, k] = observations[i, k]
        if setting.watch:
            watch_on(market, episode, world, setting.after_s)
        ended[i] = episode
        begin(i, markets, episodes, model, io)
    else:
        show(i, market, episode, scale, setting, io)


@inner
def survey(market: Record, episode: Record, world: Record, found: Record) -> None:
    """A second passes in a market nobody trades in; what is seen enters the sums."""
    before, volume = episode.memory.half, market.volume_lots
    run_to(market, world, market.now_s + SAMPLE_S)
    look(market, episode.memory)
    book = market.book
    if is_whole(book):
        move = 0.5 * (episode.memory.half - before)
        found.samples += 1
        found.spread += best_ticks(book, 1) - best_ticks(book, 0)
        found.touch += 0.5 * (best_lots(book, 0) + best_lots(book, 1))
        found.square += move * move
    found.volume += market.volume_lots - volume
    found.seconds += SAMPLE_S


@inner
def call_it_now(market: Record, now_s: float) -> None:
    """What a warm-up leaves is the beginning: its present is time 0."""
    market.t_s -= now_s
    market.next_s -= now_s
    market.last_event_s -= now_s
    market.mood_until_s -= now_s
    market.now_s = 0.0


@rare
def prepare(i: Int, markets: Any, episodes: Any, model: Arrays, found: Record) -> None:
    """Preset ``i``: an opened market is warmed up, surveyed, and copied as a snapshot every so often."""
    worlds, _phases, _scales, settings, snapshots, starts, _desks, _stages = model
    market, episode, world, count = markets[i], episodes[i], worlds[i], settings[0].snapshots
    run_to(market, world, world.warm_s)
    look(market, episode.memory)
    for j in range(count):
        until_s = market.now_s + world.gap_s
        while market.now_s < until_s:
            survey(market, episode, world, found)
        at = i * count + j
        snapshots[at] = market
        starts[at] = episode
        if world.bytes > 0:
            copy_bytes(world.shots + j * world.bytes, world.first, world.bytes)
        else:
            call_it_now(snapshots[at], market.now_s)


@parallel_entry
def work(  # noqa: PLR0917
    mode: Int, markets: Any, episodes: Any, model: Arrays, io: Arrays, found: Any
) -> None:
    """Do one thing to every market, in as many chunks as there are desks.

    Args:
        mode: :data:`PREPARE`, :data:`RESET`, or a step with :data:`DISCRETE`, :data:`CONTINUOUS` actions or a
            :data:`BASELINE`.
        markets: Shape (n,), a ``market_dtype``.
        episodes: Shape (n,), dtype ``EPISODE``.
        model: ``(worlds, phases, scales, settings, snapshots, starts, desks, stages)``.
        io: ``(observations, masks, rewards, terms, terminated, finals, ended, faults, choices, levels, plans,
            plan_memories, logs, money)``.
        found: Shape (n,), dtype ``SURVEY``: sums of :data:`PREPARE`.
    """
    chunks, n = len(model[6]), len(markets)
    for c in prange(chunks):
        for k in range(n * c // chunks, n * (c + 1) // chunks):
            i = np.int64(k)
            if mode == PREPARE:
                prepare(i, markets, episodes, model, found[i])
            elif mode == RESET:
                begin(i, markets, episodes, model, io)
            else:
                step(i, np.int64(c), mode, markets, episodes, model, io)
