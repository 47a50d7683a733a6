"""The trader's face: latency is causal, messages keep their order, fees are booked, nothing of it moves the market."""

from decimal import Decimal

import numpy as np
import pytest

from tradewind.book.reasons import Reason
from tradewind.core.dtypes import MESSAGE, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.fees import Fees
from tradewind.market.batch import MarketBatch
from tradewind.market.reactive import EPOCH_NS, Market
from tradewind.market.trading import Latency

PRESET = "aig"
DATA_NS = 20_000_000


def test_you_see_the_market_of_a_while_ago() -> None:
    late, prompt = Market(PRESET, 4, latency=Latency(market_data_ns=DATA_NS)), Market(PRESET, 4)
    assert late.now_ns == prompt.now_ns + DATA_NS
    for _ in range(50):
        late.advance(0.1)
        prompt.advance(0.1)
        assert late.seen_ns == late.now_ns - DATA_NS == prompt.now_ns
        assert late.view.depth(1, 5).tobytes() == prompt.view.depth(1, 5).tobytes()


def test_a_fill_is_heard_late_and_what_follows_from_it_arrives_later_still() -> None:
    latency = Latency(order_entry_ns=5_000_000, market_data_ns=DATA_NS)
    market = Market(PRESET, 4, latency=latency)
    sent = market.now_ns
    market.buy(size_lots=1)
    heard = []
    while not heard:
        fills = market.advance(0.001)
        heard = [int(ts) for ts in fills["ts_ns"]]
    resolution = market.preset.clock.resolution_ns
    assert 0 <= sent + latency.order_entry_ns - heard[0] < resolution
    assert 0 <= market.now_ns - (sent + latency.order_entry_ns + DATA_NS) <= 1_000_000
    market.sell(size_lots=1)
    market.advance(0.1)
    answer = market.answers()[-1]
    assert answer.ts_ns >= heard[0] + latency.order_entry_ns + DATA_NS


def test_messages_keep_the_order_they_were_sent_in() -> None:
    market = Market(PRESET, 4, latency=Latency(order_entry_ns=1_000, jitter_ns=50_000_000))
    bid = (market.view.best_bid or (0, 0))[0]
    orders = []
    for k in range(20):
        orders.append(market.buy(size_lots=10, price_ticks=bid - 3 - k))
        market.advance(0.01)
    market.advance(5.0)
    answers = market.answers()
    assert [a.order_id for a in answers] == orders
    arrivals = np.array([a.ts_ns for a in answers])
    assert (np.diff(arrivals) >= 0).all()
    assert len(set(arrivals)) > 2


def test_jitter_has_the_mean_it_says_and_its_own_chance() -> None:
    delays = []
    for seed in range(200):
        market = Market("zero_intelligence", seed, latency=Latency(jitter_ns=1_000_000))
        sent = market.now_ns
        market.cancel(1)
        market.advance(0.1)
        delays.append(market.answers()[0].ts_ns - sent)
    assert np.mean(delays) == pytest.approx(1_000_000, rel=0.25)
    assert np.median(delays) == pytest.approx(693_000, rel=0.35)


@pytest.mark.parametrize(
    "latency", [Latency(), Latency(order_entry_ns=3_000_000, market_data_ns=DATA_NS, jitter_ns=2_000_000)]
)
@pytest.mark.parametrize("fees", [None, Fees(taker_bps=3.0, maker_bps=-1.0)])
def test_refused_messages_leave_the_twin_identical(latency: Latency, fees: Fees | None) -> None:
    market = Market(PRESET, 11, latency=latency, fees=fees, record=True)
    twin = Market(PRESET, 11, latency=latency, fees=fees, record=True)
    for _ in range(10):
        market.buy(size_lots=0, price_ticks=4_000)
        market.sell(size_lots=0)
        market.cancel(99)
        market.advance(1.0)
    twin.advance(10.0)
    assert {a.reason for a in market.answers()} == {Reason.INVALID_SIZE, Reason.UNKNOWN_ORDER_ID}
    assert market.rows().tobytes() == twin.rows().tobytes()


