"""Whole books, one after the other, as the LEVEL rows that lead from each to the next."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind

__all__ = ["depth_changes"]

BLOCK_PAIRS = 2_000_000


def depth_changes(stamps: Array, ticks: Array, lots: Array, before: tuple[Array, Array] | None) -> Array:
    """LEVEL rows between consecutive books of a fixed depth.

    A level that is in the one book and not in the next gets size 0: it has left the *visible* levels, whether it was
    cancelled or pushed out of sight. A book without ``before`` is a snapshot: CLEAR, then its levels. Books equal to
    the one before give no rows.

    Args:
        stamps: Shape (n,), dtype ``EVENT``: time stamps, sequence and instrument of each book.
        ticks: Shape (n, 2, levels), int64: prices of bids and asks [ticks].
        lots: Shape (n, 2, levels), int64: sizes [lots]; 0 where there is no level.
        before: Prices and sizes of the book before the first, each of shape (2, levels); None at the start.

    Returns:
        Rows of dtype ``EVENT``; each book's rows are one packet, LAST on its final row.
    """
    count, _, levels = ticks.shape
    pieces = []
    for start in range(0, count, max(1, BLOCK_PAIRS // (levels * levels))):
        end = min(count, start + max(1, BLOCK_PAIRS // (levels * levels)))
        pieces.append(_changes(stamps[start:end], ticks[start:end], lots[start:end], before))
        before = ticks[end - 1], lots[end - 1]
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=EVENT)


def _changes(stamps: Array, ticks: Array, lots: Array, before: tuple[Array, Array] | None) -> Array:
    first = np.zeros((2, *ticks.shape[1:]), dtype=np.int64) if before is None else np.stack(before)
    old_ticks = np.concatenate([first[:1], ticks[:-1]])
    old_lots = np.concatenate([first[1:], lots[:-1]])
    same = (ticks[..., :, None] == old_ticks[..., None, :]) & (lots[..., :, None] > 0) & (old_lots[..., None, :] > 0)
    size_before = np.where(same, old_lots[..., None, :], 0).sum(axis=-1)
    gone = (old_lots > 0) & ~same.any(axis=-2)
    changed = (lots > 0) & (size_before != lots)

    # Per book: levels that left, then new and changed ones, bids before asks; np.nonzero is already in that order.
    price = np.concatenate([old_ticks, ticks], axis=-1)
    size = np.concatenate([np.zeros_like(old_lots), lots], axis=-1)
    book, side, level = np.nonzero(np.concatenate([gone, changed], axis=-1))
    rows = stamps[book].copy()
    rows["kind"] = EventKind.LEVEL
    rows["side"] = 1 - 2 * side
    rows["price_ticks"] = price[book, side, level]
    rows["size_lots"] = size[book, side, level]
    rows["flags"] = np.where(
        np.append(book[1:] != book[:-1], np.ones(min(1, len(book)), dtype=bool)), EventFlag.LAST, 0
    )
    if before is not None:
        return rows
    clear = stamps[:1].copy()
    clear["kind"] = EventKind.CLEAR
    clear["flags"] = EventFlag.SNAPSHOT if (book == 0).any() else EventFlag.SNAPSHOT | EventFlag.LAST
    rows["flags"] |= np.where(book == 0, EventFlag.SNAPSHOT, 0).astype(np.uint16)
    return np.concatenate([clear, rows])
