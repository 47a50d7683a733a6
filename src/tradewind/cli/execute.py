"""``tradewind execute``: agents that trade a parent order."""

from __future__ import annotations

import typer

from tradewind.cli.execute_backtest import execute_backtest
from tradewind.cli.execute_tca import execute_tca
from tradewind.cli.execute_train import train

__all__ = ["execute_app"]

execute_app = typer.Typer(help="Agents that trade a parent order: train one, prove it.", no_args_is_help=True)
"""The sub-commands of ``tradewind execute``."""

execute_app.command("train")(train)
execute_app.command("backtest")(execute_backtest)
execute_app.command("tca")(execute_tca)
