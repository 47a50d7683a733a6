"""The drift drill as a table and a page: IC along the stream, where it switches, every decision with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.report.charts import chart, curve
from tradewind.report.parts import Chip, Column, Figure, KeyNumber, KeyNumbers, Page, Part, Section, Table, Tone
from tradewind.report.plots import SERIES, Plot

if TYPE_CHECKING:
    from tradewind.alpha.adapt.drill import DrillResult
    from tradewind.alpha.adapt.streams import DriftStream
    from tradewind.cli.alpha_drift import DriftReport
    from tradewind.core.dtypes import Array

__all__ = ["drift_page", "drift_table"]

WINDOW = 400
AIM_IC, AIM_AFTER, AIM_RECOVERY, AIM_ALARMS = 0.19, 0.06, 250.0, 1.0
OURS = "restart bank"


def drift_table(report: DriftReport) -> Table:
    """Learner, IC, IC after a switch, recovery, alarms, speed."""
    heads = [Column("learner")]
    titles = (
        "IC",
        "least to most",
        "IC, 500 after",
        "recovery [rows]",
        "recovered",
        "alarms",
        "false",
        "caught",
        "µs/row",
    )
    heads += [Column(title, number=True) for title in titles]
    rows = []
    for row in report.learners:
        least, most = row.ic_range
        figures = [f"{row.ic:.3f}", f"{least:.3f} to {most:.3f}", _figure(row.ic_after, ".3f")]
        figures += ["never" if row.recovered == 0 else _figure(row.recovery, ".0f"), _figure(row.recovered, ".0%")]
        figures += [
            f"{row.alarms:.1f}",
            _figure(row.false_alarms, ".1f"),
            _figure(row.caught, ".0%"),
            f"{row.micros:.0f}",
        ]
        rows.append((row.learner, *figures))
    caption = (
        "Recovery: rows after a switch until forecasts of the last 100 rows correlate with the expected outcome at "
        "least half as well as an oracle's, median; false: alarms later than 1,000 rows after any switch, a stream."
    )
    return Table(tuple(heads), tuple(rows), caption if report.oracle is not None else "")


def drift_page(reports: Sequence[DriftReport], firsts: Sequence[tuple[DriftStream, dict[str, DrillResult]]]) -> Page:
    """The page.

    Args:
        reports: One for each kind of stream.
        firsts: The first stream of each, and what every learner did on it.

    Returns:
        What ``tradewind.report.page`` writes.
    """
    sections = []
    for number, (report, (stream, results)) in enumerate(zip(reports, firsts, strict=True)):
        parts: list[Part] = [_numbers(report)] if report.oracle is not None else []
        caption = f"Correlation of forecasts with outcomes over the last {WINDOW} rows, first stream."
        if stream.switches:
            caption += " Dotted lines: the relation changes."
        parts += [Figure("IC along the stream", _along(stream, results), caption), drift_table(report)]
        lead = f"{report.streams} x {report.rows:,} rows."
        sections.append(Section(report.stream.capitalize(), f"stream-{number}", tuple(parts), lead=lead))
        decided = _decisions(results)
        if decided.rows:
            lead = "What the supervised learners decided on the first stream, and on what evidence."
            sections.append(Section("Decisions", f"decisions-{number}", (decided,), lead=lead))
    return Page(title="Forecasts that adapt", sections=tuple(sections), footer="Made by tradewind alpha drift.")


def _numbers(report: DriftReport) -> Part:
    row = next((r for r in report.learners if r.learner == OURS), report.learners[-1])
    numbers = [KeyNumber(f"IC, {row.learner}", f"{row.ic:.3f}", f"oracle {report.oracle:.3f}; aim {AIM_IC}")]
    numbers.append(KeyNumber("IC after a switch", _figure(row.ic_after, ".3f"), f"first 500 rows; aim {AIM_AFTER}"))
    numbers.append(KeyNumber("recovery", _figure(row.recovery, ".0f") + " rows", f"aim: at most {AIM_RECOVERY:.0f}"))
    numbers.append(
        KeyNumber("false alarms", _figure(row.false_alarms, ".1f"), f"a stream; aim: at most {AIM_ALARMS:.0f}")
    )
    return KeyNumbers(tuple(numbers))


def _along(stream: DriftStream, results: dict[str, DrillResult]) -> Plot:
    at = np.arange(WINDOW, len(stream.y) + 1, 25)
    traces = []
    if len(stream.mean):
        traces.append(curve(at, _trailing(stream.mean, stream.y, at), "oracle", SERIES[7], marks=False))
    for number, (name, found) in enumerate(results.items()):
        color = SERIES[number % 7]
        trace = curve(at, _trailing(found.forecasts, stream.y, at), name, color, marks=False)
        traces.append(trace | {"opacity": 1.0 if name == OURS else 0.55})
    plot = chart(traces, {"title": "row"}, {"title": "IC"}, height=340)
    line: dict[str, Any] = {"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    line["line"] = {"color": "#8490a0", "width": 1, "dash": "dot"}
    plot["layout"]["shapes"] = [line | {"x0": s, "x1": s} for s in stream.switches]
    return plot


def _trailing(forecasts: Array, y: Array, at: Array) -> Array:
    found = np.full(len(at), np.nan)
    for k, end in enumerate(at):
        f, v = forecasts[end - WINDOW : end], y[end - WINDOW : end]
        if np.ptp(f) > 0 and np.ptp(v) > 0:
            found[k] = np.corrcoef(f, v)[0, 1]
    return found


def _decisions(results: dict[str, DrillResult]) -> Table:
    tones = {"promote": Tone.GOOD, "reject": Tone.WARN, "roll back": Tone.BAD, "keep": Tone.NOTE}
    rows = []
    for name, found in results.items():
        for decision in found.decisions[:40]:
            told = ", ".join(f"{key} {value:.3g}" for key, value in decision.evidence.items())
            chip = Chip(decision.kind, tones.get(decision.kind, Tone.PLAIN))
            rows.append((name, f"{decision.row:,}", chip, decision.reason, told))
    heads = (
        Column("learner"),
        Column("row", number=True),
        Column("decision"),
        Column("reason"),
        Column("evidence", wide=True),
    )
    return Table(heads, tuple(rows))


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else f"{value:{form}}"
