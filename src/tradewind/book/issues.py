"""What can be wrong with a stream of rows, and what a book does about it: the dirty-stream policy.

Under ``strict`` the first violation raises :class:`~tradewind.core.errors.DataError` with its row and leaves the book
as it was before that row (only quotes, and a packet of levels that ends crossed, are in the book by then). Under
``repair`` every violation is counted, the first few of each kind are remembered by row number, and the action of
:data:`ACTIONS` is taken. ``docs/decisions/0003-dirty-streams.md`` says why.
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path

import msgspec
import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array, EventFlag, EventKind, TradingState
from tradewind.core.errors import DataError, InvalidValueError
from tradewind.core.kernels import inner, rare

__all__ = [
    "ACTIONS",
    "FULL",
    "NEVER",
    "NOTES",
    "PRICE_LIMIT",
    "SIZE_LIMIT",
    "WATCH",
    "Issue",
    "Policy",
    "counts_by_name",
    "found",
    "in_order",
    "issue_table",
    "note",
    "other_row",
    "raise_stopped",
    "watch_array",
]


class Issue(IntEnum):
    """A way in which a row does not fit the book; the name in lower case is the name in reports."""

    TIME_BACKWARDS = 1
    """``ts_event_ns`` is earlier than that of a row before."""
    SEQUENCE_BACKWARDS = 2
    """``sequence`` is smaller than that of the row before."""
    SEQUENCE_GAP = 3
    """``sequence`` grew by more than one, and the policy says that it must not."""
    UNKNOWN_ORDER = 4
    """A reduce, delete, execute or replace names an order that is not there."""
    DUPLICATE_ORDER = 5
    """An add brings an order that is there already."""
    REVIVED_ORDER = 6
    """An add or replace comes just after the delete of its order: the feed is out of order."""
    CROSSED = 7
    """A bid above the best ask, or an ask below the best bid."""
    LOCKED = 8
    """A bid at the best ask, or an ask at the best bid."""
    BAD_SIZE = 9
    """A size below zero, zero where there must be one, or 2**52 lots and more."""
    OVERSIZE_EXECUTE = 10
    """An execution larger than its order."""
    OVERSIZE_REDUCE = 11
    """A reduction larger than its order."""
    WRONG_PLACE = 12
    """The side or price of a row is not that of the order it names."""
    WRONG_SIZE = 13
    """A delete gives a size that the order it names has not."""
    BAD_SIDE = 14
    """A side that is not +1 or -1."""
    BAD_PRICE = 15
    """A price beyond 2**60 ticks."""
    BAD_ID = 16
    """An order id that is not positive."""
    BAD_KIND = 17
    """A kind of row, or a trading state, that there is not."""
    ANONYMOUS_REDUCED = 18
    """Note: an unknown order was taken out of the anonymous order at its price."""
    ABSENT_LEVEL = 19
    """Note: a level was removed that was not there."""
    RELEASED = 20
    """Note: a held order entered the book, as nothing stood in its way any more."""
    STALE_REMOVED = 21
    """Note: an order was removed because it stood in the way of a held order for too long."""


NOTES = frozenset({Issue.ANONYMOUS_REDUCED, Issue.ABSENT_LEVEL, Issue.RELEASED, Issue.STALE_REMOVED})
"""Issues that are counted but are no violations: ``strict`` does not raise for them."""

ACTIONS: dict[Issue, str] = {
    Issue.TIME_BACKWARDS: "applied in the order of the source; the book's clock does not go back",
    Issue.SEQUENCE_BACKWARDS: "applied in the order of the source",
    Issue.SEQUENCE_GAP: "applied; what was lost stays lost until a snapshot",
    Issue.UNKNOWN_ORDER: "skipped; a replace is added as a new order",
    Issue.DUPLICATE_ORDER: "taken as a replace: the newer row is right",
    Issue.REVIVED_ORDER: "skipped: the delete is the last word",
    Issue.CROSSED: "L3: held outside the book until nothing stands in its way; "
    "L2: opposite levels that cross go at the end of the packet; L1: kept as quoted",
    Issue.LOCKED: "as crossed",
    Issue.BAD_SIZE: "skipped; a replace deletes",
    Issue.OVERSIZE_EXECUTE: "the order is removed",
    Issue.OVERSIZE_REDUCE: "the order is removed",
    Issue.WRONG_PLACE: "the order id is right: applied to the order where it stands",
    Issue.WRONG_SIZE: "the order is removed",
    Issue.BAD_SIDE: "skipped",
    Issue.BAD_PRICE: "skipped",
    Issue.BAD_ID: "skipped",
    Issue.BAD_KIND: "skipped",
}
"""What ``repair`` does about each violation."""

EXPECTED: dict[Issue, str] = {
    Issue.TIME_BACKWARDS: "a time that does not go back",
    Issue.SEQUENCE_BACKWARDS: "a sequence number that does not go back",
    Issue.SEQUENCE_GAP: "the next sequence number",
    Issue.UNKNOWN_ORDER: "an order that is in the book",
    Issue.DUPLICATE_ORDER: "an order that is not in the book yet",
    Issue.REVIVED_ORDER: "no more of an order that was deleted",
    Issue.CROSSED: "a price that does not cross the other side",
    Issue.LOCKED: "a price that does not lock the other side",
    Issue.BAD_SIZE: "a positive size below 2**52 lots",
    Issue.OVERSIZE_EXECUTE: "an execution not larger than its order",
    Issue.OVERSIZE_REDUCE: "a reduction not larger than its order",
    Issue.WRONG_PLACE: "the side and price of the order it names",
    Issue.WRONG_SIZE: "the size that the order has",
    Issue.BAD_SIDE: "side +1 (bid) or -1 (ask)",
    Issue.BAD_PRICE: "a price within 2**60 ticks",
    Issue.BAD_ID: "a positive order id",
    Issue.BAD_KIND: f"a kind from {min(EventKind)} to {max(EventKind)}",
}

FULL = -1
"""``stop`` of a book that has no room for another order or level."""
EXAMPLES = 4
DELETED = 64
KINDS = 24

WATCH = np.dtype(
    [
        ("strict", "u1"),
        ("contiguous", "u1"),
        ("state", "u1"),
        ("padding", "u1"),
        ("stop", "i4"),
        ("rows", "i8"),
        ("ts_event_ns", "i8"),
        ("sequence", "i8"),
        ("patience_rows", "i8"),
        ("held_row", "i8"),
        ("lost_row", "i8"),
        ("deletes", "i8"),
        ("deleted", "i8", (DELETED,)),
        ("counts", "i8", (KINDS,)),
        ("examples", "i8", (KINDS, EXAMPLES)),
    ],
    align=True,
)
"""What a book remembers of its stream: policy, rows seen, clock, last sequence, trading state, what was wrong.

