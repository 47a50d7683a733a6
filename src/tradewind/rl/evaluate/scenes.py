"""What a backtest shows beside its numbers: orders as they were worked, what the policy does in which state."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import msgspec
import numpy as np

from tradewind.core.dtypes import Array

__all__ = ["Attribution", "PolicyMap", "Scenes", "Trajectory", "map_policy"]

INVENTORY = (
    ("little left, under a third", 0.0, 1 / 3),
    ("half done", 1 / 3, 2 / 3),
    ("most left, over two thirds", 2 / 3, 1.01),
)
TIME_EDGES = np.linspace(0.0, 1.0, 6)
LEAN_EDGES = np.array([-1.0, -0.6, -0.2, 0.2, 0.6, 1.0])


class Trajectory(msgspec.Struct, frozen=True, kw_only=True):
    """One order as one strategy worked it.

    Attributes:
        title: The strategy's title.
        seconds: Shape (n,), since the start.
        left: Shape (n,), share of the order left.
        mid: Shape (n,), mid-price [currency].
        resting: Shape (n,), price of its resting order [currency]; NaN without one.
        fill_seconds: Shape (f,), when it traded.
        fill_prices: Shape (f,) [currency].
        fill_lots: Shape (f,).
        fill_passive: Shape (f,), whether its order was resting.
    """

    title: str
    seconds: Array
    left: Array
    mid: Array
    resting: Array
    fill_seconds: Array
    fill_prices: Array
    fill_lots: Array
    fill_passive: Array


class PolicyMap(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy does most by state.

    Attributes:
        panels: Names of shares of inventory left.
        times: Bins of the time left, as a share of the horizon.
        leans: Bins of the imbalance of the best queues; positive leans away from the order.
        actions: Names of actions.
        chosen: Shape (panels, times, leans), the action chosen most; -1 where the state was not met.
        share: Shape (panels, times, leans), how often.
        counts: Shape (panels, times, leans), decisions.
    """

    panels: tuple[str, ...]
    times: tuple[str, ...]
    leans: tuple[str, ...]
    actions: tuple[str, ...]
    chosen: Array
    share: Array
    counts: Array


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """How much a policy depends on one feature: what happens when that feature is shuffled among orders.

    Attributes:
        feature: Its name.
        changed: Share of decisions that become another action.
        cost_bps: How much dearer orders become; NaN where they were not traded again.
    """

    feature: str
    changed: float
    cost_bps: float = float("nan")


class Scenes(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a report draws.

    Attributes:
        shortfalls: Shape (n,) each [bps], by strategy.
        left: Shape (points,) each, mean share of the order left at equal parts of its life, by strategy.
        orders: Single orders, each worked by a few strategies.
        policy_map: None without a discrete policy.
        attributions: The features that matter most first.
    """

    shortfalls: Mapping[str, Array]
    left: Mapping[str, Array]
    orders: tuple[tuple[Trajectory, ...], ...] = ()
    policy_map: PolicyMap | None = None
    attributions: tuple[Attribution, ...] = ()


def map_policy(states: Array, chosen: Array, actions: tuple[str, ...]) -> PolicyMap:
    """Count a policy's decisions by state.

    Args:
        states: Shape (n, 3): imbalance of the best queues towards the order's side, share of the time left, share of
            the order left.
        chosen: Shape (n,), the action taken.
        actions: Names of actions.

    Examples:
        >>> found = map_policy(np.array([[0.9, 0.1, 0.1], [0.9, 0.1, 0.1]]), np.array([1, 1]), ("wait", "cross"))
        >>> int(found.counts.sum()), int(found.chosen[0, 0, 4]), float(found.share[0, 0, 4])
        (2, 1, 1.0)
    """
    lean = np.clip(np.searchsorted(LEAN_EDGES, states[:, 0], side="right") - 1, 0, len(LEAN_EDGES) - 2)
    time = np.clip(np.searchsorted(TIME_EDGES, states[:, 1], side="right") - 1, 0, len(TIME_EDGES) - 2)
    edges = np.array([low for _, low, _ in INVENTORY])
    panel = np.clip(np.searchsorted(edges, states[:, 2], side="right") - 1, 0, len(INVENTORY) - 1)
    shape = (len(INVENTORY), len(TIME_EDGES) - 1, len(LEAN_EDGES) - 1)
    tally = np.zeros((*shape, len(actions)), np.int64)
    np.add.at(tally, (panel, time, lean, chosen), 1)
    counts = tally.sum(axis=-1)
    best = np.where(counts > 0, tally.argmax(axis=-1), -1)
    share = tally.max(axis=-1) / np.maximum(counts, 1)
    times = tuple(f"{a:.0%}–{b:.0%}" for a, b in itertools.pairwise(TIME_EDGES))
    leans = tuple(f"{a:+.1f} to {b:+.1f}" for a, b in itertools.pairwise(LEAN_EDGES))
    panels = tuple(name for name, _, _ in INVENTORY)
    return PolicyMap(panels=panels, times=times, leans=leans, actions=actions, chosen=best, share=share, counts=counts)
