"""Quotes and trades as events: every cause of a fall is told apart, and nothing is counted twice."""

import numpy as np

from tradewind.core.dtypes import EVENT, EventFlag, EventKind
from tradewind.market.calibrate.days import read_day
from tradewind.market.calibrate.sizes import fit_sizes
from tradewind.market.calibrate.touch import market_orders, untangle

MARKET, HIDDEN, IMPROVE, JOIN, CANCEL = range(5)
MS = 10**6


def quote(t_ms: float, side: int, price: int, size: int) -> tuple[int, ...]:
    return (round(t_ms * MS), 0, 0, 0, price, size, 0, EventFlag.LAST, EventKind.QUOTE, side)


def trade(t_ms: float, side: int, price: int, size: int) -> tuple[int, ...]:
    return (round(t_ms * MS), 0, 0, 0, price, size, 0, EventFlag.LAST, EventKind.TRADE, side)


def told(*rows: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Group, side, size and emptied of the events after an opening quote of 100 x 101, 500 on both sides."""
    opening = [quote(0, 1, 100, 500), quote(0, -1, 101, 500)]
    events = read_day("x", np.array([*opening, *rows], EVENT), 1, 10**12).events
    return [(int(e["group"]), int(e["side"]), int(e["size_lots"]), int(e["emptied"])) for e in events]


def test_a_fall_is_split_between_the_trade_that_explains_it_and_a_cancel() -> None:
    assert told(trade(50, 1, 101, 200), quote(51, -1, 101, 200)) == [(MARKET, 1, 200, 0), (CANCEL, -1, 100, 0)]


def test_two_trades_of_one_fall_are_two_market_orders() -> None:
    events = told(trade(50, 1, 101, 200), trade(52, 1, 101, 300), quote(53, -1, 102, 400))
    assert events == [(MARKET, 1, 200, 0), (MARKET, 1, 300, 1)]


def test_one_trade_through_two_levels_is_one_market_order_with_all_of_its_size() -> None:
    rows = [quote(51, -1, 102, 400), quote(51, -1, 103, 300)]
    assert told(trade(50, 1, 102, 900), *rows) == [(MARKET, 1, 900, 1)]


def test_a_fall_without_a_trade_is_a_cancel_and_a_trade_without_a_fall_is_hidden() -> None:
    assert told(quote(40, 1, 100, 400), trade(500, -1, 100, 100)) == [(CANCEL, 1, 100, 0), (HIDDEN, -1, 100, 0)]


def test_what_round_lots_cannot_show_is_traded_on_top() -> None:
    rows = np.array(
        [quote(0, 1, 100, 500), quote(0, -1, 101, 500), trade(50, 1, 101, 243), quote(51, -1, 101, 200)], EVENT
    )
    day = read_day("x", rows, 1, 10**12)
    assert [(int(e["group"]), int(e["size_lots"])) for e in day.events] == [(MARKET, 200), (CANCEL, 100)]
    assert day.extra is not None
    assert day.extra.tolist() == [[0, 43]]
    assert day.rows == 2


def test_a_trade_far_in_time_explains_nothing() -> None:
    assert told(trade(50, 1, 101, 100), quote(200, -1, 101, 400)) == [(HIDDEN, 1, 100, 0), (CANCEL, -1, 100, 0)]


def test_prints_of_one_stamp_and_side_are_one_market_order() -> None:
    rows = np.array([trade(1, 1, 101, 100), trade(1, 1, 102, 150), trade(1, -1, 100, 30), trade(2, -1, 100, 70)], EVENT)
    orders = market_orders(rows, rows["side"], 100)
    assert orders["size_lots"].tolist() == [250, 30, 70]
    assert orders["left_lots"].tolist() == [200, 0, 0]
    assert orders["price_ticks"].tolist() == [102, 100, 100]


def test_the_side_that_gives_way_comes_first_when_both_jump_past_each_other() -> None:
    rows = np.array([quote(0, 1, 100, 5), quote(0, -1, 101, 5), quote(9, 1, 110, 5), quote(9, -1, 111, 5)], EVENT)
    untangle(rows)
    assert rows["side"].tolist() == [1, -1, -1, 1]
    assert rows["price_ticks"].tolist() == [100, 101, 111, 110]
    assert told(quote(9, 1, 110, 500), quote(9, -1, 111, 500)) == [(CANCEL, -1, 500, 1), (IMPROVE, 1, 500, 0)]


def test_sizes_past_the_queue_and_aims_add_up() -> None:
    rows = [trade(50, 1, 102, 900), quote(51, -1, 102, 400), quote(51, -1, 103, 300)]
    opening = [quote(0, 1, 100, 500), quote(0, -1, 101, 500)]
    day = read_day("x", np.array([*opening, *rows], EVENT), 1, 10**12)
    sizes = fit_sizes(day.events, np.arange(2, 9), np.array([100, 200, 300, 400, 1000]), day.extra)
    assert set(sizes["past"]) == {400}
    assert sizes["beyond"][4] == 1.0
    assert all(a + b <= 1.0 for a, b in zip(sizes["exact"], sizes["beyond"], strict=True))
    assert all(v == 0 for row in sizes["extra"] for v in row)
