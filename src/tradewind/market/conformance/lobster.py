"""LOBSTER: best quotes after each message, against the order book file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from tradewind.book.feeds import L3Book
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.data.registry import open_feed
from tradewind.market.conformance.result import Conformance, Miss, runs
from tradewind.market.opening import with_opening_orders

__all__ = ["check_lobster"]

EMPTY = 9_999_999_999
COLUMNS = ("ask_ticks", "ask_lots", "bid_ticks", "bid_lots")


def check_lobster(messages: Path, quotes: Path, levels: int = 50) -> Conformance:
    """Compare best quotes after every message with those of the order book file.

    The book begins with the orders that the messages name but never add (see :mod:`~tradewind.market.opening`).

    Args:
        messages: Message file.
        quotes: Order book file with a row for each message; only its first level is read.
        levels: Levels that the files cover: an order further away is out of their sight.

    Returns:
        The outcome; a comparison is price and size of both best quotes after one message.

    Raises:
        DataError: For a damaged file.
    """
    batches = list(open_feed(messages))
    rows = with_opening_orders(np.concatenate([batch.rows for batch in batches]))
    first = int(np.argmin((rows["flags"] & EventFlag.SNAPSHOT) != 0))
    book = L3Book(source=messages)
    book.apply(rows[:first])
    opening = book.live_orders
    ours = book.best_quotes(rows[first:])
    theirs = pl.read_csv(quotes, has_header=False, columns=[0, 1, 2, 3], new_columns=list(COLUMNS)).to_numpy()
    theirs = np.where(np.abs(theirs) == EMPTY, 0, theirs)
    theirs[:, [0, 2]] //= int(batches[0].instrument.tick_size * 10_000)  # prices are in 1/10,000 dollars
    count = min(len(ours), len(theirs))
    mine = np.stack([ours[name][:count] for name in COLUMNS], axis=1)
    equal = (mine == theirs[:count]).all(axis=1)
    return Conformance(
        name="lobster",
        files=(messages.name, quotes.name),
        what="best quotes after a message",
        compared=count,
        equal=int(equal.sum()),
        not_comparable=abs(len(ours) - len(theirs)),
        misses=_explained(rows[: first + count], equal, mine, theirs, levels),
        issues=book.issues,
        notes=(f"{opening} orders rested before the first message",),
    )


def _explained(rows: Array, equal: Array, ours: Array, theirs: Array, levels: int) -> tuple[Miss, ...]:
    """A reason for each run of misses: the order at our best price that the file does not have there."""
    reasons: dict[int, str] = {}
    misses = []
    first = len(rows) - len(equal)
    book, done = L3Book(), 0
    for start, end in runs(equal):
        book.apply(rows[done : first + start + 1])
        done = first + start + 1
        side = 1 if (ours[start, 2:] != theirs[start, 2:]).any() else -1
        column = 2 if side == 1 else 0
        price, other, lots, other_lots = (int(table[start, column + k]) for k in (0, 1) for table in (ours, theirs))
        reason = "sizes differ" if price == other else "an order is missing"
        if lots and (other_lots == 0 or (price - other) * side > 0):
            order_id = int(book.orders(side)["order_id"][0])
            if order_id not in reasons:
                reasons[order_id] = _why_it_stayed(rows[: first + start + 1], order_id, levels)
            reason = reasons[order_id]
        misses.append(Miss(first=start, last=end, reason=reason))
    return tuple(misses)


def _why_it_stayed(rows: Array, order_id: int, levels: int) -> str:
    """Whether an order was out of the file's sight at some time, so that its end may not be told."""
    added = int(np.flatnonzero((rows["order_id"] == order_id) & (rows["kind"] == EventKind.ADD))[-1])
    side, price = int(rows["side"][added]), int(rows["price_ticks"][added])
    book = L3Book()
    book.apply(rows[: added + 1])
    for at in range(added + 1, len(rows)):
        book.apply(rows[at : at + 1])
        better = book.depth(side, levels)["price_ticks"]
        if len(better) == levels and (better[-1] - price) * side > 0:
            message = int(rows["sequence"][at])
            return (
                f"order {order_id} at {price} ticks left the {levels} levels of the file at message {message:,}; "
                "that it was cancelled out of sight is not told"
            )
    return f"order {order_id} at {price} ticks is not in the file's book; nothing tells why"
