"""Levels of an L2 ladder outside its window: open addressing by price, linear probing, no tombstones.

A cell of size 0 is empty. The table is declared long but starts at 256 cells and doubles when half full; memory that
is never touched is never committed. All of it is off the hot path: rows near the touch never come here.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record, in_window
from tradewind.core.kernels import inner, rare

__all__ = ["FAR_CELLS", "best_far", "far_levels", "far_size", "put_far", "refill", "take_far"]

FAR_CELLS = 1 << 18
"""Cells of a side's table; at most half of them are used."""
FIRST_MASK = 255
GOLD = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(32)


@inner
def place(ladder: Record, price: Int) -> Int:
    """Cell of a price, or the empty cell where it would go."""
    at = np.int64((np.uint64(price) * GOLD) >> SHIFT) & ladder.far_mask
    while ladder.far[at].size_lots != 0 and ladder.far[at].price_ticks != price:
        at = (at + 1) & ladder.far_mask
    return at


@rare
def far_size(ladder: Record, price: Int) -> Int:
    """Size at a price outside the window; 0 where there is no level."""
    return ladder.far[place(ladder, price)].size_lots


@rare
def put_far(ladder: Record, price: Int, size: Int) -> bool:
    """Set a level outside the window to a positive size; False when there is no room for another."""
    at = place(ladder, price)
    if ladder.far[at].size_lots == 0:
        if 2 * (ladder.far_count + 1) > len(ladder.far):
            return False
        if 2 * (ladder.far_count + 1) > ladder.far_mask + 1:
            refill(ladder, far_levels(ladder), 2 * ladder.far_mask + 1)
            at = place(ladder, price)
        ladder.far[at].price_ticks = price
        ladder.far_count += 1
    ladder.far[at].size_lots = size
    return True


@rare
def take_far(ladder: Record, price: Int) -> Int:
    """Remove a level outside the window; returns the size it had, 0 where there was none."""
    at = gap = place(ladder, price)
    size = ladder.far[at].size_lots
    if size == 0:
        return 0
    while True:
        at = (at + 1) & ladder.far_mask
        if ladder.far[at].size_lots == 0:
            break
        home = np.int64((np.uint64(ladder.far[at].price_ticks) * GOLD) >> SHIFT) & ladder.far_mask
        if ((at - home) & ladder.far_mask) >= ((at - gap) & ladder.far_mask):
            ladder.far[gap].price_ticks = ladder.far[at].price_ticks
            ladder.far[gap].size_lots = ladder.far[at].size_lots
            gap = at
    ladder.far[gap].size_lots = 0
    ladder.far_count -= 1
    return size


@rare
def far_levels(ladder: Record):  # type: ignore[no-untyped-def]
    """Levels outside the window in no order: int64, shape (n, 2), price [ticks] and size [lots]."""
    levels = np.empty((ladder.far_count, 2), dtype=np.int64)
    count = 0
    for at in range(ladder.far_mask + 1):
        if ladder.far[at].size_lots != 0:
            levels[count, 0] = ladder.far[at].price_ticks
            levels[count, 1] = ladder.far[at].size_lots
            count += 1
    return levels


@rare
def refill(ladder: Record, levels, mask: Int) -> None:  # type: ignore[no-untyped-def]
    """Fill the table anew with those of some levels that lie outside the window, ``mask`` + 1 cells long or longer."""
    mask = max(mask, FIRST_MASK)
    while 2 * len(levels) > mask + 1 and mask + 1 < len(ladder.far):
        mask = 2 * mask + 1
    for at in range(mask + 1):
        ladder.far[at].size_lots = 0
    ladder.far_mask = mask
    ladder.far_count = 0
    for k in range(len(levels)):
        if not in_window(ladder, levels[k, 0]):
            at = place(ladder, levels[k, 0])
            ladder.far[at].price_ticks = levels[k, 0]
            ladder.far[at].size_lots = levels[k, 1]
            ladder.far_count += 1


@rare
def best_far(ladder: Record, sign: Int, worst: Int) -> Int:
    """Best price outside the window: the highest where ``sign`` is +1, the lowest where it is -1."""
    best = worst
    for at in range(ladder.far_mask + 1):
        if ladder.far[at].size_lots != 0 and (ladder.far[at].price_ticks - best) * sign > 0:
            best = ladder.far[at].price_ticks
    return best
