"""Coinbase: the book at the end of a replay, order by order, against the exchange's full book."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tradewind.book.feeds import L3Book
from tradewind.data.reader import ReadOptions
from tradewind.data.registry import open_feed
from tradewind.market.conformance.result import Conformance, Miss, runs

__all__ = ["check_coinbase"]


def check_coinbase(messages: Path, end_book: Path) -> Conformance:
    """Replay the messages from the book before them and compare with the book after them.

    Args:
        messages: Messages of the full channel; the level-3 book before them lies beside them.
        end_book: Level-3 book after them.

    Returns:
        The outcome; a comparison is one order: id, price, size and place in its side's order of price and time.

    Raises:
        DataError: For a damaged file.
    """
    book, end = L3Book(source=messages), L3Book(source=end_book)
    options = ReadOptions()
    for batch in open_feed(messages):
        book.apply(batch.rows)
        unit = batch.instrument
        day = np.datetime64(int(batch.rows["ts_event_ns"][-1]), "ns").astype("datetime64[D]").item()
        options = ReadOptions(symbol=unit.symbol, tick_size=unit.tick_size, lot_size=unit.lot_size, day=day)
    for batch in open_feed(end_book, options):
        end.apply(batch.rows)
    compared = equal = 0
    misses = []
    for side in (1, -1):
        ours, theirs = book.orders(side), end.orders(side)
        places = max(len(ours), len(theirs))
        same = np.zeros(places, dtype=bool)
        shared = min(len(ours), len(theirs))
        same[:shared] = ours[:shared] == theirs[:shared]
        compared += places
        equal += int(same.sum())
        misses += [Miss(first=at, last=to, reason=f"orders of side {side:+d} differ") for at, to in runs(same)]
    return Conformance(
        name="coinbase",
        files=(messages.name, end_book.name),
        what="order of the end book, in its place",
        compared=compared,
        equal=equal,
        misses=tuple(misses),
        issues=book.issues,
        notes=(f"{book.rows_applied:,} rows replayed",),
    )
