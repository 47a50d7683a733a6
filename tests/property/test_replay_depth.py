"""Levels and quotes replayed with your orders in them equal the naive twin: queues, fills, counts, every model."""

from typing import Any

import pytest
from hypothesis import example, given, settings
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
PRINTS_ONLY = QueueModel(crossing=Crossing.NEVER, pair_ms=-1.0)
FAR_QUOTE: list[tuple[Any, ...]] = [("L", 0, 0, 1, 1), ("L", 1, 0, 1, 0), ("A", 1, 1, 0, 0), ("T", 8, 0, 0, 0)]
"""Yours is the only ask in the window; the feed's own, far beyond it, still says which side a print is nearer to."""
FAR_LOCK: list[tuple[Any, ...]] = [("L", 1, 0, 1, 0), ("A", 1, 1, 0, 0), ("L", 0, 0, 1, 0)]
"""A feed that is locked itself fills nobody, however far from your order."""
TAKEN_IN_PARTS: list[tuple[Any, ...]] = [
    ("L", 0, 0, 301, 0), ("A", 1, 0, 0, 0), ("A", 1, 0, 0, 0), ("T", 0, 0, 0, 0), ("T", 0, 0, 25, 0),
    ("T", 0, 1, 0, 0), ("A", 0, 0, 1, 0),
]  # fmt: skip
"""Where an order of yours stood, the background is two orders: taking from both is two fills."""


def drive(model: QueueModel, steps: list[tuple[Any, ...]], *, quotes: bool) -> Pair:
    pair = Pair(model, quotes=quotes)
    for step in steps:
        pair.step(*step)
        pair.check()
    return pair


@given(MODEL, STEPS)
@example(PRINTS_ONLY, FAR_QUOTE)
@example(QueueModel(), FAR_LOCK)
@settings(max_examples=300, deadline=None)
def test_levels_equal_their_twin(model: QueueModel, steps: list[tuple[Any, ...]]) -> None:
    drive(model, steps, quotes=False)


@given(MODEL, STEPS)
@example(PRINTS_ONLY, TAKEN_IN_PARTS)
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
