import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.core.random import stream
from tradewind.execution.baselines.catalogue import BASELINES, Setting, new_plan, plan_of
from tradewind.execution.baselines.choose import choose_intents, fresh_memory
from tradewind.execution.baselines.records import SIGHT, Kind
from tradewind.execution.impact import ImpactModel, holdings, urgency
from tradewind.execution.volume import VolumeCurve

INTENT = np.dtype([("cross_lots", "i8"), ("rest_lots", "i8"), ("rest_ticks", "i8"), ("cancel", "i8")], align=True)
IMPACT = ImpactModel(sigma=0.5, gamma=1e-4, eta=0.01, epsilon=0.5)


def setting(**changes: object) -> Setting:
    return Setting(**({"impact": IMPACT} | changes))


def new_sight(quantity: int = 1000, side: int = 1, horizon_s: float = 60.0) -> np.ndarray:
    sight = np.zeros(1, SIGHT)
    sight["side"], sight["quantity_lots"], sight["left_lots"], sight["horizon_s"] = side, quantity, quantity, horizon_s
    sight["bid_ticks"], sight["bid_lots"], sight["ask_ticks"], sight["ask_lots"] = 100, 500, 101, 500
    sight["arrival_half_ticks"], sight["decision_s"], sight["session_s"], sight["volume_per_s"] = 201, 1.0, -1.0, 200.0
    return sight


class Paper:
    """Orders in a market where crossing always fills and resting never does."""

    def __init__(self, plan: np.ndarray, sight: np.ndarray, decision_s: float = 1.0, seed: int = 7) -> None:
        self.plan, self.sight, self.decision_s = plan, sight, decision_s
        self.memory, self.intent = fresh_memory(1, seed, "test"), np.zeros(1, INTENT)
        self.left, self.crossed, self.rested = [int(sight["left_lots"][0])], [], []

    def decide(self) -> np.ndarray:
        choose_intents(self.plan, self.memory, self.sight, self.intent)
        return self.intent[0]

    def step(self, volume: int = 0) -> None:
        intent = self.decide()
        self.crossed.append(int(intent["cross_lots"]))
        self.rested.append((int(intent["rest_lots"]), int(intent["rest_ticks"])))
        self.sight["left_lots"] -= intent["cross_lots"]
        self.sight["market_lots"] += volume
        self.sight["elapsed_s"] += self.decision_s
        self.left.append(int(self.sight["left_lots"][0]))

    def run(self) -> "Paper":
        while self.sight["elapsed_s"][0] < self.sight["horizon_s"][0] - 1e-9:
            self.step()
        return self


@settings(max_examples=40, deadline=None)
@given(quantity=st.integers(1, 100_000), decisions=st.integers(1, 90))
def test_twap_slices_are_even_and_sum_to_the_order(quantity: int, decisions: int) -> None:
    plan = plan_of("twap", setting())
    crossed = Paper(plan, new_sight(quantity, horizon_s=float(decisions))).run().crossed
    assert sum(crossed) == quantity
    assert max(crossed) - min(crossed) <= 1


def test_immediate_is_immediate() -> None:
    assert Paper(plan_of("immediate", setting()), new_sight()).run().crossed[0] == 1000


def test_vwap_follows_the_curve() -> None:
    curve = VolumeCurve(session_s=120.0, shares=(0.1, 0.2, 0.3, 0.4))
    sight = new_sight()
    sight["session_s"] = 30.0
    left = Paper(plan_of("vwap", setting(curve=curve)), sight).run().left
    np.testing.assert_allclose(left, 1000 * (1 - curve.schedule(30.0, 60.0, 60)), atol=0.5)
    outside = Paper(plan_of("vwap", setting(curve=curve)), new_sight()).run().crossed
    assert max(outside) - min(outside) <= 1  # without a session an even schedule


def test_almgren_chriss_is_the_sinh_solution() -> None:
    plan = plan_of("almgren_chriss", setting())
    kappa = urgency(IMPACT, 0.3 / (IMPACT.sigma * 1000 * np.sqrt(60.0 / 3)), 1.0)
    left = Paper(plan, new_sight()).run().left
    assert kappa > 0
    np.testing.assert_allclose(left, holdings(1000, kappa, np.arange(61.0), 60.0), atol=0.5)


def test_almgren_chriss_hurries_in_volatile_markets_and_waits_in_thin_ones() -> None:
    def first(**changes: float) -> int:
        model = ImpactModel(**({"sigma": 0.5, "gamma": 0.0, "eta": 0.01} | changes))
        return int(Paper(plan_of("almgren_chriss", setting(impact=model)), new_sight()).decide()["cross_lots"])

    assert first(sigma=1.0) > first() > first(eta=0.05) > first(sigma=0.0)
    assert first(sigma=0.0) == 17


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), rate=st.floats(0.1, 3.0))
def test_pov_never_exceeds_its_rate(seed: int, rate: float) -> None:
    plan = plan_of("pov", setting(tuned={"pov": (rate,)}))
    expected = rate * 1000 / (200 * 60)
    share = expected / (1 + 1000 / (200 * 60))
    paper, random = Paper(plan, new_sight()), stream(seed, "test")
    for _ in range(60):
        paper.step(int(random.integers(0, 800)))
        done, others = 1000 - paper.left[-1], int(paper.sight["market_lots"][0])
        assert done <= share * (done + others) + 1e-9


