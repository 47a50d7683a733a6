import numpy as np
import pytest

from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.rl.evaluate.statistics import Draws, Outcome, episodes_needed, judge


def coverage(clustered: bool, trials: int = 250) -> float:
    """How often the interval holds the planted mean, where orders of a cluster share a shock."""
    random, inside = stream(5, "test"), 0
    clusters = np.repeat(np.arange(40), 5)
    for trial in range(trials):
        values = random.exponential(size=200) + random.normal(size=40)[clusters]
        interval = Draws(clusters if clustered else np.arange(200), seed=trial, draws=400).mean(values)
        inside += interval.low <= 1.0 <= interval.high
    return inside / trials


def test_intervals_cover_the_planted_mean() -> None:
    assert 0.90 <= coverage(clustered=True) <= 0.99


def test_intervals_that_forget_clusters_do_not() -> None:
    assert coverage(clustered=False) < 0.85


def test_skewed_costs_get_a_skewed_interval() -> None:
    values = stream(2, "test").lognormal(sigma=1.5, size=300)
    interval = Draws(np.arange(300), seed=1).mean(values)
    assert interval.high - interval.mean > 1.2 * (interval.mean - interval.low)


@pytest.mark.parametrize(
    ("shift", "outcome"), [(-0.5, Outcome.BEAT), (0.5, Outcome.DID_NOT_BEAT), (0.0, Outcome.UNDECIDED)]
)
def test_verdict_on_a_planted_difference(shift: float, outcome: Outcome) -> None:
    random = stream(4, "test")
    baseline = 5 + random.normal(scale=10, size=1500)
    apart = random.normal(size=1500)
    policy = baseline + shift + apart - apart.mean()
    verdict = judge("twap", policy, baseline, Draws(np.arange(1500), seed=3))
    assert verdict.outcome is outcome
    assert verdict.difference_bps.mean == pytest.approx(shift, abs=1e-9)
    assert verdict.reduction.mean == pytest.approx(-shift / baseline.mean())
    assert verdict.reduction.low <= verdict.reduction.mean <= verdict.reduction.high
    assert (verdict.episodes_needed < 200) == (shift != 0)


def test_as_many_episodes_as_it_says_do_settle_it() -> None:
    random = stream(6, "test")
    needed = episodes_needed(0.2 + random.normal(size=100_000))
    settled = sum(
        Draws(np.arange(needed), seed=k, draws=300).mean(0.2 + random.normal(size=needed)).low > 0 for k in range(150)
    )
    assert 0.68 < settled / 150 < 0.92  # planned for 0.8


def test_clusters_ask_for_more_episodes() -> None:
    random = stream(8, "test")
    clusters = np.repeat(np.arange(30), 20)
    apart = 0.3 + random.normal(size=30)[clusters] + 0.2 * random.normal(size=600)
    alone = judge("x", apart, np.zeros(600) + 1.0, Draws(np.arange(600), seed=1))
    together = judge("x", apart, np.zeros(600) + 1.0, Draws(clusters, seed=1))
    assert together.episodes_needed > 5 * alone.episodes_needed


def test_missing_numbers_and_lonely_clusters() -> None:
    draws = Draws(np.arange(4), seed=1)
    assert draws.mean(np.array([1.0, np.nan, 3.0, np.nan])).mean == 2.0
    assert np.isnan(draws.mean(np.full(4, np.nan)).mean)
    lonely = Draws(np.zeros(4), seed=1).mean(np.arange(4.0))
    assert lonely.mean == 1.5
    assert np.isnan(lonely.low)


def test_impossible_values_are_refused() -> None:
    for call in (
        lambda: Draws(np.zeros(0), 1),
        lambda: Draws(np.zeros(1), 1, 3),
        lambda: Draws(np.zeros(1), 1, 300, 1.0),
    ):
        with pytest.raises(InvalidValueError):
            call()
