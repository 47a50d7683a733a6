"""Tail shapes know their quantiles, tests hold their size and have power."""

import numpy as np
import pytest

from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.risk.tails.backtests import Light, christoffersen, fz0, kupiec, second_test, traffic_light
from tradewind.risk.tails.forecast import judge_tail, walk_forward_tail
from tradewind.risk.tails.shapes import SHAPES, ExtremeValue, Filtered, Normal, StudentT


def t_draws(count: int, seed: int) -> np.ndarray:
    return stream(seed, "t").standard_t(4, count) / np.sqrt(2)


@pytest.mark.parametrize("kind", ["filtered", "extreme", "student"])
def test_fat_tails_are_seen(kind: str) -> None:
    z = t_draws(40_000, 1)
    shape = SHAPES[kind]().fit(z)
    true_loss = 3.7469 / np.sqrt(2)
    assert shape.loss(0.01) == pytest.approx(true_loss, rel=0.04)
    beyond = -t_draws(2_000_000, 2)
    assert shape.shortfall(0.01) == pytest.approx(beyond[beyond > true_loss].mean(), rel=0.08)
    drawn = -shape.draw(200_000, stream(3, "draw"))
    assert np.mean(drawn > shape.loss(0.01)) == pytest.approx(0.01, rel=0.1)


def test_the_normal_is_the_normal_and_too_thin() -> None:
    shape = Normal().fit(stream(4, "n").standard_normal(100_000))
    assert shape.loss(0.01) == pytest.approx(2.326, rel=0.02)
    assert shape.shortfall(0.01) == pytest.approx(2.665, rel=0.02)
    assert Normal().fit(t_draws(40_000, 1)).loss(0.01) < 0.95 * StudentT().fit(t_draws(40_000, 1)).loss(0.01)


def test_shortfall_of_few_days_takes_the_straddling_one_in_part() -> None:
    z = np.linspace(-1, 1, 250)
    shape = Filtered().fit(z)
    assert shape.shortfall(0.01) == pytest.approx(-(z[0] + z[1] + 0.5 * z[2]) / 2.5)
    with pytest.raises(InvalidValueError, match="at most the share"):
        ExtremeValue().fit(z).loss(0.2)
    with pytest.raises(InvalidValueError, match="250 or more"):
        Filtered().fit(z[:100])


def test_kupiec_and_christoffersen_hold_their_size_and_have_power() -> None:
    chance = stream(5, "hits")
    rejected = np.zeros(2)
    for _ in range(300):
        hits = chance.random(1000) < 0.05
        rejected += [kupiec(hits, 0.05).p < 0.05, christoffersen(hits, 0.05)[1].p < 0.05]
    assert (rejected <= 30).all()  # 15 expected
    clustered = np.repeat(chance.random(250) < 0.05, 4)
    assert christoffersen(clustered, 0.05)[0].p < 1e-6
    assert kupiec(chance.random(1000) < 0.1, 0.05).p < 0.01


@pytest.mark.parametrize(("hits", "light"), [(4, Light.GREEN), (5, Light.YELLOW), (9, Light.YELLOW), (10, Light.RED)])
def test_basel_zones(hits: int, light: Light) -> None:
    assert traffic_light(np.arange(250) < hits, 0.01) == (light, hits)


def test_second_statistic_and_joint_loss() -> None:
    loss = -stream(6, "z").standard_normal(400_000)
    v, e = 2.3263, 2.6652
    ones = np.ones(len(loss))
    assert second_test(loss, v * ones, e * ones, 0.01) == pytest.approx(0, abs=0.05)
    assert second_test(1.3 * loss, v * ones, e * ones, 0.01) < -0.7
    best = fz0(loss, v * ones, e * ones, 0.01).mean()
    for a, b in ((2.0, 2.4), (2.6, 3.0), (2.3263, 3.2), (2.3263, 2.35)):
        assert fz0(loss, a * ones, b * ones, 0.01).mean() > best
    with pytest.raises(InvalidValueError, match="above 0"):
        fz0(loss, ones, -ones, 0.01)


def test_filtered_history_is_accepted_where_the_normal_fails() -> None:
    n = 3000
    sigma = 0.01 * np.exp(0.5 * np.sin(np.arange(n) / 60))
    accepted = {"filtered history": 0, "normal": 0}
    for seed in range(3):
        returns = sigma * stream(seed, "market").standard_t(3, n) / np.sqrt(3)
        found = [
            judge_tail(walk_forward_tail(np.arange(n), returns, sigma**2, shape, tail=0.01, seed=1))
            for shape in (Filtered(), Normal())
        ]
        assert found[0].days == n - 500
        for report in found:
            accepted[report.name] += report.accepted
    assert accepted["filtered history"] >= 2
    assert accepted["normal"] <= 1


def test_tails_know_no_later_day() -> None:
    returns = t_draws(900, 9) * 0.01
    variance = np.full(900, 1e-4)
    first = walk_forward_tail(np.arange(900), returns, variance, ExtremeValue(), tail=0.02, seed=1)
    changed = returns.copy()
    changed[800:] *= 50
    second = walk_forward_tail(np.arange(900), changed, variance, ExtremeValue(), tail=0.02, seed=1)
    np.testing.assert_array_equal(first.var[:301], second.var[:301])
    assert second.var[350] > first.var[350]
    with pytest.raises(InvalidValueError, match="variance"):
        walk_forward_tail(np.arange(900), returns, -variance, Filtered(), tail=0.01, seed=1)
    with pytest.raises(InvalidValueError, match="more than 500"):
        walk_forward_tail(np.arange(300), returns[:300], variance[:300], Filtered(), tail=0.01, seed=1)
