import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tradewind.data.parsing.last_values import LastValues

blocks_of_rows = st.lists(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 99), st.booleans()), min_size=1, max_size=30), max_size=6
)


@given(blocks_of_rows)
def test_equal_to_a_dictionary(blocks: list[list[tuple[int, int, bool]]]) -> None:
    last, twin = LastValues(width=2), dict[int, int]()
    for block in blocks:
        ids, values, ends = (np.array(column) for column in zip(*block, strict=True))
        old, known = last.before(ids, np.stack([values, -values], axis=1), ends)
        for row, (name, value, end) in enumerate(block):
            assert known[row] == (name in twin)
            assert old[row].tolist() == [twin.get(name, 0), -twin.get(name, 0)]
            twin[name] = value
            if end:
                del twin[name]
        assert len(last) == len(twin)
