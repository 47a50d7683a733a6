"""The tails report as tables and a page: tests passed, losses against value at risk, exceedances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tradewind.cli.risk_tails import ACCEPTED
from tradewind.report.parts import Chip, Column, Details, Figure, KeyNumber, KeyNumbers, Page, Section, Table, Tone
from tradewind.report.plots import SERIES, TONES, Panel, line, stack_panels

if TYPE_CHECKING:
    from tradewind.cli.risk_tails import Tails
    from tradewind.risk.tails.forecast import TailForecast, TailReport

__all__ = ["summary_table", "symbol_table", "tails_page"]

LIGHTS = {"green": Tone.GOOD, "yellow": Tone.WARN, "red": Tone.BAD}
LEVEL = 0.05


def summary_table(result: Tails) -> Table:
    """One row a tail: how many symbols pass each test at 5 %."""
    heads = [Column("variance, shape", wide=True), Column("accepted")]
    heads += [Column(n, number=True) for n in ("hits / expected", "Kupiec", "Christoffersen", "ES Z2", "FZ0")]
    heads.append(Column("Basel"))
    names = [report.name for report in next(iter(result.reports.values()))]
    rows = [_summary(result, k) for k in range(len(names))]
    count = len(result.reports)
    caption = f"Tests: of {count} symbols, how many are not rejected at 5 %. FZ0: mean joint loss, lower is better."
    return Table(tuple(heads), tuple(rows), caption)


def _summary(result: Tails, k: int) -> tuple[str | Chip, ...]:
    reports = [found[k] for found in result.reports.values()]
    n = len(reports)
    accepted = sum(r.accepted for r in reports)
    hits, expected = sum(r.hits for r in reports), sum(r.expected for r in reports)
    tests = [sum(getattr(r, name) > LEVEL for r in reports) for name in ("kupiec_p", "coverage_p", "second_p")]
    tone = Tone.GOOD if accepted == n else Tone.BAD if accepted == 0 else Tone.WARN
    lights = [r.light.value for r in reports]
    worst = max(lights, key=list(LIGHTS).index)
    return (
        reports[0].name,
        Chip(f"{accepted} of {n}", tone),
        f"{hits} / {expected:.0f}",
        *(f"{t} of {n}" for t in tests),
        f"{np.mean([r.fz0 for r in reports]):.3f}",
        Chip(f"{lights.count(worst)} {worst}", LIGHTS[worst]),
    )


def symbol_table(reports: list[TailReport]) -> Table:
    """One symbol: every tail with its p-values."""
    names = ("hits", "Kupiec p", "independence p", "Christoffersen p", "Z2", "Z2 p", "FZ0")
    heads = (Column("variance, shape", wide=True), *[Column(n, number=True) for n in names], Column("verdict"))
    rows: list[tuple[str | Chip, ...]] = []
    for r in reports:
        p = (r.kupiec_p, r.independence_p, r.coverage_p)
        verdict = Chip("accepted", Tone.GOOD) if r.accepted else Chip("rejected", Tone.BAD)
        shown = [
            f"{r.hits} of {r.days}",
            *(f"{v:.3f}" for v in p),
            f"{r.second:.2f}",
            f"{r.second_p:.3f}",
            f"{r.fz0:.3f}",
        ]
        rows.append((r.name, *shown, verdict))
    return Table(heads, tuple(rows))


def tails_page(result: Tails, tails: dict[str, list[TailForecast]]) -> Page:
    """The page.

    Args:
        result: Tests.
        tails: Forecasts by symbol.
    """
    figures = []
    for name, found in list(tails.items())[:5]:
        chosen = next(t for t in found if t.name == ACCEPTED)
        caption = f"Returns, and minus the value at risk of {ACCEPTED}; marks are days beyond it."
        figures.append(Figure(f"{name}: {int(chosen.hits.sum())} exceedances", _figure(chosen, name), caption))
    details = tuple(Details(name, (symbol_table(reports),)) for name, reports in result.reports.items())
    numbers = [
        KeyNumber(f"{name}: next day", f"{var:.2f} %", f"ES {es:.2f} %") for name, (var, es) in result.next.items()
    ]
    return Page(
        title="Tails",
        subtitle=f"{result.level:.1%} value at risk and expected shortfall, {result.first} to {result.last}.",
        sections=(
            Section("Tests", "tests", (KeyNumbers(tuple(numbers[:8])), summary_table(result))),
            Section("Exceedances", "hits", tuple(figures)),
            Section("By symbol", "symbols", details),
        ),
        footer="Made by tradewind risk tails.",
    )


def _figure(found: TailForecast, symbol: str) -> dict[str, object]:
    day = [str(np.datetime64(int(d), "D")) for d in found.day]
    hits = np.flatnonzero(found.hits)
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": "beyond it",
        "x": [day[k] for k in hits],
        "y": [float(-100 * found.loss[k]) for k in hits],
        "marker": {"color": TONES[Tone.BAD], "size": 6},
    }
    traces = (
        line(day, -100 * found.loss, "return", SERIES[7]),
        line(day, -100 * found.var, "value at risk", SERIES[0]),
        line(day, -100 * found.es, "expected shortfall", SERIES[1]),
        marks,
    )
    return stack_panels((Panel(title=symbol, unit="% a day", traces=traces, height=220),), {"type": "date"})
