from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.data.made_up import event_rows

from tradewind.core.dtypes import EVENT
from tradewind.data.merge import Keyed, concatenated, merge_blocks

SOURCES = st.lists(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=5), max_size=4), min_size=1, max_size=4)


@given(SOURCES)
def test_merge_is_a_stable_sort_by_key_then_source(drawn: list[list[list[int]]]) -> None:
    expected, sources, number = [], [], 0
    for source in drawn:
        high, blocks = 0, []
        for block in source:
            keys = []
            for step in block:
                high += step // 4
                keys.append(high)
            rows = np.arange(number, number + len(keys))
            number += len(keys)
            expected += list(zip(keys, rows.tolist(), strict=True))
            blocks.append((np.array(keys), rows))
        sources.append(iter(blocks))
    merged = [row for rows in merge_blocks(sources) for row in rows.tolist()]
    assert merged == [row for _, row in sorted(expected, key=lambda pair: pair[0])]


def test_a_source_is_read_no_further_than_needed() -> None:
    taken = []

    def blocks(name: str, count: int) -> Iterator[Keyed]:
        for index in range(count):
            taken.append((name, index))
            yield np.array([index * 10, index * 10 + 9]), np.array([index, index])

    merged = merge_blocks([blocks("a", 100), blocks("b", 100)])
    next(merged)
    assert len(taken) <= 4


def test_concatenated_rows_keep_every_field() -> None:
    pieces = [event_rows(range(3)), event_rows([]), event_rows(range(5), first=3)]
    joined = concatenated(pieces, EVENT)
    assert joined.dtype == EVENT
    assert joined.tobytes() == np.concatenate(pieces).tobytes()
    assert len(concatenated([], EVENT)) == 0
