"""The rows a policy learns from: what it saw, did and got; how it acts while it learns; advantages."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner, parallel_entry, rare
from tradewind.execution.chance import chance, normal
from tradewind.execution.policies.inference import GAUSSIAN, load_tile, softmax
from tradewind.execution.policies.network import MOST_INPUTS, MOST_OUTPUTS, TILE, forward, outputs_at
from tradewind.rl.train.gradients import tile_outputs

__all__ = [
    "HALF_LOG_TAU",
    "MOST_NUMBERS",
    "SAMPLE",
    "act_to_learn",
    "advantages",
    "load_samples",
    "value_of",
    "value_samples",
]

F = np.float32
HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)
"""Half the logarithm of 2 pi, of the normal density."""
MOST_NUMBERS = 8
"""Continuous actions, at most."""
SAMPLE = np.dtype(
    [
        ("x", "f4", (MOST_INPUTS,)),
        ("chosen", "f4", (MOST_NUMBERS,)),
        ("mask", "u1", (MOST_OUTPUTS,)),
        ("action", "i4"),
        ("over", "i4"),
        ("log_prob", "f4"),
        ("value", "f4"),
        ("reward", "f4"),
        ("after", "f4"),
        ("advantage", "f4"),
        ("target", "f4"),
    ]
)
"""One decision: normalised features, the action and what else was allowed, its logarithmic probability, the value the
critic saw, the reward, whether the episode ended (1) or was cut off (2) and the value of what came after, and what
follows: advantage and target of the critic."""


@inner
def draw_discrete(sample: Record, hidden: Array, at: Int, actions: Int, uniform: float) -> Int:
    """Draw an action from outputs; returns 0 where nothing is allowed."""
    total = softmax(hidden, at, sample.mask, actions)
    left, chosen = uniform * total, np.int64(-1)
    for j in range(actions):
        if sample.mask[j]:
            if chosen >= 0 and left < 0.0:
                break
            chosen = np.int64(j)
            left -= hidden[at + j]
    if chosen < 0:
        return np.int64(0)
    sample.action = chosen
    sample.log_prob = math.log(max(hidden[at + chosen] / total, F(1e-30)))
    return np.int64(1)


@inner
def draw_continuous(sample: Record, network: Record, means: Array, at: Int, place: Record) -> None:
    """Draw numbers around the outputs; ``place`` is the key and the number of the draw."""
    key, index = place
    log_prob = 0.0
    for j in range(network.outputs):
        log_std = network.weights[network.log_std_at + j]
        z = normal(key, index * MOST_NUMBERS + j)
        sample.chosen[j] = means[at + j] + math.exp(log_std) * z
        log_prob -= 0.5 * z * z + log_std + HALF_LOG_TAU
    sample.log_prob = log_prob


@rare
def act_tile(policy: Record, room: Record, samples: Array, place: Record) -> Int:
    """Choose for rows whose features are in ``room.scratch.x``; returns 0 where a row allows nothing."""
    first, count, rows, key, index = place
    network, scratch = policy.network, room.scratch
    width, hidden = network.layer[0].rows, scratch.hidden
    forward(network, scratch, rows)
    at, columns = outputs_at(network), network.layer[network.layers - 1].columns
    good = np.int64(1)
    for i in range(count):
        sample = samples[first + i]
        for j in range(network.inputs):
            sample.x[j] = scratch.x[i * width + j]
        if policy.head == GAUSSIAN:
            draw_continuous(sample, network, hidden, at + i * columns, (key, index + first + i))
        else:
            uniform = chance(key, index + first + i)
            good &= draw_discrete(sample, hidden, at + i * columns, policy.actions, uniform)
    return good


@parallel_entry
def act_to_learn(  # noqa: PLR0917
    policies: Array, work: Array, observations: Array, masks: Array, samples: Array, keys: Array
) -> int:
    """Let a policy act with chance, and note what it saw and did.

    Args:
        policies: Shape (1,), dtype ``POLICY``.
        work: Shape (CHUNKS,), dtype ``WORK``; ``sums`` take the features in.
        observations: Shape (n, features), float32.
        masks: Shape (n, actions), bool.
        samples: Shape (n,), dtype :data:`SAMPLE`; receives features, masks, actions.
        keys: Shape (2,), uint64: key of the draws and number of the first.

    Returns:
        0, or 1 where a feature is no number or a row allows nothing.
    """
    chunks, n = len(work), len(observations)
    bad = 0
    for c in prange(chunks):
        policy, room = policies[0], work[c]
        for first in range(n * c // chunks, n * (c + 1) // chunks, TILE):
            count = min(TILE, n * (c + 1) // chunks - first)
            rows = load_tile(policy, room.scratch, observations, first, count)
            for i in range(first, first + count):
                for j in range(policy.network.inputs):
                    value = np.float64(observations[i, j])
                    room.sums[0, j] += value
                    room.sums[1, j] += value * value
                for j in range(masks.shape[1]):
                    samples[i].mask[j] = masks[i, j]
            if rows == 0:
                bad += 1
            else:
                bad += 1 - act_tile(policy, room, samples, (first, count, rows, keys[0], np.int64(keys[1])))
    return bad


@inner
def load_samples(scratch: Record, samples: Array, order: Array, first: Int, width: Int) -> None:
    """Copy the features of 64 samples, in an order, to ``scratch.x``."""
    x = scratch.x[: TILE * width].reshape(TILE, width)
    for i in range(TILE):
        row = samples[order[first + i]].x[:width]
        for j in range(width):
            x[i, j] = row[j]


@parallel_entry
def value_samples(learners: Array, work: Array, samples: Array) -> None:
    """Write the critic's value of every sample.

    Args:
        learners: Shape (2,), dtype ``LEARNER``: actor and critic.
        work: Shape (CHUNKS,), dtype ``WORK``.
        samples: Shape (n,), dtype :data:`SAMPLE`.
    """
    chunks, n = len(work), len(samples)
    for c in prange(chunks):
        network, scratch = learners[1].network, work[c].scratch
        width = network.layer[0].rows
        for first in range(n * c // chunks, n * (c + 1) // chunks, TILE):
            count = min(TILE, n * (c + 1) // chunks - first)
            for i in range(count):
                for j in range(width):
                    scratch.x[i * width + j] = samples[first + i].x[j]
            forward(network, scratch, (count + 7) & ~7)
            values = tile_outputs(network, scratch)
            for i in range(count):
                samples[first + i].value = values[i, 0]


@entry
def value_of(policies: Array, learners: Array, work: Array, observations: Array, values: Array) -> None:
    """The critic's value of observations, shape (n, features), normalised as the policy does; to ``values`` (n,)."""
    policy, network, scratch = policies[0], learners[1].network, work[0].scratch
    n = len(observations)
    for first in range(0, n, TILE):
        count = min(TILE, n - first)
        load_tile(policy, scratch, observations, first, count)
        forward(network, scratch, (count + 7) & ~7)
        found = tile_outputs(network, scratch)
        for i in range(count):
            values[first + i] = found[i, 0]


