"""Random numbers inside kernels: xoshiro256++ streams, uniform and exponential numbers."""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import inner
from tradewind.core.random import stream_seed

__all__ = ["ZIGGURAT", "draw", "exponential", "peek", "seed_streams", "uniform", "ziggurat_tables"]

EDGE = 7.69711747013104972
AREA = 0.0039496598225815571993
MANTISSA = 2.0**53

ZIGGURAT = np.dtype([("keep", "u8", (256,)), ("width", "f8", (256,)), ("height", "f8", (256,))])
"""Tables of a 256-layer ziggurat (Marsaglia and Tsang, 2000) for the standard exponential."""


def ziggurat_tables() -> Array:
    """Layers of the ziggurat, shape (1,), dtype :data:`ZIGGURAT`."""
    x = np.zeros(257)
    x[256], x[255] = AREA / np.exp(-EDGE), EDGE
    for i in range(254, 0, -1):
        x[i] = -np.log(AREA / x[i + 1] + np.exp(-x[i + 1]))
    table = np.zeros(1, ZIGGURAT)
    table["keep"][0, 0] = int(EDGE / x[256] * MANTISSA)
    table["width"][0, 0], table["height"][0, 0] = x[256] / MANTISSA, 1.0
    for i in range(1, 256):
        table["width"][0, i] = (x[i] if i < 255 else EDGE) / MANTISSA
        table["height"][0, i] = np.exp(-x[i])
        table["keep"][0, i] = 0 if i == 1 else int(x[i - 1] / x[i] * MANTISSA)
    return table


def seed_streams(seed: int, name: str, count: int) -> Array:
    """States of xoshiro256++ streams that depend on the seed and the name only.

    Args:
        seed: The run's one seed.
        name: The consumer.
        count: Number of streams.

    Returns:
        Shape (count, 4), dtype uint64, never all zero.
    """
    words = stream_seed(seed, name).generate_state(4 * count, np.uint64).reshape(count, 4)
    words[:, 3] |= np.uint64(1)
    return words


@inner
def rotl(x: Int, k: Int) -> Int:
    """Rotate left."""
    return (x << np.uint64(k)) | (x >> np.uint64(64 - k))


@inner
def draw(streams: Array, i: Int) -> Int:
    """Next 64 bits of stream ``i`` (xoshiro256++; Blackman and Vigna, 2019)."""
    s0, s1, s2, s3 = streams[i, 0], streams[i, 1], streams[i, 2], streams[i, 3]
    out = rotl(s0 + s3, 23) + s0
    t = s1 << np.uint64(17)
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    streams[i, 0], streams[i, 1], streams[i, 2], streams[i, 3] = s0, s1, s2, rotl(s3, 45)
    return out


@inner
def peek(streams: Array, i: Int) -> Int:
    """The 64 bits that :func:`draw` will return next."""
    return rotl(streams[i, 0] + streams[i, 3], 23) + streams[i, 0]


@inner
def uniform(bits: Int) -> Int:
    """A float in [0, 1) from 64 random bits."""
    return np.float64(np.int64(bits >> np.uint64(11))) * 1.1102230246251565e-16


@inner
def exponential(streams: Array, i: Int, table: Record) -> Int:
    """A standard exponential number from stream ``i``."""
    while True:
        bits = draw(streams, i)
        layer = np.int64(bits & np.uint64(255))
        j = bits >> np.uint64(11)
        x = np.float64(np.int64(j)) * table.width[layer]
        if j < table.keep[layer]:
            return x
        if layer == 0:
            return EDGE - math.log(1.0 - uniform(draw(streams, i)))
        step = table.height[layer - 1] - table.height[layer]
        if step * uniform(draw(streams, i)) + table.height[layer] < math.exp(-x):
            return x
