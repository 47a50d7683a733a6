"""Distributions and medians in memory of fixed size: sketches of whole numbers, rolling windows."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import clz, inner, rare

__all__ = [
    "COARSE",
    "FINE",
    "LEAST",
    "WINDOW",
    "WINDOW_LENGTH",
    "Int",
    "Record",
    "Records",
    "bucket_bounds",
    "bucket_of",
    "buckets",
    "count_in",
    "distance",
    "push",
]

Record: TypeAlias = Any
"""A nested NumPy record as a kernel sees it: a bare pointer."""
Records: TypeAlias = Any
"""An array of records inside a kernel."""
Int: TypeAlias = Any
"""An int64 inside a kernel."""

COARSE = 4
"""Bits of a sketch of sizes or waits: 2**4 buckets per power of two."""
FINE = 10
"""Bits of a sketch of latencies, which may lie close together far from zero."""
WINDOW_LENGTH = 51
"""Values in a rolling median."""
LEAST = 25
"""Values before a rolling median says anything."""

WINDOW = np.dtype([("count", "i8"), ("ring", "f8", (WINDOW_LENGTH,)), ("ordered", "f8", (WINDOW_LENGTH,))])
"""The last values, oldest first from ``count`` on, and the same sorted."""


def buckets(bits: int) -> int:
    """Buckets of a sketch of values from 0 to 2**63: exact up to 2**bits, then 2**bits per power of two."""
    return (64 - bits) << bits


def bucket_bounds(bits: int = COARSE) -> Array:
    """Where the buckets of a sketch meet.

    Args:
        bits: There are ``2**bits`` buckets per power of two.

    Returns:
        Shape (buckets + 1,), float64: bucket k holds ``bounds[k] <= value < bounds[k + 1]``.

    Examples:
        >>> bucket_bounds()[[0, 15, 16, 17, 31, 32, 33]].tolist()
        [0.0, 15.0, 16.0, 17.0, 31.0, 32.0, 34.0]
    """
    sub = 1 << bits
    k = np.arange(sub, buckets(bits) + 1)
    return np.concatenate([np.arange(sub), (sub + k % sub) * np.exp2(k // sub - 1.0)])


@inner
def bucket_of(value: Int, bits: Int) -> Int:
    """Bucket of a value, not negative."""
    if value < 1 << bits:
        return value
    exponent = np.int64(63) - clz(np.uint64(value))
    return ((exponent - bits + 1) << bits) + ((value >> (exponent - bits)) & ((1 << bits) - 1))


@inner
def count_in(sketch: Record, value: Int) -> None:
    """Count a value, not negative, in a sketch."""
    sketch[bucket_of(value, COARSE)] += 1


@rare
def push(window: Record, value: Any) -> None:
    """A value enters a rolling window, the oldest leaves; ``ordered`` stays sorted."""
    size = min(window.count, np.int64(WINDOW_LENGTH))
    at = size
    if size == WINDOW_LENGTH:
        oldest = window.ring[window.count % WINDOW_LENGTH]
        at = 0
        while window.ordered[at] != oldest:
            at += 1
        while at + 1 < WINDOW_LENGTH and window.ordered[at + 1] < value:
            window.ordered[at] = window.ordered[at + 1]
            at += 1
    while at > 0 and window.ordered[at - 1] > value:
        window.ordered[at] = window.ordered[at - 1]
        at -= 1
    window.ordered[at] = value
    window.ring[window.count % WINDOW_LENGTH] = value
    window.count += 1


@rare
def distance(window: Record, value: Any, share: Any, least: Any) -> Any:
    """How many scales a value is from the window's median: |value - median| / scale; 0 while it is too short.

    A scale is the largest of 1.4826 MAD, ``share`` of the median, and ``least``. Medians are the upper ones.
    """
    size = min(window.count, np.int64(WINDOW_LENGTH))
    if size < LEAST:
        return 0.0
    middle = size // 2
    median = window.ordered[middle]
    low, high, mad = middle, middle + 1, 0.0
    for _ in range(middle + 1):
        if high >= size or (low >= 0 and median - window.ordered[low] <= window.ordered[high] - median):
            mad = median - window.ordered[low]
            low -= 1
        else:
            mad = window.ordered[high] - median
            high += 1
    return abs(value - median) / max(1.4826 * mad, share * abs(median), least)
