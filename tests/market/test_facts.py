from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from tradewind.core.dtypes import EVENT, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.core.types import Instrument
from tradewind.market.facts import measures
from tradewind.market.facts.catalogue import FACTS
from tradewind.market.facts.distance import Curve, Sample, curve_distance, distance, wasserstein
from tradewind.market.facts.from_quotes import best_quotes, merge_fills, tape_from_quotes
from tradewind.market.facts.realism import compare
from tradewind.market.facts.tape import Tape, infer_signs, split_tape

STOCK = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))
SECOND = 10**9


def random_walk_tape(seed: int, seconds: int = 2000, memory: float = 0.0) -> Tape:
    """A market in which trades move the price by one tick; signs repeat with probability (1 + memory) / 2."""
    random = stream(seed, "test/tape")
    times = np.sort(random.integers(0, seconds * SECOND, 5 * seconds))
    trades = np.sort(random.integers(0, seconds * SECOND, seconds))
    keep = random.random(seconds) < (1 + memory) / 2
    sign = np.cumprod(np.where(keep, 1, -1))
    moved = np.searchsorted(trades, times, side="right")
    bid = 10_000 + np.append(0, np.cumsum(sign))[moved]
    lots = random.integers(1, 20, (2, len(times)))
    return Tape(
        STOCK,
        0,
        seconds * SECOND,
        times,
        bid,
        bid + 1,
        lots[0],
        lots[1],
        trades,
        bid[np.minimum(moved[:seconds], 0)],
        random.integers(1, 9, seconds),
        sign,
    )


def test_a_random_walk_has_no_memory_and_a_flat_signature() -> None:
    tape = random_walk_tape(1, 20_000)
    horizons = np.array([5.0, 20.0, 60.0])
    signature = measures.signature(tape, horizons)
    assert np.allclose(signature, 1.0, atol=0.15)
    assert abs(measures.autocorrelation(tape.trade_sign, np.array([1]))[0]) < 0.03


def test_sign_memory_is_seen() -> None:
    tape = random_walk_tape(1, 20_000, memory=0.5)
    assert measures.autocorrelation(tape.trade_sign, np.array([1, 2])) == pytest.approx([0.5, 0.25], abs=0.05)


@given(nps.arrays(np.float64, st.integers(2, 60), elements=st.integers(-50, 50)), st.integers(0, 70))
def test_autocorrelation_equals_the_obvious(values: np.ndarray, lag: int) -> None:
    got = measures.autocorrelation(values, np.array([lag]))[0]
    centred = values - values.mean()
    if lag >= len(values) or not centred.any():
        assert np.isnan(got)
    else:
        assert got == pytest.approx((centred[lag:] @ centred[: len(values) - lag]) / (centred @ centred), abs=1e-9)


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=30), st.lists(st.integers(-20, 20), min_size=1, max_size=30))
def test_wasserstein_is_a_distance_and_equals_the_sorted_form(one: list[int], other: list[int]) -> None:
    a, b = (Sample(np.array(v, dtype=np.float64)) for v in (one, other))
    assert wasserstein(a, b) == pytest.approx(wasserstein(b, a))
    assert wasserstein(a, a) == pytest.approx(0.0, abs=1e-12)
    repeated = [np.repeat(sorted(v), 1).astype(np.float64) for v in (one * len(other), other * len(one))]
    deviation = np.sqrt((np.var(one) + np.var(other)) / 2 + (np.mean(one) - np.mean(other)) ** 2 / 4)
    plain = np.mean(np.abs(np.sort(repeated[0]) - np.sort(repeated[1])))
    assert wasserstein(a, b) == pytest.approx(plain / deviation if deviation > 0 else 0.0, abs=1e-9)


def test_weights_count_like_repetitions() -> None:
    weighted = Sample(np.array([1.0, 5.0]), np.array([3.0, 1.0]))
    assert wasserstein(weighted, Sample(np.array([1.0, 1.0, 1.0, 5.0]))) == pytest.approx(0.0, abs=1e-12)


def test_distances_of_what_cannot_be_compared() -> None:
    assert np.isnan(wasserstein(Sample(np.zeros(0)), Sample(np.ones(3))))
    curve = Curve(np.arange(2), np.array([1.0, np.nan]))
    assert curve_distance(curve, Curve(np.arange(2), np.array([2.0, 3.0]))) == pytest.approx(1 / 1.5)
    with pytest.raises(TypeError):
        distance(curve, Sample(np.ones(1)))


def test_trades_are_signed_by_quote_then_by_tick() -> None:
    price = np.array([10.0, 11.0, 10.5, 10.5, 10.0])
    mid = np.array([10.5, 10.5, 10.5, 10.5, 10.0])
    assert infer_signs(price, mid).tolist() == [-1, 1, -1, -1, -1]
    assert infer_signs(np.zeros(0), np.zeros(0)).tolist() == []