def test_adaptive_is_faster_after_a_gain() -> None:
    crossed = []
    for move in (-10, 0, 10):
        paper = Paper(plan_of("adaptive", setting()), new_sight())
        paper.sight["bid_ticks"] += move
        paper.sight["ask_ticks"] += move
        paper.step()
        crossed.append(paper.crossed[0])
    assert crossed[0] > crossed[1] > crossed[2] > 0
    assert sum(Paper(plan_of("adaptive", setting()), new_sight()).run().crossed) == 1000


def test_passive_then_cross_rests_its_slice_and_crosses_what_is_late() -> None:
    paper = Paper(plan_of("twap_passive", setting()), new_sight()).run()
    assert paper.rested[0] == (100, 100)
    assert [k for k, lots in enumerate(paper.crossed) if lots] == [6, 12, 18, 24, 30, 36, 42, 48, 54]
    assert set(paper.crossed) == {0, 100}


def test_submit_and_leave_stays_where_it_was_put() -> None:
    paper = Paper(plan_of("submit_and_leave", setting()), new_sight(side=-1))
    paper.step()
    paper.sight["ask_ticks"] += 5
    paper.step()
    assert paper.rested == [(1000, 101), (1000, 101)]
    assert paper.crossed == [0, 0]


def test_imbalance_rule_crosses_only_when_the_queues_lean_away() -> None:
    for side, bid_lots, expected in ((1, 900, 17), (1, 100, 0), (-1, 900, 0), (-1, 20, 17)):
        paper = Paper(plan_of("imbalance", setting()), new_sight(side=side))
        paper.sight["bid_lots"], paper.sight["ask_lots"] = bid_lots, 100
        assert paper.decide()["cross_lots"] == expected, (side, bid_lots)


def test_microprice_moves_the_order_but_never_across() -> None:
    plan = plan_of("microprice", setting())
    for ask, bid_lots, expected in ((103, 900, 101), (103, 100, 100), (103, 10, 99), (101, 900, 100)):
        paper = Paper(plan, new_sight())
        paper.sight["ask_ticks"], paper.sight["bid_lots"], paper.sight["ask_lots"] = ask, bid_lots, 100
        intent = paper.decide()
        assert (intent["rest_ticks"], intent["rest_lots"]) == (expected, 1000)


def test_lateness_that_is_not_tolerated_is_crossed() -> None:
    paper = Paper(plan_of("microprice", setting(tuned={"microprice": (2.0, 0.2)})), new_sight())
    paper.sight["elapsed_s"] = 30.0
    intent = paper.decide()
    assert intent["cross_lots"] == 300  # half the order is late, a fifth is tolerated
    assert intent["rest_lots"] == 700


def test_table_decides_once_an_epoch() -> None:
    plan = plan_of("q_learning", setting())
    plan["table"][0, 0], plan["table"][0, 1], plan["table"][0, 2:] = 3, 0, 2
    paper = Paper(plan, new_sight())
    paper.step()
    paper.sight["bid_ticks"] += 4
    paper.step()
    assert paper.rested == [(1000, 99), (1000, 99)]
    paper.sight["elapsed_s"] = 8.0
    assert paper.decide()["cross_lots"] == 1000


def test_random_is_its_seed_and_nothing_else() -> None:
    runs = [Paper(plan_of("random", setting()), new_sight(), seed=seed).run() for seed in (1, 1, 2)]
    assert runs[0].crossed == runs[1].crossed
    assert runs[0].rested == runs[1].rested
    assert (runs[0].crossed, runs[0].rested) != (runs[2].crossed, runs[2].rested)
    assert sum(runs[0].crossed) > 0


@pytest.mark.parametrize("name", BASELINES)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_no_baseline_asks_for_more_than_is_left_or_rests_across(name: str, data: st.DataObject) -> None:
    paper = Paper(
        plan_of(name, setting()), new_sight(data.draw(st.integers(1, 3000)), data.draw(st.sampled_from([-1, 1])))
    )
    sight = paper.sight
    for _ in range(4):
        sight["bid_ticks"] = data.draw(st.integers(1, 200))
        sight["ask_ticks"] = sight["bid_ticks"] + data.draw(st.integers(1, 5))
        sight["bid_lots"], sight["ask_lots"] = data.draw(st.integers(0, 900)), data.draw(st.integers(0, 900))
        sight["left_lots"] = data.draw(st.integers(0, int(sight["quantity_lots"][0])))
        sight["elapsed_s"], sight["market_lots"] = data.draw(st.floats(0, 59.999)), data.draw(st.integers(0, 10**6))
        intent = paper.decide()
        assert 0 <= intent["cross_lots"] <= sight["left_lots"][0] - intent["rest_lots"]
        assert intent["rest_lots"] >= 0
        if intent["rest_lots"] and name not in ("submit_and_leave", "q_learning"):
            inside = (
                (sight["ask_ticks"] - intent["rest_ticks"])
                if sight["side"] > 0
                else (intent["rest_ticks"] - sight["bid_ticks"])
            )
            assert inside[0] > 0
        if min(sight["bid_lots"][0], sight["ask_lots"][0]) == 0:
            assert intent["cross_lots"] == intent["rest_lots"] == 0


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(NotFoundError, match="no such baseline; there are immediate"):
        plan_of("tarot", setting())
    for call in (
        lambda: new_plan(Kind.SCHEDULE, -1),
        lambda: new_plan(Kind.POV, 0, (float("nan"),)),
        lambda: plan_of("q_learning", setting(table=np.zeros((2, 2), np.int8))),
    ):
        with pytest.raises(InvalidValueError):
            call()
