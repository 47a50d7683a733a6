"""The dirty-stream policy as a table: each kind of issue, what repair makes of it, and what strict says."""

import numpy as np
import pytest

from tradewind.book.feeds import L1Book, L2Book, L3Book
from tradewind.book.issues import ACTIONS, NOTES, Issue, Policy
from tradewind.core.dtypes import EVENT, EventFlag, EventKind, TradingState
from tradewind.core.errors import DataError, InvalidValueError

ADD, REDUCE, DELETE = EventKind.ADD, EventKind.REDUCE, EventKind.DELETE
EXECUTE, REPLACE, TRADE = EventKind.EXECUTE, EventKind.REPLACE, EventKind.TRADE
LEVEL, QUOTE, CLEAR, STATUS = EventKind.LEVEL, EventKind.QUOTE, EventKind.CLEAR, EventKind.STATUS
BID, ASK = 1, -1
ANONYMOUS = EventFlag.SNAPSHOT | EventFlag.ANONYMOUS


def row(kind, side=0, order_id=0, price=0, size=0, ts=5, sequence=5, flags=EventFlag.LAST):  # noqa: PLR0917
    return (ts, 0, sequence, order_id, price, size, 0, flags, kind, side)


def rows_of(*rows):
    return np.array(list(rows), dtype=EVENT)


START = [row(ADD, BID, 1, 100, 5), row(ADD, BID, 2, 100, 3), row(ADD, ASK, 3, 103, 4)]
BIDS, ASKS = [(1, 100, 5), (2, 100, 3)], [(3, 103, 4)]
SNAPSHOT = [row(ADD, BID, 900, 99, 10, flags=ANONYMOUS)]

