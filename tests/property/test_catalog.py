"""Whatever goes into a catalog comes out again: every row of every symbol, in the order of its source."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.made_up import DAY_NS, event_rows, instrument, write_source

from tradewind.core.types import Batch
from tradewind.data import partition
from tradewind.data.catalog import Catalog

TIMES = st.lists(st.integers(0, 3 * DAY_NS - 1) | st.integers(DAY_NS - 3, DAY_NS + 3), min_size=1, max_size=12)
BATCHES = st.lists(st.tuples(st.sampled_from(["AIG", "BTC/USD", "x y"]), TIMES), min_size=1, max_size=6)
SOURCES = st.lists(BATCHES, min_size=1, max_size=3)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "ROW_GROUP_ROWS", 4)


@settings(max_examples=40, deadline=None)
@given(drawn=SOURCES, buffer_rows=st.integers(1, 40), start=st.integers(0, 3 * DAY_NS), length=st.integers(0, DAY_NS))
def test_rows_in_are_rows_out(
    drawn: list[list[tuple[str, list[int]]]], buffer_rows: int, start: int, length: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, number = Path(folder) / "c", 0
        expected: dict[str, list[tuple[int, int, int]]] = {}  # symbol: (day, key, sequence) in the order of sources
        for index, batches in enumerate(drawn):
            made = []
            latest: dict[tuple[str, int], int] = {}
            for symbol, times in batches:
                made.append(Batch(instrument(symbol), event_rows(times, first=number)))
                for ts_ns in times:
                    day = ts_ns // DAY_NS
                    latest[symbol, day] = max(latest.get((symbol, day), 0), ts_ns)
                    expected.setdefault(symbol, []).append((day, latest[symbol, day], number))
                    number += 1
            write_source(root, Path(folder) / f"{index}", made, buffer_rows=buffer_rows)
        catalog = Catalog(root)
        catalog.verify()
        assert catalog.symbols() == sorted(expected)
        times_of = {n: t for m in drawn_times(drawn) for n, t in m}
        for symbol, rows in expected.items():
            order = [n for _, _, n in sorted(rows, key=lambda row: row[:2])]
            found = catalog.load(symbol)
            assert found["sequence"].tolist() == order
            assert found.tobytes() == np.concatenate([event_rows([times_of[n]], first=n) for n in order]).tobytes()
            part = catalog.load(symbol, start=start, end=start + length)["sequence"].tolist()
            assert part == [n for n in order if start <= times_of[n] < start + length]
            first_day = [n for n in order if times_of[n] < DAY_NS]
            if first_day:
                assert catalog.load(symbol, dates=[date(1970, 1, 1)])["sequence"].tolist() == first_day
            assert catalog.days(symbol) == [
                date(1970, 1, 1) + timedelta(days=d) for d in sorted({d for d, _, _ in rows})
            ]
        assert catalog.scan().collect().height == number


def drawn_times(drawn: list[list[tuple[str, list[int]]]]) -> list[list[tuple[int, int]]]:
    """Number and time of every row, numbered through."""
    flat = [ts_ns for batches in drawn for _, times in batches for ts_ns in times]
    return [list(enumerate(flat))]
