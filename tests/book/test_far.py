"""The table of far levels against a dict, through growth and removal."""

import numpy as np

from tradewind.book.far import best_far, far_levels, far_size, put_far, take_far
from tradewind.book.l2 import new_l2
from tradewind.core.kernels import entry
from tradewind.core.random import stream


@entry
def _step(books, price, size):
    ladder = books[0].ladders[0]
    if size > 0:
        return np.int64(put_far(ladder, price, size))
    return take_far(ladder, price)


@entry
def _look(books, price):
    ladder = books[0].ladders[0]
    return far_size(ladder, price), best_far(ladder, 1, -(1 << 62)), ladder.far_count, ladder.far_mask


@entry
def _every(books):
    return far_levels(books[0].ladders[0])


def test_far_levels_are_a_dict():
    books, twin, rng = new_l2(), {}, stream(1, "far")
    for step in range(6_000):
        price = int(rng.integers(-(1 << 59), 1 << 59)) if rng.random() < 0.3 else int(rng.integers(10_000, 12_000))
        size = int(rng.integers(0, 4))
        before = twin.get(price, 0)
        assert _step(books, price, size) == (1 if size else before)
        if size:
            twin[price] = size
        else:
            twin.pop(price, None)
        if step % 50 == 0:
            size_there, best, count, mask = _look(books, price)
            assert (size_there, best, count) == (twin.get(price, 0), max(twin, default=-(1 << 62)), len(twin))
            assert 2 * count <= mask + 1
    assert len(twin) > 1_000
    assert {int(price): int(size) for price, size in _every(books)} == twin
