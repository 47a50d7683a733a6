"""One compiled switch over all baselines: what does strategy ``kind`` want now?

A baseline reads what the agent reads (book, episode, usual scales, the observation) and writes an intent. To add one:
give it the next number here and a branch in :func:`decide`; its numbers are in ``params.values``. Chance comes from the
episode (``execution.chance``), so a random strategy is the same on every thread.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import inner
from tradewind.execution.episode import clear_intent

__all__ = ["PARAMS", "TWAP_CROSS", "WAIT", "decide"]

PARAMS = np.dtype([("values", "f8", (16,))])
"""Numbers of a baseline; what they are is its own affair."""

WAIT = 0
"""Do nothing; the deadline crosses everything."""
TWAP_CROSS = 1
"""Cross an even share at every decision."""


@inner
def even_slice(episode: Record) -> Int:
    """Lots that bring the order onto an even schedule by crossing now: one decision's share ahead of the clock."""
    ahead_s = min(episode.now_s - episode.start_s + episode.decision_s, episode.horizon_s)
    due = np.int64(np.ceil(episode.quantity_lots * ahead_s / episode.horizon_s))
    return max(due - (episode.quantity_lots - episode.left_lots), 0)


@inner
def decide(  # noqa: PLR0917
    kind: Int,
    params: Record,  # noqa: ARG001
    book: Record,  # noqa: ARG001
    episode: Record,
    scales: Record,  # noqa: ARG001
    out: Array,  # noqa: ARG001
    intent: Record,
) -> None:
    """What strategy ``kind`` wants now.

    Args:
        kind: Which strategy.
        params: dtype :data:`PARAMS`.
        book: The book as the trader knows it.
        episode: dtype ``EPISODE``.
        scales: dtype ``SCALES``.
        out: Shape (OBSERVATION_SIZE,): the observation of now; read it, leave it.
        intent: dtype ``INTENT``: written.
    """
    clear_intent(intent)
    if kind == TWAP_CROSS:
        intent.cross_lots = even_slice(episode)
