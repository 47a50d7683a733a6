"""Tables with columns of many names: Parquet or CSV in blocks, columns found by alias, time stamps to nanoseconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError
from tradewind.data.columns import csv_frames
from tradewind.data.reader import FileHead
from tradewind.data.source import read_head

__all__ = ["find_columns", "header_of", "table_frames", "times_ns"]

BLOCK_ROWS = 262_144
NEW_YORK = "America/New_York"


def header_of(head: FileHead) -> tuple[str, ...]:
    r"""Column names: of a Parquet file, or in the first line of a CSV file.

    Examples:
        >>> header_of(FileHead(Path("x.csv"), "none", b"time,bid,ask\n1,2,3\n"))
        ('time', 'bid', 'ask')
    """
    if head.columns:
        return head.columns
    lines = head.lines()
    return tuple(name.strip().strip('"') for name in lines[0].lstrip("\ufeff").split(",")) if lines else ()


def find_columns(names: tuple[str, ...], aliases: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Which column plays which part.

    Args:
        names: Columns of the file.
        aliases: For each part the lower-case names it goes by, the likeliest first.

    Returns:
        Part to column name as the file spells it, for the parts that are there.

    Examples:
        >>> find_columns(("Time", "Px"), {"time": ("ts", "time"), "price": ("price", "px"), "size": ("size",)})
        {'time': 'Time', 'price': 'Px'}
    """
    spelled = {name.lower(): name for name in reversed(names)}
    found = {
        part: next((spelled[alias] for alias in known if alias in spelled), None) for part, known in aliases.items()
    }
    return {part: name for part, name in found.items() if name is not None}


def table_frames(path: Path, columns: dict[str, str], numbers: set[str]) -> Iterator[tuple[int, pl.DataFrame]]:
    """Read chosen columns block by block.

    Args:
        path: Parquet or CSV with a header.
        columns: Part to column name.
        numbers: Parts that must be numbers; they come as Float64, the others as the file has them (CSV: text).

    Yields:
        ``(row, frame)``: 1-based number of the frame's first row, and its columns, named by part.

    Raises:
        DataError: For a damaged file, a missing column, or a value that does not fit.
    """
    if read_head(path).columns:
        source = _parquet_frames(path, list(columns.values()))
    else:
        types: dict[str, pl.DataType] = {
            name: pl.Float64() if part in numbers else pl.String() for part, name in columns.items()
        }
        source = csv_frames(path, types, header=True, optional=types)
    for row, frame in source:
        renamed = frame.select(pl.col(name).alias(part) for part, name in columns.items())
        yield row, _as_numbers(path, row, renamed, columns, numbers)


def _parquet_frames(path: Path, names: list[str]) -> Iterator[tuple[int, pl.DataFrame]]:
    row = 1
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BLOCK_ROWS, columns=names):
                yield row, pl.DataFrame(pl.from_arrow(batch))
                row += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise DataError(path, "an intact Parquet file", str(error), row=row, hint="Download it again.") from None


def _as_numbers(path: Path, row: int, frame: pl.DataFrame, columns: dict[str, str], numbers: set[str]) -> pl.DataFrame:
    for part in numbers & set(frame.columns):
        kind = frame.schema[part]
        cast = frame[part].cast(pl.Float64, strict=False)
        lost = (cast.is_null() & frame[part].is_not_null()).arg_true()
        if len(lost) or not (kind.is_numeric() or kind in (pl.String(), pl.Null())):
            index = int(lost[0]) if len(lost) else 0
            got = f"{frame[part][index]} ({kind})"
            raise DataError(path, "a number", got, row=row + index, field=columns[part])
        frame = frame.with_columns(cast)
    return frame


def times_ns(path: Path, row: int, values: pl.Series, column: str) -> Array:
    """Time stamps of any common kind as nanoseconds since 1970-01-01 UTC.

    Time stamps with a zone say what they mean. Those without are UTC, or New York time when the column's name ends
    in ``_et``. Numbers are seconds, milli-, micro- or nanoseconds, told by their magnitude, or dates as 20131007.
    A date is midnight UTC of that day.

    Args:
        path: The file, for the error.
        row: 1-based row of the first value, for the error.
        values: Shape (n,).
        column: The column's name in the file.

    Returns:
        Shape (n,), int64.

    Raises:
        DataError: For a missing or unreadable time stamp, with its row.

    Examples:
        >>> times_ns(Path("x"), 1, pl.Series(["1998-01-02 09:00:00"]), "start_et").tolist()
        [883749600000000000]
        >>> times_ns(Path("x"), 1, pl.Series([1380000000123]), "ts").tolist()
        [1380000000123000000]
    """
    parsed = _parse_text(values) if values.dtype == pl.String else values
    if isinstance(parsed.dtype, pl.Datetime):
        stamps = parsed.dt.cast_time_unit("ns")
        if parsed.dtype.time_zone is None and column.lower().endswith("_et"):
            stamps = stamps.dt.replace_time_zone(NEW_YORK, ambiguous="earliest", non_existent="null")
        numbers = stamps.dt.timestamp("ns")
    elif parsed.dtype == pl.Date:
        numbers = parsed.cast(pl.Datetime("ns")).dt.timestamp("ns")
    elif parsed.dtype.is_numeric():
        numbers = _by_magnitude(parsed)
    else:
        raise DataError(path, "time stamps", f"{parsed.dtype} such as {values[0]!r}", row=row, field=column)
    bad = numbers.is_null().arg_true()
    if len(bad):
        index = int(bad[0])
        raise DataError(path, "a time stamp", str(values[index]), row=row + index, field=column)
    return np.asarray(numbers.to_numpy(), dtype=np.int64)


def _parse_text(values: pl.Series) -> pl.Series:
    """Text as integers where the first of it is one, else as dates with times; what cannot be read becomes null."""
    whole = values.str.strip_chars().cast(pl.Int64, strict=False)
    if len(whole) and whole[0] is not None:
        return whole
    try:
        text = values.str.strip_chars().str.replace(r"(\d)[Tt](\d)", "$1 $2").str.replace(r"[Zz]$|\+00:?00$", "")
        zoned = text.str.contains(r" .*[+-]\d{2}:?\d{2}$").any()
        if zoned:
            return text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%z", time_unit="ns", strict=False)
        full = pl.when(text.str.contains(" ")).then(text).otherwise(text + " 00:00:00")
        frame = pl.select(full.alias("text"))
        utc = values.str.contains(r"[Zz]$|\+00:?00$").any()
        stamps = frame["text"].str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="ns", strict=False)
        return stamps.dt.replace_time_zone("UTC") if utc else stamps
    except pl.exceptions.PolarsError:
        return pl.Series([None] * len(values), dtype=pl.Datetime("ns"))


def _by_magnitude(values: pl.Series) -> pl.Series:
    """Numbers as nanoseconds: the unit is the one that puts the largest into our century."""
    top = float(values.abs().max() or 0)  # type: ignore[arg-type]
    if 19_000_101 <= top <= 21_001_231 and values.dtype.is_integer():
        return values.cast(pl.String).str.to_date("%Y%m%d", strict=False).cast(pl.Datetime("ns")).dt.timestamp("ns")
    scale = next(scale for limit, scale in ((1e11, 10**9), (1e14, 10**6), (1e17, 10**3), (np.inf, 1)) if top < limit)
    if values.dtype.is_integer():
        return values.cast(pl.Int64) * scale
    return (values * scale).round(0).cast(pl.Int64, strict=False)
