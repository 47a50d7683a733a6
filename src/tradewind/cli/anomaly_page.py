"""Alarms as tables and as a page: price with falls and alarms, and what each scorer is worth."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from tradewind.report.charts import chart, curve, interval
from tradewind.report.parts import Chip, Column, Figure, KeyNumber, KeyNumbers, Page, Part, Section, Table, Tone
from tradewind.report.plots import SERIES, TONES, Plot
from tradewind.risk.anomalies.minutes import Minutes
from tradewind.risk.anomalies.monitor import Alarm, Fall

__all__ = ["Watched", "anomaly_page", "feed_table", "simulated_table", "worth_table"]

MOST_POINTS = 4000


class Watched(msgspec.Struct, frozen=True):
    """What was watched, for the picture.

    Attributes:
        minutes: Prices.
        alarms: By scorer.
        falls: What there was to tell.
    """

    minutes: Minutes
    alarms: dict[str, list[Alarm]]
    falls: list[Fall]


def worth_table(result: dict[str, Any]) -> Table:
    """A row a scorer."""
    heads = ("Falls", "Recall", "95 %", "Before half", "False a day", "95 %")
    rows = []
    for worth in result["scorers"]:
        low, high = worth["recall_interval"]
        few, many = worth["false_interval"]
        numbers = (
            str(worth["falls"]),
            f"{worth['recall']:.2f}",
            f"{low:.2f} to {high:.2f}",
            f"{worth['before_half']:.2f}",
        )
        rows.append((worth["scorer"], *numbers, f"{worth['false_a_day']:.2f}", f"{few:.2f} to {many:.2f}"))
    caption = (
        f"Falls of {result['drop']:.1%} within 30 minutes; a budget of {result['budget_per_day']:g} false alarms a day."
    )
    return Table((Column("Scorer"), *(Column(head, number=True) for head in heads)), tuple(rows), caption)


def simulated_table(result: dict[str, Any]) -> Table:
    """A row a scorer on simulated flash crashes."""
    heads = ("Crashes", "Mean fall", "Recall", "Before half", "False a day")
    rows = tuple(
        (
            row["scorer"],
            str(row["crashes"]),
            f"{row['mean_fall']:.1%}",
            f"{row['recall']:.2f}",
            f"{row['before_half']:.2f}",
            f"{row['false_a_day']:.2f}",
        )
        for row in result["simulated"]
    )
    preset = result["simulated"][0]["preset"]
    return Table(
        (Column("Scorer"), *(Column(h, number=True) for h in heads)), rows, f"Flash crashes of preset {preset}."
    )


def feed_table(feed: dict[str, dict[str, int]]) -> Table:
    """A row a file of quotes, a column a flag."""
    names = list(next(iter(feed.values())))
    rows = tuple((path, *(f"{counts[name]:,}" for name in names)) for path, counts in feed.items())
    heads = tuple(Column(name.replace("_", " "), number=True) for name in names)
    return Table((Column("File"), *heads), rows, "Rows of quotes by what is wrong with them.")


def anomaly_page(result: dict[str, Any], watched: Watched | None) -> Page:
    """The page: key numbers, price with alarms, tables."""
    sections = []
    if watched is not None:
        first = result["scorers"][0]
        numbers = KeyNumbers(
            (
                KeyNumber("recall", f"{first['recall']:.2f}", f"of {first['falls']} falls; aim 0.9"),
                KeyNumber("told before half the fall", f"{first['before_half']:.2f}", "aim 0.8"),
                KeyNumber("false alarms a day", f"{first['false_a_day']:.2f}", "aim: at most 1.6"),
            )
        )
        name = first["scorer"]
        parts: tuple[Part, ...] = (
            numbers,
            Figure(f"Alarms of {name}", _price(watched.minutes, watched.alarms[name], watched.falls), CAPTION),
        )
        sections.append(Section("Alarms on real minutes", "alarms", (*parts, worth_table(result))))
    if result.get("feed"):
        sections.append(Section("Market data", "feed", (feed_table(result["feed"]),)))
    if "simulated" in result:
        sections.append(Section("Simulated flash crashes", "simulated", (simulated_table(result),)))
    return Page(
        title="Alarms",
        sections=tuple(sections),
        subtitle="A fall is told once it has begun; nothing here predicts one.",
        chip=Chip("filtered, no look-ahead", Tone.NOTE),
        footer="Made by tradewind risk anomalies.",
    )


CAPTION = "Grey bands are falls from their high to their low; dots are alarms, green inside a fall, orange outside."


def _price(minutes: Minutes, alarms: list[Alarm], falls: list[Fall]) -> Plot:
    step = max(1, len(minutes) // MOST_POINTS)
    times = (minutes.ts_ns // 1_000_000).astype("datetime64[ms]")
    price = curve(times[::step], minutes.mid[::step], "price", SERIES[0], marks=False)
    low, high = float(minutes.mid.min()), float(minutes.mid.max())
    shades = []
    for fall in falls:
        ends = times[[fall.onset, fall.trough]]
        shades.append(interval(ends, [low, low], [high, high], TONES[Tone.PLAIN]))
    inside = np.array([any(f.onset <= a.row <= f.trough + 30 for f in falls) for a in alarms], dtype=bool)
    rows = np.array([alarm.row for alarm in alarms], dtype=np.int64)
    dots = []
    for name, chosen, tone in (("in a fall", inside, Tone.GOOD), ("false", ~inside, Tone.WARN)):
        dot = curve(times[rows[chosen]], minutes.mid[rows[chosen]], name, TONES[tone])
        dots.append(dot | {"mode": "markers", "marker": {"color": TONES[tone], "size": 8}})
    return chart([*shades, price, *dots], {"type": "date"}, {"title": "price"}, height=320)
