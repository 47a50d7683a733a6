"""From probabilities to a class: the commonest class is held back by an offset, chosen on out-of-fold forecasts."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array

__all__ = ["best_offset", "decided"]

OFFSETS = np.linspace(0.0, 2.5, 26)


def decided(scores: Array, levels: tuple[float, ...], offset: tuple[int, float]) -> Array:
    """Shape (n,): class labels.

    Args:
        scores: Shape (n, k), log-odds.
        levels: Class labels.
        offset: Place of the class held back, and by how much.

    Examples:
        >>> decided(np.array([[0.0, 0.5]]), (0.0, 1.0), (1, 1.0))
        array([0.])
    """
    held = scores.copy()
    held[:, offset[0]] -= offset[1]
    return np.asarray(np.asarray(levels)[held.argmax(axis=1)])


def best_offset(scores: Array, y: Array, levels: tuple[float, ...], weight: Array) -> tuple[int, float]:
    """The offset of the commonest class with the largest Matthews correlation (Gorodkin, 2004).

    Args:
        scores: Shape (n, k), out-of-fold log-odds.
        y: Shape (n,).
        levels: Class labels; empty for numbers, which are not decided.
        weight: Shape (n,).
    """
    if not levels:
        return (0, 0.0)
    truth, k = np.searchsorted(levels, y), len(levels)
    commonest = int(np.argmax(np.bincount(truth, weights=weight, minlength=k)))
    best, found = -np.inf, 0.0
    held = scores.copy()
    for offset in OFFSETS:
        held[:, commonest] = scores[:, commonest] - offset
        table = np.bincount(truth * k + held.argmax(axis=1), weights=weight, minlength=k * k).reshape(k, k)
        total, came, called = table.sum(), table.sum(axis=1), table.sum(axis=0)
        below = np.sqrt((total**2 - came @ came) * (total**2 - called @ called))
        mcc = (np.trace(table) * total - came @ called) / below if below > 0 else 0.0
        if mcc > best + 1e-12:
            best, found = float(mcc), float(offset)
    return (commonest, found)
