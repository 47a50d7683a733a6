"""Made-up feeds for tests of the catalog: rows a test chooses, under a file that is really there."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import numpy as np

from tradewind.core.clock import SimulatedClock
from tradewind.core.dtypes import BAR, EVENT, Array, EventKind
from tradewind.core.ports import Feed
from tradewind.core.types import Batch, Instrument
from tradewind.data.ingest import FileOutcome, ImportOptions, import_file
from tradewind.data.reader import FileHead, Match, ReadOptions

__all__ = ["DAY_NS", "MadeUpFeed", "MadeUpReader", "bar_rows", "event_rows", "instrument", "write_source"]

DAY_NS = 86_400_000_000_000


class MadeUpFeed:
    """Batches a test chooses."""

    def __init__(self, path: Path, batches: Iterable[Batch]) -> None:
        self.paths = (path,)
        self._batches = batches
        self.notes = ("Made up.",)

    def __iter__(self) -> Iterator[Batch]:
        return iter(self._batches)


class MadeUpReader:
    name: ClassVar[str] = "made_up"
    description: ClassVar[str] = "batches a test chooses"

    def match(self, head: FileHead) -> Match | None:
        return None

    def open(self, path: Path, options: ReadOptions) -> Feed:
        raise NotImplementedError


def instrument(symbol: str = "AIG", **more: object) -> Instrument:
    return Instrument(**{"symbol": symbol, "tick_size": Decimal("0.01"), "lot_size": Decimal(1), **more})


def event_rows(times_ns: Iterable[int], first: int = 0, kind: EventKind = EventKind.ADD) -> Array:
    """Rows that can be told apart: sequence counts from ``first``, every field is filled."""
    times = np.fromiter(times_ns, dtype=np.int64)
    rows = np.zeros(len(times), dtype=EVENT)
    number = np.arange(first, first + len(times))
    rows["ts_event_ns"], rows["ts_recv_ns"], rows["sequence"] = times, times + 7, number
    rows["order_id"], rows["price_ticks"], rows["size_lots"] = (
        number * 1_000_003 + 1,
        4900 + number % 50,
        1 + number % 9,
    )
    rows["instrument_id"], rows["flags"], rows["kind"], rows["side"] = 3, 1, kind, np.where(number % 2, 1, -1)
    return rows


def bar_rows(starts_ns: Iterable[int], price: int = 100) -> Array:
    starts = np.fromiter(starts_ns, dtype=np.int64)
    rows = np.zeros(len(starts), dtype=BAR)
    rows["ts_start_ns"] = starts
    rows["open_ticks"], rows["high_ticks"], rows["low_ticks"], rows["close_ticks"] = (
        price,
        price + 2,
        price - 3,
        price + 1,
    )
    rows["volume_lots"] = 1000
    return rows


def write_source(
    root: Path,
    path: Path,
    batches: Iterable[Batch],
    content: str = "",
    *,
    reader: MadeUpReader | None = None,
    **options: object,
) -> FileOutcome:
    """Import batches into a catalog as if they stood in a file; its content decides its identity."""
    path.write_text(content or path.name, encoding="utf-8")
    clock = SimulatedClock(1_700_000_000_000_000_000)
    feed = MadeUpFeed(path, batches)
    return import_file(root, feed, reader or MadeUpReader(), ImportOptions(**options), clock=clock)