L3_TABLE = [
    # issue, rows before, the row, bids after, asks after (under repair)
    (Issue.TIME_BACKWARDS, START, row(REDUCE, BID, 1, 100, 1, ts=4), [(1, 100, 4), (2, 100, 3)], ASKS),
    (Issue.SEQUENCE_BACKWARDS, START, row(REDUCE, BID, 1, 100, 1, sequence=4), [(1, 100, 4), (2, 100, 3)], ASKS),
    (Issue.SEQUENCE_GAP, START, row(REDUCE, BID, 1, 100, 1, sequence=7), [(1, 100, 4), (2, 100, 3)], ASKS),
    (Issue.UNKNOWN_ORDER, START, row(REDUCE, BID, 9, 100, 1), BIDS, ASKS),
    (Issue.UNKNOWN_ORDER, START, row(EXECUTE, BID, 9, 100, 1), BIDS, ASKS),
    (Issue.UNKNOWN_ORDER, START, row(DELETE, BID, 9), BIDS, ASKS),
    (Issue.UNKNOWN_ORDER, START, row(REPLACE, BID, 9, 101, 2), [(9, 101, 2), *BIDS], ASKS),
    (Issue.UNKNOWN_ORDER, SNAPSHOT, row(DELETE, BID, 9, 99), [(-1, 99, 10)], []),
    (Issue.DUPLICATE_ORDER, START, row(ADD, BID, 1, 100, 2), [(1, 100, 2), (2, 100, 3)], ASKS),
    (Issue.DUPLICATE_ORDER, START, row(ADD, BID, 1, 100, 6), [(2, 100, 3), (1, 100, 6)], ASKS),
    (Issue.DUPLICATE_ORDER, START, row(ADD, ASK, 1, 104, 6), [(2, 100, 3)], [*ASKS, (1, 104, 6)]),
    (Issue.REVIVED_ORDER, [*START, row(DELETE, BID, 1)], row(REPLACE, BID, 1, 100, 5), [(2, 100, 3)], ASKS),
    (Issue.CROSSED, START, row(ADD, BID, 4, 104, 1), BIDS, ASKS),
    (Issue.CROSSED, START, row(REPLACE, ASK, 3, 99, 4), BIDS, []),
    (Issue.LOCKED, START, row(ADD, ASK, 4, 100, 1), BIDS, ASKS),
    (Issue.BAD_SIZE, START, row(ADD, BID, 4, 100, 0), BIDS, ASKS),
    (Issue.BAD_SIZE, START, row(ADD, BID, 4, 100, -2), BIDS, ASKS),
    (Issue.BAD_SIZE, START, row(REDUCE, BID, 1, 100, -2), BIDS, ASKS),
    (Issue.BAD_SIZE, START, row(EXECUTE, BID, 1, 100, 0), BIDS, ASKS),
    (Issue.BAD_SIZE, START, row(REPLACE, BID, 1, 100, 0), [(2, 100, 3)], ASKS),
    (Issue.OVERSIZE_EXECUTE, START, row(EXECUTE, BID, 1, 100, 6), [(2, 100, 3)], ASKS),
    (Issue.OVERSIZE_REDUCE, START, row(REDUCE, BID, 1, 100, 6), [(2, 100, 3)], ASKS),
    (Issue.OVERSIZE_REDUCE, SNAPSHOT, row(DELETE, BID, 9, 99, 11), [], []),
    (Issue.WRONG_PLACE, START, row(DELETE, ASK, 1), [(2, 100, 3)], ASKS),
    (Issue.WRONG_PLACE, START, row(DELETE, BID, 1, 99), [(2, 100, 3)], ASKS),
    (Issue.WRONG_PLACE, START, row(REPLACE, ASK, 1, 101, 2), [(1, 101, 2), (2, 100, 3)], ASKS),
    (Issue.WRONG_SIZE, START, row(DELETE, BID, 1, 100, 4), [(2, 100, 3)], ASKS),
    (Issue.BAD_SIDE, START, row(ADD, 0, 4, 100, 1), BIDS, ASKS),
    (Issue.BAD_SIDE, START, row(CLEAR, 2), BIDS, ASKS),
    (Issue.BAD_PRICE, START, row(ADD, BID, 4, -(1 << 60), 1), BIDS, ASKS),
    (Issue.BAD_ID, START, row(ADD, BID, 0, 100, 1), BIDS, ASKS),
    (Issue.BAD_ID, START, row(DELETE, BID, -1, 100, 1), BIDS, ASKS),
    (Issue.BAD_KIND, START, row(77), BIDS, ASKS),
    (Issue.BAD_KIND, START, row(STATUS, size=9), BIDS, ASKS),
    (Issue.ANONYMOUS_REDUCED, SNAPSHOT, row(EXECUTE, BID, 9, 99, 4), [(-1, 99, 6)], []),
    (Issue.ANONYMOUS_REDUCED, SNAPSHOT, row(DELETE, BID, 9, 99, 10), [], []),
    (Issue.RELEASED, [*START, row(ADD, BID, 4, 104, 1)], row(DELETE, ASK, 3), [(4, 104, 1), *BIDS], []),
]

L2_START = [row(LEVEL, BID, 0, 100, 5), row(LEVEL, BID, 0, 99, 6), row(LEVEL, ASK, 0, 102, 4)]
L2_TABLE = [
    (Issue.CROSSED, L2_START, row(LEVEL, ASK, 0, 99, 1), [], [(99, 1), (102, 4)]),
    (Issue.LOCKED, L2_START, row(LEVEL, ASK, 0, 100, 1), [(99, 6)], [(100, 1), (102, 4)]),
    (Issue.STALE_REMOVED, L2_START, row(LEVEL, BID, 0, 102, 1), [(102, 1), (100, 5), (99, 6)], []),
    (Issue.ABSENT_LEVEL, L2_START, row(LEVEL, BID, 0, 98, 0), [(100, 5), (99, 6)], [(102, 4)]),
    (Issue.BAD_SIZE, L2_START, row(LEVEL, BID, 0, 100, -1), [(100, 5), (99, 6)], [(102, 4)]),
    (Issue.BAD_SIDE, L2_START, row(LEVEL, 0, 0, 100, 1), [(100, 5), (99, 6)], [(102, 4)]),
    (Issue.BAD_PRICE, L2_START, row(LEVEL, BID, 0, 1 << 60, 1), [(100, 5), (99, 6)], [(102, 4)]),
    (Issue.TIME_BACKWARDS, L2_START, row(LEVEL, BID, 0, 99, 0, ts=1), [(100, 5)], [(102, 4)]),
]

