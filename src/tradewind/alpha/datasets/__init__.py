"""Learning tasks from data: ticks, books, auctions, daily and hourly prices, as panels."""

from tradewind.alpha.datasets.auction import closing_auction
from tradewind.alpha.datasets.book_ticks import Move, book_ticks
from tradewind.alpha.datasets.daily import Universe, daily_cross_section
from tradewind.alpha.datasets.depth import binance_l2, book_depth, sgx_l2
from tradewind.alpha.datasets.hourly import hourly_variance
from tradewind.alpha.datasets.market import beside_market

__all__ = [
    "Move",
    "Universe",
    "beside_market",
    "binance_l2",
    "book_depth",
    "book_ticks",
    "closing_auction",
    "daily_cross_section",
    "hourly_variance",
    "sgx_l2",
]
