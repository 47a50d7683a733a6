"""``tradewind risk posture``: how careful to be on recorded bars, what it saved and what it cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tradewind.cli.output import JsonFlag, emit

if TYPE_CHECKING:
    from tradewind.risk.posture.backtest import PostureBacktest

__all__ = ["risk_posture"]


def risk_posture(  # noqa: PLR0917
    data: Annotated[Path, typer.Option("--data", help="File of bars (Parquet or CSV), or a folder with one.")],
    dataset: Annotated[str, typer.Option(help="Sub-folder of --data: us_hourly, sp500_daily, crypto_minute ...")] = "",
    symbol: Annotated[list[str] | None, typer.Option(help="Only this symbol; repeatable. Default: all.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file (TOML); default: the shipped one.")] = None,
    views: Annotated[Path | None, typer.Option(help="Settings of the views (TOML); default: the shipped ones.")] = None,
    cost_bps: Annotated[float, typer.Option(min=0, help="Cost of changing exposure [bps].")] = 5.0,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 1,
    html: Annotated[Path | None, typer.Option("--html", help="Write a report with the posture ribbon.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Decide the posture bar by bar and hold it against the same holding without it.

    The views are plain and causal (volatility, tail, drawdown, anomaly, data, correlation); a decision at a bar's close
    holds from the next bar on. Intervals are 95 %, by stationary block bootstrap.
    """
    from tradewind.core.config import load_config
    from tradewind.risk.posture.backtest import backtest_posture
    from tradewind.risk.posture.policy import default_policy, load_policy
    from tradewind.risk.posture.prices import read_panel
    from tradewind.risk.posture.views import ViewSettings

    panel = read_panel(data, dataset, tuple(symbol or ()))
    rules = load_policy(policy) if policy else default_policy()
    settings = load_config(ViewSettings, views) if views else ViewSettings()
    result, series, found = backtest_posture(panel, rules, settings, cost_bps=cost_bps, seed=seed)
    if html is not None:
        from tradewind.cli.risk_posture_page import posture_page
        from tradewind.report.page import write_page

        write_page(posture_page(result, panel, series, found), html)
    emit(result, as_json=as_json, show=lambda console: _show(console, result))


def _show(console: Console, result: PostureBacktest) -> None:
    from tradewind.cli.risk_posture_page import arm_table, change_table
    from tradewind.report.console import rich_table

    shares = ", ".join(f"{name} {share:.1%}" for name, share in result.share_of_time.items())
    console.print(f"{result.data}: {result.symbols} symbols, {result.bars:,} bars; {shares}")
    if result.jumps:
        console.print(f"{result.jumps} returns beyond 35 % in one bar were taken out (splits, bad prints)")
    console.print(rich_table(arm_table(result)))
    console.print(rich_table(change_table(result)))
