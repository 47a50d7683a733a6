r"""What one reads off a book: mid, spread, microprice, imbalance, queue ahead. Parts of kernels, for every book.

With best bid :math:`P_b, Q_b` and best ask :math:`P_a, Q_a`:

==================== ===================================================================================================
:func:`mid`          :math:`(P_a + P_b) / 2`
:func:`spread`       :math:`P_a - P_b`; 0 is locked, negative crossed
:func:`microprice`   :math:`(P_a Q_b + P_b Q_a) / (Q_a + Q_b)`: each price weighted by the size on the *other* side;
                     Gatheral and Oomen (2010), "Zero-intelligence realized variance estimation". Stoikov (2018), "The
                     micro-price", calls it the weighted mid-price and keeps the name for its martingale refinement
:func:`imbalance`    :math:`(B - A) / (B + A)`, with :math:`B, A` the sizes of the best *k* levels of bids and of asks;
                     Cartea, Jaimungal and Penalva (2015), "Algorithmic and High-Frequency Trading", ch. 10
:func:`queue_ahead`  size and number of the orders before one in its queue
==================== ===================================================================================================

What is not there: a float is NaN when a side that it needs is empty; the imbalance is +1 with no asks, -1 with no bids
and NaN with neither.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.ladder import worst_price
from tradewind.book.layout import ASKS, BIDS, Int, Record
from tradewind.book.levels import best_lots, best_ticks, level_behind, level_lots, levels_beyond
from tradewind.core.kernels import inner, rare

__all__ = ["BEST", "imbalance", "microprice", "mid", "queue_ahead", "spread", "write_best"]

BEST = np.dtype([("bid_ticks", "i8"), ("bid_lots", "i8"), ("ask_ticks", "i8"), ("ask_lots", "i8")])
"""Best quotes; of an empty side price and size are 0."""


@inner
def two_sided(book: Record) -> Int:
    """Whether both sides have a best price."""
    return best_ticks(book, BIDS) != worst_price(BIDS) and best_ticks(book, ASKS) != worst_price(ASKS)


@inner
def mid(book: Record) -> float:
    """Mid-price [ticks]; NaN unless both sides have a best price."""
    return 0.5 * (best_ticks(book, BIDS) + best_ticks(book, ASKS)) if two_sided(book) else np.nan


@inner
def spread(book: Record) -> float:
    """Best ask less best bid [ticks]; NaN unless both sides have a best price."""
    return np.float64(best_ticks(book, ASKS) - best_ticks(book, BIDS)) if two_sided(book) else np.nan


@inner
def microprice(book: Record) -> float:
    """Mid-price weighted by the size on the other side [ticks]; NaN unless both sides have a best price."""
    if not two_sided(book):
        return np.nan
    bid_lots, ask_lots = np.float64(best_lots(book, BIDS)), np.float64(best_lots(book, ASKS))
    weighted = best_ticks(book, ASKS) * bid_lots + best_ticks(book, BIDS) * ask_lots
    return weighted / (bid_lots + ask_lots)


@inner
def sum_levels(book: Record, index: Int, levels: Int) -> Int:
    """Size of the best levels of a side [lots]."""
    total = 0
    price = best_ticks(book, index)
    while price != worst_price(index) and levels > 0:
        total += level_lots(book, index, price)
        levels -= 1
        price = level_behind(book, index, price)
    if levels > 0 and total > 0:
        total += sum_beyond(book, index, levels)
    return total


@rare
def sum_beyond(book: Record, index: Int, levels: Int) -> Int:
    """Size of the best levels outside the window [lots]."""
    return levels_beyond(book, index)[:levels, 1].sum()


@inner
def imbalance(book: Record, levels: Int) -> float:
    """Bid size less ask size over their sum, over the best levels of each side; NaN when the book is empty."""
    bids = np.float64(sum_levels(book, BIDS, levels))
    asks = np.float64(sum_levels(book, ASKS, levels))
    return (bids - asks) / (bids + asks) if bids + asks > 0 else np.nan


@inner
def queue_ahead(book: Record, slot: Int) -> tuple[Int, Int]:
    """What stands before an order of an L3 book in its queue; costs one step per order before it.

    Args:
        book: L3 book.
        slot: Slot of a live order (``ids.find_slot``).

    Returns:
        ``(size, orders)`` before it: visible lots, number.
    """
    lots = orders = 0
    price = book.orders[slot].price_ticks
    at = np.int64(book.orders[slot].prev)
    while at != 0:
        if book.orders[at].price_ticks == price:
            lots += book.orders[at].size_lots
            orders += 1
        at = np.int64(book.orders[at].prev)
    return lots, orders


@inner
def write_best(book: Record, best: Record) -> None:
    """Best quotes of a book into a record of dtype :data:`BEST`."""
    best.bid_lots = best_lots(book, BIDS)
    best.ask_lots = best_lots(book, ASKS)
    best.bid_ticks = best_ticks(book, BIDS) if best.bid_lots != 0 else 0
    best.ask_ticks = best_ticks(book, ASKS) if best.ask_lots != 0 else 0
