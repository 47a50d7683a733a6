"""Accuracy of scorers as a page: the picture first, then every row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.report.charts import chart
from tradewind.report.page import write_page
from tradewind.report.parts import Column, Figure, Page, Section, Table
from tradewind.report.plots import SERIES, Plot

if TYPE_CHECKING:
    from tradewind.alpha.text.accuracy import Accuracy

__all__ = ["accuracy_figure", "write_accuracy_page"]

COLUMNS = (
    Column("scorer"),
    Column("split"),
    Column("level"),
    Column("texts", number=True),
    Column("accuracy", number=True),
    Column("95 % interval", number=True),
    Column("macro-F1", number=True),
    Column("log loss", number=True),
)


def accuracy_figure(rows: Sequence[Accuracy]) -> Plot:
    """Accuracy of each scorer with its interval, one colour a level of agreement.

    Args:
        rows: Of one evaluation; those of folds and of scorers without training are drawn.
    """
    drawn = [row for row in rows if row.split in ("folds", "all")]
    traces: list[Plot] = []
    for level, color in zip(dict.fromkeys(row.level for row in drawn), SERIES, strict=False):
        points = [row for row in drawn if row.level == level]
        error = {
            "type": "data",
            "symmetric": False,
            "array": [row.high - row.accuracy for row in points],
            "arrayminus": [row.accuracy - row.low for row in points],
            "thickness": 1.2,
        }
        traces.append(
            {
                "type": "bar",
                "name": f"agreement {level}" if level != "all" else "all sentences",
                "x": [row.scorer for row in points],
                "y": [row.accuracy for row in points],
                "error_y": error,
                "marker": {"color": color},
                "text": [f"{row.accuracy:.2f}" for row in points],
                "insidetextanchor": "middle",
                "textfont": {"color": "#ffffff", "size": 15},
            }
        )
    return chart(traces, {"type": "category"}, {"title": "accuracy", "range": [0.0, 1.0]}, height=320)


def write_accuracy_page(path: Path, rows: Sequence[Accuracy], source: str) -> None:
    """Write the page.

    Args:
        path: The HTML file.
        rows: Of one evaluation.
        source: The data, in words.
    """
    cells = tuple(
        (
            row.scorer,
            row.split,
            row.level,
            str(row.texts),
            f"{row.accuracy:.3f}",
            f"{row.low:.3f}–{row.high:.3f}",
            f"{row.macro_f1:.3f}",
            f"{row.log_loss:.3f}",
        )
        for row in rows
    )
    caption = (
        "Heads by five folds (a text's fold is its hash), each measured on texts it was not trained on; lexicons and "
        "the shipped head as they are. The bars' ends: 95 % intervals (Wilson)."
    )
    lead = "grouped: folds that keep near-duplicates together. held out: one fold alone."
    section = Section(
        "Accuracy",
        "accuracy",
        (Figure("Right on sentences never seen", accuracy_figure(rows), caption), Table(COLUMNS, cells)),
        lead=lead,
    )
    page = Page(title="Tone of news: scorers compared", sections=(section,), subtitle=f"Labelled texts: {source}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_page(page, path)
