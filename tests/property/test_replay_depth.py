"""Levels and quotes replayed with your orders in them equal the naive twin: queues, fills, counts, every model."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive.replay_pair import Pair

from tradewind.market.replay.queues import MODELS, Crossing, QueueModel

number = st.integers(0, 2**16)
WORDS = "LLLLTTTTAACM"
STEPS = st.lists(st.tuples(st.sampled_from(WORDS), number, number, number, number), min_size=1, max_size=50)
MODEL = st.builds(
    QueueModel,
    model=st.sampled_from(MODELS),
    power=st.sampled_from([0.5, 1.0, 2.0, 3.0]),
    crossing=st.sampled_from(list(Crossing)),
    pair_ms=st.sampled_from([-1.0, 0.0, 5.0]),
    whole_through=st.booleans(),
    ignore_late=st.booleans(),
    surfacing=st.sampled_from([0.0, 0.5, 1.0]),
    borrow_multiple=st.sampled_from([0.5, 1.0, 3.0]),
    borrow_gap_ticks=st.sampled_from([1, 2]),
    borrow_levels=st.sampled_from([0, 3]),
)


def drive(model: QueueModel, steps: list[tuple[Any, ...]], *, quotes: bool) -> Pair:
    pair = Pair(model, quotes=quotes)
    for step in steps:
        pair.step(*step)
        pair.check()
    return pair


@given(MODEL, STEPS)
@settings(max_examples=300, deadline=None)
def test_levels_equal_their_twin(model: QueueModel, steps: list[tuple[Any, ...]]) -> None:
    drive(model, steps, quotes=False)


@given(MODEL, STEPS)
@settings(max_examples=300, deadline=None)
def test_quotes_equal_their_twin(model: QueueModel, steps: list[tuple[Any, ...]]) -> None:
    drive(model, steps, quotes=True)


@pytest.mark.parametrize("quotes", [False, True])
@given(MODEL, STEPS)
@settings(max_examples=50, deadline=None)
def test_without_you_the_book_is_the_feed(quotes: bool, model: QueueModel, steps: list[tuple[Any, ...]]) -> None:
    pair = drive(model, [s for s in steps if s[0] in "LT"], quotes=quotes)
    shown: dict[tuple[int, int], int] = {}
    if quotes:
        shown = {(s, t[0]): t[1] for s, t in pair.twin.touch.items() if t}
    else:
        shown = {(s, p): lvl.size for s in (1, -1) for p, lvl in pair.twin.levels[s].items() if lvl.size}
    assert {(side, price): size for side, price, _, size in pair.dump()} == shown
    assert not pair.told
