"""Quality reports for people: on a terminal, and as a page with plots."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tradewind.core.dtypes import Array
from tradewind.core.types import Instrument
from tradewind.data.moments import format_moment
from tradewind.data.quality import QualityScan
from tradewind.data.quality_checks import RULES, Check, Severity
from tradewind.data.quality_profile import TimeProfile
from tradewind.data.quality_report import Finding, QualityReport, Verdict
from tradewind.report.parts import (
    Chip,
    Column,
    Details,
    Figure,
    Grid,
    KeyNumber,
    KeyNumbers,
    Link,
    Meter,
    Page,
    Part,
    Section,
    Table,
    Text,
    Tone,
)
from tradewind.report.quality_plots import TONE_OF, latency_figure, size_figure, time_figure, wait_figure
from tradewind.report.wording import count_text, duration_text, share_text, short_count

__all__ = ["Checked", "findings_table", "quality_page", "summary_table", "verdict_chip"]

VERDICT_TONE = {Verdict.CLEAN: Tone.GOOD, Verdict.USABLE: Tone.WARN, Verdict.BROKEN: Tone.BAD}


class Checked(msgspec.Struct, frozen=True):
    """A quality report and, where there are plots, what they show.

    Attributes:
        report: What was found.
        state: Shape (1,), the scan's counters; None without plots.
        profiles: Time bins of the instruments to plot.
    """

    report: QualityReport
    state: Array | None = None
    profiles: tuple[TimeProfile, ...] = ()

    @classmethod
    def of(cls, report: QualityReport, scan: QualityScan) -> Checked:
        """Report of a scan, with the scan's profiles."""
        return cls(report, scan.state, tuple(scan.profiles.values()))


def verdict_chip(verdict: Verdict) -> Chip:
    """A verdict in its colour."""
    return Chip(verdict.value, VERDICT_TONE[verdict])


def severity_chip(severity: Severity) -> Chip:
    """A severity in its colour."""
    return Chip(severity.value, TONE_OF[severity])


def summary_table(reports: Sequence[QualityReport], anchors: Sequence[str] = ()) -> Table:
    """One line per report.

    Args:
        reports: What was found.
        anchors: Of the sections about them, for a page.
    """
    rows = []
    for number, report in enumerate(reports):
        errors, warnings = (sum(f.severity == s for f in report.findings) for s in (Severity.ERROR, Severity.WARNING))
        name = short_source(report.source)
        rows.append(
            (
                verdict_chip(report.verdict),
                Link(name, anchors[number]) if anchors else name,
                count_text(report.rows),
                str(errors or ""),
                str(warnings or ""),
                report.reason,
            )
        )
    columns = (
        Column("Verdict"),
        Column("Source"),
        Column("Rows", number=True),
        Column("Errors", number=True),
        Column("Warnings", number=True),
        Column("Why", wide=True),
    )
    return Table(columns, tuple(rows))


def short_source(source: str) -> str:
    """Name of a file without its folders."""
    return source.replace("\\", "/").rpartition("/")[2] or source


def findings_table(report: QualityReport, zone: str = "UTC") -> Table:
    """One line per finding, the worst first.

    Args:
        report: What was found.
        zone: Time zone in which times are shown.
    """
    columns = (
        Column("Severity"),
        Column("Check"),
        Column("Count", number=True),
        Column("Share", number=True),
        Column("Worst", number=True),
        Column("First at"),
        Column("What it means", wide=True),
    )
    rows = [
        (
            severity_chip(finding.severity),
            finding.title,
            count_text(finding.count),
            _share(finding),
            worst_text(finding),
            _first(finding, zone, named=report.symbol_count > 1),
            finding.meaning,
        )
        for finding in report.findings
    ]
    return Table(columns, tuple(rows))


def _share(finding: Finding) -> Meter | str:
    if finding.of <= 1:
        return ""
    return Meter(share_text(finding.share), min(1.0, finding.share), TONE_OF[finding.severity])


def worst_text(finding: Finding) -> str:
    """The worst case with its unit; empty where there is none."""
    if not finding.worst_unit:
        return ""
    if finding.worst_unit in ("ns", "ns/h"):
        return duration_text(finding.worst) + finding.worst_unit[2:]
    return f"{short_count(finding.worst)} {finding.worst_unit}"


def _first(finding: Finding, zone: str, *, named: bool) -> str:
    if not finding.first:
        return ""
    first = finding.first[0]
    if finding.unit == "days":
        return format_moment(first.ts_ns)[:10]
    moment = format_moment(first.ts_ns, zone, offset=False)[:23].replace("T", " ") if first.ts_ns > 0 else "no time"
    return f"{moment}, row {count_text(first.row)}" + (f", {first.symbol}" if named else "")


