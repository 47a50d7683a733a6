"""``tradewind alpha drift``: learners that adapt beside learners that do not, where the relation changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import typer
from rich.console import Console

from tradewind.cli.output import JsonFlag, emit, progress_bar

if TYPE_CHECKING:
    from tradewind.alpha.adapt.drill import DrillResult
    from tradewind.alpha.adapt.streams import DriftStream

__all__ = ["DriftReport", "LearnerRow", "alpha_drift"]


class LearnerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One learner on one kind of stream, over its seeds.

    Attributes:
        learner: Its name.
        ic: Mean IC after the warm-up.
        ic_range: Least and largest over the streams.
        ic_after: Mean IC in the first 500 rows after a switch.
        recovery: Median rows to recovery.
        recovered: Share of switches after which it recovered.
        alarms: Alarms a stream.
        false_alarms: Alarms a stream that no switch explains.
        caught: Share of switches that an alarm followed within 1,000 rows.
        micros: Microseconds for one forecast and one lesson.
        decisions: Decisions on the first stream.
    """

    learner: str
    ic: float
    ic_range: tuple[float, float]
    ic_after: float | None
    recovery: float | None
    recovered: float | None
    alarms: float
    false_alarms: float | None
    caught: float | None
    micros: float
    decisions: tuple[Any, ...] = ()


class DriftReport(msgspec.Struct, frozen=True, kw_only=True):
    """Learners on one kind of stream.

    Attributes:
        stream: What it is.
        rows: Rows of each.
        streams: How many.
        switches: Where the relation changes.
        oracle: IC of the expected outcome, where it is known.
        learners: One row for each.
    """

    stream: str
    rows: int
    streams: int
    switches: tuple[int, ...]
    oracle: float | None
    learners: tuple[LearnerRow, ...]


def alpha_drift(
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How many benchmark streams, and simulated markets.")] = 3,
    seed: Annotated[int, typer.Option(help="Seed of the first.")] = 7,
    rows: Annotated[int, typer.Option(min=4000, help="Rows of a benchmark stream.")] = 12_000,
    learners: Annotated[str, typer.Option(help="Names of learners, commas between; all by default.")] = "",
    market: Annotated[bool, typer.Option("--market", help="Also in a simulated market whose regime switches.")] = False,
    preset: Annotated[str, typer.Option(help="Preset of the simulated market.")] = "aig",
    data: Annotated[Path | None, typer.Option(help="Also on recorded ticks of this folder.")] = None,
    symbols: Annotated[str, typer.Option(help="Symbols of the recorded ticks, commas between.")] = "AIG,IBM",
    html: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.", metavar="FILE")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run learners along streams whose relation between features and outcome changes, with labels that come late."""
    from tradewind.alpha.adapt.learners import LEARNERS
    from tradewind.alpha.adapt.streams import switching_stream

    names = [name.strip() for name in learners.split(",") if name.strip()] or list(LEARNERS)
    groups = [[switching_stream(seed + k, rows=rows) for k in range(seeds)]]
    if market:
        groups.append(_markets(preset, seed, seeds, rows // 2))
    if data is not None:
        groups += [[_recorded(data, symbol.strip())] for symbol in symbols.split(",") if symbol.strip()]
    reports, firsts = [], []
    for streams in groups:
        results = _drill(names, streams)
        reports.append(_report(streams, results))
        firsts.append((streams[0], {name: found[0] for name, found in results.items()}))
    if html is not None:
        from tradewind.cli.alpha_drift_page import drift_page
        from tradewind.report.page import write_page

        write_page(drift_page(reports, firsts), html)
    emit(reports, as_json=as_json, show=lambda console: _show(console, reports, html))


def _markets(preset: str, seed: int, seeds: int, rows: int) -> list[DriftStream]:
    from tradewind.cli.alpha_streams import market_stream

    with progress_bar() as bar:
        runs = bar.track(range(seeds), description="simulating markets")
        return [market_stream(seed + k, preset=preset, rows=rows) for k in runs]


def _recorded(data: Path, symbol: str) -> DriftStream:
    from tradewind.cli.alpha_streams import recorded_stream

    return recorded_stream(data, symbol)


def _drill(names: list[str], streams: list[DriftStream]) -> dict[str, list[DrillResult]]:
    from tradewind.alpha.adapt.drill import run_drill
    from tradewind.alpha.adapt.learners import make_learner

    found: dict[str, list[DrillResult]] = {}
    with progress_bar() as bar:
        for name in names:
            total = sum(len(stream.y) for stream in streams)
            task = bar.add_task(f"{streams[0].name}: {name}", total=total)
            advance = _advance(bar, task)
            found[name] = [run_drill(name, make_learner(name), stream, tick=advance) for stream in streams]
            bar.remove_task(task)
    return found


def _advance(bar: Any, task: Any) -> Any:
    return lambda count: bar.advance(task, count)


def _report(streams: list[DriftStream], results: dict[str, list[DrillResult]]) -> DriftReport:
    first = streams[0]
    oracle = float(np.mean([np.corrcoef(s.mean, s.y)[0, 1] for s in streams])) if len(first.mean) else None
    return DriftReport(
        stream=first.name,
        rows=len(first.y),
        streams=len(streams),
        switches=first.switches,
        oracle=oracle,
        learners=tuple(_row(name, found) for name, found in results.items()),
    )


def _row(name: str, found: list[DrillResult]) -> LearnerRow:
    def mean(field: str) -> float | None:
        values = [getattr(r, field) for r in found if getattr(r, field) is not None]
        return float(np.mean(values)) if values else None

    times = [r.recovery for r in found]
    known = found[0].recovered is not None
    middle = float(np.median([np.inf if t is None else t for t in times])) if known else float("nan")
    return LearnerRow(
        learner=name,
        ic=float(np.mean([r.ic for r in found])),
        ic_range=(min(r.ic for r in found), max(r.ic for r in found)),
        ic_after=mean("ic_after"),
        recovery=middle if np.isfinite(middle) else None,
        recovered=mean("recovered"),
        alarms=float(np.mean([r.alarms for r in found])),
        false_alarms=mean("false_alarms"),
        caught=mean("caught"),
        micros=float(np.mean([r.micros for r in found])),
        decisions=found[0].decisions,
    )


def _show(console: Console, reports: list[DriftReport], html: Path | None) -> None:
    from tradewind.cli.alpha_drift_page import drift_table
    from tradewind.report.console import rich_table

    for report in reports:
        oracle = "" if report.oracle is None else f"; an oracle reaches {report.oracle:.3f}"
        title = f"{report.stream}: {report.streams} x {report.rows:,} rows, {len(report.switches)} switches{oracle}"
        console.print(rich_table(drift_table(report), title))
    if html is not None:
        console.print(f"page with plots: {html}", highlight=False)
