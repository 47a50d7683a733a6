"""Parts sum to the whole, crises are what they were, and bad input is named."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.core.random import stream
from tradewind.risk.portfolio.exposure import exposure, historical_parts, normal_parts
from tradewind.risk.portfolio.liquidity import Liquidity, scan_margin, unwind
from tradewind.risk.portfolio.stress import CRISES, named_crisis, shock, stress

SIZES = st.lists(st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1), min_size=2, max_size=6)


@settings(max_examples=60, deadline=None)
@given(SIZES, st.integers(0, 99))
def test_parts_sum_and_marginals_are_slopes(values: list[float], seed: int) -> None:
    v, chance = np.array(values), stream(seed, "tests/portfolio")
    root = chance.normal(0, 0.02, (len(v), len(v) + 3))
    covariance = root @ root.T
    parts = normal_parts(v, covariance)
    assert parts.component.sum() == pytest.approx(parts.value_at_risk)
    assert parts.component_shortfall.sum() == pytest.approx(parts.expected_shortfall)
    step = np.zeros(len(v))
    step[0] = 1e-4 * abs(v[0])
    up, down = (normal_parts(v + s, covariance).value_at_risk for s in (step, -step))
    assert parts.marginal[0] == pytest.approx((up - down) / (2 * step[0]), rel=1e-3, abs=1e-6)
    past = historical_parts(v, chance.normal(0, 0.02, (400, len(v))))
    assert past.component.sum() == pytest.approx(past.value_at_risk, rel=1e-9, abs=1e-6)
    assert past.component_shortfall.sum() == pytest.approx(past.expected_shortfall)
    assert past.expected_shortfall >= past.value_at_risk - 1e-9


@settings(max_examples=60, deadline=None)
@given(SIZES)
def test_exposure(values: list[float]) -> None:
    whole = exposure(np.array(values))
    assert whole.gross == pytest.approx(whole.long - whole.short)
    assert whole.net == pytest.approx(whole.long + whole.short)
    assert 1 / len(values) - 1e-12 <= whole.concentration <= 1
    assert whole.beta == pytest.approx(whole.net / whole.gross)


def test_the_index_fell_in_2008_as_the_shape_says() -> None:
    """Held against the daily closes that the arch package ships."""
    data = pytest.importorskip("arch.data.sp500")
    close = data.load()["Adj Close"]
    real = close["2008-09-26":"2008-10-10"].pct_change().dropna().to_numpy()
    np.testing.assert_allclose(CRISES["2008"].path, real, atol=6e-4)


def test_stress() -> None:
    assert stress(np.array([100.0]), np.ones(1), CRISES["2020-03"]).profit == pytest.approx(-33.1, abs=1.0)
    hedged = stress(np.array([100.0, -100.0]), np.ones(2), CRISES["2008"])
    assert hedged.profit == pytest.approx(0.0)
    own = stress(np.array([100.0, -100.0]), np.ones(2), CRISES["2008"], np.array([0.01, 0.01]))
    assert own.worst < hedged.worst
    assert stress(np.array([100.0]), np.array([20.0]), CRISES["2008"]).worst == -100.0
    assert shock(np.array([100.0]), np.array([-0.5])).worst == -50.0
    with pytest.raises(NotFoundError, match="no such crisis"):
        named_crisis("1987")


def test_unwinding_evenly_by_simulation() -> None:
    """The closed form of the risk while unwinding equals a sum over small steps."""
    values, covariance = np.array([3e6, -1e6]), np.array([[4e-4, 1e-4], [1e-4, 9e-4]])
    way = Liquidity(
        daily_volume=np.array([1e7, 1e7]), daily_volatility=np.array([0.02, 0.03]), half_spread=np.full(2, 1e-4)
    )
    out = unwind(values, covariance, way, participation=0.1)
    assert out.days.tolist() == [3.0, 1.0]
    t = (np.arange(30_000) + 0.5) * 1e-4
    left = values * np.maximum(1 - t[:, None] / out.days, 0)
    assert out.risk_while == pytest.approx(np.sqrt(np.einsum("ti,ij,tj->", left, covariance, left) * 1e-4), rel=1e-6)
    assert out.liquidity_adjusted > normal_parts(values, covariance).value_at_risk


def test_bad_input_is_named() -> None:
    with pytest.raises(InvalidValueError, match="positive semi-definite"):
        normal_parts(np.ones(2), np.array([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(InvalidValueError, match="symmetric"):
        normal_parts(np.ones(2), np.array([[1.0, 0.5], [0.0, 1.0]]))
    with pytest.raises(InvalidValueError, match="at least 100"):
        historical_parts(np.ones(2), np.zeros((50, 2)))
    with pytest.raises(InvalidValueError, match="values must be finite"):
        exposure(np.array([np.nan]))
    with pytest.raises(InvalidValueError, match="participation"):
        unwind(
            np.ones(1),
            np.eye(1),
            Liquidity(daily_volume=np.ones(1), daily_volatility=np.ones(1), half_spread=np.zeros(1)),
            participation=0,
        )
    with pytest.raises(InvalidValueError, match="daily_volume"):
        Liquidity(daily_volume=np.zeros(1), daily_volatility=np.ones(1), half_spread=np.zeros(1))


def test_margin_offsets_opposite_sides() -> None:
    values, deviation = np.array([100.0, -60.0]), np.array([0.01, 0.02])
    assert scan_margin(values, deviation, moves=3, offset=0) == pytest.approx(6.6)
    assert scan_margin(values, deviation, moves=3, offset=1) == pytest.approx(0.6)
