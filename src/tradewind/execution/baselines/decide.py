"""Baselines inside the environment's compiled step: what does a strategy want now, given the book and the episode?

To add one: a :class:`~tradewind.execution.baselines.records.Kind`, a branch in
:func:`~tradewind.execution.baselines.choose.choose`, and a row in ``catalogue.BASELINES``. Chance comes from the
episode's number, so a random strategy is the same on every thread.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import NONE, Int, Record
from tradewind.book.levels import best_lots, best_ticks
from tradewind.core.dtypes import Array
from tradewind.core.kernels import inner, rare
from tradewind.execution.baselines.choose import choose
from tradewind.execution.baselines.records import MEMORY, PLAN, SIGHT
from tradewind.execution.episode import clear_intent

__all__ = ["FOLLOW_PLAN", "PARAMS", "TWAP_CROSS", "WAIT", "decide"]

PARAMS = np.dtype([("plan", PLAN), ("memory", MEMORY), ("sight", SIGHT)], align=True)
"""A baseline in one environment: its plan, what it remembers of the present order (cleared when the episode's number
changes), and room for what it sees."""

WAIT = 0
"""Do nothing; the deadline crosses everything."""
TWAP_CROSS = 1
"""Cross an even share at every decision, without a plan."""
FOLLOW_PLAN = 2
"""Do as the plan says."""


@inner
def even_slice(episode: Record) -> Int:
    """Lots that bring the order onto an even schedule by crossing now: one decision's share ahead of the clock."""
    ahead_s: Int = min(episode.now_s - episode.start_s + episode.decision_s, episode.horizon_s)
    due = np.int64(np.ceil(episode.quantity_lots * ahead_s / episode.horizon_s))
    return max(due - (episode.quantity_lots - episode.left_lots), 0)


@inner
def see(sight: Record, book: Record, episode: Record, scales: Record) -> None:
    """What a baseline sees, from the book and the episode."""
    bid, ask = best_ticks(book, 0), best_ticks(book, 1)
    sight.side = episode.side
    sight.quantity_lots = episode.quantity_lots
    sight.left_lots = episode.left_lots
    sight.bid_ticks = bid
    sight.ask_ticks = ask
    sight.bid_lots = best_lots(book, 0) if bid > -NONE else 0
    sight.ask_lots = best_lots(book, 1) if ask < NONE else 0
    sight.arrival_half_ticks = episode.decision_half
    own = episode.quantity_lots - episode.left_lots
    sight.market_lots = max(episode.memory.volume_lots - episode.volume_before - own, 0)
    sight.elapsed_s = min(max(episode.now_s - episode.start_s, 0.0), episode.horizon_s)
    sight.horizon_s = episode.horizon_s
    sight.decision_s = episode.decision_s
    sight.session_s = episode.session_s
    sight.volume_per_s = scales.volume_per_s


@inner
def remember_order(memory: Record, episode: Record) -> None:
    """A new order begins with an empty memory and chance of its own."""
    if memory.episode != episode.episode:
        memory.episode = episode.episode
        memory.key = episode.key
        memory.draws = 0
        memory.epoch = -1
        memory.slice = -1
        memory.rest_ticks = 0
        memory.action = 0
        memory.state = 0


@rare
def decide(  # noqa: PLR0917
    kind: Int,
    params: Record,
    book: Record,
    episode: Record,
    scales: Record,
    out: Array,  # noqa: ARG001
    intent: Record,
) -> None:
    """What a strategy wants now.

    Args:
        kind: :data:`WAIT`, :data:`TWAP_CROSS` or :data:`FOLLOW_PLAN`.
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
    elif kind == FOLLOW_PLAN:
        remember_order(params.memory, episode)
        see(params.sight, book, episode, scales)
        choose(params.plan, params.memory, params.sight, intent)
