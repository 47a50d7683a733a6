"""Tables and the page of the posture's backtest: the ribbon over the price, the views, what it saved and cost."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.report.parts import Chip, Column, Figure, KeyNumber, KeyNumbers, Page, Section, Table, Text, Tone
from tradewind.report.plots import SERIES, Panel, Plot, heat, line, stack_panels
from tradewind.risk.posture.backtest import PostureBacktest
from tradewind.risk.posture.prices import PricePanel
from tradewind.risk.posture.view import PostureLevel
from tradewind.risk.posture.views import Signal
from tradewind.stats.intervals import Interval

__all__ = ["arm_table", "change_table", "posture_page"]

POINTS = 1500
LEVEL_TONES = (Tone.GOOD, Tone.NOTE, Tone.WARN, Tone.BAD)
ARM_WORDS = {"hold": "held all the time", "posture": "with posture", "constant": "constant exposure"}


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _ratio(found: Interval) -> str:
    return f"{found.mean:.2f} ({found.low:.2f} to {found.high:.2f})"


def _hundredfold(found: Interval) -> Interval:
    return Interval(100 * found.mean, 100 * found.low, 100 * found.high)


def arm_table(result: PostureBacktest) -> Table:
    """The ways to hold, one a row.

    Args:
        result: The backtest.
    """
    heads = (
        "Return a year",
        "Volatility",
        "Drawdown",
        "ES 95 %",
        "ES 99 %",
        "Worst bar",
        "Exposure",
        "Turnover a year",
    )
    rows = tuple(
        (
            ARM_WORDS[arm.name],
            _percent(arm.annual_return),
            _percent(arm.annual_volatility),
            _percent(arm.max_drawdown),
            _percent(arm.es95),
            _percent(arm.es99),
            _percent(arm.worst_bar),
            f"{arm.exposure:.2f}",
            f"{arm.turnover:.1f}",
        )
        for arm in result.arms
    )
    columns = (Column(""), *(Column(head, number=True) for head in heads))
    return Table(columns, rows, f"Changing exposure costs {result.cost_bps:g} bps of what is changed.")


def change_table(result: PostureBacktest) -> Table:
    """What posture changes, as ratios with intervals.

    Args:
        result: The backtest.
    """
    heads = ("Posture against", "Drawdown, ratio", "ES 95 %, ratio", "ES 99 %, ratio", "Return given up a year")
    rows = tuple(
        (
            ARM_WORDS[change.against],
            _ratio(change.max_drawdown),
            _ratio(change.es95),
            _ratio(change.es99),
            f"{_ratio(_hundredfold(change.opportunity))} %",
        )
        for change in result.against
    )
    columns = tuple(Column(head, number=k > 0) for k, head in enumerate(heads))
    caption = "Below 1 the posture lost less. 95 % intervals, stationary block bootstrap of paired bars."
    return Table(columns, rows, caption)


def _stamps(times_ns: Array) -> list[str]:
    return [datetime.fromtimestamp(int(ts) / 1e9, UTC).strftime("%Y-%m-%d %H:%M") for ts in times_ns]


def _groups(count: int) -> Array:
    """First bar of each group: at most POINTS groups."""
    return np.unique(np.linspace(0, count - 1, min(count, POINTS)).astype(np.int64))


def _ribbon(panel: PricePanel, series: dict[str, Array], found: list[Signal]) -> Figure:
    starts = _groups(len(panel.times_ns))
    when = _stamps(panel.times_ns[starts])
    worst = np.maximum.reduceat(series["levels"], starts)
    names = [level.name.lower() for level in PostureLevel][::-1]
    counts = np.array([(worst == level).astype(np.int64) for level in PostureLevel])[::-1]
    value = {name: 100 * np.cumprod(1 + series[name])[starts] for name in ("hold", "posture", "constant")}
    prices: tuple[Plot, ...] = tuple(
        line(when, values, ARM_WORDS[name], SERIES[k]) for k, (name, values) in enumerate(value.items())
    )
    tones = tuple(LEVEL_TONES)[::-1]
    panels = [
        Panel(title="Value", traces=prices, unit="start = 100, log", height=240, axis={"type": "log"}),
        Panel(title="Posture", traces=heat(when, names, counts, tones), unit="worst in each step", height=110),
    ]
    for item in found:
        ups = np.array([(np.maximum.reduceat(item.levels, starts) == k).astype(np.int64) for k in (3, 2, 1)])
        traces = heat(when, ["halt", "defensive", "cautious"], ups, tones[:3])
        panels.append(
            Panel(title=item.name.capitalize(), traces=traces, unit="view", height=46, axis={"showticklabels": False})
        )
    caption = (
        "Top: the holding with and without posture, and at the posture's mean exposure. Below: the level in force, and "
        "what each view asked for (blue cautious, orange defensive, red halt). A decision holds from the next bar on."
    )
    return Figure("Posture ribbon over price", stack_panels(panels, {"type": "date"}), caption)


def _moves(panel: PricePanel, series: dict[str, Array]) -> Table:
    at = np.flatnonzero(np.diff(series["levels"].astype(np.int64), prepend=0))
    rises = at[np.diff(series["levels"].astype(np.int64), prepend=0)[at] > 0]
    chosen = rises[np.argsort(-series["levels"][rises], kind="stable")][:25]
    rows = tuple(
        (
            _stamps(panel.times_ns[[t]])[0],
            PostureLevel(int(series["levels"][t])).name.lower(),
            str(series["reasons"][t]),
        )
        for t in sorted(chosen)
    )
    caption = f"The {len(rows)} strongest of {len(rises)} times that it tightened."
    return Table((Column("When"), Column("Level"), Column("Reason", wide=True)), rows, caption)


def posture_page(result: PostureBacktest, panel: PricePanel, series: dict[str, Array], found: list[Signal]) -> Page:
    """The report.

    Args:
        result: The backtest.
        panel: Its bars.
        series: Levels, sizes, reasons and returns of each arm.
        found: The views.
    """
    hold, mine = result.arms[0], result.arms[1]
    numbers = (
        KeyNumber("Drawdown", _percent(mine.max_drawdown), f"{_percent(hold.max_drawdown)} without"),
        KeyNumber("ES 99 % of a bar", _percent(mine.es99), f"{_percent(hold.es99)} without"),
        KeyNumber("Return given up", f"{100 * result.against[0].opportunity.mean:.2f} %", "a year, costs in"),
        KeyNumber("Mean exposure", f"{mine.exposure:.2f}", f"{mine.turnover:.1f} times turned over a year"),
    )
    tails, falls = result.against[1].es95, result.against[1].max_drawdown
    words = "timing helps the tail" if tails.high < 1 else "no proof of timing"
    words += " and the drawdown" if tails.high < 1 and falls.high < 1 else ""
    chip = Chip(words, Tone.GOOD if tails.high < 1 else Tone.WARN)
    method = (
        "Views use what is known at a bar's close; thresholds were set beforehand and not fitted to these data. The "
        "constant arm holds the posture's mean exposure all the time: only what is better than that is timing."
    )
    sections = (
        Section("Result", "result", (KeyNumbers(numbers), arm_table(result), change_table(result)), chip),
        Section("Ribbon", "ribbon", (_ribbon(panel, series, found),)),
        Section("Why it tightened", "why", (_moves(panel, series),)),
        Section("How this was measured", "method", (Text(method),)),
    )
    title = f"Posture on {result.data}"
    return Page(title, sections, f"{result.symbols} symbols, {result.bars:,} bars, {result.changes_of_level} changes.")
