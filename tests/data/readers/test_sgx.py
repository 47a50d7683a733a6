"""SGX best-3 blocks: ragged lines, Singapore time, prices in hundredths of a point."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from tests.data.samples import SGX
from tests.naive.depth_changes import book_of

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.data import source
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.sgx import SgxReader

LAST, SNAPSHOT = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)
FIELDS = ["kind", "side", "price_ticks", "size_lots", "flags", "sequence"]
EXPECTED = [
    (EventKind.CLEAR, 0, 0, 0, SNAPSHOT, 0),
    (EventKind.LEVEL, 1, 1324, 50, SNAPSHOT, 0),
    (EventKind.LEVEL, -1, 1379, 2, SNAPSHOT | LAST, 0),
    (EventKind.LEVEL, 1, 1324, 0, 0, 1),
    (EventKind.LEVEL, 1, 1344, 16, 0, 1),
    (EventKind.LEVEL, 1, 1342, 16, 0, 1),
    (EventKind.LEVEL, 1, 1341, 1, 0, 1),
    (EventKind.LEVEL, -1, 1379, 0, 0, 1),
    (EventKind.LEVEL, -1, 1356, 16, 0, 1),
    (EventKind.LEVEL, -1, 1358, 16, LAST, 1),
    (EventKind.LEVEL, 1, 1341, 0, 0, 2),
    (EventKind.LEVEL, 1, 1344, 17, LAST, 2),
]


def read(folder: Path, text: str, **options: object) -> Array:
    path = folder / "CN_A50_best3_2014-01-29.csv"
    path.write_bytes(text.encode())
    return np.concatenate([batch.rows for batch in SgxReader().open(path, ReadOptions(**options))])


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r\r\n"])
def test_blocks_become_changes(newline: str, tmp_path: Path) -> None:
    rows = read(tmp_path, SGX.replace("\n", newline))
    assert rows[FIELDS].tolist() == EXPECTED
    first = datetime.fromtimestamp(int(rows["ts_event_ns"][0]) // 10**9, UTC)
    assert first == datetime(2014, 1, 28, 20, 24, 59, tzinfo=UTC)
    assert rows["ts_event_ns"][0] % 10**9 == 489814800


@pytest.mark.parametrize("size", [20, 60, 130])
def test_a_book_may_lie_across_blocks(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = source.blocks
    monkeypatch.setattr("tradewind.data.readers.sgx.blocks", lambda path: blocks(path, size))
    assert read(tmp_path, SGX)[FIELDS].tolist() == EXPECTED


def test_the_tick_can_be_finer(tmp_path: Path) -> None:
    assert read(tmp_path, SGX, tick_size=Decimal("2.5"))["price_ticks"][1] == 2 * 1324


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("671000.0,16.0,679", "671000.0,many,679", "row 6, field 'bid_size': expected a number, got 'many'"),
        ("671000.0,16.0,679", "671000.0,1.5,679", "row 6, field 'a quantity': expected a size in lots of 1, got 1.5"),
        ("671000.0,16.0,679", "671000.0,-16,679", "row 6, field 'a quantity'.*-16"),
        ("2014-01-29D08:46:01.043796000", "noon", "row 8: expected a time such as .*, got 'noon'"),
        ("670500.0,1.0,,\n", "670500.0,1.0,,\n1.0,1.0,1.0,1.0\n", "row 8: expected at most 3 levels"),
        ("Bid_Quantity", "Bids", "row 1: expected Bid,Bid_Quantity"),
        ("671000.0,16.0,679000.0,16.0\n670", "671000.0,16.0,679000.0,16.0,9\n670", "lines of two or four fields"),
    ],
)
def test_damage_is_named_by_row(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, SGX.replace(old, new))


@pytest.mark.real_data
@pytest.mark.parametrize(("day", "books", "rows"), [("2014-01-09", 26_805, 28_041), ("2014-01-29", 25_309, 28_844)])
def test_real_books_come_back(day: str, books: int, rows: int, real_data: Path) -> None:
    """Applied one by one, the rows give the last book of the file; times are of Singapore's session."""
    path = real_data / "sgx_l2" / f"CN_A50_best3_{day}.csv.gz"
    found = np.concatenate([batch.rows for batch in SgxReader().open(path, ReadOptions())])
    assert len(found) == rows
    assert found["sequence"][-1] == books - 1
    book: dict[int, dict[int, int]] = {1: {}, -1: {}}
    for kind, side, price, size in found[["kind", "side", "price_ticks", "size_lots"]].tolist():
        if kind == EventKind.LEVEL:
            book[side][price] = size
    with source.opened(path) as file:
        last = [line.split(b",") for line in file.read().split()[-3:]]
    for side, column in ((1, 0), (-1, 2)):
        prices = [round(float(line[column]) / 500) for line in last]
        sizes = [round(float(line[column + 1])) for line in last]
        assert book_of(prices, sizes) == {price: size for price, size in book[side].items() if size}
    hours = (found["ts_event_ns"] // 3_600_000_000_000 + 8) % 24
    assert ((hours >= 8) & (hours <= 16)).mean() > 0.999
