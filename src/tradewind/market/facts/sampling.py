"""A book followed through rows: best quotes after each, and the mean depth."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tradewind.book.feeds import FeedBook
from tradewind.core.dtypes import Array
from tradewind.market.facts.tape import Floats

__all__ = ["LEVELS", "sampled_depth"]

LEVELS = 10
"""Levels of each side in a depth profile."""
SAMPLES = 240


def sampled_depth(book: FeedBook, rows: Array, start_ns: int) -> tuple[Array, Floats]:
    """Follow a book through the rows of a stretch.

    Args:
        book: An empty L3 or L2 feed book.
        rows: Shape (n,), dtype ``EVENT``, in time order; those before the stretch only build the book.
        start_ns: Beginning of the stretch.

    Returns:
        Best quotes after each row, and the mean size by occupied level from the best, both sides, shape (10,), of the
        book at 240 rows spread evenly over the stretch.
    """
    first = int(np.searchsorted(np.maximum.accumulate(rows["ts_event_ns"]), start_ns)) if len(rows) else 0
    cuts = np.unique(np.linspace(first, len(rows), SAMPLES + 1).astype(np.int64))
    pieces, total = [book.best_quotes(rows[: cuts[0]])], np.zeros(LEVELS)
    for begin, end in pairwise(cuts):
        pieces.append(book.best_quotes(rows[begin:end]))
        for side in (1, -1):
            lots = book.depth(side, LEVELS)["size_lots"]
            total[: len(lots)] += lots
    return np.concatenate(pieces), total / max(2 * (len(cuts) - 1), 1)
