"""Rows on their way into partitions: memory stays flat however large a file is and however its rows are spread."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from tradewind.core.dtypes import Array, EventKind
from tradewind.core.types import Batch, Instrument
from tradewind.data.manifest import Coverage
from tradewind.data.partition import bar_days, bar_folder, bar_table, event_folder, event_table, split_by_day
from tradewind.data.staging import Staging

__all__ = ["BUFFER_ROWS", "PartitionBuffer"]

BUFFER_ROWS = 2_097_152
"""Rows held back over all partitions by default (112 MiB of events)."""
KIND_NAMES = {kind.value: kind.name.lower() for kind in EventKind}


class PartitionBuffer:
    """Collects rows by partition; when it is full the largest partition is written out as one more part.

    Args:
        staging: Where parts are written.
        limit_rows: Rows it holds before it writes.

    Attributes:
        instruments: What has been seen, by symbol and bar length (0 for events).
        rows: Rows added so far.
    """

    def __init__(self, staging: Staging, limit_rows: int = BUFFER_ROWS) -> None:
        self.instruments: dict[tuple[str, int], Instrument] = {}
        self.rows = 0
        self._staging = staging
        self._limit = limit_rows
        self._held: dict[tuple[Any, ...], list[Any]] = {}
        self._sizes: dict[tuple[Any, ...], int] = {}
        self._total = 0
        self._coverage: dict[tuple[str, int, date | None], Coverage] = {}

    def add(self, batch: Batch) -> None:
        """Take a batch; the rows are copied, so the feed may use its array again.

        Args:
            batch: At least one row.

        Raises:
            StorageError: When the disk is full or refuses.
        """
        instrument, interval_ns = batch.instrument, batch.interval_ns
        self.instruments.setdefault((instrument.symbol, interval_ns), instrument)
        self.rows += len(batch.rows)
        if interval_ns:
            self._add_bars(instrument, batch.rows.copy(), interval_ns)
        else:
            for day, rows in split_by_day(batch.rows, instrument.calendar):
                self._hold((instrument.symbol, day), rows.copy(), len(rows))
                self._count(instrument.symbol, 0, day, rows)
        while self._total > self._limit:
            self._flush(max(self._sizes, key=lambda key: self._sizes[key]))

    def _add_bars(self, instrument: Instrument, rows: Array, interval_ns: int) -> None:
        days = bar_days(rows, interval_ns, instrument.calendar)
        years = days.astype("datetime64[Y]").astype(np.int64) + 1970
        for year in np.unique(years):
            chosen = years == year
            piece = (instrument.symbol, days[chosen], rows[chosen])
            self._hold((interval_ns, int(year)), piece, int(chosen.sum()))
        self._count(instrument.symbol, interval_ns, None, rows)

    def _hold(self, key: tuple[Any, ...], piece: Any, size: int) -> None:
        self._held.setdefault(key, []).append(piece)
        self._sizes[key] = self._sizes.get(key, 0) + size
        self._total += size

    def _count(self, symbol: str, interval_ns: int, day: date | None, rows: Array) -> None:
        times = rows["ts_start_ns" if interval_ns else "ts_event_ns"]
        counts = np.zeros(0, np.int64) if interval_ns else np.bincount(rows["kind"])
        kinds = {KIND_NAMES.get(int(kind), str(kind)): int(counts[kind]) for kind in np.flatnonzero(counts)}
        first, last, size = int(times.min()), int(times.max()), len(rows)
        before = self._coverage.get((symbol, interval_ns, day))
        if before is not None:
            first, last, size = min(first, before.first_ns), max(last, before.last_ns), size + before.rows
            kinds = {k: before.kinds.get(k, 0) + kinds.get(k, 0) for k in sorted({*kinds, *before.kinds})}
        self._coverage[symbol, interval_ns, day] = Coverage(symbol, interval_ns, day, size, kinds, first, last)

    def _flush(self, key: tuple[Any, ...]) -> None:
        pieces = self._held.pop(key)
        self._total -= self._sizes.pop(key)
        if isinstance(key[0], int):
            times = np.concatenate([rows["ts_start_ns"] for _, _, rows in pieces])
            folder, table, about = bar_folder(*key), bar_table(pieces), {}
        else:
            times = np.concatenate([rows["ts_event_ns"] for rows in pieces])
            folder, table, about = event_folder(*key), event_table(pieces), {"symbol": key[0], "day": key[1]}
        self._staging.write(folder, table, first_ns=int(times.min()), last_ns=int(times.max()), **about)

    def flush(self) -> list[Coverage]:
        """Write all that is left.

        Returns:
            What was added in all, by symbol, bar length and day.

        Raises:
            StorageError: When the disk is full or refuses.
        """
        for key in sorted(self._held, key=str):
            self._flush(key)
        return [self._coverage[key] for key in sorted(self._coverage, key=str)]
