"""Tapes: recorded rows made ready for replay, once, however often they are replayed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from tradewind.book.ids import ids_dtype
from tradewind.book.issues import Policy, counts_by_name, raise_stopped, watch_array
from tradewind.book.layout import BOOK_ORDERS, aligned_zeros, book_dtype
from tradewind.book.replay import open_book
from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError, UsageError
from tradewind.market.opening import with_opening_orders
from tradewind.market.rebuild import levels_in
from tradewind.market.replay.depth_tape import level_tape, quote_tape
from tradewind.market.replay.follow import FOLLOWER, SHADOW, SPARE, follow_rows
from tradewind.market.replay.layout import SETTLE, TAPE

__all__ = ["Tape", "make_tape"]

GROWING = 0.99


class Tape(msgspec.Struct, frozen=True, kw_only=True):
    """Recorded rows ready for replay; shared by all replays of them.

    Attributes:
        rows: Shape (n,), dtype ``TAPE``.
        depth: 3 every order, 2 levels, 1 quotes and trades.
        orders: Orders (or levels) that the historical book holds at once, at most.
        issues: What did not fit the historical book, by the names of :class:`~tradewind.book.issues.Issue`.
        notes: What was found while reading: executions, those of orders that were not first, prints, times that went
            back (raised to the time before), rows that say nothing to a book of this depth.
    """

    rows: Array
    depth: int
    orders: int
    issues: dict[str, int]
    notes: dict[str, int]

    @property
    def first_ns(self) -> int:
        """Time of the first row that is no snapshot, else of the first [ns]."""
        moving = (self.rows["flags"] & EventFlag.SNAPSHOT) == 0
        return int(self.rows["ts_ns"][int(np.argmax(moving))])

    @property
    def last_ns(self) -> int:
        """Time of the last row [ns]."""
        return int(self.rows["ts_ns"][-1])


def make_tape(
    rows: Array,
    depth: int | None = None,
    *,
    hindsight: bool = True,
    policy: Policy | None = None,
    source: Path | str = "rows",
) -> Tape:
    """Make a tape of recorded rows.

    Args:
        rows: Shape (n,), dtype ``EVENT``: one instrument, from the start of its session or from a snapshot.
        depth: 3 every order, 2 levels, 1 quotes and trades; the deepest that the rows hold when absent.
        hindsight: Put orders that rested before the first row, as later rows tell, into the opening book
            (:mod:`~tradewind.market.opening`); only where order ids grow with time.
        policy: What to do about rows that do not fit; by default repair and count.
        source: File or word that errors name.

    Raises:
        InvalidValueError: For rows of another dtype.
        UsageError: When the rows make no book of that depth.
        DataError: Under a strict policy, for the first row that does not fit.

    Examples:
        >>> rows = np.zeros(2, dtype=EVENT)
        >>> rows["kind"], rows["order_id"], rows["side"] = [EventKind.ADD, EventKind.EXECUTE], 7, 1
        >>> rows["price_ticks"], rows["size_lots"] = 100, [5, 2]
        >>> tape = make_tape(rows)
        >>> tape.depth, tape.orders, len(tape.rows)
        (3, 1, 2)
    """
    if rows.dtype != EVENT or rows.ndim != 1:
        raise InvalidValueError("rows", "an array of dtype EVENT, shape (n,)", f"{rows.dtype}, {rows.shape}")
    there = levels_in(rows)
    chosen = depth if depth is not None else next(iter(there), 0)
    if chosen not in there:
        what = "no orders, no levels, no quotes" if not there else f"only books of depth {', '.join(map(str, there))}"
        raise UsageError(f"{source}: these rows make no book of depth {chosen or '3, 2 or 1'} ({what})")
    if chosen < 3:
        made = quote_tape(rows) if chosen == 1 else level_tape(rows, policy or Policy(), source)
        return Tape(rows=made[0], depth=chosen, orders=made[1], issues=made[2], notes=made[3])
    if hindsight and _ids_grow(rows):
        rows = with_opening_orders(rows)
    return _order_tape(np.ascontiguousarray(rows), policy or Policy(), source)


def _ids_grow(rows: Array) -> bool:
    """Whether new orders have ever larger ids."""
    fresh = rows["order_id"][(rows["kind"] == EventKind.ADD) & ((rows["flags"] & EventFlag.SNAPSHOT) == 0)]
    return len(fresh) > 1 and float(np.mean(np.diff(fresh) > 0)) > GROWING


def _order_tape(rows: Array, policy: Policy, source: Path | str) -> Tape:
    """Every order (L3)."""
    books, tables = aligned_zeros(1, book_dtype()), aligned_zeros(1, ids_dtype(BOOK_ORDERS))
    open_book(books, tables)
    shadows, states, watches = aligned_zeros(BOOK_ORDERS, SHADOW), np.zeros(1, FOLLOWER), watch_array(policy)
    parts, done = [], 0
    room = 2 * len(rows) + 4 * SPARE
    while done < len(rows):
        tape = np.zeros(room, TAPE)
        states["count"] = 0
        done += follow_rows(books, tables, watches, shadows, states, rows[done:], tape)
        if watches["stop"][0] != 0:
            raise_stopped(watches, rows, done, source)
        parts.append(tape[: int(states["count"][0])])
        room = 2 * (len(rows) - done) + 4 * SPARE + 4 * int(states["top"][0])
    names = ("executions", "by_name", "prints", "unsided", "backwards", "passed_by")
    notes = {name: int(states[name][0]) for name in names if states[name][0]}
    whole = np.concatenate(parts)
    settled = int((whole["kind"] == SETTLE).sum())
    notes |= {"snapshots": settled} if settled else {}
    return Tape(rows=whole, depth=3, orders=int(states["top"][0]), issues=counts_by_name(watches), notes=notes)
