"""Every fact on a tiny tape whose answer can be worked out by hand."""

from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.dtypes import EVENT, EventFlag, EventKind
from tradewind.core.types import Instrument
from tradewind.market.facts import measures
from tradewind.market.facts.catalogue import FACTS
from tradewind.market.facts.distance import Curve, Sample, curve_distance, distance, pooled
from tradewind.market.facts.from_orders import tape_from_orders
from tradewind.market.facts.from_quotes import tape_from_quotes
from tradewind.market.facts.realism import compare
from tradewind.market.facts.stretches import as_shown, round_lot
from tradewind.market.facts.tape import Tape

STOCK = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))
SECOND = 10**9
FACT = {fact.name: fact for fact in FACTS}


def tape(bid: list[int], ask: list[int], **columns: object) -> Tape:
    """A quote a second, 100 lots on each side; no trades unless given."""
    n, none = len(bid), np.zeros(0, np.int64)
    lots = np.full(n, 100)
    plain = Tape(STOCK, 0, n * SECOND, np.arange(n) * SECOND, np.array(bid), np.array(ask), lots, lots, *[none] * 4)
    return msgspec.structs.replace(plain, **columns)


def trades(every_s: float, count: int, lots: object = 1, sign: object = 1) -> dict[str, np.ndarray]:
    times = (np.arange(count) * every_s * SECOND).astype(np.int64) + SECOND // 2
    full = [np.broadcast_to(np.asarray(v), count).copy() for v in (0, lots, sign)]
    return dict(zip(("trade_ts_ns", "trade_ticks", "trade_lots", "trade_sign"), [times, *full], strict=True))


def curve(name: str, of: Tape) -> np.ndarray:
    found = FACT[name].measure(of)
    assert isinstance(found, Curve)
    return found.y


def sample(name: str, of: Tape) -> Sample:
    found = FACT[name].measure(of)
    assert isinstance(found, Sample)
    return found


def test_spread_and_queues_count_by_the_time_they_stood() -> None:
    quotes = tape([100, 100, 100, 100], [101, 101, 101, 104], ask_lots=np.array([7, 100, 100, 100]))
    spread, queues = sample("spread", quotes), sample("best queues", quotes)
    assert spread.values @ spread.weights / spread.weights.sum() == pytest.approx(1.75)
    assert queues.weights[queues.values == np.log(7)].sum() == pytest.approx(1.0)


def test_gaps_between_quotes_are_a_second() -> None:
    assert sample("inter-arrival", tape([100] * 5, [101] * 5)).values.tolist() == [0.0] * 4


def test_quotes_in_every_other_second_cluster_against_each_other() -> None:
    times = np.arange(0, 300, 2) * SECOND
    quotes = tape([100] * 300, [101] * 300)
    quotes = msgspec.structs.replace(quotes, quote_ts_ns=times, **dict.fromkeys(("bid_ticks",), np.full(150, 100)))
    assert curve("clustering", quotes)[:2] == pytest.approx([-1.0, 1.0], abs=0.02)


def test_sizes_lifetimes_and_cancels_are_what_the_tape_says() -> None:
    quotes = tape([100], [101], **trades(1, 3, [1, 10, 100]), limit_lots=np.array([5, 50]), lifetime_s=np.array([1.0]))
    quotes = msgspec.structs.replace(quotes, cancelled_share=0.9, depth_lots=np.array([3.0, 4.0]))
    assert sample("trade sizes", quotes).values == pytest.approx(np.log([1, 10, 100]))
    assert sample("limit sizes", quotes).values == pytest.approx(np.log([5, 50]))
    assert sample("lifetimes", quotes).values.tolist() == [0.0]
    assert curve("cancel ratio", quotes).tolist() == [0.9]
    assert curve("depth profile", quotes).tolist() == [3.0, 4.0]


def test_signs_that_alternate_and_a_law_that_is_planted() -> None:
    assert curve("trade signs", tape([100], [101], **trades(1, 400, 1, np.tile([1, -1], 200))))[0] < -0.99
    lags = np.array([1, 2, 4, 8, 16, 32])
    assert measures.power_exponent(lags, 0.5 * lags**-0.7) == pytest.approx(0.7)
    noisy = np.array([0.5, 0.3, 0.19, 0.12, 0.004, 0.006])
    assert measures.power_exponent(lags, noisy, noise=0.01) == pytest.approx(
        -np.polyfit(np.log(lags[:4]), np.log(noisy[:4]), 1)[0]
    )
    assert np.isnan(measures.power_exponent(lags, noisy, noise=0.2))


def test_a_price_that_alternates_remembers_and_one_that_steps_is_steady() -> None:
    bouncing = tape([100, 102] * 100, [101, 103] * 100)
    assert curve("return memory", bouncing)[0] == pytest.approx(-1.0, abs=0.02)
    assert curve("signature plot", bouncing)[0] == pytest.approx(np.log(4.0))
    assert np.isnan(curve("signature plot", bouncing)[1])
    stepping = tape(list(range(200)), list(range(1, 201)))
    assert curve("signature plot", stepping)[:4] == pytest.approx(np.log([1.0, 2.0, 5.0, 10.0]))


def test_kurtosis_of_two_values_is_minus_two_and_of_one_jump_is_large() -> None:
    assert measures.excess_kurtosis(np.array([1.0, -1.0] * 8)) == pytest.approx(-2.0)
    jump = tape([100] * 150 + [200] * 150, [101] * 150 + [201] * 150)
    assert curve("kurtosis", jump)[0] == pytest.approx(np.log1p(299 - 3 - 1), abs=0.1)


