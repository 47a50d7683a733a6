"""Orders that were there before a file begins, told by the rows that name them."""

import numpy as np
from tests.market.test_rebuild import rows_of

from tradewind.book.feeds import L3Book
from tradewind.book.issues import Policy
from tradewind.core.dtypes import EventFlag, EventKind
from tradewind.market.opening import with_opening_orders

ADD, REDUCE, DELETE = EventKind.ADD, EventKind.REDUCE, EventKind.DELETE
EXECUTE, CLEAR = EventKind.EXECUTE, EventKind.CLEAR
SNAPSHOT, ANONYMOUS = EventFlag.SNAPSHOT, EventFlag.SNAPSHOT | EventFlag.ANONYMOUS

HEAD = rows_of((5, CLEAR, 0, 0, 0, 0, SNAPSHOT), (5, ADD, -1, 900, 103, 10, ANONYMOUS | 1))
ROWS = rows_of(
    (5, ADD, 1, 50, 100, 5, 1),
    (6, EXECUTE, -1, 20, 103, 2, 1),
    (7, REDUCE, 1, 10, 100, 1, 1),
    (8, DELETE, -1, 20, 103, 4, 1),
    (9, DELETE, 1, 60, 90, 4, 1),
    (9, DELETE, 1, 10, 100, 3, 1),
)


def test_orders_named_before_the_first_add_come_first():
    book = L3Book()
    rows = with_opening_orders(ROWS)
    book.apply(rows[: len(rows) - len(ROWS)])
    assert book.orders(1).tolist() == [(10, 100, 4)]
    assert book.orders(-1).tolist() == [(20, 103, 6)]
    book.apply(rows[len(rows) - len(ROWS) :])
    assert book.issues == {"unknown_order": 1}
    assert book.orders(1).tolist() == [(50, 100, 5)]
    assert book.best_ask is None


def test_they_stand_before_orders_that_the_file_adds():
    book = L3Book()
    book.apply(with_opening_orders(ROWS)[:3])
    assert book.queue_ahead(50) == (4, 1)


def test_anonymous_orders_keep_what_named_ones_do_not_explain():
    rows = with_opening_orders(np.concatenate([HEAD, ROWS]))
    book = L3Book(Policy(strict=True))
    book.apply(rows[:4])
    assert sorted(book.orders(-1)["size_lots"].tolist()) == [4, 6]
    last = (rows["flags"][:4] & EventFlag.LAST) != 0
    assert last.tolist() == [False, False, False, True]
    explained = HEAD.copy()
    explained["size_lots"][1] = 6
    assert len(with_opening_orders(np.concatenate([explained, ROWS]))) == len(rows) - 1


def test_nothing_is_added_where_nothing_is_missing():
    assert np.array_equal(with_opening_orders(ROWS[:1]), ROWS[:1])
    assert len(with_opening_orders(ROWS[:0])) == 0
    assert np.array_equal(with_opening_orders(ROWS[1:2]), ROWS[1:2])
