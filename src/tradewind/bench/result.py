"""What a benchmark prints: rows, each beside a named reference measured in the same run."""

from __future__ import annotations

import gc
import os
import platform
import statistics
from collections.abc import Callable
from pathlib import Path

import msgspec
import numba
from rich.console import Console
from rich.table import Table

from tradewind.core.clock import SystemClock

__all__ = ["Report", "Row", "machine", "noted", "row", "show", "time_calls"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement.

    Attributes:
        name: What was measured.
        value: The figure [unit].
        unit: ``messages/s``, ``ns``, ``MB/s`` ...
        reference: What it is held against, measured in the same run; empty when nothing comparable installs.
        reference_value: The reference's figure, same unit; None when it could not be measured.
        ratio: How many times better than the reference (for times: reference / value, for rates: value / reference).
        aim: The goal in words, e.g. ``ratio >= 8``; empty when there is none.
        met: Whether the goal was reached in this run; None without a goal or a reference.
        note: What a reader must know to judge the row.
    """

    name: str
    value: float
    unit: str
    reference: str = ""
    reference_value: float | None = None
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None
    note: str = ""


class Report(msgspec.Struct, frozen=True):
    """All rows of one benchmark.

    Attributes:
        benchmark: Its name.
        machine: Processor, cores, Python and Numba versions.
        threads: Threads that the measured code used.
        rows: The measurements.
    """

    benchmark: str
    machine: str
    threads: int
    rows: list[Row]


def row(name: str, value: float, unit: str, reference: tuple[str, float | None] = ("", None), aim: str = "") -> Row:
    """Build a row, with its ratio and verdict.

    Args:
        name: What was measured.
        value: The figure [unit].
        unit: A rate (``.../s``) is better when larger, anything else when smaller.
        reference: Name and figure of the reference; ``("", None)`` without one.
        aim: ``ratio >= X``, ``value >= X`` or ``value <= X``.

    Returns:
        The row.

    Examples:
        >>> row("replay", 60e6, "messages/s", ("naive twin", 1e6), "ratio >= 10").met
        True
        >>> row("call", 300.0, "ns", ("twin", 600.0)).ratio
        2.0
    """
    label, against = reference
    ratio = None
    if against:
        ratio = value / against if unit.endswith("/s") else against / value
    return Row(
        name=name,
        value=value,
        unit=unit,
        reference=label,
        reference_value=against,
        ratio=ratio,
        aim=aim,
        met=_met(value, ratio, aim),
    )


def noted(item: Row, note: str) -> Row:
    """The row with what a reader must know to judge it."""
    return msgspec.structs.replace(item, note=note)


def _met(value: float, ratio: float | None, aim: str) -> bool | None:
    if not aim:
        return None
    subject, relation, goal = aim.split()
    figure = ratio if subject == "ratio" else value
    if figure is None:
        return None
    return figure >= float(goal) if relation == ">=" else figure <= float(goal)


def time_calls(call: Callable[[], object], repeats: int = 5, prepare: Callable[[], object] | None = None) -> float:
    """Median duration of a call, after one call that is not counted.

    Args:
        call: What to time.
        repeats: Counted calls.
        prepare: Runs before each call, outside the time.

    Returns:
        Median duration [s].
    """
    clock = SystemClock()
    spent = []
    for index in range(repeats + 1):
        if prepare:
            prepare()
        gc.collect()
        start = clock.monotonic_ns()
        call()
        if index:
            spent.append(clock.monotonic_ns() - start)
    return statistics.median(spent) / 1e9


def machine() -> str:
    """The machine in words: processor, cores, Python, Numba."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, Numba {numba.__version__}"


def show(console: Console, report: Report) -> None:
    """Print a report as a table."""
    table = Table(title=f"bench {report.benchmark} · {report.machine} · {report.threads} thread", title_justify="left")
    for name, side in (
        ("", "left"),
        ("measured", "right"),
        ("reference", "right"),
        ("ratio", "right"),
        ("aim", "left"),
    ):
        table.add_column(name, justify="right" if side == "right" else "left", overflow="fold")
    for item in report.rows:
        against = f"{_figure(item.reference_value)} {item.reference}" if item.reference else ""
        ratio = f"{item.ratio:.2f}x" if item.ratio is not None else ""
        verdict = {True: "[green]met[/]", False: "[red]not met[/]", None: ""}[item.met]
        label = item.name + (f"\n[dim]{item.note}[/]" if item.note else "")
        table.add_row(label, f"{_figure(item.value)} {item.unit}", against, ratio, f"{item.aim} {verdict}".strip())
    console.print(table)


def _figure(value: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value / 1e6:.1f} M" if value >= 1e6 else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
