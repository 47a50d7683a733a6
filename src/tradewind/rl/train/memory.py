"""What a learner of values remembers: a ring of steps; n-step returns are found when drawn; a tree of priorities."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner, rare
from tradewind.execution.chance import chance
from tradewind.execution.policies.network import MOST_INPUTS, MOST_OUTPUTS

__all__ = ["DRAWN", "STEP", "draw_prioritised", "draw_uniform", "raise_priorities", "remember", "set_priorities"]

F = np.float32
STEP = np.dtype(
    [
        ("seen", "f4", (MOST_INPUTS,)),
        ("mask", "u1", (MOST_OUTPUTS,)),
        ("action", "i4"),
        ("reward", "f4"),
        ("over", "i4"),
        ("unused", "i4", (5,)),
    ]
)
"""One step of one environment: features as they were, what was allowed, the action, the reward, whether the episode
ended (1) or was cut off (2). What came next is the same environment's next step."""
DRAWN = np.dtype(
    [("row", "i8"), ("next", "i8"), ("best", "i8")]
    + [(name, "f4") for name in ("reward", "discount", "weight", "error", "goal", "unused")]
)
"""A step drawn to learn from: its row; the row of what was seen n steps later (-1 - row: what the cut-off episode saw
last) and the best action there; the rewards between, discounted; the discount of what comes after (0: nothing); its
weight; its error; its goal."""


@entry
def remember(steps: Array, observations: Array, masks: Array, actions: Array) -> None:
    """Write what is seen and done to a slice of the ring, shape (n,)."""
    for i in range(len(steps)):
        row = steps[i]
        for j in range(observations.shape[1]):
            row.seen[j] = observations[i, j]
        for j in range(masks.shape[1]):
            row.mask[j] = masks[i, j]
        row.action = actions[i]


@inner
def follow(steps: Array, drawn: Record, place: Record, gamma: float) -> None:
    """Add up rewards from ``drawn.row`` on; ``place``: environments in step, most steps to add."""
    n, most = place
    row, factor, reward = drawn.row, 1.0, 0.0
    drawn.next = np.int64(0)
    for _ in range(most):
        step = steps[row]
        reward += factor * step.reward
        factor *= gamma
        if step.over:
            drawn.next = -1 - row
            factor = factor if step.over == 2 else 0.0
            break
        row = (row + n) % len(steps)
        drawn.next = row
    drawn.reward, drawn.discount = F(reward), F(factor)


@entry
def draw_uniform(steps: Array, drawn: Array, ring: Array, keys: Array, gamma: float) -> None:
    """Draw steps, all alike.

    Args:
        steps: Shape (capacity,), dtype :data:`STEP`.
        drawn: Shape (batch,), dtype :data:`DRAWN`; written.
        ring: Shape (4,), int64: environments in step, steps to add up, the oldest row, and how many rows after it have
            seen all that follows.
        keys: Shape (2,), uint64: key and number of the first draw.
        gamma: Discount.
    """
    for k in range(len(drawn)):
        offset = np.int64(chance(keys[0], np.int64(keys[1]) + k) * ring[3])
        drawn[k].row = (ring[2] + offset) % len(steps)
        drawn[k].weight = F(1.0)
        follow(steps, drawn[k], (ring[0], ring[1]), gamma)


@inner
def put(tree: Array, leaf: Int, value: float) -> None:
    """Set a leaf of a tree of sums (its size is a power of two) and the sums above it."""
    node = leaf + len(tree) // 2
    tree[node] = value
    node >>= 1
    while node >= 1:
        tree[node] = tree[2 * node] + tree[2 * node + 1]
        node >>= 1


@entry
def set_priorities(tree: Array, first: int, count: int, value: float) -> None:
    """Give rows ``first`` to ``first + count`` the same priority.

    Args:
        tree: Shape (2 * capacity,), float64; capacity is a power of two.
        first: First row.
        count: How many.
        value: The priority; 0 is never drawn.
    """
    for k in range(count):
        put(tree, first + k, value)


@entry
def raise_priorities(tree: Array, drawn: Array, exponent: float) -> float:
    """Give drawn steps the priority of their errors; returns the largest."""
    top = 0.0
    for k in range(len(drawn)):
        value = (np.float64(drawn[k].error) + 1e-3) ** exponent
        top = max(top, value)
        put(tree, drawn[k].row, value)
    return top


@rare
def descend(tree: Array, left: float) -> Int:
    """The leaf at which the running sum of priorities passes ``left``."""
    half, node = len(tree) // 2, np.int64(1)
    while node < half:
        node *= 2
        if left >= tree[node] and tree[node + 1] > 0.0:
            left -= tree[node]
            node += 1
    return node - half


@entry
def draw_prioritised(  # noqa: PLR0917
    steps: Array, drawn: Array, ring: Array, keys: Array, tree: Array, settings: Array
) -> None:
    """Draw steps by priority, stratified (Schaul et al., 2016).

    Args:
        steps: Shape (capacity,), dtype :data:`STEP`.
        drawn: Shape (batch,), dtype :data:`DRAWN`; written.
        ring: As in :func:`draw_uniform`.
        keys: Shape (2,), uint64: key and number of the first draw.
        tree: Shape (2 * capacity,), float64, sums of priorities.
        settings: Shape (2,), float64: discount, and the exponent of the weights that undo the bias.
    """
    batch, top = len(drawn), F(0.0)
    for k in range(batch):
        left = (k + chance(keys[0], np.int64(keys[1]) + k)) / batch * tree[1]
        row = descend(tree, left)
        drawn[k].row = row
        share = tree[row + len(tree) // 2] / tree[1]
        drawn[k].weight = F((share * ring[3]) ** -settings[1])
        top = max(top, drawn[k].weight)
        follow(steps, drawn[k], (ring[0], ring[1]), settings[0])
    for k in range(batch):
        drawn[k].weight /= top
