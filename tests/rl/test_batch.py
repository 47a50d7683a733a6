"""Many orders at once: exact money, no lot too many, the same on any number of threads, faults that speak."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.naive.observation import SlowMemory, slow_observation
from tests.rl.env_worlds import small_batch

from tradewind.book.view import BookView
from tradewind.core.errors import ConfigError, DataError, InvalidValueError, NotFoundError
from tradewind.core.random import stream
from tradewind.execution.actions import ACTION_COUNT, ACTIONS
from tradewind.execution.baselines.catalogue import new_plan
from tradewind.execution.baselines.records import Kind
from tradewind.execution.episode import MONEY, TERMS
from tradewind.execution.features import FEATURES
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.task import parse_task

LOW = np.array([f.low for f in FEATURES], np.float32)
HIGH = np.array([f.high for f in FEATURES], np.float32)


def random_actions(batch: ExecutionBatch, chance: np.random.Generator) -> np.ndarray:
    return np.array([chance.choice(np.flatnonzero(row)) for row in batch.masks], np.int32)


def test_rewards_money_and_fills_reconcile_to_the_last_unit() -> None:
    batch, chance = small_batch(6, fill_rows=4096), stream(3, "test/actions")
    money = np.zeros((6, len(MONEY)), object)
    rewards = np.zeros(6)
    checked = 0
    while checked < 12:
        before = batch.episodes.copy()
        batch.step(random_actions(batch, chance))
        money += batch.money.astype(object)
        rewards += batch.rewards
        ended, fills, first = batch.finished_fills()
        for row, begin, end in zip(ended, first, first[1:], strict=False):
            i = int(np.flatnonzero(before["episode"] == row["episode"])[0])
            shortfall, impact, fees = reconciled(row, fills[begin:end])
            assert money[i].tolist() == row["money"].tolist()
            assert [shortfall, impact, fees] == [int(money[i][MONEY.index(n)]) for n in ("shortfall", "impact", "fees")]
            assert money[i][1] + money[i][2] == shortfall
            unit = float(batch.scales["unit_ticks"][0]) * float(row["quantity_lots"])
            assert rewards[i] == pytest.approx(-(shortfall / 2 + fees / 1e7) / unit, rel=1e-5, abs=1e-5)
            money[i], rewards[i] = 0, 0.0
            checked += 1


def reconciled(row: np.void, fills: np.ndarray) -> list[int]:
    """Money of an order from nothing but its fills, in exact numbers."""
    side, arrival = int(row["side"]), int(row["decision_half"])
    shortfall = impact = fees = 0
    left = int(row["quantity_lots"])
    for fill in fills:
        price, lots = int(fill["price_ticks"]), int(fill["size_lots"])
        role = "maker" if fill["passive"] else "taker"
        touch = price if fill["passive"] else int(fill["ask_ticks"] if side > 0 else fill["bid_ticks"])
        shortfall += side * (2 * price - arrival) * lots
        impact += side * 2 * (price - touch) * lots
        fees += lots * (price * int(row[f"{role}_rate"]) + int(row[f"{role}_per_lot"]))
        left -= lots
    assert left == row["left_lots"]
    shortfall += side * (int(row["end_half"]) - arrival) * left
    return [shortfall, impact, fees]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**64 - 1), actions=st.lists(st.integers(0, ACTION_COUNT - 1), min_size=5, max_size=60))
def test_any_actions_never_trade_more_than_the_order(seed: int, actions: list[int]) -> None:
    batch = small_batch(2, seed % 1000, decisions={"on_fills": bool(seed & 1)})
    for action in actions:
        batch.step(np.full(2, action, np.int32))
        for row in batch.episodes:
            committed = row["live_lots"] + row["flight_lots"]
            assert 0 <= committed <= row["left_lots"] <= row["quantity_lots"]
            assert row["maker_lots"] + row["taker_lots"] + row["left_lots"] == row["quantity_lots"]
        assert np.isfinite(batch.observations).all()
        assert ((batch.observations >= LOW) & (batch.observations <= HIGH)).all()
        assert batch.masks[:, 0].all()
    for row in batch.finished():
        assert row["maker_lots"] + row["taker_lots"] + row["left_lots"] == row["quantity_lots"]
        assert row["left_lots"] == 0 or row["now_s"] >= row["start_s"] + row["horizon_s"] - 1e-6
        assert row["forced_lots"] <= row["taker_lots"]


def test_the_observation_equals_its_slow_twin() -> None:
    batch, chance = small_batch(3), stream(5, "test/actions")
    memories = [SlowMemory(row["memory"]) for row in batch.episodes]
    numbers = batch.episodes["episode"].copy()
    for _ in range(80):
        batch.step(random_actions(batch, chance))
        for i in range(3):
            market, row = batch._markets[i : i + 1], batch.episodes[i]
            view = BookView(market["book"])
            bids, asks = (depth_of(view, side) for side in (1, -1))
            if row["episode"] != numbers[i]:
                memories[i], numbers[i] = SlowMemory(row["memory"]), row["episode"]
            else:
                half = bids[0][0] + asks[0][0]
                counted = int(market["volume_lots"][0]), int(market["signed_lots"][0])
                memories[i].look(float(market["now_s"][0]), half, *counted)
            slow = slow_observation(row, batch.scales[0], bids, asks, memories[i])
            np.testing.assert_allclose(batch.observations[i], slow, rtol=2e-5, atol=2e-5)


def depth_of(view: BookView, side: int) -> list[tuple[int, int]]:
    return [(int(row["price_ticks"]), int(row["size_lots"])) for row in view.depth(side, 64)]


def test_masks_say_what_is_possible() -> None:
    batch, chance = small_batch(4), stream(8, "test/actions")
    seen = np.zeros(ACTION_COUNT, bool)
    for _ in range(60):
        for i in range(4):
            row, view = batch.episodes[i], BookView(batch._markets["book"][i : i + 1])
            allowed = dict(zip(ACTIONS, batch.masks[i].tolist(), strict=True))
            assert allowed["wait"]
            assert allowed["cancel"] == bool(row["work_id"] != 0 and row["work_leaving"] == 0)
            assert allowed["improve"] == (view.spread_ticks > 1)
            assert allowed["cross_0"]
        seen |= batch.masks.any(axis=0)
        batch.step(random_actions(batch, chance))
    assert seen[[ACTIONS.index(name) for name in ("join", "behind", "cancel", "cross_0", "cross_3")]].all()


def test_threads_and_neighbours_change_nothing() -> None:
    results = []
    for threads in (1, 2):
        batch = small_batch(5, threads=threads)
        for k in range(40):
            batch.step(np.full(5, (0, 1, 6, 4)[k % 4], np.int32))
        results.append(batch.episodes.tobytes() + batch.observations.tobytes())
    assert results[0] == results[1]


def test_an_episode_is_the_same_whoever_trades_and_however_many_do() -> None:
    def beginnings(batch: ExecutionBatch, action: int) -> dict[int, tuple[float, ...]]:
        found = {}
        for _ in range(60):
            batch.step(np.full(batch.count, action, np.int32))
            for row in batch.finished():
                names = ("side", "quantity_lots", "horizon_s", "entry_ns", "taker_rate", "decision_half", "start_s")
                found[int(row["episode"])] = tuple(float(row[name]) for name in names)
        return found

    few, many = beginnings(small_batch(2), 0), beginnings(small_batch(5), 9)
    common = set(few) & set(many)
    assert len(common) >= 4
    assert all(few[k] == many[k] for k in common)
    assert len(set(few.values())) == len(few)


def test_a_baseline_trades_inside_the_step() -> None:
    batch = small_batch(4)
    plans = new_plan(Kind.SCHEDULE, 10)
    ended = []
    while len(ended) < 8:
        batch.step_intents(plans)
        ended += list(batch.finished())
    assert all(row["taker_lots"] == row["quantity_lots"] - row["left_lots"] for row in ended)
    assert all(row["crosses"] > 2 for row in ended)


def test_terms_and_the_terminal_observation() -> None:
    batch = small_batch(3, reward={"risk": 0.5, "schedule": 0.25, "completion": 2.0})
    weights = batch.task.reward
    for _ in range(30):
        batch.step(np.zeros(3, np.int32))
        expected = -sum(getattr(weights, name) * batch.terms[:, k].astype(float) for k, name in enumerate(TERMS))
        np.testing.assert_allclose(batch.rewards, expected, rtol=1e-4, atol=1e-5)
        for i in np.flatnonzero(batch.terminated):
            assert batch.final_observations[i, 0] == pytest.approx(0.0, abs=1e-3)
            assert batch.terms[i, TERMS.index("completion")] == pytest.approx(1.0)
            assert batch.observations[i, 0] == pytest.approx(1.0)
    assert not batch.truncated.any()


def test_the_market_is_watched_to_the_end_when_asked() -> None:
    batch = small_batch(3, watch=True, after_s=[2.0, 5.0])
    rows: list[np.void] = []
    while len(rows) < 6:
        batch.step(np.full(3, ACTIONS.index("cross_3"), np.int32))
        rows += list(batch.finished())
    for row in rows:
        assert row["watched_s"] == pytest.approx(row["horizon_s"], abs=0.2)
        assert row["finish_s"] <= row["start_s"] + row["horizon_s"] + 0.2
        assert row["volume_lots"] >= row["maker_lots"] + row["taker_lots"]
        assert (row["after_half"][:2] > 0).all()
        assert row["after_half"][2] == 0


def test_a_restored_batch_goes_on_as_if_nothing_had_happened() -> None:
    batch, other = small_batch(3), small_batch(3, seed=99)
    for _ in range(15):
        batch.step(np.full(3, 1, np.int32))
    other.restore(batch.state())
    for _ in range(30):
        batch.step(np.full(3, 2, np.int32))
        other.step(np.full(3, 2, np.int32))
        np.testing.assert_array_equal(batch.observations, other.observations)
    assert batch.episodes.tobytes() == other.episodes.tobytes()
    with pytest.raises(InvalidValueError, match="state"):
        small_batch(2).restore(batch.state())


def test_the_arrival_mid_is_the_one_before_the_first_message_arrives() -> None:
    latency = {"order_entry_ms": [400, 400], "market_data_ms": [300, 300], "jitter_ms": [0, 0]}
    waiting, crossing = small_batch(6, latency=latency), small_batch(6, latency=latency)
    waiting.step(np.zeros(6, np.int32))
    crossing.step(np.full(6, ACTIONS.index("cross_0"), np.int32))
    assert waiting.episodes["arrival_half"].tolist() == crossing.episodes["arrival_half"].tolist()
    assert (crossing.episodes["taker_lots"] > 0).any()


def test_continuous_actions_trade_too() -> None:
    batch, chance = small_batch(3), stream(1, "test/levels")
    ended = 0
    while ended < 6:
        batch.step(chance.uniform(-1, 1, (3, 2)).astype(np.float32))
        ended += len(batch.finished())
        assert np.isfinite(batch.observations).all()


@pytest.mark.parametrize(
    "actions",
    [np.zeros(3, np.int32), np.full(2, 10, np.int32), np.full((2, 2), np.nan, np.float32), np.zeros((2, 2), int)],
)
def test_bad_actions_are_refused(actions: np.ndarray) -> None:
    with pytest.raises(InvalidValueError, match="actions"):
        small_batch(2).step(actions)


def test_a_broken_feature_is_an_error_not_a_trade() -> None:
    batch = small_batch(2)
    batch.scales["sigma_ticks"] = np.nan
    with pytest.raises(DataError, match="not a number"):
        batch.step(np.zeros(2, np.int32))


def test_an_order_larger_than_what_trades_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="quantity_lots must be at most"):
        small_batch(2, order={"quantity_lots": 10**8})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"order": {"share": [0.5, 1.5]}}, "order.share"),
        ({"order": {"horizon_s": [60, 1e6]}}, "horizon_s"),
        ({"order": {"quantity": 5}}, "unknown key"),
        ({"reward": {"shortfall": 1.0}}, "same cost"),
        ({"latency": {"order_entry_ms": [5, 1]}}, "low, high"),
        ({"actions": {"cross_shares": [1, 1, 2, 3]}}, "should rise"),
        ({"after_s": [5.0]}, "watch"),
        ({"latency": {"order_entry_ms": [0, 1500]}}, "shorter than a decision interval"),
    ],
)
def test_a_bad_task_says_what_is_wrong(values: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_task(values)


def test_unknown_markets_and_long_horizons_are_refused() -> None:
    with pytest.raises(NotFoundError, match="preset"):
        ExecutionBatch(parse_task({"market": {"presets": ["nowhere"]}}), 1, 1)
    long = {"order": {"horizon_s": [60, 80_000]}, "market": {"presets": ["zero_intelligence"], "profile": True}}
    with pytest.raises(InvalidValueError, match="session"):
        ExecutionBatch(parse_task(long), 1, 1)
    with pytest.raises(InvalidValueError, match="count"):
        ExecutionBatch(parse_task({}), 0, 1)
