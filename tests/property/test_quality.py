"""Counts of the quality scan are exactly those of the naive twin, whatever the rows and however they are cut."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import quality_twin as twin

from tradewind.core.dtypes import BAR, EVENT, EventFlag, EventKind
from tradewind.core.random import stream
from tradewind.core.types import Batch, Instrument
from tradewind.data.calendars import DAY_NS, session_edges
from tradewind.data.quality import QualityScan
from tradewind.data.quality_checks import Check
from tradewind.data.quality_sessions import SILENCE_NS

SESSION_CHECKS = {"outside_session", "closed_days", "half_days", "silences", "missing_bars"}
MINUTE_NS = 60 * 10**9
START_NS = 1_381_152_600 * 10**9  # 2013-10-07 13:30 UTC, a Monday: New York opens


def scanned(rows, cuts=(), calendar="24/7", interval_ns=0):
    """Scan rows cut into batches."""
    instrument = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1), calendar=calendar)
    scan = QualityScan("rows")
    for piece in np.split(rows, sorted(cuts)):
        scan.add(Batch(instrument, piece, interval_ns))
    return scan


def found_by(scan, state=None):
    """Counts, first rows and worst of every check that found something, sessions left out."""
    found = (scan.state if state is None else state)[0]["found"]
    named = {check.name.lower(): found[check] for check in Check if found[check]["count"]}
    return {
        name: (int(f["count"]), f["rows"][: min(5, int(f["count"]))].tolist(), int(f["worst"]))
        for name, f in named.items()
        if name not in SESSION_CHECKS
    }


def expected(found, leave=()):
    return {n: (len(rows), rows[:5], found.worst[n]) for n, rows in found.rows.items() if n not in leave}


event_rows = st.lists(
    st.tuples(
        st.integers(-1, 8),  # event time
        st.integers(0, 9),  # receive time
        st.integers(0, 12),  # sequence
        st.integers(-1, 5),  # order id
        st.integers(-1, 4),  # price
        st.integers(-2, 4),  # size
        st.just(0),
        st.sampled_from([0, 1, 1, 1, *(int(flag) | 1 for flag in EventFlag)]),
        st.sampled_from([0, *EventKind, *EventKind, 11, 200]),
        st.sampled_from([1, -1, 1, -1, 0, 2]),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(event_rows, st.lists(st.integers(0, 60), max_size=4))
def test_any_event_rows(rows, cuts):
    rows = np.array(rows, dtype=EVENT)
    check_events(rows, cuts)


def check_events(rows, cuts):
    found, (steps, steps_of_one) = twin.check_events(rows)
    scan = scanned(rows, cuts)
    last_row_open = len(rows) > 0 and not rows["flags"][-1] & EventFlag.LAST
    want = expected(found)
    if last_row_open:  # a scan knows that the last packet stays open only when it is asked for a report
        report = scan.report()
        assert report.finding("last_missing").count == want.pop("last_missing")[0]
    got = found_by(scan)
    got.pop("last_missing", None) if last_row_open else None
    assert got == want
    assert int(scan.state[0]["steps"]) == steps
    assert int(scan.state[0]["steps_of_one"]) == steps_of_one
    assert scan.rows == len(rows)


@pytest.mark.parametrize("seed", range(4))
def test_long_dirty_stream(seed):
    """Long enough for the rolling windows, the ring of recent rows and the growth of the table of live orders."""
    chance = stream(seed, "tests/quality")
    count = 1500
    rows = np.zeros(count, dtype=EVENT)
    rows["ts_event_ns"] = START_NS + np.cumsum(chance.integers(0, 2, count)) + chance.integers(0, 2, count)
    rows["ts_recv_ns"] = rows["ts_event_ns"] + chance.integers(-2, 20, count)
    rows["sequence"] = np.cumsum(chance.choice([0, 1, 1, 1, 3], count))
    rows["order_id"] = chance.integers(1, 400, count)
    rows["price_ticks"] = 2000 + np.cumsum(chance.integers(-1, 2, count)) + chance.choice([0, 0, 0, 900], count)
    rows["size_lots"] = chance.choice([1, 2, 3, 5000], count, p=[0.4, 0.3, 0.25, 0.05])
    kinds = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    rows["kind"] = chance.choice(kinds, count, p=[0.4, 0.05, 0.1, 0.05, 0.05, 0.15, 0.05, 0.148, 0.002])
    rows["side"] = chance.choice([-1, 1], count)
    rows["flags"] = chance.choice([0, 1, 1, 1, 1, 5, 17, 129], count)
    check_events(rows, chance.integers(0, count, 5))
    names = twin.check_events(rows)[0].counts()
    assert {"trade_price_outliers", "trade_size_outliers", "quote_price_outliers", "duplicate_adds"} <= set(names)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=40), st.lists(st.integers(0, 40), max_size=3))
def test_sessions_of_any_events(seconds, cuts):
    """Two days and the night between them, in any order of time."""
    rows = np.zeros(len(seconds), dtype=EVENT)
    rows["ts_event_ns"] = START_NS - 3600 * 10**9 + np.array(seconds) * 3 * 10**9
    rows["kind"], rows["side"], rows["flags"] = EventKind.TRADE, 1, 1
    edges = session_edges("XNYS", date(2013, 10, 7), date(2013, 10, 9)).reshape(-1, 2).tolist()
    want = twin.check_event_sessions(rows["ts_event_ns"].tolist(), edges, SILENCE_NS)
    found = scanned(rows, cuts, "XNYS").state[0]["found"]
    for name in ("outside_session", "silences"):
        got = found[Check[name.upper()]]
        assert int(got["count"]) == len(want.rows[name])
        assert int(got["worst"]) == want.worst[name]
        assert got["rows"][: int(got["count"])].tolist() == want.rows[name][:5]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 600), min_size=1, max_size=30),
    st.lists(st.integers(0, 30), max_size=3),
    st.sampled_from([7, 30, 60]),
    st.sampled_from(["XNYS", "24/7"]),
)
def test_missing_bars(places, cuts, minutes, calendar):
    interval_ns = minutes * MINUTE_NS
    rows = np.zeros(len(places), dtype=BAR)
    rows["ts_start_ns"] = START_NS - 45 * MINUTE_NS + np.array(places) * 5 * MINUTE_NS
    edges = session_edges(calendar, date(2013, 10, 7), date(2013, 10, 10)).reshape(-1, 2).tolist()
    want, due = twin.check_bar_sessions(rows["ts_start_ns"].tolist(), interval_ns, edges)
    state = scanned(rows, cuts, calendar, interval_ns).state[0]
    for name in ("outside_session", "missing_bars"):
        assert int(state["found"]["count"][Check[name.upper()]]) == len(want.rows[name])
    assert int(state["found"]["worst"][Check.MISSING_BARS]) == want.worst["missing_bars"]
    assert int(state["bars_due"]) == due


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=20))
def test_missing_daily_bars(days):
    rows = np.zeros(len(days), dtype=BAR)
    first = np.datetime64("2013-11-25")
    rows["ts_start_ns"] = (first + np.array(days)).astype("datetime64[ns]").astype(np.int64)
    open_days = session_edges("XNYS", date(2013, 11, 25), date(2013, 12, 31))[::2] // DAY_NS * DAY_NS
    sessions = [(day, day + DAY_NS) for day in open_days.tolist()]
    want, due = twin.check_bar_sessions(rows["ts_start_ns"].tolist(), DAY_NS, sessions)
    state = scanned(rows, (), "XNYS", DAY_NS).state[0]
    for name in ("outside_session", "missing_bars"):
        assert int(state["found"]["count"][Check[name.upper()]]) == len(want.rows[name])
    assert int(state["found"]["count"][Check.CLOSED_DAYS]) == len(want.rows["outside_session"])
    assert int(state["bars_due"]) == due


bar_rows = st.lists(
    st.tuples(st.integers(-1, 20), *[st.integers(-1, 9)] * 2, *[st.integers(1, 9)] * 2, st.integers(-1, 2)), max_size=60
)


@settings(max_examples=100, deadline=None)
@given(bar_rows, st.lists(st.integers(0, 60), max_size=3))
def test_any_bars(rows, cuts):
    rows = np.array(rows, dtype=BAR)
    assert found_by(scanned(rows, cuts, interval_ns=10)) == expected(twin.check_bars(rows))


def test_many_bars():
    chance = stream(0, "tests/quality/bars")
    count = 1200
    rows = np.zeros(count, dtype=BAR)
    rows["ts_start_ns"] = START_NS + np.arange(count) * MINUTE_NS
    level = 5000 + np.cumsum(chance.integers(-3, 4, count))
    level[700:] //= 2
    rows["open_ticks"], rows["close_ticks"] = level, level + chance.integers(-3, 4, count)
    rows["high_ticks"] = np.maximum(level, rows["close_ticks"]) + chance.choice([0, 3, 900], count, p=[0.5, 0.48, 0.02])
    rows["low_ticks"] = np.minimum(level, rows["close_ticks"]) - chance.choice([0, 3, 900], count, p=[0.5, 0.48, 0.02])
    rows["volume_lots"] = chance.integers(0, 50, count)
    want = twin.check_bars(rows)
    assert found_by(scanned(rows, (100, 800), interval_ns=MINUTE_NS)) == expected(want)
    assert {"spikes", "return_outliers", "split_like_jumps"} <= set(want.counts())