def quality_page(checked: Sequence[Checked], title: str, footer: str = "") -> Page:
    """A page about one or several sources.

    Args:
        checked: What was found in each, and what to plot.
        title: Heading of the page.
        footer: How it was made.
    """
    reports = [item.report for item in checked]
    anchors = [f"source-{number}" for number in range(1, len(checked) + 1)]
    sections = [_section(item, anchor, alone=len(checked) == 1) for item, anchor in zip(checked, anchors, strict=True)]
    rows = sum(report.rows for report in reports)
    if len(checked) == 1:
        report = reports[0]
        return Page(title, tuple(sections), report.reason, verdict_chip(report.verdict), footer)
    worst = max((report.verdict for report in reports), key=list(Verdict).index, default=Verdict.CLEAN)
    counts = {verdict: sum(report.verdict == verdict for report in reports) for verdict in Verdict}
    told = ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items() if count)
    overview = Section("Overview", "overview", (summary_table(reports, anchors),))
    subtitle = f"{len(reports)} sources, {count_text(rows)} rows: {told}."
    return Page(title, (overview, *sections), subtitle, verdict_chip(worst), footer)


def _section(checked: Checked, anchor: str, *, alone: bool) -> Section:
    report = checked.report
    parts: list[Part] = [KeyNumbers(_key_numbers(report, checked.profiles))]
    zone = checked.profiles[0].zone if checked.profiles else "UTC"
    if report.findings:
        parts.append(findings_table(report, zone))
    parts += _figures(checked)
    parts.append(_definitions(report))
    notes = [*report.notes, *(f"Counted by the reader: {name} {count_text(n)}." for name, n in report.counts.items())]
    parts += [Text(note) for note in notes]
    if alone:
        return Section(short_source(report.source), anchor, tuple(parts))
    return Section(short_source(report.source), anchor, tuple(parts), verdict_chip(report.verdict), report.reason)


def _figures(checked: Checked) -> list[Part]:
    if checked.state is None:
        return []
    report, state = checked.report, checked.state
    through_time = [time_figure(report, profile, state) for profile in checked.profiles]
    unit = _lot(checked.profiles[0].instrument) if checked.profiles else "1"
    small = [wait_figure(state), size_figure(state, unit), latency_figure(report, state)]
    shown: list[Figure] = [figure for figure in small if figure is not None]
    parts: list[Part] = [figure for figure in through_time if figure is not None]
    if report.symbol_count > len(checked.profiles):
        parts.append(Text(f"Plots show the first {len(checked.profiles)} of {report.symbol_count} instruments."))
    return parts + ([Grid(tuple(shown))] if shown else [])


def _lot(instrument: Instrument) -> str:
    return f"{instrument.lot_size.normalize():f}"


def _key_numbers(report: QualityReport, profiles: Sequence[TimeProfile]) -> tuple[KeyNumber, ...]:
    symbols = ", ".join(report.symbols[:3]) + (" …" if report.symbol_count > 3 else "")
    name = KeyNumber("Instrument", symbols) if report.symbol_count == 1 else None
    found = [name or KeyNumber("Instruments", count_text(report.symbol_count), symbols)]
    kinds = sorted(report.kinds.items(), key=lambda item: -item[1])[:2]
    told = ", ".join(f"{share_text(n / report.rows)} {kind}" for kind, n in kinds)
    found.append(KeyNumber("Bars" if report.bars else "Rows", short_count(report.rows), told))
    if report.last_ns:
        first = format_moment(report.first_ns, profiles[0].zone if profiles else "UTC", offset=False)
        span = duration_text(report.last_ns - report.first_ns)
        found.append(KeyNumber("Time covered", span, f"from {first[:16].replace('T', ' ')}"))
    if report.latency is not None:
        note = f"99 % within {duration_text(report.latency.p99_ns)}"
        found.append(KeyNumber("Median latency", duration_text(report.latency.p50_ns), note))
    if report.kinds.get("quote"):
        locked = report.finding("locked")
        found.append(KeyNumber("Locked quotes", share_text(locked.share if locked else 0.0)))
    found.append(KeyNumber("Calendar", ", ".join(report.calendars[:2])))
    return tuple(found)


def _definitions(report: QualityReport) -> Details:
    """Every check that was made, with its exact rule."""
    columns = (Column("Check"), Column("Found", number=True), Column("Out of"), Column("What counts", wide=True))
    rows = []
    for name in (*(finding.check for finding in report.findings), *report.passed):
        finding, rule = report.finding(name), RULES[Check[name.upper()]]
        rows.append((rule.title, count_text(finding.count) if finding else "0", rule.unit, rule.definition))
    return Details(f"All {len(rows)} checks and what counts", (Table(columns, tuple(rows)),))
