"""``tradewind data``: market data into a catalog and out again."""

from __future__ import annotations

import typer

from tradewind.cli.data_import import formats, import_data
from tradewind.cli.data_list import list_data
from tradewind.cli.data_show import show_data
from tradewind.cli.data_split import ledger, split_app

__all__ = ["data_app"]

data_app = typer.Typer(help="Market data: import it, list it, look at it, split it.", no_args_is_help=True)
"""The sub-commands of ``tradewind data``."""

data_app.command("import")(import_data)
data_app.command("list")(list_data)
data_app.command("show")(show_data)
data_app.command("formats")(formats)
data_app.command("ledger")(ledger)
data_app.add_typer(split_app, name="split")
