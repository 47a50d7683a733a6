"""Labels: equal to their definitions; born before they end; the past of a label is not in its answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import labels as naive

from tradewind.alpha.labels.horizon import fixed_horizon, fixed_time, smoothed_mid, spread_threshold
from tradewind.alpha.labels.label import three_classes, uniqueness
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream


def path(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = stream(seed, "tests/labels")
    price = 50.0 + 0.01 * np.cumsum(rng.integers(-1, 2, count))
    return price, np.cumsum(rng.integers(0, 5, count)) * 1000


def check(got, expected) -> None:
    rows, y, value, t0, t1 = zip(*expected, strict=True) if expected else ((), (), (), (), ())
    assert got.rows.tolist() == list(rows)
    np.testing.assert_array_equal(got.y, y)
    np.testing.assert_allclose(got.value, value, rtol=1e-9, atol=1e-12)
    assert (got.t0.tolist(), got.t1.tolist()) == (list(t0), list(t1))


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 120),
    seed=st.integers(0, 9),
    k=st.integers(1, 30),
    step=st.integers(1, 7),
    threshold=st.sampled_from([0.0, 1.5e-4, 1e-3]),
)
def test_labels_equal_their_definitions(count: int, seed: int, k: int, step: int, threshold: float) -> None:
    price, ts = path(count, seed)
    at = np.arange(0, count, step)
    check(fixed_horizon(price, ts, at, k, threshold), naive.fixed_horizon(price, ts, at, k, threshold))
    check(fixed_time(price, ts, at, k * 1000, threshold), naive.fixed_time(price, ts, at, k * 1000, threshold))
    check(smoothed_mid(price, ts, at, k, threshold), naive.smoothed_mid(price, ts, at, k, threshold))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), min_size=1, max_size=40))
def test_uniqueness_equals_its_definition(spans: list[tuple[int, int]]) -> None:
    spans = sorted(spans)
    t0 = np.array([a for a, _ in spans])
    t1 = t0 + np.array([length for _, length in spans])
    got = uniqueness(t0, t1)
    np.testing.assert_allclose(got, naive.uniqueness(t0, t1))
    assert ((got > 0) & (got <= 1)).all()


def test_thresholds_sized_by_the_spread() -> None:
    bid, ask = np.array([99.0, 99.9]), np.array([101.0, 100.1])
    np.testing.assert_allclose(spread_threshold(bid, ask, 2.0), [0.02, 0.002])
    labels = fixed_horizon(
        np.array([100.0, 100.0, 101.0]), np.arange(3), np.array([0, 1]), 1, spread_threshold(bid, ask)
    )
    assert labels.y.tolist() == [0.0, 1.0]
    with pytest.raises(InvalidValueError, match="above a positive bid"):
        spread_threshold(np.array([1.0]), np.array([1.0]))


def test_what_cannot_be_is_refused_by_name() -> None:
    price, ts = path(20, 1)
    at = np.arange(20)
    with pytest.raises(InvalidValueError, match="at least one row"):
        fixed_horizon(price[:0], ts[:0], at[:0], 1)
    with pytest.raises(InvalidValueError, match="does not go backwards"):
        fixed_horizon(price, ts[::-1], at, 1)
    with pytest.raises(InvalidValueError, match="positive"):
        fixed_horizon(np.where(at == 7, np.nan, price), ts, at, 1)
    with pytest.raises(InvalidValueError, match="horizon"):
        smoothed_mid(price, ts, at, 0)
    with pytest.raises(InvalidValueError, match="rows 0 to 19"):
        fixed_horizon(price, ts, np.array([20]), 1)
    with pytest.raises(InvalidValueError, match="threshold"):
        three_classes(price, -1.0)
