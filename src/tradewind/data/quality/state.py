"""What the quality kernels remember: one record per file, one per instrument; both of fixed size."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import BAR, EVENT, Array
from tradewind.core.kernels import entry, rare
from tradewind.data.quality.checks import Check
from tradewind.data.quality.sketch import COARSE, FINE, WINDOW, Int, Record, bucket_of, buckets

__all__ = [
    "BAR_STATE",
    "EXAMPLES",
    "FILE_STATE",
    "INSTRUMENT_STATE",
    "file_state",
    "flag_once",
    "flag_row",
    "flag_this",
    "instrument_state",
    "sketch_add",
]

EXAMPLES = 5
"""Offending rows remembered per check."""
RECENT = 32
"""Rows that a row is compared with to find duplicates."""
DRIFT_BINS = 256
MARK_BINS = 256
FIRST_MARK_NS = 29_296_875
FAR = (1 << 63) - 1


FOUND = np.dtype(
    [
        ("count", "i8"),
        ("worst", "i8"),
        *((name, "i8", (EXAMPLES,)) for name in ("rows", "sequences", "times_ns", "symbols")),
    ]
)
MARKS = np.dtype([("start_ns", "i8"), ("width_ns", "i8"), ("counts", "i4", (len(Check), MARK_BINS))])
DRIFT = np.dtype([("start_ns", "i8"), ("width_ns", "i8"), ("lowest_ns", "i8", (DRIFT_BINS,))])

FILE_STATE = np.dtype(
    [
        ("found", FOUND, (len(Check),)),
        ("kinds", "i8", (256,)),
        ("flags", "i8", (16,)),
        ("rows", "i8"),
        ("clocked", "i8"),
        ("quotes", "i8"),
        ("trades", "i8"),
        ("order_rows", "i8"),
        ("steps", "i8"),
        ("steps_of_one", "i8"),
        ("missing", "i8"),
        ("bars_due", "i8"),
        ("first_ns", "i8"),
        ("last_ns", "i8"),
        ("latency_low_ns", "i8"),
        ("latency_high_ns", "i8"),
        ("latency", "i8", (2, buckets(FINE))),
        ("sizes", "i8", (buckets(COARSE),)),
        ("waits", "i8", (buckets(COARSE),)),
        ("drift", DRIFT),
        ("marks", MARKS),
    ],
    align=True,
)
"""Counters of a file. ``latency[0]`` holds latencies from zero up, ``latency[1]`` negative ones, mirrored; ``marks``
counts the offences of each check through time."""

INSTRUMENT_STATE = np.dtype(
    [
        ("symbol", "i8"),
        ("rows", "i8"),
        ("last_row", "i8"),
        ("last_event_ns", "i8"),
        ("last_sequence", "i8"),
        ("ts_event_ns", "i8"),
        ("ts_recv_ns", "i8"),
        ("sequence", "i8"),
        ("packet_open", "i8"),
        ("quote_open", "i8"),
        ("quote", "i8", (2, 2)),
        ("quote_before", "i8", (2, 2)),
        ("recent_rows", "i8"),
        ("latest_ns", "i8"),
        ("silence_ns", "i8"),
        ("open_ns", "i8"),
        ("session_rows", "i8"),
        ("recent", EVENT, (RECENT,)),
        ("trade_prices", WINDOW),
        ("trade_sizes", WINDOW),
        ("mids", WINDOW),
    ],
    align=True,
)
"""What is remembered of an instrument's ``EVENT`` rows; ``quote`` is [bid, ask] x [price, size]."""

BAR_STATE = np.dtype(
    [("symbol", "i8"), ("rows", "i8"), ("latest_ns", "i8"), ("before", BAR), ("returns", WINDOW), ("ranges", WINDOW)],
    align=True,
)
"""What is remembered of an instrument's ``BAR`` rows."""


def file_state() -> Array:
    """Fresh counters of a file, shape (1,), dtype :data:`FILE_STATE`."""
    state = np.zeros(1, dtype=FILE_STATE)
    state["first_ns"] = state["latency_low_ns"] = FAR
    state["last_ns"] = state["latency_high_ns"] = -FAR
    state["drift"]["lowest_ns"] = FAR
    return state


