"""What a quality scan found, as plain frozen values: for people, for the catalog's manifest, for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec
import numpy as np

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.data.quality_checks import BAR_CHECKS, EVENT_CHECKS, RULES, Check, Severity, severity_of
from tradewind.data.quality_state import FAR, FINE, bucket_bounds

__all__ = ["Finding", "LatencySummary", "Offence", "QualityReport", "Verdict", "build_report"]

DENSE = 0.99
DRIFT_LEAST_NS, DRIFT_LEAST_SPAN_NS, DRIFT_LEAST_BINS = 1_000_000, 60_000_000_000, 10
SILENCE_TIMES = 20.0


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


class ScanResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan hands over to become a report; names as in :class:`QualityReport`."""

    source: str
    state: Array
    bars: bool
    symbols: tuple[str, ...]
    calendars: tuple[str, ...]
    sessions: int
    silence_expected_ns: float
    from_reader: frozenset[Check]
    counts: dict[str, int]
    notes: tuple[str, ...]


def build_report(result: ScanResult) -> QualityReport:
    """Judge what was counted.

    Args:
        result: Counters of :data:`~tradewind.data.quality_state.FILE_STATE` and what belongs to them.

    Returns:
        The report.
    """
    state = result.state[0]
    latency = latency_summary(state)
    checks = BAR_CHECKS if result.bars else EVENT_CHECKS
    found = [finding for check in checks if (finding := _finding(check, result, latency)) is not None]
    order = [Severity.ERROR, Severity.WARNING, Severity.INFO]
    found.sort(key=lambda finding: order.index(finding.severity))
    verdict, reason = _verdict(found, int(state["rows"]))
    names = {finding.check for finding in found}
    timed = int(state["last_ns"]) > 0
    return QualityReport(
        source=result.source,
        verdict=verdict,
        reason=reason,
        rows=int(state["rows"]),
        bars=result.bars,
        symbols=result.symbols[:10],
        symbol_count=len(result.symbols),
        calendars=result.calendars,
        first_ns=int(state["first_ns"]) if timed else 0,
        last_ns=int(state["last_ns"]) if timed else 0,
        kinds={kind.name.lower(): int(state["kinds"][kind]) for kind in EventKind if state["kinds"][kind]},
        flags={
            name.lower(): count
            for name, flag in EventFlag.__members__.items()
            if (count := int(state["flags"][flag.bit_length() - 1]))
        },
        latency=latency,
        findings=tuple(found),
        passed=tuple(check.name.lower() for check in checks if check.name.lower() not in names),
        counts=result.counts,
        notes=result.notes,
    )


def _finding(check: Check, result: ScanResult, latency: LatencySummary | None) -> Finding | None:
    state, rule = result.state[0], RULES[check]
    found = state["found"][check]
    count, worst = int(found["count"]), int(found["worst"])
    if check == Check.LATENCY_DRIFT:
        count, worst = _drift(state, latency)
    sequenced = check in (Check.SEQUENCE_GAPS, Check.SEQUENCE_BACKWARDS)
    if sequenced and check not in result.from_reader and not _dense(state):
        count = 0
    if not count:
        return None
    of = _out_of(rule.unit, result)
    share = count / of if of else 0.0
    severity = severity_of(check, share)
    if check == Check.SILENCES and len(result.symbols) == 1 and worst > SILENCE_TIMES * result.silence_expected_ns:
        severity = Severity.WARNING
    kept = min(count, len(found["rows"])) if check not in result.from_reader else 0
    names = ("rows", "sequences", "times_ns", "symbols")
    first = [[int(found[name][k]) for name in names] for k in range(min(kept, int(found["count"])))]
    return Finding(
        check=check.name.lower(),
        severity=severity,
        title=rule.title,
        count=count,
        of=of,
        share=share,
        unit=rule.unit,
        worst=worst if rule.worst else 0,
        worst_unit=rule.worst if worst else "",
        meaning=rule.meaning,
        first=tuple(Offence(row, sequence, ts_ns, result.symbols[s]) for row, sequence, ts_ns, s in first),
    )


