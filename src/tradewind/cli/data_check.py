"""``tradewind data check``: quality of files, or of what a catalog holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from tradewind.cli.check_sources import Source, file_sources, holdings
from tradewind.cli.data_import import CatalogOption
from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.core.errors import PartialFailureError, TradewindError, UsageError
from tradewind.data.reader import ReadOptions
from tradewind.data.store.catalog import Catalog
from tradewind.report.console import rich_chip, rich_table
from tradewind.report.page import write_page
from tradewind.report.quality import Checked, findings_table, quality_page, summary_table, verdict_chip

__all__ = ["check_data"]

PROFILED = 6
"""Instruments of a source that are plotted."""


class Failure(msgspec.Struct, frozen=True):
    """A source that could not be read to its end.

    Attributes:
        error: What went wrong, and where.
        exit_code: Exit code of the error.
    """

    error: str
    exit_code: int


def check_data(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, folders or patterns to check; without any, what the catalog holds."),
    ] = None,
    *,
    catalog: CatalogOption,
    symbol: Annotated[str | None, typer.Option(help="Only this symbol.")] = None,
    dates: Annotated[
        str | None, typer.Option(help="Only these trading days of the catalog: 2013-10-07 or 2013-10-07..2013-10-09.")
    ] = None,
    format_name: Annotated[
        str | None, typer.Option("--format", help="Format of the files; told from their content when absent.")
    ] = None,
    calendar: Annotated[str | None, typer.Option(help="Trading calendar of the files, such as XNYS or 24/7.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with plots to this file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Check the quality of files or of a catalog: every row is looked at, every offence counted.

    For a catalog the reports made at import are shown, unless --symbol, --dates or --html ask for more: then its rows
    are read again. The exit code says whether the check could be made, not what it found: 7 when some files could not
    be read.
    """
    if paths and dates is not None:
        raise UsageError("--dates chooses days of a catalog; files are checked whole")
    if paths:
        sources = file_sources(paths, ReadOptions(symbol=symbol, calendar=calendar), format_name)
    else:
        if format_name is not None or calendar is not None:
            raise UsageError("--format and --calendar are for files; name the files to check")
        sources = holdings(Catalog(catalog, purpose="data check"), symbol, dates, stored=html is None)
    checked, failed = check_all(sources, PROFILED if html is not None else 0)
    if failed and not checked:
        raise failed[0]
    failures = [Failure(str(error), error.exit_code) for error in failed]
    if html is not None:
        name = symbol or (paths[0].name if paths and len(paths) == 1 else "files" if paths else str(catalog))
        write_page(quality_page(checked, f"Data check: {name}", "Made by tradewind data check."), html)
    result = {"reports": [item.report for item in checked], "failed": failures, "html": str(html) if html else None}
    emit(result, as_json=as_json, show=lambda console: show(console, checked, failures, html))
    if failures:
        raise typer.Exit(PartialFailureError.exit_code)


def check_all(sources: list[Source], profiled: int) -> tuple[list[Checked], list[TradewindError]]:
    """Check one source after the other; one that cannot be read does not stop the others.

    Args:
        sources: What to check.
        profiled: Of how many instruments of each to keep a profile for plots.

    Returns:
        What was found, and what went wrong.
    """
    checked: list[Checked] = []
    failed: list[TradewindError] = []
    with progress_bar() as progress:
        task = progress.add_task("checking", total=len(sources))
        for source in sources:

            def told(rows: int, name: str = source.name) -> None:
                progress.update(task, description=f"{name}: {rows:,} rows")

            try:
                checked.append(source.check(profiled, told))
            except TradewindError as error:
                failed.append(error)
            progress.advance(task)
    return checked, failed


def show(console: Console, checked: list[Checked], failures: list[Failure], html: Path | None) -> None:
    """Print the findings of each source, then one line for each.

    Args:
        console: Where to.
        checked: What was found.
        failures: What could not be read.
        html: The page that was written, if one was.
    """
    for item in checked:
        report = item.report
        heading = f"[bold]{escape(report.source)}[/]  {report.rows:,} {'bars' if report.bars else 'rows'}"
        console.print(rich_chip(verdict_chip(report.verdict)), heading, highlight=False)
        if report.findings:
            console.print(rich_table(findings_table(report, item.zone)))
        for note in report.notes:
            console.print(f"  {escape(note)}", style="dim", highlight=False)
        console.print()
    if len(checked) > 1:
        console.print(rich_table(summary_table([item.report for item in checked]), "All sources"))
    if not checked:
        console.print("nothing to check: the catalog is empty")
    for failure in failures:
        console.print(f"[red]failed:[/] {escape(failure.error)}", highlight=False)
    if html is not None:
        console.print(f"page with plots: {html}", highlight=False)
