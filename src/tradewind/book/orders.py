"""The pool of orders: a slot is taken from the free list, else from the untouched end; setting up costs nothing."""

from __future__ import annotations

import numpy as np

from tradewind.book.ladder import leave, worst_price
from tradewind.book.layout import LADDER_MASK, Int, Record
from tradewind.core.kernels import inner, rare

__all__ = ["clear_book", "release", "remove", "take_slot"]


@rare
def clear_book(book: Record) -> None:
    """Make a zeroed or used record an empty book; limits, state and counters stay."""
    for index in range(len(book.ladders)):
        ladder = book.ladders[index]
        ladder.best_ticks = worst_price(index)
        ladder.base_ticks = 0
        ladder.cold = np.uint64(0)
        for at in range(len(ladder.pages)):
            ladder.pages[at].head = 0
            ladder.pages[at].tail = 0
        for word in range(len(ladder.bits)):
            if ladder.bits[word]:
                ladder.bits[word] = 0
                for at in range(word << 6, (word + 1) << 6):
                    level = ladder.levels[at]
                    level.head, level.tail, level.size_lots, level.count = 0, 0, 0, 0
    for slot in range(1, np.int64(book.top) + 1):
        book.orders[slot].size_lots = 0
    book.free = 0
    book.top = 0
    book.live = 0


@inner
def take_slot(book: Record) -> Int:
    """A free slot, or 0 when the pool is full; the caller sets every field it reads."""
    slot = np.int64(book.free)
    if slot != 0:
        book.free = book.orders[slot].next
    else:
        slot = np.int64(book.top) + 1
        if slot >= len(book.orders):
            return 0
        book.top = slot
    book.live += 1
    return slot


@inner
def release(book: Record, slot: Int) -> None:
    """Give a slot back; size 0 marks it free."""
    order = book.orders[slot]
    order.size_lots = 0
    order.next = book.free
    book.free = slot
    book.live -= 1


@inner
def remove(book: Record, slot: Int) -> None:
    """Take an order out of its ladder and free its slot."""
    leave(book, np.int64(book.orders[slot].flags) & LADDER_MASK, slot)
    release(book, slot)