L1_START = [row(QUOTE, BID, 0, 100, 5), row(QUOTE, ASK, 0, 102, 4)]
L1_TABLE = [
    (Issue.CROSSED, L1_START, row(QUOTE, BID, 0, 103, 1), [(103, 1)], [(102, 4)]),
    (Issue.LOCKED, L1_START, row(QUOTE, BID, 0, 102, 1), [(102, 1)], [(102, 4)]),
    (Issue.BAD_SIZE, L1_START, row(QUOTE, BID, 0, 101, -1), [(100, 5)], [(102, 4)]),
    (Issue.BAD_SIDE, L1_START, row(QUOTE, 3, 0, 101, 1), [(100, 5)], [(102, 4)]),
    (Issue.BAD_PRICE, L1_START, row(QUOTE, ASK, 0, 1 << 61, 1), [(100, 5)], [(102, 4)]),
]


def ids(table):
    kinds = [case[2][8] for case in table]
    return [f"{case[0].name}-{getattr(kind, 'name', kind)}" for case, kind in zip(table, kinds, strict=True)]


def l3_state(book, side):
    return [(max(int(i), -1), int(p), int(s)) for i, p, s in book.orders(side).tolist()]


def depth_state(book, side):
    return [(int(p), int(s)) for p, s, _ in book.depth(side, 9).tolist()]


def check_case(make, state, case):
    issue, before, last, bids, asks = case
    contiguous = issue is Issue.SEQUENCE_GAP
    book = make(Policy(contiguous=contiguous))
    book.apply(rows_of(*before))
    count = book.issues.get(issue.name.lower(), 0)
    book.apply(rows_of(last))
    assert book.issues[issue.name.lower()] == count + 1
    assert (state(book, BID), state(book, ASK)) == (bids, asks)
    name, total, first_rows, action = next(line for line in book.issue_table() if line[0] == issue.name.lower())
    assert (name, total) == (issue.name.lower(), count + 1)
    assert first_rows[-1] == len(before)
    assert action == ACTIONS.get(issue, "")
    return book


@pytest.mark.parametrize("case", L3_TABLE, ids=ids(L3_TABLE))
def test_repair_of_orders(case):
    check_case(L3Book, l3_state, case).check()


@pytest.mark.parametrize("case", L2_TABLE, ids=ids(L2_TABLE))
def test_repair_of_levels(case):
    check_case(L2Book, depth_state, case)


@pytest.mark.parametrize("case", L1_TABLE, ids=ids(L1_TABLE))
def test_repair_of_quotes(case):
    check_case(L1Book, depth_state, case)


@pytest.mark.parametrize(("make", "table"), [(L3Book, L3_TABLE), (L2Book, L2_TABLE), (L1Book, L1_TABLE)])
def test_strict_raises_at_the_row_or_notes(make, table):
    for issue, before, last, *_ in table:
        if issue in (Issue.REVIVED_ORDER, Issue.RELEASED, Issue.STALE_REMOVED):
            continue  # needs a violation to come about
        policy = Policy(strict=True, contiguous=issue is Issue.SEQUENCE_GAP)
        book = make(policy, "file.csv")
        book.apply(rows_of(*before))
        untouched = [book.depth(side, 9).tolist() for side in (BID, ASK)]
        if issue in NOTES or (make is L1Book and issue is Issue.LOCKED):
            book.apply(rows_of(last))
            assert book.issues == {issue.name.lower(): 1}
            continue
        with pytest.raises(
            DataError, match=rf"^file\.csv, row {len(before) + 1}.*expected .*{issue.name.lower()}"
        ) as caught:
            book.apply(rows_of(last))
        assert caught.value.row == len(before) + 1
        if make is L3Book:
            assert [book.depth(side, 9).tolist() for side in (BID, ASK)] == untouched


def test_every_issue_is_in_the_table():
    assert {case[0] for case in (*L3_TABLE, *L2_TABLE, *L1_TABLE)} == set(Issue)
    assert set(ACTIONS) == set(Issue) - NOTES


def test_an_order_deleted_before_it_is_added_stays_away():
    book = L3Book()
    book.apply(rows_of(*START, row(DELETE, BID, 7), row(ADD, BID, 7, 101, 1), row(ADD, BID, 8, 101, 1)))
    assert l3_state(book, BID) == [(8, 101, 1), *BIDS]
    assert book.issues == {"unknown_order": 1, "revived_order": 1}


