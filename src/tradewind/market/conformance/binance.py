"""Binance: best prices and sizes after each depth update, against the stream of best quotes (bookTicker).

Both streams number the changes of one order book. A bookTicker with number ``u`` shows the best quotes after change
``u``, and is sent when they change; a depth update with last number ``u`` brings the book to change ``u``. The state to
compare with is therefore the last bookTicker whose number is not larger, *whenever it arrived*: the two streams
overtake each other on the way, so the last one to have arrived is at times newer than the book, at times older.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from tradewind.book.feeds import L2Book
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.data.registry import open_feed
from tradewind.market.conformance.result import Conformance, Miss, runs

__all__ = ["check_binance"]


def check_binance(captures: Sequence[Path]) -> list[Conformance]:
    """Compare best quotes after each depth update with bookTicker, in each of some captures.

    Args:
        captures: Captures of one instrument in order of time; one without a snapshot goes on where another ended.

    Returns:
        One outcome a capture; a comparison is price and size of both best quotes after one depth update. Updates before
        the capture's snapshot, if it has one, and before its first bookTicker are not comparable.

    Raises:
        DataError: For a damaged file.
    """
    book = L2Book()
    outcomes = []
    for path in captures:
        feed = open_feed(path)
        rows = np.concatenate([batch.rows for batch in feed])
        if (rows["kind"] == EventKind.CLEAR).any():
            book = L2Book(source=path)
        before = Counter(book.issues)
        outcome = _compare(path, rows, book.best_quotes(rows))
        gaps = getattr(feed, "counts", {}).get("sequence_gaps", 0)
        notes = (f"{gaps} sequence gaps", *outcome.notes, *getattr(feed, "notes", ()))
        outcomes.append(msgspec.structs.replace(outcome, issues=dict(Counter(book.issues) - before), notes=notes))
    return outcomes


def _compare(path: Path, rows: Array, bests: Array) -> Conformance:
    kind, last = rows["kind"], (rows["flags"] & EventFlag.LAST) != 0
    snapshots = np.flatnonzero(kind == EventKind.CLEAR)
    updates = np.flatnonzero((kind == EventKind.LEVEL) & last)
    bids, asks = (np.flatnonzero((kind == EventKind.QUOTE) & (rows["side"] == side)) for side in (1, -1))
    by_number = np.searchsorted(rows["sequence"][asks], rows["sequence"][updates], side="right") - 1
    by_arrival = np.searchsorted(asks, updates) - 1
    known = (updates >= (snapshots[0] if len(snapshots) else 0)) & (by_number >= 0)
    ours = bests[updates]

    def same(quote: Array) -> Array:
        bid, ask = rows[bids[np.maximum(quote, 0)]], rows[asks[np.maximum(quote, 0)]]
        equal = (ours["bid_ticks"] == bid["price_ticks"]) & (ours["bid_lots"] == bid["size_lots"])
        equal &= (ours["ask_ticks"] == ask["price_ticks"]) & (ours["ask_lots"] == ask["size_lots"])
        return np.asarray(equal)

    equal = same(by_number) & known
    compared = int(known.sum())
    others = known & ~same(by_arrival)
    newer = others & (by_arrival > by_number)
    arrived = (
        f"against the last bookTicker to have arrived: {compared - int(others.sum()):,} of {compared:,} equal; "
        f"{int(newer.sum()):,} others are newer than the book, {int((others & ~newer).sum()):,} older"
    )
    return Conformance(
        name="binance",
        files=(path.name,),
        what="best quotes after a depth update",
        compared=compared,
        equal=int(equal.sum()),
        not_comparable=len(updates) - compared,
        misses=tuple(Miss(first=at, last=to, reason="best quotes differ") for at, to in runs(equal | ~known)),
        notes=(arrived,),
    )
