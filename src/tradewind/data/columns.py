"""CSV text into typed columns, and decimal columns into whole ticks and lots, with errors that name row and field."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError
from tradewind.data.source import blocks

__all__ = ["csv_frames", "infer_step", "to_steps"]


def csv_frames(path: Path, schema: dict[str, pl.DataType], *, header: bool) -> Iterator[tuple[int, pl.DataFrame]]:
    """Read a CSV file block by block.

    Args:
        path: Plain, gzip or zstd file.
        schema: Column names and types wanted. With a header, columns are found by name and others ignored; without
            one, the names are given to the columns in order.
        header: Whether the first line names the columns.

    Yields:
        ``(row, frame)``: 1-based number of the frame's first data row in the file (the header does not count), and
        its columns.

    Raises:
        DataError: For a missing column, or a value that does not fit, with row and field.
    """
    names: list[str] = []
    row = 1
    for block in blocks(path):
        text = block
        if header and not names:
            line, _, text = block.partition(b"\n")
            names = [name.strip().strip('"') for name in line.decode("utf-8-sig").split(",")]
            missing = [name for name in schema if name not in names]
            if missing:
                raise DataError(path, f"column {missing[0]!r}", f"columns {', '.join(names)}", field=missing[0])
        if not text.strip():
            continue
        frame = _frame(path, text, names or list(schema), schema, row)
        yield row, frame
        row += len(frame)


def _frame(path: Path, text: bytes, names: list[str], schema: dict[str, pl.DataType], row: int) -> pl.DataFrame:
    overrides = {name: schema.get(name, pl.String()) for name in names}
    try:
        frame = pl.read_csv(text, has_header=False, new_columns=names, schema=overrides)
    except pl.exceptions.PolarsError as error:
        raise _bad_row(path, text, names, schema, row) or DataError(path, "CSV rows", str(error), row=row) from None
    return frame.select(list(schema))


def _bad_row(path: Path, text: bytes, names: list[str], schema: dict[str, pl.DataType], row: int) -> DataError | None:
    """Find the first row that does not fit, one by one; only run once something is known to be wrong."""
    for index, line in enumerate(text.decode("utf-8", errors="replace").splitlines(), start=row):
        fields = line.split(",")
        if len(fields) != len(names):
            return DataError(path, f"{len(names)} fields", f"{len(fields)}: {line}", row=index)
        for name, value in zip(names, fields, strict=True):
            kind = schema.get(name)
            if kind is None or value == "":
                continue
            try:
                pl.Series([value]).cast(kind)
            except pl.exceptions.PolarsError:
                return DataError(path, f"a value of type {kind}", value, row=index, field=name)
    return None


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
