"""``tradewind demo``: the whole way once, on a file that the package makes itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.output import JsonFlag, emit, progress_bar

if TYPE_CHECKING:
    from tradewind.core.dtypes import Array
    from tradewind.data.catalog import Catalog

__all__ = ["SymbolSeen", "demo"]

FILE_NAME = "01022024.NASDAQ_ITCH50"


class SymbolSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What the replay of one symbol saw.

    Attributes:
        symbol: The symbol.
        rows: Market-data rows.
        orders: Orders that joined the book.
        executions: Executions of resting orders.
        shares: Shares they traded.
        hidden: Trades against hidden orders.
        spread_ticks: Mean spread after each row with both sides there [ticks].
        microprice: Microprice at the last row with both sides there [currency].
        live_at_end: Orders alive at the end.
        issues: Rows that did not fit the book.
        rows_per_second: Rows a second through the book, best quotes noted after each.
    """

    symbol: str
    rows: int
    orders: int
    executions: int
    shares: int
    hidden: int
    spread_ticks: float
    microprice: float
    live_at_end: int
    issues: int
    rows_per_second: float


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the file, the catalog and the report.")] = Path("out/demo"),
    messages: Annotated[int, typer.Option(min=1000, help="Messages of continuous trading to generate.")] = 300_000,
    seed: Annotated[int, typer.Option(help="Seed of the generated day.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Generate a NASDAQ ITCH day, import it, replay it through the book, and say what was seen."""
    from tradewind.data.catalog import Catalog
    from tradewind.data.importer import import_paths
    from tradewind.data.itch.synthetic import session

    out.mkdir(parents=True, exist_ok=True)
    source, folder = out / FILE_NAME, out / "catalog"
    with progress_bar() as bar:
        task = bar.add_task("generating a day of ITCH messages", total=3)
        source.write_bytes(session(seed=seed, messages=messages))
        bar.update(task, advance=1, description="importing it into a catalog")
        report = import_paths(folder, [source])
        bar.update(task, advance=1, description="replaying it through the book")
        catalog = Catalog(folder, purpose="demo")
        seen = [replay_symbol(catalog, symbol) for symbol in catalog.symbols()]
        bar.update(task, advance=1)
    result = {"file": str(source), "catalog": str(folder), "import": report.files, "symbols": seen}
    emit(result, as_json=as_json, show=lambda console: _show(console, source, folder, seen))


def replay_symbol(catalog: Catalog, symbol: str) -> SymbolSeen:
    """Follow one symbol's rows in an L3 book.

    Args:
        catalog: Where the rows are.
        symbol: What to replay.

    Returns:
        What was seen.
    """
    from tradewind.book.feeds import L3Book
    from tradewind.core.clock import SystemClock
    from tradewind.core.dtypes import EventFlag, EventKind

    rows = catalog.load(symbol)
    instrument = catalog.instrument(symbol)
    L3Book().best_quotes(rows[:1])
    book, clock = L3Book(), SystemClock()
    start = clock.monotonic_ns()
    bests = book.best_quotes(rows)
    seconds = (clock.monotonic_ns() - start) / 1e9
    kind = rows["kind"]
    executed = kind == EventKind.EXECUTE
    both = (bests["bid_lots"] > 0) & (bests["ask_lots"] > 0)
    spread = (bests["ask_ticks"] - bests["bid_ticks"])[both]
    return SymbolSeen(
        symbol=symbol,
        rows=len(rows),
        orders=int((kind == EventKind.ADD).sum()),
        executions=int(executed.sum()),
        shares=int(rows["size_lots"][executed].sum()),
        hidden=int(((rows["flags"] & EventFlag.HIDDEN) != 0).sum()),
        spread_ticks=float(spread.mean()) if len(spread) else float("nan"),
        microprice=_microprice(bests[both]) * float(instrument.tick_size),
        live_at_end=book.live_orders,
        issues=sum(book.issues.values()),
        rows_per_second=len(rows) / seconds,
    )


def _microprice(bests: Array) -> float:
    if not len(bests):
        return float("nan")
    last = bests[-1]
    bid, ask, bid_lots, ask_lots = (float(last[n]) for n in ("bid_ticks", "ask_ticks", "bid_lots", "ask_lots"))
    return (ask * bid_lots + bid * ask_lots) / (bid_lots + ask_lots)


def _show(console: Console, source: Path, folder: Path, seen: list[SymbolSeen]) -> None:
    """The table, and what to look at next."""
    table = Table(title="what the book saw", title_justify="left")
    headings = ("symbol", "rows", "orders", "executions", "shares", "hidden", "spread", "microprice", "left", "issues")
    for name in (*headings, "rows/s"):
        table.add_column(name, justify="left" if name == "symbol" else "right")
    for s in seen:
        counts = [f"{n:,}" for n in (s.rows, s.orders, s.executions, s.shares, s.hidden)]
        prices = [f"{s.spread_ticks:.2f} ticks", f"{s.microprice:,.4f}"]
        table.add_row(s.symbol, *counts, *prices, str(s.live_at_end), str(s.issues), f"{s.rows_per_second / 1e6:.1f} M")
    console.print(table)
    console.print(f"a generated day: {source} ({source.stat().st_size / 1e6:.1f} MB), imported into {folder}")
    console.print(f"next: tradewind data list --catalog {folder}")
    console.print(f"      tradewind data check --catalog {folder} --html {folder.parent / 'report.html'}")
    console.print("      tradewind data import YOUR_FILE --catalog catalog")
