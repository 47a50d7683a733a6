"""Labels: equal to their definitions; born before they end; the past of a label is not in its answer."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.naive import labels as naive

from tradewind.alpha.features.panel import group_ranks
from tradewind.alpha.labels.barriers import realised_variance, triple_barrier
from tradewind.alpha.labels.cross_section import cross_section_rank
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


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
    u, d = threshold + 2.1e-4, threshold + 3.1e-4
    check(triple_barrier(price, ts, at, k, (u, d)), naive.triple_barrier(price, ts, at, k, u, d))
    variance = realised_variance(price, ts, at, k)
    expected = naive.realised_variance(price, ts, at, k)
    np.testing.assert_allclose(variance.y, [row[1] for row in expected], rtol=1e-9, atol=1e-16)
    assert variance.t1.tolist() == [row[4] for row in expected]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), min_size=1, max_size=40))
def test_uniqueness_equals_its_definition(spans: list[tuple[int, int]]) -> None:
    spans = sorted(spans)
    t0 = np.array([a for a, _ in spans])
    t1 = t0 + np.array([length for _, length in spans])
    got = uniqueness(t0, t1)
    np.testing.assert_allclose(got, naive.uniqueness(t0, t1))
    assert ((got > 0) & (got <= 1)).all()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from([-1.5, 0.0, 0.25, 2.0, np.nan]), st.integers(0, 3)), min_size=1, max_size=30))
def test_ranks_equal_their_definition(rows: list[tuple[float, int]]) -> None:
    values, groups = np.array([v for v, _ in rows]), np.array([g for _, g in rows])
    np.testing.assert_allclose(group_ranks(values, groups), naive.rank(values, groups))
    whole = np.nan_to_num(values)
    ranks, excess = cross_section_rank(whole, groups)
    for group in set(groups):
        inside = groups == group
        assert ranks[inside].mean() == pytest.approx(0, abs=1e-12)
        np.testing.assert_allclose(excess[inside], whole[inside] - whole[inside].mean(), atol=1e-12)


def test_what_happens_after_the_end_of_a_label_does_not_change_it() -> None:
    price, ts = path(300, 4)
    other = np.concatenate((price[:200], price[200:] * 3))
    at = np.arange(0, 300, 3)
    for label in (
        lambda p: fixed_horizon(p, ts, at, 10),
        lambda p: fixed_time(p, ts, at, 9000),
        lambda p: smoothed_mid(p, ts, at, 10),
        lambda p: triple_barrier(p, ts, at, 20, (4e-4, 4e-4)),
        lambda p: realised_variance(p, ts, at, 10),
    ):
        one, two = label(price), label(other)
        kept = np.isin(one.rows, two.rows) & (one.t1 < ts[200])
        assert kept.sum() > 30
        np.testing.assert_array_equal(one.y[kept], two.y[np.isin(two.rows, one.rows[kept])])
        assert (one.t1 >= one.t0).all()


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
    with pytest.raises(InvalidValueError, match="barriers must be positive"):
        triple_barrier(price, ts, at, 5, (0.0, 1.0))
    with pytest.raises(InvalidValueError, match="threshold"):
        three_classes(price, -1.0)


def test_a_mid_of_other_prices_that_add_up_to_the_same_has_not_moved() -> None:
    bid, ask = np.array([0.1, 0.15]), np.array([0.7, 0.65])
    mid = 0.5 * (bid + ask)
    assert mid[0] != mid[1], "rounding"
    assert fixed_horizon(mid, np.arange(2), np.arange(1), 1).y.tolist() == [0.0]


def test_the_move_from_now_to_the_mean_of_the_next() -> None:
    price = np.array([10.0, 11.0, 12.0, 10.0, 9.0])
    labels = smoothed_mid(price, np.arange(5), np.arange(5), 2, past=1)
    np.testing.assert_allclose(labels.value, [0.15, 0.0, 9.5 / 12 - 1], atol=1e-12)
    assert labels.y.tolist() == [1.0, 0.0, -1.0]
    with pytest.raises(InvalidValueError, match="past"):
        smoothed_mid(price, np.arange(5), np.arange(5), 2, past=-1)
