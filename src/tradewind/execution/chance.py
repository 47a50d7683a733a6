"""Chance inside execution kernels: numbers drawn by counting, not from a state that must be carried along.

Number ``n`` of a key is SplitMix64 (Steele, Lea and Flood, 2014) at ``key + n`` golden-ratio steps: any number of any
key costs the same and depends on nothing else. So what an episode draws for its own use (its side, its latency, the
choices of a random policy) is the same whatever else happens in it.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int
from tradewind.core.kernels import inner
from tradewind.core.random import stream_seed

__all__ = ["chance", "chance_key", "mixed", "normal"]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@inner
def mixed(bits: Int) -> Int:
    """SplitMix64's output for a state: 64 bits that look random."""
    z = bits + GOLDEN
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27))) * SECOND
    return z ^ (z >> np.uint64(31))


@inner
def chance(key: Int, n: Int) -> float:
    """Number ``n`` of a key: a float in [0, 1)."""
    bits = mixed(key + np.uint64(n) * GOLDEN)
    return np.float64(np.int64(bits >> np.uint64(11))) * 1.1102230246251565e-16


@inner
def normal(key: Int, n: Int) -> float:
    """Normal number ``n`` of a key, of mean 0 and deviation 1, from two of its numbers (Box and Muller, 1958)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - chance(key, 2 * n)))
    return radius * math.cos(2.0 * math.pi * chance(key, 2 * n + 1))


def chance_key(seed: int, name: str) -> np.uint64:
    """Key of a named stream; see :func:`tradewind.core.random.stream_seed`."""
    return np.uint64(stream_seed(seed, name).generate_state(1, np.uint64)[0])
