"""Learning tasks from data: ticks, books, auctions, daily and hourly prices, as panels."""

from tradewind.alpha.datasets.book_ticks import book_ticks

__all__ = ["book_ticks"]
