"""Who belonged to a universe when, and since when that is known: intervals."""

from __future__ import annotations

import polars as pl

from tradewind.alpha.store.table import KEY, KNOWN

__all__ = ["OPEN_END", "members_at"]

OPEN_END = 2**63 - 1
"""End of a membership that has not ended."""


def members_at(intervals: pl.DataFrame, ts_ns: int, known_ns: int) -> list[str]:
    """Members of a universe at a moment, by what was known at another.

    Args:
        intervals: Columns ``key``, ``event_time`` (start of the membership), ``knowledge_time``, ``end_ns``; a later
            statement about the same start replaces the earlier one.
        ts_ns: When they belonged [ns UTC].
        known_ns: What was known [ns UTC].

    Returns:
        Keys, ascending.
    """
    told = intervals.filter(pl.col(KNOWN) <= known_ns).sort(KNOWN)
    last = told.unique([KEY, "event_time"], keep="last", maintain_order=True)
    inside = last.filter((pl.col("event_time") <= ts_ns) & (ts_ns < pl.col("end_ns")))
    return sorted(set(inside[KEY].to_list()))
