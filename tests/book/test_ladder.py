"""A ladder against lists in a dict: every queue, the best price, the sums, through windows and pages."""

import numpy as np
import pytest

from tradewind.book.ids import erase, find, find_slot, ids_dtype, insert, rebuild
from tradewind.book.ladder import join, next_occupied, shrink
from tradewind.book.layout import LADDER_MASK, NONE, aligned_zeros, book_dtype, in_window
from tradewind.book.orders import clear_book, remove, take_slot
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import entry
from tradewind.core.random import stream


@entry
def _clear(books, tables):
    clear_book(books[0])
    rebuild(books[0], tables[0], 0)


@entry
def _join(books, tables, index, row):
    order_id, price, size = row
    book, ids = books[0], tables[0]
    at = find(book, ids, order_id)
    if ids.table[at].slot != 0:
        return -1
    slot = take_slot(book)
    if slot != 0:
        order = book.orders[slot]
        order.order_id, order.size_lots, order.flags = order_id, size, index
        join(book, index, slot, price)
        insert(book, ids, at, order_id, slot)
    return slot


@entry
def _remove(books, tables, order_id):
    book, ids = books[0], tables[0]
    slot = find_slot(book, ids, order_id)
    if slot != 0:
        erase(ids, find(book, ids, order_id))
        remove(book, slot)
    return slot


@entry
def _shrink(books, tables, order_id, lots):
    book = books[0]
    slot = find_slot(book, tables[0], order_id)
    shrink(book, np.int64(book.orders[slot].flags) & LADDER_MASK, slot, lots)


@entry
def _window(books, index, out):
    """Orders of the window in priority order, each with the sums of its level."""
    ladder = books[0].ladders[index]
    price, rows = ladder.best_ticks, 0
    while abs(price) != NONE and in_window(ladder, price):
        level = ladder.levels[price & (len(ladder.levels) - 1)]
        slot = np.int64(level.head)
        while slot != 0:
            order = books[0].orders[slot]
            out[rows, 0], out[rows, 1], out[rows, 2] = order.price_ticks, order.order_id, order.size_lots
            out[rows, 3], out[rows, 4] = level.size_lots, level.count
            rows += 1
            slot = np.int64(order.next)
        price = next_occupied(ladder, index, price)
    return rows


def expected(twin, index):
    prices = sorted(twin, reverse=index % 2 == 0)
    rows = []
    for price in prices:
        queue = twin[price]
        rows += [(price, name, size, sum(s for _, s in queue), len(queue)) for name, size in queue]
    return rows


@pytest.mark.parametrize(("spread", "seed"), [(30, 1), (400, 2), (20_000, 3)])
def test_a_ladder_equals_lists_in_a_dict(spread: int, seed: int) -> None:
    random = stream(seed, "ladder")
    books = aligned_zeros(1, book_dtype(64, 512))
    tables = aligned_zeros(1, ids_dtype(512))
    _clear(books, tables)
    twins, home, out, middle, name = [{}, {}, {}, {}], {}, np.zeros((512, 5), np.int64), 0, 0
    most_windowed = 0
    for step in range(4000):
        middle += int(random.normal(0, spread / 20))
        if random.random() < 0.52 or not home:
            name += 1
            index, size = int(random.integers(0, 4)), int(random.integers(1, 9))
            price = middle + int(random.normal(0, spread)) // int(random.integers(1, 9))
            slot = _join(books, tables, index, (name, price, size))
            assert (slot == 0) == (len(home) == 511)
            if slot:
                twins[index].setdefault(price, []).append([name, size])
                home[name] = (index, price)
        else:
            chosen = list(home)[int(random.integers(0, len(home)))]
            index, price = home[chosen]
            row = next(r for r in twins[index][price] if r[0] == chosen)
            if random.random() < 0.3 and row[1] > 1:
                row[1] -= 1
                _shrink(books, tables, chosen, 1)
            else:
                assert _remove(books, tables, chosen) > 0
                assert _remove(books, tables, chosen) == 0
                twins[index][price].remove(row)
                if not twins[index][price]:
                    del twins[index][price]
                del home[chosen]
        assert books["live"][0] == len(home) == tables["count"][0]
        for index, twin in enumerate(twins):
            best = (max if index % 2 == 0 else min)(twin, default=NONE * (2 * (index % 2) - 1))
            ladder = books["ladders"][0, index]
            assert ladder["best_ticks"] == best, step
            assert not twin or 0 <= best - ladder["base_ticks"] < 64
            if step % 7 == 0:
                rows = _window(books, index, out)
                assert list(map(tuple, out[:rows].tolist())) == expected(twin, index)[:rows]
                most_windowed = max(most_windowed, rows)
    assert most_windowed > 0


@pytest.mark.parametrize(("levels", "orders"), [(100, 10), (32, 10), (128, 1), (128, 2**31 + 1)])
def test_sizes_that_cannot_work_are_refused(levels: int, orders: int) -> None:
    with pytest.raises(InvalidValueError):
        book_dtype(levels, orders)


def test_records_lie_on_cache_lines() -> None:
    for dtype in (book_dtype(), book_dtype(128, 512), book_dtype(64, 3, stops=False)):
        assert dtype.itemsize % 64 == 0
        assert dtype.fields["orders"][1] % 64 == 0
        assert dtype.fields["ladders"][1] % 64 == 0
    books = aligned_zeros(3, book_dtype(64, 3))
    assert books.ctypes.data % 64 == 0
