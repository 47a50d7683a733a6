"""Each order type by itself, in the words of the guide."""

import numpy as np
import pytest

from tradewind.book.engine import MatchingEngine
from tradewind.book.reasons import Reason
from tradewind.core.dtypes import FillFlag, TradingState
from tradewind.core.types import SelfTradePrevention, Side, TimeInForce

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def engine() -> MatchingEngine:
    return MatchingEngine(levels=64, orders=64, fill_rows=4)


def guarded(mode: SelfTradePrevention) -> MatchingEngine:
    return MatchingEngine(levels=64, orders=64, fill_rows=4, self_trade=mode)


def trades(answer: object) -> list[tuple[int, int, int]]:
    """(maker, price, size) of each fill."""
    return answer.fills[["maker_id", "price_ticks", "size_lots"]].tolist()


def resting(engine: MatchingEngine) -> list[tuple[int, int, int]]:
    """(id, price, visible size) in priority order."""
    engine.check()
    return engine.dump()[["order_id", "price_ticks", "size_lots"]].tolist()


def test_best_price_first_then_first_come(engine: MatchingEngine) -> None:
    engine.limit(1, SELL, 102, 5)
    engine.limit(2, SELL, 101, 5)
    engine.limit(3, SELL, 101, 5)
    answer = engine.limit(4, BUY, 102, 12)
    assert trades(answer) == [(2, 101, 5), (3, 101, 5), (1, 102, 2)]
    assert answer.fills["flags"].tolist() == [FillFlag.MAKER_DONE, FillFlag.MAKER_DONE, 0]
    assert resting(engine) == [(1, 102, 3)]


def test_what_a_limit_order_cannot_trade_rests(engine: MatchingEngine) -> None:
    engine.limit(1, SELL, 101, 5)
    assert trades(engine.limit(2, BUY, 101, 8)) == [(1, 101, 5)]
    assert resting(engine) == [(2, 101, 3)]


def test_market_orders_pay_up_to_the_band_and_never_rest(engine: MatchingEngine) -> None:
    engine.limit(1, SELL, 101, 5)
    engine.limit(2, SELL, 150, 5)
    engine.set_price_band(50, 120)
    assert trades(engine.market(3, BUY, 8)) == [(1, 101, 5)]
    assert resting(engine) == [(2, 150, 5)]
    assert engine.market(4, SELL, 8) == (Reason.ACCEPTED, pytest.approx([])), "an empty side: nothing trades"


def test_ioc_leaves_nothing(engine: MatchingEngine) -> None:
    engine.limit(1, SELL, 101, 5)
    assert trades(engine.limit(2, BUY, 101, 8, tif=TimeInForce.IOC)) == [(1, 101, 5)]
    assert resting(engine) == []


def test_fok_trades_in_full_or_not_at_all(engine: MatchingEngine) -> None:
    engine.limit(1, SELL, 101, 5)
    engine.limit(2, SELL, 300, 5)
    assert engine.limit(3, BUY, 299, 6, tif=TimeInForce.FOK).reason == Reason.FOK_UNFILLABLE
    assert engine.market(3, BUY, 11, tif=TimeInForce.FOK).reason == Reason.FOK_UNFILLABLE
    assert resting(engine) == [(1, 101, 5), (2, 300, 5)]
    assert trades(engine.limit(3, BUY, 300, 10, tif=TimeInForce.FOK)) == [(1, 101, 5), (2, 300, 5)]


def test_fok_counts_hidden_lots(engine: MatchingEngine) -> None:
    engine.limit(1, SELL, 101, 30, display_lots=10)
    assert len(engine.limit(2, BUY, 101, 30, tif=TimeInForce.FOK).fills) == 3


def test_fok_counts_only_what_self_trade_prevention_lets_it_trade() -> None:
    for mode, available in ((SelfTradePrevention.CANCEL_OLDEST, 35), (SelfTradePrevention.CANCEL_NEWEST, 10)):
        for size in (available, available + 1):
            engine = guarded(mode)
            engine.limit(1, SELL, 101, 30, display_lots=10)
            engine.limit(2, SELL, 101, 7, owner=8)
            engine.limit(3, SELL, 102, 5)
            reason = engine.limit(4, BUY, 102, size, owner=8, tif=TimeInForce.FOK).reason
            assert reason == (Reason.ACCEPTED if size == available else Reason.FOK_UNFILLABLE)


