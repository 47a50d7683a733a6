"""Make tapes of levels (L2) and of quotes (L1): kernels that follow the historical book and write its changes.

Dirt is dealt with here, once: a packet that crosses the L2 book, a CLEAR and the snapshot behind it become the LEVEL
rows that they amount to, so that a replay only ever sets levels. Quotes that repeat the side they speak of are left
out; the end of a packet moves to the last row that is kept.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.issues import Issue
from tradewind.book.l2 import apply_l2
from tradewind.book.ladder import worst_price
from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.kernels import entry, inner, rare

__all__ = ["DEPTH_FOLLOWER", "DEPTH_SPARE", "apply_levels", "follow_levels", "follow_quotes"]

DEPTH_FOLLOWER = np.dtype(
    [("count", "i8"), ("last_ns", "i8"), ("open_packet", "i8"), ("ticks", "i8", (2,)), ("lots", "i8", (2,))]
    + [(name, "i8") for name in ("backwards", "prints", "passed_by", "repeated", "bad")]
)
"""What following keeps: rows written, latest time, first row of the packet that is open, best quotes, and counts."""
DEPTH_SPARE = 2 * 4096 + 64
"""Free rows of the tape that one source row may need, snapshots excepted."""

TRADE, LEVEL, QUOTE = int(EventKind.TRADE), int(EventKind.LEVEL), int(EventKind.QUOTE)
CLEAR, STATUS = int(EventKind.CLEAR), int(EventKind.STATUS)
LAST, SNAPSHOT = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)
STALE_REMOVED, BAD_SIDE = int(Issue.STALE_REMOVED), int(Issue.BAD_SIDE)
BAD_PRICE, BAD_SIZE = int(Issue.BAD_PRICE), int(Issue.BAD_SIZE)
SIZE_LIMIT = 1 << 52
PRICE_LIMIT = 1 << 40


@inner
def copy_row(state: Record, tape: Array, row: Record) -> None:
    """The next row of the tape says what a source row says."""
    out = tape[state.count]
    state.count += 1
    out.ts_ns = state.last_ns
    out.kind, out.side, out.flags = row.kind, row.side, row.flags
    out.price_ticks, out.size_lots = row.price_ticks, row.size_lots


@inner
def write_level(state: Record, tape: Array, side: Int, price: Int, size: Int) -> None:
    """A LEVEL row that no source row says."""
    out = tape[state.count]
    state.count += 1
    out.ts_ns, out.kind, out.side, out.flags = state.last_ns, LEVEL, 1 - 2 * side, 0
    out.price_ticks, out.size_lots = price, size


@inner
def keep_time(state: Record, row: Record) -> None:
    """Time never goes back; where it does, it is counted and raised."""
    state.backwards += row.ts_event_ns < state.last_ns and np.int64(row.flags) & SNAPSHOT == 0
    state.last_ns = max(state.last_ns, row.ts_event_ns)


@rare
def write_removed(book: Record, state: Record, tape: Array, bests: Array) -> None:
    """Best levels that went because a packet crossed the book."""
    ended = state.count > 0 and np.int64(tape[state.count - 1].flags) & LAST
    if ended:
        tape[state.count - 1].flags &= ~LAST
    for side in range(2):
        sign, price = 1 - 2 * side, bests[side]
        for _ in range(DEPTH_SPARE // 4):
            if price == worst_price(side) or (price - book.ladders[side].best_ticks) * sign <= 0:
                break
            write_level(state, tape, side, price, 0)
            price -= sign
    if ended:
        tape[state.count - 1].flags |= LAST


@entry
def follow_levels(books: Array, watches: Array, states: Array, rows: Array, tape: Array) -> int:
    """Apply rows to an L2 book and write a tape, until one stops the book, a CLEAR comes, or the tape is nearly full.

    Args:
        books: Shape (1,), dtype ``L2_BOOK``.
        watches: Shape (1,), dtype ``WATCH``.
        states: Shape (1,), dtype :data:`DEPTH_FOLLOWER`.
        rows: Shape (n,), dtype ``EVENT``.
        tape: Shape (m,), dtype ``TAPE``; ``count`` rows of it are written.

    Returns:
        Rows followed; where the next one is a CLEAR, the caller deals with it.
    """
    book, watch, state = books[0], watches[0], states[0]
    bests = np.zeros(2, np.int64)
    for at in range(len(rows)):
        row = rows[at]
        kind = np.int64(row.kind)
        if state.count + DEPTH_SPARE > len(tape) or kind == CLEAR:
            return at
        keep_time(state, row)
        removed = watch.counts[STALE_REMOVED]
        refused = watch.counts[BAD_SIDE] + watch.counts[BAD_SIZE] + watch.counts[BAD_PRICE]
        for side in range(2):
            bests[side] = book.ladders[side].best_ticks
        watch.stop = apply_l2(book, watch, row)
        if watch.stop != 0:
            return at
        watch.rows += 1
        if kind == LEVEL:
            if watch.counts[BAD_SIDE] + watch.counts[BAD_SIZE] + watch.counts[BAD_PRICE] == refused:
                copy_row(state, tape, row)
                index: Int = np.int64(row.side < 0)
                if row.size_lots > 0 and (row.price_ticks - bests[index]) * (1 - 2 * index) > 0:
                    bests[index] = row.price_ticks
            if watch.counts[STALE_REMOVED] != removed:
                write_removed(book, state, tape, bests)
        elif kind in (TRADE, STATUS):
            state.prints += kind == TRADE
            copy_row(state, tape, row)
        else:
            state.passed_by += 1
    return len(rows)


@entry
def apply_levels(books: Array, watches: Array, rows: Array) -> int:
    """Apply rows to an L2 book, none of them written; returns how many.

    Args:
        books: Shape (1,), dtype ``L2_BOOK``.
        watches: Shape (1,), dtype ``WATCH``.
        rows: Shape (n,), dtype ``EVENT``.
    """
    for at in range(len(rows)):
        watches[0].stop = apply_l2(books[0], watches[0], rows[at])
        if watches[0].stop != 0:
            return at
        watches[0].rows += 1
    return len(rows)


@entry
def follow_quotes(states: Array, rows: Array, tape: Array) -> int:
    """Write a tape of best quotes and trades, without what repeats.

    Args:
        states: Shape (1,), dtype :data:`DEPTH_FOLLOWER`.
        rows: Shape (n,), dtype ``EVENT``.
        tape: Shape (2 n + 2,), dtype ``TAPE``; ``count`` rows of it are written.

    Returns:
        Rows followed: all of them.
    """
    state = states[0]
    for at in range(len(rows)):
        row = rows[at]
        kind, flags = np.int64(row.kind), np.int64(row.flags)
        keep_time(state, row)
        if kind == QUOTE:
            side: Int = np.int64(row.side < 0)
            size: Int = row.size_lots
            if row.side not in (-1, 1) or not 0 <= size < SIZE_LIMIT or not 0 < row.price_ticks < PRICE_LIMIT:
                state.bad += size != 0
                size = np.int64(0)
            same = size == state.lots[side] and (size == 0 or row.price_ticks == state.ticks[side])
            if not same:
                state.ticks[side], state.lots[side] = row.price_ticks, size
                copy_row(state, tape, row)
                tape[state.count - 1].size_lots = size
                tape[state.count - 1].flags = flags & ~LAST
            state.repeated += same
            state.open_packet += not same
            if flags & LAST:
                if state.open_packet > 0:
                    tape[state.count - 1].flags |= LAST
                state.open_packet = 0
        elif kind in (TRADE, STATUS):
            state.prints += kind == TRADE
            copy_row(state, tape, row)
        elif kind == CLEAR and flags & SNAPSHOT == 0 and -1 <= row.side <= 1:
            for side in range(2):
                if row.side in (0, 1 - 2 * side) and state.lots[side] > 0:
                    copy_row(state, tape, row)
                    out = tape[state.count - 1]
                    out.kind, out.side, out.price_ticks, out.size_lots = QUOTE, 1 - 2 * side, state.ticks[side], 0
                    out.flags = LAST
                    state.lots[side] = 0
        else:
            state.passed_by += 1
    return len(rows)
