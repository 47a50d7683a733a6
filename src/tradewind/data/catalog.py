"""The catalog: imported market data, read back as rows, frames and instruments."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import EVENT, Array, EventKind
from tradewind.core.errors import IntegrityError, NotFoundError, TradewindError, UsageError
from tradewind.core.ports import Clock
from tradewind.core.types import Batch, Instrument
from tradewind.data.calendars import time_zone
from tradewind.data.frames import bar_frame, event_frame
from tradewind.data.ledger import Reading, append_access
from tradewind.data.manifest import FileRecord, Manifest, hash_file, load_manifests
from tradewind.data.merge import Keyed, concatenated, merge_blocks
from tradewind.data.partition import read_blocks
from tradewind.data.splits import load_splits, resolve_part
from tradewind.data.window import Window, make_window

__all__ = ["Catalog"]

Time = int | str | None
Dates = str | Iterable[date | str] | None


class Catalog:
    """A folder of imported market data.

    Rows of the test part of a recorded split are handed out only once their reading stands in the access ledger,
    whether the split was named or not.

    Args:
        path: The folder, as given to ``tradewind data import --catalog``.
        clock: Tells when something was read.
        purpose: What for, in the reader's words; written to the access ledger.

    Raises:
        NotFoundError: When the folder is no catalog.
    """

    def __init__(self, path: Path | str, *, clock: Clock | None = None, purpose: str = "") -> None:
        self.path = Path(path)
        self.clock = clock or SystemClock()
        self.purpose = purpose
        if not (self.path / "manifests").is_dir():
            raise NotFoundError(f"{self.path}: not a catalog; make one with: tradewind data import FILES --catalog DIR")

    def manifests(self) -> list[Manifest]:
        """What it holds, one manifest per imported source, sorted by id."""
        return load_manifests(self.path / "manifests")

    def symbols(self) -> list[str]:
        """Symbols with event rows, sorted."""
        return sorted({instrument.symbol for manifest in self.manifests() for instrument in manifest.instruments})

    def days(self, symbol: str) -> list[date]:
        """Trading days on which it holds events of a symbol, sorted; none for a symbol it does not know."""
        return sorted({part.day for m in self.manifests() for part in m.parts if part.symbol == symbol and part.day})

    def instrument(self, symbol: str, interval: str | None = None) -> Instrument:
        """What the rows of a symbol are about.

        Args:
            symbol: The symbol.
            interval: Length of its bars, such as ``1d``; its events when absent.

        Raises:
            NotFoundError: When it holds none; names similar ones.
        """
        known: dict[str, Instrument] = {}
        for manifest in self.manifests():
            for item in manifest.bar_instruments.get(interval, []) if interval else manifest.instruments:
                if item.symbol not in known or (item.venue and not known[item.symbol].venue):
                    known[item.symbol] = item
        if symbol not in known:
            near = difflib.get_close_matches(symbol, known, n=5, cutoff=0.5) or sorted(known)[:10]
            what, there = f"{interval} bars" if interval else "events", ", ".join(near) or "none at all"
            raise NotFoundError(f"{self.path} holds no {what} of {symbol!r}; it holds: {there}")
        return known[symbol]

    def events(
        self,
        symbol: str,
        *,
        start: Time = None,
        end: Time = None,
        dates: Dates = None,
        kinds: Iterable[EventKind] | None = None,
        split: str | None = None,
        sources: Iterable[str] | None = None,
    ) -> Iterator[Batch]:
        """Event rows of a symbol, day by day.

        Several sources of one day (a file of quotes, a file of trades) are merged by event time; each stays in its own
        order, and at equal times the source whose id sorts first comes first.

        Args:
            symbol: The symbol.
            start: First time wanted: ns since 1970-01-01 UTC, or text such as ``2012-06-21T09:45`` in the time zone of
                the symbol's calendar.
            end: First time not wanted any more.
            dates: Trading days: ``2013-10-07``, ``2013-10-07..2013-10-09``, or several days.
            kinds: Kinds of rows wanted; all when absent.
            split: Part of a split, such as ``NAME/train``.
            sources: Ids or formats of the sources wanted; all when absent.

        Returns:
            Batches of rows; memory does not grow with their number. The ledger is written before this returns.

        Raises:
            NotFoundError: When there is no such symbol, split or source, or no such days of it.
            IntegrityError: When a part is gone or damaged.
        """
        instrument = self.instrument(symbol)
        manifests = self._chosen(sources)
        window = self._window(make_window(start, end, dates, time_zone(instrument.calendar)), split)
        days = [
            day
            for day in sorted({part.day for m in manifests for part in m.parts if part.symbol == symbol and part.day})
            if window.holds_day(day)
        ]
        if not days:
            there = self.days(symbol)
            raise NotFoundError(
                f"{self.path} holds no {symbol} on the days asked for; it holds {len(there)} days from {there[0]} to "
                f"{there[-1]}"
            )
        self._record(event_frame(self.path, manifests, [symbol]), window, split, [symbol])
        wanted = None if kinds is None else np.array([int(kind) for kind in kinds], dtype=np.uint8)
        return self._read(instrument, manifests, days, window, wanted)

    def _read(
        self, instrument: Instrument, manifests: list[Manifest], days: list[date], window: Window, kinds: Array | None
    ) -> Iterator[Batch]:
        for day in days:
            paths = [
                [self.path / p.path for p in m.parts if (p.symbol, p.day) == (instrument.symbol, day)]
                for m in manifests
            ]
            sources = [_of_kinds(read_blocks(found, window.start_ns, window.end_ns), kinds) for found in paths if found]
            for rows in merge_blocks(sources):
                yield Batch(instrument, rows)

    def load(
        self,
        symbol: str,
        *,
        start: Time = None,
        end: Time = None,
        dates: Dates = None,
        kinds: Iterable[EventKind] | None = None,
        split: str | None = None,
        sources: Iterable[str] | None = None,
    ) -> Array:
        """Event rows of a symbol as one array; arguments and errors as :meth:`events`.

        Returns:
            Shape (n,), dtype ``EVENT``.
        """
        batches = self.events(symbol, start=start, end=end, dates=dates, kinds=kinds, split=split, sources=sources)
        return concatenated([batch.rows for batch in batches], EVENT)

    def scan(self, symbols: Iterable[str] | None = None, *, split: str | None = None) -> pl.LazyFrame:
        """Event rows as a Polars frame, unread.

        Args:
            symbols: Symbols wanted; all when absent.
            split: Part of a split, such as ``NAME/train``.

        Returns:
            Columns ``symbol, date`` (trading day) and the fields of ``EVENT``; source by source, each in its order.

        Raises:
            NotFoundError: When there is no such split.
        """
        window = self._window(Window(), split)
        frame = event_frame(self.path, self.manifests(), symbols)
        self._record(frame, window, split, list(symbols or ()))
        return frame.filter(window.predicate("ts_event_ns"))

    def bars(
        self,
        symbols: Iterable[str] | str | None = None,
        *,
        interval: str | None = None,
        start: Time = None,
        end: Time = None,
        dates: Dates = None,
        split: str | None = None,
        sources: Iterable[str] | None = None,
    ) -> pl.DataFrame:
        """Bars of one length.

        Args:
            symbols: A symbol or several; all when absent.
            interval: Length, such as ``1d``; may be left out where the catalog holds only one.
            start: First bar start wanted: ns, or text in UTC such as ``2012-06-21T09:45``.
            end: First bar start not wanted any more.
            dates: Trading days, as for :meth:`events`.
            split: Part of a split, such as ``NAME/train``.
            sources: Ids or formats of the sources wanted; all when absent.

        Returns:
            Sorted by ``symbol`` and ``ts_start_ns``: ``symbol, date``, the fields of ``BAR``, ``open, high, low,
            close`` [currency], ``volume`` [units], ``source``.

        Raises:
            NotFoundError: When there are no bars of that length, or no such symbol, split or source.
            UsageError: When the length must be named, or when two sources hold the same bar and none was chosen.
        """
        manifests = self._chosen(sources)
        interval = self._interval(manifests, interval)
        names = [symbols] if isinstance(symbols, str) else None if symbols is None else list(symbols)
        for name in names or ():
            self.instrument(name, interval)
        window = self._window(make_window(start, end, dates, "UTC"), split)
        frame = bar_frame(self.path, manifests, interval, names)
        self._record(frame, window, split, names or [])
        found = (
            frame.filter(window.predicate("ts_start_ns")).sort("symbol", "ts_start_ns", maintain_order=True).collect()
        )
        twice = found.filter(pl.struct("symbol", "ts_start_ns").is_duplicated())
        if twice["source"].n_unique() > 1:
            there = ", ".join(sorted(twice["source"].unique()))
            raise UsageError(
                f"{twice['symbol'][0]} has the same {interval} bars from several sources; choose from {there}"
            )
        return found

    def _interval(self, manifests: list[Manifest], interval: str | None) -> str:
        """The length of bars that is meant."""
        there = sorted({name for manifest in manifests for name in manifest.bar_instruments})
        if (interval not in there) if interval else not there:
            raise NotFoundError(f"{self.path} holds no {interval or ''} bars; it holds: {', '.join(there) or 'none'}")
        if not interval and len(there) > 1:
            raise UsageError(f"{self.path} holds bars of several lengths; choose from {', '.join(there)}")
        return interval or there[0]

    def _chosen(self, sources: Iterable[str] | None) -> list[Manifest]:
        """Manifests of the sources wanted."""
        manifests = self.manifests()
        if sources is None:
            return manifests
        wanted = {sources} if isinstance(sources, str) else set(sources)
        unknown = wanted - {m.id for m in manifests} - {m.format for m in manifests}
        if unknown:
            there = ", ".join(sorted({m.format for m in manifests} | {m.id for m in manifests}))
            raise NotFoundError(f"{self.path} holds no source {sorted(unknown)[0]!r}; it holds: {there}")
        return [m for m in manifests if m.id in wanted or m.format in wanted]

    def _window(self, window: Window, split: str | None) -> Window:
        if split is None:
            return window
        recorded, part = resolve_part(self.path, split)
        return window.narrowed(recorded.parts()[part])

    def _record(self, frame: pl.LazyFrame, window: Window, split: str | None, symbols: list[str]) -> None:
        """Write to the ledger which test parts the rows in a window belong to."""
        time_column = "ts_start_ns" if "source" in frame.collect_schema() else "ts_event_ns"
        for recorded in load_splits(self.path):
            narrowed = window.narrowed(recorded.test)
            if narrowed.start_ns >= narrowed.end_ns or narrowed.days == ():
                continue
            rows = frame.filter(narrowed.predicate(time_column)).select(pl.len()).collect().item()
            if rows:
                reading = Reading(
                    split=recorded.name,
                    span=str(recorded.test),
                    named=split == f"{recorded.name}/test",
                    table="bars" if time_column == "ts_start_ns" else "events",
                    symbols=symbols,
                    rows=rows,
                )
                append_access(self.path, reading, self.purpose, self.clock)

    def damaged_parts(self) -> list[tuple[Manifest, FileRecord, str]]:
        """Check every part against its checksum.

        Returns:
            ``(manifest, part, what is wrong)`` for each that is not as it was imported.
        """
        found = []
        for manifest in self.manifests():
            for part in manifest.parts:
                try:
                    wrong = "" if hash_file(self.path / part.path) == part.sha256 else "its checksum differs"
                except TradewindError as error:
                    wrong = str(error)
                if wrong:
                    found.append((manifest, part, wrong))
        return found

    def verify(self) -> None:
        """Check every part against its checksum.

        Raises:
            IntegrityError: Naming each part that is not as it was imported, and the file to import again.
        """
        bad = [
            f"{part.path}: {wrong}; import {manifest.files[0].path} again with --force"
            for manifest, part, wrong in self.damaged_parts()
        ]
        if bad:
            raise IntegrityError("\n  ".join([f"{self.path}: {len(bad)} damaged parts", *bad]))


def _of_kinds(blocks: Iterator[Keyed], kinds: Array | None) -> Iterator[Keyed]:
    """Rows of some kinds only."""
    for keys, rows in blocks:
        keep = slice(None) if kinds is None else np.isin(rows["kind"], kinds)
        if len(keys[keep]):
            yield keys[keep], rows[keep]
