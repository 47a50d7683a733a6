"""Realised measures find the variance that was put in, with and without noise and jumps."""

from pathlib import Path

import numpy as np
import pytest

from tradewind.core.errors import DataError, InvalidValueError
from tradewind.core.random import stream
from tradewind.risk.volatility.realised import (
    bipower_variation,
    garman_klass,
    measure_ticks,
    noise_variance,
    parkinson,
    realised_kernel,
    realised_variance,
)
from tradewind.risk.volatility.tick_files import read_ticks

TRUE = 4e-4


def session(seed: int, ticks: int = 23_400, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    chance = stream(seed, "ticks")
    path = np.cumsum(chance.standard_normal(ticks)) * np.sqrt(TRUE / ticks)
    return 100 * np.exp(path + noise * chance.standard_normal(ticks)), np.arange(ticks, dtype=np.float64)


def test_without_noise_every_measure_is_right() -> None:
    found = [measure_ticks(*session(seed)) for seed in range(20)]
    for name, tolerance in (("every_tick", 0.02), ("five_minutes", 0.12), ("bipower", 0.15), ("kernel", 0.12)):
        assert np.mean([getattr(m, name) for m in found]) == pytest.approx(TRUE, rel=tolerance), name


def test_with_noise_only_the_kernel_and_sparse_sampling_are() -> None:
    noise = 3e-4
    found = [measure_ticks(*session(seed, noise=noise)) for seed in range(20)]
    assert np.mean([m.every_tick for m in found]) > 5 * TRUE
    assert np.mean([m.kernel for m in found]) == pytest.approx(TRUE, rel=0.2)
    assert np.mean([m.noise for m in found]) == pytest.approx(noise**2, rel=0.2)


def test_bipower_leaves_a_jump_out() -> None:
    prices, _ = session(1)
    jumped = prices * np.where(np.arange(len(prices)) > 10_000, 1.03, 1.0)
    assert realised_variance(jumped) - realised_variance(prices) == pytest.approx(np.log(1.03) ** 2, rel=0.1)
    assert bipower_variation(jumped) == pytest.approx(bipower_variation(prices), rel=0.03)


def test_ranges_of_bars() -> None:
    chance = stream(2, "bars")
    path = np.cumsum(chance.standard_normal((3000, 1000)) * np.sqrt(1e-4 / 1000), axis=1)
    path = np.hstack([np.zeros((3000, 1)), path])
    opened, high, low, close = (np.exp(x) for x in (path[:, 0], path.max(axis=1), path.min(axis=1), path[:, -1]))
    for found in (parkinson(high, low), garman_klass(opened, high, low, close)):
        assert found.mean() == pytest.approx(1e-4, rel=0.08)
    assert garman_klass(opened, high, low, close).std() < parkinson(high, low).std()


def test_the_kernel_is_never_negative_and_bad_prices_are_named() -> None:
    bounce = 100 + 0.01 * (np.arange(500) % 2)
    assert realised_kernel(bounce, np.arange(500.0)) >= 0
    with pytest.raises(InvalidValueError, match="positive"):
        noise_variance(np.array([1.0, -1.0]))
    with pytest.raises(InvalidValueError, match="do not fall"):
        measure_ticks(np.ones(20), np.arange(20.0)[::-1])


def test_tick_files_are_read_in_session(tmp_path: Path) -> None:
    import polars as pl

    start = np.datetime64("2013-10-07T13:00", "ns").astype(np.int64)  # 09:00 in New York
    ts = start + np.arange(200) * 60 * 10**9
    pl.DataFrame({"ts_event": ts, "price": np.full(200, 50.0)}).write_parquet(tmp_path / "t.parquet")
    prices, seconds = read_ticks(tmp_path / "t.parquet")
    assert seconds[0] == 9.5 * 3600
    assert len(prices) == 170
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match="ts_event"):
        read_ticks(tmp_path / "x.parquet")


@pytest.mark.real_data
def test_noise_is_in_real_ticks(real_data: Path) -> None:
    found = measure_ticks(*read_ticks(real_data / "equities_nbbo" / "IBM_20131007_trades.parquet"))
    assert found.every_tick > 1.5 * found.kernel
    assert 0.5 < found.kernel / found.five_minutes < 2
