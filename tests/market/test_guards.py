"""Halts and price bands: what they stop, what they let pass, and that nothing else changes."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from tradewind.book.reasons import Reason
from tradewind.core.dtypes import EventKind, TradingState
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.market.batch import MarketBatch
from tradewind.market.reactive import EPOCH_NS, Market
from tradewind.market.scenario import SCENARIOS, Phase, Scenario, in_sequence, mix, named_scenario
from tradewind.market.trading import Latency

PRESET = "aig"
HALT = Scenario("halt", (Phase(seconds=5.0), Phase(seconds=10.0, halted=True), Phase()))


def test_nothing_happens_in_a_halt_but_cancels() -> None:
    market = Market(PRESET, 3, scenario=HALT, record=True)
    bid = (market.view.best_bid or (0, 0))[0]
    order = market.buy(100, bid - 4)
    other = market.buy(100, bid - 4)
    market.advance(5.5)
    market.rows()
    events = market.events
    market.buy(10)
    market.buy(10, bid - 3)
    market.replace(order, 50, bid - 5)
    market.replace(order, 50, bid - 4)
    market.reduce(order, 30)
    market.cancel(other)
    market.advance(5.0)
    reasons = [a.reason for a in market.answers()][2:]
    assert reasons == [Reason.MARKET_HALTED] * 4 + [Reason.ACCEPTED] * 2
    assert market.events == events
    assert [EventKind(int(k)) for k in market.rows()["kind"]] == [EventKind.REDUCE, EventKind.DELETE]
    assert market.account().position_lots == 0
    market.advance(20.0)
    assert market.events > events
    rows = market.rows()
    status = rows[rows["kind"] == EventKind.STATUS]
    assert status["size_lots"].tolist() == [TradingState.OPEN]
    assert status["ts_event_ns"].tolist() == [EPOCH_NS + 15 * 10**9]


def test_time_stands_still_for_the_flow_in_a_halt() -> None:
    """Without mood and profile, what follows a halt is what would have followed without it, later."""
    halted, plain = Market("zero_intelligence", 3, scenario=HALT), Market("zero_intelligence", 3)
    assert float(plain._tables["mood_std"][0]) == 0.0
    halted.advance(40.0)
    plain.advance(30.0)
    assert halted.events == plain.events
    assert halted.view.depth(1, 10).tobytes() == plain.view.depth(1, 10).tobytes()
    assert halted.view.depth(-1, 10).tobytes() == plain.view.depth(-1, 10).tobytes()


def test_a_market_may_open_in_a_halt() -> None:
    market = Market(PRESET, 3, scenario=Scenario("shut", (Phase(seconds=2.0, halted=True), Phase())))
    market.advance(1.0)
    assert market.events == 0
    market.advance(20.0)
    assert market.events > 0


@pytest.mark.parametrize("seed", range(3))
def test_nothing_trades_outside_a_band(seed: int) -> None:
    crash = Phase(seconds=60.0, activity=4.0, market=1.5, limit=0.7, cancel=1.4, buy_tilt=-0.8, band_ticks=4)
    market = Market(PRESET, seed, scenario=Scenario("crash", (crash,)), record=True)
    free = Market(PRESET, seed, scenario=Scenario("free", (Phase(**{**_fields(crash), "band_ticks": 0}),)))
    market.advance(0.0)
    trades, before = 0, _band(market)
    for _ in range(60):
        market.advance(1.0)
        rows, after = market.rows(), _band(market)
        prices = rows["price_ticks"][np.isin(rows["kind"], [EventKind.EXECUTE, EventKind.TRADE])]
        trades += len(prices)
        assert (prices >= min(before[0], after[0])).all()
        assert (prices <= max(before[1], after[1])).all()
        before = after
    free.advance(60.0)
    assert trades > 5
    assert free.view.mid_ticks < before[0]
    assert market.view.spread_ticks >= 1


def _band(market: Market) -> tuple[int, int]:
    book = market._markets["book"][0]
    return int(book["min_ticks"]), int(book["max_ticks"])


def _fields(phase: Phase) -> dict[str, object]:
    return {name: getattr(phase, name) for name in Phase.__struct_fields__}


def test_orders_beyond_a_band_are_refused() -> None:
    market = Market(PRESET, 3, scenario=Scenario("band", (Phase(band_ticks=10),)))
    market.advance(0.0)
    bid = (market.view.best_bid or (0, 0))[0]
    market.buy(10, bid - 12)
    kept = market.buy(10, bid - 8)
    market.advance(0.0)
    market.replace(kept, 10, bid - 12)
    market.advance(0.0)
    assert [a.reason for a in market.answers()] == [Reason.PRICE_OUT_OF_BAND, Reason.ACCEPTED, Reason.PRICE_OUT_OF_BAND]


def test_a_market_at_its_limit_pauses_and_reopens() -> None:
    crash = Phase(activity=4.0, market=1.5, limit=0.7, cancel=1.4, buy_tilt=-0.8, band_ticks=4, pause_s=20.0)
    market = Market(PRESET, 1, scenario=Scenario("crash", (crash,)), record=True)
    market.advance(120.0)
    rows = market.rows()
    status = rows[rows["kind"] == EventKind.STATUS]
    states = status["size_lots"].tolist()
    assert states[:2] == [TradingState.HALTED, TradingState.OPEN]
    halted = status["ts_event_ns"][: len(states) // 2 * 2].reshape(-1, 2)
    assert (np.diff(halted, axis=1) == 20 * 10**9).all()
    for start, end in halted:
        inside = rows[(rows["ts_event_ns"] > start) & (rows["ts_event_ns"] < end)]
        assert len(inside) == 0
    assert int(market._markets["pauses"][0]) == (len(states) + 1) // 2


@pytest.mark.parametrize("name", ["halt", "luld"])
def test_zero_orders_leave_the_twin_identical_through_halts_and_bands(name: str) -> None:
    latency = Latency(order_entry_ns=10**6, market_data_ns=10**7, jitter_ns=10**6)
    market = Market(PRESET, 11, scenario=named_scenario(name), latency=latency, record=True)
    twin = Market(PRESET, 11, scenario=named_scenario(name), latency=latency, record=True)
    for _ in range(15):
        market.buy(size_lots=0, price_ticks=4_000)
        market.sell(size_lots=0)
        market.cancel(77)
        market.advance(45.0)
    twin.advance(675.0)
    assert market.rows().tobytes() == twin.rows().tobytes()
    if name == "halt":
        assert Reason.MARKET_HALTED in {a.reason for a in market.answers()}


@pytest.mark.parametrize("name", ["halt", "luld"])
def test_same_bytes_however_time_is_cut_and_in_another_process(name: str) -> None:
    whole, parts = (Market(PRESET, 5, scenario=named_scenario(name), record=True) for _ in range(2))
    whole.advance(650.0)
    for _ in range(100):
        parts.advance(6.5)
    digest = hashlib.sha256(whole.rows().tobytes()).hexdigest()
    assert hashlib.sha256(parts.rows().tobytes()).hexdigest() == digest
    code = (
        "import hashlib; from tradewind.market.reactive import Market;"
        "from tradewind.market.scenario import named_scenario;"
        f"m = Market({PRESET!r}, 5, scenario=named_scenario({name!r}), record=True); m.advance(650.0);"
        "print(hashlib.sha256(m.rows().tobytes()).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == digest


def test_batches_halt_too_and_draw_their_scenarios() -> None:
    results = []
    for threads in (1, 2):
        batch = MarketBatch([PRESET], 12, seed=3, scenarios=mix([None, HALT, "luld"], [1, 2, 1]), threads=threads)
        first = batch._which[:, 1].copy()
        batch.advance(6.0)
        states = batch.markets["book"]["state"].copy()
        batch.reset(np.arange(12))
        assert (batch._which[:, 1] != first).any()
        batch.advance(6.0)
        results.append(batch.markets.tobytes())
        assert ((states == TradingState.HALTED) == (first == 1)).all()
        assert set(first) == {0, 1, 2}
    assert results[0] == results[1]


def test_a_mix_draws_in_proportion_and_from_its_numbers_only() -> None:
    drawn = mix(["calm", None, "thin"], [1, 0, 3])
    numbers = np.arange(4000)
    picks = drawn.picks(11, numbers, np.zeros(4000, np.int64))
    assert set(picks) == {0, 2}
    assert np.mean(picks == 0) == pytest.approx(0.25, abs=0.03)
    assert picks[17] == drawn.picks(11, numbers[17:18], np.zeros(1, np.int64))[0]
    assert (picks != drawn.picks(11, numbers, np.ones(4000, np.int64))).any()
    assert (picks != drawn.picks(12, numbers, np.zeros(4000, np.int64))).any()
    assert drawn.scenarios[1] is None
    assert mix(["calm", "thin"]).weights == (0.5, 0.5)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda: Phase(band_ticks=-1), "band_ticks.*0"),
        (lambda: Phase(band_ticks=5, pause_s=-1.0), "pause_s.*0"),
        (lambda: Phase(band_ticks=5, pause_s=float("inf")), "pause_s.*finite"),
        (lambda: Phase(pause_s=5.0), "pause_s.*band_ticks"),
        (lambda: mix([]), "scenarios.*one or more"),
        (lambda: mix(["calm"], [1.0, 2.0]), "weights.*1 finite"),
        (lambda: mix(["calm"], [-1.0]), "weights"),
        (lambda: mix(["calm", "thin"], [0.0, 0.0]), "not all 0"),
        (lambda: in_sequence("x", SCENARIOS["calm"], SCENARIOS["thin"]), "an end of calm"),
    ],
)
def test_bad_numbers_are_refused_by_name(bad: object, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        bad()  # type: ignore[operator]


def test_a_mix_names_what_it_does_not_know() -> None:
    with pytest.raises(NotFoundError, match="quiet"):
        mix(["quiet"])
