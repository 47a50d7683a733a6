"""Learners that adapt: the bank beside its naive twin, late labels, detectors, champion and challenger, the drill."""

from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive.regression_bank import NaiveBank

from tradewind.alpha.adapt.delay import LabelDelayQueue
from tradewind.alpha.adapt.detectors import ErrorDetector, PopulationStability, population_stability
from tradewind.alpha.adapt.drill import measure, run_drill
from tradewind.alpha.adapt.learners import LEARNERS, Line, make_learner
from tradewind.alpha.adapt.restarts import RestartBank
from tradewind.alpha.adapt.streams import DriftStream, switching_stream
from tradewind.alpha.adapt.supervisor import Supervisor, SupervisorSettings
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.core.random import stream


def test_the_bank_equals_its_naive_twin() -> None:
    chance = stream(3, "tests/bank")
    X = chance.normal(size=(700, 3))
    y = np.where(np.arange(700) < 400, 1.0, -1.0) * X[:, 0] * 0.4 + chance.normal(size=700)
    bank, twin = RestartBank(), NaiveBank(3)
    for k in range(700):
        bank.partial_fit(X[k : k + 1], y[k : k + 1])
        twin.learn(X[k], y[k])
        if k % 50 == 0 or k > 690:
            pooled = bank.weight_ @ bank.coefficients_
            np.testing.assert_allclose(pooled, twin.coefficients(), rtol=1e-6, atol=1e-9, err_msg=f"row {k}")


def test_the_bank_reaches_the_aims_of_the_benchmark_stream() -> None:
    drawn = switching_stream(11)
    found = run_drill("restart bank", make_learner("restart bank"), drawn)
    assert found.ic >= 0.19
    assert found.ic_after is not None
    assert found.ic_after >= 0.06
    assert found.recovery is not None
    assert found.recovery <= 250
    assert found.false_alarms is not None
    assert found.false_alarms <= 1
    assert found.caught == 1.0


def test_the_bank_does_not_care_about_units_and_survives_bad_rows() -> None:
    chance = stream(4, "tests/bank")
    X = chance.normal(size=(400, 3))
    y = X[:, 0] + chance.normal(size=400)
    plain, scaled = RestartBank().fit(X, y), RestartBank().fit(X * 1e4 + 7, y * 1e-5)
    np.testing.assert_allclose(scaled.predict(X * 1e4 + 7) * 1e5, plain.predict(X), rtol=1e-4, atol=1e-6)
    X[5, 1], y[9] = np.nan, np.nan
    X[20, 2] = np.inf
    assert np.isfinite(RestartBank().fit(X, y).predict(X)).all()
    assert np.isfinite(RestartBank().fit(np.ones((50, 2)), np.ones(50)).predict(np.ones((2, 2)))).all()
    with pytest.raises(InvalidValueError, match="3 features, got 2"):
        plain.partial_fit(X[:, :2], y)


def test_the_bank_is_its_state() -> None:
    X = stream(5, "tests/bank").normal(size=(60, 2))
    one, two = RestartBank().fit(X, X[:, 0]), RestartBank().fit(X, X[:, 0])
    assert one.fingerprint == two.fingerprint
    assert one.fingerprint != two.partial_fit(X[:1], X[:1, 0]).fingerprint
    assert one.coefficients()[0] > abs(one.coefficients()[1])
    assert one.predict_dist(X).values.shape == (60, 2)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 30)), max_size=30))
@settings(max_examples=50, deadline=None)
def test_labels_are_learnt_when_known_and_never_before(rows: list[tuple[int, int]]) -> None:
    queue = LabelDelayQueue()
    rows = sorted(rows)
    learnt = []
    for now, wait in rows:
        for at in queue.due(now):
            assert at <= now
            learnt.append(at)
        queue.push(now + wait, now + wait)
    learnt += queue.due(1000)
    assert learnt == sorted(now + wait for now, wait in rows)
    assert len(queue) == 0


def test_the_queue_refuses_to_go_back_and_to_grow_for_ever() -> None:
    queue = LabelDelayQueue(limit=1)
    queue.push(5, "row")
    with pytest.raises(InvalidValueError, match="at most 1"):
        queue.push(6, "row")
    queue.due(10)
    with pytest.raises(InvalidValueError, match="does not go back"):
        queue.due(9)