def test_post_only_never_takes(engine: MatchingEngine) -> None:
    engine.limit(1, SELL, 101, 5)
    assert engine.limit(2, BUY, 101, 5, tif=TimeInForce.POST_ONLY).reason == Reason.POST_ONLY_WOULD_TAKE
    assert engine.limit(2, BUY, 100, 5, tif=TimeInForce.POST_ONLY).reason == Reason.ACCEPTED
    assert engine.replace(2, 101, 5, tif=TimeInForce.POST_ONLY).reason == Reason.POST_ONLY_WOULD_TAKE
    assert resting(engine) == [(2, 100, 5), (1, 101, 5)]


def test_an_iceberg_refreshes_at_the_back_of_the_queue(engine: MatchingEngine) -> None:
    engine.limit(1, SELL, 101, 25, display_lots=10)
    engine.limit(2, SELL, 101, 5)
    answer = engine.market(3, BUY, 12)
    assert trades(answer) == [(1, 101, 10), (2, 101, 2)]
    assert answer.fills["flags"][0] == FillFlag.DISPLAY_REFRESHED
    assert resting(engine) == [(2, 101, 3), (1, 101, 10)]
    assert trades(engine.market(4, BUY, 100)) == [(2, 101, 3), (1, 101, 10), (1, 101, 5)]


def test_an_iceberg_that_takes_first_shows_its_peak_of_the_rest(engine: MatchingEngine) -> None:
    engine.limit(1, SELL, 101, 5)
    engine.limit(2, BUY, 101, 30, display_lots=10)
    assert engine.dump()[["size_lots", "reserve_lots"]].tolist() == [(10, 15)]
    engine.reduce(2, 20)
    assert engine.dump()[["size_lots", "reserve_lots"]].tolist() == [(5, 0)], "hidden lots go first"


def test_reduce_keeps_the_place_and_ends_an_order(engine: MatchingEngine) -> None:
    engine.limit(1, BUY, 100, 5)
    engine.limit(2, BUY, 100, 5)
    engine.reduce(1, 4)
    assert resting(engine) == [(1, 100, 1), (2, 100, 5)]
    engine.reduce(1, 4)
    assert resting(engine) == [(2, 100, 5)]


@pytest.mark.parametrize(
    ("price", "size", "queue"),
    [(100, 4, [1, 2]), (100, 5, [1, 2]), (100, 6, [2, 1]), (99, 4, [2, 1]), (101, 4, [1, 2])],
)
def test_replace_keeps_the_place_only_at_the_same_price_and_not_larger(
    engine: MatchingEngine, price: int, size: int, queue: list[int]
) -> None:
    engine.limit(1, BUY, 100, 5)
    engine.limit(2, BUY, 100, 5)
    engine.replace(1, price, size)
    assert [row[0] for row in resting(engine)] == queue
    assert (1, price, size) in resting(engine)


def test_replace_may_trade_under_the_same_id(engine: MatchingEngine) -> None:
    engine.limit(1, BUY, 100, 5, owner=4)
    engine.limit(2, SELL, 102, 3)
    answer = engine.replace(1, 102, 5)
    assert answer.fills[["maker_id", "taker_id", "taker_owner", "size_lots"]].tolist() == [(2, 1, 4, 3)]
    assert resting(engine) == [(1, 102, 2)]


def test_stops_trigger_on_trades_best_trigger_first(engine: MatchingEngine) -> None:
    for number, price in enumerate(range(101, 107), start=1):
        engine.limit(number, SELL, price, 5)
    engine.stop(11, BUY, 103, 2)
    engine.stop(12, BUY, 102, 2)
    engine.stop(13, BUY, 102, 2)
    answer = engine.limit(20, BUY, 103, 12)
    takers = answer.fills["taker_id"].tolist()
    assert takers == [20, 20, 20, 12, 13, 13, 11]
    stopped = answer.fills[answer.fills["taker_id"] != 20]
    assert (stopped["flags"] & FillFlag.STOP_TRIGGERED).all()
    assert 11 not in engine.dump()["order_id"]


def test_stops_against_the_direction_run_before_those_along_it(engine: MatchingEngine) -> None:
    engine.stop(11, BUY, 95, 1)
    engine.stop(12, SELL, 105, 1)
    engine.limit(1, SELL, 100, 1)
    engine.limit(2, SELL, 110, 9)
    engine.limit(3, BUY, 90, 9)
    answer = engine.market(20, BUY, 1)
    assert answer.fills[["taker_id", "price_ticks"]].tolist() == [(20, 100), (12, 90), (11, 110)]


def test_stops_cascade_in_turn_after_the_message_is_complete(engine: MatchingEngine) -> None:
    engine.limit(1, BUY, 100, 5)
    engine.limit(2, BUY, 99, 5)
    engine.limit(3, BUY, 98, 5)
    engine.stop(11, SELL, 100, 5)
    engine.stop(12, SELL, 99, 5)
    engine.stop(13, SELL, 98, 1, limit_ticks=97)
    answer = engine.market(20, SELL, 5)
    assert answer.fills[["taker_id", "price_ticks"]].tolist() == [(20, 100), (11, 99), (12, 98)]
    assert engine.last_trade_ticks == 98
    assert resting(engine) == [(13, 97, 1)], "the stop-limit rests: the bids are gone"


