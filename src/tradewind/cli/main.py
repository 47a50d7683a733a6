"""The ``tradewind`` command: assembles the sub-commands and turns errors into messages and exit codes."""

from __future__ import annotations

import errno
import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console

import tradewind
from tradewind.cli.alpha import alpha_app
from tradewind.cli.bench import bench_app
from tradewind.cli.data import data_app
from tradewind.cli.demo import demo
from tradewind.cli.doctor import doctor
from tradewind.cli.execute import execute_app
from tradewind.cli.market import market_app
from tradewind.cli.risk import risk_app
from tradewind.core.errors import StorageError, TradewindError, UsageError

__all__ = ["app", "run"]

app = typer.Typer(
    name="tradewind",
    help="A learning trading system: real market data, an exact order book, honest numbers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
"""The command line; rooms attach their commands below."""


def _version(value: bool) -> None:
    if value:
        typer.echo(f"tradewind {tradewind.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Shared options."""


app.command()(doctor)
app.command()(demo)
app.add_typer(data_app, name="data")
app.add_typer(bench_app, name="bench")
app.add_typer(market_app, name="market")
app.add_typer(execute_app, name="execute")
app.add_typer(alpha_app, name="alpha")
app.add_typer(risk_app, name="risk")


def _fail(error: TradewindError) -> int:
    """Report an error; with ``--json`` also as a document on stdout."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"[bold red]error:[/] {_plain(str(error))}")
    if "--json" in sys.argv:
        document = {"error": {"type": type(error).__name__, "message": str(error), "exit_code": error.exit_code}}
        sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
    return error.exit_code


def _usage(error: typer.TyperException) -> int:
    """Report a command called the wrong way, as typer prints it."""
    show = getattr(error, "show", None)
    if callable(show):
        show()
    else:
        sys.stderr.write(error.format_message() + "\n")
    return max(int(error.exit_code), UsageError.exit_code)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def run() -> None:
    """Entry point of the console script; exit codes are those of :mod:`tradewind.core.errors`."""
    try:
        result = app(standalone_mode=False)
        code = result if isinstance(result, int) else 0
    except TradewindError as error:
        code = _fail(error)
    except typer.Exit as stop:
        code = stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("interrupted\n")
        code = 130
    except typer.TyperException as error:
        code = _usage(error)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        code = _fail(StorageError(f"{error.filename or 'disk'}: {error.strerror}; nothing half-written was kept"))
    sys.exit(code)
