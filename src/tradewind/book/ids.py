"""External order ids to slots: open addressing beside the book, linear probing, no tombstones.

An entry is 8 bytes: 32 bits of the key's Fibonacci hash and the slot; the key itself stands in the order. The table
is declared for a full pool but starts small and doubles when half full, so a small book's table stays in the cache.
Kernels of books whose ids are slots pass ``None`` and every use is pruned when they are compiled.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import inner, prefetch, rare

__all__ = ["erase", "expect_key", "expect_order", "find", "find_slot", "forget", "ids_dtype", "insert", "rebuild"]

GOLD = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(32)
FIRST_MASK = 255
ENTRY = np.dtype([("tag", "u4"), ("slot", "u4")], align=True)


def ids_dtype(orders: int) -> np.dtype[np.void]:
    """Dtype of the table of a book.

    Args:
        orders: Slots of the book's pool; the table is declared at least twice as long.

    Raises:
        InvalidValueError: For a pool that cannot be.
    """
    if not 2 <= orders <= 1 << 30:
        raise InvalidValueError("orders", "2 to 2**30", orders)
    length = max(1 << (2 * orders - 1).bit_length(), FIRST_MASK + 1)
    return np.dtype([("mask", "i8"), ("count", "i8"), ("padding", "i8", (6,)), ("table", ENTRY, (length,))], align=True)


@inner
def tag_of(key: Int) -> Int:
    """Upper half of the key's Fibonacci hash."""
    return np.int64((np.uint64(key) * GOLD) >> SHIFT)


@inner
def find(book: Record, ids: Record, key: Int) -> Int:
    """Place of a key in the table, or of the empty entry where it would go."""
    tag = tag_of(key)
    at = tag & ids.mask
    while ids.table[at].slot != 0:
        if ids.table[at].tag == tag and book.orders[ids.table[at].slot].order_id == key:
            break
        at = (at + 1) & ids.mask
    return at


@inner
def find_slot(book: Record, ids: Record, key: Int) -> Int:
    """Slot of a live order, or 0; without a table the key is the slot."""
    if ids is None:
        return key if 0 < key <= np.int64(book.top) and book.orders[key].size_lots > 0 else 0
    return np.int64(ids.table[find(book, ids, key)].slot)


@inner
def insert(book: Record, ids: Record, at: Int, key: Int, slot: Int) -> None:
    """A key that is not there takes its place (from :func:`find`); the slot must already hold the key."""
    ids.table[at].tag = tag_of(key)
    ids.table[at].slot = slot
    ids.count += 1
    if 2 * ids.count > ids.mask and ids.mask + 1 < len(ids.table):
        rebuild(book, ids, 2 * ids.mask + 1)


@inner
def erase(ids: Record, at: Int) -> None:
    """The entry at a place goes; later entries of its run move back."""
    gap = at
    while True:
        at = (at + 1) & ids.mask
        if ids.table[at].slot == 0:
            break
        home = np.int64(ids.table[at].tag) & ids.mask
        if ((at - home) & ids.mask) >= ((at - gap) & ids.mask):
            ids.table[gap].tag = ids.table[at].tag
            ids.table[gap].slot = ids.table[at].slot
            gap = at
    ids.table[gap].slot = 0
    ids.count -= 1


@inner
def forget(book: Record, ids: Record, slot: Int) -> None:
    """The key of a slot leaves the table."""
    if ids is not None:
        erase(ids, find(book, ids, book.orders[slot].order_id))


@rare
def rebuild(book: Record, ids: Record, mask: Int) -> None:
    """Fill the table anew from the live orders of the pool.

    Args:
        book: The book.
        ids: Its table; zeroed memory will do.
        mask: New length less one, a power of two less one; grown until at most half of the table is used.
    """
    mask = max(mask, FIRST_MASK)
    while 2 * book.live > mask and mask + 1 < len(ids.table):
        mask = 2 * mask + 1
    for at in range(mask + 1):
        ids.table[at].slot = 0
    ids.mask = mask
    ids.count = 0
    for slot in range(1, np.int64(book.top) + 1):
        order = book.orders[slot]
        if order.size_lots > 0:
            at = tag_of(order.order_id) & mask
            while ids.table[at].slot != 0:
                at = (at + 1) & mask
            ids.table[at].tag = tag_of(order.order_id)
            ids.table[at].slot = slot
            ids.count += 1


@inner
def expect_key(ids: Record, key: Int) -> None:
    """A key will be looked up soon: ask for its entry's cache line."""
    prefetch(ids.table[tag_of(key) & ids.mask])


@inner
def expect_order(book: Record, ids: Record, key: Int) -> None:
    """A key will be looked up soon, its entry is here: ask for its order's cache line."""
    prefetch(book.orders[ids.table[tag_of(key) & ids.mask].slot])
