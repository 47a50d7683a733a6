"""Intervals cover, tests hold their size, and the confidence set drops what is worse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.stats import (
    clustered_interval,
    correlation_interval,
    diebold_mariano,
    long_run_variance,
    mean_interval,
    model_confidence_set,
    newey_west,
    qlike,
    ratio_interval,
    stationary_indices,
    stationary_interval,
    superior_predictive_ability,
)


def persistent(chance: np.random.Generator, n: int, memory: float) -> np.ndarray:
    noise = chance.standard_normal(n)
    values = np.empty(n)
    values[0] = noise[0]
    for k in range(1, n):
        values[k] = memory * values[k - 1] + noise[k]
    return values


def test_clusters_widen_the_interval_and_it_covers() -> None:
    chance = stream(1, "test")
    days = np.repeat(np.arange(60), 20)
    covered = 0
    for seed in range(60):
        values = chance.standard_normal(60)[days] + 0.1 * chance.standard_normal(1200)
        found = mean_interval(values, days, seed, draws=300)
        naive = mean_interval(values, np.arange(1200), seed, draws=300)
        assert found.high - found.low > 2 * (naive.high - naive.low)
        covered += found.low < 0 < found.high
    assert covered >= 50  # 57 expected, 50 or fewer with a chance below 1 %


def test_correlation_equals_numpy_and_excludes_zero() -> None:
    chance = stream(2, "test")
    x = chance.standard_normal(2000)
    y = 0.3 * x + chance.standard_normal(2000)
    found = correlation_interval(x + 100, y, np.arange(2000) // 10, seed=3)
    assert found.mean == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found.excludes_zero


def test_ratio_of_a_number_to_itself_is_certain() -> None:
    values = np.arange(1.0, 51.0)
    found = ratio_interval(2 * values, values, np.arange(50), seed=0)
    assert (found.mean, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_one_cluster_says_nothing() -> None:
    found = mean_interval(np.ones(5), np.zeros(5), seed=0)
    assert found.mean == 1
    assert np.isnan(found.low)


@given(st.integers(2, 200), st.floats(1, 50))
@settings(max_examples=30, deadline=None)
def test_blocks_run_on(length: int, block: float) -> None:
    rows = stationary_indices(length, min(block, length), stream(5, "test"))
    assert rows.min() >= 0
    assert rows.max() < length
    if block == 1:
        assert len(rows) == length


def test_blocks_have_the_asked_length() -> None:
    rows = stationary_indices(100_000, 25.0, stream(6, "test"))
    breaks = np.sum((np.diff(rows) != 1) & (np.diff(rows) != -99_999))
    assert 100_000 / breaks == pytest.approx(25, rel=0.05)


def test_stationary_interval_knows_of_memory() -> None:
    values = persistent(stream(7, "test"), 2000, 0.8)
    short = stationary_interval(values, np.mean, seed=1, block=1, draws=300)
    long = stationary_interval(values, np.mean, seed=1, block=40, draws=300)
    assert long.high - long.low > 2 * (short.high - short.low)


def test_long_run_variance_by_hand_and_against_theory() -> None:
    values = np.array([1.0, -1.0, 2.0, 0.0])
    centred = values - 0.5
    gamma0, gamma1 = centred @ centred / 4, centred[1:] @ centred[:-1] / 4
    assert long_run_variance(values, 1)[0] == pytest.approx(gamma0 + 2 * 0.5 * gamma1)
    series = persistent(stream(8, "test"), 50_000, 0.5)
    assert long_run_variance(series, 60)[0] == pytest.approx(1 / 0.25, rel=0.1)
    assert newey_west(series + 1).t > 50


def test_diebold_mariano_keeps_its_size() -> None:
    chance = stream(9, "test")
    rejected = sum(
        diebold_mariano(persistent(chance, 400, 0.3), persistent(chance, 400, 0.3)).p < 0.05 for _ in range(200)
    )
    assert rejected <= 26  # 10 expected of 200, HAC is a little liberal


def test_diebold_mariano_by_day_is_not_fooled_by_copies() -> None:
    chance = stream(10, "test")
    first, second = chance.standard_normal(100), chance.standard_normal(100)
    once = diebold_mariano(first, second)
    copies = diebold_mariano(np.repeat(first, 9), np.repeat(second, 9), periods=np.repeat(np.arange(100), 9))
    assert copies.statistic == pytest.approx(once.statistic)
    assert copies.observations == once.observations == 100
    assert np.isnan(diebold_mariano(first, first).p)


def test_confidence_set_drops_the_worse_and_keeps_twins() -> None:
    chance = stream(11, "test")
    shared = chance.standard_normal(400) ** 2
    losses = {name: shared + 0.1 * chance.standard_normal(400) for name in ("a", "b")}
    losses["worse"] = losses["a"] + 0.1
    losses["twin"] = losses["a"]
    found = model_confidence_set(losses, seed=1, draws=200)
    assert "worse" not in found.included
    assert found.p["twin"] == found.p["a"] > 0.1
    same = model_confidence_set({"a": shared, "b": shared}, seed=1)
    assert same.included == ("a", "b")


def test_superior_ability_sees_a_better_model_only() -> None:
    chance = stream(12, "test")
    benchmark = chance.standard_normal(500) ** 2
    noise = {f"m{k}": benchmark + 0.2 * chance.standard_normal(500) for k in range(8)}
    assert superior_predictive_ability(benchmark, noise, seed=1, draws=300).consistent > 0.05
    found = superior_predictive_ability(benchmark, noise | {"good": benchmark - 0.1}, seed=1, draws=300)
    assert found.consistent < 0.05
    assert "good" in found.better


def test_qlike_is_least_at_the_truth() -> None:
    grid = np.linspace(0.2, 3, 200)
    draws = stream(13, "test").gamma(2, 0.5, 20_000)  # mean 1
    mean = np.array([qlike(draws, np.full(len(draws), f)).mean() for f in grid])
    assert grid[np.argmin(mean)] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    "call",
    [
        lambda: qlike(np.array([1.0, 0.0]), np.ones(2)),
        lambda: qlike(np.ones(2), np.array([1.0, np.nan])),
        lambda: mean_interval(np.ones(3), np.arange(3), 0, draws=5),
        lambda: clustered_interval(np.ones((3, 1)), np.arange(2), np.sum, 0),
        lambda: diebold_mariano(np.ones(5), np.ones(5)),
        lambda: diebold_mariano(np.ones(20), np.ones(21)),
        lambda: model_confidence_set({"a": np.ones(20)}, 0),
        lambda: stationary_interval(np.ones(20), np.mean, 0, block=50),
        lambda: newey_west(np.array([1.0, np.nan, 2.0])),
    ],
)
def test_bad_input_is_named(call: object) -> None:
    with pytest.raises(InvalidValueError):
        call()  # type: ignore[operator]
