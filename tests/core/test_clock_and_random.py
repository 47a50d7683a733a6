import numpy as np
import pytest

from tradewind.core.clock import SimulatedClock, SystemClock
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream


def test_streams_differ_by_seed_and_by_name_only() -> None:
    draws = {(seed, name): stream(seed, name).integers(0, 2**62, 4).tolist() for seed in (0, 1) for name in ("a", "b")}
    assert len({tuple(d) for d in draws.values()}) == 4
    assert draws[0, "a"] == stream(0, "a").integers(0, 2**62, 4).tolist()


def test_streams_are_the_same_on_every_machine() -> None:
    assert (
        stream(7, "market/flow").integers(0, 1000, 5).tolist()
        == np.random.Generator(np.random.PCG64(np.random.SeedSequence(7, spawn_key=_key("market/flow"))))
        .integers(0, 1000, 5)
        .tolist()
    )


def _key(name: str) -> tuple[int, ...]:
    import hashlib

    digest = hashlib.sha256(name.encode()).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))


def test_a_simulated_clock_moves_only_when_told() -> None:
    clock = SimulatedClock(5)
    assert clock.now_ns() == clock.monotonic_ns() == 5
    clock.advance(10)
    assert clock.now_ns() == 15
    with pytest.raises(InvalidValueError, match="duration_ns must be 0 or more, got -1"):
        clock.advance(-1)


def test_the_system_clock_agrees_with_itself() -> None:
    clock = SystemClock()
    first, second = clock.monotonic_ns(), clock.monotonic_ns()
    assert second >= first
    assert clock.now_ns() > 1_700_000_000 * 10**9
