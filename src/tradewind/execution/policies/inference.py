"""From observation to action: the same compiled code in training, backtest and live trading."""

from __future__ import annotations

import numpy as np
from numba import prange

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner, parallel_entry, rare
from tradewind.execution.chance import chance
from tradewind.execution.policies.network import (
    MOST_INPUTS,
    NETWORK,
    TILE,
    exponential,
    forward,
    outputs_at,
)

__all__ = [
    "GAUSSIAN",
    "MASKED",
    "NOTHING_ALLOWED",
    "NOT_A_NUMBER",
    "POLICY",
    "Q_VALUES",
    "act_continuous",
    "act_discrete",
    "decide_continuous",
    "decide_discrete",
    "greedy",
    "infer",
    "normalise",
    "softmax",
]

F = np.float32
MASKED = 0
"""Head: outputs are logits of actions."""
GAUSSIAN = 1
"""Head: outputs are means of continuous actions."""
Q_VALUES = 2
"""Head: outputs are values of actions."""
NOTHING_ALLOWED = -1
"""Instead of an action: the mask allows none."""
NOT_A_NUMBER = -2
"""Instead of an action: a feature is not a number."""
BOUND = F(10.0)
"""Normalised features are clipped to this on both sides."""

POLICY = np.dtype(
    [
        ("head", "i8"),
        ("actions", "i8"),
        ("mean", "f4", (MOST_INPUTS,)),
        ("scale", "f4", (MOST_INPUTS,)),
        ("unused", "i8", (6,)),
        ("network", NETWORK),
    ]
)
"""A policy as kernels read it: how features are normalised, the network, what its outputs mean."""


@inner
def normalise(policy: Record, observation: Array, x: Array, at: Int) -> Int:
    """Write normalised features to ``x[at:]``; returns 0 where one of them is not a number."""
    good = np.int64(1)
    for j in range(policy.network.inputs):
        value = observation[j]
        good &= np.int64(np.isfinite(value))
        x[at + j] = min(max((value - policy.mean[j]) * policy.scale[j], -BOUND), BOUND)
    return good


@rare
def infer(policy: Record, scratch: Record, observation: Array) -> Int:
    """Run a policy on one observation.

    Args:
        policy: A ``POLICY``.
        scratch: A ``SCRATCH``.
        observation: Shape (inputs,), float32.

    Returns:
        Where its outputs begin in ``scratch.hidden``, or :data:`NOT_A_NUMBER` for a feature that is none.
    """
    if normalise(policy, observation, scratch.x, 0) == 0:
        return np.int64(NOT_A_NUMBER)
    forward(policy.network, scratch, np.int64(1))
    return outputs_at(policy.network)


@inner
def greedy(hidden: Array, at: Int, mask: Array, actions: Int) -> Int:
    """The allowed action with the largest output, the first of equals; :data:`NOTHING_ALLOWED` where none is."""
    best = np.int64(NOTHING_ALLOWED)
    for j in range(actions):
        if mask[j] and (best < 0 or hidden[at + j] > hidden[at + best]):
            best = np.int64(j)
    return best


@inner
def softmax(hidden: Array, at: Int, mask: Array, actions: Int) -> Int:
    """Turn outputs into unnormalised probabilities, 0 where not allowed; returns their sum (0: nothing allowed)."""
    top = F(-3.0e38)
    for j in range(actions):
        if mask[j]:
            top = max(top, hidden[at + j])
    total = F(0.0)
    for j in range(actions):
        hidden[at + j] = exponential(hidden[at + j] - top) if mask[j] else F(0.0)
        total += hidden[at + j]
    return total


@inner
def sampled(hidden: Array, at: Int, mask: Array, actions: Int, uniform: float) -> Int:
    """An allowed action drawn from the softmax of the outputs."""
    left = uniform * softmax(hidden, at, mask, actions)
    chosen = np.int64(NOTHING_ALLOWED)
    for j in range(actions):
        if mask[j]:
            if chosen >= 0 and left < 0.0:
                break
            chosen = np.int64(j)
            left -= hidden[at + j]
    return chosen


