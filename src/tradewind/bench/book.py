"""``tradewind bench book``: the matching engine beside its naive twin and public engines, on the same flow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np

from tradewind.bench.feeds import feed_book_rows
from tradewind.bench.naive_book import NaiveBook
from tradewind.bench.public_engines import hftbacktest_rate, l3_feed, lightmatchingengine_rate
from tradewind.bench.result import Report, Row, machine, noted, row, time_calls
from tradewind.bench.streams import mixed_stream
from tradewind.book.engine import MatchingEngine
from tradewind.book.layout import ORDER, book_dtype
from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import MESSAGE, Array
from tradewind.core.errors import MissingExtraError
from tradewind.core.types import Side

__all__ = ["Progress", "bench_book"]

Progress = Callable[[str], None]
"""Told what is measured next."""

MESSAGES = 2_000_000
NAIVE_MESSAGES = 200_000
FEED_MESSAGES = 500_000
PUBLIC_MESSAGES = 20_000
CALLS = 20_000
SMALL = (128, 512)
"""Window and pool of a small book, of which a simulator holds many."""
STARTS = 3


def bench_book(scale: float = 1.0, progress: Progress = lambda _: None) -> Report:
    """Measure the matching engine, one core.

    Args:
        scale: Fraction of the full number of messages; figures below 1 are for a quick look.
        progress: Told what is measured next.

    Returns:
        The report; rows whose public engine is not installed have no reference.
    """
    size = max(int(MESSAGES * scale), 20_000)
    progress("stream of 3,000 live orders")
    plain = mixed_stream(size, 3_000)
    rows = [*_replay_rows(plain, progress), *_depth_rows(size, progress)]
    progress("calls from Python")
    rows += _call_rows()
    progress("start of a new process")
    rows += [_warm_start(), *_memory_rows()]
    return Report("book", machine(), 1, rows)


def engine_rate(messages: Array, repeats: int = 5) -> float:
    """Messages a second through a fresh engine, median of a few runs after one that is not counted.

    Args:
        messages: Shape (n,), dtype ``MESSAGE``.
        repeats: Counted runs.
    """
    fresh: list[MatchingEngine] = []
    return len(messages) / time_calls(
        lambda: fresh[-1].run(messages), repeats, lambda: fresh.__setitem__(slice(None), [MatchingEngine()])
    )


def _replay_rows(messages: Array, progress: Progress) -> list[Row]:
    progress("replay, 3,000 live orders")
    ours = engine_rate(messages)
    progress("public engines on the same flow")
    head = messages[: min(FEED_MESSAGES, len(messages))]
    outcome = MatchingEngine().run(head)
    feed = l3_feed(head, outcome.reasons, outcome.fills)
    exchange = _or_none(lambda: hftbacktest_rate(feed, exchange=True))
    local = _or_none(lambda: hftbacktest_rate(feed, exchange=False))
    matcher = _or_none(lambda: lightmatchingengine_rate(messages[:PUBLIC_MESSAGES]))
    progress("feed books on the same flow")
    feeds = feed_book_rows(feed, exchange)
    progress("naive twin")
    sample = messages[:NAIVE_MESSAGES].tolist()
    clock = SystemClock()
    start = clock.monotonic_ns()
    NaiveBook().run(sample)
    naive = len(sample) / (clock.monotonic_ns() - start) * 1e9
    unit = "messages/s"
    return [
        noted(
            row("replay_3k", ours, unit, ("hftbacktest L3 feed, FIFO queues", exchange), "ratio >= 8"),
            "49 % add, 42 % cancel, 3 % reduce, 1.5 % replace, 4 % market; hashed ids; all order types compiled in",
        ),
        row("replay_3k_all_types", ours, unit, ("", None), "value >= 40e6"),
        row("naive_twin", ours, unit, ("naive twin, plain Python", naive), "ratio >= 10"),
        noted(
            row("public_engine", ours, unit, ("lightmatchingengine", matcher)),
            "matches, in plain Python; adds, markets and cancels only",
        ),
        noted(
            row("public_depth_only", ours, unit, ("hftbacktest local side", local)),
            "aggregate depth without queues or matching: less work than ours",
        ),
        *feeds,
    ]


def _depth_rows(size: int, progress: Progress) -> list[Row]:
    """Cost of a message as the number of live orders grows, once the book is full."""
    rates = {}
    for live in (1_000, 10_000, 150_000, 1_000_000):
        progress(f"replay, {live:,} live orders")
        stream = mixed_stream(size + 3 * live, live)
        rates[live] = _steady_rate(stream, len(stream) - size)
    first = rates[1_000]
    rows = [
        noted(row("replay_150k", rates[150_000], "messages/s", ("replay_1k", first)), "orders no longer fit the cache")
    ]
    for live, rate in rates.items():
        rows.append(row(f"cost_{live // 1000}k_live", 1e9 / rate, "ns", ("cost_1k_live", 1e9 / first)))
    return rows


def _steady_rate(stream: Array, warm: int, repeats: int = 3) -> float:
    """Messages a second over the part after ``warm`` messages, which only fill the book."""
    clock = SystemClock()
    spent = []
    for _ in range(repeats):
        engine = MatchingEngine()
        engine.run(stream[:warm])
        start = clock.monotonic_ns()
        engine.run(stream[warm:])
        spent.append(clock.monotonic_ns() - start)
    return (len(stream) - warm) / sorted(spent)[repeats // 2] * 1e9


def _call_rows() -> list[Row]:
    """One order per Python call: what the crossing costs, and the same through the twin."""

    def ours() -> None:
        engine = MatchingEngine()
        for key in range(1, CALLS, 2):
            engine.limit(key, Side.BUY, 100, 5)
            engine.cancel(key)

    def twin() -> None:
        book = NaiveBook()
        for key in range(1, CALLS, 2):
            book.apply((0, key, 100, 5, 0, 0, 0, 1, 1, 0, 0))
            book.apply((0, key, 0, 0, 0, 0, 0, 3, 0, 0, 0))

    one = MatchingEngine()
    nothing = np.zeros(0, MESSAGE)
    bare = time_calls(lambda: [one.run(nothing) for _ in range(1000)], 3) / 1000 * 1e9
    per_call = time_calls(ours, 3) / CALLS * 1e9
    return [
        row("call_overhead", per_call, "ns", ("naive twin, one call an order", time_calls(twin, 3) / CALLS * 1e9)),
        row("empty_batch", bare, "ns"),
    ]


WARM = """
from tradewind.book.engine import MatchingEngine
from tradewind.core.types import Side
MatchingEngine().limit(1, Side.BUY, 100, 5)
"""


def _warm_start() -> Row:
    """A new process with a warm cache: import, load the kernel, first order."""

    def run(program: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603

    ours = time_calls(run(WARM), STARTS)
    return row(
        "warm_start_seconds", ours, "s", ("import numba alone", time_calls(run("import numba"), STARTS)), "value <= 1"
    )


def _memory_rows() -> list[Row]:
    levels, orders = SMALL
    return [
        noted(row("bytes_per_order", ORDER.itemsize + 16, "bytes"), "64 for the order, 8 to 32 for its hashed id"),
        noted(
            row("bytes_per_book", book_dtype(levels, orders, stops=False).itemsize, "bytes"),
            f"window of {levels} ticks a side, {orders} orders",
        ),
    ]


def _or_none(measure: Callable[[], float]) -> float | None:
    try:
        return measure()
    except MissingExtraError:
        return None
