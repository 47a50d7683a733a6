"""Metaorder impact: the fit finds a planted law, and the measurement is what it says it is."""

import msgspec
import numpy as np
import pytest

from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.market.facts.impact import fit_power_law, measure_impact
from tradewind.market.preset import load_preset

SHARES = np.array([0.001, 0.01, 0.02, 0.05, 0.1])


@pytest.mark.parametrize(("delta", "prefactor"), [(0.4, 0.5), (0.5, 1.0), (0.7, 2.0), (1.0, 3.0)])
def test_a_planted_law_is_recovered(delta: float, prefactor: float) -> None:
    noise = stream(3, "test/impact").normal(0.0, 0.01, (400, 5))
    found, scale = fit_power_law(SHARES, prefactor * SHARES**delta + noise, np.full(5, 0.01))
    assert np.median(found) == pytest.approx(delta, abs=0.05)
    assert np.median(scale) == pytest.approx(prefactor, rel=0.12)


def test_negative_measurements_do_no_harm() -> None:
    delta, scale = fit_power_law(SHARES, np.array([[-0.01, 0.02, 0.14, 0.22, 0.31]]), np.full(5, 0.02))
    assert 0.3 < float(delta[0]) < 0.8
    assert 0.5 < float(scale[0]) < 2.0


def test_impact_of_a_small_market_is_the_same_again() -> None:
    preset = load_preset("zero_intelligence")
    one, again = (measure_impact(preset, 8, 5, (0.05, 2.0), horizon_s=30.0) for _ in range(2))
    assert one == again
    assert one.impact[1] > 0
    assert all(0 < share <= 1.0 for share in one.filled)
    assert len(one.path) == len(one.times) == 30 * 5
    assert msgspec.json.decode(msgspec.json.encode(one))["pairs"] == 8


def test_impact_refuses_what_it_cannot_measure() -> None:
    preset = load_preset("zero_intelligence")
    with pytest.raises(InvalidValueError, match="pairs"):
        measure_impact(preset, 2)
    with pytest.raises(InvalidValueError, match="rising shares"):
        measure_impact(preset, 8, shares=(0.1, 0.05))
