"""What a baseline sees, read off a book and an episode."""

from __future__ import annotations

from tradewind.book.layout import NONE, Record
from tradewind.book.levels import best_lots, best_ticks
from tradewind.core.kernels import inner

__all__ = ["see"]


@inner
def see(book: Record, episode: Record, scales: Record, sight: Record) -> None:
    """Fill a record of dtype ``SIGHT``.

    Args:
        book: The book as the trader knows it.
        episode: dtype ``EPISODE``.
        scales: dtype ``SCALES``: what is usual in this market.
        sight: dtype ``SIGHT``; written.
    """
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
