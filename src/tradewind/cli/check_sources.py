"""What ``tradewind data check`` looks at: files through their readers, or what a catalog holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from tradewind.book.feeds import FeedBook, book_of_level
from tradewind.core.dtypes import BAR, EventFlag, EventKind
from tradewind.core.errors import TradewindError
from tradewind.core.ports import Feed
from tradewind.core.types import Batch
from tradewind.data.quality.scan import QualityScan
from tradewind.data.reader import ReadOptions
from tradewind.data.registry import open_feed
from tradewind.data.store.catalog import Catalog
from tradewind.data.store.importer import expand_paths
from tradewind.data.store.manifest import Manifest
from tradewind.data.store.partition import interval_name
from tradewind.market.rebuild import RebuildProbe, levels_in
from tradewind.report.quality import Checked

__all__ = ["Source", "Told", "file_sources", "holdings"]

Told = Callable[[int], None]
"""Told, now and then, how many rows have been looked at."""


class Source(NamedTuple):
    """Something to check.

    Attributes:
        name: For people.
        check: Checks it, given of how many instruments to keep profiles for plots, and whom to tell.
    """

    name: str
    check: Callable[[int, Told], Checked]


def file_sources(paths: list[Path], options: ReadOptions, format_name: str | None = None) -> list[Source]:
    """One source per file; a file that another one reads beside itself is no source of its own.

    Args:
        paths: Files, folders and patterns.
        options: What the files do not say about themselves.
        format_name: Format of every file; told from its content when absent.

    Returns:
        Sources; one that cannot be read raises when it is checked.
    """
    found: list[tuple[Path, Feed | TradewindError]] = []
    for path in expand_paths(paths):
        try:
            found.append((path, open_feed(path, options, format_name)))
        except TradewindError as error:
            found.append((path, error))
    beside = {other.resolve() for _, feed in found if not isinstance(feed, TradewindError) for other in feed.paths[1:]}
    return [Source(path.name, partial(_check_file, path, feed)) for path, feed in found if path.resolve() not in beside]


def _check_file(path: Path, feed: Feed | TradewindError, profiled: int, told: Told) -> Checked:
    if isinstance(feed, TradewindError):
        raise feed
    scan = _scanned(str(path), iter(feed), profiled, told)
    return Checked.of(scan.report(getattr(feed, "counts", None), getattr(feed, "notes", ())), scan)


class _Holding(NamedTuple):
    """What one imported file brought into a catalog, or a part of it."""

    catalog: Catalog
    manifest: Manifest
    symbol: str | None
    dates: str | None

    def batches(self) -> Iterator[Batch]:
        """Event rows and bars, symbol by symbol."""
        for symbol in self.manifest.symbols if self.symbol is None else [self.symbol]:
            for interval_ns in sorted({c.interval_ns for c in self.manifest.coverage if c.symbol == symbol}):
                yield from (
                    self._bars(symbol, interval_ns)
                    if interval_ns
                    else self.catalog.events(symbol, dates=self.dates, sources=[self.manifest.id])
                )

    def _bars(self, symbol: str, interval_ns: int) -> Iterator[Batch]:
        interval = interval_name(interval_ns)
        frame = self.catalog.bars(symbol, interval=interval, dates=self.dates, sources=[self.manifest.id])
        rows = np.zeros(len(frame), dtype=BAR)
        for name in BAR.names or ():
            rows[name] = frame[name].to_numpy()
        yield Batch(self.catalog.instrument(symbol, interval), rows, interval_ns)

    def check(self, profiled: int, told: Told) -> Checked:
        """Look at its rows again; what the reader counted is known only of the whole."""
        scan = _scanned(self.name, self.batches(), profiled, told)
        whole = self.symbol is None and self.dates is None and self.manifest.quality is not None
        counts = self.manifest.quality.counts if whole and self.manifest.quality is not None else {}
        return Checked.of(scan.report(counts, self.manifest.warnings), scan)

    def stored(self, _profiled: int, _told: Told) -> Checked:
        """The report that was made when it was imported."""
        if self.manifest.quality is None:
            raise TradewindError(f"{self.name}: no quality report in its manifest")
        return Checked(msgspec.structs.replace(self.manifest.quality, source=self.name))

    @property
    def name(self) -> str:
        """Name of the imported file."""
        return Path(self.manifest.files[0].path).name


def holdings(catalog: Catalog, symbol: str | None, dates: str | None, *, stored: bool) -> list[Source]:
    """One source per imported file that holds the symbol.

    Args:
        catalog: Where.
        symbol: Only its rows; all when absent.
        dates: Only these trading days.
        stored: Whether the reports made at import will do where nothing narrower is asked for.

    Raises:
        NotFoundError: When the catalog does not hold the symbol.
    """
    manifests = [m for m in catalog.manifests() if symbol is None or symbol in m.symbols]
    if not manifests and symbol is not None:
        catalog.instrument(symbol)
    whole = stored and symbol is None and dates is None
    held = [_Holding(catalog, manifest, symbol, dates) for manifest in manifests]
    return [Source(h.name, h.stored if whole and h.manifest.quality is not None else h.check) for h in held]


def _scanned(name: str, batches: Iterator[Batch], profiled: int, told: Told) -> QualityScan:
    scan = QualityScan(name, RebuildProbe(), profiled=profiled)
    books: dict[str, FeedBook] = {}
    for batch in batches:
        scan.add(batch)
        if profiled and not batch.interval_ns:
            _plot_book(scan, batch, books)
        told(scan.rows)
    return scan


def _plot_book(scan: QualityScan, batch: Batch, books: dict[str, FeedBook]) -> None:
    """Best quotes from a book, for the plots of a feed that sends none."""
    symbol = batch.instrument.symbol
    profile = scan.profiles.get((symbol, 0))
    level = max(levels_in(batch.rows), default=0)
    if profile is None or profile.column("rows")[:, EventKind.QUOTE].any() or not (level > 1 or symbol in books):
        return
    book = books.setdefault(symbol, book_of_level(level))
    bests = book.best_quotes(batch.rows)
    flags = batch.rows["flags"]
    shown = (flags & EventFlag.LAST != 0) & (flags & EventFlag.SNAPSHOT == 0)
    shown &= (bests["bid_lots"] > 0) & (bests["ask_lots"] > 0)
    profile.add_quotes(batch.rows["ts_event_ns"][shown], bests["bid_ticks"][shown], bests["ask_ticks"][shown])
