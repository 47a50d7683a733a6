"""Alarms know nothing of the future, keep their budget and tell planted falls."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.risk.anomalies.minutes import FEATURES, Minutes, features, joined, minutes_from_quotes
from tradewind.risk.anomalies.monitor import AnomalyMonitor, Fall, find_falls, worth_of
from tradewind.risk.anomalies.scores import (
    SCORERS,
    FallScore,
    MahalanobisScore,
    MeanRankScore,
    Scorer,
    make_scorer,
)

MINUTE = 60_000_000_000


def walk(days: int = 4, falls: tuple[int, ...] = (3000, 4500), seed: int = 7) -> Minutes:
    chance = stream(seed, "tests/anomalies")
    steps = chance.standard_t(4, days * 1440) * 3e-4
    for start in falls:
        steps[start : start + 15] -= 2e-3
    volume = np.exp(chance.normal(10, 1, len(steps)))
    return Minutes.from_bars(np.arange(len(steps)) * MINUTE, 100 * np.exp(np.cumsum(steps)), volume)


def light(name: str) -> Scorer:
    """A scorer as shipped, but for the committee: two members and no forest."""
    return MeanRankScore((FallScore(), MahalanobisScore())) if name == "mean_rank" else make_scorer(name)


@pytest.mark.parametrize("name", SCORERS)
def test_scores_know_nothing_of_the_future(name: str) -> None:
    """Poison: another future leaves every score of the past as it was."""
    whole, cut = walk(1, (1200,)), 1000
    changed = {field: getattr(whole, field).copy() for field in Minutes.__struct_fields__}
    changed["mid"][cut:] *= np.linspace(1, 3, len(whole) - cut)
    changed["volume"][cut:] *= 50
    before, after = light(name).score(whole), light(name).score(Minutes(**changed))
    np.testing.assert_array_equal(before[:cut], after[:cut])
    assert np.isfinite(before[800:]).all()
    assert name in ("random", "vpin") or not np.array_equal(before[cut:], after[cut:])


def test_alarms_know_nothing_of_the_future() -> None:
    whole = walk()
    cut = 4000
    part = Minutes(**{field: getattr(whole, field)[:cut] for field in Minutes.__struct_fields__})
    monitor = AnomalyMonitor(history_days=2)
    early = [alarm for alarm in monitor.watch(whole) if alarm.row < cut - 200]
    assert early
    assert early == [alarm for alarm in monitor.watch(part) if alarm.row < cut - 200]


def test_planted_falls_are_told_within_the_budget() -> None:
    minutes = walk(12, (5000, 9000, 14000))
    monitor = AnomalyMonitor(budget_per_day=1.0)
    worth = worth_of("fall", monitor.watch(minutes), minutes.mid, find_falls(minutes.mid), watched_from=1440)
    assert worth.falls >= 3
    assert worth.recall >= 0.75
    assert worth.false_a_day < 2.5


def test_worth_counts_what_it_says() -> None:
    mid = np.r_[np.full(100, 100.0), np.linspace(100, 95, 11), np.full(100, 95.0)]
    falls = find_falls(mid, 0.02, 30)
    assert [(fall.onset, fall.trough) for fall in falls] == [(100, 110)]
    monitor = AnomalyMonitor(FallScore(history=60), history_days=0.05)
    alarms = monitor.alarms(
        Minutes.from_bars(np.arange(len(mid)) * MINUTE, mid, mid),
        np.r_[np.zeros(50), 9, np.zeros(51), 9, np.zeros(108)],
        np.full(len(mid), 5.0),
    )
    worth = worth_of("x", alarms, mid, [Fall(100, 110, -0.05)])
    assert (worth.recall, worth.before_half, round(worth.false_a_day * worth.days)) == (1.0, 1.0, 1)


def test_features_are_named_and_bounded() -> None:
    X = features(walk(2))
    assert X.shape[1] == len(FEATURES)
    assert np.abs(X).max() <= 50


def test_minutes_of_quotes() -> None:
    quotes = {
        "ts_ns": np.array([1, 30, 70, 200]) * 10**9,
        "bid": np.array([99.0, 99.5, 120.0, 100.0]),
        "ask": np.array([101.0, 100.5, 110.0, 102.0]),
        "bid_size": np.array([1.0, 3.0, 1.0, 1.0]),
        "ask_size": np.array([1.0, 1.0, 1.0, 3.0]),
    }
    minutes = minutes_from_quotes(quotes, {"ts_ns": np.array([5, 65]) * 10**9, "size": np.array([7.0, 2.0])})
    assert minutes.mid.tolist() == [100.0, 100.0, 100.0, 101.0]
    assert minutes.volume.tolist() == [7.0, 2.0, 0.0, 0.0]
    assert minutes.messages.tolist() == [2.0, 0.0, 0.0, 1.0]
    assert minutes.imbalance[0] == 0.25


def test_joined_days_have_no_return_between_them() -> None:
    day = walk(1, ())
    later = Minutes.from_bars(day.ts_ns + 10**15, day.mid * 3, day.volume)
    both = joined([day, later])
    assert both.mid[len(day)] == pytest.approx(both.mid[len(day) - 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mid": np.array([1.0, 0.0])}, "mid must be finite prices above 0"),
        ({"ts_ns": np.array([2, 2])}, "strictly increasing"),
    ],
)
def test_bad_minutes_are_refused(change: dict[str, np.ndarray], message: str) -> None:
    fields = {"ts_ns": np.array([1, 2]), "mid": np.ones(2), "volume": np.ones(2)} | change
    with pytest.raises(InvalidValueError, match=message):
        Minutes.from_bars(fields["ts_ns"], fields["mid"], fields["volume"])


@pytest.mark.real_data
def test_falls_of_bitcoin_are_told(real_data: Path) -> None:
    frame = pl.read_parquet(next((real_data / "crypto_minute").glob("*.parquet")))
    ts = frame["start_utc"].dt.timestamp("us").to_numpy() * 1000
    minutes = Minutes.from_bars(ts, frame["close"].to_numpy(), frame["volume"].to_numpy())
    worth = worth_of("fall", AnomalyMonitor().watch(minutes), minutes.mid, find_falls(minutes.mid), watched_from=1440)
    assert worth.falls == 8
    assert worth.recall >= 0.9
    assert worth.before_half >= 0.8
    assert worth.false_a_day <= 1.6
