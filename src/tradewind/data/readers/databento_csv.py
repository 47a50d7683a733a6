"""Databento CSV files: MBO, MBP-10, MBP-1, TBBO, trades and bars, by the names of their columns.

Source: databento.com/docs, "CSV encoding". Prices may be decimals or integers in units of 1e-9, time stamps ISO 8601 or
integers in nanoseconds ("pretty" or not), the symbol column and a leading index column (as pandas writes it) may be
there or not. The rows are those that :mod:`~tradewind.data.readers.databento_mbo` and
:mod:`~tradewind.data.readers.databento_levels` describe, the fields those of
:mod:`~tradewind.data.readers.databento_records`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError
from tradewind.data.columns import DECIMAL, column_steps, csv_frames, iso_ns
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.readers.databento_feed import BAR_INTERVALS_NS, RECORDS, DatabentoFeed
from tradewind.data.readers.databento_records import PRICE_UNIT, UNDEFINED_PRICE, UNDEFINED_TIME
from tradewind.data.source import read_head
from tradewind.data.tables import header_of, times_ns

__all__ = ["DatabentoCsvFeed", "DatabentoCsvReader"]

MARKS = {"rtype", "publisher_id", "instrument_id", "ts_event"}
SIGNS = (("bid_px_09", 10), ("bid_px_00", 1), ("order_id", 160), ("action", 0), ("open", min(BAR_INTERVALS_NS)))
NAMES = {10: "MBP-10", 1: "MBP-1 or TBBO", 160: "MBO", 0: "trades", min(BAR_INTERVALS_NS): "bars"}
UNUSED = {"length", "channel_id", "depth", "ts_in_delta"}
PRICES = {"price", "open", "high", "low", "close"}
LETTERS = {"action": {letter: ord(letter) for letter in "ACMRTFN"}, "side": {letter: ord(letter) for letter in "ABN"}}


class DatabentoCsvReader:
    """Opens Databento CSV files."""

    name: ClassVar[str] = "databento_csv"
    description: ClassVar[str] = "Databento CSV: MBO, MBP-10, MBP-1, TBBO, trades, bars"

    def match(self, head: FileHead) -> Match | None:
        """Recognise the columns that all of Databento's schemas have."""
        rtype = _rtype(header_of(head))
        return None if rtype is None else Match(100, f"columns of Databento's schema {NAMES[rtype]}")

    def open(self, path: Path, options: ReadOptions) -> DatabentoCsvFeed:
        """Open a file.

        Args:
            path: CSV, plain or compressed.
            options: ``symbol`` names the instrument of a file without a symbol column. Default lot 1; default tick
                as the first prices show it.

        Raises:
            DataError: When the columns are of none of the schemas.
        """
        return DatabentoCsvFeed(path, options)


def _rtype(names: tuple[str, ...]) -> int | None:
    if not set(names) >= MARKS:
        return None
    return next((rtype for sign, rtype in SIGNS if sign in names), None)


