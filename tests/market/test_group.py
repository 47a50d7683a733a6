"""Several symbols in one market: correlated as asked, coupled through trades, and ordinary markets otherwise."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.market.group import MarketGroup, member_seed
from tradewind.market.reactive import Market
from tradewind.market.scenario import named_scenario

PRESET = "aig"


def digest(group: MarketGroup) -> list[str]:
    return [hashlib.sha256(market.rows().tobytes()).hexdigest() for market in group]


def minute_returns(group: MarketGroup, minutes: int) -> np.ndarray:
    mids = [[market.view.mid_ticks for market in group]]
    for _ in range(minutes):
        group.advance(60.0)
        mids.append([market.view.mid_ticks for market in group])
    return np.diff(np.array(mids), axis=0)


@pytest.mark.parametrize("wanted", [0.0, 0.5])
def test_returns_correlate_as_asked(wanted: float) -> None:
    group = MarketGroup([PRESET] * 4, seed=3, correlation=wanted)
    matrix = np.corrcoef(minute_returns(group, 240).T)
    pairs = matrix[np.triu_indices(4, 1)]
    assert np.mean(pairs) == pytest.approx(wanted, abs=0.12)
    assert (np.abs(pairs - wanted) < 0.3).all()


def test_volumes_move_together() -> None:
    together = MarketGroup([PRESET] * 2, seed=3, correlation=0.6)
    moods = []
    for _ in range(400):
        together.advance(10.0)
        moods.append([np.log(float(market._markets["mood"][0])) for market in together])
    assert np.corrcoef(np.array(moods).T)[0, 1] > 0.3


def test_without_correlation_the_symbols_are_ordinary_markets() -> None:
    group = MarketGroup([PRESET] * 2, seed=5, record=True)
    group.advance(30.0)
    alone = [Market(PRESET, member_seed(5, k), record=True) for k in range(2)]
    for market in alone:
        market.advance(30.0)
    assert digest(group) == [hashlib.sha256(market.rows().tobytes()).hexdigest() for market in alone]


def test_how_time_is_cut_and_the_process_change_nothing() -> None:
    whole, parts = (MarketGroup([PRESET] * 2, seed=5, correlation=0.4, record=True) for _ in range(2))
    whole.advance(20.0)
    for _ in range(10):
        parts[0].advance(0.7)
        parts[1].advance(1.3)
    expected = digest(whole)
    assert digest(parts) == expected
    code = (
        "import hashlib; from tradewind.market.group import MarketGroup;"
        f"g = MarketGroup([{PRESET!r}] * 2, seed=5, correlation=0.4, record=True); g.advance(20.0);"
        "print([hashlib.sha256(m.rows().tobytes()).hexdigest() for m in g])"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == str(expected)


def test_trades_in_one_symbol_are_felt_in_the_others() -> None:
    moves = []
    for seed in range(12):
        group = MarketGroup([PRESET] * 2, seed=seed, correlation=0.6)
        twin = group.twin()
        for _ in range(12):
            group[0].buy(size_lots=2_000)
            group.advance(5.0)
        twin.advance(60.0)
        moves.append([group[k].view.mid_ticks - twin[k].view.mid_ticks for k in range(2)])
    assert (np.mean(moves, axis=0) > 2.0 * np.std(moves, axis=0) / np.sqrt(len(moves))).all()


def test_a_zero_order_leaves_the_twin_of_the_group_identical() -> None:
    group = MarketGroup([PRESET] * 2, seed=5, correlation=0.4, scenario=named_scenario("luld"), record=True)
    twin = MarketGroup([PRESET] * 2, seed=5, correlation=0.4, scenario=named_scenario("luld"), record=True)
    for _ in range(5):
        group[0].buy(size_lots=0, price_ticks=4_800)
        group[1].cancel(3)
        group.advance(4.0)
    twin.advance(20.0)
    assert digest(group) == digest(twin)
    assert group[1].twin().now_ns == twin[1].now_ns - 20 * 10**9


def test_a_symbol_is_found_by_place_and_name() -> None:
    group = MarketGroup([PRESET, "zero_intelligence"], seed=1)
    assert group["zero_intelligence"] is group[1]
    assert len(group) == 2
    fills = group[0].buy(size_lots=5) and group.advance(1.0)
    assert [int(f["size_lots"].sum()) for f in fills] == [5, 0]
    with pytest.raises(NotFoundError, match="XYZ"):
        group["XYZ"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda: MarketGroup([], seed=1), "presets.*one or more"),
        (lambda: MarketGroup([PRESET], seed=1, correlation=-0.1), "correlation.*0"),
        (lambda: MarketGroup([PRESET], seed=1, correlation=float("nan")), "correlation.*0"),
        (lambda: MarketGroup([PRESET], seed=1, correlation=0.99), "correlation.*from 0 to 0"),
        (lambda: MarketGroup([PRESET], seed=1).advance(-1.0), "seconds"),
    ],
)
def test_bad_numbers_are_refused_by_name(bad: object, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        bad()  # type: ignore[operator]
