from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.errors import InvalidValueError
from tradewind.core.fees import Fees
from tradewind.core.random import stream
from tradewind.core.types import Instrument
from tradewind.execution.fills import ORDER_FILL
from tradewind.execution.tca import ORDER_MARKS, PARTS, cost_of, cost_parts, cvar, order_metrics

STOCK = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))
FEES = Fees(maker_bps=-0.2, taker_bps=0.3, maker_per_unit=-0.0021, taker_per_unit=0.003)
PRICE = st.integers(1, 10**6)


@st.composite
def orders(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Any orders with any fills, as wild as prices come."""
    count = draw(st.integers(1, 4))
    marks, fills, first = np.zeros(count, ORDER_MARKS), [], [0]
    for mark in marks:
        sizes = draw(st.lists(st.integers(1, 5000), max_size=8))
        mark["side"], mark["quantity_lots"] = draw(st.sampled_from([-1, 1])), sum(sizes) + draw(st.integers(0, 900)) + 1
        for name in ("decision", "arrival", "end", "after", "close"):
            mark[f"{name}_half_ticks"] = draw(PRICE)
        mark["twap_ticks"], mark["vwap_ticks"], mark["market_lots"] = (
            draw(PRICE),
            draw(PRICE),
            draw(st.integers(0, 9999)),
        )
        fills += [(0, draw(PRICE), size, draw(PRICE), draw(PRICE), draw(st.integers(0, 1))) for size in sizes]
        first.append(len(fills))
    rows = np.array(fills, ORDER_FILL)
    twin = np.array([draw(PRICE) for _ in fills], np.int64) if draw(st.booleans()) else None
    return marks, rows, np.array(first), twin


def naive_shortfall(mark: np.void, fills: np.ndarray, fees: Fees) -> Decimal:
    """Perold's difference between the paper and the real portfolio, one fill at a time."""
    side, mid = int(mark["side"]), Decimal(int(mark["decision_half_ticks"])) / 200
    cost, left = Decimal(0), int(mark["quantity_lots"])
    for fill in fills:
        price, size = Decimal(int(fill["price_ticks"])) / 100, int(fill["size_lots"])
        kind = "maker" if fill["passive"] else "taker"
        cost += side * size * (price - mid)
        cost += price * size * Decimal(repr(getattr(fees, f"{kind}_bps"))) / 10_000
        cost += size * Decimal(repr(getattr(fees, f"{kind}_per_unit")))
        left -= size
    return cost + side * left * (Decimal(int(mark["end_half_ticks"])) / 200 - mid)


@settings(max_examples=120, deadline=None)
@given(orders())
def test_parts_sum_to_the_shortfall_exactly(case: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]) -> None:
    marks, fills, first, twin = case
    costs = cost_parts(marks, fills, first, twin)
    metrics = order_metrics(marks, costs, STOCK, FEES)
    for i, mark in enumerate(marks):
        exact = cost_of(mark, costs[i], STOCK, FEES)
        assert sum(getattr(exact, part) for part in PARTS) == exact.shortfall
        assert exact.shortfall == naive_shortfall(mark, fills[first[i] : first[i + 1]], FEES)
        assert exact.permanent == 0 or twin is not None
        for part in ("shortfall", *PARTS):
            assert metrics[f"{part}_bps"][i] == pytest.approx(float(exact.bps(part)), rel=1e-9, abs=1e-9)


def one_order(**fields: int) -> np.ndarray:
    marks = np.zeros(1, ORDER_MARKS)
    given_ = {"side": 1, "quantity_lots": 10, "decision_half_ticks": 200, "arrival_half_ticks": 200}
    for name, value in (given_ | {"end_half_ticks": 200, "close_half_ticks": 200} | fields).items():
        marks[name] = value
    return marks


def test_each_part_is_what_it_says() -> None:
    fills = np.array([(0, 102, 4, 100, 101, 0), (0, 100, 6, 100, 102, 1)], ORDER_FILL)
    marks = one_order(quantity_lots=12, decision_half_ticks=198, end_half_ticks=206)
    cost = cost_parts(marks, fills, np.array([0, 2]), np.array([200, 201]))[0]
    assert cost["delay"] == 10 * 2
    assert cost["spread"] == 4 * (202 - 201) + 6 * (200 - 202)  # paid half a spread on 4, earned one on 6
    assert cost["temporary"] == 4 * (204 - 202)
    assert cost["permanent"] == 4 * 1 + 6 * 1
    assert cost["drift"] == 4 * 0 + 6 * 1
    assert cost["opportunity"] == 2 * (206 - 198)
    assert cost["passive_lots"] == 6
    assert cost["fills"] == 2


def test_a_sale_is_a_purchase_in_the_mirror() -> None:
    buy = np.array([(0, 102, 4, 100, 101, 0), (0, 99, 6, 99, 102, 1)], ORDER_FILL)
    sell = buy.copy()
    sell["price_ticks"], sell["bid_ticks"], sell["ask_ticks"] = (
        200 - buy["price_ticks"],
        200 - buy["ask_ticks"],
        200 - buy["bid_ticks"],
    )
    first = np.array([0, 2])
    bought = cost_parts(one_order(), buy, first)[0]
    sold = cost_parts(one_order(side=-1), sell, first)[0]
    assert all(bought[p] == sold[p] for p in (*PARTS[:-1], "gross"))


def test_metrics_of_a_known_order() -> None:
    fills = np.array([(0, 101, 5, 99, 101, 0), (0, 99, 5, 99, 101, 1)], ORDER_FILL)
    marks = one_order(after_half_ticks=198, market_lots=30, close_half_ticks=202, end_half_ticks=202)
    marks["twap_ticks"], marks["vwap_ticks"] = 100.5, 99.0
    metrics = order_metrics(marks, cost_parts(marks, fills, np.array([0, 2])), STOCK, Fees())[0]
    assert metrics["shortfall_bps"] == 0
    assert metrics["fill_rate"] == 1
    assert metrics["completed"] == 1
    assert metrics["participation"] == 0.25
    assert metrics["passive_share"] == 0.5
    assert metrics["reversion_bps"] == pytest.approx(1e4 * 4 / 200)
    assert metrics["vwap_bps"] == pytest.approx(1e4 * 1 / 99)
    assert np.isnan(metrics["impact_bps"])


def test_nothing_filled_is_all_opportunity() -> None:
    marks = one_order(end_half_ticks=210)
    metrics = order_metrics(marks, cost_parts(marks, np.zeros(0, ORDER_FILL), np.array([0, 0])), STOCK, FEES)[0]
    assert metrics["shortfall_bps"] == metrics["opportunity_bps"] == pytest.approx(1e4 * 10 / 200)
    assert metrics["fill_rate"] == 0
    assert np.isnan(metrics["twap_bps"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"side": 0}, "side must be"),
        ({"quantity_lots": 0}, "quantity_lots must be more than 0"),
        ({"quantity_lots": 3}, "at most its quantity"),
    ],
)
def test_impossible_orders_are_refused(change: dict[str, int], message: str) -> None:
    fills = np.array([(0, 102, 4, 100, 101, 0)], ORDER_FILL)
    with pytest.raises(InvalidValueError, match=message):
        cost_parts(one_order(**change), fills, np.array([0, 1]))


def test_cvar_is_the_mean_of_the_tail() -> None:
    costs = stream(1, "test").normal(size=1000)
    assert cvar(costs, 0.9) == pytest.approx(np.sort(costs)[-100:].mean())
    with pytest.raises(InvalidValueError):
        cvar(costs, 1.0)
