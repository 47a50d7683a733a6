"""What every clock must do (port ``Clock``)."""

import pytest

from tradewind.core.clock import SimulatedClock, SystemClock
from tradewind.core.ports import Clock


@pytest.fixture(params=[SystemClock, SimulatedClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    return request.param()


def test_times_are_whole_nanoseconds(clock: Clock) -> None:
    assert isinstance(clock.now_ns(), int)
    assert isinstance(clock.monotonic_ns(), int)


def test_the_monotonic_clock_never_goes_back(clock: Clock) -> None:
    times = [clock.monotonic_ns() for _ in range(1000)]
    assert times == sorted(times)


def test_reading_the_time_does_not_move_it_backwards(clock: Clock) -> None:
    assert clock.now_ns() <= clock.now_ns()
