"""Events in, execution reports out."""

import msgspec
import pytest

from tradewind.book.engine import MatchingEngine
from tradewind.core.errors import InvalidValueError
from tradewind.core.events import CancelOrder, Event, ExecType, ExecutionReport, NewOrder, ReduceOrder, ReplaceOrder
from tradewind.core.types import SelfTradePrevention, TimeInForce


def order(order_id: int, side: int, size: int, price: int | None = None, **more: int) -> NewOrder:
    return NewOrder(ts_ns=order_id, order_id=order_id, side=side, size_lots=size, price_ticks=price, **more)  # type: ignore[arg-type]


def told(reports: tuple[ExecutionReport, ...]) -> list[tuple[int, str, int, int]]:
    """(order, what, last lots, leaves)."""
    return [(r.order_id, r.exec_type.name, r.last_lots, r.leaves_lots) for r in reports]


@pytest.fixture
def engine() -> MatchingEngine:
    return MatchingEngine(levels=64, self_trade=SelfTradePrevention.CANCEL_OLDEST)


def test_both_sides_of_a_trade_are_told(engine: MatchingEngine) -> None:
    assert told(engine.on(order(1, -1, 5, 101, owner=3))) == [(1, "NEW", 0, 5)]
    reports = engine.on(order(2, 1, 8, 101, owner=4))
    assert told(reports) == [(2, "NEW", 0, 8), (1, "TRADE", 5, 0), (2, "TRADE", 5, 3)]
    maker, taker = reports[1:]
    assert (maker.side, maker.owner, maker.counter_id, maker.aggressor) == (-1, 3, 2, False)
    assert (taker.side, taker.owner, taker.counter_id, taker.aggressor) == (1, 4, 1, True)
    assert maker.last_ticks == taker.last_ticks == 101


def test_leaves_count_hidden_lots_and_what_is_cancelled(engine: MatchingEngine) -> None:
    engine.on(order(1, -1, 25, 101, display_lots=10))
    assert told(engine.on(order(2, 1, 12)))[1:] == [
        (1, "TRADE", 10, 15),
        (2, "TRADE", 10, 2),
        (1, "TRADE", 2, 13),
        (2, "TRADE", 2, 0),
    ]
    reports = engine.on(order(3, 1, 20, 101, tif=TimeInForce.IOC))
    assert told(reports)[-2:] == [(3, "TRADE", 5, 7), (3, "CANCELLED", 7, 0)]


def test_reduce_replace_cancel_and_refusals(engine: MatchingEngine) -> None:
    engine.on(order(1, 1, 9, 100, owner=5))
    assert told(engine.on(ReduceOrder(ts_ns=2, order_id=1, size_lots=2))) == [(1, "REPLACED", 2, 7)]
    assert told(engine.on(ReplaceOrder(ts_ns=3, order_id=1, price_ticks=99, size_lots=4))) == [(1, "REPLACED", 0, 4)]
    (refusal,) = engine.on(ReplaceOrder(ts_ns=3, order_id=1, price_ticks=0, size_lots=4))
    assert (refusal.exec_type, refusal.reason, refusal.leaves_lots) == (ExecType.REJECTED, "PRICE_OUT_OF_BAND", 4)
    (gone,) = engine.on(CancelOrder(ts_ns=4, order_id=1))
    assert (gone.exec_type, gone.last_lots, gone.leaves_lots, gone.side, gone.owner) == (ExecType.CANCELLED, 4, 0, 1, 5)
    (unknown,) = engine.on(CancelOrder(ts_ns=5, order_id=1))
    assert (unknown.reason, unknown.side) == ("UNKNOWN_ORDER_ID", 0)
    with pytest.raises(InvalidValueError, match="event"):
        engine.on(gone)  # type: ignore[arg-type]


def test_self_trades_cancel_the_resting_order(engine: MatchingEngine) -> None:
    engine.on(order(1, -1, 5, 101, owner=3))
    assert told(engine.on(order(2, 1, 2, 101, owner=3))) == [(2, "NEW", 0, 2), (1, "CANCELLED", 5, 0)]


def test_triggered_stops_are_told_with_and_without_trades(engine: MatchingEngine) -> None:
    engine.on(order(1, 1, 1, 100))
    engine.on(order(2, 1, 2, 99))
    assert told(engine.on(order(11, -1, 5, trigger_ticks=100))) == [(11, "NEW", 0, 5)]
    engine.on(order(12, -1, 4, 98, trigger_ticks=99))
    engine.on(order(13, -1, 4, trigger_ticks=99))
    engine.on(order(14, -1, 4, trigger_ticks=50))
    assert told(engine.on(order(20, -1, 1))) == [
        (20, "NEW", 0, 1),
        (1, "TRADE", 1, 0),
        (20, "TRADE", 1, 0),
        (11, "TRIGGERED", 0, 5),
        (2, "TRADE", 2, 0),
        (11, "TRADE", 2, 3),
        (11, "CANCELLED", 3, 0),
        (12, "TRIGGERED", 0, 4),
        (13, "TRIGGERED", 0, 4),
        (13, "CANCELLED", 4, 0),
    ]
    assert engine.dump()["order_id"].tolist() == [12, 14]


def test_events_survive_the_wire(engine: MatchingEngine) -> None:
    events: list[Event] = [order(1, -1, 5, 101), CancelOrder(ts_ns=2, order_id=1), *engine.on(order(7, 1, 3, 99))]
    packed = msgspec.msgpack.encode(events)
    assert msgspec.msgpack.decode(packed, type=list[Event]) == events
