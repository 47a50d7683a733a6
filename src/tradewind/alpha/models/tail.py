"""The purged tail: the last part of the training data, with no label that reaches into it, to stop or calibrate on."""

from __future__ import annotations

import numpy as np

from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array

__all__ = ["purged_tail"]


def purged_tail(sample: Sample | None, rows: int, share: float) -> tuple[Array, Array]:
    """Cut training rows in time.

    Args:
        sample: Times of the rows; None takes them in order, as if every label were known at once.
        rows: How many there are.
        share: Share of the rows, the last by birth, that is held out.

    Returns:
        Indices of the rows before whose labels were known by the first birth of the tail, and of the tail's rows. Both
        keep the rows' order.

    Examples:
        >>> head, tail = purged_tail(None, 10, 0.2)
        >>> head.tolist(), tail.tolist()
        ([0, 1, 2, 3, 4, 5, 6, 7], [8, 9])
    """
    if sample is None:
        cut = rows - max(1, round(rows * share))
        return np.arange(cut), np.arange(cut, rows)
    t0, t1 = np.asarray(sample.t0), np.asarray(sample.t1)
    start = np.sort(t0)[min(rows - 1, rows - max(1, round(rows * share)))]
    return np.flatnonzero((t0 < start) & (t1 <= start)), np.flatnonzero(t0 >= start)