def test_an_order_deleted_and_added_again_comes_back():
    book = L3Book(Policy(strict=True))
    book.apply(rows_of(*START, row(DELETE, BID, 1), row(ADD, BID, 1, 101, 1)))
    assert l3_state(book, BID) == [(1, 101, 1), (2, 100, 3)]


def test_a_held_order_shrinks_moves_and_leaves_as_any_other():
    book = L3Book()
    book.apply(rows_of(*START, row(ADD, BID, 4, 104, 9), row(REDUCE, BID, 4, 104, 2), row(EXECUTE, BID, 4, 103, 3)))
    assert book.orders(BID, held=True).tolist() == [(4, 104, 4)]
    assert book.best_bid == (100, 8)
    book.apply(rows_of(row(REPLACE, BID, 4, 102, 4)))
    assert l3_state(book, BID) == [(4, 102, 4), *BIDS]
    book.apply(rows_of(row(ADD, ASK, 5, 101, 1), row(DELETE, ASK, 5)))
    assert book.issues == {"crossed": 2}
    assert len(book.orders(ASK, held=True)) == 0
    book.check()


def test_what_blocks_a_held_order_for_too_long_is_stale():
    book = L3Book(Policy(patience_rows=3))
    quiet = [row(REDUCE, BID, 1, 100, 1)] * 3
    book.apply(rows_of(*START, row(ADD, BID, 4, 104, 9), *quiet))
    assert book.best_ask == (103, 4)
    book.apply(rows_of(row(REDUCE, BID, 2, 100, 1)))
    assert book.best_ask is None
    assert book.best_bid == (104, 9)
    assert book.issues == {"crossed": 1, "stale_removed": 1, "released": 1}


def test_crossing_orders_wait_quietly_while_trading_is_halted():
    book = L3Book(Policy(strict=True, patience_rows=1))
    halt, resume = (row(STATUS, size=state) for state in (TradingState.HALTED, TradingState.OPEN))
    book.apply(rows_of(*START, halt, row(ADD, BID, 4, 104, 9), *[row(REDUCE, BID, 1, 100, 1)] * 3))
    assert book.trading_state is TradingState.HALTED
    assert book.best_ask == (103, 4)
    assert book.issues == {}
    book.apply(rows_of(resume, row(EXECUTE, ASK, 3, 104, 4)))
    assert book.issues == {"released": 1}
    assert book.best_bid == (104, 9)


def test_a_strict_book_says_how_long_was_too_long():
    book = L3Book(Policy(strict=True, patience_rows=2))
    book.apply(rows_of(*START, row(STATUS, size=TradingState.HALTED), row(ADD, BID, 4, 104, 9), row(STATUS, size=1)))
    with pytest.raises(DataError, match="crossed"):
        book.apply(rows_of(*[row(REDUCE, BID, 1, 100, 1)] * 4))


def test_crossed_levels_are_fine_inside_a_packet_and_while_not_open():
    book = L2Book(Policy(strict=True))
    book.apply(rows_of(*L2_START, row(LEVEL, BID, 0, 103, 1, flags=0), row(LEVEL, ASK, 0, 102, 0)))
    assert book.best_bid == (103, 1)
    book.apply(rows_of(row(STATUS, size=TradingState.AUCTION), row(LEVEL, ASK, 0, 101, 1)))
    assert book.spread_ticks == -2
    assert book.issues == {}


def test_a_full_book_says_so():
    book = L3Book()
    book._books["capacity"] = 3
    with pytest.raises(DataError, match="row 4: expected a book that fits its memory, got 'ADD side=1 order_id=4"):
        book.apply(rows_of(*[row(ADD, BID, number, 100, 1) for number in range(1, 6)]))
    assert book.live_orders == 3
    assert book.best_bid == (100, 3)
    book.check()


def test_values_that_cannot_be_are_refused():
    with pytest.raises(InvalidValueError, match="patience_rows must be 1 or more, got 0"):
        Policy(patience_rows=0)
    with pytest.raises(InvalidValueError, match="rows must be an array of dtype EVENT"):
        L3Book().apply(np.zeros(3))