def test_a_stop_that_the_last_trade_has_reached_is_refused(engine: MatchingEngine) -> None:
    assert engine.stop(1, BUY, 90, 1).reason == Reason.ACCEPTED, "no trade yet"
    engine.limit(2, SELL, 101, 2)
    engine.market(3, BUY, 1)
    assert engine.stop(4, BUY, 101, 1).reason == Reason.TRIGGER_REACHED
    assert engine.stop(4, SELL, 101, 1).reason == Reason.TRIGGER_REACHED
    assert engine.stop(4, BUY, 102, 1).reason == Reason.ACCEPTED
    assert engine.replace(4, 0, 1, trigger_ticks=101).reason == Reason.TRIGGER_REACHED
    assert engine.replace(4, 0, 1, trigger_ticks=110).reason == Reason.ACCEPTED
    assert engine.cancel(4).reason == Reason.ACCEPTED
    assert resting(engine) == []


def test_self_trade_prevention() -> None:
    left = {}
    for mode in SelfTradePrevention:
        engine = guarded(mode)
        engine.limit(1, SELL, 101, 5, owner=7)
        engine.limit(2, SELL, 101, 5, owner=0)
        answer = engine.limit(3, BUY, 101, 12, owner=7)
        left[mode.name] = (trades(answer), [row[0] for row in resting(engine)])
        prevented = (answer.fills["flags"] & FillFlag.SELF_TRADE) != 0
        assert prevented.any() == (mode != SelfTradePrevention.OFF)
    assert left == {
        "OFF": ([(1, 101, 5), (2, 101, 5)], [3]),
        "CANCEL_OLDEST": ([(1, 101, 5), (2, 101, 5)], [3]),
        "CANCEL_NEWEST": ([(1, 101, 0)], [1, 2]),
        "CANCEL_BOTH": ([(1, 101, 5)], [2]),
    }


def test_owner_zero_trades_with_itself() -> None:
    engine = guarded(SelfTradePrevention.CANCEL_BOTH)
    engine.limit(1, SELL, 101, 5)
    assert trades(engine.market(2, BUY, 5)) == [(1, 101, 5)]


def test_a_halt_lets_orders_leave(engine: MatchingEngine) -> None:
    engine.limit(1, BUY, 100, 5)
    engine.set_state(TradingState.HALTED)
    assert engine.limit(2, BUY, 100, 5).reason == Reason.MARKET_HALTED
    assert engine.replace(1, 100, 4).reason == Reason.MARKET_HALTED
    assert engine.reduce(1, 1).reason == Reason.ACCEPTED
    engine.set_state(TradingState.CLOSED)
    assert engine.cancel(1).reason == Reason.MARKET_CLOSED
    engine.set_state(TradingState.OPEN)
    assert engine.cancel(1).reason == Reason.ACCEPTED


def test_negative_prices_where_the_band_allows_them() -> None:
    engine = MatchingEngine(levels=64, orders=64, price_band=(-10_000, 10_000))
    engine.limit(1, SELL, -37, 5)
    engine.limit(2, BUY, -3000, 5)
    assert trades(engine.market(3, BUY, 5)) == [(1, -37, 5)]
    assert trades(engine.market(4, SELL, 5)) == [(2, -3000, 5)]
    assert engine.last_trade_ticks == -3000


def test_queues_far_from_the_touch_keep_their_order(engine: MatchingEngine) -> None:
    far = [(5000, 1), (5000, 2), (900, 3), (5000, 4), (70_000, 5), (900, 6)]
    for price, name in far:
        engine.limit(name, SELL, price, 1)
    engine.limit(7, SELL, 100, 1)
    answer = engine.market(8, BUY, 7)
    assert answer.fills["maker_id"].tolist() == [7, 3, 6, 1, 2, 4, 5]


def test_a_fill_buffer_of_one_row_loses_nothing() -> None:
    wide, narrow = (MatchingEngine(levels=64, orders=256, fill_rows=rows) for rows in (1000, 1))
    for engine in (wide, narrow):
        for name in range(1, 100):
            engine.limit(name, SELL, 100 + name % 7, 3, display_lots=name % 3)
    assert np.array_equal(wide.market(500, BUY, 290).fills, narrow.market(500, BUY, 290).fills)
    assert wide.books.tobytes() == narrow.books.tobytes()
