"""Gradients equal differences, bands hold delta, losses equal a plain loop, and learning helps."""

import numpy as np
import pytest

from tradewind.core.errors import InvalidValueError
from tradewind.risk.hedging.band import BandNet, DeltaBand, WhalleyWilmott
from tradewind.risk.hedging.learn import LearnRules, hedged_losses, learn_band, shortfall_gradient
from tradewind.risk.hedging.option import Leg, OptionPosition, bootstrap_paths, gbm_paths
from tradewind.risk.hedging.study import expected_shortfall, hedging_study

SHORT = OptionPosition(days=10)
STRADDLE = OptionPosition(legs=(Leg("call", 1.0, -1.0), Leg("put", 1.0, -1.0)), days=10)


def small_net(cost: float = 1e-3) -> BandNet:
    chance = np.random.default_rng(3)
    shapes = ((4, 5), (5,), (5, 5), (5,), (5, 2), (2,))
    return BandNet(cost, [chance.normal(0, 0.5, shape) for shape in shapes])


def test_gradients_equal_differences() -> None:
    net, paths = small_net(), gbm_paths(40, 10, 0.2, seed=5)
    slopes = shortfall_gradient(STRADDLE, net, paths, 1e-3)
    for weight, slope in zip(net.weights, slopes, strict=True):
        for place in list(np.ndindex(weight.shape))[::3]:
            kept, step = weight[place], 1e-6
            weight[place] = kept + step
            up = hedged_losses(STRADDLE, net, paths, 1e-3).mean()
            weight[place] = kept - step
            down = hedged_losses(STRADDLE, net, paths, 1e-3).mean()
            weight[place] = kept
            assert slope[place] == pytest.approx((up - down) / (2 * step), abs=1e-8)


def test_losses_equal_a_plain_loop() -> None:
    paths, cost = gbm_paths(6, 10, 0.2, seed=9), 2e-3
    band = WhalleyWilmott(cost)
    for path, loss in zip(paths, hedged_losses(SHORT, band, paths, cost), strict=True):
        held, total = 0.0, float(SHORT.greeks(np.ones(1), 10)[0][0])
        for day in range(10):
            low, high = (float(edge[0]) for edge in band.edges(SHORT, path[day : day + 1], day))
            wanted = min(max(held, low), high)
            total += cost * abs(wanted - held) * path[day] - wanted * (path[day + 1] - path[day])
            held = wanted
        total += cost * abs(held) * path[-1] + max(path[-1] - 1.0, 0.0)
        assert loss == pytest.approx(total)


def test_without_cost_and_often_delta_leaves_nothing() -> None:
    often = OptionPosition(days=400)
    losses = hedged_losses(often, DeltaBand(), gbm_paths(2000, 400, 0.2, seed=1), 0.0)
    assert abs(losses.mean()) < 2e-4
    assert losses.std() < 0.005


def test_greeks_are_slopes_of_the_value() -> None:
    price, step = np.array([0.9, 1.0, 1.2]), 1e-4
    value, delta, gamma = STRADDLE.greeks(price, 5)
    up, down = STRADDLE.greeks(price + step, 5), STRADDLE.greeks(price - step, 5)
    np.testing.assert_allclose(delta, (up[0] - down[0]) / (2 * step), atol=1e-5)
    np.testing.assert_allclose(gamma, (up[1] - down[1]) / (2 * step), atol=1e-4)
    np.testing.assert_allclose(STRADDLE.greeks(price, 1e-9)[0], STRADDLE.payoff(price), atol=1e-5)
    assert (value < 0).all()


def test_learning_lowers_the_shortfall_and_is_repeatable() -> None:
    rules, test = LearnRules(steps=40, batch=1024, hidden=8), gbm_paths(10_000, 10, 0.2, seed=77)
    draw = lambda count, seed: gbm_paths(count, 10, 0.2, seed)  # noqa: E731
    rows, bands = hedging_study(SHORT, draw, test, 5e-3, rules)
    assert [row.hedger for row in rows] == ["delta", "whalley_wilmott", "band_net"]
    assert rows[0].ratio == 1.0
    assert rows[2].ratio_interval[1] < 1.0
    again = learn_band(SHORT, draw, 5e-3, rules)
    learned = bands["band_net"]
    assert isinstance(learned, BandNet)
    assert all(np.array_equal(a, b) for a, b in zip(again.weights, learned.weights, strict=True))
    copy = BandNet.from_state(learned.state_dict())
    np.testing.assert_array_equal(copy.edges(SHORT, test[:5, 3], 3), learned.edges(SHORT, test[:5, 3], 3))


def test_the_band_always_holds_delta() -> None:
    price = np.linspace(0.7, 1.3, 50)
    low, high = small_net().edges(SHORT, price, 4)
    _, delta, _ = SHORT.greeks(price, 6)
    assert ((low <= -delta) & (-delta <= high)).all()


def test_bad_input_is_named() -> None:
    with pytest.raises(InvalidValueError, match="legs"):
        OptionPosition(legs=())
    with pytest.raises(InvalidValueError, match="paths must be finite prices above 0"):
        hedged_losses(SHORT, DeltaBand(), np.ones((3, 5)), 0.0)
    with pytest.raises(InvalidValueError, match="cost"):
        hedged_losses(SHORT, DeltaBand(), np.ones((3, 11)), 1.5)
    with pytest.raises(InvalidValueError, match="at least 50 finite"):
        bootstrap_paths(np.zeros(20), 10, 5, seed=1)
    with pytest.raises(InvalidValueError, match="weights"):
        BandNet.from_state({"cost": 1e-3, "weights": [[[1.0]]] * 6})


def test_shortfall_of_known_losses() -> None:
    assert expected_shortfall(np.array([1.0, 2.0, 3.0, 4.0]), 0.5) == 3.5
