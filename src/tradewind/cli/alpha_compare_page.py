"""Model families as tables and a page: accuracy against cost, and the learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tradewind.report.charts import chart, curve
from tradewind.report.parts import Column, Figure, Grid, Page, Section, Table
from tradewind.report.plots import SERIES, Plot

if TYPE_CHECKING:
    from tradewind.cli.alpha_compare import Family

__all__ = ["compare_page", "compare_table"]

SHARES = (12.5, 25.0, 50.0, 100.0)


def compare_table(found: Sequence[Family]) -> Table:
    """Model by model: accuracy, robustness, cost, hunger, readability."""
    titles = ("IC", "MCC", "log loss", "sd seeds", "sd days", "train [s]", "µs/row", "µs alone", "MB", "loss at 1/8")
    heads = [Column("model"), Column("family"), *(Column(title, number=True) for title in titles)]
    heads.append(Column("interpretability", wide=True))
    rows = []
    for row in sorted(found, key=lambda r: (r.loss is None, r.loss or 0.0)):
        figures = [_f(row.ic), _f(row.mcc), _f(row.loss, 4), _f(row.seed_sd, 4), _f(row.day_sd), _f(row.fit_seconds, 2)]
        figures += [_f(row.infer_micros, 1), _f(row.single_micros, 0), _f(row.memory_mb, 2)]
        figures.append(_f(row.learning_curve[0], 4) if row.learning_curve else "")
        rows.append((row.model, row.family, *figures, row.refused or row.interpretability))
    return Table(tuple(heads), tuple(rows), "By log loss; the last rows of time judged, learnt from what came before.")


def compare_page(found: Sequence[Family]) -> Page:
    """The page."""
    sections = []
    for number, task in enumerate(dict.fromkeys(row.task for row in found)):
        rows = [row for row in found if row.task == task]
        pair = Grid(
            (
                Figure("Accuracy against training time", _cost(rows)),
                Figure("Hunger for data", _hunger(rows), "Log loss when learnt from a share of the rows."),
            )
        )
        sections.append(Section(task, f"task-{number}", (pair, compare_table(rows))))
    return Page(
        title="Model families side by side", sections=tuple(sections), footer="Made by tradewind alpha compare."
    )


def _cost(rows: Sequence[Family]) -> Plot:
    traces = []
    known = [row for row in rows if row.loss is not None and row.fit_seconds]
    for number, row in enumerate(known):
        trace = curve([row.fit_seconds], [row.loss], row.model, SERIES[number % len(SERIES)])
        traces.append(trace | {"mode": "markers+text", "text": [row.model], "textposition": "top center"})
    return chart(traces, {"title": "training [s]", "type": "log"}, {"title": "log loss"}, height=360, legend=False)


def _hunger(rows: Sequence[Family]) -> Plot:
    known = [row for row in rows if len(row.learning_curve) == len(SHARES)]
    traces = [
        curve(SHARES, row.learning_curve, row.model, SERIES[number % len(SERIES)]) for number, row in enumerate(known)
    ]
    return chart(
        traces,
        {"title": "share of rows [%]", "type": "log", "tickvals": list(SHARES)},
        {"title": "log loss"},
        height=360,
    )


def _f(value: float | None, places: int = 3) -> str:
    return "" if value is None else f"{value:.{places}f}"
