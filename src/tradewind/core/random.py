"""Chance as an argument: one seed, named streams.

Each consumer names its stream, so adding a consumer does not change what the others draw, and two runs that
share a stream's name and seed share its numbers (common random numbers).
"""

from __future__ import annotations

import hashlib

import numpy as np

__all__ = ["stream", "stream_seed"]


def stream_seed(seed: int, name: str) -> np.random.SeedSequence:
    """Seed sequence of a named stream.

    Args:
        seed: The run's one seed; 0 is a seed like any other.
        name: The stream, e.g. ``"market/flow"``.

    Returns:
        A sequence that depends on both and on nothing else.
    """
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.SeedSequence(entropy=seed, spawn_key=tuple(np.frombuffer(digest[:16], "<u4").tolist()))


def stream(seed: int, name: str) -> np.random.Generator:
    """Random generator of a named stream (PCG64).

    Args:
        seed: The run's one seed.
        name: The stream, e.g. ``"market/flow"``.

    Returns:
        A fresh generator at the start of the stream.

    Examples:
        >>> bool(stream(7, "a").random() == stream(7, "a").random())
        True
        >>> bool(stream(7, "a").random() == stream(7, "b").random())
        False
    """
    return np.random.Generator(np.random.PCG64(stream_seed(seed, name)))
