"""Hypothesis drives the engine and its naive twin side by side; every step compares everything."""

from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tradewind.bench.naive_book import NaiveBook
from tradewind.book.engine import MatchingEngine
from tradewind.core.dtypes import MESSAGE, MessageKind, TradingState
from tradewind.core.types import SelfTradePrevention, TimeInForce

ORDERS = 11
ids = st.integers(1, 25)
sides = st.sampled_from([1, -1])
near = st.integers(997, 1003)
prices = st.one_of(near, near, near, st.integers(600, 1400), st.integers(-50, 200_000))
sizes = st.one_of(st.integers(1, 12), st.integers(1, 12), st.integers(1, 40), st.integers(-1, 12))
Fields = dict[str, int]
order = st.fixed_dictionaries({"order_id": ids, "side": sides, "size_lots": sizes, "owner": st.integers(0, 2)})
tifs = st.sampled_from([*TimeInForce, TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTC, 9])


class EngineMachine(RuleBasedStateMachine):
    """A tiny pool, a window of 64 ticks, a fill buffer of 2 rows: full books, slides and pauses come all the time."""

    engine: MatchingEngine
    twin: NaiveBook

    @initialize(
        self_trade=st.sampled_from(SelfTradePrevention), steps=st.sampled_from([(1, 1), (1, 1), (5, 2)]), low=near
    )
    def open(self, self_trade: SelfTradePrevention, steps: tuple[int, int], low: int) -> None:
        band = (low - 900, 100_000)
        size = {"levels": 64, "orders": ORDERS, "fill_rows": 2}
        self.engine = MatchingEngine(self_trade=self_trade, price_band=band, steps=steps, **size)  # type: ignore[arg-type]
        self.twin = NaiveBook(self_trade=self_trade, price_band=band, capacity=ORDERS)
        self.twin.tick_step, self.twin.lot_step = steps
        self.now = 0

    def send(self, **fields: int) -> None:
        self.now += 1
        fields["ts_ns"] = self.now
        row: tuple[Any, ...] = tuple(int(fields.get(name, 0)) for name in MESSAGE.names or ())
        before = len(self.twin.fills)
        reason = self.twin.apply(row)
        answer = self.engine.submit(**fields)
        assert answer.reason == reason, (fields, answer.reason, reason)
        assert answer.fills.tolist() == self.twin.fills[before:]

    @rule(order=order, price=prices, tif=tifs)
    def limit(self, order: Fields, price: int, tif: int) -> None:
        self.send(kind=MessageKind.LIMIT, price_ticks=price, tif=tif, **order)

    @rule(order=order, price=near, display=st.integers(-1, 8))
    def iceberg(self, order: Fields, price: int, display: int) -> None:
        self.send(kind=MessageKind.LIMIT, price_ticks=price, display_lots=display, **order)

    @rule(order=order, price=near, size=st.integers(1, 25))
    def fill_or_kill(self, order: Fields, price: int, size: int) -> None:
        fields = order | {"size_lots": size, "price_ticks": price + 3 * order["side"]}
        self.send(kind=MessageKind.LIMIT, tif=TimeInForce.FOK, **fields)

    @rule(order=order, tif=tifs)
    def market(self, order: Fields, tif: int) -> None:
        self.send(kind=MessageKind.MARKET, tif=tif, **order)

    @rule(order=order, trigger=prices, limit=st.none() | near, tif=tifs)
    def stop(self, order: Fields, trigger: int, limit: int | None, tif: int) -> None:
        kind = MessageKind.STOP if limit is None else MessageKind.STOP_LIMIT
        self.send(kind=kind, price_ticks=limit or 0, trigger_ticks=trigger, tif=tif, **order)

    @rule(order_id=ids)
    def cancel(self, order_id: int) -> None:
        self.send(kind=MessageKind.CANCEL, order_id=order_id)

    @rule(order_id=ids, size=sizes)
    def reduce(self, order_id: int, size: int) -> None:
        self.send(kind=MessageKind.REDUCE, order_id=order_id, size_lots=size)

    @rule(order=order, price=prices, display=st.integers(0, 8), trigger=st.just(0) | near, tif=tifs)
    def replace(self, order: Fields, price: int, display: int, trigger: int, tif: int) -> None:
        fields = {"price_ticks": price, "display_lots": display, "trigger_ticks": trigger, "tif": tif}
        self.send(kind=MessageKind.REPLACE, **order, **fields)

    @rule(order_id=ids, size=st.integers(1, 40))
    def replace_in_place(self, order_id: int, size: int) -> None:
        held = self.twin.orders.get(order_id)
        price = held.price_ticks if held else 1
        self.send(kind=MessageKind.REPLACE, order_id=order_id, size_lots=size, price_ticks=price)

    @rule(kind=st.integers(0, 9), side=st.integers(-2, 2), order_id=st.integers(-1, 2))
    def nonsense(self, kind: int, side: int, order_id: int) -> None:
        self.send(kind=kind, side=side, order_id=order_id, size_lots=2, price_ticks=1000, trigger_ticks=1000)

    @rule(state=st.sampled_from([*[TradingState.OPEN] * 6, TradingState.HALTED, TradingState.CLOSED]))
    def trading(self, state: TradingState) -> None:
        self.engine.set_state(state)
        self.twin.state = state

    @rule(low=st.integers(1, 1005), high=st.integers(995, 100_000))
    def band(self, low: int, high: int) -> None:
        self.twin.price_band = (min(low, high), max(low, high))
        self.engine.set_price_band(*self.twin.price_band)

    @rule()
    def come_back(self) -> None:
        kept = self.engine.snapshot()
        self.engine = MatchingEngine.restore(kept)
        assert self.engine.snapshot() == kept

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "engine"):
            return
        assert self.engine.dump().tolist() == self.twin.dump()
        record = self.engine.books[0]
        counters = [int(record[name]) for name in ("entered_lots", "cancelled_lots", "traded_lots", "live")]
        twin = self.twin
        assert counters == [twin.entered_lots, twin.cancelled_lots, twin.traded_lots, len(twin.orders)]
        assert self.engine.last_trade_ticks == twin.last_ticks
        self.engine.check()


EngineMachine.TestCase.settings = settings(
    max_examples=120, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
TestEngineMachine = EngineMachine.TestCase
