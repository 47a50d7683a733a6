"""One source into a catalog: read once, in bounded memory, committed whole or not at all."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

import tradewind
from tradewind.core.errors import DataError, UsageError
from tradewind.core.ports import Clock, Feed
from tradewind.core.types import Batch, Instrument
from tradewind.data.admission import Admission, describe
from tradewind.data.buffer import BUFFER_ROWS, PartitionBuffer
from tradewind.data.manifest import FileRecord, Manifest, fingerprint, load_manifests
from tradewind.data.partition import interval_name
from tradewind.data.quality import QualityScan
from tradewind.data.reader import Reader, ReadOptions
from tradewind.data.staging import MANIFESTS, Staging

__all__ = ["FileOutcome", "ImportOptions", "Progress", "import_file", "silent"]

Progress = Callable[[Path, int], None]
"""Told, now and then, the file being read and how many of its rows have come."""


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How files are imported.

    Attributes:
        read: What the files do not say about themselves.
        format: Format of every file; told from each file's content when absent.
        force: Import again what is there already, in its place.
        buffer_rows: Rows held in memory before they are written.
    """

    read: ReadOptions = ReadOptions()
    format: str | None = None
    force: bool = False
    buffer_rows: int = BUFFER_ROWS


class FileOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file.

    Attributes:
        path: The file.
        status: ``imported``, ``already imported``, ``companion`` (read with another file) or ``failed``.
        format: Format it was read as.
        source: Id of the source in the catalog.
        symbols: Symbols it holds, sorted.
        days: Trading days of its events, sorted.
        rows: Rows imported.
        size_bytes: Size of the file and its companions.
        stored_bytes: Size of the parts it became.
        seconds: How long it took.
        warnings: Remarks, one sentence each.
        quality: Verdict of the quality scan: ``clean``, ``usable`` or ``broken``.
        quality_reason: Why, in one sentence.
        error: What went wrong, empty unless it failed.
        exit_code: Exit code of the error; 0 unless it failed.
    """

    path: str
    status: str
    format: str = ""
    source: str = ""
    symbols: list[str] = []
    days: list[date] = []
    rows: int = 0
    size_bytes: int = 0
    stored_bytes: int = 0
    seconds: float = 0.0
    warnings: list[str] = []
    quality: str = ""
    quality_reason: str = ""
    error: str = ""
    exit_code: int = 0


def silent(_path: Path, _rows: int) -> None:
    """Progress that nobody watches."""


def import_file(
    root: Path, feed: Feed, reader: Reader, options: ImportOptions, *, clock: Clock, progress: Progress = silent
) -> FileOutcome:
    """Import one source: all of it, or nothing.

    Args:
        root: The catalog; made if it is not there.
        feed: The file, opened.
        reader: What opened it.
        options: How.
        clock: Tells when, and how long it took.
        progress: Told how far it is.

    Returns:
        What became of it: ``imported`` or ``already imported``.

    Raises:
        DataError: When the file is damaged, holds no rows, or does not go with what the catalog holds.
        UsageError: When its content is there already, read another way, and ``force`` was not given.
        StorageError: When the disk is full or refuses.
    """
    started_ns = clock.monotonic_ns()
    files = [fingerprint(path) for path in feed.paths]

    def admission(present: list[Manifest]) -> Admission:
        return Admission(files, reader.name, options.read, options.force, present)

    early = admission(load_manifests(root / MANIFESTS))
    same = early.duplicate()
    if same is not None:
        return _outcome(same, "already imported", files, 0.0)
    with Staging(root, early.source_id) as staging:
        buffer = PartitionBuffer(staging, options.buffer_rows)
        entry = _Entry(early, feed.paths[0])
        scan = QualityScan(str(feed.paths[0]))
        for batch in feed:
            if len(batch.rows):
                admitted = entry.admitted(batch)
                buffer.add(admitted)
                scan.add(admitted)
            progress(feed.paths[0], buffer.rows)
        if not buffer.rows:
            raise DataError(feed.paths[0], f"rows of market data ({reader.name})", "none")
        told = Manifest(
            id=early.source_id,
            format=reader.name,
            reader_version=_version_of(reader),
            tradewind=tradewind.__version__,
            imported_ns=clock.now_ns(),
            options=options.read,
            files=files,
            parts=[],
            coverage=buffer.flush(),
            warnings=[*getattr(feed, "notes", ()), *entry.notes],
            quality=scan.report(getattr(feed, "counts", None), getattr(feed, "notes", ())),
            **_instruments(buffer),
        )
        written = staging.commit(lambda present: _settle(told, admission(present)))
    seconds = (clock.monotonic_ns() - started_ns) / 1e9
    if written is None:  # another import of the same file was faster
        return _outcome(told, "already imported", files, seconds)
    return _outcome(written, "imported", files, seconds)


class _Entry:
    """Lets batches in under the symbol they will have; refuses what contradicts the catalog or the file so far."""

    def __init__(self, admission: Admission, path: Path) -> None:
        self.notes: list[str] = []
        self._admission = admission
        self._path = path
        self._known: dict[tuple[str, int], tuple[Instrument, Instrument]] = {}

    def admitted(self, batch: Batch) -> Batch:
        key = (batch.instrument.symbol, batch.interval_ns)
        if key not in self._known:
            self._known[key] = (batch.instrument, self._let_in(batch))
        before, settled = self._known[key]
        if before != batch.instrument:
            expected = f"{key[0]} with {describe(before)} in the whole file"
            raise DataError(self._path, expected, describe(batch.instrument))
        return msgspec.structs.replace(batch, instrument=settled)

    def _let_in(self, batch: Batch) -> Instrument:
        symbol = batch.instrument.symbol
        settled = batch.instrument if batch.interval_ns else self._admission.admit(batch.instrument)
        self._admission.replaced({(settled.symbol, batch.interval_ns)})
        if settled.symbol != symbol:
            self.notes.append(f"Kept as {settled.symbol}: the catalog has {symbol} from another venue.")
        return settled


def _settle(told: Manifest, admission: Admission) -> Manifest | None:
    """The manifest to commit, given what the catalog holds by now; None when the source is there already."""
    if admission.duplicate() is not None:
        return None
    rivals = admission.replaced({(item.symbol, item.interval_ns) for item in told.coverage})
    for instrument in told.instruments:
        if admission.admit(instrument) != instrument:
            raise UsageError(f"{told.files[0].path}: another import brought {instrument.symbol} meanwhile; try again")
    return msgspec.structs.replace(told, replaces=[name for name in rivals if name != told.id])


def _instruments(buffer: PartitionBuffer) -> dict[str, Any]:
    """Instruments of events and of bars, as a manifest holds them."""
    bars: dict[str, list[Instrument]] = {}
    for (_, interval_ns), instrument in sorted(buffer.instruments.items(), key=lambda item: item[0]):
        bars.setdefault(interval_name(interval_ns) if interval_ns else "", []).append(instrument)
    return {"instruments": bars.pop("", []), "bar_instruments": bars}


def _version_of(reader: Reader) -> str:
    """First digits of the SHA-256 of the source text that defines a reader."""
    path = inspect.getsourcefile(type(reader))
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12] if path else ""


def _outcome(manifest: Manifest, status: str, files: list[FileRecord], seconds: float) -> FileOutcome:
    return FileOutcome(
        path=files[0].path,
        status=status,
        format=manifest.format,
        source=manifest.id,
        symbols=manifest.symbols,
        days=manifest.days,
        rows=manifest.rows,
        size_bytes=sum(file.size_bytes for file in files),
        stored_bytes=sum(part.size_bytes for part in manifest.parts),
        seconds=seconds,
        warnings=manifest.warnings,
        quality=manifest.quality.verdict if manifest.quality else "",
        quality_reason=manifest.quality.reason if manifest.quality else "",
    )
