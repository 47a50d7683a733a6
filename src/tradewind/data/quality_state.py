"""What the quality kernels remember: one record per file, one per instrument; both of fixed size."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from tradewind.core.dtypes import BAR, EVENT, Array
from tradewind.core.kernels import clz, inner, rare
from tradewind.data.quality_checks import Check

__all__ = [
    "BAR_STATE",
    "COARSE",
    "EXAMPLES",
    "FILE_STATE",
    "FINE",
    "INSTRUMENT_STATE",
    "WINDOW_LENGTH",
    "Int",
    "Record",
    "Records",
    "bucket_bounds",
    "bucket_of",
    "buckets",
    "count_in",
    "distance",
    "file_state",
    "flag_row",
    "flag_this",
    "instrument_state",
    "push",
    "sketch_add",
]

Record: TypeAlias = Any
"""A nested NumPy record as a kernel sees it: a bare pointer."""
Records: TypeAlias = Any
"""An array of records inside a kernel."""
Int: TypeAlias = Any
"""An int64 inside a kernel."""

EXAMPLES = 5
"""Offending rows remembered per check."""
WINDOW_LENGTH = 51
"""Values in a rolling median."""
LEAST = 25
"""Values before a rolling median says anything."""
RECENT = 32
"""Rows that a row is compared with to find duplicates."""
COARSE, FINE = 4, 10
"""Bits of a sketch: 2**bits buckets per power of two; delays may lie close together far from zero."""
DRIFT_BINS = 256
MARK_BINS = 256
FIRST_MARK_NS = 29_296_875
FAR = (1 << 63) - 1


def buckets(bits: int) -> int:
    """Buckets of a sketch of values from 0 to 2**63: exact up to 2**bits, then 2**bits per power of two."""
    return (64 - bits) << bits


FOUND = np.dtype(
    [
        ("count", "i8"),
        ("worst", "i8"),
        *((name, "i8", (EXAMPLES,)) for name in ("rows", "sequences", "times_ns", "symbols")),
    ]
)
WINDOW = np.dtype([("count", "i8"), ("ring", "f8", (WINDOW_LENGTH,)), ("ordered", "f8", (WINDOW_LENGTH,))])
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


@inner
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


@inner
def flag_this(file: Record, seen: Record, row: Record, check: Int, worst: Int) -> None:
    """Count the row at hand, which is number ``file.rows``."""
    flag_row(file, check, np.int64(worst), (file.rows, np.int64(row.sequence), np.int64(row.ts_event_ns), seen.symbol))


@inner
def bucket_of(value: Int, bits: Int) -> Int:
    """Bucket of a value, not negative."""
    if value < 1 << bits:
        return value
    exponent = np.int64(63) - clz(np.uint64(value))
    return ((exponent - bits + 1) << bits) + ((value >> (exponent - bits)) & ((1 << bits) - 1))


@inner
def count_in(sketch: Record, value: Int) -> None:
    """Count a value, not negative, in a sketch."""
    sketch[bucket_of(value, COARSE)] += 1


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


def bucket_bounds(bits: int = COARSE) -> Array:
    """Where the buckets of a sketch meet.

    Args:
        bits: There are ``2**bits`` buckets per power of two.

    Returns:
        Shape (buckets + 1,), float64: bucket k holds ``bounds[k] <= value < bounds[k + 1]``.

    Examples:
        >>> bucket_bounds()[[0, 15, 16, 17, 31, 32, 33]].tolist()
        [0.0, 15.0, 16.0, 17.0, 31.0, 32.0, 34.0]
    """
    sub = 1 << bits
    k = np.arange(sub, buckets(bits) + 1)
    return np.concatenate([np.arange(sub), (sub + k % sub) * np.exp2(k // sub - 1.0)])


@inner
def push(window: Record, value: Any) -> None:
    """A value enters a rolling window, the oldest leaves; ``ordered`` stays sorted."""
    size = min(window.count, np.int64(WINDOW_LENGTH))
    at = size
    if size == WINDOW_LENGTH:
        oldest = window.ring[window.count % WINDOW_LENGTH]
        at = 0
        while window.ordered[at] != oldest:
            at += 1
        while at + 1 < WINDOW_LENGTH and window.ordered[at + 1] < value:
            window.ordered[at] = window.ordered[at + 1]
            at += 1
    while at > 0 and window.ordered[at - 1] > value:
        window.ordered[at] = window.ordered[at - 1]
        at -= 1
    window.ordered[at] = value
    window.ring[window.count % WINDOW_LENGTH] = value
    window.count += 1


@inner
def distance(window: Record, value: Any, share: Any, least: Any) -> Any:
    """How many scales a value is from the window's median: |value - median| / scale; 0 while it is too short.

    A scale is the largest of 1.4826 MAD, ``share`` of the median, and ``least``. Medians are the upper ones.
    """
    size = min(window.count, np.int64(WINDOW_LENGTH))
    if size < LEAST:
        return 0.0
    middle = size // 2
    median = window.ordered[middle]
    low, high, mad = middle, middle + 1, 0.0
    for _ in range(middle + 1):
        if high >= size or (low >= 0 and median - window.ordered[low] <= window.ordered[high] - median):
            mad = median - window.ordered[low]
            low -= 1
        else:
            mad = window.ordered[high] - median
            high += 1
    return abs(value - median) / max(1.4826 * mad, share * abs(median), least)
