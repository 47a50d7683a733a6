"""Manifests: what a catalog holds, where it came from, and the checksums that prove it. The manifest is the truth."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec

from tradewind.core.errors import DataError, IntegrityError, NotFoundError
from tradewind.core.types import Instrument
from tradewind.data.quality_report import QualityReport
from tradewind.data.reader import ReadOptions

__all__ = [
    "Coverage",
    "FileRecord",
    "Manifest",
    "fingerprint",
    "hash_file",
    "load_manifests",
    "make_source_id",
]

HASH_BLOCK_BYTES = 4 << 20


class FileRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file and how to know it again.

    Attributes:
        path: Of a source: absolute, where it lay; of a part: relative to the catalog.
        size_bytes: Its size.
        sha256: Its checksum, hexadecimal.
        rows: Rows in a part; 0 for a source.
        first_ns: Earliest event (bar start) in a part [ns]; 0 for a source.
        last_ns: Latest event (bar start) in a part [ns]; 0 for a source.
        symbol: Symbol of an event part; empty for bars (many symbols) and sources.
        day: Trading day of an event part.
    """

    path: str
    size_bytes: int
    sha256: str
    rows: int = 0
    first_ns: int = 0
    last_ns: int = 0
    symbol: str = ""
    day: date | None = None


class Coverage(msgspec.Struct, frozen=True):
    """What a source holds of one symbol: on one trading day for events, in all for bars.

    Attributes:
        symbol: The symbol.
        interval_ns: Length of a bar [ns]; 0 for events.
        day: Trading day of events; None for bars.
        rows: Number of rows.
        kinds: Rows by kind of event, lower-case names; empty for bars.
        first_ns: Earliest event or bar start [ns].
        last_ns: Latest event or bar start [ns].
    """

    symbol: str
    interval_ns: int
    day: date | None
    rows: int
    kinds: dict[str, int]
    first_ns: int
    last_ns: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One imported source.

    Attributes:
        id: Name of the source in the catalog.
        format: Format it was read as.
        reader_version: First digits of the SHA-256 of the reader's source text.
        tradewind: Version that imported it.
        imported_ns: When [ns since 1970-01-01 UTC].
        options: What was said about the file on import.
        files: The file and its companions, the file itself first.
        parts: Parquet files it became, in the order of its rows.
        instruments: What its events are about, one per symbol.
        bar_instruments: What its bars are about, by name of their length.
        coverage: Row counts and times per symbol and day.
        warnings: Remarks on the import, one sentence each.
        generation: Number of the commit that brought it, counted by the catalog.
        replaces: Ids of sources of earlier generations whose place this one took.
        quality: What a scan of all rows found.
    """

    id: str
    format: str
    reader_version: str
    tradewind: str
    imported_ns: int
    options: ReadOptions
    files: list[FileRecord]
    parts: list[FileRecord]
    instruments: list[Instrument]
    bar_instruments: dict[str, list[Instrument]]
    coverage: list[Coverage]
    warnings: list[str] = []
    generation: int = 0
    replaces: list[str] = []
    quality: QualityReport | None = None

    @property
    def symbols(self) -> list[str]:
        """Symbols it holds, sorted."""
        return sorted({item.symbol for item in self.coverage})

    @property
    def rows(self) -> int:
        """Rows it holds in all."""
        return sum(item.rows for item in self.coverage)

    @property
    def days(self) -> list[date]:
        """Trading days of its events, sorted."""
        return sorted({item.day for item in self.coverage if item.day is not None})


def hash_file(path: Path) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises:
        NotFoundError: When it is not there or cannot be read.
        DataError: When it is empty.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(HASH_BLOCK_BYTES):
                digest.update(block)
            size = file.tell()
    except OSError as error:
        raise NotFoundError(f"{path}: cannot be read: {error.strerror}") from None
    if size == 0:
        raise DataError(path, "market data", "an empty file", hint="Was the download cut off?")
    return digest.hexdigest()


def fingerprint(path: Path) -> FileRecord:
    """Record of a source file; raises as :func:`hash_file`."""
    return FileRecord(str(path.absolute()), path.stat().st_size if path.exists() else 0, hash_file(path))


def make_source_id(files: list[FileRecord], name: str, options: ReadOptions) -> str:
    """Name of a source in the catalog: what it was called, and a digest of its content and of how it was read.

    Args:
        files: The file and its companions.
        name: Of the format.
        options: What was said about the file.

    Returns:
        Lower-case words and twelve hexadecimal digits.
    """
    settled = msgspec.structs.replace(options, batch_rows=0)
    told = msgspec.json.encode([[file.sha256 for file in files], name, settled])
    words = re.sub(r"[^a-z0-9]+", "-", Path(files[0].path).name.lower()).strip("-")
    words = re.sub(r"-(csv|dat|json|parquet|dbn|bin|txt)$", "", re.sub(r"-(gz|zst)$", "", words))
    return f"{words[:48].strip('-')}-{hashlib.sha256(told).hexdigest()[:12]}"


def load_manifests(folder: Path) -> list[Manifest]:
    """Manifests of a catalog, sorted by id, without those that another one replaces.

    Args:
        folder: The catalog's folder ``manifests``.

    Raises:
        IntegrityError: For a file that is not a manifest.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            state = path.stat()
            found.append(_decode(path, state.st_mtime_ns, state.st_ino))
        except FileNotFoundError:  # replaced by another import just now
            continue
    gone: dict[str, int] = {}
    for manifest in found:
        for name in manifest.replaces:
            gone[name] = max(gone.get(name, 0), manifest.generation)
    return [manifest for manifest in found if manifest.generation >= gone.get(manifest.id, 0)]


@lru_cache(maxsize=4096)
def _decode(path: Path, _modified_ns: int, _inode: int) -> Manifest:
    """Read a manifest; kept while the file stays the same, since every write makes a new file."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise IntegrityError(f"{path}: expected a manifest, got: {error}") from None
