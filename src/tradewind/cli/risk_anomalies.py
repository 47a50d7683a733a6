"""``tradewind risk anomalies``: alarms on real minutes and on simulated crashes, and what is wrong with a feed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import typer
from rich.console import Console

from tradewind.cli.alarm_sources import quote_columns, read_minutes, read_quotes, readable_files
from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.core.errors import UsageError

if TYPE_CHECKING:
    from tradewind.cli.anomaly_page import Watched
    from tradewind.risk.anomalies.monitor import Worth

__all__ = ["risk_anomalies"]

DAY_OF_BARS, DAY_OF_QUOTES = 1440, 390
FAST = (6, 12, 36)


def risk_anomalies(  # noqa: PLR0917
    data: Annotated[
        Path | None,
        typer.Option(help="File or folder of minute bars (close, volume) or of best quotes.", metavar="PATH"),
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="Only files whose names begin with it.")] = None,
    scorers: Annotated[str, typer.Option(help="Scorers, separated by commas; all of them by default.")] = "",
    budget: Annotated[float, typer.Option(help="False alarms a day that are allowed.")] = 1.5,
    drop: Annotated[float, typer.Option(help="What counts as a fall, as a share of the price.")] = 0.02,
    market: Annotated[
        str | None, typer.Option(help="Preset whose simulated flash crashes are watched as well.")
    ] = None,
    crashes: Annotated[int, typer.Option(min=1, help="Simulated flash crashes.")] = 20,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures.", metavar="FILE")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Raise alarms with a budget of false ones; say how many falls they told, and how early.

    An alarm knows nothing of the future. Recall is the share of falls told between their high and their low, "before
    half" the share told before half of the fall was lost. Nothing here predicts a fall that has not begun.
    """
    if data is None and market is None:
        raise UsageError("nothing to watch: give --data PATH, --market PRESET, or both")

    names = [name.strip() for name in scorers.split(",") if name.strip()]
    result: dict[str, Any] = {"budget_per_day": budget, "drop": drop}
    watched: Watched | None = None
    if data is not None:
        files = readable_files(data, symbol)
        watched, found = _on_data(files, names, (budget, drop))
        result |= found
    if market is not None:
        result["simulated"] = _on_market(market, crashes, budget)
    if html is not None:
        from tradewind.cli.anomaly_page import anomaly_page
        from tradewind.report.page import write_page

        write_page(anomaly_page(result, watched), html)
        result["html"] = str(html)
    emit(result, as_json=as_json, show=lambda console: _show(console, result))


def _on_data(files: list[Path], names: list[str], rules: tuple[float, float]) -> tuple[Watched, dict[str, Any]]:
    from tradewind.cli.anomaly_page import Watched
    from tradewind.risk.anomalies.minutes import joined
    from tradewind.risk.anomalies.monitor import AnomalyMonitor, find_falls, worth_of
    from tradewind.risk.anomalies.scores import SCORERS, make_scorer

    names = names or list(SCORERS)
    budget, drop = rules
    stretches, quotes = read_minutes(files)
    minutes, day = joined(stretches), DAY_OF_QUOTES if quotes else DAY_OF_BARS
    falls = find_falls(minutes.mid, drop)
    worths: list[Worth] = []
    alarms = {}
    with progress_bar() as progress:
        task = progress.add_task("scoring minutes", total=len(names))
        for name in names:
            monitor = AnomalyMonitor(make_scorer(name), budget_per_day=budget, drop=drop, rows_per_day=day)
            score = monitor.scorer.score(minutes)
            threshold = monitor.thresholds(score, minutes.mid)
            alarms[name] = monitor.alarms(minutes, score, threshold)
            start = int(np.argmax(np.isfinite(threshold))) if np.isfinite(threshold).any() else len(threshold)
            worths.append(worth_of(name, alarms[name], minutes.mid, falls, watched_from=start, rows_per_day=day))
            progress.advance(task)
    told = [msgspec.to_builtins(alarm) for alarm in alarms[names[0]]]
    found: dict[str, Any] = {
        "minutes": len(minutes),
        "falls": [msgspec.to_builtins(fall) | {"onset_ns": int(minutes.ts_ns[fall.onset])} for fall in falls],
        "scorers": [msgspec.to_builtins(worth) for worth in worths],
        "alarms": told,
    }
    return Watched(minutes, alarms, falls), found | ({"feed": _feed(files)} if quotes else {})


def _feed(files: list[Path]) -> dict[str, dict[str, int]]:
    """How often each flag was set in each file of quotes."""
    from tradewind.risk.anomalies.feed import FeedMonitor

    found = {}
    for path in files:
        frame = read_quotes(path)
        if frame is not None:
            columns, monitor = quote_columns(frame), FeedMonitor()
            flags = monitor.watch(columns["ts_ns"], columns["bid"], columns["ask"])
            found[path.name] = {"rows": len(flags), **monitor.counts(flags)}
    return found


def _on_market(preset: str, crashes: int, budget: float) -> list[dict[str, Any]]:
    from tradewind.cli.anomaly_market import crash_worth
    from tradewind.risk.anomalies.scores import FallScore, RandomScore

    rows = []
    with progress_bar() as progress:
        task = progress.add_task("simulating crashes", total=2 * crashes)
        for made in (lambda: FallScore(FAST), RandomScore):
            worth = crash_worth(preset, made, crashes, budget, lambda: progress.advance(task))
            rows.append({"scorer": made().name, **worth})
    return rows


def _show(console: Console, result: dict[str, Any]) -> None:
    from tradewind.cli.anomaly_page import feed_table, simulated_table, worth_table
    from tradewind.report.console import rich_table

    if "scorers" in result:
        console.print(rich_table(worth_table(result)))
    if result.get("feed"):
        console.print(rich_table(feed_table(result["feed"])))
    if "simulated" in result:
        console.print(rich_table(simulated_table(result)))
    if "html" in result:
        console.print(f"written to {result['html']}")