``examples`` are the first row numbers (0-based, counted from the book's first row) of each issue; ``stop`` is why the
last call ended early: 0 it did not, an :class:`Issue` under ``strict``, or :data:`FULL`. ``held_row`` is the row of the
oldest held order, :data:`NEVER` while none is held. ``deleted`` is a ring of the ids that the last deletes named
(``deletes`` counts them), with a minus where the order was unknown, which last happened at ``lost_row``.
"""

NEVER = (1 << 63) - 1
"""A row number, time or sequence beyond any other."""
PRICE_LIMIT = 1 << 60
"""Prices are smaller than this and larger than minus this [ticks]."""
SIZE_LIMIT = 1 << 52
"""Sizes are smaller than this, so that the sums of a thousand fit [lots]."""

CLEAR, STATUS = int(EventKind.CLEAR), int(EventKind.STATUS)
SNAPSHOT = int(EventFlag.SNAPSHOT)
STATES = len(TradingState)
TIME_BACKWARDS = np.int64(Issue.TIME_BACKWARDS)
SEQUENCE_BACKWARDS = np.int64(Issue.SEQUENCE_BACKWARDS)
SEQUENCE_GAP = np.int64(Issue.SEQUENCE_GAP)
BAD_KIND, BAD_SIDE = np.int64(Issue.BAD_KIND), np.int64(Issue.BAD_SIDE)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What to do about rows that do not fit.

    Attributes:
        strict: Raise at the first violation; else repair, count and go on.
        contiguous: The sequence number grows by at most one from row to row. True for few sources: most number
            messages of which only some become rows.
        patience_rows: A held order waits so many rows; then whatever still stands in its way is removed as stale.

    Raises:
        InvalidValueError: For a patience below 1.
    """

    strict: bool = False
    contiguous: bool = False
    patience_rows: int = 1000

    def __post_init__(self) -> None:
        """Check what the type alone cannot."""
        if self.patience_rows < 1:
            raise InvalidValueError("patience_rows", "1 or more", self.patience_rows)


def watch_array(policy: Policy) -> Array:
    """Fresh :data:`WATCH` record of a policy, shape (1,)."""
    watch = np.zeros(1, dtype=WATCH)
    watch["strict"] = policy.strict
    watch["contiguous"] = policy.contiguous
    watch["patience_rows"] = policy.patience_rows
    watch["held_row"] = NEVER
    watch["lost_row"] = -1 - DELETED
    watch["state"] = TradingState.OPEN
    watch["ts_event_ns"] = watch["sequence"] = -NEVER
    watch["examples"] = -1
    return watch


@inner
def note(watch: Record, issue: Int) -> None:
    """Count an issue of the row at hand and remember its number if it is among the first."""
    seen = watch.counts[issue]
    if seen < EXAMPLES:
        watch.examples[issue, seen] = watch.rows
    watch.counts[issue] = seen + 1


@rare
def disorder(watch: Record, row: Record, snapshot: bool) -> Int:
    """The row is not simply the next one: part of a snapshot, or out of order. Returns the issue to stop at, or 0."""
    if not snapshot:
        if row.ts_event_ns < watch.ts_event_ns:
            note(watch, TIME_BACKWARDS)
            if watch.strict:
                return TIME_BACKWARDS
        if row.sequence < watch.sequence:
            note(watch, SEQUENCE_BACKWARDS)
            if watch.strict:
                return SEQUENCE_BACKWARDS
        elif watch.contiguous != 0 and watch.sequence != -NEVER and row.sequence > watch.sequence + 1:
            note(watch, SEQUENCE_GAP)
            if watch.strict:
                return SEQUENCE_GAP
    watch.ts_event_ns = max(watch.ts_event_ns, row.ts_event_ns)
    watch.sequence = row.sequence
    return 0


@inner
def in_order(watch: Record, row: Record) -> Int:
    """Check a row's clock and sequence and move on to them; snapshot rows only move on.

    Returns:
        0, or under ``strict`` the issue to stop at.
    """
    snapshot = np.int64(row.flags) & SNAPSHOT
    if (
        snapshot == 0
        and row.ts_event_ns >= watch.ts_event_ns
        and row.sequence >= watch.sequence
        and (watch.contiguous == 0 or row.sequence <= watch.sequence + 1)
    ):
        watch.ts_event_ns = row.ts_event_ns
        watch.sequence = row.sequence
        return 0
    return disorder(watch, row, snapshot != 0)


@inner
def found(watch: Record, issue: Int) -> Int:
    """Count a violation of the row at hand; returns it under ``strict``, else 0."""
    note(watch, issue)
    return issue if watch.strict else 0


@inner
def other_row(watch: Record, row: Record) -> Int:
    """The watch's part of rows that are not orders, levels or quotes: trading state, order of a CLEAR, wrong kinds.

    Returns:
        0, or under ``strict`` the issue to stop at.
    """
    kind = np.int64(row.kind)
    if kind == CLEAR:
        return in_order(watch, row) if -1 <= row.side <= 1 else found(watch, BAD_SIDE)
    if kind == STATUS and 0 <= row.size_lots < STATES:
        watch.state = row.size_lots
        return 0
    return found(watch, BAD_KIND) if kind >= STATUS or kind == 0 else 0


def counts_by_name(watch: Array) -> dict[str, int]:
    """What was found, by the issue's name in lower case; only what occurred."""
    counts = watch[0]["counts"]
    return {issue.name.lower(): int(counts[issue]) for issue in Issue if counts[issue]}


def issue_table(watch: Array) -> list[tuple[str, int, list[int], str]]:
    """What was found: name, count, first row numbers, and what was done about it (empty for notes)."""
    record = watch[0]
    return [
        (
            issue.name.lower(),
            int(record["counts"][issue]),
            [int(row) for row in record["examples"][issue] if row >= 0],
            ACTIONS.get(issue, ""),
        )
        for issue in Issue
        if record["counts"][issue]
    ]


def raise_stopped(watch: Array, rows: Array, index: int, source: Path | str) -> None:
    """Raise for the row at which a book stopped.

    Args:
        watch: Shape (1,), the book's :data:`WATCH`.
        rows: Shape (n,), dtype ``EVENT``: what it was given.
        index: Row of these at which it stopped.
        source: File or word for the error message.

    Raises:
        DataError: Always; with the 1-based row since the book began, what was expected and the row.
    """
    stop = int(watch[0]["stop"])
    number = int(watch[0]["rows"]) + 1
    row = {name: rows[index][name].item() for name in ("kind", "side", "order_id", "price_ticks", "size_lots")}
    kind = row.pop("kind")
    name = EventKind(kind).name if kind in set(EventKind) else f"kind {kind}"
    shown = f"{name} " + " ".join(f"{key}={value}" for key, value in row.items())
    if stop == FULL:
        raise DataError(source, "a book that fits its memory", shown, row=number, hint="Is the feed never cleaned up?")
    issue = Issue(stop)
    order = issue in (Issue.TIME_BACKWARDS, Issue.SEQUENCE_BACKWARDS, Issue.SEQUENCE_GAP)
    if order:
        field = "ts_event_ns" if issue is Issue.TIME_BACKWARDS else "sequence"
        shown = f"{rows[index][field]} after {watch[0][field]}"
    hint = f"{issue.name.lower()}; the policy 'repair' goes on: {ACTIONS[issue]}."
    raise DataError(source, EXPECTED[issue], shown, row=number, field=field if order else None, hint=hint)
