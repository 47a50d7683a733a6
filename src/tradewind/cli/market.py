"""``tradewind market``: simulated markets."""

from __future__ import annotations

import typer

from tradewind.cli.market_calibrate import calibrate_market
from tradewind.cli.market_realism import market_realism
from tradewind.cli.market_replay import replay_market
from tradewind.cli.market_simulate import simulate_market
from tradewind.cli.market_watch import watch_market

__all__ = ["market_app"]

market_app = typer.Typer(help="Simulated markets: calibrate one, run one, see how real it is.", no_args_is_help=True)
"""The sub-commands of ``tradewind market``."""

market_app.command("calibrate")(calibrate_market)
market_app.command("realism")(market_realism)
market_app.command("replay")(replay_market)
market_app.command("simulate")(simulate_market)
market_app.command("watch")(watch_market)
