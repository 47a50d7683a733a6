"""The value of a forecast to passive orders, measured on the ticks of the judged days."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rich.console import Console

    from tradewind.alpha.evaluation.passive import PassiveValue
    from tradewind.alpha.evaluation.run import Evaluation
    from tradewind.stats.intervals import Interval

__all__ = ["maker_value", "show_maker"]

DAY_NS = 86_400_000_000_000


def maker_value(report: Evaluation, data: Path | None, model: str, patience_s: float) -> dict[str, PassiveValue]:
    """Value per symbol, of one model's signal.

    Args:
        report: An evaluation of ``book_ticks``.
        data: Folder of the ticks.
        model: Whose forecasts.
        patience_s: Seconds until an order crosses.
    """
    from tradewind.alpha.datasets.book_ticks import session_ticks
    from tradewind.alpha.datasets.source import read_sessions
    from tradewind.alpha.evaluation.passive import value_of_signal
    from tradewind.alpha.evaluation.scores import signal_of

    folder = data or Path(os.environ["TRADEWIND_DATA"])
    folder = folder / "equities_nbbo" if (folder / "equities_nbbo").is_dir() else folder
    panel, signal = report.panel, signal_of(report.forecasts[model])
    names = np.array(panel.symbols)[panel.sample.series]
    found = {}
    for symbol in sorted(set(names.tolist())):
        days = np.unique(panel.sample.day[names == symbol])
        sessions = []
        for session in read_sessions(folder, (symbol,), [str(np.datetime64(int(d), "D")) for d in days]):
            number = int(np.datetime64(session.day, "D").astype(np.int64))
            rows = np.flatnonzero((names == symbol) & (panel.sample.day == number))
            rows = rows[np.argsort(panel.sample.t0[rows], kind="stable")]
            sessions.append((session_ticks(session), panel.sample.t0[rows], signal[rows]))
        found[symbol] = value_of_signal(sessions, patience_s=patience_s)
    return found


def show_maker(console: Console, found: dict[str, PassiveValue], model: str, patience_s: float) -> None:
    """Print it."""
    from tradewind.report.console import rich_table
    from tradewind.report.parts import Column, Table

    heads = [Column("symbol")]
    titles = (
        "orders",
        "cost blind [bp]",
        "cost informed [bp]",
        "value [bp] (95 %)",
        "value [cents] (95 %)",
        "saved where it crossed [bp]",
    )
    heads += [Column(title, number=True) for title in (*titles, "filled blind", "filled informed")]
    rows = []
    for symbol, v in found.items():
        cells = [f"{v.decisions:,}", f"{v.cost_blind_bp:.3f}", f"{v.cost_informed_bp:.3f}"]
        cells += [
            _within(v.value_bp),
            _within(v.value_cents),
            f"{v.saved_hurried_bp:.3f}",
            f"{v.filled_blind:.0%}",
            f"{v.filled_informed:.0%}",
        ]
        rows.append((symbol, *cells))
    caption = (
        "One lot at the back of the queue at the best price; costs against the mid at the decision; half of the orders "
        "buy, half sell. What is not filled crosses. Informed: crosses at once where the signal is in the outer tenth "
        "of those before, on the side that runs away, as long as that has paid so far."
    )
    title = f"Value of {model} to passive orders, patience {patience_s:g} s"
    console.print(rich_table(Table(tuple(heads), tuple(rows), caption), title))


def _within(value: Interval) -> str:
    return f"{value.mean:.3f} ({value.low:.3f} to {value.high:.3f})"
