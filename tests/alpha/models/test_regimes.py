"""Regimes: the forward filter against its slow twin and hmmlearn, states found where they are, nothing smoothed."""

import numpy as np
import pytest

from tradewind.alpha.models import make_model
from tradewind.alpha.models.regime_kernels import forward_filter
from tradewind.alpha.protocol import Sample
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream

RANDOM = stream(31, "regimes")


def switching(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Quiet and wild rows, 100 at a time."""
    state = (np.arange(rows) // 100) % 2
    X = RANDOM.standard_normal((rows, 2)) * np.where(state, 3.0, 1.0)[:, None]
    return X, state


X, STATE = switching(1200)


def naive_filter(density: np.ndarray, moves: np.ndarray, start: np.ndarray, begins: np.ndarray) -> np.ndarray:
    out = []
    for t, row in enumerate(density):
        ahead = start if begins[t] else out[-1] @ moves
        joint = ahead * row
        out.append(joint / joint.sum())
    return np.array(out)


def test_the_filter_equals_its_naive_twin() -> None:
    density, moves = RANDOM.random((50, 3)), RANDOM.dirichlet(np.ones(3), 3)
    start, begins = np.array([0.2, 0.3, 0.5]), np.arange(50) % 20 == 0
    out = np.zeros((50, 3))
    forward_filter(density, moves, start, begins, out)
    np.testing.assert_allclose(out, naive_filter(density, moves, start, begins), atol=1e-12)


def test_the_filter_and_likelihood_equal_hmmlearn() -> None:
    hmm = pytest.importorskip("hmmlearn.hmm")
    model = make_model("hmm", states=2, output="normal").fit(X, X[:, 0])
    Z = model._seen(X)
    oracle = hmm.GaussianHMM(2, covariance_type="diag")
    oracle.startprob_, oracle.transmat_ = model.shares_, model.moves_
    oracle.means_, oracle.covars_ = model.centres_, model.spreads_**2
    score = model._log_density(Z) - 0.5 * Z.shape[1] * np.log(2 * np.pi)
    out, begins = np.zeros((len(Z), 2)), np.arange(len(Z)) == 0
    told = forward_filter(np.exp(score), model.moves_, model.shares_, begins, out)
    assert told == pytest.approx(oracle.score(Z), abs=1e-6)
    for rows in (1, 7, 150):  # the last row of a smoothed run is filtered
        np.testing.assert_allclose(oracle.predict_proba(Z[:rows])[-1], model.states(X[:rows])[-1], atol=1e-8)


def test_learning_raises_the_likelihood_as_hmmlearn_does() -> None:
    hmm = pytest.importorskip("hmmlearn.hmm")
    model = make_model("hmm", states=2, output="normal", rounds=60).fit(X, X[:, 0])
    Z = model._seen(X)
    oracle = hmm.GaussianHMM(2, covariance_type="diag", n_iter=60, random_state=0).fit(Z)
    mine = hmm.GaussianHMM(2, covariance_type="diag")
    mine.startprob_, mine.transmat_ = model.shares_, model.moves_
    mine.means_, mine.covars_ = model.centres_, model.spreads_**2
    assert mine.score(Z) > oracle.score(Z) - 0.01 * len(Z)


@pytest.mark.parametrize(("name", "accuracy"), [("kmeans", 0.5), ("gmm", 0.8), ("hmm", 0.93)])
def test_wild_rows_are_found(name: str, accuracy: float) -> None:
    looked = np.log(X**2 + 0.1) if name == "kmeans" else X
    model = make_model(name, states=2, output="normal").fit(looked[:800], looked[:800, 0])
    found = np.argmax(model.states(looked[800:]), axis=1)
    assert np.mean(found == STATE[800:]) > accuracy


@pytest.mark.parametrize("name", ["kmeans", "gmm", "hmm"])
def test_states_know_nothing_of_later_rows(name: str) -> None:
    model = make_model(name, states=2, output="normal").fit(X, X[:, 0])
    before = model.states(X[:300])
    poisoned = X.copy()
    poisoned[300:] *= 20.0
    assert np.array_equal(model.states(poisoned)[:300], before)
    np.testing.assert_allclose(before.sum(axis=1), 1.0)


def test_a_new_series_begins_afresh() -> None:
    model = make_model("hmm", states=2, output="normal").fit(X, X[:, 0])
    zeros = np.zeros(200, np.int64)
    two = Sample(t0=np.arange(200), t1=np.arange(200), weight=np.ones(200), series=np.repeat([4, 9], 100), day=zeros)
    np.testing.assert_allclose(model.states(X[:200], two)[100:], model.states(X[100:200]), atol=1e-12)


def test_states_are_features_of_other_models() -> None:
    regime = make_model("hmm", states=2, columns=(1,)).fit(X, STATE + 0.0)
    wide = regime.transform(X)
    assert wide.shape == (1200, 3)
    with_states = make_model("logistic").fit(wide, STATE + 0.0).score(wide, STATE + 0.0)
    assert with_states > make_model("logistic").fit(X, STATE + 0.0).score(X, STATE + 0.0) + 0.2
    with pytest.raises(InvalidValueError, match="columns"):
        make_model("gmm", columns=(5,)).fit(X, STATE + 0.0)
