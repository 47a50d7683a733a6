"""Books that follow a feed: L3, L2 and L1. Each reads its own rows of one stream and lets the others pass by."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

import numpy as np

from tradewind.book.ids import expect_key, expect_order, ids_dtype
from tradewind.book.issues import Policy, counts_by_name, issue_table, raise_stopped, watch_array
from tradewind.book.l1 import apply_l1, new_l1
from tradewind.book.l2 import apply_l2, new_l2
from tradewind.book.l3 import apply_l3
from tradewind.book.layout import ASKS, BOOK_ORDERS, LADDER_MASK, aligned_zeros, book_dtype
from tradewind.book.measures import BEST, write_best
from tradewind.book.replay import open_book
from tradewind.book.view import BookView, side_index
from tradewind.core.dtypes import EVENT, Array, TradingState
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import entry

__all__ = ["RESTING", "FeedBook", "L1Book", "L2Book", "L3Book", "book_of_level"]

RESTING = np.dtype([("order_id", "i8"), ("price_ticks", "i8"), ("size_lots", "i8")])
"""One resting order of a feed; an anonymous order has a negative id."""

FAR, NEAR = 12, 6
"""How many rows ahead the id entry, then the order, is asked for."""


@entry
def run_l3(books: Array, tables: Array, watches: Array, rows: Array, bests: Array) -> int:
    """Apply rows to an L3 book until one stops it.

    Args:
        books: Shape (1,), a ``book_dtype`` with stops.
        tables: Shape (1,), its ``ids_dtype``.
        watches: Shape (1,), dtype ``WATCH``.
        rows: Shape (n,), dtype ``EVENT``.
        bests: Shape (n,) or (0,), dtype ``BEST``: the best quotes after each row.

    Returns:
        Rows applied; where fewer than n, ``stop`` of the watch says why.
    """
    book, ids, watch = books[0], tables[0], watches[0]
    count = len(rows)
    for at in range(count):
        if at + FAR < count:
            expect_key(ids, rows[at + FAR].order_id)
            expect_order(book, ids, rows[at + NEAR].order_id)
        watch.stop = apply_l3(book, ids, watch, rows[at])
        if watch.stop != 0:
            return at
        watch.rows += 1
        if len(bests) != 0:
            write_best(book, bests[at])
    return count


@entry
def run_l2(books: Array, watches: Array, rows: Array, bests: Array) -> int:
    """As :func:`run_l3`, for an ``L2_BOOK``."""
    book, watch = books[0], watches[0]
    for at in range(len(rows)):
        watch.stop = apply_l2(book, watch, rows[at])
        if watch.stop != 0:
            return at
        watch.rows += 1
        if len(bests) != 0:
            write_best(book, bests[at])
    return len(rows)


@entry
def run_l1(books: Array, watches: Array, rows: Array, bests: Array) -> int:
    """As :func:`run_l3`, for an ``L1_BOOK``."""
    book, watch = books[0], watches[0]
    for at in range(len(rows)):
        watch.stop = apply_l1(book, watch, rows[at])
        if watch.stop != 0:
            return at
        watch.rows += 1
        if len(bests) != 0:
            write_best(book, bests[at])
    return len(rows)


class FeedBook(BookView):
    """A book that follows the rows of a feed.

    Args:
        policy: What to do about rows that do not fit; by default repair and count.
        source: File or word that errors name.
    """

    depth_level: ClassVar[int]
    """3, 2 or 1."""

    def __init__(self, books: Array, tables: Array | None, policy: Policy | None, source: Path | str) -> None:
        super().__init__(books, tables)
        self.policy = policy or Policy()
        self.source = source
        self._watch = watch_array(self.policy)

    @abstractmethod
    def _run(self, rows: Array, bests: Array) -> int:
        """Apply rows until one stops the book; returns how many."""

    def apply(self, rows: Array) -> None:
        """Follow some rows.

        Args:
            rows: Shape (n,), dtype ``EVENT``, in the order of the source.

        Raises:
            DataError: Under a strict policy, for the first row that does not fit; under any, when the book is full.
                The rows before it are applied; what is wrong with the row is said, and where it is.
            InvalidValueError: For rows of another dtype.
        """
        self._feed(rows, np.zeros(0, dtype=BEST))

    def best_quotes(self, rows: Array) -> Array:
        """Follow some rows and note the best quotes after each.

        Args:
            rows: Shape (n,), dtype ``EVENT``, in the order of the source.

        Returns:
            Shape (n,), dtype ``BEST``.

        Raises:
            DataError: As :meth:`apply`.
            InvalidValueError: For rows of another dtype.
        """
        bests = np.zeros(len(rows), dtype=BEST)
        self._feed(rows, bests)
        return bests

    def _feed(self, rows: Array, bests: Array) -> None:
        if rows.dtype != EVENT or rows.ndim != 1:
            raise InvalidValueError("rows", "an array of dtype EVENT, shape (n,)", f"{rows.dtype}, {rows.shape}")
        plain = rows if rows.flags.carray else np.array(rows)
        done = self._run(plain, bests)
        if done < len(rows):
            raise_stopped(self._watch, rows, done, self.source)

    @property
    def rows_applied(self) -> int:
        """Rows seen since the book began, those that passed by included."""
        return int(self._watch[0]["rows"])

    @property
    def ts_event_ns(self) -> int | None:
        """Latest event time among the rows that the book reads; None before the first."""
        latest = int(self._watch[0]["ts_event_ns"])
        return latest if self.rows_applied and latest >= 0 else None

    @property
    def trading_state(self) -> TradingState:
        """What the last STATUS row said; open before the first."""
        return TradingState(int(self._watch[0]["state"]))

    @property
    def issues(self) -> dict[str, int]:
        """What did not fit, and notes, by name; only what occurred."""
        return counts_by_name(self._watch)

    def issue_table(self) -> list[tuple[str, int, list[int], str]]:
        """Name, count, first row numbers (0-based), and the action taken, of all that occurred."""
        return issue_table(self._watch)


class L3Book(FeedBook):
    """Every order of a feed, in the order of the queues; nothing is matched, the exchange did that.

    Args:
        policy: What to do about rows that do not fit; by default repair and count.
        source: File or word that errors name.
        orders: How many orders there is room for; memory is only used once there are so many.

    Examples:
        >>> from tradewind.core.dtypes import EventKind
        >>> rows = np.zeros(3, dtype=EVENT)
        >>> rows["kind"] = EventKind.ADD
        >>> rows["order_id"], rows["side"] = [7, 8, 9], [1, 1, -1]
        >>> rows["price_ticks"], rows["size_lots"] = [100, 100, 103], [5, 2, 4]
        >>> book = L3Book()
        >>> book.apply(rows)
        >>> book.best_bid, book.best_ask, book.spread_ticks
        ((100, 7), (103, 4), 3.0)
        >>> book.queue_ahead(8)
        (5, 1)
    """

    depth_level = 3

    def __init__(
        self, policy: Policy | None = None, source: Path | str = "rows", *, orders: int = BOOK_ORDERS
    ) -> None:
        books, tables = aligned_zeros(1, book_dtype(orders=orders)), aligned_zeros(1, ids_dtype(orders))
        open_book(books, tables)
        super().__init__(books, tables, policy, source)

    def _run(self, rows: Array, bests: Array) -> int:
        return int(run_l3(self._books, self._idss, self._watch, rows, bests))

    @property
    def live_orders(self) -> int:
        """Orders in the book, held ones included."""
        return int(self._books[0]["live"])

    def orders(self, side: int, *, held: bool = False) -> Array:
        """Resting orders of a side: best price first, first in the queue first.

        Args:
            side: +1 bids, -1 asks.
            held: Those held outside the book instead (see ``docs/decisions/0003-dirty-streams.md``).

        Returns:
            Dtype ``RESTING``.

        Raises:
            InvalidValueError: For a wrong side.
        """
        index = side_index(side)
        out = np.zeros(self.live_orders, dtype=RESTING)
        out = out[: write_orders(self._books, 3 - index if held else index, out)]
        return out[np.argsort(-side * out["price_ticks"], kind="stable")]


@entry
def write_orders(books: Array, index: int, out: Array) -> int:
    """Orders of a ladder, each queue in its order; returns how many."""
    book = books[0]
    count = 0
    ladder = book.ladders[index]
    for list_index in range(len(ladder.levels) + len(ladder.pages)):
        if list_index < len(ladder.levels):
            slot = np.int64(ladder.levels[list_index].head)
        else:
            slot = np.int64(ladder.pages[list_index - len(ladder.levels)].head)
        while slot != 0:
            order = book.orders[slot]
            out[count].order_id = order.order_id
            out[count].price_ticks = order.price_ticks
            out[count].size_lots = order.size_lots
            count += 1
            slot = np.int64(order.next)
    return count


class L2Book(FeedBook):
    """Sizes by price, at any distance from the touch.

    Args:
        policy: What to do about rows that do not fit; by default repair and count.
        source: File or word that errors name.

    Examples:
        >>> from tradewind.core.dtypes import EventKind
        >>> rows = np.zeros(3, dtype=EVENT)
        >>> rows["kind"] = EventKind.LEVEL
        >>> rows["side"], rows["price_ticks"], rows["size_lots"] = [1, 1, -1], [100, 10, 101], [5, 1, 15]
        >>> book = L2Book()
        >>> book.apply(rows)
        >>> book.depth(1, 5)["price_ticks"].tolist(), book.microprice_ticks, book.imbalance()
        ([100, 10], 100.25, -0.5)
    """

    depth_level = 2

    def __init__(self, policy: Policy | None = None, source: Path | str = "rows") -> None:
        super().__init__(new_l2(), None, policy, source)

    def _run(self, rows: Array, bests: Array) -> int:
        return int(run_l2(self._books, self._watch, rows, bests))


class L1Book(FeedBook):
    """The last quote of each side.

    Args:
        policy: What to do about rows that do not fit; by default repair and count.
        source: File or word that errors name.
    """

    depth_level = 1

    def __init__(self, policy: Policy | None = None, source: Path | str = "rows") -> None:
        super().__init__(new_l1(), None, policy, source)

    def _run(self, rows: Array, bests: Array) -> int:
        return int(run_l1(self._books, self._watch, rows, bests))


def book_of_level(level: int, policy: Policy | None = None, source: Path | str = "rows") -> FeedBook:
    """A new book of a given depth.

    Args:
        level: 3 orders, 2 levels, 1 best quotes.
        policy: What to do about rows that do not fit.
        source: File or word that errors name.

    Raises:
        InvalidValueError: For another level.
    """
    for kind in (L3Book, L2Book, L1Book):
        if kind.depth_level == level:
            return kind(policy, source)
    raise InvalidValueError("level", "3 (orders), 2 (levels) or 1 (best quotes)", level)