@entry
def decide_discrete(policies: Array, scratches: Array, observation: Array, mask: Array) -> int:
    """One decision.

    Args:
        policies: Shape (1,), dtype ``POLICY``.
        scratches: Shape (1,), dtype ``SCRATCH``.
        observation: Shape (inputs,), float32.
        mask: Shape (actions,), bool: what is allowed.

    Returns:
        The action, or :data:`NOTHING_ALLOWED` or :data:`NOT_A_NUMBER`.
    """
    policy, scratch = policies[0], scratches[0]
    at = infer(policy, scratch, observation)
    if at < 0:
        return at  # type: ignore[no-any-return]
    return greedy(scratch.hidden, at, mask, policy.actions)  # type: ignore[no-any-return]


@entry
def decide_continuous(policies: Array, scratches: Array, observation: Array, chosen: Array) -> int:
    """One decision of a Gaussian policy: its mean, clipped to -1 and 1, goes to ``chosen`` (shape (actions,), float32).

    Returns:
        0, or :data:`NOT_A_NUMBER`; other arguments as in :func:`decide_discrete`.
    """
    policy, scratch = policies[0], scratches[0]
    at = infer(policy, scratch, observation)
    if at < 0:
        return at  # type: ignore[no-any-return]
    for j in range(policy.actions):
        chosen[j] = min(max(scratch.hidden[at + j], F(-1.0)), F(1.0))
    return 0


@rare
def load_tile(policy: Record, scratch: Record, observations: Array, first: Int, count: Int) -> Int:
    """Normalise rows ``first`` to ``first + count`` into ``scratch.x``; returns how many rows to run, 0 for a NaN."""
    width, good = policy.network.layer[0].rows, np.int64(1)
    for i in range(count):
        good &= normalise(policy, observations[first + i], scratch.x, i * width)
    return good * ((count + 7) & ~7)


@parallel_entry
def act_discrete(  # noqa: PLR0917
    policies: Array, scratches: Array, observations: Array, masks: Array, actions: Array, keys: Array
) -> None:
    """Decide for many rows, in as many chunks as there are scratches.

    Args:
        policies: Shape (1,), dtype ``POLICY``.
        scratches: Shape (chunks,), dtype ``SCRATCH``.
        observations: Shape (n, inputs), float32.
        masks: Shape (n, actions), bool.
        actions: Shape (n,), int32; receives actions, or negative codes as in :func:`decide_discrete`.
        keys: Empty for the best action; one uint64 key to draw row ``i`` with its number ``i``.
    """
    chunks, n = len(scratches), len(observations)
    for c in prange(chunks):
        policy, scratch = policies[0], scratches[c]
        at, columns = outputs_at(policy.network), (policy.actions + 15) & ~15
        for first in range(n * c // chunks, n * (c + 1) // chunks, TILE):
            count = min(TILE, n * (c + 1) // chunks - first)
            rows = load_tile(policy, scratch, observations, first, count)
            forward(policy.network, scratch, max(rows, 8))
            for i in range(count):
                row = at + i * columns
                if rows == 0:
                    actions[first + i] = NOT_A_NUMBER
                elif len(keys) == 0:
                    actions[first + i] = greedy(scratch.hidden, row, masks[first + i], policy.actions)
                else:
                    uniform = chance(keys[0], first + i)
                    actions[first + i] = sampled(scratch.hidden, row, masks[first + i], policy.actions, uniform)


@parallel_entry
def act_continuous(policies: Array, scratches: Array, observations: Array, actions: Array) -> None:
    """Decide for many rows of a Gaussian policy: clipped means; arguments as in :func:`act_discrete`.

    A tile that holds a feature that is no number gets NaN actions.
    """
    chunks, n = len(scratches), len(observations)
    for c in prange(chunks):
        policy, scratch = policies[0], scratches[c]
        at, columns = outputs_at(policy.network), (policy.actions + 15) & ~15
        for first in range(n * c // chunks, n * (c + 1) // chunks, TILE):
            count = min(TILE, n * (c + 1) // chunks - first)
            rows = load_tile(policy, scratch, observations, first, count)
            forward(policy.network, scratch, max(rows, 8))
            for i in range(count):
                for j in range(policy.actions):
                    value = min(max(scratch.hidden[at + i * columns + j], F(-1.0)), F(1.0))
                    actions[first + i, j] = value if rows > 0 else F(np.nan)
