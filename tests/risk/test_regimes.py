"""Regimes are filtered, told better than by chance, and never smoothed."""

import numpy as np
import pytest

from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.risk.regimes.filtered import FilteredRegimes
from tradewind.risk.regimes.hmm import HiddenMarkov
from tradewind.risk.regimes.jump import JumpModel
from tradewind.risk.regimes.score import balanced_accuracy, delay, score_regimes
from tradewind.risk.regimes.simulate import simulate_regimes
from tradewind.risk.regimes.threshold import VolatilityThreshold

MODELS = [HiddenMarkov, JumpModel, VolatilityThreshold]
MARKET = simulate_regimes(1500, seed=5)


@pytest.mark.parametrize("kind", MODELS)
def test_states_know_no_later_day_and_a_stream_is_a_batch(kind: type) -> None:
    model = kind().fit(MARKET.returns[:1000])
    whole = model.filter(MARKET.returns)
    changed = MARKET.returns.copy()
    changed[1200:] *= -30
    again = model.filter(changed)
    np.testing.assert_array_equal(whole.state[:1200], again.state[:1200])
    np.testing.assert_array_equal(whole.probability[:1200], again.probability[:1200])
    for t in range(1000, 1003):
        one = model.update(MARKET.returns[t])
        assert one.state[0] == whole.state[t]
        np.testing.assert_allclose(one.probability[0], whole.probability[t], rtol=1e-9)


@pytest.mark.parametrize("kind", MODELS)
def test_there_is_no_smoothed_path(kind: type) -> None:
    public = {name for name in dir(kind()) if not name.startswith("_")}
    assert not {name for name in public if "smooth" in name or "viterbi" in name or name in ("predict", "decode")}


@pytest.mark.parametrize("kind", MODELS)
def test_regimes_are_told(kind: type) -> None:
    model = kind().fit(MARKET.returns[:1000])
    found = model.filter(MARKET.returns)
    assert balanced_accuracy(MARKET.state[1000:], found.state[1000:]) > 0.75
    assert MARKET.returns[found.state == 1].std() > 1.5 * MARKET.returns[found.state == 0].std()


def test_the_filter_equals_hmmlearn() -> None:
    from hmmlearn.hmm import GaussianHMM

    model = HiddenMarkov().fit(MARKET.returns)
    other = GaussianHMM(2, "diag", init_params="", params="")
    other.startprob_, other.transmat_ = model.start, model.transition
    other.means_, other.covars_ = model.mean[:, None], model.variance[:, None]
    likelihood = other.score(MARKET.returns[:, None])
    # hmmlearn gives smoothed probabilities: at the last day they are the filtered ones.
    for end in (5, 400, 1500):
        expected = other.predict_proba(MARKET.returns[:end, None])[-1]
        np.testing.assert_allclose(model.filter(MARKET.returns[:end]).probability[-1], expected, rtol=1e-6)
    learned = GaussianHMM(2, "diag", n_iter=300, tol=1e-4, random_state=0)
    learned.fit(MARKET.returns[:, None] * 100)
    found = np.sort(np.sqrt(learned.covars_.ravel())) / 100
    np.testing.assert_allclose(np.sqrt(model.variance), found, rtol=0.02)
    assert likelihood == pytest.approx(model.likelihood, abs=5)


def test_a_jump_that_costs_nothing_is_taken_and_one_that_costs_all_is_not() -> None:
    free = JumpModel(0.0).fit(MARKET.returns).filter(MARKET.returns)
    dear = JumpModel(30.0).fit(MARKET.returns).filter(MARKET.returns)
    assert dear.flips < free.flips
    with pytest.raises(InvalidValueError):
        JumpModel(-1)


def test_stays_and_delays() -> None:
    found = FilteredRegimes(state=np.array([0, 0, 1, 1, 1, 0]), probability=np.zeros((6, 2)))
    assert found.durations(0).tolist() == [2, 1]
    assert found.durations(1).tolist() == [3]
    assert found.flips == 2
    assert delay(np.array([0, 1, 1, 1, 1, 1]), found, lasting=3) == [1]


def test_simulated_markets_are_as_said_and_scores_add_up() -> None:
    for noise in ("normal", "t5"):
        market = simulate_regimes(60_000, seed=1, noise=noise)  # type: ignore[arg-type]
        assert market.returns[market.state == 1].std() == pytest.approx(0.0174, rel=0.05)
        assert 500 * np.mean(np.diff(market.state) != 0) == pytest.approx(3.75, rel=0.15)
    scores = score_regimes([VolatilityThreshold()], simulations=3)
    assert scores[0].accuracy.low < scores[0].accuracy.mean < scores[0].accuracy.high


@pytest.mark.parametrize("kind", MODELS)
def test_bad_input_is_named(kind: type) -> None:
    with pytest.raises(InvalidValueError, match="250 or more"):
        kind().fit(np.zeros(10))
    with pytest.raises(InvalidValueError, match="finite"):
        kind().fit(np.full(300, np.nan))
    with pytest.raises(NotFoundError, match="not fitted"):
        kind().filter(np.zeros(300))
    model = kind().fit(MARKET.returns[:300])
    with pytest.raises(InvalidValueError, match="finite"):
        model.update(float("nan"))
