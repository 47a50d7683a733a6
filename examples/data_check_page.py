"""A day of made-up quotes and trades with faults in it, and the page that finds them.

Run ``python examples/data_check_page.py data-check.html`` and open the file; the picture in the guide is taken of it.
"""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.random import stream
from tradewind.core.types import Batch, Instrument
from tradewind.data.calendars import MINUTE_NS, session_bounds
from tradewind.data.quality.scan import QualityScan
from tradewind.report.page import write_page
from tradewind.report.quality import Checked, quality_page

DEMO = Instrument(symbol="DEMO", tick_size=Decimal("0.01"), lot_size=Decimal(1), calendar="XNYS", venue="XNYS")
PACKETS = 90_000
SECOND_NS = 1_000_000_000


def clean_day(seed: int = 7) -> Array:
    """Quotes (two rows each) and trades of a day, busier at the open and at the close, with two clocks."""
    chance = stream(seed, "examples/data check")
    open_ns, close_ns, _ = session_bounds(DEMO.calendar, date(2013, 10, 7))
    early, late = open_ns - 40 * MINUTE_NS, close_ns + 25 * MINUTE_NS
    inside = open_ns + (close_ns - open_ns) * chance.beta(0.62, 0.68, PACKETS)
    outside = chance.uniform(early, late, PACKETS // 90)
    at = np.sort(np.concatenate([inside, outside])).astype(np.int64)
    halted = (at > open_ns + 203 * MINUTE_NS) & (at < open_ns + 212 * MINUTE_NS)
    at = at[~halted]
    count = len(at)
    quiet = (at < open_ns) | (at > close_ns)
    mid = 5_000 + np.cumsum(chance.normal(0, 0.16, count)) + 22 * np.sin(np.arange(count) / 21_000)
    spread = 1 + chance.geometric(0.62, count) + np.where(quiet, chance.integers(4, 30, count), 0)
    bid = np.floor(mid - spread / 2).astype(np.int64)
    trade = chance.random(count) < np.where(quiet, 0.02, 0.09)

    rows = np.zeros(2 * count, dtype=EVENT)
    rows["ts_event_ns"] = np.repeat(at, 2)
    load = np.where(quiet, 0.0, 0.9 * (np.cos(2 * np.pi * (at - open_ns) / (close_ns - open_ns)) + 1))
    delay_ns = chance.lognormal(12.2 + 0.5 * load, 0.25 + 0.12 * load, count) + (at - at[0]) / 2.1e7
    rows["ts_recv_ns"] = np.repeat(at + delay_ns.astype(np.int64), 2)
    rows["kind"], rows["side"] = EventKind.QUOTE, np.tile([1, -1], count)
    rows["price_ticks"][0::2], rows["price_ticks"][1::2] = bid, bid + spread
    rows["size_lots"] = 100 * chance.geometric(0.2, 2 * count)
    rows["flags"][1::2] = EventFlag.LAST
    prints = np.flatnonzero(trade)
    side = chance.choice([-1, 1], len(prints))
    first, second = rows[2 * prints], rows[2 * prints + 1]
    first["kind"], first["side"], first["flags"] = EventKind.TRADE, side, EventFlag.LAST
    first["price_ticks"] = np.where(side > 0, second["price_ticks"], first["price_ticks"])
    first["size_lots"] = np.maximum(1, chance.lognormal(4.6, 1.1, len(prints))).astype(np.int64)
    off_tick = chance.random(len(prints)) < 0.11
    first["flags"] |= np.where(off_tick, EventFlag.OFF_TICK, 0).astype(np.uint16)
    keep = np.ones(2 * count, dtype=bool)
    rows[2 * prints] = first
    keep[2 * prints + 1] = False
    return rows[keep]


def spoiled(rows: Array, seed: int = 7) -> Array:
    """The same day with faults: crossed and locked quotes, bad prints, a clock that jumps, rows sent twice."""
    chance = stream(seed, "examples/faults")
    rows = rows.copy()
    asks = np.flatnonzero((rows["kind"] == EventKind.QUOTE) & (rows["side"] < 0))
    locked, crossed = chance.choice(asks, 2600, replace=False), chance.choice(asks[asks > 60_000], 31, replace=False)
    rows["price_ticks"][locked] = rows["price_ticks"][locked - 1]
    rows["price_ticks"][crossed] = rows["price_ticks"][crossed - 1] - chance.integers(1, 5, len(crossed))
    trades = np.flatnonzero(rows["kind"] == EventKind.TRADE)
    bad = chance.choice(trades[500:], 9, replace=False)
    rows["price_ticks"][bad] += chance.choice([-700, 560, 1200], len(bad))
    late = chance.choice(trades[1000:], 38, replace=False)
    rows["ts_event_ns"][late] -= chance.integers(1, 40, len(late)) * SECOND_NS // 100
    rows["ts_recv_ns"][late] -= 1_000_000
    again = np.sort(chance.choice(trades, 160, replace=False))
    rows = np.insert(rows, again + 1, rows[again])
    rows["sequence"] = np.cumsum(np.where(chance.random(len(rows)) < 0.0002, 3, 1))
    return rows


def page(path: Path) -> None:
    """Check the spoiled day and write the page."""
    scan = QualityScan("demo-2013-10-07.parquet", profiled=1)
    scan.add(Batch(DEMO, spoiled(clean_day())))
    report = scan.report()
    write_page(quality_page([Checked.of(report, scan)], "Data check: DEMO", "Made-up data."), path)


if __name__ == "__main__":
    page(Path(sys.argv[1] if len(sys.argv) > 1 else "data-check.html"))