def test_fills_of_one_order_become_one_trade() -> None:
    ts, ticks, lots, sign = merge_fills(
        np.array([1, 1, 1, 2]), np.array([10, 11, 10, 10]), np.array([1, 3, 2, 5]), np.array([1, 1, -1, -1])
    )
    assert (ts.tolist(), ticks.tolist(), lots.tolist(), sign.tolist()) == (
        [1, 1, 2],
        [10.75, 10, 10],
        [4, 2, 5],
        [1, -1, -1],
    )


def quote_rows(quotes: list[tuple[int, int, int, int, int]]) -> np.ndarray:
    rows = np.zeros(2 * len(quotes), EVENT)
    for k, (ts, bid, bid_lots, ask, ask_lots) in enumerate(quotes):
        rows[2 * k] = (ts, 0, k, 0, bid, bid_lots, 0, 0, EventKind.QUOTE, 1)
        rows[2 * k + 1] = (ts, 0, k, 0, ask, ask_lots, 0, EventFlag.LAST, EventKind.QUOTE, -1)
    return rows


def test_a_tape_leaves_out_locked_quotes_and_irregular_prints() -> None:
    rows = quote_rows([(10, 99, 5, 101, 5), (20, 100, 5, 100, 5), (30, 99, 5, 101, 5), (40, 100, 2, 101, 5)])
    trades = np.zeros(3, EVENT)
    trades["kind"] = EventKind.TRADE
    trades["ts_event_ns"] = [15, 25, 35]
    trades["price_ticks"] = [101, 99, 99]
    trades["size_lots"] = 1
    trades["flags"] = [1, 1 | EventFlag.OUT_OF_SEQUENCE, 1]
    both = np.concatenate([rows, trades])
    tape = tape_from_quotes(STOCK, both[np.argsort(both["ts_event_ns"], kind="stable")], 0, 100)
    assert tape.quote_ts_ns.tolist() == [10, 40]
    assert tape.trade_sign.tolist() == [1, -1]
    with pytest.raises(InvalidValueError, match="best quotes within the stretch"):
        tape_from_quotes(STOCK, both, 50, 100)


def test_best_quotes_wait_for_both_sides() -> None:
    rows = quote_rows([(10, 99, 5, 101, 5)])
    one_sided = rows[:1].copy()
    one_sided["flags"] = EventFlag.LAST
    assert best_quotes(np.concatenate([one_sided, rows]))[0].tolist() == [10]


def test_a_cut_tape_loses_nothing() -> None:
    tape = random_walk_tape(2)
    first, second = split_tape(tape, 777 * SECOND)
    assert len(first.quote_ts_ns) + len(second.quote_ts_ns) == len(tape.quote_ts_ns)
    assert np.concatenate([first.trade_sign, second.trade_sign]).tolist() == tape.trade_sign.tolist()
    assert first.seconds + second.seconds == tape.seconds


def test_imbalance_predicts_in_a_market_where_the_thin_side_breaks() -> None:
    bid_lots = np.tile([9, 9, 1, 1], 500)
    bid = np.cumsum(np.tile([0, 1, 0, -1], 500))
    n = len(bid)
    none = np.zeros(0, np.int64)
    tape = Tape(
        STOCK, 0, n * SECOND, np.arange(n) * SECOND, bid, bid + 1, bid_lots, 10 - bid_lots, none, none, none, none
    )
    up = measures.move_after_imbalance(tape)
    assert up[-1] < 0.6
    assert np.isnan(up[4])


def test_realism_ranks_markets() -> None:
    real = [random_walk_tape(seed, memory=0.6) for seed in (1, 2)]
    good, bad = random_walk_tape(3, memory=0.6), random_walk_tape(4)
    report = compare(real, [good], [bad], preset="p", stretches=["a", "b"])
    facts = {fact.name: fact for fact in report.facts}
    assert facts["trade signs"].better_than_naive
    assert facts["trade signs"].ratio is not None
    assert facts["trade signs"].ratio < 3
    assert set(report.not_shown) >= {"depth profile", "lifetimes", "cancel ratio", "limit sizes"}
    assert msgspec.json.decode(msgspec.json.encode(report))["median_ratio"] == report.median_ratio


def test_realism_needs_two_real_stretches() -> None:
    tape = random_walk_tape(1)
    with pytest.raises(InvalidValueError, match="two or more stretches"):
        compare([tape], [tape], [], preset="p", stretches=["a"])
    with pytest.raises(InvalidValueError, match="simulated"):
        compare([tape, tape], [], [], preset="p", stretches=["a", "b"])


def test_every_fact_measures_an_empty_market_without_falling_over() -> None:
    none = np.zeros(0, np.int64)
    one = np.array([5])
    tape = Tape(STOCK, 0, 100 * SECOND, one, one, one + 1, one, one, none, none, none, none)
    for fact in FACTS:
        fact.measure(tape)