@pytest.mark.parametrize(("kind", "sensitivity"), [("adwin", 0.002), ("page-hinkley", 0.02)])
def test_detectors_hear_a_jump_and_little_else(kind: str, sensitivity: float) -> None:
    chance = stream(6, "tests/detectors")
    quiet, loud = chance.normal(1.0, 1.0, 3000), chance.normal(2.0, 1.0, 300)
    detector = ErrorDetector(kind, sensitivity)  # type: ignore[arg-type]
    assert sum(detector.update(v) for v in quiet) <= 1
    assert any(detector.update(v) for v in loud)


def test_a_moved_feature_is_found() -> None:
    chance = stream(7, "tests/detectors")
    reference = chance.normal(size=(2000, 2))
    moved = chance.normal(size=(500, 2)) + np.array([0.0, 1.0])
    watch = PopulationStability(reference)
    still, gone = watch.indices(moved)
    assert still < 0.1
    assert gone > 0.25
    assert any(watch.update(row) for row in moved)
    assert not any(watch.update(row) for row in chance.normal(size=(1500, 2)))
    assert np.isnan(population_stability(reference[:, 0], np.array([np.nan])))


def supervised(gain: float) -> Supervisor:
    chance = stream(8, "tests/supervisor")
    X = chance.normal(size=(2400, 3))
    slope = np.where(np.arange(2400) < 1200, 0.8, gain)
    y = slope * X[:, 0] + chance.normal(size=2400)
    keeper = Supervisor(Line).fit(X[:600], y[:600])
    for x, label in zip(X[600:], y[600:], strict=True):
        keeper.learn(x, float(label))
    return keeper


def test_a_challenger_is_promoted_after_a_change_and_every_decision_has_its_evidence() -> None:
    keeper = supervised(-0.8)
    after = [decision for decision in keeper.decisions if decision.row > 1200]
    assert [decision.kind for decision in after[:3]] == ["challenge", "promote", "keep"]
    assert after[0].row < 1400
    assert after[1].evidence["t"] > 1.0
    assert keeper.champion.slope_[0] < -0.5


def test_nothing_is_promoted_where_nothing_changes() -> None:
    assert [d.kind for d in supervised(0.8).decisions if d.kind == "promote"] == []


def test_a_promotion_that_was_wrong_is_rolled_back() -> None:
    class Level:
        made = 0

        def fit(self, X: np.ndarray, y: np.ndarray) -> "Level":
            Level.made += 1
            self.level = 1.0 if Level.made == 1 else 0.0
            return self

        def predict_dist(self, X: np.ndarray) -> "Level":
            self.rows = len(X)
            return self

        def mean(self) -> np.ndarray:
            return np.full(self.rows, self.level)

    chance = stream(9, "tests/supervisor")
    keeper = Supervisor(Level, SupervisorSettings(every=20, shadow=20, probation=30, sensitivity=1e-6, refresh=0))
    keeper.fit(np.zeros((10, 1)), np.ones(10))
    for k in range(120):  # a spell at 0 promotes the challenger that says 0; then the world is at 1 again
        keeper.learn(np.zeros(1), float((0.0 if 20 < k <= 55 else 1.0) + 0.1 * chance.normal()))
    kinds = [d.kind for d in keeper.decisions]
    assert kinds[kinds.index("promote") + 1] == "roll back"
    assert keeper.predict(np.zeros((1, 1)))[0] == 1.0


def test_the_drill_never_shows_a_label_before_it_is_known() -> None:
    class Spy:
        alarms: ClassVar[list[int]] = []
        at, learnt = -1, -1

        def predict(self, X: np.ndarray) -> np.ndarray:
            self.at = int(X[0, 0])
            return np.zeros(1)

        def learn(self, x: np.ndarray, y: float) -> None:
            assert x[0] + 3 <= self.at + 1
            self.learnt = int(x[0])

    rows = np.arange(60, dtype=float)
    drawn = DriftStream(name="count", X=rows[:, None], y=rows, delay=np.full(60, 3))
    spy = Spy()
    run_drill("spy", spy, drawn, warm_up=5)
    assert spy.learnt == 56


def test_an_oracle_recovers_at_once_and_a_stale_forecast_never() -> None:
    drawn = switching_stream(12)
    perfect = measure("oracle", drawn.mean, drawn, 1000, [3010, 4500])
    assert (perfect.recovery, perfect.false_alarms, perfect.caught) == (100.0, 1, 1 / 3)
    stale = measure(
        "stale", drawn.X @ np.linalg.lstsq(drawn.X[:3000], drawn.mean[:3000], rcond=None)[0], drawn, 1000, []
    )
    assert stale.ic < 0.1
    with pytest.raises(NotFoundError, match="restart bank"):
        make_learner("magic")
    assert len(LEARNERS) >= 6
