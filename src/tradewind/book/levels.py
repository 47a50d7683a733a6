"""Levels of every book: L3 (matching engine, feed), L2 and L1. Parts of kernels, generic over the book's record.

``index`` is 0 for bids, 1 for asks; prices are ticks, sizes lots. Only what rests in the book counts: no stops, no held
orders, no hidden reserve. Which of the three a record is, is told by its fields when a kernel is compiled.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from tradewind.book.far import far_levels, far_size
from tradewind.book.ladder import next_occupied, worst_price
from tradewind.book.layout import Int, Record, in_window, page_of, width
from tradewind.core.dtypes import Array
from tradewind.core.errors import UsageError
from tradewind.core.kernels import inner, rare

__all__ = ["DEPTH", "best_lots", "best_ticks", "depth", "level_behind", "level_lots", "level_orders", "levels_beyond"]

DEPTH = np.dtype([("price_ticks", "i8"), ("size_lots", "i8"), ("orders", "i8")])
"""One level of one side; ``orders`` is 0 where the book does not know (L2, L1)."""


def best_ticks(book: Record, index: Int) -> Int:
    """Best price of a side; ``-NONE`` (bids) or ``+NONE`` (asks) where it is empty."""
    raise _not_python("best_ticks")


def level_lots(book: Record, index: Int, price: Int) -> Int:
    """Size at a price, anywhere in the book; 0 where there is no level."""
    raise _not_python("level_lots")


def level_orders(book: Record, index: Int, price: Int) -> Int:
    """Orders at a price, anywhere in the book; 0 where there is no level or the book does not know."""
    raise _not_python("level_orders")


def level_behind(book: Record, index: Int, price: Int) -> Int:
    """Next occupied price behind one in the window; as the best price of an empty side where the window has no more."""
    raise _not_python("level_behind")


def levels_beyond(book: Record, index: Int) -> Array:
    """Levels outside the window, best first: int64, shape (n, 3) of price, size, orders. All lie behind the window."""
    raise _not_python("levels_beyond")


@inner
def best_lots(book: Record, index: Int) -> Int:
    """Size at the best price of a side; 0 where it is empty."""
    price = best_ticks(book, index)
    return level_lots(book, index, price) if price != worst_price(index) else 0


@inner
def depth(book: Record, index: Int, out: Array) -> Int:
    """Best levels of a side, best first.

    Args:
        book: Any book.
        index: 0 bids, 1 asks.
        out: Shape (n,), dtype :data:`DEPTH`; filled from the start.

    Returns:
        Levels written, at most n; fewer where the side has fewer.
    """
    count = 0
    price = best_ticks(book, index)
    while price != worst_price(index) and count < len(out):
        out[count].price_ticks = price
        out[count].size_lots = level_lots(book, index, price)
        out[count].orders = level_orders(book, index, price)
        count += 1
        price = level_behind(book, index, price)
    if count < len(out) and count > 0:
        count += depth_beyond(book, index, out[count:])
    return count


@rare
def depth_beyond(book: Record, index: Int, out: Array) -> Int:
    """:func:`depth` of the levels outside the window."""
    levels = levels_beyond(book, index)
    count = min(len(levels), len(out))
    for k in range(count):
        out[k].price_ticks = levels[k, 0]
        out[k].size_lots = levels[k, 1]
        out[k].orders = levels[k, 2]
    return count


def _not_python(name: str) -> UsageError:
    return UsageError(f"{name} is a part of kernels; from Python, ask a BookView")


def _by_record(function: Any, l3: Any, l2: Any, l1: Any) -> None:
    """Give a function one body per kind of record."""

    def choose(book: Any, *_rest: Any) -> Any:
        if "quote_ticks" in book.fields:
            return l1
        return l3 if "orders" in book.fields else l2

    choose.__signature__ = signature(function)  # type: ignore[attr-defined]
    overload(function, jit_options={"forceinline": True}, strict=False)(choose)


# Best price
def _ladder_best(book: Record, index: Int) -> Int:
    return book.ladders[index].best_ticks


def _quote_best(book: Record, index: Int) -> Int:
    return book.quote_ticks[index] if book.quote_lots[index] != 0 else worst_price(index)


# Size and orders at a price
def _l3_lots(book: Record, index: Int, price: Int) -> Int:
    ladder = book.ladders[index]
    if in_window(ladder, price):
        return ladder.levels[price & (width(ladder) - 1)].size_lots
    return page_sums(book, index, price)[0]


def _l2_lots(book: Record, index: Int, price: Int) -> Int:
    ladder = book.ladders[index]
    if in_window(ladder, price):
        return ladder.levels[price & (width(ladder) - 1)].size_lots
    return far_size(ladder, price)


def _quote_lots(book: Record, index: Int, price: Int) -> Int:
    return book.quote_lots[index] if book.quote_ticks[index] == price else 0


def _l3_orders(book: Record, index: Int, price: Int) -> Int:
    ladder = book.ladders[index]
    if in_window(ladder, price):
        return ladder.levels[price & (width(ladder) - 1)].count
    return page_sums(book, index, price)[1]


def _unknown_orders(book: Record, index: Int, price: Int) -> Int:
    return 0


@rare
def page_sums(book: Record, index: Int, price: Int) -> tuple[Int, Int]:
    """Size and number of the orders of an L3 book at a price outside the window."""
    ladder = book.ladders[index]
    lots = orders = 0
    slot = np.int64(ladder.pages[page_of(ladder, price)].head)
    while slot != 0:
        if book.orders[slot].price_ticks == price:
            lots += book.orders[slot].size_lots
            orders += 1
        slot = np.int64(book.orders[slot].next)
    return lots, orders


# Next level
def _ladder_behind(book: Record, index: Int, price: Int) -> Int:
    return next_occupied(book.ladders[index], index, price)


def _quote_behind(book: Record, index: Int, price: Int) -> Int:
    return worst_price(index)


# Outside the window
def _l3_beyond(book: Record, index: Int) -> Array:
    return grouped(paged_orders(book, index), 1 - 2 * index, 1)


def _l2_beyond(book: Record, index: Int) -> Array:
    return grouped(far_levels(book.ladders[index]), 1 - 2 * index, 0)


def _quote_beyond(book: Record, index: Int) -> Array:
    return np.empty((0, 3), dtype=np.int64)


@rare
def paged_orders(book: Record, index: Int) -> Array:
    """Price and size of the orders of an L3 ladder outside its window: int64, shape (n, 2), in no order of price."""
    ladder = book.ladders[index]
    count = 0
    for at in range(len(ladder.pages)):
        slot = np.int64(ladder.pages[at].head)
        while slot != 0:
            count += 1
            slot = np.int64(book.orders[slot].next)
    orders = np.empty((count, 2), dtype=np.int64)
    count = 0
    for at in range(len(ladder.pages)):
        slot = np.int64(ladder.pages[at].head)
        while slot != 0:
            orders[count, 0] = book.orders[slot].price_ticks
            orders[count, 1] = book.orders[slot].size_lots
            count += 1
            slot = np.int64(book.orders[slot].next)
    return orders


@rare
def grouped(pairs: Array, sign: Int, weight: Int) -> Array:
    """Sums by price, highest first where ``sign`` is +1: int64, shape (n, 3), price, size, ``weight`` a pair."""
    levels = np.zeros((len(pairs), 3), dtype=np.int64)
    count = 0
    for k in np.argsort(-sign * pairs[:, 0]):
        if count == 0 or levels[count - 1, 0] != pairs[k, 0]:
            levels[count, 0] = pairs[k, 0]
            count += 1
        levels[count - 1, 1] += pairs[k, 1]
        levels[count - 1, 2] += weight
    return levels[:count]


_by_record(best_ticks, _ladder_best, _ladder_best, _quote_best)
_by_record(level_lots, _l3_lots, _l2_lots, _quote_lots)
_by_record(level_orders, _l3_orders, _unknown_orders, _unknown_orders)
_by_record(level_behind, _ladder_behind, _ladder_behind, _quote_behind)
_by_record(levels_beyond, _l3_beyond, _l2_beyond, _quote_beyond)
