"""CSV text into typed columns, and prices and sizes into whole ticks and lots, with errors that name row and field."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError
from tradewind.data.source import blocks

__all__ = ["DECIMAL", "column_steps", "csv_frames", "infer_step", "iso_ns", "rescale", "to_steps"]

DECIMAL = pl.Decimal(38, 12)
"""Column type for prices and sizes that must be read exactly."""

BLOCK_BYTES = 2 << 20
QUOTED = re.compile(rb'"[^"]*"')


def csv_frames(
    path: Path, schema: Mapping[str, pl.DataType], *, header: bool, optional: Collection[str] = ()
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Read a CSV file block by block.

    Lines may end with LF or CRLF, the last one with neither; fields may be quoted, but a field may not hold a line
    break. Empty lines are an error, except at the end of the file.

    Args:
        path: Plain, gzip or zstd file.
        schema: Column names and types wanted. With a header, columns are found by name and others ignored; without
            one, the names are given to the columns in order.
        header: Whether the first line names the columns.
        optional: Columns that may hold empty fields (null in the frame); a NaN counts as empty.

    Yields:
        ``(row, frame)``: 1-based number of the frame's first data row in the file (the header does not count), and
        its columns.

    Raises:
        DataError: For a missing column, a row with too few or too many fields, a value that does not fit its type,
            an empty or infinite one where a value is required: with row and field.
    """
    names = [] if header else list(schema)
    row = 1
    for block in blocks(path, BLOCK_BYTES):
        text = block.replace(b"\r\n", b"\n") if b"\r" in block else block
        text = text.removeprefix(b"\xef\xbb\xbf") if row == 1 else text
        if not names:
            line, _, text = text.partition(b"\n")
            names = _header(path, line, schema)
        if not (text := text.rstrip(b"\n")):
            continue
        frame = _frame(_Block(path, text, names, row), schema, optional)
        yield row, frame
        row += len(frame)


def _header(path: Path, line: bytes, schema: Collection[str]) -> list[str]:
    """Names of the columns; those that are not wanted get a made-up name, so that they may repeat or be empty."""
    names = [name.strip() for name in _fields(line.decode("utf-8", errors="replace"))]
    for name in schema:
        if names.count(name) != 1:
            found = f"columns {', '.join(names)}" if name not in names else f"{names.count(name)} of that name"
            raise DataError(path, f"one column {name!r}", found, field=name, hint="Is it a file of another format?")
    return [name if name in schema else f"{index}:{name}" for index, name in enumerate(names)]


def _fields(line: str) -> list[str]:
    """Fields of one line, in which some may be quoted; of bytes that are no text, something."""
    try:
        return next(csv.reader([line]), [""])
    except csv.Error:
        return [line]


class _Block:
    """Some whole lines of a file, and where they stand in it."""

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


def _frame(block: _Block, schema: Mapping[str, pl.DataType], optional: Collection[str]) -> pl.DataFrame:
    if block.is_ragged():
        raise _bad_row(block, schema, optional)
    types = {name: schema.get(name, pl.String()) for name in block.names}
    try:
        frame = pl.read_csv(block.text, has_header=False, schema=types).select(list(schema))
    except pl.exceptions.PolarsError as error:
        raise _bad_row(block, schema, optional, str(error)) from None
    if any(_refused(column, optional).any() for column in frame):
        raise _bad_row(block, schema, optional)
    floats = [name for name in optional if schema[name].is_float()]
    return frame.with_columns(pl.col(floats).fill_nan(None)) if floats else frame


def _refused(column: pl.Series, optional: Collection[str]) -> pl.Series:
    """Which values are missing where one is required, or infinite."""
    refused = column.is_null() & (column.name not in optional)
    if not column.dtype.is_float():
        return refused
    return refused | (column.is_infinite() if column.name in optional else ~column.is_finite())


