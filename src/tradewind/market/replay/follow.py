"""Follow the historical book and write down what each row changed in it: the kernel that makes L3 tapes.

The rows go through the feed book (:mod:`~tradewind.book.l3`), which mends what is dirty; the tape holds the changes of
the visible book, so that it can be replayed without looking anything up. The place of an order in the feed book's pool
is its key.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.ids import find
from tradewind.book.issues import Issue
from tradewind.book.l3 import anonymous_id, apply_l3
from tradewind.book.ladder import worst_price
from tradewind.book.layout import ASKS, BIDS, LADDER_MASK, Int, Record, width
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.kernels import entry, inner, rare
from tradewind.market.replay.layout import BY_NAME, SETTLE

__all__ = ["FOLLOWER", "SHADOW", "SPARE", "follow_rows"]

SHADOW = np.dtype([("order_id", "i8"), ("price_ticks", "i8"), ("size_lots", "i8"), ("index", "i8")])
"""An order of the visible book as the tape so far leaves it; size 0: none."""
FOLLOWER = np.dtype(
    [("count", "i8"), ("last_ns", "i8"), ("snapshot", "i8"), ("most_live", "i8"), ("top", "i8")]
    + [(name, "i8") for name in ("backwards", "by_name", "executions", "prints", "unsided", "passed_by")]
)
"""What following keeps: rows written, latest time, whether a CLEAR's snapshot is being read, and counts."""
SPARE = 64
"""Free rows of the tape that one source row may need when nothing odd happens."""

ADD, REDUCE, DELETE = int(EventKind.ADD), int(EventKind.REDUCE), int(EventKind.DELETE)
EXECUTE, REPLACE, TRADE = int(EventKind.EXECUTE), int(EventKind.REPLACE), int(EventKind.TRADE)
CLEAR, STATUS = int(EventKind.CLEAR), int(EventKind.STATUS)
SNAPSHOT, AUCTION = int(EventFlag.SNAPSHOT), int(EventFlag.AUCTION)
RELEASED, STALE_REMOVED = int(Issue.RELEASED), int(Issue.STALE_REMOVED)


@inner
def write(state: Record, tape: Array, row: Record, kind: Int) -> Record:
    """The next row of the tape, its time, kind and flags set."""
    out = tape[state.count]
    state.count += 1
    out.ts_ns = state.last_ns
    out.kind = kind
    out.flags = row.flags
    return out


@inner
def write_order(state: Record, tape: Array, row: Record, kind: Int, slot: Int, shadow: Record) -> None:  # noqa: PLR0917
    """A row about an order: id, side and price of ``shadow``, the whole size."""
    out = write(state, tape, row, kind)
    out.order_id = shadow.order_id
    out.price_ticks = shadow.price_ticks
    out.size_lots = shadow.size_lots
    out.side = 1 - 2 * shadow.index
    out.key = slot


@inner
def note_change(  # noqa: PLR0917
    book: Record, shadows: Record, state: Record, tape: Array, row: Record, slot: Int, by_name: Int
) -> None:
    """Write what became of one order since the tape last spoke of its slot."""
    order, shadow = book.orders[slot], shadows[slot]
    index = np.int64(order.flags) & LADDER_MASK
    size = order.size_lots if index <= ASKS else 0
    executed = np.int64(row.kind) == EXECUTE
    if shadow.size_lots > 0 and (size <= 0 or order.order_id != shadow.order_id):
        write_order(state, tape, row, EXECUTE if executed else DELETE, slot, shadow)
        tape[state.count - 1].flags |= by_name if executed else 0
        shadow.size_lots = 0
    if size > 0:
        before = shadow.size_lots
        same = order.price_ticks == shadow.price_ticks and index == shadow.index
        shadow.order_id, shadow.price_ticks, shadow.index = order.order_id, order.price_ticks, index
        if before == 0:
            shadow.size_lots = size
            write_order(state, tape, row, ADD, slot, shadow)
        elif not same or size > before:
            shadow.size_lots = size
            write_order(state, tape, row, REPLACE, slot, shadow)
        elif size < before:
            shadow.size_lots = before - size
            write_order(state, tape, row, EXECUTE if executed else REDUCE, slot, shadow)
            tape[state.count - 1].flags |= by_name if executed else 0
            shadow.size_lots = size


@inner
def aggressor_of(book: Record, price: Int) -> Int:
    """Aggressor's side of a print that does not say: buy above the mid-price, sell below, 0 at it or without quotes."""
    bid, ask = book.ladders[BIDS].best_ticks, book.ladders[ASKS].best_ticks
    if bid == worst_price(BIDS) or ask == worst_price(ASKS):
        return np.int64(0)
    return np.int64(np.sign(2 * price - bid - ask))


