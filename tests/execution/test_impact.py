import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.execution.impact import ImpactModel, fit_impact, holdings, schedule_cost, urgency

MODEL = ImpactModel(sigma=0.3, gamma=1e-4, eta=0.02, epsilon=0.5)


def test_the_schedule_is_almgren_and_chriss_closed_form() -> None:
    slices, slice_s, risk = 20, 3.0, 1e-3
    kappa = urgency(MODEL, risk, slice_s)
    corrected = MODEL.eta - MODEL.gamma * slice_s / 2
    assert 2 / slice_s**2 * (np.cosh(kappa * slice_s) - 1) == pytest.approx(risk * MODEL.sigma**2 / corrected)
    times = slice_s * np.arange(slices + 1)
    expected = 1000 * np.sinh(kappa * (60 - times)) / np.sinh(kappa * 60)
    np.testing.assert_allclose(holdings(1000, kappa, times, 60.0), expected, rtol=1e-12, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(risk=st.floats(1e-6, 1e-1), seed=st.integers(0, 1000))
def test_no_other_schedule_is_better(risk: float, seed: int) -> None:
    slices, slice_s = 12, 5.0
    times = slice_s * np.arange(slices + 1)
    best = holdings(500, urgency(MODEL, risk, slice_s), times, slices * slice_s)

    def objective(left: np.ndarray) -> float:
        expected, variance = schedule_cost(MODEL, left, slice_s)
        return expected + risk * variance

    nudge = stream(seed, "test").normal(size=slices - 1)
    for size in (0.1, 1.0, 10.0):
        other = best.copy()
        other[1:-1] += size * nudge
        if (np.diff(other) <= 0).all():
            assert objective(other) > objective(best)


def test_variance_is_that_of_simulated_paths() -> None:
    left = holdings(100, urgency(MODEL, 1e-2, 2.0), 2.0 * np.arange(11), 20.0)
    steps = stream(7, "test").normal(scale=MODEL.sigma * np.sqrt(2.0), size=(40_000, 10))
    costs = (steps * left[1:]).sum(axis=1)
    assert costs.var() == pytest.approx(schedule_cost(MODEL, left, 2.0)[1], rel=0.03)


def test_very_urgent_does_not_overflow_and_patient_is_even() -> None:
    hurried = holdings(10, 50.0, np.array([0.0, 1.0, 3600.0]), 3600.0)
    assert hurried[0] == 10
    assert 0 <= hurried[1] < 1e-20
    assert hurried[2] == 0
    np.testing.assert_allclose(holdings(10, 1e-12, np.array([0.0, 900.0, 3600.0]), 3600.0), [10, 7.5, 0])


def test_a_planted_market_is_found_again() -> None:
    random = stream(3, "test")
    flow = random.normal(scale=200, size=20_000)
    moves = 5e-3 * flow + random.normal(scale=0.4, size=20_000)
    sizes = np.array([100.0, 200.0, 400.0])
    found = fit_impact(moves, flow, 1.0, (sizes, 0.01 * sizes), spread=2.0)
    assert found.gamma == pytest.approx(5e-3, rel=0.02)
    assert found.eta == pytest.approx(0.01)
    assert found.sigma == pytest.approx(np.sqrt(0.16 + 1.0), rel=0.02)
    assert found.epsilon == 1.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: ImpactModel(sigma=-1, gamma=0, eta=1),
        lambda: ImpactModel(sigma=float("nan"), gamma=0, eta=1),
        lambda: ImpactModel(sigma=1, gamma=0, eta=0),
        lambda: urgency(MODEL, -1.0, 1.0),
        lambda: urgency(MODEL, 1.0, 401.0),
        lambda: holdings(1, 1.0, np.zeros(1), 0.0),
        lambda: fit_impact(np.zeros(4), np.zeros(4), 1.0, (np.ones(1), np.ones(1)), 1.0),
    ],
)
def test_impossible_values_are_refused(call: object) -> None:
    with pytest.raises(InvalidValueError):
        call()
