"""What every book shows, from Python: one :class:`BookView` for the matching engine, L3, L2 and L1 books."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.book.ids import find_slot
from tradewind.book.layout import ASKS, LADDER_MASK, Int
from tradewind.book.levels import DEPTH, depth, level_lots, level_orders
from tradewind.book.measures import BEST, imbalance, microprice, mid, queue_ahead, spread, write_best
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.core.kernels import entry

__all__ = ["BookView"]


@entry
def best_of(books: Array, bests: Array) -> None:
    """Best quotes of a book."""
    write_best(books[0], bests[0])


@entry
def measures_of(books: Array) -> tuple[float, float, float]:
    """Mid, spread and microprice of a book."""
    return mid(books[0]), spread(books[0]), microprice(books[0])


@entry
def imbalance_of(books: Array, levels: int) -> float:
    """Imbalance of a book."""
    return imbalance(books[0], levels)


@entry
def depth_of(books: Array, index: int, out: Array) -> Int:
    """Best levels of a side."""
    return depth(books[0], index, out)


@entry
def level_of(books: Array, index: int, price: int) -> tuple[Int, Int]:
    """Size and orders at a price."""
    return level_lots(books[0], index, price), level_orders(books[0], index, price)


@entry
def ahead_of(books: Array, idss: Array, order_id: int) -> tuple[Int, Int, Int]:
    """Slot of an order that rests, else 0, and what stands before it."""
    book = books[0]
    slot = find_slot(book, idss[0], order_id)
    if slot == 0 or np.int64(book.orders[slot].flags) & LADDER_MASK > ASKS:
        return 0, 0, 0
    lots, orders = queue_ahead(book, slot)
    return slot, lots, orders


def side_index(side: int) -> int:
    """Index of a side: 0 bids, 1 asks."""
    if side not in (1, -1):
        raise InvalidValueError("side", "+1 (bid) or -1 (ask)", side)
    return (1 - side) >> 1


class BookView:
    """Reads a book; changes nothing.

    Every number is that of the moment. Prices are ticks, sizes lots. What is not there: a best quote of an empty side
    is None, a float that needs it NaN.

    Args:
        books: Shape (1,), the record of a book: L3 (``book_dtype``), ``L2_BOOK`` or ``L1_BOOK``.
        idss: Shape (1,), the id table of an L3 book; None for the others.
    """

    def __init__(self, books: Array, idss: Array | None = None) -> None:
        self._books = books
        self._idss = idss
        self._best = np.zeros(1, dtype=BEST)

    def _quotes(self) -> Any:
        best_of(self._books, self._best)
        return self._best[0]

    @property
    def best_bid(self) -> tuple[int, int] | None:
        """Price [ticks] and size [lots] of the best bid, None where there is none."""
        best = self._quotes()
        return (int(best["bid_ticks"]), int(best["bid_lots"])) if best["bid_lots"] else None

    @property
    def best_ask(self) -> tuple[int, int] | None:
        """Price [ticks] and size [lots] of the best ask, None where there is none."""
        best = self._quotes()
        return (int(best["ask_ticks"]), int(best["ask_lots"])) if best["ask_lots"] else None

    @property
    def mid_ticks(self) -> float:
        """Middle between best bid and best ask [ticks]."""
        return float(measures_of(self._books)[0])

    @property
    def spread_ticks(self) -> float:
        """Best ask less best bid [ticks]."""
        return float(measures_of(self._books)[1])

    @property
    def microprice_ticks(self) -> float:
        """Mid-price weighted by the size on the other side [ticks]; see :mod:`~tradewind.book.measures`."""
        return float(measures_of(self._books)[2])

    def imbalance(self, levels: int = 1) -> float:
        """Bid size less ask size over their sum, of the best levels of each side.

        Args:
            levels: How many; 1 or more.

        Raises:
            InvalidValueError: For less than one level.
        """
        if levels < 1:
            raise InvalidValueError("levels", "1 or more", levels)
        return float(imbalance_of(self._books, levels))

    def depth(self, side: int, levels: int) -> Array:
        """Best levels of a side, best first; exact at any distance from the touch.

        Args:
            side: +1 bids, -1 asks.
            levels: How many; fewer come where the side has fewer.

        Returns:
            Dtype ``DEPTH``: price [ticks], size [lots], orders (0 where the book does not know).

        Raises:
            InvalidValueError: For a wrong side or less than one level.
        """
        if levels < 1:
            raise InvalidValueError("levels", "1 or more", levels)
        out = np.zeros(levels, dtype=DEPTH)
        return out[: depth_of(self._books, side_index(side), out)]

    def level(self, side: int, price_ticks: int) -> tuple[int, int]:
        """Size [lots] and number of orders at a price: what a new order would stand behind.

        Args:
            side: +1 bids, -1 asks.
            price_ticks: Any price [ticks].

        Raises:
            InvalidValueError: For a wrong side.
        """
        lots, orders = level_of(self._books, side_index(side), price_ticks)
        return int(lots), int(orders)

    def queue_ahead(self, order_id: int) -> tuple[int, int]:
        """Size [lots] and number of the orders that stand before one in its queue.

        Args:
            order_id: A resting order of an L3 book.

        Raises:
            NotFoundError: When it does not rest here, or the book does not know orders.
        """
        if self._idss is None:
            raise NotFoundError("this book does not know orders; only an L3 book has queues, see level()")
        slot, lots, orders = ahead_of(self._books, self._idss, order_id)
        if slot == 0:
            raise NotFoundError(f"order {order_id} does not rest in this book")
        return int(lots), int(orders)
