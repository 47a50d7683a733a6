"""The evaluation as tables and a page: reliability, IC through time, cumulative returns, what the forecast rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tradewind.cli.alpha_reasons import reasons_parts
from tradewind.report.charts import chart, curve
from tradewind.report.parts import (
    Column,
    Details,
    Figure,
    Grid,
    KeyNumber,
    KeyNumbers,
    Page,
    Part,
    Section,
    Table,
    Text,
)
from tradewind.report.plots import SERIES, Plot

if TYPE_CHECKING:
    from tradewind.alpha.evaluation.run import Evaluation
    from tradewind.alpha.evaluation.scores import Scores

__all__ = ["cost_table", "evaluation_page", "parts_table", "scores_table", "verdicts"]

SHOWN = 7


def scores_table(report: Evaluation) -> Table:
    """Scores of forecasts: order, classes, probabilities, and luck."""
    classes = any(row.classes for row in report.rows)
    heads = [Column("model"), Column("IC (95 %)", number=True)]
    heads += [Column(name, number=True) for name in ("rank IC", "ICIR", "t", "loss (95 %)")]
    if classes:
        heads += [Column(name, number=True) for name in ("accuracy", "macro-F1", "MCC", "MCC decided", "Brier", "ECE")]
    heads += [Column(name, number=True) for name in ("placebo IC", "seed sd", "DSR")]
    best = min(report.rows, key=lambda row: row.loss).model
    rows = []
    for row in report.rows:
        name = f"{row.model} *" if row.model in report.confidence_set else row.model
        cells = [f"{name} ◂" if row.model == best else name, _within(row.ic.mean, row.ic.low, row.ic.high)]
        loss = _within(row.loss, row.loss_interval.low, row.loss_interval.high, 4)
        cells += [_f(row.rank_ic), _f(row.icir, 2), _f(row.t, 1), loss]
        if classes:
            c = row.classes
            cells += [_f(v) for v in ((c.accuracy, c.macro_f1, c.mcc, row.decided[1], c.brier, c.ece) if c else ())]
        cells += [_f(row.placebo_ic), _f(row.seed_sd[0], 4), _f(row.deflated_sharpe, 2)]
        rows.append(tuple(cells))
    caption = (
        "Intervals draw whole days (half-hours, where days are few). ◂ least loss; * in the 90 % model confidence set. "
        "DSR: probability that the gross Sharpe ratio is more than the luck of all trials. Placebo: trained on labels "
        "moved in time."
    )
    return Table(tuple(heads), tuple(rows), caption)


def cost_table(report: Evaluation) -> Table:
    """Turnover, Sharpe ratios by cost, training and inference."""
    costs = ("0", "1", "5", "10", "spread")
    heads = [Column("model"), Column("turnover", number=True)]
    heads += [Column(f"Sharpe at {c} bp" if c != "spread" else "Sharpe at the spread", number=True) for c in costs]
    heads += [Column(name, number=True) for name in ("train [s]", "µs/row", "µs alone", "MB")]
    heads += [Column("interpretability", wide=True)]
    rows = []
    for row in report.rows:
        figures = [_f(row.turnover, 2), *(_f(row.sharpe[c], 2) for c in costs)]
        figures += [_f(row.fit_seconds, 1), _f(row.infer_micros, 1), _f(row.single_micros, 0), _f(row.memory_mb, 2)]
        rows.append((row.model, *figures, row.interpretability))
    return Table(tuple(heads), tuple(rows), "Annual Sharpe ratios; from a single day they say little about a year.")


def parts_table(report: Evaluation) -> Table:
    """IC of each year or day, and in calm, usual and wild times."""
    times = sorted({name for row in report.rows for name in row.by_time})
    regimes = [name for name in ("calm", "usual", "wild") if any(name in row.by_regime for row in report.rows)]
    heads = [Column("model"), *(Column(name, number=True) for name in (*times, *regimes))]
    rows = []
    for row in report.rows:
        nothing = (float("nan"), float("nan"))
        cells = [_f(row.by_time.get(name, nothing)[0]) for name in times]
        cells += [_f(row.by_regime.get(name, nothing)[0]) for name in regimes]
        rows.append((row.model, *cells))
    return Table(tuple(heads), tuple(rows))


def verdicts(report: Evaluation) -> list[str]:
    """What the whole says, in sentences."""
    lines = []
    if report.confidence_set:
        lines.append(f"90 % model confidence set (by loss): {', '.join(report.confidence_set)}")
    if np.isfinite(report.superior_p):
        lines.append(f"p = {report.superior_p:.3f} for 'no model beats the naive one' (Hansen's SPA)")
    if report.overfitting is not None:
        o = report.overfitting
        lines.append(
            f"probability of overfitting when choosing by Sharpe ratio: {o.probability:.2f} ({o.splits} splits; the "
            f"chosen one earned {o.best_out_of_sample:.3f} per period out of sample, {o.best_in_sample:.3f} in sample)"
        )
    lines.append(f"{report.trials} configurations of this task have ever been evaluated")
    master = report.models.get("fused")
    if master is not None and master.admission_ is not None:
        w, a = master.weighing_, master.admission_
        shares = ", ".join(f"{e.name} {v:.2f}" for e, v in zip(master.experts, master.base_, strict=True))
        lines.append(
            f"unequal weights {'admitted' if w.admitted else 'not admitted'}: {w.reason}; gain {w.gain}; {shares}"
        )
        lines.append(f"stacker {'admitted' if a.admitted else 'not admitted'}: {a.reason}; gain {a.gain}")
    return lines


def evaluation_page(report: Evaluation) -> Page:
    """The page: what ``tradewind.report.page`` writes."""
    tables: tuple[Part, ...] = (_numbers(report), scores_table(report))
    told = tuple(Text(line) for line in verdicts(report))
    sections = [Section("Scores", "scores", (*tables, *told))]
    if any(trace.reliability for trace in report.traces.values()):
        lead = "How often what was forecast came true; on the diagonal forecasts mean what they say."
        pair = Grid((Figure("Reliability", _reliability(report)), Figure("IC through the judged time", _ic(report))))
        sections.append(Section("Calibration", "calibration", (pair,), lead=lead))
    else:
        sections.append(Section("IC", "ic", (Figure("IC through the judged time", _ic(report)),)))
    caption = "Before costs (solid) and after crossing the spread (dotted), one unit of capital."
    figure = Figure("Cumulative return of a taker", _cumulative(report), caption)
    sections.append(Section("Money", "money", (figure, cost_table(report))))
    why = reasons_parts(report)
    if why:
        sections.append(Section("Why", "why", tuple(why), lead="What the forecast rests on."))
    sections.append(Section("Where it holds", "parts", (Details("IC by time and regime", (parts_table(report),)),)))
    return Page(
        title=report.task,
        sections=tuple(sections),
        subtitle=f"{report.trained:,} rows learnt, {report.judged:,} judged: {', '.join(report.folds)}.",
        footer="Made by tradewind alpha evaluate.",
    )


def _numbers(report: Evaluation) -> Part:
    best = min(report.rows, key=lambda row: row.loss)
    numbers = [KeyNumber("least loss", f"{best.loss:.4f}", best.model)]
    numbers.append(KeyNumber("IC", f"{best.ic.mean:.3f}", f"95 %: {best.ic.low:.3f} to {best.ic.high:.3f}"))
    if best.classes:
        numbers.append(KeyNumber("MCC", f"{best.classes.mcc:.3f}", f"macro-F1 {best.classes.macro_f1:.3f}"))
        numbers.append(KeyNumber("calibration error", f"{best.classes.ece:.4f}", "expected, over 15 bins"))
    numbers.append(KeyNumber("placebo IC", _f(best.placebo_ic), "labels moved in time"))
    numbers.append(KeyNumber("deflated Sharpe", _f(best.deflated_sharpe, 2), f"{report.trials} trials"))
    return KeyNumbers(tuple(numbers))


def _drawn(report: Evaluation) -> list[Scores]:
    """Rows that are drawn: the best few, no naive ones."""
    able = [row for row in report.rows if row.ic.mean and np.isfinite(row.ic.mean)]
    return sorted(able, key=lambda row: row.loss)[:SHOWN]


def _reliability(report: Evaluation) -> Plot:
    even = curve([0, 1], [0, 1], "as forecast", SERIES[7], marks=False)
    even["line"] |= {"dash": "dot"}
    traces = [even]
    for number, row in enumerate(_drawn(report)):
        found = report.traces[row.model].reliability
        if found is not None:
            traces.append(curve(found.forecast, found.observed, row.model, SERIES[number]))
    return chart(traces, {"title": "probability forecast"}, {"title": "share that came true"}, height=340)


def _ic(report: Evaluation) -> Plot:
    traces = []
    for number, row in enumerate(_drawn(report)[:4]):
        trace = report.traces[row.model]
        at = trace.periods.astype("datetime64[ns]").astype("datetime64[m]").astype(str)
        traces.append(curve(at, trace.ic, row.model, SERIES[number], marks=len(at) < 60))
    return chart(traces, {}, {"title": "rank IC"}, height=340)


def _cumulative(report: Evaluation) -> Plot:
    traces = []
    for number, row in enumerate(_drawn(report)[:4]):
        trace = report.traces[row.model]
        at = trace.at.astype("datetime64[ns]").astype("datetime64[m]").astype(str)
        traces.append(curve(at, 1e4 * np.cumsum(trace.gross), row.model, SERIES[number], marks=False))
        net = curve(at, 1e4 * np.cumsum(trace.net), f"{row.model}, net", SERIES[number], marks=False)
        net["line"] |= {"dash": "dot"}
        traces.append(net | {"showlegend": False})
    return chart(traces, {}, {"title": "bp"}, height=320)


def _within(value: float, low: float, high: float, places: int = 3) -> str:
    if not np.isfinite(low):
        return _f(value, places)
    return f"{value:.{places}f} ({low:.{places}f}–{high:.{places}f})"


def _f(value: float, places: int = 3) -> str:
    return "" if not np.isfinite(value) else f"{value:.{places}f}"