def _bad_row(
    block: _Block, schema: Mapping[str, pl.DataType], optional: Collection[str], reason: str = "something else"
) -> DataError:
    """Name the first row that does not fit; only run once something is known to be wrong."""
    lines = block.text.decode("utf-8", errors="replace").split("\n")
    rows = [line.split(",") if '"' not in line else _fields(line) for line in lines]
    short = next((i for i, fields in enumerate(rows) if len(fields) != len(block.names)), len(rows))
    found: list[tuple[int, str, str, str]] = []
    for name, kind in schema.items():
        place = block.names.index(name)
        texts = pl.Series(name, [fields[place] for fields in rows[:short]], dtype=pl.String)
        values = texts.cast(kind, strict=False)
        wrong = (values.is_null() & (texts != "")) | _refused(values, optional)
        if wrong.any():
            at = int(wrong.arg_max() or 0)
            found.append((at, name, f"a value of type {kind}", texts[at]))
    if found:
        at, name, expected, got = min(found)
        return DataError(block.path, expected, got, row=block.row + at, field=name)
    if short < len(rows):
        expected = f"{len(block.names)} fields"
        return DataError(block.path, expected, f"{len(rows[short])}: {lines[short]}", row=block.row + short)
    return DataError(block.path, "CSV rows, without line breaks in quoted fields", reason, row=block.row)


def to_steps(values: Array, step: Decimal) -> tuple[Array, Array]:
    """Prices or sizes as whole numbers of ticks or lots.

    Args:
        values: Shape (n,), floats [currency or units]; NaN becomes 0.
        step: Tick or lot size, same unit.

    Returns:
        ``(steps, off)``: int64 whole steps (nearest), and bool where the value was not a multiple of the step
        (by more than a millionth of a step, or what a double can resolve).

    Examples:
        >>> steps, off = to_steps(np.array([49.37, 49.375]), Decimal("0.01"))
        >>> steps.tolist(), off.tolist()
        ([4937, 4938], [False, True])
    """
    ratio = np.nan_to_num(np.asarray(values, dtype=np.float64)) / float(step)
    steps = np.rint(ratio)
    off = np.abs(ratio - steps) > np.maximum(1e-6, np.abs(ratio) * 4e-16)
    return steps.astype(np.int64), off


def rescale(values: Array, unit: Decimal, step: Decimal) -> tuple[Array, Array]:
    """Fixed-point integers as whole numbers of ticks or lots, exactly.

    Args:
        values: Shape (n,), int64, in multiples of ``unit``.
        unit: What 1 means in the source [currency or units].
        step: Tick or lot size, same unit.

    Returns:
        ``(steps, off)``: int64 whole steps (nearest, halves to even), and bool where a value was not a multiple of
        the step.

    Raises:
        OverflowError: When a value does not fit 64 bits as a number of steps.

    Examples:
        >>> steps, off = rescale(np.array([5859400, 5859450]), Decimal("0.0001"), Decimal("0.01"))
        >>> steps.tolist(), off.tolist()
        ([58594, 58594], [False, True])
    """
    ratio = Fraction(step) / Fraction(unit)
    if ratio.denominator > 1:
        if len(values) and int(np.abs(values).max()) > (2**63 - 1) // ratio.denominator:
            raise OverflowError(f"{values[np.abs(values).argmax()]} x {unit} is more than 2**63 steps of {step}")
        values = values * ratio.denominator
    if ratio.numerator == 1:
        return values.astype(np.int64, copy=False), np.zeros(len(values), dtype=bool)
    steps = values // ratio.numerator
    rest = values - steps * ratio.numerator
    steps += (2 * rest > ratio.numerator) | ((2 * rest == ratio.numerator) & (steps % 2 == 1))
    return steps, rest != 0


