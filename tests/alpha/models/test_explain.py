"""Contributions add up to what the model said; importance finds the column that matters."""

import numpy as np
import pytest

from tradewind.alpha.models import explain, make_model, permutation_importance
from tradewind.alpha.protocol import Sample
from tradewind.core.errors import InvalidValueError, UsageError
from tradewind.core.random import stream

RANDOM = stream(41, "explain")
X = RANDOM.standard_normal((240, 5))
Y = np.sign(np.round(1.5 * X[:, 0] + X[:, 1] * X[:, 2] + 0.3 * RANDOM.standard_normal(240))) + 0.0
SERIES = Sample(
    t0=np.arange(240), t1=np.arange(240), weight=np.ones(240), series=np.arange(240) % 2, day=np.zeros(240, np.int64)
)
SMALL = {"lightgbm": {"rounds": 20, "patience": 0, "leaf": 5.0}, "forest": {"trees": 10}}
CASES = [
    ("ridge", "normal", "exact"),
    ("rls", "normal", "exact"),
    ("logistic", "classes", "exact"),
    ("lightgbm", "classes", "exact"),
    ("lightgbm", "classes", "paths"),
    ("lightgbm", "quantiles", "exact"),
    ("lightgbm", "normal", "paths"),
    ("forest", "classes", "exact"),
]


@pytest.mark.parametrize(("name", "output", "method"), CASES)
def test_contributions_add_up(name: str, output: str, method: str) -> None:
    model = make_model(name, output=output, **SMALL.get(name, {})).fit(X, Y)
    found = explain(model, X[:30], method=method)
    assert found.gap < 1e-9
    assert found.values.shape == (30, 5, found.score.shape[1])
    last = found.score.shape[1] - 1
    size = np.abs(found.values[:, :, last]).mean(axis=0)
    assert np.argmax(size) == 0
    told = model.predict_dist(X[:30]).values
    if found.space == "mean" and output == "normal":
        np.testing.assert_allclose(found.score[:, 0], told[:, 0], atol=1e-9)
    if found.space == "log-odds":
        odds = np.log(told[:, 2] / told[:, 0])
        np.testing.assert_allclose(found.score[:, 2] - found.score[:, 0], odds, atol=1e-9)


@pytest.mark.parametrize("name", ["mlp", "lstm"])
def test_integrated_gradients_are_complete(name: str) -> None:
    pytest.importorskip("torch")
    window = {} if name == "mlp" else {"window": 5}
    model = make_model(name, epochs=15, rate=0.01, batch=32, width=8, **window).fit(X, Y, SERIES)
    found = explain(model, X[:30], sample=SERIES.take(np.arange(30)), steps=128)
    assert found.gap < 0.02 * np.abs(found.score).max()
    assert np.argmax(np.abs(found.values[:, :, 2]).mean(axis=0)) == 0


def test_contributions_by_modality_and_by_strength() -> None:
    model = make_model("logistic").fit(X, Y)
    found = explain(model, X[:4], ["imbalance", "spread", "flow", "tone", "age"])
    parts = found.by_modality(["book", "book", "book", "text", "text"])
    np.testing.assert_allclose(found.base + parts["book"] + parts["text"], found.score, atol=1e-9)
    strongest = found.strongest(0, 2, 5)
    assert abs(strongest[0][1]) == np.abs(found.values[0, :, 2]).max()
    with pytest.raises(InvalidValueError, match="one for each of 5 columns"):
        explain(model, X, ["only one"])


def test_a_model_that_is_no_sum_says_so() -> None:
    with pytest.raises(UsageError, match="permutation_importance"):
        explain(make_model("majority").fit(X, Y), X)


@pytest.mark.parametrize("name", ["logistic", "svm"])
def test_importance_finds_what_matters(name: str) -> None:
    model = make_model(name).fit(X[:180], Y[:180])
    found = permutation_importance(model, (X[180:], Y[180:], None), ["main", "pair", "pair", "rest", "rest"])
    assert found[0].group == "main"
    assert found[0].loss > 3 * abs(next(item.loss for item in found if item.group == "rest"))
    again = permutation_importance(model, (X[180:], Y[180:], None), ["main", "pair", "pair", "rest", "rest"])
    assert found == again
