"""``tradewind alpha``: forecasts, evaluated honestly and adapted while they run."""

from __future__ import annotations

import typer

from tradewind.cli.alpha_audit import alpha_audit
from tradewind.cli.alpha_compare import alpha_compare
from tradewind.cli.alpha_drift import alpha_drift
from tradewind.cli.alpha_evaluate import alpha_evaluate
from tradewind.cli.alpha_features import features
from tradewind.cli.alpha_filings import filings_app
from tradewind.cli.alpha_text import text_app

__all__ = ["alpha_app"]

alpha_app = typer.Typer(help="Forecasts: evaluate, compare and audit them; see them adapt.", no_args_is_help=True)
"""The sub-commands of ``tradewind alpha``."""


@alpha_app.callback()
def _alpha() -> None:
    """Forecasts from ticks, bars, words and filings."""


alpha_app.command("features")(features)
alpha_app.command("audit")(alpha_audit)
alpha_app.command("compare")(alpha_compare)
alpha_app.command("drift")(alpha_drift)
alpha_app.command("evaluate")(alpha_evaluate)
alpha_app.add_typer(text_app, name="text")
alpha_app.add_typer(filings_app, name="filings")
