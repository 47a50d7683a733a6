"""``tradewind execute``: learned execution, and its proof."""

from __future__ import annotations

import typer

from tradewind.cli.execute_backtest import execute_backtest
from tradewind.cli.execute_tca import execute_tca

__all__ = ["execute_app"]

execute_app = typer.Typer(
    help="Trade parent orders: backtest a policy beside every baseline, analyse what orders cost.", no_args_is_help=True
)
"""The sub-commands of ``tradewind execute``."""

execute_app.command("backtest")(execute_backtest)
execute_app.command("tca")(execute_tca)
