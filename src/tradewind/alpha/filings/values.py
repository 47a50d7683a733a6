"""Reports as rows with two times: what the point-in-time store takes in."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tradewind.alpha.filings.reports import DAY_NS, ITEMS, Report

__all__ = ["values_of"]


def values_of(reports: Sequence[Report]) -> pl.DataFrame:
    """Values of reports, as :meth:`~tradewind.alpha.store.PointInTimeStore.append` takes them.

    Args:
        reports: In any order; an amended report's values stand beside those they replace, with a later time. Of
            reports of one symbol and period that became known at one time (two filers under one ticker) the one
            with the larger assets is kept.

    Returns:
        Columns ``key`` (symbol), ``event_time`` (end of the period), ``knowledge_time`` [ns UTC] and one for each of
        :data:`~tradewind.alpha.filings.reports.ITEMS`, null where a report does not give it.

    Examples:
        >>> report = Report(symbol="A", period_end=1, focus="Q1", year=1970, amended=False, known_ns=9 * DAY_NS,
        ...                 values={"assets": 5.0})
        >>> values_of([report]).select("key", "event_time", "knowledge_time", "assets").row(0)
        ('A', 86400000000000, 777600000000000, 5.0)
    """
    columns = {
        "key": pl.Series([report.symbol for report in reports], dtype=pl.String),
        "event_time": pl.Series([report.period_end * DAY_NS for report in reports], dtype=pl.Int64),
        "knowledge_time": pl.Series([report.known_ns for report in reports], dtype=pl.Int64),
    }
    items = {item: pl.Series([report.values.get(item) for report in reports], dtype=pl.Float64) for item in ITEMS}
    frame = pl.DataFrame({**columns, **items}).sort("knowledge_time", "event_time", "key", "assets", nulls_last=False)
    return frame.unique(["key", "event_time", "knowledge_time"], keep="last", maintain_order=True)
