"""All readers, and which of them a file is for: told from its content, never only from its name."""

from __future__ import annotations

from pathlib import Path

from tradewind.core.errors import DataError, UsageError
from tradewind.core.ports import Feed
from tradewind.data.reader import FileHead, Match, Reader, ReadOptions
from tradewind.data.readers.bars import BarsReader
from tradewind.data.readers.binance import BinanceReader
from tradewind.data.readers.bitstamp import BitstampReader
from tradewind.data.readers.closing_auction import ClosingAuctionReader
from tradewind.data.readers.coinbase import CoinbaseReader
from tradewind.data.readers.databento_csv import DatabentoCsvReader
from tradewind.data.readers.dbn import DbnReader
from tradewind.data.readers.itch import ItchReader
from tradewind.data.readers.lobster import LobsterReader
from tradewind.data.readers.nbbo import NbboReader
from tradewind.data.readers.sgx import SgxReader
from tradewind.data.readers.tardis import TardisReader
from tradewind.data.source import read_head

__all__ = ["READERS", "detect", "open_feed", "reader_named"]

READERS: tuple[Reader, ...] = (
    BarsReader(),
    BinanceReader(),
    BitstampReader(),
    ClosingAuctionReader(),
    CoinbaseReader(),
    DatabentoCsvReader(),
    DbnReader(),
    ItchReader(),
    LobsterReader(),
    NbboReader(),
    SgxReader(),
    TardisReader(),
)
"""Every format tradewind reads, sorted by name; a new reader is one line here."""


def reader_named(name: str) -> Reader:
    """Reader with a given name.

    Args:
        name: As in ``--format``.

    Raises:
        UsageError: When there is none of that name; lists those there are.
    """
    for reader in READERS:
        if reader.name == name:
            return reader
    raise UsageError(f"no format {name!r}; there are: {', '.join(r.name for r in READERS)}")


def detect(path: Path, override: str | None = None) -> Reader:
    """Find the reader for a file.

    Every reader looks at the decompressed beginning of the file (or the column names of a Parquet file) and says how
    sure it is; the surest one wins.

    Args:
        path: The file.
        override: Name of a format to use whatever the content looks like.

    Returns:
        The reader; it has looked at the head of the file only.

    Raises:
        NotFoundError: When the file is not there.
        DataError: When it is empty, when no reader knows it, or when two are equally sure.
        UsageError: When there is no format of the name ``override``.
    """
    if override is not None:
        return reader_named(override)
    head = read_head(path)
    matches = [(match, reader) for reader in READERS if (match := reader.match(head)) is not None]
    best = max((match.score for match, _ in matches), default=0)
    found = [(match, reader) for match, reader in matches if match.score == best]
    if len(found) != 1:
        raise _undecided(head, found)
    return found[0][1]


def _undecided(head: FileHead, found: list[tuple[Match, Reader]]) -> DataError:
    """Error that shows what was seen, what is known, and the way out."""
    hint = "Say which with --format."
    if found:
        expected = "one format"
        hint = f"{'; '.join(f'{reader.name}: {match.reason}' for match, reader in found)}. {hint}"
    else:
        expected = "a known format"
        hint = f"Known formats: {', '.join(reader.name for reader in READERS)}. {hint}"
    return DataError(head.path, expected, _seen(head), hint=hint)


def _seen(head: FileHead) -> str:
    if head.columns:
        return f"Parquet columns {', '.join(head.columns)}"
    lines = head.lines()
    return f"a file that starts with {lines[0][:80]!r}" if lines else f"bytes {head.data[:16].hex(' ')}"


def open_feed(path: Path, options: ReadOptions | None = None, format: str | None = None) -> Feed:  # noqa: A002
    """Open a file as a feed of rows.

    Args:
        path: The file.
        options: What the file does not say about itself.
        format: Name of its format; told from the content when absent.

    Returns:
        A feed; reading starts when it is iterated.

    Raises:
        NotFoundError: When the file is not there.
        DataError: When its format cannot be told.
        UsageError: When there is no format of that name.
    """
    return detect(path, format).open(path, options or ReadOptions())
