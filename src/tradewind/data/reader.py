"""What a reader is: it recognises its format from a file's first bytes and opens it as a feed of rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, Protocol

import msgspec

from tradewind.core.ports import Feed

__all__ = ["FileHead", "Match", "ReadOptions", "Reader"]


class FileHead(msgspec.Struct, frozen=True):
    """The beginning of a file, enough to tell its format.

    Attributes:
        path: The file.
        compression: ``none``, ``gzip`` or ``zstd``.
        data: First bytes after decompression (up to 64 KiB); empty for Parquet.
        columns: Column names of a Parquet file, else empty.
    """

    path: Path
    compression: str
    data: bytes
    columns: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Complete text lines of the head, empty when it is not text."""
        try:
            text = self.data.decode("utf-8", errors="ignore" if len(self.data) >= 65536 else "strict")
        except UnicodeDecodeError:
            return []
        parts = text.split("\n")
        return [line.rstrip("\r") for line in (parts[:-1] if len(parts) > 1 else parts)]


class Match(msgspec.Struct, frozen=True):
    """How surely a file is of a format.

    Attributes:
        score: 1 (could be) to 100 (a magic number or an exact header).
        reason: What was recognised, in words.
    """

    score: int
    reason: str


class ReadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a file does not say about itself; a value given here overrides what it does say.

    Attributes:
        symbol: Instrument to read (files with several) or to name (files with none).
        tick_size: Price step [currency]; the format's own or inferred from the first rows when absent.
        lot_size: Size step [units]; the format's own or inferred when absent.
        venue: Where it was recorded.
        currency: Currency of prices.
        calendar: Name of the trading calendar.
        day: Date for formats whose clock starts at midnight.
        batch_rows: Rows per batch, so that memory stays flat.
    """

    symbol: str | None = None
    tick_size: Decimal | None = None
    lot_size: Decimal | None = None
    venue: str | None = None
    currency: str | None = None
    calendar: str | None = None
    day: date | None = None
    batch_rows: int = 262_144


class Reader(Protocol):
    """A format. Stateless; the feeds it opens hold the state."""

    name: ClassVar[str]
    """Short name, as in ``--format lobster``."""
    description: ClassVar[str]
    """One line for ``tradewind data formats``."""

    def match(self, head: FileHead) -> Match | None:
        """Recognise the format from the beginning of a file, or None."""
        ...

    def open(self, path: Path, options: ReadOptions) -> Feed:
        """Open a file and the companions found beside it; reading starts on iteration."""
        ...
