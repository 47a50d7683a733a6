"""From counters to a report: which counts are findings, how bad they are, and what the file is good for."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.data.quality.checks import BAR_CHECKS, EVENT_CHECKS, RULES, Check, Severity, severity_of
from tradewind.data.quality.report import Finding, LatencySummary, Offence, QualityReport, Verdict
from tradewind.data.quality.sketch import FINE, bucket_bounds
from tradewind.data.quality.state import FAR

__all__ = ["ScanResult", "build_report", "counted_by_reader"]

DENSE = 0.99
"""Share of steps of one from which a sequence is taken as dense."""
DRIFT_LEAST_NS, DRIFT_LEAST_SPAN_NS, DRIFT_LEAST_BINS = 1_000_000, 600_000_000_000, 10
SILENCE_TIMES = 20.0


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
        result: Counters of :data:`~tradewind.data.quality.state.FILE_STATE` and what belongs to them.

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
        named = [f"{f.title.lower()} ({_told(f)})" for f in found if f.severity == severity]
        if named:
            reason = ", ".join(named)
            return verdict, f"{reason[0].upper()}{reason[1:]}."
    return Verdict.CLEAN, "Every check found nothing that matters."


def _told(finding: Finding) -> str:
    """Count and share, in short."""
    share = f"{finding.share:.2%}" if finding.share >= 0.00005 else "under 0.01%"
    return f"{finding.count:,}" + (f", {share}" if finding.of > 1 else "")


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
