"""Databento Binary Encoding (DBN) files: MBO, MBP-10, MBP-1, TBBO, trades and bars.

Source: databento.com/docs, "Databento Binary Encoding". A file is metadata, which names the instruments, then records:
each begins with its length and type. The metadata are decoded by ``databento-dbn`` (extra ``data``); the records are
read in place, as NumPy arrays over runs of one type, because building a Python object per record is many times slower.
Files of DBN version 1, 2 and 3 are read, plain or zstd. The rows are those that
:mod:`~tradewind.data.readers.databento_mbo` and :mod:`~tradewind.data.readers.databento_levels` describe, the fields
those of :mod:`~tradewind.data.readers.databento_records`. Records of other types are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, MissingExtraError
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.readers.databento_feed import RECORDS, DatabentoFeed
from tradewind.data.source import opened

__all__ = ["DbnFeed", "DbnReader"]

MAGIC = b"DBN"
CHUNK_BYTES = 2 << 20
LENGTH_UNIT = 4
HEADER_BYTES = 16


class DbnReader:
    """Opens DBN files."""

    name: ClassVar[str] = "dbn"
    description: ClassVar[str] = "Databento Binary Encoding: MBO, MBP-10, MBP-1, TBBO, trades, bars (extra: data)"

    def match(self, head: FileHead) -> Match | None:
        """Recognise the magic number."""
        return Match(100, "DBN magic number") if head.data.startswith(MAGIC) else None

    def open(self, path: Path, options: ReadOptions) -> DbnFeed:
        """Open a file.

        Args:
            path: DBN, plain or zstd.
            options: ``symbol`` picks one of several instruments. Default lot 1; default tick as the first prices
                show it.
        """
        return DbnFeed(path, options)


class DbnFeed(DatabentoFeed):
    """Rows of one DBN file."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        super().__init__(path, options)
        self._symbols = Symbols({})

    def symbol(self, key: int) -> str:
        """Symbol in the metadata, or the instrument's number where they name none."""
        return self._symbols.names.get(key, str(key))

    def pieces(self) -> Iterator[tuple[int, Array, Array]]:
        """Runs of records of one type."""
        row = 1
        with opened(self.path) as file:
            self._symbols = self._read_metadata(file)
            rest = bytearray()
            while chunk := file.read(CHUNK_BYTES):
                data, start = rest + chunk, 0
                while run := self._run(data, start, row):
                    rtype, records = run
                    if rtype in RECORDS:
                        fields = _as_layout(self.path, records, rtype, row)
                        yield rtype, fields, self._symbols.keys(fields)
                    else:
                        self.counts[f"records of type {rtype}"] += len(records)
                    start += records.nbytes
                    row += len(records)
                rest = data[start:]
        if rest:
            got = f"{len(rest)} bytes of one at the end"
            raise DataError(self.path, "a whole record", got, row=row, hint="Was the file cut off?")

    def _run(self, data: bytearray, start: int, row: int) -> tuple[int, Array] | None:
        """Records from ``start`` on that have the length and type of the first, as bytes of shape (n, length)."""
        if len(data) - start < HEADER_BYTES:
            return None
        length, rtype = data[start] * LENGTH_UNIT, data[start + 1]
        if length < HEADER_BYTES:
            raise DataError(self.path, f"a record of {HEADER_BYTES} bytes or more", length, row=row, field="length")
        count = (len(data) - start) // length
        if count == 0:
            return None
        records = np.frombuffer(data, dtype=np.uint8, count=count * length, offset=start).reshape(count, length)
        other = (records[:, 0] != data[start]) | (records[:, 1] != rtype)
        return rtype, records[: int(other.argmax())] if other.any() else records

    def _read_metadata(self, file: BinaryIO) -> Symbols:
        try:
            from databento_dbn import DBNError, Metadata
        except ImportError:
            raise MissingExtraError("databento-dbn", "data", "reading DBN files") from None
        start = file.read(8)
        if not start.startswith(MAGIC) or len(start) < 8:
            raise DataError(self.path, "a DBN file, which starts with 'DBN'", start)
        length = int.from_bytes(start[4:], "little")
        text = file.read(length)
        if len(text) < length:
            got = f"{len(text)} of {length} bytes"
            raise DataError(self.path, "whole metadata", got, field="metadata", hint="Was the file cut off?")
        try:
            return Symbols(Metadata.decode(start + text).mappings)
        except DBNError as error:
            raise DataError(self.path, "DBN metadata", str(error), field="metadata") from None


def _as_layout(path: Path, records: Array, rtype: int, row: int) -> Array:
    """View the bytes of records as their fields; bytes after the last (a send time stamp) are left out."""
    layout, length = RECORDS[rtype], records.shape[1]
    if length < layout.itemsize:
        raise DataError(path, f"records of {layout.itemsize} bytes (type {rtype})", length, row=row, field="length")
    if length == layout.itemsize:
        return records.reshape(-1).view(layout)
    whole = np.dtype({"names": ["fields"], "formats": [layout], "itemsize": length})
    return np.asarray(records.view(whole)[:, 0]["fields"])


class Symbols:
    """Instrument numbers to symbols; a number that means several in turn gets a key for each.

    Args:
        mappings: As in the metadata: symbol to intervals, each with days and the number (or the other way round).

    Attributes:
        names: Symbol of each key.
    """

    def __init__(self, mappings: dict[str, list[dict[str, Any]]]) -> None:
        spans: dict[int, dict[str, int]] = {}
        for name, intervals in mappings.items():
            for interval in intervals:
                number, symbol = interval["symbol"], name
                if not number.isdigit():
                    number, symbol = symbol, number
                if number.isdigit():
                    starts = spans.setdefault(int(number), {})
                    start = _midnight_ns(interval["start_date"])
                    starts[symbol] = min(start, starts.get(symbol, start))
        self.names = {number: min(starts, key=lambda s: starts[s]) for number, starts in spans.items()}
        self._later: list[tuple[int, int, int]] = []
        for number, starts in spans.items():
            for symbol in sorted(starts, key=lambda s: starts[s])[1:]:
                key = 2**32 + len(self._later)
                self.names[key] = symbol
                self._later.append((number, starts[symbol], key))

    def keys(self, records: Array) -> Array:
        """Key of each record, shape (n,), int64."""
        keys = records["instrument_id"].astype(np.int64)
        for number, start_ns, key in self._later:
            keys[(records["instrument_id"] == number) & (records["ts_event"] >= start_ns)] = key
        return keys


def _midnight_ns(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 10**9
