"""Bitstamp: a dirty stream mended. No published book to compare with: this checks invariants, not agreement."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tradewind.book.feeds import L3Book
from tradewind.core.dtypes import EventFlag
from tradewind.data.registry import open_feed
from tradewind.market.conformance.result import Conformance, Miss, runs

__all__ = ["check_bitstamp"]


def check_bitstamp(events: Path, check_every: int = 500) -> Conformance:
    """Replay under ``repair``.

    Args:
        events: Order events.
        check_every: Rows between two checks of the whole memory of the book.

    Returns:
        The outcome; a comparison is best bid below best ask after one row, and ``issues`` what was mended.

    Raises:
        DataError: For a damaged file.
        TradewindError: When the book's memory is not consistent.
    """
    book = L3Book(source=events)
    rows = np.concatenate([batch.rows for batch in open_feed(events)])
    parts = []
    for start in range(0, len(rows), check_every):
        parts.append(book.best_quotes(rows[start : start + check_every]))
        book.check()
    bests = np.concatenate(parts)
    known = (bests["bid_lots"] > 0) & (bests["ask_lots"] > 0) & ((rows["flags"] & EventFlag.LAST) != 0)
    good = (bests["bid_ticks"] < bests["ask_ticks"]) | ~known
    left = len(book.orders(1, held=True)) + len(book.orders(-1, held=True))
    return Conformance(
        name="bitstamp",
        files=(events.name,),
        what="best bid below best ask after a row",
        compared=int(known.sum()),
        equal=int((good & known).sum()),
        not_comparable=int((~known).sum()),
        misses=tuple(Miss(first=at, last=to, reason="crossed") for at, to in runs(good)),
        issues=book.issues,
        notes=(
            f"{book.live_orders} orders live at the end, {left} held",
            "an invariant of the repair policy, not agreement with anything published",
        ),
    )
