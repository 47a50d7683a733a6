"""The realism report as a page: the table first, then every fact drawn, the impact curve, and an hour side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.market.facts.impact import ImpactReport
from tradewind.market.facts.realism import FactResult, RealismReport
from tradewind.market.facts.tape import Tape
from tradewind.report.charts import chart, curve, interval
from tradewind.report.parts import (
    Chip,
    Column,
    Figure,
    Grid,
    KeyNumber,
    KeyNumbers,
    Page,
    Part,
    Section,
    Table,
    Text,
    Tone,
)
from tradewind.report.plots import SERIES, Panel, Plot, columns, line, stack_panels

__all__ = ["hour_figure", "impact_figures", "realism_page"]

REAL, SIMULATED, NAIVE = SERIES[0], SERIES[1], SERIES[7]
LAGGED = {"trade signs", "response"}
HOUR_S = 3600.0
GRID_S = 5.0


def realism_page(report: RealismReport, impact: ImpactReport | None, hours: Sequence[tuple[str, Tape]]) -> Page:
    """The page.

    Args:
        report: The facts.
        impact: Impact of metaorders, where it was measured.
        hours: A real stretch and a simulated one, each with what it is in words; may be empty.

    Returns:
        What ``tradewind.report.page`` writes.
    """
    sections = [Section("Facts", "facts", (_numbers(report, impact), facts_table(report)))]
    if impact is not None:
        sections.append(_impact_section(impact))
    if hours:
        sides = Grid(tuple(Figure(name, hour_figure(tape)) for name, tape in hours))
        lead = "Price, spread and trades of the first hour of a stretch."
        sections.append(Section("Side by side", "hour", (sides,), lead=lead))
    figures = [_fact_figure(fact) for fact in report.facts if len(fact.x) > 1]
    rows = tuple(Grid(tuple(figures[k : k + 3])) for k in range(0, len(figures), 3))
    lead = "Blue is real, orange simulated, grey zero intelligence. Distributions are drawn by their quantiles."
    sections.append(Section("Fact by fact", "drawn", rows, lead=lead))
    return Page(
        title=f"{report.preset} beside {report.symbol}",
        sections=tuple(sections),
        subtitle=f"Real stretches: {', '.join(report.stretches)}.",
        footer="Made by tradewind market realism.",
    )


def _numbers(report: RealismReport, impact: ImpactReport | None) -> Part:
    closer = [fact.better_than_naive for fact in report.facts if fact.better_than_naive is not None]
    numbers = []
    if report.median_ratio is not None and report.worst_ratio is not None:
        numbers.append(KeyNumber("median ratio", f"{report.median_ratio:.2f}", "aim: at most 2"))
        numbers.append(KeyNumber("worst ratio", f"{report.worst_ratio[1]:.2f}", f"{report.worst_ratio[0]}; aim: 5"))
    if closer:
        numbers.append(KeyNumber("closer than zero intelligence", f"{sum(closer)} of {len(closer)}", "facts"))
    if impact is not None:
        low, high = impact.fit.delta_interval
        numbers.append(KeyNumber("impact exponent", f"{impact.fit.delta:.2f}", f"95 %: {low:.2f} to {high:.2f}"))
    return KeyNumbers(tuple(numbers))


def facts_table(report: RealismReport) -> Table:
    """Fact, real, simulated, naive, distance, floor, ratio."""
    heads = [Column("fact"), Column("measured", wide=True)]
    heads += [Column(name, number=True) for name in ("real", "simulated", "naive", "distance", "floor", "ratio")]
    rows = [_fact_row(fact) for fact in report.facts]
    hidden = f" Not shown by the source: {', '.join(report.not_shown)}." if report.not_shown else ""
    caption = (
        "Real, simulated and naive: the median of a distribution, the mean of a curve. The ratio is the distance of "
        f"simulated to real stretches over that of real stretches to each other (the floor); 95 % bootstrap.{hidden}"
    )
    return Table((*heads, Column("closer than naive")), tuple(rows), caption)


def _fact_row(fact: FactResult) -> tuple[str | Chip, ...]:
    values = [_middle(row, fact.distribution) for row in (fact.real, fact.simulated, fact.naive)]
    spread = f" ({fact.interval[0]:.1f}–{fact.interval[1]:.1f})" if fact.interval else ""
    ratio = f"{fact.ratio:.2f}{spread}" if fact.ratio is not None else ""
    told: str | Chip = ""
    if fact.better_than_naive is not None:
        told = Chip("yes", Tone.GOOD) if fact.better_than_naive else Chip("no", Tone.BAD)
    figures = [_figure(fact.distance), _figure(fact.floor), ratio]
    return (fact.name, f"{fact.definition} [{fact.unit}]", *[_figure(v) for v in values], *figures, told)


def _middle(row: list[float | None], distribution: bool) -> float | None:
    known = [v for v in row if v is not None]
    if not known:
        return None
    return row[len(row) // 2] if distribution else float(np.mean(known))


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _fact_figure(fact: FactResult) -> Figure:
    rows = (
        (fact.naive, "zero intelligence", NAIVE),
        (fact.real, "real", REAL),
        (fact.simulated, "simulated", SIMULATED),
    )
    traces = [curve(fact.x, row, name, color) for row, name, color in rows if row]
    logarithmic = fact.name in LAGGED or (len(fact.x) > 3 and fact.x[0] > 0 and fact.x[-1] / fact.x[0] > 30)
    x_axis: Plot = {"type": "log"} if logarithmic and not fact.distribution else {}
    x_axis |= {"title": "quantile"} if fact.distribution else {}
    ratio = f"ratio {fact.ratio:.2f}" if fact.ratio is not None else ""
    return Figure(f"{fact.name} [{fact.unit}]", chart(traces, x_axis, {}, legend=False), f"{fact.definition}; {ratio}")


def _impact_section(impact: ImpactReport) -> Section:
    curve_figure, path_figure = impact_figures(impact)
    decay = ", ".join(f"{share:.0%} after {k}" for share, k in zip(impact.decay, (1, 2, 4), strict=True))
    text = (
        f"{impact.pairs} seeds, each bought in, sold in and left alone, over {impact.horizon_s:.0f} s; volatility "
        f"{impact.volatility_ticks:.3g} ticks, volume {impact.volume_lots:,.0f} lots over that time. "
        f"Y = {impact.fit.prefactor:.2f} ({impact.fit.prefactor_interval[0]:.2f} to "
        f"{impact.fit.prefactor_interval[1]:.2f}). Of the impact at the end there is left {decay} horizons."
    )
    inside = 0.4 <= impact.fit.delta <= 0.7
    chip = Chip(f"δ = {impact.fit.delta:.2f}", Tone.GOOD if inside else Tone.WARN)
    grid = Grid((Figure("Impact by size", curve_figure), Figure("Path of the largest", path_figure)))
    return Section("Metaorder impact", "impact", (Text(text), grid), chip, "The same market with and without you.")


def impact_figures(impact: ImpactReport) -> tuple[Plot, Plot]:
    """The impact curve with its law, and the path of the largest metaorder while it is worked and afterwards."""
    shares = np.array(impact.shares)
    fine = np.geomspace(shares[0], shares[-1], 60)
    law = impact.fit.prefactor * fine**impact.fit.delta
    low, high = zip(*impact.intervals, strict=True)
    bars = {"type": "data", "symmetric": False, "array": [], "arrayminus": [], "width": 4, "thickness": 1.2}
    bars["array"] = [float(h - m) for h, m in zip(high, impact.impact, strict=True)]
    bars["arrayminus"] = [float(m - a) for a, m in zip(low, impact.impact, strict=True)]
    points = curve(shares * 100, impact.impact, "measured", SIMULATED) | {"mode": "markers", "error_y": bars}
    name = f"{impact.fit.prefactor:.2f} σ (Q/V)^{impact.fit.delta:.2f}"
    sizes = chart(
        [points, curve(fine * 100, law, name, REAL, marks=False)],
        {"type": "log", "title": "metaorder, % of volume"},
        {"title": "impact / volatility", "rangemode": "tozero"},
        height=300,
    )
    times = [0.0, *impact.times]
    low, high = zip(*impact.path_intervals, strict=True)
    path = chart(
        [
            interval(times, [0.0, *low], [0.0, *high], SIMULATED),
            curve(times, [0.0, *impact.path], f"{impact.shares[-1]:.0%} of volume", SIMULATED, marks=False),
        ],
        {"title": "time, in horizons"},
        {"title": "impact / volatility", "rangemode": "tozero"},
        height=300,
    )
    return sizes, path


def hour_figure(tape: Tape) -> Plot:
    """Mid-price, spread and volume of the first hour of a stretch, every five seconds."""
    end = min(tape.end_ns, tape.start_ns + round(HOUR_S * 1e9))
    times = np.arange(tape.start_ns, end, round(GRID_S * 1e9))
    minutes = (times - tape.start_ns) / 6e10
    at = np.maximum(np.searchsorted(tape.quote_ts_ns, times, side="right") - 1, 0)
    tick = float(tape.instrument.tick_size)
    mid = (tape.bid_ticks[at] + tape.ask_ticks[at]) / 2 * tick
    panels = (
        Panel(title="Mid", unit=tape.instrument.currency, traces=(line(minutes, mid, "mid", REAL),), height=170),
        Panel(
            title="Spread",
            unit="ticks",
            traces=(line(minutes, (tape.ask_ticks - tape.bid_ticks)[at].astype(float), "spread", SIMULATED),),
            height=80,
        ),
        Panel(title="Trades", unit="lots per 30 s", traces=_volumes(tape, end), height=110),
    )
    return stack_panels(panels, {"title": {"text": "minutes"}}, left=110, bottom=48)


def _volumes(tape: Tape, end_ns: int) -> tuple[Plot, ...]:
    edges = np.arange(tape.start_ns, end_ns + 1, 30 * 10**9)
    middles = (edges[:-1] - tape.start_ns) / 6e10 + 0.25
    found = []
    for sign, name, color in ((1, "bought", SERIES[2]), (-1, "sold", SERIES[4])):
        mine = tape.trade_sign == sign
        total: Array = np.append(0, np.cumsum(tape.trade_lots[mine]))[np.searchsorted(tape.trade_ts_ns[mine], edges)]
        found.append(columns(middles, sign * np.diff(total), name, color))
    return tuple(found)
