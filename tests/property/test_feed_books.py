"""Feed books against their naive twins: any rows whatever, both policies, the invariants after every row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive.feed_books import NaiveL1, NaiveL2, NaiveL3, Stopped

from tradewind.book.feeds import L1Book, L2Book, L3Book
from tradewind.book.issues import Policy
from tradewind.core.dtypes import EVENT, EventFlag
from tradewind.core.errors import DataError
from tradewind.core.random import stream

PAIRS = {3: (L3Book, NaiveL3), 2: (L2Book, NaiveL2), 1: (L1Book, NaiveL1)}
KINDS = {3: [1, 1, 1, 2, 3, 4, 5], 2: [7], 1: [8]}
FAR = (1, -7000, 50_000, 10**9, -(10**15), 1 << 60, -(1 << 60), (1 << 63) - 1)
"""Prices outside any window, and some that no book takes."""


def event(*, kind, side, order_id, price, size, flags, ts, sequence):
    return (ts, 0, sequence, order_id, price, size, 0, flags, kind, side)


def random_rows(rng, count, kinds, dirty, drift=0):
    """Rows of a small market.

    ``dirty`` is the share of rows in which some field is anything at all; with ``drift`` the market wanders so many
    ticks a row at most, so that windows move and orders wait outside them.
    """
    rows = np.zeros(count, dtype=EVENT)
    rows["kind"] = rng.choice(kinds, count)
    rows["side"] = rng.choice([1, -1], count)
    rows["order_id"] = rng.integers(1, 30, count)
    rows["price_ticks"] = 1000 - rows["side"] * (rng.integers(-2, 8, count) + rng.integers(-2, drift * 40 + 1, count))
    rows["price_ticks"] += np.cumsum(rng.integers(-drift, drift + 1, count))
    rows["size_lots"] = rng.integers(1, 8, count)
    rows["flags"] = rng.choice([0, EventFlag.LAST, EventFlag.LAST], count)
    rows["ts_event_ns"] = np.cumsum(rng.integers(0, 3, count))
    rows["sequence"] = np.arange(count)
    wild = {
        "kind": [*range(13)],
        "side": [-1, 0, 1, 2],
        "order_id": [-1, 0, 1, 2, 3, 1 << 62],
        "price_ticks": [*FAR, 0, 990, 1010],
        "size_lots": [-1, 0, 1, 3, 1000, (1 << 52) - 1, 1 << 52, -(1 << 63), (1 << 63) - 1],
        "flags": [0, 1, EventFlag.SNAPSHOT, EventFlag.SNAPSHOT | EventFlag.ANONYMOUS | EventFlag.LAST],
        "ts_event_ns": [0, 1],
        "sequence": [0, 1, 1000],
    }
    for name, values in wild.items():
        at = rng.random(count) < dirty
        rows[name][at] = rng.choice(np.array(values, dtype=rows[name].dtype), at.sum())
    return rows


def as_dict(row):
    return {name: row[name].item() for name in EVENT.names}


def anonymous(naive_orders):
    """Ids as the fast book gives them: an anonymous order has a negative one."""
    return [(key if isinstance(key, int) else -1, price, size) for key, price, size in naive_orders]


def same(book, naive):
    for side in (1, -1):
        best = book.best_bid if side == 1 else book.best_ask
        assert best == naive.best(side)
        depth = naive.depth(side)
        assert [tuple(level) for level in book.depth(side, len(depth) + 2).tolist()] == depth
        if isinstance(book, L3Book):
            for held in (False, True):
                fast = [(max(i, -1), p, s) for i, p, s in book.orders(side, held=held).tolist()]
                assert fast == anonymous(naive.orders(side, held))
    if isinstance(book, L3Book):
        book.check()
    assert book.issues == {name: count for name, count in naive.issues.items() if count}
    assert book.rows_applied == naive.rows


def run_both(level, rows, policy, every=1):
    fast, slow = PAIRS[level]
    book = fast(Policy(**policy))
    naive = slow(**policy)
    for at, row in enumerate(rows):
        try:
            naive.apply(as_dict(row))
        except Stopped as stopped:
            with pytest.raises(DataError, match=f"row {at + 1}.*{stopped}"):
                book.apply(rows[at : at + 1])
            return book, naive
        book.apply(rows[at : at + 1])
        if at % every == 0:
            same(book, naive)
    same(book, naive)
    return book, naive


def policies():
    return st.fixed_dictionaries(
        {"strict": st.booleans(), "contiguous": st.booleans(), "patience_rows": st.integers(1, 6)}
    )


def any_rows(level):
    prices = st.one_of(st.integers(995, 1005), st.integers(995, 1005), st.sampled_from(FAR))
    row = st.builds(
        event,
        kind=st.one_of(st.sampled_from(KINDS[level]), st.sampled_from(KINDS[level]), st.integers(0, 12)),
        side=st.sampled_from([1, 1, 1, -1, -1, -1, 0, 3]),
        order_id=st.integers(0, 6),
        price=prices,
        size=st.one_of(
            st.integers(-1, 5), st.integers(-1, 5), st.sampled_from([(1 << 52) - 1, 1 << 52, (1 << 63) - 1])
        ),
        flags=st.sampled_from([0, 1, 1, EventFlag.SNAPSHOT, EventFlag.SNAPSHOT | EventFlag.ANONYMOUS | EventFlag.LAST]),
        ts=st.integers(0, 3),
        sequence=st.integers(0, 3),
    )
    return st.lists(row, max_size=60).map(lambda rows: np.array(rows, dtype=EVENT))


@pytest.mark.parametrize("level", [3, 2, 1])
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_rows_under_both_policies(level, data):
    run_both(level, data.draw(any_rows(level)), data.draw(policies()))


@pytest.mark.parametrize(("dirty", "drift"), [(0.0, 0), (0.02, 0), (0.2, 0), (0.01, 100), (0.0, 1000)])
@pytest.mark.parametrize("level", [3, 2, 1])
def test_long_streams(level, dirty, drift):
    rows = random_rows(stream(7, f"feed/{level}/{dirty}"), 4_000, KINDS[level] * 200 + [9, 10], dirty, drift)
    book, _ = run_both(level, rows, {"patience_rows": 40}, every=50)
    assert book.rows_applied == len(rows)


@pytest.mark.slow
@pytest.mark.parametrize("level", [3, 2, 1])
def test_very_long_streams(level):
    rows = random_rows(stream(8, f"feed/{level}"), 200_000, KINDS[level] * 200 + [9, 10], 0.01, 20)
    run_both(level, rows, {"patience_rows": 100}, every=997)


@pytest.mark.parametrize("level", [3, 2, 1])
def test_batches_do_not_matter(level):
    rows = random_rows(stream(9, f"feed/{level}"), 3_000, KINDS[level], 0.05)
    whole, parts = PAIRS[level][0](), PAIRS[level][0]()
    bests = whole.best_quotes(rows)
    pieces = [parts.best_quotes(piece) for piece in np.split(rows, [1, 2, 700, 2_999])]
    assert np.array_equal(np.concatenate(pieces), bests)
    assert parts.issues == whole.issues