@rare
def note_all(book: Record, shadows: Record, state: Record, tape: Array, row: Record) -> None:
    """:func:`note_change` for every slot, removals first: after a row that changed more than its own order."""
    top = max(np.int64(book.top), state.top)
    for slot in range(1, top + 1):
        order, shadow = book.orders[slot], shadows[slot]
        visible = order.size_lots > 0 and np.int64(order.flags) & LADDER_MASK <= ASKS
        if shadow.size_lots > 0 and (not visible or order.order_id != shadow.order_id):
            write_order(state, tape, row, DELETE, slot, shadow)
            shadow.size_lots = 0
    for slot in range(1, top + 1):
        note_change(book, shadows, state, tape, row, slot, 0)


@rare
def note_other(book: Record, shadows: Record, state: Record, tape: Array, row: Record) -> None:
    """Rows that are not about a visible order: prints, the trading state, CLEAR; others pass by."""
    kind = np.int64(row.kind)
    if kind == CLEAR and -1 <= row.side <= 1:
        out = write(state, tape, row, CLEAR)
        out.side = row.side
        for slot in range(1, state.top + 1):
            if row.side == 0 or 1 - 2 * shadows[slot].index == row.side:
                shadows[slot].size_lots = 0
        state.snapshot = 1
        note_all(book, shadows, state, tape, row)
    elif kind == TRADE and row.size_lots > 0:
        out = write(state, tape, row, TRADE)
        out.side, out.price_ticks, out.size_lots = row.side, row.price_ticks, row.size_lots
        if row.side == 0:
            out.side = aggressor_of(book, row.price_ticks)
        state.prints += 1
        state.unsided += np.int64(out.side) == 0
    elif kind == STATUS:
        out = write(state, tape, row, STATUS)
        out.size_lots = row.size_lots
        note_all(book, shadows, state, tape, row)
    else:
        state.passed_by += 1


@inner
def is_first(book: Record, slot: Int) -> Int:
    """Whether an order is the first of its side."""
    order = book.orders[slot]
    index = np.int64(order.flags) & LADDER_MASK
    if index > ASKS:
        return False
    ladder = book.ladders[index]
    at_best = order.price_ticks == ladder.best_ticks
    return at_best and np.int64(ladder.levels[ladder.best_ticks & (width(ladder) - 1)].head) == slot


@entry
def follow_rows(  # noqa: PLR0917
    books: Array, tables: Array, watches: Array, shadows: Array, states: Array, rows: Array, tape: Array
) -> int:
    """Apply rows to the historical book and write a tape, until one stops the book or the tape is nearly full.

    Args:
        books: Shape (1,), a ``book_dtype`` with stops.
        tables: Shape (1,), its ``ids_dtype``.
        watches: Shape (1,), dtype ``WATCH``.
        shadows: Shape (pool,), dtype :data:`SHADOW`.
        states: Shape (1,), dtype :data:`FOLLOWER`.
        rows: Shape (n,), dtype ``EVENT``.
        tape: Shape (m,), dtype ``TAPE``; ``count`` rows of it are written.

    Returns:
        Rows followed.
    """
    book, ids, watch, state = books[0], tables[0], watches[0], states[0]
    for at in range(len(rows)):
        row = rows[at]
        if state.count + SPARE + 2 * max(np.int64(book.top), state.top) > len(tape):
            return at
        kind = np.int64(row.kind)
        snapshot = np.int64(row.flags) & SNAPSHOT
        state.backwards += row.ts_event_ns < state.last_ns and snapshot == 0
        state.last_ns = max(state.last_ns, row.ts_event_ns)
        if state.snapshot and snapshot == 0 and kind != CLEAR:
            write(state, tape, row, SETTLE)
            state.snapshot = 0
        waiting = watch.counts[RELEASED] + watch.counts[STALE_REMOVED]
        before = np.int64(ids.table[find(book, ids, row.order_id)].slot)
        shared = anonymous_id(row.side, row.price_ticks)
        crowd = np.int64(ids.table[find(book, ids, shared)].slot)
        by_name = BY_NAME
        if kind == EXECUTE:
            slot = before if before != 0 else crowd
            by_name = 0 if slot != 0 and is_first(book, slot) and np.int64(row.flags) & AUCTION == 0 else BY_NAME
            state.executions += 1
            state.by_name += by_name != 0
        watch.stop = apply_l3(book, ids, watch, row)
        if watch.stop != 0:
            return at
        watch.rows += 1
        if kind < ADD or kind > REPLACE:
            note_other(book, shadows, state, tape, row)
        elif watch.counts[RELEASED] + watch.counts[STALE_REMOVED] != waiting:
            note_all(book, shadows, state, tape, row)
        else:
            after = np.int64(ids.table[find(book, ids, row.order_id)].slot)
            crowd_after = np.int64(ids.table[find(book, ids, shared)].slot)
            if before != 0:
                note_change(book, shadows, state, tape, row, before, by_name)
            if crowd not in (0, before):
                note_change(book, shadows, state, tape, row, crowd, by_name)
            if after not in (0, before, crowd):
                note_change(book, shadows, state, tape, row, after, by_name)
            if crowd_after not in (0, before, crowd, after):
                note_change(book, shadows, state, tape, row, crowd_after, by_name)
        state.top = max(state.top, np.int64(book.top))
        state.most_live = max(state.most_live, book.live)
    return len(rows)
