"""A market that has no room for every fill of the agent's orders tells some as one: lots and value stay exact."""

from collections import defaultdict

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from tradewind.core.dtypes import FILL
from tradewind.core.kernels import entry
from tradewind.market.flow.layout import OWN_FILLS, new_markets
from tradewind.market.flow.own_fills import keep

MARKETS = new_markets(1, 64, 64)


@entry
def keep_all(markets: np.ndarray, fills: np.ndarray) -> None:
    market = markets[0]
    market.own_fills_count = 0
    market.own_fills_lost = 0
    for k in range(len(fills)):
        keep(market, fills[k])


def fill(order_id: int, lots: int, price: int, *, takes: bool) -> np.ndarray:
    row = np.zeros(1, FILL)
    role = "taker" if takes else "maker"
    row[f"{role}_id"], row[f"{role}_owner"], row["size_lots"], row["price_ticks"] = order_id, 1, lots, price
    return row


def sums(rows: np.ndarray) -> dict[tuple[int, int], tuple[int, int]]:
    """Lots and value by taking and by resting order."""
    out: dict[tuple[int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows:
        key = (int(row["taker_id"]) if row["taker_owner"] else 0, int(row["maker_id"]) if row["maker_owner"] else 0)
        lots = int(row["size_lots"])
        out[key] = (out[key][0] + lots, out[key][1] + lots * int(row["price_ticks"]))
    return out


# An order that takes has its own limit; one that rests has one price.
ORDERS = st.lists(
    st.tuples(st.integers(1, 8), st.booleans(), st.lists(st.integers(1, 900), min_size=1, max_size=90)),
    min_size=1,
    max_size=8,
    unique_by=lambda order: order[0],
)


@given(ORDERS)
@settings(max_examples=200, deadline=None)
def test_lots_and_value_of_every_order_stay_exact(orders: list[tuple[int, bool, list[int]]]) -> None:
    rows = [
        fill(order_id, lots, 1000 + 7 * k if takes else 990, takes=takes)
        for order_id, takes, sizes in orders
        for k, lots in enumerate(sizes)
    ]
    fills = np.concatenate(rows)
    keep_all(MARKETS, fills)
    told = MARKETS["own_fills"][0][: int(MARKETS["own_fills_count"][0])]
    assert int(MARKETS["own_fills_lost"][0]) == 0
    assert sums(told) == sums(fills)


def test_few_fills_are_told_as_they_were() -> None:
    fills = np.concatenate([fill(1, 5, 1000, takes=True) for _ in range(OWN_FILLS // 2)])
    keep_all(MARKETS, fills)
    assert int(MARKETS["own_fills_count"][0]) == len(fills)


def test_more_orders_than_rows_are_counted_as_lost() -> None:
    fills = np.concatenate([fill(1 + k, 5, 1000 + k, takes=True) for k in range(OWN_FILLS + 3)])
    keep_all(MARKETS, fills)
    assert int(MARKETS["own_fills_lost"][0]) == 3
