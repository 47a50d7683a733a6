"""``tradewind alpha filings``: reports as they became known, and fundamentals as of a date."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.output import JsonFlag, emit

__all__ = ["filings_app"]

filings_app = typer.Typer(help="Filings and fundamentals, point in time.", no_args_is_help=True)
"""The sub-commands of ``tradewind alpha filings``."""

Data = Annotated[
    Path, typer.Option(help="Table of reports (.parquet, .csv), or a folder with us_daily/filings_*.parquet.")
]


@filings_app.command("asof")
def asof(
    symbol: Annotated[list[str], typer.Argument(help="Symbols.")],
    *,
    data: Data,
    date: Annotated[str, typer.Option(help="Day, as 2016-03-31; known is what was known at 20:00 UTC.")],
    price: Annotated[float, typer.Option(help="Last price, for value and surprise; they are left out without.")] = 0.0,
    as_json: JsonFlag = False,
) -> None:
    """Show fundamentals as they were known on a date."""
    from tradewind.alpha.filings.columns import FILING_COLUMNS, filing_features
    from tradewind.alpha.filings.keys import keys_of

    frame = filing_features(data, keys_of(symbol, date, price))
    rows = frame.fill_nan(None).to_dicts()
    emit(rows, as_json=as_json, show=lambda console: _show(console, rows, FILING_COLUMNS))


@filings_app.command("read")
def read(
    source: Annotated[str, typer.Argument(help="Companyfacts JSON of the SEC: a file or an address.")],
    *,
    symbol: Annotated[str, typer.Option(help="Ticker; the document has none.")],
    submissions: Annotated[
        str | None, typer.Option(help="Submissions JSON with acceptance times: a file or an address.")
    ] = None,
    agent: Annotated[str, typer.Option(help="What to call yourself; the SEC wants a way to reach you.")] = "tradewind",
    out: Annotated[Path | None, typer.Option(help="Parquet file of values with both times.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Read a company's filings and tell when each was known."""
    from tradewind.alpha.filings.companyfacts import read_acceptance, read_companyfacts
    from tradewind.alpha.filings.values import values_of
    from tradewind.alpha.text.fetch import FetchSettings, read_source
    from tradewind.core.clock import SystemClock

    clock, settings = SystemClock(), FetchSettings(agent=agent)
    accepted = read_acceptance(read_source(submissions, clock, settings), submissions) if submissions else None
    found = read_companyfacts(read_source(source, clock, settings), symbol, source, accepted)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        values_of(found.reports).write_parquet(out)
    result = {"source": source, "reports": found.reports, "problems": found.problems}
    emit(result, as_json=as_json, show=lambda console: _show_reports(console, result))


def _show(console: Console, rows: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    table = Table(title="fundamentals as they were known", title_justify="left")
    table.add_column("")
    for row in rows:
        table.add_column(f"{row['symbol']} {row['date']}", justify="right")
    for name in names:
        table.add_row(name.removeprefix("filing_"), *(_figure(row[name]) for row in rows))
    console.print(table)


def _show_reports(console: Console, result: dict[str, Any]) -> None:
    import numpy as np

    table = Table(title=f"{len(result['reports'])} reports of {result['source']}", title_justify="left")
    for name in ("known (UTC)", "period end", "focus", "year", "amended", "items"):
        table.add_column(name)
    for report in result["reports"]:
        known, end = np.datetime64(report.known_ns, "ns"), np.datetime64(report.period_end, "D")
        marks = (report.focus, str(report.year), "yes" if report.amended else "")
        table.add_row(str(known)[:19], str(end), *marks, str(len(report.values)))
    console.print(table)
    for problem in result["problems"]:
        console.print(f"left out: {problem}")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
