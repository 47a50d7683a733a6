"""Live orders by reference: an open-addressing hash as a kernel, 16 bytes a slot, four slots a cache line.

Linear probing at a load of at most one half; a removal moves later entries back, so there are no tombstones and the
cost does not grow with the length of the day. The table doubles between calls (:func:`rehash`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import ctz, entry, inner
from tradewind.data.itch.pointers import pointer_to

__all__ = ["FIRST_SLOTS", "SELL_BIT", "SLOT", "find", "home", "put", "rehash", "remove", "slot_at"]

SLOT = np.dtype([("reference", "i8"), ("price_side", "u4"), ("shares", "u4")])
"""One live order; reference 0 is an empty slot; ``price_side`` is the price in 1/10,000 dollar, the top bit a sell."""
SELL_BIT = 1 << 31
"""Set in ``price_side`` of a sell order; prices reach 2,000,000,000 at most."""
FIRST_SLOTS = 1 << 12
"""Slots of a new table; always a power of two."""
GOLD = np.uint64(0x9E3779B97F4A7C15)

slot_at = pointer_to(SLOT)
"""``slot_at(address, index)``: a slot of the table that begins at an address."""


@inner
def home(table: Any, reference: Any) -> Any:
    """Slot where the search for an order begins (Fibonacci hashing, Knuth 6.4)."""
    return np.int64((np.uint64(reference) * GOLD) >> np.uint64(table.shift))


@inner
def find(table: Any, reference: Any) -> Any:
    """Slot of a live order, -1 when there is none."""
    at = home(table, reference)
    while True:
        key = slot_at(table.slots, at).reference
        if key == reference:
            return at
        if key == 0:
            return -1
        at = (at + 1) & table.mask


@inner
def put(table: Any, reference: Any, price_side: Any, shares: Any) -> None:
    """Enter an order; one of the same reference is overwritten and counted."""
    at = home(table, reference)
    while True:
        slot = slot_at(table.slots, at)
        if slot.reference == reference:
            table.duplicate_references += 1
            break
        if slot.reference == 0:
            slot.reference = reference
            table.live += 1
            break
        at = (at + 1) & table.mask
    slot.price_side = price_side
    slot.shares = shares


@inner
def remove(table: Any, hole: Any) -> None:
    """Take the order in a slot out, and move those behind it that may come nearer to their home."""
    table.live -= 1
    at = hole
    while True:
        at = (at + 1) & table.mask
        slot = slot_at(table.slots, at)
        if slot.reference == 0:
            break
        if ((at - home(table, slot.reference)) & table.mask) >= ((at - hole) & table.mask):
            empty = slot_at(table.slots, hole)
            empty.reference = slot.reference
            empty.price_side = slot.price_side
            empty.shares = slot.shares
            hole = at
    slot_at(table.slots, hole).reference = 0


@entry
def rehash(states: Array, old: Array, new: Array) -> None:
    """Move every order of a table to a larger, empty one.

    Args:
        states: Shape (1,), dtype ``STATE``; points to the new table afterwards.
        old: Shape (n,), dtype ``SLOT``.
        new: Shape (m,), m a power of two and m > n, dtype ``SLOT``, zeros.
    """
    table = states[0]
    table.slots = new.ctypes.data
    table.mask = len(new) - 1
    table.shift = 64 - ctz(np.uint64(len(new)))
    table.live = 0
    for slot in old:
        if slot.reference != 0:
            put(table, slot.reference, slot.price_side, slot.shares)
