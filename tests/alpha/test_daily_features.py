"""Features of daily and hourly bars: equal to their definitions, the same live and in batch, blind to the future."""

import numpy as np
import pytest
from tests.naive.daily_features import daily as naive_daily
from tests.naive.daily_features import hourly as naive_hourly

from tradewind.alpha.features.catalogue_daily import DAILY
from tradewind.alpha.features.catalogue_hourly import HOURLY
from tradewind.alpha.features.daily_layout import DAY
from tradewind.alpha.features.hourly import HOUR, new_hourly, run_hourly
from tradewind.alpha.features.panel import DailyFeatures, daily_batch, neutral
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream

NAMES = [feature.name for feature in DAILY]
HOURS = [feature.name for feature in HOURLY]


def made_up_days(count: int, seed: int = 1) -> np.ndarray:
    rng = stream(seed, "tests/days")
    days = np.zeros(count, DAY)
    days["day"] = 16_500 + np.cumsum(rng.choice([1, 1, 1, 1, 3], count))
    close = 40 * np.exp(np.cumsum(0.02 * rng.standard_normal(count)))
    days["close"] = close.round(2)
    days["before"][1:] = np.where(rng.random(count - 1) < 0.02, 0.5, 1.0) * days["close"][:-1]  # some splits
    days["before"][rng.random(count) < 0.05] = 0
    days["open"] = np.where(rng.random(count) < 0.95, days["close"] * (1 + 0.005 * rng.standard_normal(count)), 0)
    days["high"] = np.maximum(days["open"], days["close"]) * 1.004
    days["low"] = np.where(days["open"] > 0, np.minimum(days["open"], days["close"]) * 0.995, 0)
    days["volume"] = rng.integers(0, 9, count) * 1e5
    days["market"] = 0.01 * rng.standard_normal(count)
    return days


def test_every_daily_feature_equals_its_definition_live_and_in_batch() -> None:
    days = made_up_days(300)
    batch = daily_batch(days, np.array([0]))
    live = DailyFeatures()
    for at in range(len(days)):
        assert live.update(days[at : at + 1])
        if at in (0, 1, 6, 22, 64, 130, 299):
            expected = naive_daily([day.item() for day in days[: at + 1]])
            assert sorted(expected) == sorted(NAMES)
            got = live.values()
            np.testing.assert_allclose(got, batch[at], rtol=1e-9, atol=1e-9)
            for name, value in zip(NAMES, got, strict=True):
                assert value == pytest.approx(expected[name], rel=1e-9, abs=1e-9, nan_ok=True), (at, name)


def test_symbols_do_not_touch_each_other_and_the_future_not_the_past() -> None:
    one, two = made_up_days(200, 2), made_up_days(150, 3)
    both = daily_batch(np.concatenate((one, two)), np.array([0, 200]))
    np.testing.assert_array_equal(both[200:], daily_batch(two, np.array([0])))
    poisoned, rng = one.copy(), stream(9, "tests/poison")
    for name in ("open", "high", "low", "close", "before", "volume", "market"):
        poisoned[name][120:] *= 1 + rng.random(80)
    poisoned["day"][120:] += 39
    other = daily_batch(poisoned, np.array([0]))
    for column, name in enumerate(NAMES):
        np.testing.assert_array_equal(both[:120, column], other[:120, column], err_msg=name)
        if name not in ("quiet_days_21d", "momentum_252d"):  # days without a move, and more bars than there are
            assert not np.array_equal(both[120:200, column], other[120:, column]), f"{name} does not see the bars"


def test_values_stay_within_the_ranges_of_the_catalogue() -> None:
    values = daily_batch(made_up_days(400, 4), np.array([0]))
    for column, feature in enumerate(DAILY):
        known = values[:, column][np.isfinite(values[:, column])]
        assert len(known), feature.name
        assert feature.low <= known.min() + 1e-12, feature.name
        assert known.max() <= feature.high, feature.name


def test_a_day_twice_and_a_clock_going_backwards_are_refused() -> None:
    days = made_up_days(30)
    days["day"][20] = days["day"][19]
    with pytest.raises(InvalidValueError, match="row 20"):
        daily_batch(days, np.array([0]))
    live = DailyFeatures()
    live.update(days[:1])
    with pytest.raises(InvalidValueError, match="later than the bar before"):
        live.update(days[:1])
    with pytest.raises(InvalidValueError, match="at least one row"):
        daily_batch(days[:0], np.array([0]))
    priceless = days[1:2].copy()
    priceless["close"] = np.nan
    assert not live.update(priceless)


def test_neutral_values_sum_to_nothing_within_an_industry() -> None:
    rng = stream(5, "tests/neutral")
    values, days, industry = rng.standard_normal(60), np.repeat([1, 2], 30), rng.integers(-1, 3, 60)
    got = neutral(values, days, industry)
    for day in (1, 2):
        for number in range(3):
            assert got[(days == day) & (industry == number)].sum() == pytest.approx(0, abs=1e-12)
    np.testing.assert_array_equal(got[industry < 0], values[industry < 0])


def made_up_hours(days: int, seed: int = 1) -> np.ndarray:
    rng = stream(seed, "tests/hours")
    hours = np.zeros(days * 7, HOUR)
    hours["day"] = 15_000 + np.repeat(np.arange(days), 7)
    hours["ts_ns"] = hours["day"] * 86_400 * 10**9 + np.tile(np.arange(7), days) * 3600 * 10**9
    hours["close"] = 30 * np.exp(np.cumsum(0.01 * rng.standard_normal(days * 7)))
    hours["open"] = hours["close"] * (1 + 0.004 * rng.standard_normal(days * 7))
    hours["high"] = np.maximum(hours["open"], hours["close"]) * 1.003
    hours["low"] = np.minimum(hours["open"], hours["close"]) * 0.998
    hours["low"][rng.random(days * 7) < 0.01] *= 0.1  # wrong prints
    hours["volume"] = rng.integers(1, 100, days * 7)
    hours["split"][rng.random(days * 7) < 0.02] = 2
    return hours


def hourly_values(hours: np.ndarray, rows: np.ndarray) -> np.ndarray:
    out, variance = np.empty((len(rows), len(HOURS))), np.empty(len(rows))
    assert run_hourly(new_hourly(), hours, rows, out, variance) == len(hours)
    np.testing.assert_allclose(np.log(variance), out[:, 0])
    return out


def test_every_hourly_feature_equals_its_definition_live_and_in_batch_and_knows_no_future() -> None:
    hours = made_up_hours(90)
    rows = np.arange(len(hours))
    batch, states = hourly_values(hours, rows), new_hourly()
    for at in rows:
        one, variance = np.empty((1, len(HOURS))), np.empty(1)
        run_hourly(states, hours[at : at + 1], np.zeros(1, np.int64), one, variance)
        np.testing.assert_allclose(one[0], batch[at], rtol=1e-9, atol=1e-9)
    for at in (0, 6, 30, 160, 470, 629):
        expected = naive_hourly([hour.item() for hour in hours[: at + 1]])
        for name, value in zip(HOURS, batch[at], strict=True):
            assert value == pytest.approx(expected[name], rel=1e-9, abs=1e-9, nan_ok=True), (at, name)
    poisoned = hours.copy()
    for name in ("open", "high", "low", "close", "volume", "split"):
        poisoned[name][300:] *= 5
    np.testing.assert_array_equal(hourly_values(poisoned, rows)[:300], batch[:300])
    for column, feature in enumerate(HOURLY):
        known = batch[:, column][np.isfinite(batch[:, column])]
        assert feature.low <= known.min(), feature.name
        assert known.max() <= feature.high, feature.name