def test_the_account_adds_up_to_the_cent() -> None:
    fees = Fees(taker_bps=0.3, maker_per_unit=-0.0020, taker_per_unit=0.0030)
    market = Market(PRESET, 2, fees=fees)
    price = (market.view.best_bid or (0, 0))[0]
    market.buy(size_lots=300)
    market.buy(size_lots=100, price_ticks=price)
    fills = [market.advance(1.0)]
    market.sell(size_lots=150)
    fills += [market.advance(1.0) for _ in range(120)]
    rows, one = np.concatenate(fills), market.instrument
    position, cash, paid = 0, Decimal(0), Decimal(0)
    for row in rows:
        taker = int(row["taker_owner"]) != 0
        side = int(row["side"]) * (1 if taker else -1)
        size, value = int(row["size_lots"]), one.to_price(int(row["price_ticks"])) * one.to_size(int(row["size_lots"]))
        position += side * size
        cash -= side * value
        paid += value * Decimal("0.00003") + size * Decimal("0.0030") if taker else size * Decimal("-0.0020")
    account = market.account()
    assert {bool(r["taker_owner"]) for r in rows} == {True, False}
    assert (account.position_lots, account.cash, account.fees) == (position, cash, paid)
    assert account.wealth(Decimal(50)) == cash - paid + position * 50


def test_orders_show_what_is_ahead() -> None:
    market = Market(PRESET, 2)
    bid, ahead = market.view.best_bid or (0, 0)
    ask = (market.view.best_ask or (0, 0))[0]
    deep, best, offer = market.buy(50, bid - 2), market.buy(70, bid), market.sell(30, ask + 1)
    market.advance(0.0)
    orders = market.orders()
    assert orders["order_id"].tolist() == [best, deep, offer]
    assert orders["side"].tolist() == [1, 1, -1]
    assert int(orders["ahead_lots"][0]) == ahead
    market.replace(deep, 20, bid - 2)
    market.reduce(best, 20)
    market.cancel(offer)
    market.advance(0.0)
    assert market.orders()["size_lots"].tolist() == [50, 20]


def test_too_many_messages_or_one_out_of_time_is_refused() -> None:
    market = Market(PRESET, 2, latency=Latency(order_entry_ns=10**9))
    message = np.zeros(1, MESSAGE)
    message["kind"], message["order_id"] = MessageKind.CANCEL, 1
    message["ts_ns"] = market.now_ns - 1
    with pytest.raises(InvalidValueError, match=r"ts_ns.*present"):
        market.submit(message)
    message["ts_ns"] = market.now_ns + 1000
    market.submit(message)
    with pytest.raises(InvalidValueError, match=r"ts_ns.*last message"):
        market.cancel(1)
    with pytest.raises(InvalidValueError, match="at most 32"):
        market.submit(np.repeat(message, 40))


@pytest.mark.parametrize("name", ["order_entry_ns", "market_data_ns", "jitter_ns"])
@pytest.mark.parametrize("value", [-1, 3600 * 10**9 + 1])
def test_a_bad_delay_is_refused_by_name(name: str, value: int) -> None:
    with pytest.raises(InvalidValueError, match=f"{name}.*hour"):
        Latency(**{name: value})


def test_a_batch_delays_and_charges_like_a_market() -> None:
    latency, fees = Latency(order_entry_ns=7_000_000, market_data_ns=DATA_NS), Fees(taker_bps=1.0)
    batch = MarketBatch([PRESET], 2, seed=3, latency=latency, fees=fees)
    message = np.zeros(1, MESSAGE)
    message["kind"], message["side"], message["size_lots"], message["order_id"] = MessageKind.MARKET, 1, 10, 1
    batch.advance(1.0)
    batch.submit(1, message[0])
    batch.advance(1.0)
    (fill,) = batch.take_fills(1)
    market = batch.markets[1]
    assert int(market["answers"][0]["ts_ns"]) == EPOCH_NS + 10**9 + DATA_NS + latency.order_entry_ns
    assert int(market["account"]["fee_units"]) == int(fill["price_ticks"]) * 10 * 1000
    assert int(batch.markets[0]["account"]["fills"]) == 0
