"""Entries: what Python calls to open a book and to run messages through it."""

from __future__ import annotations

from tradewind.book.ids import expect_key, expect_order, rebuild
from tradewind.book.layout import NONE
from tradewind.book.matching import proceed
from tradewind.book.messages import apply
from tradewind.book.orders import clear_book
from tradewind.book.reasons import PENDING
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry

__all__ = ["open_book", "rebuild_ids", "replay"]

FAR, NEAR = 12, 6
"""How many messages ahead the id entry, then the order, is asked for."""


@entry
def open_book(books: Array, tables: Array) -> None:
    """Make a zeroed record an empty book that has not traded, and its table empty.

    Args:
        books: Shape (1,), a ``book_dtype``.
        tables: Shape (1,), the ``ids_dtype`` of as many orders.
    """
    clear_book(books[0])
    books[0].last_ticks = NONE
    rebuild(books[0], tables[0], 0)


@entry
def rebuild_ids(books: Array, tables: Array) -> None:
    """Fill the id table anew from the live orders.

    Args:
        books: Shape (1,), a ``book_dtype``.
        tables: Shape (1,), its ``ids_dtype``.
    """
    rebuild(books[0], tables[0], 0)


@entry
def replay(books: Array, tables: Array, fills: Array, messages: Array, reasons: Array) -> int:
    """Run messages until they end or the fill buffer is full.

    Args:
        books: Shape (1,), a ``book_dtype``. A paused book goes on with the first message.
        tables: Shape (1,), its ``ids_dtype``.
        fills: Shape (1,), a ``fills_dtype``; rows are added after ``count``.
        messages: Shape (n,), dtype ``MESSAGE``.
        reasons: Shape (n,), dtype uint8; filled with one ``Reason`` for each message done.

    Returns:
        Messages done; fewer than n when the buffer is full: empty it and call again with the rest.
    """
    book, ids, rows = books[0], tables[0], fills[0]
    at, end = 0, len(messages)
    if book.busy:
        if proceed(book, ids, rows) == PENDING:
            return 0
        reasons[0] = 0
        at = 1
    while at < end:
        if at + FAR < end:
            expect_key(ids, messages[at + FAR].order_id)
            expect_order(book, ids, messages[at + NEAR].order_id)
        reason = apply(book, ids, rows, messages[at])
        if reason == PENDING:
            break
        reasons[at] = reason
        at += 1
    return at