def _dense(state: Array) -> bool:
    return int(state["steps_of_one"]) >= DENSE * int(state["steps"])


def _out_of(unit: str, result: ScanResult) -> int:
    """How many of a unit there are."""
    state = result.state[0]
    fields = {
        "steps": "steps",
        "clocked rows": "clocked",
        "quotes": "quotes",
        "trades": "trades",
        "order rows": "order_rows",
        "bars due": "bars_due",
    }
    if unit in fields:
        return int(state[fields[unit]])
    return {"files": 1, "days": result.sessions}.get(unit, int(state["rows"]))


def _verdict(found: list[Finding], rows: int) -> tuple[Verdict, str]:
    if not rows:
        return Verdict.BROKEN, "There are no rows."
    for verdict, severity in ((Verdict.BROKEN, Severity.ERROR), (Verdict.USABLE, Severity.WARNING)):
        named = [
            f"{f.title.lower()} ({f.count:,}{f', {f.share:.2%}' if f.of > 1 else ''})"
            for f in found
            if f.severity == severity
        ]
        if named:
            reason = ", ".join(named)
            return verdict, f"{reason[0].upper()}{reason[1:]}."
    return Verdict.CLEAN, "Every check found nothing that matters."


def latency_summary(state: Array) -> LatencySummary | None:
    """Quantiles and trend of the latencies of a file; None where no row has two clocks."""
    rows = int(state["clocked"])
    if not rows:
        return None
    bounds = bucket_bounds(FINE)
    exact = bounds[1:] - bounds[:-1] <= 1
    middle = np.where(exact, bounds[:-1], (bounds[:-1] + bounds[1:]) / 2)
    values = np.concatenate([-middle[::-1], middle])
    counts = np.concatenate([state["latency"][1][::-1], state["latency"][0]])
    ends = (int(state["latency_low_ns"]), int(state["latency_high_ns"]))
    places = np.searchsorted(np.cumsum(counts), np.ceil(np.array([0.5, 0.9, 0.99, 0.999]) * rows))
    p50, p90, p99, p999 = np.clip(values[np.minimum(places, len(values) - 1)], *ends).tolist()
    negative = int(state["latency"][1].sum()) / rows
    return LatencySummary(
        rows=rows,
        min_ns=ends[0],
        p50_ns=p50,
        p90_ns=p90,
        p99_ns=p99,
        p999_ns=p999,
        max_ns=ends[1],
        negative_share=negative,
        drift_ns_per_hour=_trend(state)[0],
    )


def _trend(state: Array) -> tuple[float, float]:
    """Slope of the lowest latencies over time [ns per hour], and what it adds up to [ns]; zeros where too short."""
    drift = state["drift"]
    used = np.flatnonzero(drift["lowest_ns"] != FAR)
    if len(used) < DRIFT_LEAST_BINS or (used[-1] - used[0]) * int(drift["width_ns"]) < DRIFT_LEAST_SPAN_NS:
        return 0.0, 0.0
    x, y = used - used.mean(), drift["lowest_ns"][used].astype(np.float64)
    slope = float(x @ (y - y.mean()) / (x @ x))
    return slope * 3_600e9 / float(drift["width_ns"]), slope * float(used[-1] - used[0])


def _drift(state: Array, latency: LatencySummary | None) -> tuple[int, int]:
    """Whether the clocks drift (1 or 0), and how fast [ns per hour]."""
    per_hour, total = _trend(state)
    if latency is None or abs(total) <= max(DRIFT_LEAST_NS, abs(latency.p50_ns) / 2):
        return 0, 0
    return 1, round(per_hour)


def counted_by_reader(counts: Mapping[str, int]) -> dict[Check, int]:
    """Checks that a reader has made itself, where it knows better than rows can show."""
    return {Check.SEQUENCE_GAPS: counts["sequence_gaps"]} if "sequence_gaps" in counts else {}