def instrument_state(symbol: int, *, bars: bool) -> Array:
    """Fresh memory of an instrument, shape (1,).

    Args:
        symbol: Its number in the file, from 0.
        bars: For ``BAR`` rows (:data:`BAR_STATE`), else ``EVENT`` rows (:data:`INSTRUMENT_STATE`).
    """
    state = np.zeros(1, dtype=BAR_STATE if bars else INSTRUMENT_STATE)
    state["symbol"] = symbol
    state["latest_ns"] = -FAR
    if not bars:
        for name in ("ts_event_ns", "ts_recv_ns", "sequence"):
            state[name] = -FAR
    return state


@rare
def flag_row(file: Record, check: Int, worst: Int, place: tuple[Int, Int, Int, Int]) -> None:
    """Count an offence; ``place`` is row number, sequence, time and symbol."""
    found = file.found[check]
    if found.count < EXAMPLES:
        found.rows[found.count] = place[0]
        found.sequences[found.count] = place[1]
        found.times_ns[found.count] = place[2]
        found.symbols[found.count] = place[3]
    found.count += 1
    found.worst = max(found.worst, worst)
    if place[2] > 0:
        mark(file, check, place[2])


@entry
def flag_once(files: Array, check: int, place: tuple[int, int, int, int]) -> None:
    """:func:`flag_row` as Python calls it, on shape (1,) of ``FILE_STATE``: a part of a kernel cannot be."""
    row, sequence, at_ns, symbol = place
    flag_row(files[0], check, np.int64(0), (np.int64(row), np.int64(sequence), np.int64(at_ns), np.int64(symbol)))


@rare
def mark(file: Record, check: Int, at_ns: Int) -> None:
    """Count an offence in its time bin; bins double in width when time runs out of them."""
    marks = file.marks
    if marks.width_ns == 0:
        marks.start_ns = min(file.first_ns, at_ns)
        marks.width_ns = FIRST_MARK_NS
    while at_ns - marks.start_ns >= MARK_BINS * marks.width_ns:
        for other in range(len(marks.counts)):
            for place in range(MARK_BINS):
                left = 2 * place
                both = marks.counts[other, left] + marks.counts[other, left + 1] if left < MARK_BINS else 0
                marks.counts[other, place] = both
        marks.width_ns *= 2
    marks.counts[check, max(np.int64(0), (at_ns - marks.start_ns) // marks.width_ns)] += 1


@rare
def flag_this(file: Record, seen: Record, row: Record, check: Int, worst: Int) -> None:
    """Count the row at hand, which is number ``file.rows``."""
    flag_row(file, check, np.int64(worst), (file.rows, np.int64(row.sequence), np.int64(row.ts_event_ns), seen.symbol))


@rare
def sketch_add(file: Record, at_ns: Int, latency_ns: Int) -> None:
    """Count a latency, and keep the smallest of each time bin; bins double in width when time runs out of them."""
    file.clocked += 1
    file.latency_low_ns = min(file.latency_low_ns, latency_ns)
    file.latency_high_ns = max(file.latency_high_ns, latency_ns)
    sign = 0 if latency_ns >= 0 else 1
    file.latency[sign, bucket_of(abs(latency_ns), FINE)] += 1
    drift = file.drift
    if drift.width_ns == 0:
        drift.start_ns = at_ns
        drift.width_ns = 1_000_000_000
    while at_ns - drift.start_ns >= DRIFT_BINS * drift.width_ns:
        for pair in range(DRIFT_BINS // 2):
            drift.lowest_ns[pair] = min(drift.lowest_ns[2 * pair], drift.lowest_ns[2 * pair + 1])
        for upper in range(DRIFT_BINS // 2, DRIFT_BINS):
            drift.lowest_ns[upper] = FAR
        drift.width_ns *= 2
    place = max(np.int64(0), (at_ns - drift.start_ns) // drift.width_ns)
    drift.lowest_ns[place] = min(drift.lowest_ns[place], latency_ns)