@entry
def advantages(samples: Array, last: Array, running: Array, gamma: float, decay: float) -> None:
    r"""Generalised advantages and targets of the critic.

    .. math:: A_t = \delta_t + \gamma \lambda A_{t+1}, \qquad \delta_t = r_t + \gamma V_{t+1} - V_t

    Args:
        samples: Shape (steps * n,), dtype :data:`SAMPLE`, step by step; advantages leave with mean 0 and deviation 1.
        last: Shape (n,), values of what is seen after the last step.
        running: Shape (n,), float64, scratch.
        gamma: Discount.
        decay: The exponent's base, lambda.

    References:
        Schulman, Moritz, Levine, Jordan and Abbeel (2016), "High-Dimensional Continuous Control Using Generalized
        Advantage Estimation".
    """
    n = len(last)
    running[:] = 0.0
    total = squares = 0.0
    for k in range(len(samples) - 1, -1, -1):
        sample, i = samples[k], k % n
        after, keep = float(sample.after), 0.0
        if sample.over == 0:
            after, keep = float(last[i]), 1.0
            if k + n < len(samples):
                after = float(samples[k + n].value)
        elif sample.over == 1:
            after = 0.0
        running[i] = sample.reward + gamma * after - sample.value + gamma * decay * keep * running[i]
        sample.advantage = running[i]
        sample.target = running[i] + sample.value
        total += running[i]
        squares += running[i] * running[i]
    mean = total / len(samples)
    deviation = math.sqrt(max(squares / len(samples) - mean * mean, 0.0)) + 1e-8
    for k in range(len(samples)):
        samples[k].advantage = (samples[k].advantage - mean) / deviation
