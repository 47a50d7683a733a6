"""Values of actions: dueling outputs, the best allowed action, exploration."""

from __future__ import annotations

import numpy as np
from numba import prange

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import inner, parallel_entry, rare
from tradewind.execution.chance import chance
from tradewind.execution.policies.inference import load_tile
from tradewind.execution.policies.network import TILE, forward
from tradewind.rl.train.gradients import tile_outputs

__all__ = ["LOSS", "SETTINGS", "VALUE", "act_to_explore", "values_of"]

F = np.float32
SETTINGS = np.dtype(
    [(name, "f8") for name in ("learning_rate", "most_gradient", "epsilon", "explore", "loss", "value")]
    + [(name, "i8") for name in ("actions", "dueling")]
)
"""What acting and updating read, and what an update tells: loss and mean value."""
LOSS = 0
"""Statistic: Huber's loss."""
VALUE = 1
"""Statistic: value of the actions taken."""


@inner
def values_of(out: Array, settings: Record) -> None:
    """Turn a row of outputs into values of actions, in place."""
    if settings.dueling:
        value, mean = out[0], F(0.0)
        for j in range(settings.actions):
            mean += out[j + 1]
        mean /= F(settings.actions)
        for j in range(settings.actions):
            out[j] = value + out[j + 1] - mean


@inner
def best_of(out: Array, mask: Array, actions: Int) -> Int:
    """The allowed action of largest value; -1 where none is."""
    best = np.int64(-1)
    for j in range(actions):
        if mask[j] and (best < 0 or out[j] > out[best]):
            best = np.int64(j)
    return best


@inner
def allowed_of(mask: Array, actions: Int, uniform: float) -> Int:
    """An allowed action, all alike; -1 where none is."""
    count = np.int64(0)
    for j in range(actions):
        count += mask[j]
    place, found = np.int64(uniform * count), np.int64(-1)
    for j in range(actions):
        if mask[j]:
            if place == 0:
                found = np.int64(j)
            place -= 1
    return found


@rare
def explore_tile(network: Record, room: Record, masks: Array, actions: Array, place: Record) -> Int:
    """Choose for a tile whose features are loaded; returns 1 where a row allows nothing."""
    settings, key, index, rows = place
    forward(network, room.scratch, rows)
    out, bad = tile_outputs(network, room.scratch), np.int64(0)
    for i in range(len(actions)):
        values_of(out[i], settings)
        chosen = best_of(out[i], masks[i], settings.actions)
        if chance(key, 2 * (index + i)) < settings.explore:
            chosen = allowed_of(masks[i], settings.actions, chance(key, 2 * (index + i) + 1))
        bad |= np.int64(chosen < 0)
        actions[i] = chosen
    return bad


@parallel_entry
def act_to_explore(  # noqa: PLR0917
    policies: Array, learners: Array, work: Array, world: tuple[Array, ...], keys: Array, settings: Array
) -> int:
    """Choose the best action, or now and then any.

    Args:
        policies: Shape (1,), dtype ``POLICY``: how features are normalised.
        learners: Shape (2,), dtype ``LEARNER``: the network, and its target.
        work: Shape (CHUNKS,), dtype ``WORK``; ``sums`` take the features in.
        world: Observations (n, features) float32, masks (n, actions) bool, and actions (n,) int32, which are written.
        keys: Shape (2,), uint64: key of the draws and number of the first row.
        settings: Shape (1,), dtype ``SETTINGS``.

    Returns:
        0, or more where a feature is no number or a row allows nothing.
    """
    observations, masks, actions = world
    chunks, n, bad = len(work), len(observations), 0
    for c in prange(chunks):
        room = work[c]
        for first in range(n * c // chunks, n * (c + 1) // chunks, TILE):
            count = min(TILE, n * (c + 1) // chunks - first)
            rows = load_tile(policies[0], room.scratch, observations, first, count)
            for i in range(first, first + count):
                for j in range(policies[0].network.inputs):
                    value = np.float64(observations[i, j])
                    room.sums[0, j] += value
                    room.sums[1, j] += value * value
            place = (settings[0], keys[0], np.int64(keys[1]) + first, max(rows, 8))
            own = explore_tile(learners[0].network, room, masks[first:], actions[first : first + count], place)
            bad += own + np.int64(rows == 0)
    return bad
