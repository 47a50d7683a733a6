"""Books from rows: a feed or a catalog's rows replayed into the book that they describe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from tradewind.book.feeds import FeedBook, book_of_level
from tradewind.book.issues import Policy
from tradewind.book.measures import BEST
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import DataError, UsageError
from tradewind.core.types import Batch, Instrument

__all__ = ["RebuildProbe", "Rows", "best_quotes", "book_at", "follow", "levels_in", "rebuild"]

Rows = Array | Iterable[Batch]
"""Rows of one instrument: one array of dtype ``EVENT``, or batches in order (a feed, ``Catalog.events``)."""

ORDERS = (EventKind.ADD, EventKind.REDUCE, EventKind.DELETE, EventKind.EXECUTE, EventKind.REPLACE)
KINDS = {3: ORDERS, 2: (EventKind.LEVEL,), 1: (EventKind.QUOTE,)}
MOST_BOOKS = 1000


def levels_in(rows: Array) -> tuple[int, ...]:
    """Books that rows could feed, deepest first.

    Args:
        rows: Shape (n,), dtype ``EVENT``.

    Returns:
        Of 3 (orders), 2 (levels) and 1 (best quotes) those whose rows occur.
    """
    kinds = set(np.unique(rows["kind"]).tolist())
    return tuple(level for level, wanted in KINDS.items() if kinds & set(wanted))


def rebuild(
    rows: Rows, level: int | None = None, *, policy: Policy | None = None, source: Path | str = "rows"
) -> FeedBook:
    """Replay rows into the book that they describe.

    Args:
        rows: Rows of one instrument.
        level: 3 orders, 2 levels, 1 best quotes; the deepest that the first batch with any of them holds when absent.
        policy: What to do about rows that do not fit; by default repair and count.
        source: File or word that errors name.

    Returns:
        The book after the last row.

    Raises:
        UsageError: For batches of several instruments, and when there is nothing that makes a book.
        DataError: Under a strict policy, for the first row that does not fit.

    Examples:
        >>> from tradewind.core.dtypes import EVENT
        >>> rows = np.zeros(2, dtype=EVENT)
        >>> rows["kind"], rows["side"] = EventKind.QUOTE, [1, -1]
        >>> rows["price_ticks"], rows["size_lots"] = [100, 102], [3, 1]
        >>> rebuild(rows).mid_ticks
        101.0
    """
    book = None
    for book, batch in _books(rows, level, policy, source):
        book.apply(batch)
    return _found(book)


def book_at(
    rows: Rows, ts_ns: int, level: int | None = None, *, policy: Policy | None = None, source: Path | str = "rows"
) -> FeedBook:
    """The book at a time: after all packets that begin at it or before.

    Args:
        rows: Rows of one instrument.
        ts_ns: Event time [ns]. Where times go back, the first row after it ends the replay.
        level: As for :func:`rebuild`.
        policy: As for :func:`rebuild`.
        source: As for :func:`rebuild`.

    Returns:
        The book; empty when the first row is later.

    Raises:
        UsageError: As :func:`rebuild`.
        DataError: As :func:`rebuild`.
    """
    book, open_packet = None, False
    for book, batch in _books(rows, level, policy, source):
        end = _end_at(batch, ts_ns, open_packet)
        book.apply(batch[:end])
        if end < len(batch):
            break
        open_packet = not batch["flags"][-1] & EventFlag.LAST if len(batch) else open_packet
    return _found(book)


def _end_at(rows: Array, ts_ns: int, open_packet: bool) -> int:
    """Rows up to the first that is later and begins a packet."""
    last = (rows["flags"] & EventFlag.LAST) != 0
    begins = np.concatenate([[not open_packet], last[:-1]]) if len(rows) else last
    later = (rows["ts_event_ns"] > ts_ns) & begins
    return int(np.argmax(later)) if later.any() else len(rows)


def follow(rows: Rows, book: FeedBook) -> Iterator[tuple[Array, Array]]:
    """Replay rows into a book and yield, batch by batch, the best quotes after each row: for any length in flat memory.

    Args:
        rows: Rows of one instrument.
        book: Follows the rows; may have followed others before.

    Yields:
        ``(rows, bests)``: some rows, dtype ``EVENT``, and as many of dtype ``BEST``. Inside a packet the book is on its
        way: only rows flagged LAST show what the feed says.

    Raises:
        UsageError: For batches of several instruments.
        DataError: Under a strict policy, for the first row that does not fit.
    """
    for batch in _batches(rows):
        yield batch, book.best_quotes(batch)


def best_quotes(
    rows: Rows, level: int | None = None, *, policy: Policy | None = None, source: Path | str = "rows"
) -> Array:
    """Best quotes after each row.

    Args:
        rows: Rows of one instrument.
        level: As for :func:`rebuild`.
        policy: As for :func:`rebuild`.
        source: As for :func:`rebuild`.

    Returns:
        Shape (n,), dtype ``BEST``; one for each row. See :func:`follow` about packets, and for long feeds.

    Raises:
        UsageError: As :func:`rebuild`.
        DataError: As :func:`rebuild`.
    """
    parts = [book.best_quotes(batch) for book, batch in _books(rows, level, policy, source)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=BEST)


def _batches(rows: Rows) -> Iterator[Array]:
    """Arrays of rows; several instruments are an error."""
    if isinstance(rows, np.ndarray):
        yield rows
        return
    symbol = None
    for batch in rows:
        if batch.interval_ns:
            raise UsageError(f"{batch.instrument.symbol}: bars do not make a book; events do")
        if symbol not in (None, batch.instrument.symbol):
            raise UsageError(f"a book is of one instrument, these rows are of {symbol} and {batch.instrument.symbol}")
        symbol = batch.instrument.symbol
        yield batch.rows


def _books(
    rows: Rows, level: int | None, policy: Policy | None, source: Path | str
) -> Iterator[tuple[FeedBook, Array]]:
    """Each batch with the book it goes to; batches before the level is known wait."""
    book = None if level is None else book_of_level(level, policy, source)
    waiting: list[Array] = []
    for batch in _batches(rows):
        waiting.append(batch)
        if book is None and (found := levels_in(batch)):
            book = book_of_level(found[0], policy, source)
        if book is not None:
            for part in waiting:
                yield book, part
            waiting = []


def _found(book: FeedBook | None) -> FeedBook:
    if book is None:
        raise UsageError("there is nothing in these rows that makes a book: no orders, no levels, no quotes")
    return book


class RebuildProbe:
    """A :class:`~tradewind.core.ports.BookProbe`: follows every instrument in the books that its rows feed.

    It counts what does not fit a book by the names of :class:`~tradewind.book.issues.Issue`, from the deepest book of
    each instrument: ``crossed`` and ``locked`` are orders that would cross or lock it, packets of levels that leave it
    so, or quotes that are.

    Args:
        books: Most instruments followed, so that memory stays bounded; others are counted (``not_followed``).
    """

    def __init__(self, books: int = MOST_BOOKS) -> None:
        self._most = books
        self._books: dict[str, dict[int, FeedBook]] = {}
        self._full: set[str] = set()
        self._left_out: set[str] = set()

    def feed(self, instrument: Instrument, rows: Array) -> None:
        """See the next rows of an instrument."""
        symbol = instrument.symbol
        if symbol not in self._books and len(self._books) >= self._most:
            self._left_out.add(symbol)
            return
        books = self._books.setdefault(symbol, {})
        for level in levels_in(rows):
            if level not in books:
                books[level] = book_of_level(level)
        if symbol not in self._full:
            try:
                for book in books.values():
                    book.apply(rows)
            except DataError:
                self._full.add(symbol)

    def book(self, symbol: str) -> FeedBook | None:
        """Deepest book of an instrument, None when none of its rows made one."""
        books = self._books.get(symbol)
        return books[max(books)] if books else None

    def counts(self) -> dict[str, int]:
        """What was found so far, by name; ``full`` are instruments whose book ran out of memory."""
        total: Counter[str] = Counter()
        for books in self._books.values():
            if books:
                total.update(books[max(books)].issues)
        if self._full:
            total["full"] = len(self._full)
        if self._left_out:
            total["not_followed"] = len(self._left_out)
        return dict(total)
