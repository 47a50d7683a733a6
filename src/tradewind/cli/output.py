"""What every command shares: one console, ``--json``, progress bars on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["JsonFlag", "console", "emit", "progress_bar"]

WIDTH = 160

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout instead of tables.")]
"""The ``--json`` option, the same on every command."""


def console() -> Console:
    """Console for tables: stdout; where that is not a terminal plain, and wide unless ``COLUMNS`` says otherwise."""
    terminal = sys.stdout.isatty()
    return Console(soft_wrap=not terminal, width=None if terminal or "COLUMNS" in os.environ else WIDTH)


def emit(result: Any, *, as_json: bool, show: Callable[[Console], None]) -> None:
    """Print a command's result.

    Args:
        result: Plain values, msgspec structs or dataclasses; what a machine reads.
        as_json: Print ``result`` as JSON and nothing else on stdout.
        show: Prints it for people, given the console.
    """
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")
    else:
        show(console())


def progress_bar() -> Progress:
    """A progress display on stderr that leaves no trace; silent where stderr is not a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
