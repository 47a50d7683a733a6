import numpy as np
import pytest

from tradewind.core.errors import InvalidValueError
from tradewind.execution.volume import VolumeCurve, fit_curve


def test_schedule_follows_the_curve() -> None:
    curve = VolumeCurve(session_s=400.0, shares=(0.4, 0.1, 0.1, 0.4))
    schedule = curve.schedule(100.0, 300.0, parts=3)
    np.testing.assert_allclose(schedule, [0, 1 / 6, 2 / 6, 1])
    np.testing.assert_allclose(VolumeCurve.flat(100.0).schedule(20.0, 50.0, parts=5), np.linspace(0, 1, 6))


def test_no_expected_volume_is_a_straight_line() -> None:
    curve = VolumeCurve(session_s=2.0, shares=(1.0, 0.0))
    np.testing.assert_allclose(curve.schedule(1.0, 1.0, parts=2), [0, 0.5, 1])


def test_fit_weighs_days_alike_and_never_says_never() -> None:
    curve = fit_curve(np.array([[1e6, 0.0], [0.0, 10.0]]), 2.0)
    assert curve.shares == pytest.approx((0.5, 0.5))
    assert fit_curve(np.array([[8.0, 0.0]]), 2.0).shares == pytest.approx((0.75, 0.25))


@pytest.mark.parametrize(
    "call",
    [
        lambda: VolumeCurve(session_s=0.0, shares=(1.0,)),
        lambda: VolumeCurve(session_s=1.0, shares=(0.7, 0.7)),
        lambda: VolumeCurve(session_s=1.0, shares=(1.5, -0.5)),
        lambda: fit_curve(np.zeros((0, 3)), 1.0),
        lambda: fit_curve(np.array([[np.nan, 1.0]]), 1.0),
        lambda: VolumeCurve.flat(100.0).schedule(90.0, 20.0),
    ],
)
def test_impossible_values_are_refused(call: object) -> None:
    with pytest.raises(InvalidValueError):
        call()
