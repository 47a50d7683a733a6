"""Random order streams: no limit is broken at any prefix, judged by the venue's truth alone."""

import numpy as np
import pytest
from tests.risk.limits.made_up import limits
from tests.risk.limits.streams import BREACHES, run_streams, tables

from tradewind.risk.limits.install import install
from tradewind.risk.limits.layout import new_state
from tradewind.risk.limits.limits_file import LimitsFile

TIGHT = limits(
    file__reducing_passes=[],
    AA__cumulative_lots=150,
    AA__open_orders=4,
    a__gross="60",
    a__net="40",
    b__position_lots=40,
    b__open_orders=3,
    one__cumulative_notional="260",
    firm__window_messages=16,
    firm__window_ms=400,
    a__burst=5,
    a__messages_per_s=20,
    firm__daily_loss="500",
    firm__drawdown="500",
)
LOOSE = limits(file__reducing_passes=["HALTED_STRATEGY", "HALTED_DESK", "HALTED_FIRM"], a__repeats=6, AA__order_lots=30)
FILES = {"tight": TIGHT, "loose": LOOSE}


def play(file: LimitsFile, first: int, streams: int) -> tuple[int, int]:
    state, told = new_state(), np.zeros(4, np.int64)
    install(state, file)
    found = run_streams(state, first, streams, tables(file), told)
    assert found == 0, f"stream {told[2]} broke: {BREACHES[told[3]]}"
    return int(told[0]), int(told[1])


@pytest.mark.parametrize("name", FILES)
def test_no_limit_is_broken_at_any_prefix(name: str) -> None:
    accepted, refused = play(FILES[name], 0, 4000)
    assert accepted > 20_000
    assert refused > 10_000, "streams that never meet a limit prove nothing"


@pytest.mark.slow
def test_no_limit_is_broken_in_a_million_streams() -> None:
    accepted, refused = (sum(pair) for pair in zip(*(play(file, 0, 500_000) for file in FILES.values()), strict=True))
    assert min(accepted, refused) > 1_000_000


@pytest.mark.parametrize(
    ("change", "breaches"), [({"a__gross": "20"}, {"gross"}), ({"AA__long_lots": 20}, {"long position"})]
)
def test_the_checker_sees_a_gate_that_is_too_loose(change: dict[str, object], breaches: set[str]) -> None:
    """The gate has the tight file, the checker is told tighter limits: it must cry."""
    state, told = new_state(), np.zeros(4, np.int64)
    install(state, TIGHT)
    given: dict[str, object] = {"file__reducing_passes": []} | change
    assert run_streams(state, 0, 4000, tables(limits(**given)), told) > 0
    assert BREACHES[told[3]] in breaches | {"message window", "token bucket", "strategy position"}
