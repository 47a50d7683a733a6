"""``tradewind risk``: a forward-looking posture, and limits no model can move."""

from __future__ import annotations

import typer

from tradewind.cli.risk_limits import limits_app
from tradewind.cli.risk_posture import risk_posture

__all__ = ["risk_app"]

risk_app = typer.Typer(help="Risk: forecasts, alarms, posture and limits.", no_args_is_help=True)
"""The sub-commands of ``tradewind risk``."""


@risk_app.callback()
def _risk() -> None:
    """Views that can only tighten, and limits that stand outside every model."""


risk_app.add_typer(limits_app, name="limits")
risk_app.command("posture")(risk_posture)
