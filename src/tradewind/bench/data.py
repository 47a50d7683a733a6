"""``tradewind bench data``: the readers beside independent parsers of the same bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl

from tradewind.bench.book import Progress
from tradewind.bench.files import itch_day, order_rows, write_dbn, write_lobster
from tradewind.bench.result import Report, Row, machine, noted, row, time_calls
from tradewind.book.feeds import L3Book
from tradewind.core.clock import SystemClock
from tradewind.core.errors import MissingExtraError
from tradewind.data.itch.projection import parse_events, split_by_instrument
from tradewind.data.reader import ReadOptions
from tradewind.data.registry import open_feed

__all__ = ["bench_data"]

MESSAGES = 1_000_000
ITCHFEED_MESSAGES = 100_000
MEGABYTE = 1e6


def bench_data(scale: float = 1.0, progress: Progress = lambda _: None) -> Report:
    """Measure the readers, one core.

    Args:
        scale: Fraction of the full number of messages; figures below 1 are for a quick look.
        progress: Told what is measured next.

    Returns:
        The report; rows whose reference is not installed have none.
    """
    progress("a synthetic day")
    size = max(int(MESSAGES * scale), 10_000)
    day = itch_day(size)
    short = itch_day(min(size, ITCHFEED_MESSAGES))
    with tempfile.TemporaryDirectory() as folder:
        rows = [*_itch_rows(day, short, Path(folder), progress), *_file_rows(day, Path(folder), progress)]
    return Report("data", machine(), 1, rows)


def _itch_rows(day: bytes, short: bytes, folder: Path, progress: Progress) -> list[Row]:
    progress("itchfeed")
    theirs = _itchfeed_rate(short, folder)
    progress("ITCH to rows")
    count = len(day) / len(short) * _messages(short)
    parse = time_calls(lambda: parse_events(day), 5)
    progress("ITCH to rows to books")
    build = time_calls(lambda: _build(day), 3)
    note = f"{len(day) / MEGABYTE:.0f} MB, {len(day) / parse / MEGABYTE:.0f} MB/s"
    return [
        noted(row("itch_parse", count / parse, "messages/s", ("itchfeed parse", theirs), "ratio >= 20"), note),
        noted(
            row("itch_book", count / build, "messages/s", ("itchfeed parse alone", theirs), "ratio >= 20"),
            "parse, then one L3 book for each instrument",
        ),
    ]


def _build(day: bytes) -> list[L3Book]:
    """Parse a day and follow every instrument's orders in a book of its own."""
    books = []
    for _, rows in split_by_instrument(parse_events(day)):
        books.append(L3Book())
        books[-1].apply(rows)
    return books


def _messages(day: bytes) -> int:
    """Number of length-prefixed messages."""
    count, at = 0, 0
    while at < len(day):
        at += 2 + int.from_bytes(day[at : at + 2], "big")
        count += 1
    return count


def _itchfeed_rate(day: bytes, folder: Path) -> float | None:
    """Messages a second of the independent parser ``itchfeed``."""
    try:
        from itch.parser import MessageParser
    except ImportError:
        return None
    path = folder / "day.itch"
    path.write_bytes(day)
    clock = SystemClock()
    rates = []
    for _ in range(3):
        start = clock.monotonic_ns()
        with path.open("rb") as file:
            count = sum(1 for _ in MessageParser().parse_file(file))
        rates.append(count / (clock.monotonic_ns() - start) * 1e9)
    return max(rates)


def _file_rows(day: bytes, folder: Path, progress: Progress) -> list[Row]:
    rows = order_rows(day)
    progress("LOBSTER")
    lobster = write_lobster(rows, folder)
    found = [_rate_row("lobster_import", lobster, ("polars.read_csv", lambda: pl.read_csv(lobster, has_header=False)))]
    progress("DBN")
    try:
        dbn = write_dbn(rows, folder)
    except MissingExtraError:
        return found
    return [*found, _rate_row("dbn_import", dbn, ("databento_dbn decode", lambda: _decode(dbn)))]


def _rate_row(name: str, path: Path, reference: tuple[str, Callable[[], object]]) -> Row:
    """MB/s of reading a file to rows, beside a plain read of the same file."""
    size = path.stat().st_size / MEGABYTE
    label, plain = reference
    ours = size / time_calls(lambda: _read(path), 5)
    return noted(row(name, ours, "MB/s", (label, size / time_calls(plain, 5))), f"{size:.1f} MB")


def _read(path: Path) -> int:
    return sum(len(batch.rows) for batch in open_feed(path, ReadOptions(symbol="TEST")))


def _decode(path: Path) -> int:
    from databento_dbn import DBNDecoder

    decoder = DBNDecoder()
    decoder.write(path.read_bytes())
    return len(decoder.decode())
