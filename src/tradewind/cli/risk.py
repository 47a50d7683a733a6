"""``tradewind risk``: a forward-looking posture, and limits no model can move."""

from __future__ import annotations

import typer

from tradewind.cli.risk_anomalies import risk_anomalies
from tradewind.cli.risk_correlations import risk_correlations
from tradewind.cli.risk_forecast import risk_forecast
from tradewind.cli.risk_hedge import risk_hedge
from tradewind.cli.risk_limits import limits_app
from tradewind.cli.risk_portfolio import risk_portfolio
from tradewind.cli.risk_posture import risk_posture
from tradewind.cli.risk_regimes import risk_regimes
from tradewind.cli.risk_tails import risk_tails

__all__ = ["risk_app"]

risk_app = typer.Typer(help="Risk: forecasts, alarms, posture and limits.", no_args_is_help=True)
"""The sub-commands of ``tradewind risk``."""


@risk_app.callback()
def _risk() -> None:
    """Views that can only tighten, and limits that stand outside every model."""


risk_app.command("anomalies")(risk_anomalies)
risk_app.command("hedge")(risk_hedge)
risk_app.command("portfolio")(risk_portfolio)
risk_app.add_typer(limits_app, name="limits")
risk_app.command("posture")(risk_posture)
risk_app.command("forecast")(risk_forecast)
risk_app.command("tails")(risk_tails)
risk_app.command("correlations")(risk_correlations)
risk_app.command("regimes")(risk_regimes)
