"""From a bout to what its report draws: curves, single orders, the policy's map, what it looks at."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.random import stream
from tradewind.execution.actions import ACTIONS
from tradewind.execution.features import FEATURES
from tradewind.rl.evaluate.arena import Looks, Played
from tradewind.rl.evaluate.backtest import Bout
from tradewind.rl.evaluate.result import REFERENCE
from tradewind.rl.evaluate.scenes import Attribution, PolicyMap, Scenes, Trajectory, map_policy
from tradewind.rl.evaluate.strategies import PolicyStrategy

__all__ = ["attributions_of", "left_curve", "scenes_of"]

POINTS = 41
SHUFFLED_ROWS = 4000
SECOND_NS = 1e9


def scenes_of(bout: Bout, policy: PolicyStrategy | None) -> Scenes:
    """Everything that a report draws.

    Args:
        bout: What was played.
        policy: Whose; None where only baselines ran.
    """
    shown = [name for name in (policy.name if policy else next(iter(bout.played)), REFERENCE) if name in bout.played]
    shown = list(dict.fromkeys(shown))
    orders = tuple(
        tuple(trajectory(bout, name, k) for name in shown)
        for k in range(min(len(bout.played[name].paths) for name in shown))
    )
    looks = bout.played[policy.name].looks if policy is not None else Looks()
    found: PolicyMap | None = None
    attributions: tuple[Attribution, ...] = ()
    if policy is not None and policy.discrete and looks.actions:
        found = map_policy(looks.states(), np.concatenate(looks.actions).astype(np.int64), ACTIONS)
        attributions = attributions_of(policy, looks, bout.rules.seed)
    return Scenes(
        shortfalls={name: values["shortfall_bps"] for name, values in bout.metrics.items()},
        left={name: left_curve(played) for name, played in bout.played.items()},
        orders=orders,
        policy_map=found,
        attributions=attributions,
    )


def left_curve(played: Played) -> Array:
    """Mean share of the order left at equal parts of its life, shape (points,).

    Args:
        played: Episodes as a strategy traded them.
    """
    episodes = played.episodes
    owner = np.repeat(np.arange(len(episodes)), np.diff(played.first))
    since = (played.fills["ts_ns"] - episodes["base_ns"][owner]) / SECOND_NS - episodes["start_s"][owner]
    place = np.ceil(np.clip(since / episodes["horizon_s"][owner], 0.0, 1.0) * (POINTS - 1) - 1e-9).astype(np.int64)
    done = np.zeros((len(episodes), POINTS))
    np.add.at(done, (owner, place), played.fills["size_lots"] / episodes["quantity_lots"][owner])
    return np.asarray(1.0 - np.cumsum(done, axis=1).mean(axis=0))


def trajectory(bout: Bout, name: str, number: int) -> Trajectory:
    """One order as one strategy worked it, in currency."""
    played = bout.played[name]
    episode, path = played.episodes[number], played.paths[number]
    instrument = bout.instruments[int(episode["preset"])]
    tick, lot = float(instrument.tick_size), float(instrument.lot_size)
    fills = played.fills[played.first[number] : played.first[number + 1]]
    end = float(episode["finish_s"] - episode["start_s"])
    last = np.array([[end, float(episode["end_half"]), 0.0, float(episode["left_lots"])]])
    path = np.concatenate([path, last])
    return Trajectory(
        title=bout.titles[name],
        seconds=path[:, 0],
        left=path[:, 3] / int(episode["quantity_lots"]),
        mid=path[:, 1] / 2 * tick,
        resting=np.where(path[:, 2] > 0, path[:, 2] * tick, np.nan),
        fill_seconds=(fills["ts_ns"] - episode["base_ns"]) / SECOND_NS - float(episode["start_s"]),
        fill_prices=fills["price_ticks"] * tick,
        fill_lots=fills["size_lots"] * lot,
        fill_passive=fills["passive"],
    )


def attributions_of(policy: PolicyStrategy, looks: Looks, seed: int) -> tuple[Attribution, ...]:
    """How many decisions change when a feature is shuffled among the states that were met; most first.

    Args:
        policy: Discrete.
        looks: Its decisions.
        seed: Of the shuffles.

    References:
        Breiman (2001), "Random forests": permutation importance, on decisions instead of errors.
    """
    random = stream(seed, "evaluate/attribution")
    observations, masks = np.concatenate(looks.observations), np.concatenate(looks.masks)
    picked = random.permutation(len(observations))[:SHUFFLED_ROWS]
    observations, masks = np.ascontiguousarray(observations[picked]), np.ascontiguousarray(masks[picked])
    plain, changed = (np.zeros(len(picked), np.int32) for _ in range(2))
    policy.actor.act(observations, masks, plain)
    found = []
    for k, feature in enumerate(FEATURES):
        shuffled = observations.copy()
        shuffled[:, k] = random.permutation(shuffled[:, k])
        policy.actor.act(shuffled, masks, changed)
        found.append(Attribution(feature=feature.name, changed=float((changed != plain).mean())))
    return tuple(sorted(found, key=lambda a: -a.changed))
