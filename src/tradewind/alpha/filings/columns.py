"""Fundamentals as columns of a cross-section, for (symbol, date) keys, with what was known at that date and no more."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.alpha.filings.fundamentals import FUNDAMENTALS, Fundamentals
from tradewind.alpha.filings.reports import DAY_NS, Report, read_reports
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError

__all__ = ["CUT_NS", "FILING_COLUMNS", "filing_features", "fundamentals_of"]

CUT_NS = 20 * 3_600_000_000_000
"""A date means what was known at 20:00 UTC of it: the New York close in summer, an hour before it in winter [ns]."""
OLDEST_CLOSE_DAYS = 10
FILING_COLUMNS = tuple(f"filing_{name}" for name in FUNDAMENTALS)
"""Columns of :func:`filing_features`; modality ``filings``."""


def filing_features(folder: Path, keys: pl.DataFrame) -> pl.DataFrame:
    """Columns of fundamentals.

    Args:
        folder: As :func:`~tradewind.alpha.filings.reports.read_reports` takes it.
        keys: Columns ``symbol`` and ``date``, in any order, repeats allowed; ``price`` where the caller knows the last
            price (unadjusted, like earnings per share). Without, closes of the folder's ``prices_*.parquet`` are taken,
            each from the day it was collected on; value and surprise are NaN where there is none.

    Returns:
        The keys' ``symbol`` and ``date`` in their order, and :data:`FILING_COLUMNS`.

    Raises:
        DataError: When a key's column is missing.
    """
    if "price" not in keys.columns and folder.is_dir():
        keys = _with_closes(folder, keys)
    return fundamentals_of(read_reports(folder).reports, keys)


def fundamentals_of(reports: list[Report], keys: pl.DataFrame) -> pl.DataFrame:
    """Columns of fundamentals of reports that were read before; see :func:`filing_features`."""
    for name in ("symbol", "date"):
        if name not in keys.columns:
            raise DataError("keys", f"a column {name}", ", ".join(keys.columns), field=name)
    symbols = keys["symbol"].to_list()
    when = keys["date"].cast(pl.Date).cast(pl.Int32).to_numpy().astype(np.int64) * DAY_NS + CUT_NS
    prices = (
        keys["price"].cast(pl.Float64).fill_null(math.nan).to_numpy()
        if "price" in keys.columns
        else np.full(len(keys), math.nan)
    )
    of_symbol: dict[str, list[Report]] = defaultdict(list)
    for report in sorted(reports, key=lambda report: report.known_ns):
        of_symbol[report.symbol].append(report)
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, symbol in enumerate(symbols):
        rows_of[symbol].append(row)
    out = np.full((len(keys), len(FUNDAMENTALS)), math.nan)
    for symbol, rows in rows_of.items():
        if symbol in of_symbol:
            _fill(out, of_symbol[symbol], (np.array(rows), when, prices))
    columns = {name: out[:, k] for k, name in enumerate(FILING_COLUMNS)}
    return keys.select("symbol", "date").with_columns(**{name: pl.Series(values) for name, values in columns.items()})


def _with_closes(folder: Path, keys: pl.DataFrame) -> pl.DataFrame:
    """Keys with the last close that was collected by their date, at most ten days old."""
    files = [path for place in (folder / "us_daily", folder) for path in sorted(place.glob("prices_*.parquet"))]
    if not files or not {"symbol", "date"} <= set(keys.columns):
        return keys
    closes = pl.scan_parquet(files).select("symbol", "close", known=pl.col("collected").cast(pl.Date), of="date")
    wanted = closes.filter(pl.col("symbol").is_in(keys["symbol"].unique().implode())).drop_nulls().collect()
    wanted = wanted.sort("known", "of").with_columns(pl.col("known").alias("then"))
    asked = keys.select("symbol", pl.col("date").cast(pl.Date)).with_row_index("row").sort("date")
    found = asked.join_asof(wanted, left_on="date", right_on="known", by="symbol", check_sortedness=False).sort("row")
    old = (pl.col("date") - pl.col("then")).dt.total_days() > OLDEST_CLOSE_DAYS
    return keys.with_columns(found.select(price=pl.when(old).then(None).otherwise(pl.col("close")))["price"])


def _fill(out: Array, reports: list[Report], asked: tuple[Array, Array, Array]) -> None:
    """Walk through a company's reports and the asked times together, in the order of time."""
    rows, when, prices = asked
    company, told = Fundamentals(), 0
    for row in rows[np.argsort(when[rows], kind="stable")]:
        while told < len(reports) and reports[told].known_ns <= when[row]:
            company.update(reports[told])
            told += 1
        found = company.value(int(when[row]), float(prices[row]))
        out[row] = [found[name] for name in FUNDAMENTALS]
