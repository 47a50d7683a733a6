"""One view of every book: the formulas against plain arithmetic, at any distance, with sides empty."""

import math

import numpy as np
import pytest

from tradewind.book.engine import MatchingEngine
from tradewind.book.feeds import L1Book, L2Book, L3Book, book_of_level
from tradewind.book.levels import best_ticks
from tradewind.book.view import BookView
from tradewind.core.dtypes import EVENT, EventKind
from tradewind.core.errors import InvalidValueError, NotFoundError, UsageError
from tradewind.core.random import stream

KIND = {3: EventKind.ADD, 2: EventKind.LEVEL, 1: EventKind.QUOTE}


def rows_for(level, orders):
    """The same market for any book: (side, price, size) of single orders, at most one a price for L2 and L1."""
    rows = np.zeros(len(orders), dtype=EVENT)
    rows["kind"] = KIND[level]
    rows["order_id"] = np.arange(1, len(orders) + 1)
    rows["side"], rows["price_ticks"], rows["size_lots"] = np.array(orders).reshape(-1, 3).T
    return rows


def book_with(level, orders):
    book = book_of_level(level)
    book.apply(rows_for(level, orders))
    return book


def engine_with(orders):
    engine = MatchingEngine()
    for number, (side, price, size) in enumerate(orders, start=1):
        engine.limit(number, side, price, size)
    return BookView(engine.books, engine.tables)


EVERY = [pytest.param(lambda orders, n=n: book_with(n, orders), id=f"L{n}") for n in (3, 2, 1)]
EVERY.append(pytest.param(engine_with, id="engine"))


@pytest.mark.parametrize("make", EVERY)
def test_best_quotes_and_what_follows_from_them(make):
    view = make([(1, 100, 6), (-1, 103, 2)])
    assert view.best_bid == (100, 6)
    assert view.best_ask == (103, 2)
    assert view.mid_ticks == 101.5
    assert view.spread_ticks == 3.0
    assert view.microprice_ticks == (103 * 6 + 100 * 2) / 8
    assert view.imbalance() == (6 - 2) / 8
    assert view.level(1, 100)[0] == 6
    assert view.level(-1, 100) == (0, 0)
    assert [level[:2] for level in view.depth(-1, 3).tolist()] == [(103, 2)]


@pytest.mark.parametrize("make", EVERY)
def test_an_empty_side_has_no_price(make):
    view = make([(1, 100, 6)])
    assert view.best_ask is None
    assert view.best_bid == (100, 6)
    assert math.isnan(view.mid_ticks)
    assert math.isnan(view.spread_ticks)
    assert math.isnan(view.microprice_ticks)
    assert view.imbalance(5) == 1.0
    assert len(view.depth(-1, 5)) == 0


@pytest.mark.parametrize("make", EVERY)
def test_an_empty_book(make):
    view = make([])
    assert view.best_bid is view.best_ask is None
    assert math.isnan(view.imbalance())
    assert len(view.depth(1, 1)) == 0


@pytest.mark.parametrize("make", EVERY)
def test_wrong_questions_are_refused(make):
    view = make([(1, 100, 6)])
    with pytest.raises(InvalidValueError, match=r"side must be \+1 \(bid\) or -1 \(ask\), got 0"):
        view.depth(0, 1)
    with pytest.raises(InvalidValueError, match="levels must be 1 or more, got 0"):
        view.depth(1, 0)
    with pytest.raises(InvalidValueError, match="levels must be 1 or more, got 0"):
        view.imbalance(0)


@pytest.mark.parametrize("level", [3, 2])
@pytest.mark.parametrize("spread", [3, 20_000, 10**12])
def test_depth_is_exact_at_any_distance(level, spread):
    rng = stream(3, f"view/{level}/{spread}")
    prices = np.unique(np.concatenate([rng.integers(0, 4_000, 60), rng.integers(0, spread + 50_000, 60)]))
    orders = [(side, 10**6 - side * int(p + spread), int(rng.integers(1, 9))) for p in prices for side in (1, -1)]
    rng.shuffle(orders)
    book = book_with(level, orders)
    for side in (1, -1):
        wanted = sorted(((p, s) for at, p, s in orders if at == side), key=lambda x: -x[0] * side)
        assert [x[:2] for x in book.depth(side, 500).tolist()] == wanted
        assert [x[:2] for x in book.depth(side, 70).tolist()] == wanted[:70]
        for price, size in wanted[::10]:
            assert book.level(side, price) == (size, 1 if level == 3 else 0)
    for levels in (1, 5, 80, 500):
        bids, asks = (sum(x["size_lots"] for x in book.depth(side, levels)) for side in (1, -1))
        assert book.imbalance(levels) == (bids - asks) / (bids + asks)


def test_queue_ahead():
    book = book_with(
        3, [(1, 100, 5), (1, 99, 7), (1, 100, 2), (1, 10, 3), (1, 11, 4), (1, 10, 1), (1, 100, 9), (-1, 98, 1)]
    )
    assert [book.queue_ahead(order_id) for order_id in (1, 3, 7)] == [(0, 0), (5, 1), (7, 2)]
    far = book_with(3, [(1, 100_000, 5), (1, 10, 3), (1, 4106, 4), (1, 10, 1), (1, 10, 6)])
    assert [far.queue_ahead(order_id) for order_id in (2, 4, 5)] == [(0, 0), (3, 1), (4, 2)]
    with pytest.raises(NotFoundError, match="order 8 does not rest"):
        book.queue_ahead(8)
    with pytest.raises(NotFoundError, match="order 99 does not rest"):
        book.queue_ahead(99)
    for other in (L2Book(), L1Book()):
        with pytest.raises(NotFoundError, match="does not know orders"):
            other.queue_ahead(1)


def test_orders_come_best_first_and_in_the_order_of_the_queue():
    book = book_with(3, [(1, 100, 5), (1, 99, 7), (1, 100, 2), (1, 10, 3), (-1, 9_000, 1), (-1, 101, 4)])
    assert book.orders(1)["order_id"].tolist() == [1, 3, 2, 4]
    assert book.orders(-1).tolist() == [(6, 101, 4), (5, 9_000, 1)]


def test_parts_of_kernels_are_not_called_from_python():
    with pytest.raises(UsageError, match=r"best_ticks.* is a part of kernels; from Python, ask a BookView"):
        best_ticks(L3Book(), 0)


def test_stops_and_hidden_reserves_do_not_show():
    engine = MatchingEngine()
    engine.limit(1, 1, 100, 9, display_lots=2)
    engine.limit(2, -1, 105, 1)
    view = BookView(engine.books, engine.tables)
    assert view.best_bid == (100, 2)
    assert view.depth(1, 3).tolist() == [(100, 2, 1)]
