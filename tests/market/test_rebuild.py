"""Books from rows: the whole stream, a time in it, its best quotes, and the probe for quality reports."""

from decimal import Decimal

import numpy as np
import pytest

from tradewind.book.feeds import L2Book, L3Book
from tradewind.book.issues import Policy
from tradewind.core.dtypes import EVENT, EventKind
from tradewind.core.errors import DataError, UsageError
from tradewind.core.ports import BookProbe
from tradewind.core.types import Batch, Instrument
from tradewind.market.rebuild import RebuildProbe, best_quotes, book_at, follow, levels_in, rebuild

ADD, DELETE, TRADE, LEVEL = EventKind.ADD, EventKind.DELETE, EventKind.TRADE, EventKind.LEVEL
QUOTE = EventKind.QUOTE
XYZ = Instrument(symbol="XYZ", tick_size=Decimal(1), lot_size=Decimal(1))
ABC = Instrument(symbol="ABC", tick_size=Decimal(1), lot_size=Decimal(1))


def rows_of(*rows):
    """Rows from (time, kind, side, order id, price, size, flags)."""
    out = np.zeros(len(rows), dtype=EVENT)
    for at, (ts, kind, side, order_id, price, size, flags) in enumerate(rows):
        out[at] = (ts, 0, at, order_id, price, size, 0, flags, kind, side)
    return out


ORDERS = rows_of(
    (10, ADD, 1, 1, 100, 5, 1),
    (20, ADD, -1, 2, 103, 4, 1),
    (20, TRADE, 1, 0, 103, 1, 1),
    (30, DELETE, 1, 1, 100, 5, 0),
    (30, ADD, 1, 3, 101, 2, 1),
    (40, DELETE, -1, 2, 103, 4, 1),
)


def batches(rows, cuts, instrument=XYZ):
    return [Batch(instrument, part) for part in np.split(rows, cuts)]


@pytest.mark.parametrize("cuts", [[], [1], [3, 4], [0, 6]])
def test_rebuild_does_not_depend_on_batches(cuts):
    book = rebuild(batches(ORDERS, cuts))
    assert isinstance(book, L3Book)
    assert book.best_bid == (101, 2)
    assert book.best_ask is None
    assert book.rows_applied == 6


@pytest.mark.parametrize("cuts", [[], [1], [4], [1, 3, 4, 5]])
@pytest.mark.parametrize(
    ("ts_ns", "bid", "ask"),
    [
        (9, None, None),
        (10, (100, 5), None),
        (29, (100, 5), (103, 4)),
        (30, (101, 2), (103, 4)),
        (99, (101, 2), None),
    ],
)
def test_book_at_a_time_ends_with_a_whole_packet(ts_ns, bid, ask, cuts):
    book = book_at(batches(ORDERS, cuts), ts_ns, level=3)
    assert (book.best_bid, book.best_ask) == (bid, ask)
    assert (book_at(ORDERS, ts_ns).best_bid, book_at(ORDERS, ts_ns).best_ask) == (bid, ask)


def test_best_quotes_after_each_row():
    bests = best_quotes(ORDERS)
    assert bests.tolist() == [
        (100, 5, 0, 0),
        (100, 5, 103, 4),
        (100, 5, 103, 4),
        (0, 0, 103, 4),
        (101, 2, 103, 4),
        (101, 2, 0, 0),
    ]
    parts = list(follow(batches(ORDERS, [2, 5]), L3Book()))
    assert np.array_equal(np.concatenate([rows for rows, _ in parts]), ORDERS)
    assert np.array_equal(np.concatenate([quotes for _, quotes in parts]), bests)
    assert len(best_quotes([])) == 0


def test_the_deepest_book_is_built_unless_told():
    mixed = rows_of((1, QUOTE, 1, 0, 99, 1, 1), (1, LEVEL, 1, 0, 98, 7, 1), (2, QUOTE, -1, 0, 101, 2, 1))
    assert levels_in(mixed) == (2, 1)
    assert levels_in(ORDERS) == (3,)
    assert rebuild(mixed).best_bid == (98, 7)
    assert isinstance(rebuild(mixed), L2Book)
    assert rebuild(mixed, level=1).best_bid == (99, 1)
    assert rebuild(mixed, level=3).best_bid is None
    # rows that make no book wait for the first batch that tells which
    late = [*batches(ORDERS[2:3], []), *batches(ORDERS[:2], [])]
    assert rebuild(late).rows_applied == 3


def test_what_makes_no_book_is_an_error():
    with pytest.raises(UsageError, match="nothing in these rows that makes a book"):
        rebuild(ORDERS[2:3])
    with pytest.raises(UsageError, match="of one instrument, these rows are of XYZ and ABC"):
        rebuild([*batches(ORDERS, []), *batches(ORDERS, [], ABC)])
    with pytest.raises(UsageError, match="bars do not make a book"):
        rebuild([Batch(XYZ, ORDERS, interval_ns=60)])


def test_strict_names_the_source_and_the_row_of_the_whole_stream():
    bad = np.concatenate([ORDERS, ORDERS[5:6]])
    with pytest.raises(DataError, match=r"^xyz\.csv, row 7: expected an order that is in the book"):
        rebuild(batches(bad, [2, 6]), policy=Policy(strict=True), source="xyz.csv")


def test_probe_counts_by_instrument_and_deepest_book():
    probe: BookProbe = RebuildProbe()
    crossed = rows_of((1, ADD, 1, 1, 100, 5, 1), (2, ADD, -1, 2, 99, 4, 1), (3, ADD, -1, 3, 100, 4, 1))
    probe.feed(XYZ, crossed[:1])
    probe.feed(XYZ, crossed[1:])
    levels = rows_of((1, LEVEL, 1, 0, 100, 5, 1), (2, LEVEL, -1, 0, 99, 4, 1), (3, QUOTE, 1, 0, 200, 1, 1))
    quotes = rows_of((3, QUOTE, 1, 0, 200, 1, 1), (3, QUOTE, -1, 0, 150, 1, 1))
    probe.feed(ABC, levels)
    probe.feed(ABC, quotes)
    assert probe.counts() == {"crossed": 2, "locked": 1, "stale_removed": 1}


def test_probe_follows_a_bounded_number_of_instruments():
    probe = RebuildProbe(books=1)
    probe.feed(XYZ, ORDERS)
    probe.feed(ABC, ORDERS)
    assert probe.counts() == {"not_followed": 1}
    assert probe.book("XYZ").best_bid == (101, 2)
    assert probe.book("ABC") is None


def test_probe_goes_on_when_a_book_is_full():
    probe = RebuildProbe()
    probe.feed(XYZ, ORDERS[:1])
    probe.book("XYZ")._books["capacity"] = 1
    probe.feed(XYZ, ORDERS[1:])
    probe.feed(XYZ, ORDERS)
    assert probe.counts() == {"full": 1}
