"""Changes between whole books, against dictionaries."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.naive.depth_changes import book_of, changes

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.data.parsing import depth_changes as module
from tradewind.data.parsing.depth_changes import depth_changes

LEVELS = 3


@st.composite
def books(draw: st.DrawFn) -> tuple[Array, Array]:
    """Some books of distinct prices per side, some levels empty."""
    count = draw(st.integers(1, 8))
    prices, sizes = [], []
    for _ in range(count):
        sides = [draw(st.lists(st.integers(1, 6), min_size=LEVELS, max_size=LEVELS, unique=True)) for _ in range(2)]
        prices.append(sides)
        sizes.append([draw(st.lists(st.integers(0, 2), min_size=LEVELS, max_size=LEVELS)) for _ in range(2)])
    return np.array(prices, dtype=np.int64), np.array(sizes, dtype=np.int64)


def stamps(count: int) -> Array:
    found = np.zeros(count, dtype=EVENT)
    found["sequence"] = np.arange(count)
    return found


@given(books())
def test_changes_are_those_of_dictionaries(found: tuple[Array, Array]) -> None:
    ticks, lots = found
    rows = depth_changes(stamps(len(ticks)), ticks, lots, None)
    known: list[dict[int, int]] = [{}, {}]
    for index in range(len(ticks)):
        of_book = rows[(rows["sequence"] == index) & (rows["kind"] == EventKind.LEVEL)]
        for side, sign in enumerate((1, -1)):
            after = book_of(ticks[index, side].tolist(), lots[index, side].tolist())
            mine = of_book[of_book["side"] == sign]
            pairs = list(zip(mine["price_ticks"].tolist(), mine["size_lots"].tolist(), strict=True))
            assert len(pairs) == len(set(pairs))
            assert set(pairs) == changes(known[side], after)
            known[side] = after


@given(books(), st.integers(0, 8))
def test_a_cut_anywhere_changes_nothing(found: tuple[Array, Array], at: int) -> None:
    ticks, lots = found
    at = min(at, len(ticks) - 1)
    whole = depth_changes(stamps(len(ticks)), ticks, lots, None)
    if at == 0:
        return
    first = depth_changes(stamps(len(ticks))[:at], ticks[:at], lots[:at], None)
    second = depth_changes(stamps(len(ticks))[at:], ticks[at:], lots[at:], (ticks[at - 1], lots[at - 1]))
    assert np.concatenate([first, second]).tobytes() == whole.tobytes()


@given(books())
def test_packets_end_once_and_blocks_do_not_matter(found: tuple[Array, Array]) -> None:
    ticks, lots = found
    whole = depth_changes(stamps(len(ticks)), ticks, lots, None)
    ends = whole["sequence"][(whole["flags"] & EventFlag.LAST) != 0]
    assert ends.tolist() == sorted(set(whole["sequence"].tolist()))
    before = module.BLOCK_PAIRS
    try:
        module.BLOCK_PAIRS = 1
        assert depth_changes(stamps(len(ticks)), ticks, lots, None).tobytes() == whole.tobytes()
    finally:
        module.BLOCK_PAIRS = before


def test_the_first_book_is_a_snapshot_after_a_clear() -> None:
    ticks = np.array([[[10, 9], [11, 12]]] * 2)
    lots = np.array([[[5, 6], [7, 0]], [[5, 6], [8, 0]]])
    rows = depth_changes(stamps(2), ticks, lots, None)
    last, snapshot = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)
    assert rows[["kind", "side", "price_ticks", "size_lots", "flags"]].tolist() == [
        (EventKind.CLEAR, 0, 0, 0, snapshot),
        (EventKind.LEVEL, 1, 10, 5, snapshot),
        (EventKind.LEVEL, 1, 9, 6, snapshot),
        (EventKind.LEVEL, -1, 11, 7, snapshot | last),
        (EventKind.LEVEL, -1, 11, 8, last),
    ]


def test_an_empty_first_book_is_a_clear_alone() -> None:
    rows = depth_changes(stamps(1), np.zeros((1, 2, 2), dtype=np.int64), np.zeros((1, 2, 2), dtype=np.int64), None)
    assert rows[["kind", "flags"]].tolist() == [(EventKind.CLEAR, EventFlag.SNAPSHOT | EventFlag.LAST)]
    assert len(depth_changes(stamps(0), np.zeros((0, 2, 2)), np.zeros((0, 2, 2)), None)) == 0
