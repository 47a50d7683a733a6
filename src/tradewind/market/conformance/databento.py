"""Databento: ten levels a side after each order event, against the MBP-10 file of the same day."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.book.feeds import L3Book
from tradewind.book.levels import DEPTH
from tradewind.core.dtypes import Array
from tradewind.core.types import Instrument
from tradewind.data.registry import open_feed
from tradewind.market.conformance.result import Conformance, Miss, runs

__all__ = ["check_databento"]

LEVELS = 10
SIDES = {1: "bid", -1: "ask"}
FIELDS = {"price_ticks": "px", "size_lots": "sz", "orders": "ct"}


def check_databento(orders: Path, levels: Path) -> Conformance:
    """Compare the ten best levels of each side with every row of the MBP-10 file.

    A published row belongs to the order rows of the same event time and sequence number. Where both have equally many,
    they correspond one to one (a replace is a delete and an add on either side); else only the last of them shows a
    state of the book that both know.

    Args:
        orders: MBO file (CSV).
        levels: MBP-10 file (CSV).

    Returns:
        The outcome; a comparison is price, size and number of orders of 20 levels.

    Raises:
        DataError: For a damaged file.
    """
    batches = list(open_feed(orders))
    rows = np.concatenate([batch.rows for batch in batches])
    published = pl.read_csv(levels)
    theirs = _published(published, batches[0].instrument)
    after = _row_after(rows, published)
    known = after >= 0
    book, done = L3Book(source=orders), 0
    equal = np.zeros(len(published), dtype=bool)
    for at in np.flatnonzero(known):
        book.apply(rows[done : after[at] + 1])
        done = int(after[at]) + 1
        equal[at] = all(_same(book.depth(side, LEVELS), theirs[side][at]) for side in SIDES)
    return Conformance(
        name="databento",
        files=(orders.name, levels.name),
        what="ten levels a side after an event",
        compared=int(known.sum()),
        equal=int(equal.sum()),
        not_comparable=int((~known).sum()),
        misses=tuple(Miss(first=at, last=to, reason="levels differ") for at, to in runs(equal | ~known)),
        issues=book.issues,
        notes=("not comparable: inside an event, where the two files cut it differently",) if not known.all() else (),
    )


def _row_after(rows: Array, published: pl.DataFrame) -> Array:
    """For each published row, the order row after which the book is in its state; -1 where there is none."""
    times = published["ts_event"].str.to_datetime(time_unit="ns", time_zone="UTC").to_physical().to_numpy()
    theirs = list(zip(times.tolist(), published["sequence"].to_list(), strict=True))
    ours: dict[tuple[int, int], list[int]] = {}
    for at, key in enumerate(zip(rows["ts_event_ns"].tolist(), rows["sequence"].tolist(), strict=True)):
        ours.setdefault(key, []).append(at)
    count = Counter(theirs)
    seen = dict.fromkeys(theirs, 0)
    after = np.full(len(theirs), -1, dtype=np.int64)
    for at, key in enumerate(theirs):
        seen[key] += 1
        if count[key] == len(ours.get(key, ())):
            after[at] = ours[key][seen[key] - 1]
        elif seen[key] == count[key] and key in ours:
            after[at] = ours[key][-1]
    return after


def _published(frame: pl.DataFrame, instrument: Instrument) -> dict[int, Array]:
    """Levels of each side, best first: shape (rows, 10), dtype ``DEPTH``; of size 0 where there is none."""
    sides: dict[int, Array] = {}
    for side, name in SIDES.items():
        levels = np.zeros((len(frame), LEVELS), dtype=DEPTH)
        for level in range(LEVELS):
            for field, column in FIELDS.items():
                values = frame[f"{name}_{column}_{level:02d}"].cast(pl.Float64).fill_null(0).to_numpy()
                step = {"price_ticks": instrument.tick_size, "size_lots": instrument.lot_size}.get(field, 1)
                levels[field][:, level] = np.rint(values / float(step))
        sides[side] = levels
    return sides


def _same(ours: Array, theirs: Array) -> bool:
    return bool((ours == theirs[: len(ours)]).all() and not theirs["size_lots"][len(ours) :].any())
