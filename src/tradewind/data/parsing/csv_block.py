"""Some lines of a CSV file: whether every row is whole, and if not, which row and field is to blame."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.core.errors import DataError

__all__ = ["CsvBlock", "bad_row", "fields_of", "refused"]

QUOTED = re.compile(rb'"[^"]*"')


def fields_of(line: str) -> list[str]:
    """Fields of one line, in which some may be quoted; of bytes that are no text, something.

    Examples:
        >>> fields_of('1,"a, b",2')
        ['1', 'a, b', '2']
    """
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line]), [""])
    except csv.Error:
        return [line]


class CsvBlock:
    """Some whole lines of a file, and where they stand in it.

    Args:
        path: The file.
        text: The lines, each ending in a line feed but the last.
        names: Columns, in the order of the fields.
        row: 1-based row of the first line.
    """

    def __init__(self, path: Path, text: bytes, names: list[str], row: int) -> None:
        self.path, self.text, self.names, self.row = path, text, names, row

    def is_ragged(self) -> bool:
        """Whether fields are missing; Polars itself refuses rows with too many, so a total is enough."""
        bare = QUOTED.sub(b"", self.text) if b'"' in self.text else self.text
        lines = _count(self.text, b"\n") + 1
        if bare is not self.text and (b'"' in bare or _count(bare, b"\n") + 1 != lines):
            return True
        return _count(bare, b",") + lines != lines * len(self.names)


def _count(text: bytes, letter: bytes) -> int:
    """``text.count(letter)``, several times as fast."""
    return int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == letter[0]))


def refused(column: pl.Series, optional: Collection[str]) -> pl.Series:
    """Which values are missing where one is required, or infinite.

    Args:
        column: Shape (n,), of any type.
        optional: Names of the columns that may hold empty fields.

    Returns:
        Shape (n,), bool.
    """
    refused = column.is_null() & (column.name not in optional)
    if not column.dtype.is_float():
        return refused
    return refused | (column.is_infinite() if column.name in optional else ~column.is_finite())


def bad_row(
    block: CsvBlock, schema: Mapping[str, pl.DataType], optional: Collection[str], reason: str = "something else"
) -> DataError:
    """Error that names the first row that does not fit; only made once something is known to be wrong.

    Args:
        block: The lines.
        schema: Column names and types wanted.
        optional: Columns that may hold empty fields.
        reason: What to say when every row seems to fit.
    """
    lines = block.text.decode("utf-8", errors="replace").split("\n")
    faults = [fault for fault in (_odd_line(block, lines), _short_line(block, lines)) if fault]
    whole = min((row for row, *_ in faults), default=len(lines))
    rows = [fields_of(line) for line in lines[:whole]]
    for name, kind in schema.items():
        place = block.names.index(name)
        texts = pl.Series(name, [fields[place] or None for fields in rows], dtype=pl.String)
        values = texts.cast(kind, strict=False)
        wrong = (values.is_null() & texts.is_not_null()) | refused(values, optional)
        if wrong.any():
            at = int(wrong.arg_max() or 0)
            faults.append((at, f"a value of type {kind}", texts[at] or "", name))
    if not faults:
        return DataError(block.path, "CSV rows", reason, row=block.row)
    at, expected, got, field = min(faults, key=lambda fault: fault[0])
    return DataError(block.path, expected, got, row=block.row + at, field=field)


def _odd_line(block: CsvBlock, lines: list[str]) -> tuple[int, str, str, str | None] | None:
    """First line that is no text, or in which quotes do not come in pairs."""
    try:
        block.text.decode()
        broken = len(lines)
    except UnicodeDecodeError as error:
        broken = block.text.count(b"\n", 0, error.start)
    odd = next((index for index, line in enumerate(lines) if line.count('"') % 2), len(lines))
    if min(broken, odd) == len(lines):
        return None
    expected = "UTF-8 text" if broken <= odd else "quoted fields that end on their line"
    return min(broken, odd), expected, lines[min(broken, odd)], None


def _short_line(block: CsvBlock, lines: list[str]) -> tuple[int, str, str, str | None] | None:
    """First line with too few or too many fields."""
    for index, line in enumerate(lines):
        fields = fields_of(line)
        if len(fields) != len(block.names):
            return index, f"{len(block.names)} fields", f"{len(fields)}: {line}", None
    return None
