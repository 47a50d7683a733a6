"""Random numbers by counter: number ``i`` of a key is a function of both, so any thread can draw any of them."""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int
from tradewind.core.kernels import inner
from tradewind.core.random import stream_seed

__all__ = ["chance_key", "normal_at", "uniform_at"]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_A, MIX_B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
UNIT = 1.1102230246251565e-16


def chance_key(seed: int, name: str) -> np.uint64:
    """Key of a named stream; see :func:`tradewind.core.random.stream_seed`."""
    return np.uint64(stream_seed(seed, name).generate_state(1, np.uint64)[0])


@inner
def mixed(word: Int) -> Int:
    """SplitMix64's finaliser (Steele, Lea and Flood, 2014)."""
    word = (word ^ (word >> np.uint64(30))) * MIX_A
    word = (word ^ (word >> np.uint64(27))) * MIX_B
    return word ^ (word >> np.uint64(31))


@inner
def uniform_at(key: Int, index: Int) -> Int:
    """Number ``index`` of a key, uniform in [0, 1)."""
    bits = mixed(mixed(key + np.uint64(index) * GOLDEN) + GOLDEN)
    return np.float64(np.int64(bits >> np.uint64(11))) * UNIT


@inner
def normal_at(key: Int, index: Int) -> Int:
    """Number ``index`` of a key, standard normal (Box and Muller, 1958)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform_at(key, 2 * index)))
    return radius * math.cos(2.0 * math.pi * uniform_at(key, 2 * index + 1))