def column_steps(path: Path, row: int | Array, column: pl.Series, step: Decimal) -> tuple[Array, Array]:
    """A column of prices or sizes as whole ticks or lots; exact when its type is :data:`DECIMAL`.

    Args:
        path: The file, for the error.
        row: 1-based row of the first value, or of each (shape (n,)), for the error.
        column: Shape (n,), ``DECIMAL`` or float [currency or units]; nulls become 0.
        step: Tick or lot size, same unit.

    Returns:
        ``(steps, off)`` as of :func:`to_steps`; halves to even.

    Raises:
        DataError: When a value does not fit 64 bits as a number of steps.

    Examples:
        >>> prices = pl.Series("price", ["6190.85", "9999999999.99", None]).cast(DECIMAL)
        >>> column_steps(Path("a.csv"), 1, prices, Decimal("0.01"))[0].tolist()
        [619085, 999999999999, 0]
    """
    units = step.scaleb(12)
    if column.dtype != DECIMAL or units != units.to_integral_value():
        values = column.cast(pl.Float64).fill_null(0.0).to_numpy()
        wide = np.abs(values) >= 2.0**63 * float(step)
        if not wide.any():
            return to_steps(values, step)
    else:
        divisor = pl.lit(int(units), dtype=pl.Int128)
        parts = column.to_physical().fill_null(0).rename("v").to_frame()
        parts = parts.select(
            steps=(pl.col("v") // divisor).cast(pl.Int64, strict=False), rest=(pl.col("v") % divisor).cast(pl.Int64)
        )
        wide = parts["steps"].is_null().to_numpy()
        if not wide.any():
            steps, rest = parts["steps"].to_numpy().copy(), parts["rest"].to_numpy()
            half = int(units) / 2
            steps += (rest > half) | ((rest == half) & (steps % 2 == 1))
            return steps, rest != 0
    at = int(wide.argmax())
    raise DataError(path, f"less than 2**63 steps of {step}", str(column[at]), row=_row_at(row, at), field=column.name)


def iso_ns(path: Path, row: int | Array, column: pl.Series) -> Array:
    """ISO 8601 time stamps in UTC as nanoseconds since 1970.

    Args:
        path: The file, for the error.
        row: 1-based row of the first value, or of each (shape (n,)), for the error.
        column: Shape (n,), text such as ``2025-07-17T08:05:03.360677248Z``.

    Returns:
        Shape (n,), int64.

    Raises:
        DataError: For a value that is not such a time stamp.

    Examples:
        >>> iso_ns(Path("a.csv"), 1, pl.Series("time", ["2018-07-13T20:47:11.025000Z"])).tolist()
        [1531514831025000000]
    """
    stamps = column.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ns", strict=False).to_physical()
    if stamps.null_count():
        at = int(stamps.is_null().arg_max() or 0)
        expected = "a UTC time such as 2025-07-17T08:05:03.360677248Z"
        raise DataError(path, expected, column[at], row=_row_at(row, at), field=column.name)
    return stamps.to_numpy()


def _row_at(row: int | Array, at: int) -> int:
    return row + at if isinstance(row, int) else int(row[at])


def infer_step(values: Array, candidates: tuple[str, ...] = ()) -> Decimal:
    """Largest decimal step of which (nearly) all values are multiples.

    Args:
        values: Shape (n,), positive floats: a sample of prices or sizes.
        candidates: Steps to try, largest first; by default 1, 0.5, 0.25, 0.1, ... down to 1e-9.

    Returns:
        The first step that at least 99.5 % of the values are multiples of; the smallest candidate if none fits.

    Examples:
        >>> infer_step(np.array([100.25, 99.5, 101.0]))
        Decimal('0.25')
    """
    tries = candidates or ("1", *(f"{m}e-{d}" for d in range(1, 10) for m in ("5", "2.5", "1")))
    sample = np.asarray(values, dtype=np.float64)
    sample = sample[np.isfinite(sample) & (sample > 0)][:100_000]
    for text in tries:
        step = Decimal(text)
        if len(sample) and np.mean(to_steps(sample, step)[1]) <= 0.005:
            return Decimal(format(step, "f"))
    return Decimal(format(Decimal(tries[-1]), "f"))
