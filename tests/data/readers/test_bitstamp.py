from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.writers import bitstamp_text

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.data.parsing import source
from tradewind.data.parsing.source import read_head
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.bitstamp import BitstampReader

HEADER = "id,timestamp,exchange.timestamp,price,volume,action,direction\n"
FLAGS = int(EventFlag.LAST | EventFlag.RECV_ONLY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


def read(path: Path, *lines: str, **options: object) -> Array:
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return np.concatenate([batch.rows for batch in BitstampReader().open(path, ReadOptions(**options))])


def short(rows: Array) -> list[tuple[str, int, int, int, int]]:
    return [
        (EventKind(r["kind"]).name, int(r["side"]), int(r["order_id"]), int(r["price_ticks"]), int(r["size_lots"]))
        for r in rows
    ]


def event(action: str, volume: int, order: int = 7, price: str = "236.47", side: str = "bid") -> str:
    return f"{order},1430438404518,1430438404000,{price},{volume},{action},{side}"


def test_an_order_lives(path: Path) -> None:
    rows = read(path, event("created", 100), event("changed", 60), event("changed", 10), event("deleted", 0))
    assert short(rows) == [
        ("ADD", 1, 7, 23647, 100),
        ("REDUCE", 1, 7, 23647, 40),
        ("REDUCE", 1, 7, 23647, 50),
        ("DELETE", 1, 7, 23647, 10),
    ]
    assert rows["ts_event_ns"].tolist() == rows["ts_recv_ns"].tolist() == [1430438404518 * 10**6] * 4
    assert rows["sequence"].tolist() == [0, 1, 2, 3]
    assert rows["flags"].tolist() == [FLAGS] * 4


def test_growth_another_price_and_unknown_orders_are_replacements(path: Path) -> None:
    rows = read(
        path,
        event("created", 100),
        event("changed", 150),
        event("changed", 150, price="236.5"),
        event("changed", 20, order=8, side="ask"),
        event("changed", 5, order=8, side="ask"),
    )
    assert short(rows)[1:] == [
        ("REPLACE", 1, 7, 23647, 150),
        ("REPLACE", 1, 7, 23650, 150),
        ("REPLACE", -1, 8, 23647, 20),
        ("REDUCE", -1, 8, 23647, 15),
    ]


def test_a_deleted_order_is_forgotten(path: Path) -> None:
    rows = read(path, event("created", 100), event("deleted", 90), event("changed", 50), event("deleted", 0, order=9))
    assert short(rows)[1:] == [
        ("DELETE", 1, 7, 23647, 90),
        ("REPLACE", 1, 7, 23647, 50),
        ("DELETE", 1, 9, 23647, 0),
    ]


def test_a_change_of_nothing_is_counted(path: Path) -> None:
    path.write_text(HEADER + "\n".join([event("created", 100), event("changed", 100), event("deleted", 100), ""]))
    feed = BitstampReader().open(path, ReadOptions(symbol="BTC-EUR"))
    (batch,) = feed
    assert batch.rows["sequence"].tolist() == [0, 2]
    assert feed.counts == {"changes of nothing, left out": 1}
    assert (batch.instrument.symbol, batch.instrument.currency) == ("BTC-EUR", "EUR")


def test_tick_and_lot_may_be_others(path: Path) -> None:
    rows = read(path, event("created", 150_000_000), tick_size=Decimal("0.1"), lot_size=Decimal("0.5"))
    assert (rows["price_ticks"][0], rows["size_lots"][0]) == (2365, 3)
    assert rows["flags"][0] == FLAGS | EventFlag.OFF_TICK
    with pytest.raises(DataError, match=r"row 2, field 'volume': expected whole lots of 0.5"):
        read(path, event("created", 150_000_000), event("created", 7), lot_size=Decimal("0.5"))


@pytest.mark.parametrize("size", [1, 100, 300])
def test_orders_are_remembered_across_blocks(size: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [event("created", 100), event("created", 70, order=8), event("changed", 60), event("deleted", 0, order=8)]
    lines += [event("changed", 10), event("changed", 5, order=8), event("deleted", 0)]
    whole = read(path, *lines)
    blocks = source.blocks
    monkeypatch.setattr("tradewind.data.parsing.columns.blocks", lambda path, _size: blocks(path, size))
    assert read(path, *lines).tobytes() == whole.tobytes()
    lines[5] = event("changed", 5).replace("changed", "altered")
    with pytest.raises(DataError, match="row 6, field 'action': expected created or changed or deleted, got 'altered'"):
        read(path, *lines)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (event("created", 5, side="buy"), "direction"),
        (event("created", 5, price="cheap"), "price"),
        (event("created", 5, price=""), "price"),
        (event("created", 5).replace(",5,", ",5.5,"), "volume"),
        (event("created", 5).replace("1430438404518", "2015-05-01"), "timestamp"),
        (event("created", 5, price="1e30"), "price"),
        ("7,1,2", None),
    ],
)
def test_a_bad_row_is_named(line: str, field: str | None, path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(path, event("created", 1, order=1), line)
    assert (caught.value.row, caught.value.field, caught.value.path) == (2, field, path)


def test_what_it_recognises(path: Path) -> None:
    for text, score in ((HEADER, 100), (HEADER.replace("id,", "x,id,"), 100), (HEADER.replace("action", "act"), 0)):
        path.write_text(text)
        match = BitstampReader().match(read_head(path))
        assert (match.score if match else 0) == score


@st.composite
def lives(draw: st.DrawFn) -> Array:
    """Rows of orders that join, shrink, grow and leave."""
    rows, live = [], dict[int, tuple[int, int, int]]()
    for step in range(draw(st.integers(1, 20))):
        order = draw(st.integers(1, 4))
        side, price, left = live.get(order) or (draw(st.sampled_from([-1, 1])), draw(st.integers(1, 10**9)), 0)
        kinds = [EventKind.DELETE, EventKind.REPLACE] + [EventKind.REDUCE] * (left > 1)
        kind = draw(st.sampled_from(kinds)) if order in live else EventKind.ADD
        size = left if kind == EventKind.DELETE else draw(st.integers(1, max(left - 1, 1)))
        size += left if kind == EventKind.REPLACE else 0
        live[order] = side, price, left - size if kind == EventKind.REDUCE else size
        if kind == EventKind.DELETE:
            del live[order]
        now = (1_430_438_404_518 + step) * 10**6
        rows.append((now, now, step, order, price, size, 0, FLAGS, kind, side))
    return np.array(rows, dtype=EVENT)


@given(lives())
def test_reading_what_was_written_gives_the_rows(tmp_path_factory: pytest.TempPathFactory, rows: Array) -> None:
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_text(bitstamp_text(rows))
    (batch,) = BitstampReader().open(path, ReadOptions())
    assert batch.rows.tobytes() == rows.tobytes()


@pytest.mark.real_data
def test_real_orders(real_data: Path) -> None:
    feed = BitstampReader().open(real_data / "bitstamp_l3" / "2015-05-01_orders.csv.gz", ReadOptions())
    rows = np.concatenate([batch.rows for batch in feed])
    assert len(rows) == 50_414
    kinds, counts = np.unique(rows["kind"], return_counts=True)
    found = {EventKind(kind).name: count for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)}
    assert found == {"ADD": 24_894, "REDUCE": 562, "DELETE": 24_918, "REPLACE": 40}
    assert rows[0].tolist() == (
        1430438404518000000, 1430438404518000000, 0, 65595247, 23647, 200000000, 0, FLAGS, EventKind.ADD, 1
    )  # fmt: skip
    assert rows[-1].tolist()[2:6] == (50_413, 65620140, 23571, 379610000)
    assert (np.diff(rows["ts_event_ns"]) >= 0).all()
    assert not (rows["flags"] & EventFlag.OFF_TICK).any()
    assert feed.notes == ("The file does not name its pair; taken for BTC-USD.",)
