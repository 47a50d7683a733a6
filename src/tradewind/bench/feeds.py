"""Feed books beside hftbacktest: what a venue would publish of the mixed stream, replayed into L3, L2 and L1 books."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tradewind.bench.result import Row, row, time_calls
from tradewind.book.feeds import FeedBook, L1Book, L2Book, L3Book
from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind

__all__ = ["feed_book_rows", "order_rows"]

ADD, DELETE, REPLACE = EventKind.ADD, EventKind.DELETE, EventKind.REPLACE
CODES = {10: ADD, 11: DELETE, 12: REPLACE}
"""hftbacktest's codes of what happened to an order."""
BUY_BIT = 1 << 29
LEVEL_ROWS = 20_000


def order_rows(feed: Array, tick: float = 0.01) -> Array:
    """An L3 feed of hftbacktest as EVENT rows.

    Args:
        feed: Shape (n,), as :func:`~tradewind.bench.public_engines.l3_feed` makes it.
        tick: Its price step [currency].

    Returns:
        Shape (n,), dtype ``EVENT``, one packet a row.
    """
    rows = np.zeros(len(feed), dtype=EVENT)
    codes = feed["ev"] & 0xFF
    for code, kind in CODES.items():
        rows["kind"][codes == code] = kind
    stays = rows["kind"] != DELETE
    rows["side"] = np.where(feed["ev"] & BUY_BIT, 1, -1)
    rows["order_id"] = feed["order_id"]
    rows["price_ticks"] = np.where(stays, np.rint(feed["px"] / tick), 0)
    rows["size_lots"] = np.where(stays, feed["qty"], 0)
    rows["ts_event_ns"], rows["sequence"], rows["flags"] = feed["exch_ts"], np.arange(len(feed)), EventFlag.LAST
    return rows


def level_rows(orders: Array) -> Array:
    """After each order row, the size of a level of its side: its own, where the row names one, else the best one."""
    book, rows = L3Book(), orders.copy()
    rows["kind"], rows["order_id"] = EventKind.LEVEL, 0
    for at in range(len(orders)):
        book.apply(orders[at : at + 1])
        side, price = int(orders["side"][at]), int(orders["price_ticks"][at])
        best = book.best_bid if side > 0 else book.best_ask
        price = price or (best[0] if best else 1)
        rows["price_ticks"][at], rows["size_lots"][at] = price, book.level(side, price)[0]
    rows["flags"] = 0  # a sample of the changes, so no row leaves the book whole
    return rows


def quote_rows(orders: Array) -> Array:
    """Both best quotes after each order row."""
    bests = L3Book().best_quotes(orders)
    rows = np.repeat(orders, 2)
    rows["kind"], rows["side"] = EventKind.QUOTE, np.tile([1, -1], len(orders))
    for name, unit in (("price_ticks", "ticks"), ("size_lots", "lots")):
        rows[name] = np.stack([bests[f"bid_{unit}"], bests[f"ask_{unit}"]], axis=1).ravel()
    rows["flags"][0::2] = 0
    return rows


def feed_book_rows(feed: Array, reference: float | None) -> list[Row]:
    """Measure the feed books.

    Args:
        feed: Shape (n,), hftbacktest's rows of the flow.
        reference: Rows a second at which hftbacktest's exchange side replays it; None where it is not installed.

    Returns:
        A row for each book, and one for the L3 book with its best quotes noted after every row.
    """
    orders = order_rows(feed)
    beside = ("hftbacktest L3 feed, FIFO queues", reference)
    levels = np.tile(level_rows(orders[:LEVEL_ROWS]), max(1, len(orders) // LEVEL_ROWS))
    quotes = quote_rows(orders)
    levels["ts_event_ns"] = levels["sequence"] = np.arange(len(levels))
    unit = "rows/s"
    return [
        row("feed_l3", _rate(L3Book, FeedBook.apply, orders), unit, beside, "ratio >= 8"),
        row("feed_l3_best_quotes", _rate(L3Book, FeedBook.best_quotes, orders), unit, beside, "ratio >= 8"),
        row("feed_l2", _rate(L2Book, FeedBook.apply, levels), unit),
        row("feed_l1", _rate(L1Book, FeedBook.apply, quotes), unit),
    ]


def _rate(make: Callable[[], FeedBook], run: Callable[[FeedBook, Array], object], rows: Array) -> float:
    """Rows a second into a fresh book, median of a few runs after one that is not counted."""
    fresh: list[FeedBook] = []
    return len(rows) / time_calls(
        lambda: run(fresh[-1], rows), prepare=lambda: fresh.__setitem__(slice(None), [make()])
    )
