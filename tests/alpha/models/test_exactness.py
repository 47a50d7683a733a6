"""Models run from arrays say what the library that grew them says; linear ones are what their formulas say."""

import numpy as np
import pytest

from tradewind.alpha.models import make_model
from tradewind.alpha.models.boosting import parse_trees
from tradewind.alpha.models.checks import scaled
from tradewind.alpha.models.forest import Grown
from tradewind.alpha.models.ordered import class_edges, class_probabilities
from tradewind.alpha.models.tail import purged_tail
from tradewind.alpha.protocol import Sample
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream

RANDOM = stream(11, "exactness")
X = RANDOM.standard_normal((500, 5))
NUMBER = X[:, 0] - 0.5 * X[:, 1] * X[:, 2] + 0.5 * RANDOM.standard_normal(500)
CLASS = np.sign(np.round(NUMBER)) + 0.0


def test_boosted_trees_equal_lightgbm() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    holes = X.copy()
    holes[::7, 0] = np.nan
    holes[::5, 1] = 0.0
    for fill in (holes, np.where(np.isnan(holes), 0.0, holes)):
        model = make_model("lightgbm", rounds=30, leaf=5.0, patience=0).fit(fill, CLASS)
        booster = lightgbm.Booster(model_str=model.texts_["0"].tobytes().decode())
        np.testing.assert_allclose(model.sums(holes), booster.predict(holes, raw_score=True), atol=1e-9)
    zero = {"zero_as_missing": True, "objective": "regression", "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(zero, lightgbm.Dataset(holes, NUMBER), 20)
    walker = Grown()
    walker.levels_, walker.n_features_in_ = (), 5
    type(walker).columns_out_ = property(lambda _: 1)
    trees = parse_trees(booster.model_to_string(), 1, 0)
    walker.tables_ = {name: getattr(trees, name) for name in trees.__struct_fields__}
    np.testing.assert_allclose(walker.sums(holes)[:, 0], booster.predict(holes), atol=1e-9)


def test_a_forest_equals_scikit_learn() -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    model = make_model("forest", trees=7, rows=0.5).fit(X, CLASS)
    seed = int(stream(0, "alpha/forest").integers(2**31))
    oracle = ensemble.RandomForestClassifier(
        7, min_samples_leaf=0.002, max_depth=12, max_features=0.4, max_samples=0.5, n_jobs=1, random_state=seed
    ).fit(X.astype(np.float32), CLASS, sample_weight=np.ones(500))
    np.testing.assert_allclose(model.predict_proba(X), oracle.predict_proba(X.astype(np.float32)), atol=1e-12)


def test_support_vectors_equal_scikit_learn() -> None:
    svm = pytest.importorskip("sklearn.svm")
    model = make_model("svm").fit(X, CLASS)
    Z = scaled(X, (model.mean_, model.scale_))
    oracle = svm.SVC(C=1.0, gamma=model.width_, decision_function_shape="ovo").fit(Z, CLASS)
    np.testing.assert_allclose(model.decisions(Z), oracle.decision_function(Z), atol=1e-9)
    with pytest.raises(InvalidValueError, match=r"would need .* GB"):
        make_model("svm", most_rows=100).fit(X, CLASS)


def test_ridge_equals_scikit_learn() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    weight = RANDOM.random(500)
    zeros = np.zeros(500, np.int64)
    sample = Sample(t0=zeros, t1=zeros, weight=weight, series=zeros, day=zeros)
    model = make_model("ridge", alpha=0.01).fit(X, NUMBER, sample)
    Z = scaled(X, (model.mean_, model.scale_))
    oracle = linear.Ridge(alpha=0.01 * weight.sum()).fit(Z, NUMBER, sample_weight=weight)
    np.testing.assert_allclose(model.weights_, oracle.coef_, atol=1e-9)
    np.testing.assert_allclose(model.predict(X), oracle.predict(Z), atol=1e-9)


def test_recursive_least_squares_without_forgetting_is_ridge() -> None:
    model = make_model("rls", forgetting=1.0, prior=2.0).fit(X, NUMBER)
    Z = np.concatenate([scaled(X, (model.mean_, model.scale_)), np.ones((500, 1))], axis=1)
    penalty = np.diag([0.5] * 5 + [0.5e-3])
    np.testing.assert_allclose(model.weights_, np.linalg.solve(Z.T @ Z + penalty, Z.T @ NUMBER), atol=1e-8)


def test_recursive_least_squares_follows_a_change() -> None:
    y = np.where(np.arange(500) < 250, 1.0, -1.0) * X[:, 0]
    quick, slow = (make_model("rls", forgetting=f).fit(X, y) for f in (0.97, 1.0))
    assert quick.weights_[0] < -0.9
    assert abs(slow.weights_[0]) < 0.3


def test_two_classes_are_as_good_as_three() -> None:
    y = (NUMBER > 0).astype(float)
    for name in ("logistic", "svm", "lightgbm", "forest", "ridge"):
        model = make_model(name, output="classes").fit(X, y)
        assert model.predict_dist(X).levels == (0.0, 1.0)
        assert model.score(X, y) > 0.75


def test_ordered_classes_keep_their_shares() -> None:
    shares = np.array([0.2, 0.5, 0.3])
    edges = class_edges(shares, 0.1, 2.0)
    np.testing.assert_allclose(class_probabilities(np.array([0.1]), np.array([2.0]), edges)[0], shares, atol=1e-9)


def test_the_tail_is_purged() -> None:
    t0 = np.arange(100)
    zeros = np.zeros(100, np.int64)
    sample = Sample(t0=t0, t1=t0 + 10, weight=np.ones(100), series=zeros, day=zeros)
    head, tail = purged_tail(sample, 100, 0.2)
    assert tail.tolist() == list(range(80, 100))
    assert head.max() == 70


def test_classes_can_be_balanced() -> None:
    rare = np.where(RANDOM.random(500) < 0.1, np.sign(X[:, 0]) + 0.0, 0.0)
    for name in ("logistic", "lightgbm", "forest", "svm"):
        plain = make_model(name, output="classes").fit(X, rare).predict(X)
        fair = make_model(name, output="classes", balance=1.0).fit(X, rare).predict(X)
        assert (fair != 0).mean() > (plain != 0).mean()


def test_boosting_stops_on_the_tail_and_uses_all_rows() -> None:
    model = make_model("lightgbm", rounds=300, rate=0.3, leaf=5.0).fit(X, CLASS)
    assert 0 < model.rounds_[0] < 300
    assert len(model.trees_.roots) == 3 * model.rounds_[0]


def test_gamma_is_the_qlike_loss() -> None:
    variance = np.exp(X[:, 0])
    y = variance * stream(3, "gamma").gamma(3.0, 1 / 3.0, 500)
    found = make_model("lightgbm", output="gamma", leaf=10.0, tail=0.3).fit(X, y).predict_dist(X)
    ratio, plain = y / found.values[:, 0], y / y.mean()
    assert np.mean(ratio - np.log(ratio)) < np.mean(plain - np.log(plain)) - 0.2
    assert 1.0 < found.values[0, 1] < 8.0


def test_a_fit_that_was_cut_short_says_so() -> None:
    assert any("not converged" in note for note in make_model("logistic", iterations=1).fit(X, CLASS).notes_)
    assert make_model("logistic").fit(X, CLASS).notes_ == []
