"""Whatever an agent does, the simulated book stays whole."""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradewind.core.dtypes import MESSAGE, MessageKind
from tradewind.core.fees import Fees, fee_amount, fee_rates, fees_of_fills
from tradewind.market.reactive import Market
from tradewind.market.scenario import Phase, Scenario
from tradewind.market.trading import Latency

KINDS = [MessageKind.LIMIT, MessageKind.MARKET, MessageKind.CANCEL, MessageKind.REDUCE, MessageKind.REPLACE]
ACTIONS = st.tuples(
    st.sampled_from(
        [MessageKind.LIMIT, MessageKind.MARKET, MessageKind.CANCEL, MessageKind.REDUCE, MessageKind.REPLACE]
    ),
    st.sampled_from([-1, 1]),
    st.integers(-1, 4_000),
    st.integers(-12, 12),
    st.integers(1, 8),
    st.sampled_from([0, 1, 2, 3]),
    st.floats(0.0, 3.0),
)


def walk(book: Any, side: int) -> tuple[list[tuple[int, int, int]], int]:
    """Levels of a side (price, size, count) from the links of its orders, and how many orders there are."""
    levels, total = [], 0
    for level in book["ladders"][side]["levels"]:
        slot, size, count, price = int(level["head"]), 0, 0, 0
        while slot:
            order = book["orders"][slot]
            price = int(order["price_ticks"])
            assert order["size_lots"] > 0
            assert int(order["flags"]) & 3 == side
            size, count, slot = size + int(order["size_lots"]), count + 1, int(order["next"])
        if count:
            levels.append((price, size, count))
            assert (size, count) == (int(level["size_lots"]), int(level["count"]))
        total += count
    return levels, total


def check(market: Market) -> None:
    record = market._markets[0]
    book = record["book"]
    (bids, n_bids), (asks, n_asks) = walk(book, 0), walk(book, 1)
    assert max(price for price, _, _ in bids) == int(book["ladders"][0]["best_ticks"])
    assert min(price for price, _, _ in asks) == int(book["ladders"][1]["best_ticks"])
    assert int(book["ladders"][0]["best_ticks"]) < int(book["ladders"][1]["best_ticks"])
    own = int(record["own_count"])
    cold = int(book["ladders"]["cold"].sum())
    if cold == 0:
        assert n_bids + n_asks == int(book["live"]) == int(record["resting"].sum()) + own


ROUGH = Scenario(
    "rough",
    (
        Phase(seconds=3.0, band_ticks=6, activity=3.0),
        Phase(seconds=2.0, halted=True),
        Phase(seconds=8.0, band_ticks=3, pause_s=2.0, activity=4.0, buy_tilt=-0.5, limit=0.8),
        Phase(),
    ),
)
LATE = Latency(order_entry_ns=10**7, market_data_ns=10**8, jitter_ns=10**7)
PRICES = Fees(taker_bps=0.301, maker_bps=-0.2, taker_per_unit=0.003)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 1000),
    actions=st.lists(ACTIONS, min_size=1, max_size=25),
    scenario=st.sampled_from([None, ROUGH]),
    latency=st.sampled_from([None, LATE]),
)
def test_the_book_stays_whole_and_the_account_adds_up(
    seed: int, actions: list[tuple[Any, ...]], scenario: Scenario | None, latency: Latency | None
) -> None:
    market = Market("aig", seed, scenario=scenario, latency=latency, fees=PRICES)
    rates = fee_rates(PRICES, market.instrument.tick_size)
    position = cash = fees = 0
    for kind, side, size, distance, order_id, tif, pause in actions:
        message = np.zeros(1, MESSAGE)
        best = market.view.best_bid if side > 0 else market.view.best_ask
        assert best is not None
        message["kind"], message["side"], message["size_lots"] = kind, side, size
        message["price_ticks"], message["order_id"] = best[0] + distance, order_id
        message["tif"] = tif if kind in (MessageKind.LIMIT, MessageKind.MARKET) else 0
        market.submit(message)
        fills = market.advance(pause)
        assert (fills["size_lots"] > 0).all()
        check(market)
        for owner, sign in (("taker_owner", 1), ("maker_owner", -1)):
            mine = fills[fills[owner] != 0]
            position += int((sign * mine["side"] * mine["size_lots"]).sum())
            cash -= int((sign * mine["side"] * mine["size_lots"] * mine["price_ticks"]).sum())
        fees += int(fees_of_fills(fills, rates).sum())
    account, one = market.account(), market.instrument
    assert account.position_lots == position
    assert account.cash == cash * one.tick_size * one.lot_size
    assert account.fees == fee_amount(fees, one.tick_size, one.lot_size)
    market.advance(5.0)
