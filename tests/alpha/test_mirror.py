"""The mirror of a market: what it does to features, and models that learn from both sides of it."""

import numpy as np
import pytest
from tests.alpha.made_up import CLOSE_NS, OPEN_NS, made_up_ticks

from tradewind.alpha.features.catalogue import DEPTH_FEATURES, TOUCH
from tradewind.alpha.features.catalogue_market import MARKET
from tradewind.alpha.features.layout import DEPTH
from tradewind.alpha.features.mirror import mirror_of
from tradewind.alpha.features.stream import depth_batch, touch_batch
from tradewind.alpha.models import Mirrored, make_model
from tradewind.alpha.protocol import Distribution, Sample
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream

NAMES = [feature.name for feature in TOUCH]


def in_the_mirror(ticks: np.ndarray) -> np.ndarray:
    """Prices around 50 turned around it, sides changed."""
    turned = ticks.copy()
    turned["bid"], turned["ask"] = 100 - ticks["ask"], 100 - ticks["bid"]
    turned["bid_size"], turned["ask_size"] = ticks["ask_size"], ticks["bid_size"]
    turned["price"] = np.where(ticks["price"] > 0, 100 - ticks["price"], 0.0)
    turned["side"] = -ticks["side"]
    return turned


def test_features_of_a_mirrored_market_are_the_mirrored_features() -> None:
    ticks = made_up_ticks(3000, seed=5, sided=True)
    for name in ("bid", "ask", "price"):  # ticks that are exact in binary, so that equal mids are equal
        ticks[name] = np.where(ticks[name] > 0, 50 + ((ticks[name] - 50) * 200).round() / 256, ticks[name])
    one = touch_batch(ticks, 1 / 128, (OPEN_NS, CLOSE_NS), every=7).values
    two = touch_batch(in_the_mirror(ticks), 1 / 128, (OPEN_NS, CLOSE_NS), every=7).values
    mirrored = mirror_of(NAMES).of(one)
    for column, name in enumerate(NAMES):
        a, b = mirrored[50:, column], two[50:, column]
        # Basis points are of another price: 50 + x against 50 - x.
        np.testing.assert_allclose(a, b, rtol=0.02, atol=0.02 * np.nanstd(b) + 1e-9, err_msg=name)


def test_features_of_levels_have_a_mirror_too() -> None:
    rng, books = stream(1, "tests/mirror"), np.zeros(300, DEPTH)
    for k in range(10):
        books["bid"][:, k] = 50 - 0.01 * (k + 1) - 0.01 * rng.integers(0, 2, 300) * (k > 0)
        books["ask"][:, k] = 50 + 0.01 * (k + 1)
    books["bid_size"], books["ask_size"] = rng.integers(1, 9, (2, 300, 10))
    turned = np.zeros(300, DEPTH)
    turned["bid"], turned["ask"] = 100 - books["ask"], 100 - books["bid"]
    turned["bid_size"], turned["ask_size"] = books["ask_size"], books["bid_size"]
    rows = np.arange(50, 300)
    mirror = mirror_of([feature.name for feature in DEPTH_FEATURES])
    np.testing.assert_allclose(mirror.of(depth_batch(books, rows)), depth_batch(turned, rows), rtol=1e-3, atol=1e-3)


def test_the_mirror_of_the_mirror_is_the_row() -> None:
    names = [f.name for f in (*TOUCH, *DEPTH_FEATURES, *MARKET)]
    X, mirror = stream(2, "tests/mirror").standard_normal((5, len(names))), mirror_of(names)
    np.testing.assert_array_equal(mirror.of(mirror.of(X)), X)
    assert (mirror.of(X) != X).any(axis=0).sum() > 40
    with pytest.raises(InvalidValueError, match="momentum"):
        mirror_of(["momentum"])
    with pytest.raises(InvalidValueError, match="both bid_age and ask_age"):
        mirror_of(["bid_age"])


@pytest.mark.parametrize("name", ["logistic", "lightgbm"])
def test_a_mirrored_model_has_no_drift_and_says_so_of_every_row(name: str) -> None:
    rng = stream(3, "tests/mirrored")
    X = rng.standard_normal((900, 3))
    drift = X[:, 0] + 0.5 + rng.standard_normal(900)
    y = np.sign(drift) * (np.abs(drift) > 0.5)
    zeros, t0 = np.zeros(900, np.int64), np.arange(900)
    sample = Sample(t0=t0, t1=t0 + 5, weight=np.ones(900), series=zeros, day=zeros)
    settings = {"rounds": 20} if name == "lightgbm" else {}
    order, sign = np.array([0, 2, 1]), np.array([-1.0, 1.0, 1.0])
    model = Mirrored(make_model(name, **settings), order, sign).fit(X, y, sample)
    told, other = model.predict_dist(X).values, model.predict_dist(X[:, order] * sign).values
    np.testing.assert_allclose(told, other[:, ::-1], atol=1e-12)
    assert np.corrcoef(told[:, 2] - told[:, 0], X[:, 0])[0, 1] > 0.7
    plain = make_model(name, **settings).fit(X, y, sample).predict_dist(X).values
    assert plain[:, 2].mean() - plain[:, 0].mean() > 0.1, "without the mirror the drift is learnt"
    assert model.fingerprint != Mirrored(make_model(name, **settings), np.arange(3), sign).fit(X, y).fingerprint


def test_a_mirrored_network_sees_one_market_at_a_time() -> None:
    pytest.importorskip("torch")
    rng, zeros, t0 = stream(4, "tests/mirrored"), np.zeros(400, np.int64), np.arange(400)
    X = rng.standard_normal((400, 2))
    y = np.sign(X[:, 0] + np.roll(X[:, 0], 1))
    sample = Sample(t0=t0, t1=t0, weight=np.ones(400), series=zeros, day=zeros)
    inner = make_model("lstm", window=4, width=4, epochs=2, seed=1)
    model = Mirrored(inner, np.arange(2), -np.ones(2)).fit(X, y, sample)
    np.testing.assert_allclose(
        model.predict_dist(X, sample).values, model.predict_dist(-X, sample).values[:, ::-1], atol=1e-12
    )


def test_what_is_no_mirror_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="in pairs"):
        Mirrored(make_model("ridge"), np.array([1, 2, 0]), np.ones(3))
    X = stream(5, "tests/mirrored").random((60, 1)) + 1
    with pytest.raises(InvalidValueError, match="which have a mirror"):
        Mirrored(_Gamma(), np.arange(1), -np.ones(1)).predict_dist(X)


class _Gamma:
    def predict_dist(self, X: np.ndarray, sample: Sample | None = None) -> Distribution:
        del sample
        return Distribution(kind="gamma", values=np.ones((len(X), 2)))
