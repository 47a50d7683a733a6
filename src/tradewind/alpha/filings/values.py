"""Reports as values with two times, one row a value: what a point-in-time store takes in."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tradewind.alpha.filings.reports import DAY_NS, Report

__all__ = ["values_of"]


def values_of(reports: Sequence[Report]) -> pl.DataFrame:
    """Values of reports.

    Args:
        reports: In any order; an amended report's values stand beside those they replace, with a later time.

    Returns:
        Columns ``symbol, feature, event_time`` (end of the period), ``knowledge_time`` [ns UTC] and ``value``.

    Examples:
        >>> report = Report(symbol="A", period_end=1, focus="Q1", year=1970, amended=False, known_ns=9 * DAY_NS,
        ...                 values={"assets": 5.0})
        >>> values_of([report]).row(0)
        ('A', 'assets', 86400000000000, 777600000000000, 5.0)
    """
    rows = [
        (report.symbol, name, report.period_end * DAY_NS, report.known_ns, value)
        for report in reports
        for name, value in report.values.items()
    ]
    schema = {"symbol": pl.String, "feature": pl.String, "event_time": pl.Int64, "knowledge_time": pl.Int64}
    return pl.DataFrame(rows, schema={**schema, "value": pl.Float64}, orient="row")
