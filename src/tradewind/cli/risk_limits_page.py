"""What a simulation of limits shows: a table in the terminal, a page with the room that was left."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console

from tradewind.report.charts import chart, curve
from tradewind.report.console import rich_table
from tradewind.report.parts import (
    Chip,
    Column,
    Details,
    Figure,
    KeyNumber,
    KeyNumbers,
    Meter,
    Page,
    Section,
    Table,
    Text,
    Tone,
)
from tradewind.report.plots import SERIES, TONES, Plot, plain_values
from tradewind.risk.limits.explain import explained
from tradewind.risk.limits.limits_file import SignedLimits
from tradewind.risk.limits.reasons import Reason, reason_rows
from tradewind.risk.limits.simulate import Blocked, Simulation

__all__ = ["show_simulation", "simulation_page"]

LINES = 8
ROWS = 200


def _stamp(ts_ns: int) -> str:
    return datetime.fromtimestamp(ts_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _blocked_table(items: list[Blocked], caption: str = "") -> Table:
    heads = ("Row", "Time (UTC)", "Strategy", "Symbol", "Side", "Reason", "Limit", "Value", "Headroom", "Cause")
    columns = tuple(Column(head, number=head in ("Row", "Limit", "Value", "Headroom")) for head in heads)
    rows = tuple(
        (
            f"{b.row:,}",
            _stamp(b.ts_ns),
            b.strategy,
            b.symbol,
            "buy" if b.side > 0 else "sell",
            b.reason,
            f"{b.limit:,}",
            f"{b.value:,}",
            f"{b.headroom:,}",
            b.cause.lower().replace("_", " "),
        )
        for b in items
    )
    return Table(columns, rows, caption)


def _reason_table(result: Simulation) -> Table:
    meaning = {name: text for _, name, text, _ in reason_rows()}
    most = max(result.reasons.values(), default=1)
    rows = tuple(
        (name, Meter(f"{count:,}", count / most, Tone.WARN), meaning[name]) for name, count in result.reasons.items()
    )
    return Table((Column("Reason"), Column("Refused", number=True), Column("Meaning", wide=True)), rows)


def show_simulation(console: Console, result: Simulation, limit: int) -> None:
    """Print a simulation.

    Args:
        console: Where to.
        result: What became of the orders.
        limit: Refusals to print.
    """
    console.print(f"{result.requests:,} requests, {result.accepted:,} accepted, {len(result.blocked):,} refused")
    if result.reasons:
        console.print(rich_table(_reason_table(result)))
    if limit and result.blocked:
        console.print(rich_table(_blocked_table(result.blocked[:limit])))
    for latch in result.latches:
        console.print(f"closed: {latch['latch']} {latch['number']} of {latch['scope']}, {latch['cause']}")
    tight = sorted(result.use.items(), key=lambda item: -max(item[1]))[:LINES]
    for name, shares in tight:
        console.print(f"  {max(shares):7.1%} used at most  {name}")


def _headroom_figure(result: Simulation) -> Figure:
    tight = sorted(result.use.items(), key=lambda item: -max(item[1]))[:LINES]
    when = [_stamp(ts) for ts in result.times_ns]
    traces: list[Plot] = [
        curve(when, [100 * share for share in shares], name, SERIES[k % len(SERIES)], marks=False)
        for k, (name, shares) in enumerate(tight)
    ]
    ends = [when[0], when[-1]] if when else []
    limit: Plot = {
        "type": "scatter",
        "mode": "lines",
        "name": "the limit",
        "x": ends,
        "y": plain_values(np.full(len(ends), 100.0)),
    }
    traces.append(limit | {"line": {"color": TONES[Tone.BAD], "width": 1.2, "dash": "dash"}})
    plot = chart(traces, {}, {"title": "used, % of the limit", "rangemode": "tozero"}, height=340)
    plot["layout"]["hovermode"] = "x unified"
    caption = (
        "The limits that came closest, open orders counted at their worst; what is under the dashed line is headroom."
    )
    return Figure("Limit headroom", plot, caption)


def _refusals_figure(result: Simulation) -> Figure:
    names = list(result.reasons)[::-1]
    traces: list[Plot] = []
    for k, name in enumerate(names):
        at = [b for b in result.blocked if b.reason == name][:2000]
        trace: Plot = {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [_stamp(b.ts_ns) for b in at],
            "y": [name] * len(at),
        }
        trace |= {
            "marker": {"color": SERIES[k % len(SERIES)], "size": 7, "symbol": "line-ns-open", "line": {"width": 1.5}}
        }
        traces.append(trace)
    plot = chart(traces, {}, {"type": "category"}, height=60 + 30 * max(2, len(names)), legend=False)
    plot["layout"]["margin"]["l"] = 250
    return Figure("When and why", plot, "One mark for each refusal, by reason.")


def simulation_page(result: Simulation, signed: SignedLimits, orders: Path) -> Page:
    """The report of a simulation.

    Args:
        result: What became of the orders.
        signed: The limits.
        orders: The orders file.
    """
    refused = len(result.blocked)
    numbers = (
        KeyNumber("Requests", f"{result.requests:,}"),
        KeyNumber("Accepted", f"{result.accepted:,}"),
        KeyNumber("Refused", f"{refused:,}", f"{len(result.reasons)} reasons"),
        KeyNumber("Latches closed", str(len(result.latches)), "at the end"),
    )
    sections = [Section("Result", "result", (KeyNumbers(numbers), _reason_table(result)))]
    if result.use:
        sections.append(Section("Headroom", "headroom", (_headroom_figure(result),)))
    if refused:
        shown = result.blocked[:ROWS]
        caption = f"The first {len(shown):,} of {refused:,}; the JSON document holds all." if refused > ROWS else ""
        sections.append(Section("Refusals", "refusals", (_refusals_figure(result), _blocked_table(shown, caption))))
    if result.latches:
        heads = ("scope", "latch", "number", "cause", "limit", "value")
        rows = tuple(
            tuple(f"{latch[h]:,}" if isinstance(latch[h], int) else str(latch[h]) for h in heads)
            for latch in result.latches
        )
        sections.append(
            Section("Closed latches", "latches", (Table(tuple(Column(h.capitalize()) for h in heads), rows),))
        )
    words = [Details(part, tuple(Text(s) for s in sentences)) for part, sentences in explained(signed.limits).items()]
    fills = "reports of the file" if result.fills == "file" else "every accepted order filled at its price at once"
    sections.append(
        Section("The limits in words", "words", tuple(words), lead=f"Signed by {signed.signer}. Fills: {fills}.")
    )
    chip = Chip("all passed", Tone.GOOD) if not refused else Chip(f"{refused:,} refused", Tone.WARN)
    title = f"Limits of gate {signed.limits.gate}, version {signed.limits.version}"
    checks = f"{len(Reason) - 1} named checks in a pinned order"
    return Page(title, tuple(sections), f"{orders.name}: what would have been blocked, and why; {checks}.", chip)