def test_volatility_that_comes_in_blocks_clusters() -> None:
    moves = np.tile(np.repeat([0, 5], 200), 5) * np.tile([1, -1], 1000)
    bid = 1000 + np.cumsum(np.tile(np.repeat([0, 5], 200), 5) * np.tile([1, 1, -1], 667)[:2000])
    assert len(moves) == len(bid)
    assert curve("vol clustering", tape(bid.tolist(), (bid + 1).tolist()))[0] > 0.5


def test_each_trade_that_moves_the_price_by_one_responds_by_the_lag() -> None:
    up = tape(list(range(100, 200)), list(range(101, 201)), **trades(1, 100))
    assert curve("response", up)[:3].tolist() == [1.0, 2.0, 3.0]


def test_volume_goes_with_volatility_where_trades_move_the_price() -> None:
    n = 40 * 60
    busy = (np.arange(n) // 60) % 2 == 1
    bid = 1000 + np.cumsum(np.where(busy, 1, 0))
    found = curve("volume-volatility", tape(bid.tolist(), (bid + 1).tolist(), **trades(1, n, np.where(busy, 9, 1))))
    assert found[0] > 0.99


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8), st.lists(st.floats(-5, 5), min_size=1, max_size=8))
def test_distances_are_symmetric_not_negative_and_zero_for_equals(one: list[float], other: list[float]) -> None:
    n = min(len(one), len(other))
    for scale in (0.0, 1.0):
        a, b = (Curve(np.arange(n), np.array(v[:n]), scale) for v in (one, other))
        assert curve_distance(a, b) == pytest.approx(curve_distance(b, a), nan_ok=True)
        assert not curve_distance(a, b) < 0
        if scale:
            assert curve_distance(a, a) == 0
    assert distance(Sample(np.array(one)), Sample(np.array(other))) >= 0


def test_pooled_samples_count_each_stretch_the_same() -> None:
    both = pooled([Sample(np.zeros(9)), Sample(np.ones(1))])
    assert isinstance(both, Sample)
    assert both.values @ both.weights / both.weights.sum() == pytest.approx(0.5)
    with pytest.raises(TypeError, match="cannot be pooled"):
        pooled([Sample(np.ones(1)), Curve(np.zeros(1), np.zeros(1))])


def test_a_simulated_tape_shows_round_lots_where_the_real_one_does() -> None:
    real = tape([100] * 3, [101] * 3)
    odd = tape([100] * 3, [101] * 3, bid_lots=np.array([250, 290, 30]), depth_lots=np.ones(3))
    shown = as_shown(odd, real)
    assert shown.bid_lots.tolist() == [200, 100]
    assert shown.quote_ts_ns.tolist() == [0, 2 * SECOND]
    assert len(shown.depth_lots) == 0
    assert round_lot([np.array([7]), np.zeros(0, np.int64)]) == 7
    assert as_shown(odd, msgspec.structs.replace(real, bid_lots=np.array([1, 2, 3]))).bid_lots.tolist() == [
        250,
        290,
        30,
    ]


def feed(*rows: tuple[int, EventKind, int, int, int, int]) -> np.ndarray:
    out = np.zeros(len(rows), EVENT)
    for k, (ts, kind, side, price, size, flags) in enumerate(rows):
        out[k] = (ts, ts, k, 0, price, size, 0, flags, kind, side)
    out["order_id"] = np.where(out["kind"] == EventKind.TRADE, 0, out["price_ticks"])
    return out


def test_a_simulated_feed_tells_where_one_order_ends() -> None:
    last = int(EventFlag.LAST)
    rows = feed(
        (1, EventKind.ADD, 1, 100, 50, last),
        (1, EventKind.ADD, -1, 101, 50, last),
        (2, EventKind.EXECUTE, -1, 101, 5, 0),
        (2, EventKind.EXECUTE, -1, 101, 6, last),
        (2, EventKind.TRADE, 1, 101, 7, last),
        (2, EventKind.EXECUTE, -1, 101, 8, last),
    )
    assert tape_from_orders(STOCK, rows, 0, 10, by_order=True).trade_lots.tolist() == [18, 8]
    assert tape_from_orders(STOCK, rows, 0, 10).trade_lots.tolist() == [26]


def test_levels_give_a_depth_profile() -> None:
    last = int(EventFlag.LAST)
    rows = feed(
        (1, EventKind.LEVEL, 1, 100, 40, 0),
        (1, EventKind.LEVEL, 1, 98, 10, 0),
        (1, EventKind.LEVEL, -1, 101, 20, last),
        (3, EventKind.LEVEL, -1, 103, 6, last),
        (3, EventKind.QUOTE, 1, 100, 40, 0),
        (3, EventKind.QUOTE, -1, 101, 20, last),
    )
    assert tape_from_quotes(STOCK, rows, 3, 10).depth_lots[:3].tolist() == [30.0, 8.0, 0.0]


def test_one_day_is_halved_in_three_ways() -> None:
    day = [tape([100 + k] * 40, [101 + k] * 40, **trades(1, 40)) for k in range(6)]
    plain = compare(day[:2], day[2:3], [], preset="p", stretches=["a", "b"])
    fair = compare(day[:2], day[2:3], [], preset="p", stretches=["a", "b"], quarters=day[2:])
    floors = {fact.name: fact.floor for fact in plain.facts}
    assert all(fact.floor is not None for fact in fair.facts)
    assert set(floors) == {fact.name for fact in fair.facts}
    for fact in fair.facts:
        if fact.interval is not None and fact.ratio is not None:
            assert fact.interval[0] <= fact.ratio * 1.0001
