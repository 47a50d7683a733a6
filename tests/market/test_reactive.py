"""One simulated market: its bytes, its book, its answer to orders, its twin."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from tradewind.book.reasons import Reason
from tradewind.core.dtypes import MESSAGE, EventKind, MessageKind
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.market.reactive import Market, simulate
from tradewind.market.scenario import SCENARIOS, Phase, Scenario, named_scenario
from tradewind.market.trading import Latency

PRESET = "aig"


def digest(preset: str, seconds: float, seed: int) -> str:
    return hashlib.sha256(simulate(preset, seconds, seed)[1].tobytes()).hexdigest()


def test_same_seed_same_bytes_in_this_and_another_process() -> None:
    here = digest(PRESET, 30.0, 7)
    code = (
        "import hashlib; from tradewind.market.reactive import simulate;"
        f"print(hashlib.sha256(simulate({PRESET!r}, 30.0, 7)[1].tobytes()).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here
    assert digest(PRESET, 30.0, 8) != here


def test_how_time_is_cut_changes_nothing() -> None:
    whole, parts = Market(PRESET, 3, record=True), Market(PRESET, 3, record=True)
    whole.advance(20.0)
    for _ in range(40):
        parts.advance(0.5)
    assert whole.rows().tobytes() == parts.rows().tobytes()


@pytest.mark.parametrize("preset", ["aig", "zero_intelligence", "aapl2012"])
def test_rows_rebuild_the_book(preset: str) -> None:
    market = Market(preset, 5, record=True)
    market.advance(60.0)
    live: dict[int, tuple[int, int, int]] = {}
    for row in market.rows():
        kind, order_id = EventKind(int(row["kind"])), int(row["order_id"])
        if kind == EventKind.ADD:
            assert order_id not in live
            live[order_id] = (int(row["side"]), int(row["price_ticks"]), int(row["size_lots"]))
        elif kind in (EventKind.DELETE, EventKind.REDUCE, EventKind.EXECUTE):
            side, price, size = live.pop(order_id)
            gone = int(row["size_lots"])
            assert 0 < gone <= size
            assert kind != EventKind.DELETE or gone == size
            if gone < size:
                live[order_id] = (side, price, size - gone)
    levels: dict[tuple[int, int], int] = {}
    for side, price, size in live.values():
        levels[side, price] = levels.get((side, price), 0) + size
    best_bid = max(price for side, price in levels if side > 0)
    best_ask = min(price for side, price in levels if side < 0)
    assert best_bid < best_ask
    assert market.view.best_bid == (best_bid, levels[1, best_bid])
    assert market.view.best_ask == (best_ask, levels[-1, best_ask])


def test_a_zero_size_order_leaves_the_twin_identical() -> None:
    market = Market(PRESET, 11, record=True)
    twin = Market(PRESET, 11, record=True)
    market.advance(5.0)
    market.buy(size_lots=0, price_ticks=4_000)
    market.sell(size_lots=0)
    market.advance(25.0)
    twin.advance(30.0)
    assert [a.reason for a in market.answers()] == [Reason.INVALID_SIZE, Reason.INVALID_SIZE]
    assert market.rows().tobytes() == twin.rows().tobytes()


def test_the_market_answers_a_large_order() -> None:
    market = Market(PRESET, 11)
    twin = market.twin()
    market.advance(5.0)
    before = market.view.mid_ticks
    for _ in range(5):
        market.buy(size_lots=3_000)
        market.advance(0.2)
    twin.advance(6.0)
    assert market.view.mid_ticks > before
    assert market.view.mid_ticks > twin.view.mid_ticks


def test_a_resting_order_waits_its_turn_and_is_filled() -> None:
    market = Market(PRESET, 2)
    market.advance(1.0)
    price, ahead = market.view.best_bid or (0, 0)
    order = market.buy(size_lots=100, price_ticks=price)
    filled = 0
    for _ in range(600):
        fills = market.advance(1.0)
        filled += int(fills["size_lots"].sum())
        assert set(fills["maker_id"]) <= {order}
        assert set(fills["price_ticks"]) <= {price}
        if filled == 100:
            break
    assert ahead > 0
    assert filled == 100


def test_cancel_reduce_and_replace() -> None:
    market = Market(PRESET, 4)
    bid = (market.view.best_bid or (0, 0))[0]
    order = market.buy(size_lots=500, price_ticks=bid - 5)
    market.advance(0.001)
    messages = np.zeros(4, MESSAGE)
    messages["order_id"] = order
    messages["kind"] = [MessageKind.REDUCE, MessageKind.REPLACE, MessageKind.CANCEL, MessageKind.CANCEL]
    messages["size_lots"] = [200, 250, 0, 0]
    messages["price_ticks"] = bid - 6
    market.submit(messages)
    market.advance(0.001)
    reasons = [a.reason for a in market.answers()]
    assert reasons == [Reason.ACCEPTED] * 4 + [Reason.UNKNOWN_ORDER_ID]


def test_latency_delays_arrival() -> None:
    market = Market(PRESET, 4, latency=Latency(order_entry_ns=50_000_000))
    sent = market.now_ns
    market.buy(size_lots=1)
    assert market.advance(0.049).size == 0
    fills = market.advance(0.002)
    assert fills["size_lots"].sum() == 1
    assert market.answers()[0].ts_ns == sent + 50_000_000


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_scenarios_run_and_are_their_own(name: str) -> None:
    plain, regime = Market(PRESET, 6), Market(PRESET, 6, scenario=named_scenario(name))
    seconds = 400.0 if name in ("flash_crash", "halt", "luld") else 30.0
    plain.advance(seconds)
    regime.advance(seconds)
    assert regime.view.spread_ticks >= 1
    assert regime.events != plain.events


def test_a_flash_crash_falls() -> None:
    falls = []
    for seed in range(3):
        market = Market(PRESET, seed, scenario=named_scenario("flash_crash"))
        market.advance(300.0)
        before = market.view.mid_ticks
        market.advance(180.0)
        falls.append(before - market.view.mid_ticks)
    assert np.mean(falls) > 10.0


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Phase(activity=0.0),
        lambda: Phase(cancel=-1.0),
        lambda: Phase(buy_tilt=1.5),
        lambda: Phase(seconds=0.0),
        lambda: Scenario("none", ()),
        lambda: Latency(jitter_ns=-1),
        lambda: Market("zero_intelligence", 1).advance(-1.0),
    ],
)
def test_bad_arguments_are_refused(bad: object) -> None:
    with pytest.raises(InvalidValueError):
        bad()  # type: ignore[operator]


def test_unknown_scenario() -> None:
    with pytest.raises(NotFoundError, match="there are calm"):
        named_scenario("quiet")
