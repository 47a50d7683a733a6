"""Time bins of plots against a plain sum over bins of the final width."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from tradewind.core.dtypes import BAR, EVENT, EventFlag, EventKind
from tradewind.core.random import stream
from tradewind.core.types import Batch, Instrument
from tradewind.data.quality.profile import BINS, TimeProfile

X = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))
START_NS = 1_381_152_600 * 10**9


def some_rows(seed: int, count: int, step_ns: int):
    chance = stream(seed, "tests/profile")
    rows = np.zeros(count, dtype=EVENT)
    rows["ts_event_ns"] = START_NS + np.cumsum(chance.integers(0, step_ns, count))
    rows["ts_recv_ns"] = rows["ts_event_ns"] + chance.integers(-50, 1000, count)
    rows["kind"] = chance.choice([EventKind.ADD, EventKind.TRADE, EventKind.QUOTE], count)
    rows["side"] = chance.choice([-1, 1], count)
    rows["price_ticks"] = 1000 + chance.integers(0, 9, count) - 10 * rows["side"]
    rows["size_lots"] = chance.integers(1, 9, count)
    rows["flags"] = EventFlag.LAST
    return rows


def naive(rows, start_ns: int, width_ns: int):
    """Per bin: rows by kind, volume, prices, spreads, latencies."""
    bins: dict[int, dict[str, list[float]]] = {}
    quote = {1: None, -1: None}
    for row in rows:
        place = bins.setdefault((row["ts_event_ns"] - start_ns) // width_ns, {})
        place.setdefault(f"kind {row['kind']}", []).append(1)
        place.setdefault("latency", []).append(row["ts_recv_ns"] - row["ts_event_ns"])
        if row["kind"] == EventKind.QUOTE:
            quote[int(row["side"])] = int(row["price_ticks"])
            if None not in quote.values():
                place.setdefault("price", []).append((quote[1] + quote[-1]) / 2)
                place.setdefault("spread", []).append(quote[-1] - quote[1])
        elif row["kind"] == EventKind.TRADE:
            place.setdefault("volume", []).append(row["size_lots"])
            if None in quote.values():
                place.setdefault("price", []).append(row["price_ticks"])
    return bins


@pytest.mark.parametrize(("seed", "step_ns"), [(0, 1000), (1, 10**8), (2, 10**11)])
def test_bins_hold_what_a_plain_sum_holds(seed: int, step_ns: int) -> None:
    rows = some_rows(seed, 3000, step_ns)
    profile = TimeProfile(X)
    for piece in np.array_split(rows, 7):
        profile.add(Batch(X, piece))
    state = profile.state[0]
    start_ns, width_ns = int(state["start_ns"]), int(state["width_ns"])
    span = int(rows["ts_event_ns"][-1]) - start_ns
    assert span < BINS * width_ns
    assert width_ns == 29_296_875 or span >= BINS * width_ns // 2
    want = naive(rows, start_ns, width_ns)
    assert profile.used == max(want) + 1
    for place in range(profile.used):
        there = want.get(place, {})
        for kind in EventKind:
            assert state["rows"][place, kind] == len(there.get(f"kind {kind}", []))
        assert state["volume_lots"][place] == sum(there.get("volume", []))
        assert state["spread_sum"][place] == sum(there.get("spread", []))
        assert state["latency_sum_ns"][place] == sum(there.get("latency", []))
        prices = there.get("price", [])
        ends = (min(prices), max(prices), prices[-1]) if prices else (np.nan,) * 3
        got = [state[name][place] for name in ("price_low", "price_high", "price_last")]
        np.testing.assert_array_equal(got, ends)


def test_snapshots_and_rows_without_a_time_are_passed_over() -> None:
    rows = some_rows(3, 50, 1000)
    rows["flags"][:20] = EventFlag.SNAPSHOT
    rows["ts_event_ns"][20:25] = 0
    profile = TimeProfile(X)
    profile.add(Batch(X, rows))
    assert profile.column("rows").sum() == 25


def test_a_book_tells_quotes_where_the_feed_does_not() -> None:
    rows = some_rows(4, 100, 1000)
    rows = rows[rows["kind"] != EventKind.QUOTE]
    profile = TimeProfile(X)
    profile.add_quotes(rows["ts_event_ns"], np.full(len(rows), 500), np.full(len(rows), 504))
    profile.add(Batch(X, rows))
    assert profile.column("price_last")[0] == 502
    assert profile.column("spread_sum").sum() == 4 * len(rows)


def test_bars() -> None:
    rows = np.zeros(2000, dtype=BAR)
    rows["ts_start_ns"] = START_NS + np.arange(2000) * 60 * 10**9
    rows["open_ticks"] = rows["close_ticks"] = np.arange(2000) + 10
    rows["high_ticks"], rows["low_ticks"], rows["volume_lots"] = rows["close_ticks"] + 3, rows["close_ticks"] - 2, 7
    profile = TimeProfile(X, 60 * 10**9)
    profile.add(Batch(X, rows, 60 * 10**9))
    assert profile.used == 500
    assert profile.state[0]["width_ns"] == 240 * 10**9
    assert profile.column("rows")[:, 0].tolist() == [4] * 500
    assert profile.column("volume_lots").tolist() == [28] * 500
    assert profile.column("price_low").tolist() == (np.arange(500) * 4 + 8).tolist()
    assert profile.column("price_high").tolist() == (np.arange(500) * 4 + 16).tolist()
    assert profile.column("price_last").tolist() == (np.arange(500) * 4 + 13).tolist()
