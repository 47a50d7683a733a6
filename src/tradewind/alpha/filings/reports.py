"""A report as it became known, and reports of a table: one row a report, with the day on which it was collected."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from tradewind.core.errors import DataError, NotFoundError

__all__ = ["DAY_NS", "ITEMS", "Report", "Reports", "read_reports"]

DAY_NS = 86_400_000_000_000
"""One day [ns]."""
ITEMS = (
    "revenues",
    "op_income",
    "net_income",
    "eps_basic",
    "eps_diluted",
    "dividend",
    "assets",
    "cur_assets",
    "cur_liab",
    "cash",
    "equity",
    "cash_flow_op",
    "cash_flow_inv",
    "cash_flow_fin",
)
"""Items of a report. Of a quarter's report, income items are those of the quarter and cash flows those of the fiscal
year so far; of a year's report (``FY``) all are of the year. Money in the report's currency, ``eps`` and ``dividend``
per share."""
FILE = "filings_*.parquet"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One report.

    Attributes:
        symbol: Ticker.
        period_end: Last day of what it reports on, days since 1970-01-01: when the values are about, never when they
            were known.
        focus: ``Q1``, ``Q2``, ``Q3`` or ``FY``.
        year: Fiscal year.
        amended: It replaces an earlier report; from when it is known on, and not before.
        known_ns: When it was known [ns UTC].
        values: Items that it gives, by name of :data:`ITEMS`.
    """

    symbol: str
    period_end: int
    focus: str
    year: int
    amended: bool
    known_ns: int
    values: dict[str, float]


class Reports(msgspec.Struct, frozen=True):
    """Reports in the order in which they became known, and what was wrong with the rest.

    Attributes:
        reports: By ``known_ns``, then by symbol and period.
        problems: One line for each row that was left out.
    """

    reports: list[Report]
    problems: list[str]


def read_reports(path: Path) -> Reports:
    """Read a table of reports.

    Known is what was collected: a report counts from the midnight (UTC) after its day ``collected``, whatever its
    ``end_date`` says. A row that was collected before its period's end, or without a period, is named and left out.

    Args:
        path: A Parquet or CSV file with columns ``symbol, end_date, period_focus, fiscal_year, amend, collected`` and
            any of :data:`ITEMS`; or a folder that holds ``us_daily/filings_*.parquet``.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When a column is missing.
    """
    frames = []
    for file in _files(path):
        try:
            frame = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, try_parse_dates=True)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(file, "a readable table", str(error)) from error
        for name in ("symbol", "end_date", "period_focus", "fiscal_year", "collected"):
            if name not in frame.columns:
                raise DataError(file, f"a column {name}", ", ".join(frame.columns), field=name)
        frames.append(frame)
    frame = pl.concat(frames, how="diagonal_relaxed").sort("collected", "symbol", "end_date", maintain_order=True)
    reports, problems = list[Report](), list[str]()
    for row in frame.iter_rows(named=True):
        report = _report(row)
        if isinstance(report, Report):
            reports.append(report)
        else:
            problems.append(report)
    return Reports(reports, problems)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    for folder in (path / "us_daily", path):
        if found := sorted(folder.glob(FILE)):
            return found
    raise NotFoundError(f"{path}: no table of reports, and no folder with us_daily/{FILE}")


def _report(row: dict[str, object]) -> Report | str:
    """One row as a report, or what is wrong with it."""
    name = f"{row['symbol']} {row['end_date']}"
    if row["symbol"] is None or row["end_date"] is None or row["collected"] is None:
        return f"{name}: no symbol, period or day of collection"
    if row["period_focus"] not in ("Q1", "Q2", "Q3", "FY"):
        return f"{name}: expected Q1, Q2, Q3 or FY, got {row['period_focus']!r}"
    end, known = (int(np.datetime64(str(row[key])[:10], "D").astype(np.int64)) for key in ("end_date", "collected"))
    if known < end:
        return f"{name}: collected on {row['collected']}, before its period's end"
    values = {item: float(str(row[item])) for item in ITEMS if row.get(item) is not None}
    return Report(
        symbol=str(row["symbol"]),
        period_end=end,
        focus=str(row["period_focus"]),
        year=int(str(row["fiscal_year"] or 0)),
        amended=str(row.get("amend")).lower() == "true",
        known_ns=(known + 1) * DAY_NS,
        values={item: value for item, value in values.items() if np.isfinite(value)},
    )
