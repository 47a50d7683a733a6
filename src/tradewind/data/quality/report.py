"""What a quality scan found, as plain frozen values: for people, for the catalog's manifest, for JSON."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tradewind.data.quality.checks import Severity

__all__ = ["Finding", "LatencySummary", "Offence", "QualityReport", "Verdict"]


class Verdict(StrEnum):
    """What a file is good for."""

    CLEAN = "clean"
    """No warning and no error."""
    USABLE = "usable"
    """Warnings: know them before you use it."""
    BROKEN = "broken"
    """At least one error, or no rows."""


class Offence(msgspec.Struct, frozen=True):
    """One offending row.

    Attributes:
        row: Its number among the rows of the file, from 1, as its reader gives them.
        sequence: The source's sequence number (bars: number of the bar in its symbol, from 0).
        ts_ns: Event time [ns since 1970-01-01 UTC].
        symbol: Instrument.
    """

    row: int
    sequence: int
    ts_ns: int
    symbol: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found.

    Attributes:
        check: Name of the check.
        severity: How bad it is.
        title: In a few words.
        count: How many.
        of: Out of how many ``unit``; 0 where that is not known.
        share: ``count / of``.
        unit: What was counted.
        worst: The worst case, 0 where there is none.
        worst_unit: Unit of the worst case.
        meaning: What it means, one sentence.
        first: The first few.
    """

    check: str
    severity: Severity
    title: str
    count: int
    of: int
    share: float
    unit: str
    meaning: str
    worst: int = 0
    worst_unit: str = ""
    first: tuple[Offence, ...] = ()


class LatencySummary(msgspec.Struct, frozen=True, kw_only=True):
    """Receive time minus event time; quantiles to within 0.1 %, the ends exact.

    Attributes:
        rows: Rows with both clocks.
        min_ns: Smallest.
        p50_ns: Median.
        p90_ns: 90 % are not above it.
        p99_ns: 99 % are not above it.
        p999_ns: 99.9 % are not above it.
        max_ns: Largest.
        negative_share: Share of rows received before they were sent.
        drift_ns_per_hour: Trend of the smallest latencies; 0 where the file is too short to tell.
    """

    rows: int
    min_ns: int
    p50_ns: float
    p90_ns: float
    p99_ns: float
    p999_ns: float
    max_ns: int
    negative_share: float
    drift_ns_per_hour: float


class QualityReport(msgspec.Struct, frozen=True, kw_only=True):
    """Quality of a file, or of a part of a catalog.

    Attributes:
        source: What was looked at.
        verdict: What it is good for.
        reason: Why, in one sentence.
        rows: Rows looked at.
        bars: Whether they are bars.
        symbols: Names of the first ten instruments.
        symbol_count: How many there are.
        calendars: Trading calendars of the instruments, sorted.
        first_ns: Earliest time [ns since 1970-01-01 UTC]; 0 without rows.
        last_ns: Latest time.
        kinds: Rows of each kind, by name in lower case; empty for bars.
        flags: Rows with each flag, by name in lower case.
        latency: Where there are two clocks.
        findings: What was found, worst first; checks that found nothing are not here.
        passed: Checks that were made and found nothing.
        counts: What the reader counted, by name.
        notes: Remarks of the reader and of the scan.
    """

    source: str
    verdict: Verdict
    reason: str
    rows: int
    bars: bool
    symbols: tuple[str, ...]
    symbol_count: int
    calendars: tuple[str, ...]
    first_ns: int
    last_ns: int
    kinds: dict[str, int]
    flags: dict[str, int]
    latency: LatencySummary | None
    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    counts: dict[str, int]
    notes: tuple[str, ...]

    def finding(self, check: str) -> Finding | None:
        """What a check found, by its name; None when it found nothing."""
        return next((finding for finding in self.findings if finding.check == check), None)
