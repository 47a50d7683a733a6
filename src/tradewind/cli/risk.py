"""``tradewind risk``: a forward-looking posture, and limits no model can move."""

from __future__ import annotations

import typer

from tradewind.cli.risk_anomalies import risk_anomalies
from tradewind.cli.risk_hedge import risk_hedge
from tradewind.cli.risk_portfolio import risk_portfolio

__all__ = ["risk_app"]

risk_app = typer.Typer(help="Risk: forecasts, alarms, posture and limits.", no_args_is_help=True)
"""The sub-commands of ``tradewind risk``."""


@risk_app.callback()
def _risk() -> None:
    """Views that can only tighten, and limits that stand outside every model."""


risk_app.command("anomalies")(risk_anomalies)
risk_app.command("hedge")(risk_hedge)
risk_app.command("portfolio")(risk_portfolio)
