"""``tradewind data import`` and ``tradewind data formats``."""

from __future__ import annotations

import os
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tradewind.cli.output import JsonFlag, emit
from tradewind.core.clock import SystemClock
from tradewind.core.errors import DataError, InvalidValueError, PartialFailureError
from tradewind.data.importer import ImportReport, expand_paths, import_paths
from tradewind.data.ingest import FileOutcome, ImportOptions
from tradewind.data.moments import parse_day
from tradewind.data.reader import ReadOptions
from tradewind.data.registry import READERS

__all__ = ["CatalogOption", "formats", "import_data", "shown_bytes"]

CatalogOption = Annotated[Path, typer.Option("--catalog", help="Folder of the catalog.", metavar="DIR")]
"""The ``--catalog`` option, the same on every command."""
MEGABYTE = 1_000_000


def import_data(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders, or patterns such as 'data/*.csv.gz'.")],
    *,
    catalog: CatalogOption = Path("catalog"),
    format_name: Annotated[
        str | None, typer.Option("--format", help="Format of the files; told from their content when absent.")
    ] = None,
    symbol: Annotated[
        str | None, typer.Option(help="Symbol to read from files of several, or to give to files that name none.")
    ] = None,
    tick: Annotated[str | None, typer.Option(help="Price step, in currency, such as 0.01.")] = None,
    lot: Annotated[str | None, typer.Option(help="Size step, in shares, contracts or coins.")] = None,
    day: Annotated[str | None, typer.Option(help="Date of files whose clock starts at midnight: 2012-06-21.")] = None,
    venue: Annotated[str | None, typer.Option(help="Where it was traded.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of the prices.")] = None,
    calendar: Annotated[str | None, typer.Option(help="Trading calendar, such as XNYS or 24/7.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Import again what is there already, in its place.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Import files into a catalog, each whole or not at all.

    What is there already is skipped. A file that fails does not keep the others out: exit code 7 when some failed;
    when all failed, the code of their error (4 when they differ).
    """
    options = ImportOptions(
        read=ReadOptions(
            symbol=symbol,
            tick_size=_step("--tick", tick),
            lot_size=_step("--lot", lot),
            day=None if day is None else parse_day(day),
            venue=venue,
            currency=currency,
            calendar=calendar,
        ),
        format=format_name,
        force=force,
    )
    files = expand_paths(paths)
    clock = SystemClock()
    started_ns = clock.monotonic_ns()
    with _Display(files) as display:
        report = import_paths(catalog, files, options, clock=clock, progress=display.update)
    seconds = (clock.monotonic_ns() - started_ns) / 1e9
    code = exit_code_of(report)
    result = {"catalog": str(catalog), "seconds": seconds, "exit_code": code, "failed": len(report.failed)}
    result |= {"recovered": report.recovered, "files": report.files}
    emit(result, as_json=as_json, show=lambda console: _show(console, report, catalog))
    if code:
        raise typer.Exit(code)


def _step(name: str, text: str | None) -> Decimal | None:
    try:
        step = None if text is None else Decimal(text)
    except InvalidOperation:
        step = Decimal(0)
    if step is not None and not (step.is_finite() and step > 0):
        raise InvalidValueError(name, "a positive number", text)
    return step


def exit_code_of(report: ImportReport) -> int:
    """Exit code for a batch: 0, or what its failures amount to."""
    codes = {item.exit_code for item in report.failed}
    if not codes:
        return 0
    if len(report.failed) < sum(item.status != "companion" for item in report.files):
        return PartialFailureError.exit_code
    return codes.pop() if len(codes) == 1 else DataError.exit_code


class _Display:
    """Progress on stderr: bytes of the files read so far, rows, and rows a second."""

    def __init__(self, files: list[Path]) -> None:
        self._sizes = {str(path.absolute()): path.stat().st_size for path in files if path.is_file()}
        self._done = 0
        self._rows_before = 0
        self._current, self._rows = "", 0
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[rows]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        stderr = Console(stderr=True)
        self._bar = Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal)
        self._task = self._bar.add_task("importing", total=sum(self._sizes.values()), rows="")

    def __enter__(self) -> _Display:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def update(self, path: Path, rows: int) -> None:
        """A file has given so many rows."""
        if self._bar.disable:
            return
        name = str(path.absolute())
        if name != self._current:
            self._done += self._sizes.get(self._current, 0)
            self._rows_before += self._rows
            self._current = name
        self._rows = rows
        total = self._rows_before + rows
        elapsed = self._bar.tasks[0].elapsed or 1.0
        text = f"{total:,} rows, {total / elapsed:,.0f}/s"
        done = self._done + position_in(name)
        self._bar.update(self._task, description=path.name, completed=done, rows=text)


def position_in(name: str) -> int:
    """How far this process has read a file that it holds open, where the system tells (Linux), else 0."""
    furthest = 0
    with suppress(OSError):
        for number in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names of open files, not paths
            with suppress(OSError, ValueError):
                if os.readlink(f"/proc/self/fd/{number}") == name:  # noqa: PTH115
                    told = Path(f"/proc/self/fdinfo/{number}").read_text(encoding="ascii")
                    furthest = max(furthest, int(told.split()[1]))
    return furthest


def shown_bytes(size: int) -> str:
    """A size for people, such as ``2.5 MB``."""
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE / 10 else f"{size / 1000:.1f} kB"


def _show(console: Console, report: ImportReport, catalog: Path) -> None:
    table = Table(box=None, pad_edge=False, title=f"import into {catalog}", title_justify="left")
    for name in ("", "file", "format", "symbols", "days", "quality"):
        table.add_column(name, overflow="fold")
    for name in ("rows", "MB/s", "stored"):
        table.add_column(name, justify="right")
    marks = {"imported": "[green]✓[/]", "already imported": "[green]=[/]", "companion": "·", "failed": "[red]✗[/]"}
    for item in report.files:
        speed = f"{item.size_bytes / MEGABYTE / item.seconds:.1f}" if item.seconds else ""
        stored = shown_bytes(item.stored_bytes) if item.stored_bytes else ""
        rows = f"{item.rows:,}" if item.rows else item.status
        days = _range([str(day) for day in item.days])
        cells = (Path(item.path).name, item.format, _several(item.symbols), days, item.quality)
        table.add_row(marks[item.status], *(cell.replace("[", r"\[") for cell in cells), rows, speed, stored)
    console.print(table)
    for item in report.files:
        _remark(console, item)
    if report.recovered:
        console.print(f"removed what an earlier crash had left: {', '.join(report.recovered)}", highlight=False)


def _remark(console: Console, item: FileOutcome) -> None:
    """Warnings and the error of one file, below the table."""
    name = Path(item.path).name
    told = [f"{item.quality}: {item.quality_reason}"] if item.quality not in ("", "clean") else []
    for text in [*told, *item.warnings] if item.status == "imported" else ():
        console.print(f"  {name}: {text}", markup=False, highlight=False)
    if item.error:
        console.print(f"  error: {item.error}", style="red", markup=False, highlight=False)


def _several(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]}, {names[1]} and {len(names) - 2} more"


def _range(days: list[str]) -> str:
    if len(days) < 2:
        return "".join(days)
    return f"{days[0]}..{days[-1]} ({len(days)})"


def formats(as_json: JsonFlag = False) -> None:
    """List the formats that can be read; each is told from a file's content."""
    known = [{"name": reader.name, "description": reader.description} for reader in READERS]

    def show(console: Console) -> None:
        table = Table(box=None, pad_edge=False)
        table.add_column("format")
        table.add_column("what it is", overflow="fold")
        for item in known:
            table.add_row(item["name"], item["description"].replace("[", r"\["))
        console.print(table)

    emit(known, as_json=as_json, show=show)
