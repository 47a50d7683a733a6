"""What learners share: a network with its optimiser, the way back through it, Adam.

A minibatch is cut into tiles of 64 rows and the tiles into a number of chunks that does not depend on the threads.
Every chunk sums its gradients in a room of its own, and the chunks are added in order: the same seed gives the same
bits on any number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numba
import numpy as np

from tradewind.book.layout import Int, Record, aligned_zeros
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner, rare
from tradewind.execution.policies.network import (
    MOST_WEIGHTS,
    NETWORK,
    SCRATCH,
    TANH,
    TILE,
    outputs_at,
)
from tradewind.execution.policies.products import address, product

__all__ = [
    "CHUNKS",
    "LEARNER",
    "STATISTICS",
    "WORK",
    "adam_step",
    "backward",
    "gather",
    "learners_state",
    "new_learners",
    "new_work",
    "restore_learners",
    "threads_set",
    "tile_outputs",
    "turn_weights",
]

F = np.float32
CHUNKS = 16
"""Parts of a minibatch, at most; one thread works on one part at a time."""
STATISTICS = 8
"""Numbers that a chunk tells beside its gradients."""
LEARNER = np.dtype(
    [
        ("network", NETWORK),
        ("turned", "f4", (MOST_WEIGHTS,)),
        ("first", "f4", (MOST_WEIGHTS,)),
        ("second", "f4", (MOST_WEIGHTS,)),
        ("steps", "i8"),
        ("unused", "i8", (7,)),
    ]
)
"""A network, its weights turned (outputs by inputs) for the way back, Adam's two moments, and how often it stepped."""
WORK = np.dtype(
    [
        ("scratch", SCRATCH),
        ("gradient", "f4", (2, MOST_WEIGHTS)),
        ("statistics", "f8", (STATISTICS,)),
        ("sums", "f8", (2, 64)),
    ]
)
"""Where a chunk computes: scratch, gradients of up to two networks, statistics, sums of features and their squares."""


def new_learners(*networks: Array) -> Array:
    """Networks (each of shape (1,), dtype ``NETWORK``) with fresh optimisers; shape (n,), dtype :data:`LEARNER`."""
    learners = aligned_zeros(len(networks), LEARNER)
    for own, network in zip(learners, networks, strict=True):
        own["network"] = network[0]
    turn_learners(learners)
    return learners


def learners_state(learners: Array) -> dict[str, Array]:
    """Weights, moments and step counts, as arrays."""
    state = {"optimiser_steps": learners["steps"]}
    for i, count in enumerate(learners["network"]["count"]):
        parts = (learners["network"]["weights"][i], learners["first"][i], learners["second"][i])
        state[f"learner_{i}"] = np.stack([part[:count] for part in parts])
    return state


def restore_learners(learners: Array, state: dict[str, Array]) -> None:
    """Put weights, moments and step counts back."""
    learners["steps"] = state["optimiser_steps"]
    for i, count in enumerate(learners["network"]["count"]):
        parts = (learners["network"]["weights"][i], learners["first"][i], learners["second"][i])
        for part, saved in zip(parts, state[f"learner_{i}"], strict=True):
            part[:count] = saved
    turn_learners(learners)


@contextmanager
def threads_set(threads: int) -> Iterator[None]:
    """Let Numba use so many threads within a block, and as many as before after it."""
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def new_work() -> Array:
    """Rooms of all chunks, shape (CHUNKS,), dtype :data:`WORK`; memory that is never touched is never committed."""
    return aligned_zeros(CHUNKS, WORK)


@inner
def tile_outputs(network: Record, scratch: Record) -> Record:
    """Outputs of a tile as a view, shape (64, columns)."""
    at, columns = outputs_at(network), network.layer[network.layers - 1].columns
    return scratch.hidden[at : at + TILE * columns].reshape(TILE, columns)


@rare
def turn_weights(learner: Record) -> None:
    """Copy the weights of all layers but the first, turned; to be called when weights have changed."""
    network = learner.network
    for number in range(1, network.layers):
        layer = network.layer[number]
        size = layer.rows * layer.columns
        weights = network.weights[layer.weights_at : layer.weights_at + size].reshape(layer.rows, layer.columns)
        turned = learner.turned[layer.weights_at : layer.weights_at + size].reshape(layer.columns, layer.rows)
        for j in range(layer.columns):
            for i in range(layer.rows):
                turned[j, i] = weights[i, j]


