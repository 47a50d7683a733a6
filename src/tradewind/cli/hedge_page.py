"""Hedgers as a table and as a page with the learned band beside the asymptotic one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tradewind.report.charts import chart, curve, interval
from tradewind.report.parts import Column, Figure, Grid, KeyNumber, KeyNumbers, Page, Section, Table
from tradewind.report.plots import SERIES, Plot
from tradewind.risk.hedging.band import Band
from tradewind.risk.hedging.option import OptionPosition
from tradewind.risk.hedging.study import Hedged

__all__ = ["hedge_page", "hedge_table"]

COLORS = {"delta": SERIES[7], "whalley_wilmott": SERIES[1], "band_net": SERIES[0]}


def hedge_table(rows: Sequence[Hedged]) -> Table:
    """A row a cost and hedger."""
    heads = ("Cost [bp]", "ES 95 % [%]", "Mean loss [%]", "Deviation [%]", "ES over delta's", "95 %")
    cells = []
    for row in rows:
        low, high = row.ratio_interval
        numbers = (f"{row.cost_bp:g}", f"{row.shortfall:.3f}", f"{row.mean:.3f}", f"{row.deviation:.3f}")
        cells.append((row.hedger, *numbers, f"{row.ratio:.3f}", f"{low:.3f} to {high:.3f}"))
    caption = "In percent of the underlying's price at the start; paths that no hedger was tuned on, the same for all."
    return Table((Column("Hedger"), *(Column(head, number=True) for head in heads)), tuple(cells), caption)


def hedge_page(rows: Sequence[Hedged], position: OptionPosition, bands: dict[str, Band], cost: float) -> Page:
    """The page: ratios by cost, and the bands of the last cost half way to expiry."""
    learned = [row for row in rows if row.hedger == "band_net"]
    numbers = tuple(KeyNumber(f"{r.cost_bp:g} bp: ES over delta's", f"{r.ratio:.3f}", "learned band") for r in learned)
    names = list(dict.fromkeys(row.hedger for row in rows))
    costs = [f"{row.cost_bp:g} bp" for row in learned]
    bars = [
        {
            "type": "bar",
            "name": name.replace("_", " "),
            "x": costs,
            "y": [row.shortfall for row in rows if row.hedger == name],
            "marker": {"color": COLORS[name]},
        }
        for name in names
    ]
    left = Figure("Expected shortfall by cost", chart(bars, {"type": "category"}, {"title": "ES 95 % [%]"}, height=300))
    right = Figure(
        f"Where nothing is traded ({cost * 1e4:g} bp, half way to expiry)",
        _bands(position, bands),
        "Grey is minus delta; inside a band the hedge is left alone, outside it is brought to the edge.",
    )
    parts = (KeyNumbers(numbers), Grid((left, right)), hedge_table(rows))
    return Page(
        title="Hedging when trading costs",
        sections=(Section("Hedgers", "hedgers", parts),),
        subtitle=f"{len(position.legs)} option leg(s), {position.days} days, volatility {position.volatility:.0%}.",
        footer="Made by tradewind risk hedge.",
    )


def _bands(position: OptionPosition, bands: dict[str, Band]) -> Plot:
    price = np.linspace(0.85, 1.15, 121)
    day = position.days // 2
    traces = []
    for name, band in bands.items():
        low, high = band.edges(position, price, day)
        if name != "delta":
            traces.append(interval(price, low.tolist(), high.tolist(), COLORS[name]))
        traces.append(curve(price, (low + high) / 2, name.replace("_", " "), COLORS[name], marks=False))
    return chart(traces, {"title": "price, start = 1"}, {"title": "holding"}, height=300)
