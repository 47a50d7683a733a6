"""The regimes report as tables and a page: a ribbon over the price, stays, accuracy where the truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tradewind.report.parts import Chip, Column, Figure, Page, Section, Table, Tone
from tradewind.report.plots import SERIES, TONES, Panel, line, stack_panels

if TYPE_CHECKING:
    from tradewind.cli.risk_regimes import Regimes
    from tradewind.core.dtypes import Array
    from tradewind.risk.regimes.filtered import FilteredRegimes
    from tradewind.risk.regimes.score import RegimeScore
    from tradewind.risk.volatility.history import History

__all__ = ["regimes_page", "score_table", "stays_table"]


def stays_table(result: Regimes) -> Table:
    """Symbol, model, how long it stays."""
    names = ("turbulent days", "flips a year", "calm stay", "turbulent stay", "calm volatility", "turbulent volatility")
    heads = (Column("symbol"), Column("model"), Column("now"), *[Column(n, number=True) for n in names])
    rows = []
    for symbol, found in result.stays.items():
        for s in found:
            now = Chip("turbulent", Tone.WARN) if s.state else Chip("calm", Tone.GOOD)
            figures = (f"{s.turbulent:.0%}", f"{s.flips:.1f}", f"{s.calm_days:.0f} d", f"{s.turbulent_days:.0f} d")
            rows.append(
                (symbol, s.name, now, *figures, f"{s.calm_volatility:.1f} %", f"{s.turbulent_volatility:.1f} %")
            )
    caption = "Filtered, on days after those fitted. Volatility: of the day after the decision, a year."
    return Table(heads, tuple(rows), caption)


def score_table(scores: list[RegimeScore]) -> Table:
    """Noise, model, accuracy."""
    names = ("balanced accuracy", "flips in 500 days", "true flips", "median delay")
    heads = (Column("noise"), Column("model"), *[Column(n, number=True) for n in names])
    rows = tuple(
        (
            s.noise,
            s.name,
            f"{s.accuracy.mean:.3f} ({s.accuracy.low:.3f}–{s.accuracy.high:.3f})",
            f"{s.flips:.1f}",
            f"{s.true_flips:.1f}",
            f"{s.delay:.0f} d",
        )
        for s in scores
    )
    return Table(heads, rows, "Fitted on 1500 days, filtered on the next 1000; 95 % bootstrap over markets.")


def regimes_page(result: Regimes, drawn: dict[str, tuple[History, int, dict[str, FilteredRegimes]]]) -> Page:
    """The page.

    Args:
        result: Stays and scores.
        drawn: By symbol: its history, the first day filtered, and the states of each model.
    """
    figures = tuple(
        Figure(symbol, _ribbon(history, begin, found), "Dark where the model said turbulent, by what it knew that day.")
        for symbol, (history, begin, found) in list(drawn.items())[:5]
    )
    scores = (Section("Where the truth is known", "simulated", (score_table(result.scores),)),) if result.scores else ()
    return Page(
        title="Regimes",
        subtitle=f"Filtered states, {result.first} to {result.last}.",
        sections=(
            Section("Ribbon over the price", "ribbon", figures),
            Section("Stays", "stays", (stays_table(result),)),
            *scores,
        ),
        footer="Made by tradewind risk regimes.",
    )


def _ribbon(history: History, begin: int, found: dict[str, FilteredRegimes]) -> dict[str, object]:
    day = [str(np.datetime64(int(d), "D")) for d in history.day[begin:]]
    price = 100 * np.exp(np.cumsum(history.returns[begin:]))
    panels = [
        Panel(
            title="Price",
            unit="begins at 100",
            traces=(line(day, price, "price", SERIES[0]),),
            height=170,
            axis={"type": "log"},
        )
    ]
    for name, regimes in found.items():
        panels.append(
            Panel(
                title=name.capitalize(),
                traces=(_strip(day, regimes.probability[:, -1]),),
                height=26,
                axis={"showticklabels": False, "showgrid": False},
            )
        )
    return stack_panels(panels, {"type": "date"})


def _strip(day: list[str], probability: Array) -> dict[str, object]:
    red = TONES[Tone.BAD]
    return {
        "type": "heatmap",
        "x": day,
        "y": ["turbulent"],
        "z": [[round(float(p), 3) for p in probability]],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, "rgba(128,138,150,0.15)"], [1, red]],
        "showscale": False,
        "hovertemplate": "%{x}<br>turbulent %{z:.0%}<extra></extra>",
    }