@entry
def turn_learners(learners: Array) -> None:
    """:func:`turn_weights` of every learner, shape (n,)."""
    for i in range(len(learners)):
        turn_weights(learners[i])


@inner
def unbend(delta: Array, hidden: Array, activation: Int) -> None:
    """Multiply gradients by the slope of the activation, given what it gave."""
    for k in range(len(delta)):
        if activation == TANH:
            delta[k] *= F(1.0) - hidden[k] * hidden[k]
        else:
            delta[k] *= F(hidden[k] > F(0.0))


@rare
def backward(learner: Record, scratch: Record, gradient: Array) -> None:
    """Add a tile's gradients, after ``forward`` of 64 rows and with its outputs replaced by the loss's slopes.

    Args:
        learner: A ``LEARNER``, its weights turned.
        scratch: A ``SCRATCH``; :func:`tile_outputs` holds the slope of the loss in every output.
        gradient: Shape (MOST_WEIGHTS,), float32; added to.
    """
    network, one = learner.network, np.int64(1)
    behind, delta = scratch.behind[:], scratch.delta[:]
    last = network.layer[network.layers - 1]
    above, above_at = scratch.hidden[:], np.int64(last.hidden_at)
    for number in range(network.layers - 1, -1, -1):
        layer = network.layer[number]
        rows, columns = np.int64(layer.rows), np.int64(layer.columns)
        slopes = above[above_at : above_at + TILE * columns].reshape(TILE, columns)
        bias = gradient[layer.bias_at : layer.bias_at + columns]
        for i in range(TILE):
            for j in range(columns):
                bias[j] += slopes[i, j]
        below_at = np.int64(0)
        if number > 0:
            below_at = np.int64(network.layer[number - 1].hidden_at)
        inputs = address(scratch.hidden, below_at) if number > 0 else address(scratch.x, below_at)
        came = (address(above, above_at), columns, one)
        into = (address(gradient, layer.weights_at), columns, one)
        product((inputs, one, rows), came, into, (rows, columns, np.int64(TILE)), one)
        if number > 0:
            turned = (address(learner.turned, layer.weights_at), rows, one)
            down = (address(delta, np.int64(0)), rows, one)
            product(came, turned, down, (np.int64(TILE), rows, columns), np.int64(0))
            unbend(delta[: TILE * rows], scratch.hidden[below_at : below_at + TILE * rows], network.activation)
            above, above_at = delta, np.int64(0)
            delta, behind = behind, delta


@rare
def gather(work: Array, chunks: Int, count: Int, which: Int) -> float:
    """Add the chunks' gradients up, in order, into the first; returns the sum of squares."""
    total = work[0].gradient[which][:count]
    for c in range(1, chunks):
        part = work[c].gradient[which][:count]
        for k in range(count):
            total[k] += part[k]
    squares = 0.0
    for k in range(count):
        squares += np.float64(total[k]) * np.float64(total[k])
    return squares


@rare
def adam_step(learner: Record, gradient: Array, norm: float, settings: Record) -> None:
    """Clip a gradient and step (Kingma and Ba, 2015).

    Args:
        learner: A ``LEARNER``.
        gradient: Shape (MOST_WEIGHTS,), float32.
        norm: Norm of all gradients that are clipped together.
        settings: Has ``learning_rate``, ``most_gradient`` and ``epsilon``.
    """
    count = learner.network.count
    learner.steps += 1
    scale = F(min(1.0, settings.most_gradient / (norm + 1e-6)))
    step = F(settings.learning_rate / (1.0 - 0.9**learner.steps))
    grown = F(1.0 / (1.0 - 0.999**learner.steps))
    epsilon = F(settings.epsilon)
    weights, first, second = learner.network.weights[:count], learner.first[:count], learner.second[:count]
    for k in range(count):
        slope = gradient[k] * scale
        first[k] = F(0.9) * first[k] + F(0.1) * slope
        second[k] = F(0.999) * second[k] + F(0.001) * slope * slope
        weights[k] -= step * first[k] / (F(math.sqrt(second[k] * grown)) + epsilon)
    turn_weights(learner)