class DatabentoCsvFeed(DatabentoFeed):
    """Rows of one Databento CSV file."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        super().__init__(path, options)
        head = read_head(path)
        names = header_of(head)
        rtype = _rtype(names)
        if rtype is None:
            raise DataError(path, "columns of Databento's MBO, MBP, TBBO, trades or bars", ", ".join(names))
        self._rtype = rtype
        self._has_symbol = "symbol" in names
        self._is_fixed = _is_fixed(head, names)
        self._symbols: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def symbol(self, key: int) -> str:
        """Symbol column's text, or what the options say, or the instrument's number."""
        if not self._has_symbol and key not in self._names:
            if self.options.symbol and self._names:
                raise DataError(self.path, f"one instrument, {self.options.symbol}", f"instrument_id {key} as well")
            self._names[key] = self.options.symbol or str(key)
        return self._names[key]

    def pieces(self) -> Iterator[tuple[int, Array, Array]]:
        """Parse blocks of lines into records."""
        layout = RECORDS[self._rtype]
        schema, optional = _schema(layout, self._has_symbol)
        for row, frame in csv_frames(self.path, schema, header=True, optional=optional):
            records = np.zeros(len(frame), dtype=layout)
            for column in frame:
                if column.name != "symbol":
                    _place(records, column.name)[...] = self._values(row, column)
            yield self._kind(row, frame["rtype"]), records, self._keys(frame, records)

    def _kind(self, row: int, rtypes: pl.Series) -> int:
        """Record type; of bars it says how long they are."""
        if self._rtype not in BAR_INTERVALS_NS:
            return self._rtype
        wrong = (rtypes != rtypes[0]) | ~rtypes.is_in(list(BAR_INTERVALS_NS))
        if wrong.any():
            at = int(wrong.arg_max() or 0)
            raise DataError(self.path, "bars of one length (rtype 32 to 35)", rtypes[at], row=row + at, field="rtype")
        return int(rtypes[0])

    def _keys(self, frame: pl.DataFrame, records: Array) -> Array:
        """Instrument of each record: numbers given to symbols as they come, or the file's own numbers."""
        if not self._has_symbol:
            return records["instrument_id"].astype(np.int64)
        for symbol in frame["symbol"].unique(maintain_order=True):
            self._symbols.setdefault(symbol, len(self._symbols))
            self._names[self._symbols[symbol]] = symbol
        return frame["symbol"].replace_strict(self._symbols, return_dtype=pl.Int64).to_numpy()

    def _values(self, row: int, column: pl.Series) -> Array:
        """A column as the integers of a record."""
        name = column.name
        if name in PRICES or name[4:6] == "px":
            scale = Decimal(1) if self._is_fixed else PRICE_UNIT
            values, _ = column_steps(self.path, row, column, scale)
            return np.where(column.is_null().to_numpy(), UNDEFINED_PRICE, values)
        if name in ("ts_event", "ts_recv"):
            return self._times(row, column)
        if name in LETTERS:
            codes = column.replace_strict(LETTERS[name], default=None, return_dtype=pl.UInt8)
            if codes.null_count():
                at = int(codes.is_null().arg_max() or 0)
                letters = ", ".join(LETTERS[name])
                raise DataError(self.path, f"one of {letters}", column[at], row=row + at, field=name)
            return codes.to_numpy()
        return column.to_numpy()

    def _times(self, row: int, column: pl.Series) -> Array:
        known = column.drop_nulls()
        sample = known[0] if len(known) else ""
        if sample.isdigit():
            stamps = column.cast(pl.UInt64, strict=False)
            if (wrong := stamps.is_null() & column.is_not_null()).any():
                at = int(wrong.arg_max() or 0)
                raise DataError(self.path, "nanoseconds", column[at], row=row + at, field=column.name)
            return stamps.fill_null(UNDEFINED_TIME).to_numpy()
        filled = column.fill_null(sample or "1970-01-01T00:00:00Z")
        is_iso = sample.endswith("Z") and "T" in sample
        times = iso_ns(self.path, row, filled) if is_iso else times_ns(self.path, row, filled, column.name)
        return np.where(column.is_null().to_numpy(), np.uint64(UNDEFINED_TIME), times.astype(np.uint64))


def _is_fixed(head: FileHead, names: tuple[str, ...]) -> bool:
    """Whether prices are integers in units of 1e-9: no price among the first rows has a decimal point."""
    places = [place for place, name in enumerate(names) if name in PRICES or name[4:6] == "px"]
    rows = [line.split(",") for line in head.lines()[1:]]
    seen = [row[place] for row in rows for place in places if len(row) == len(names) and row[place]]
    return bool(seen) and not any("." in text for text in seen)


def _schema(layout: np.dtype[np.void], has_symbol: bool) -> tuple[dict[str, pl.DataType], list[str]]:
    """Columns to read, and those that may be empty."""
    schema: dict[str, pl.DataType] = {"symbol": pl.String()} if has_symbol else {}
    for name in layout.names or ():
        if name == "levels":
            for level in range(layout["levels"].shape[0]):
                for side in ("bid", "ask"):
                    schema |= {f"{side}_px_{level:02}": DECIMAL, f"{side}_sz_{level:02}": pl.UInt32()}
        elif name in ("ts_event", "ts_recv", *LETTERS):
            schema[name] = pl.String()
        elif name not in UNUSED:
            kind = layout[name]
            schema[name] = DECIMAL if name in PRICES else pl.Series(np.zeros(0, dtype=kind)).dtype
    return schema, [name for name in schema if schema[name] == DECIMAL or name == "ts_recv"]


def _place(records: Array, name: str) -> Array:
    """Where a column goes: a field, or a part of ``levels``."""
    parts = name.split("_")
    if parts[0] in ("bid", "ask"):
        return np.asarray(records["levels"][f"{parts[0]}_{parts[1]}"][:, int(parts[2])])
    return np.asarray(records[name])
