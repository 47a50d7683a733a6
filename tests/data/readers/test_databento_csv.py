import csv
import gzip
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.writers import book_records, databento_csv, events, mbo_records
from tests.naive.databento_mbo import books_by_the_rule, books_of_rows

from tradewind.core.dtypes import BAR, Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.data.parsing import source
from tradewind.data.parsing.columns import iso_ns
from tradewind.data.parsing.source import read_head
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.databento_csv import DatabentoCsvReader
from tradewind.data.readers.databento_feed import RECORDS
from tradewind.data.readers.databento_records import TRADE_RECORD, UNDEFINED_PRICE, UNDEFINED_TIME

E9 = 10**9
MBO = events([(0, 1, 1, 5, 1300, 10), (5, 1, -1, 6, 1302, 20), (9, 4, 1, 5, 1300, 4), (11, 2, 1, 5, 1300, 6)])
CENT = ReadOptions(tick_size=Decimal("0.01"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.csv"


def read(path: Path, text: str, options: ReadOptions = CENT) -> Array:
    path.write_text(text)
    return np.concatenate([batch.rows for batch in DatabentoCsvReader().open(path, options)])


@pytest.mark.parametrize("pretty", [True, False])
@pytest.mark.parametrize("symbol", ["X", None])
@pytest.mark.parametrize("index", [True, False])
def test_all_spellings_are_the_same_rows(pretty: bool, symbol: str | None, index: bool, path: Path) -> None:
    text = databento_csv(mbo_records(MBO), pretty=pretty, symbol=symbol, index=index)
    assert read(path, text).tobytes() == MBO.tobytes()


def test_times_as_pandas_writes_them(path: Path) -> None:
    text = databento_csv(mbo_records(MBO)).replace("T01:46:40", " 01:46:40").replace("Z", "+00:00")
    assert read(path, text)["ts_event_ns"].tolist() == MBO["ts_event_ns"].tolist()


def test_the_instrument_without_a_symbol_column(path: Path) -> None:
    path.write_text(databento_csv(mbo_records(MBO), symbol=None))
    batch, *_ = DatabentoCsvReader().open(path, ReadOptions())
    assert (batch.instrument.symbol, batch.instrument.venue, batch.instrument.calendar) == ("0", "GLBX", "CMES")
    batch, *_ = DatabentoCsvReader().open(path, ReadOptions(symbol="ES"))
    assert batch.instrument.symbol == "ES"
    two = mbo_records(MBO)
    two["instrument_id"][0] = 3
    path.write_text(databento_csv(two, symbol=None))
    assert {b.instrument.symbol for b in DatabentoCsvReader().open(path, ReadOptions())} == {"0", "3"}
    with pytest.raises(DataError, match="one instrument"):
        list(DatabentoCsvReader().open(path, ReadOptions(symbol="ES")))


def test_symbols_are_kept_apart(path: Path) -> None:
    lines = databento_csv(mbo_records(MBO)).splitlines()
    lines[2] = lines[2][:-1] + "Y"
    path.write_text("\n".join(lines) + "\n")
    batches = list(DatabentoCsvReader().open(path, ReadOptions()))
    for symbol, found in (("X", [5, 5, 5]), ("Y", [6])):
        assert np.concatenate([b.rows["order_id"] for b in batches if b.instrument.symbol == symbol]).tolist() == found
    (only,) = DatabentoCsvReader().open(path, ReadOptions(symbol="Y"))
    assert only.rows["order_id"].tolist() == [6]
    with pytest.raises(DataError, match="symbols X, Y"):
        list(DatabentoCsvReader().open(path, ReadOptions(symbol="Z")))


@pytest.mark.parametrize("size", [1, 120, 250, 400])
def test_an_event_may_lie_across_blocks(size: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = source.blocks
    monkeypatch.setattr("tradewind.data.parsing.columns.blocks", lambda path, _size: blocks(path, size))
    text = databento_csv(mbo_records(MBO))
    assert read(path, text).tobytes() == MBO.tobytes()
    with pytest.raises(DataError, match=r"row 5, field 'action': expected one of A, C, .*, got 'Q'"):
        read(path, text.replace(",F,B,", ",C,B,").replace(",C,B,", ",Q,B,", 2).replace(",Q,B,", ",C,B,", 1))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (",A,A,", ",B,A,", "action"),
        (",A,A,", ",A,S,", "side"),
        (",13.020000000,", ",13.02.0,", "price"),
        (",13.020000000,", ",99999999999,", "price"),
        (",20,", ",-20,", "size"),
        (",6,13.02", ",-6,13.02", "order_id"),
        ("40.000000005Z,6", "40.000000005,6", "ts_event"),
        ("40.000000005Z,6", ",6", "ts_event"),
        (",X\n", "\n", None),
    ],
)
def test_a_bad_row_is_named(old: str, new: str, field: str | None, path: Path) -> None:
    header, first, second, rest = databento_csv(mbo_records(MBO)).split("\n", 3)
    assert (second + "\n").count(old) == 1
    bad = (second + "\n").replace(old, new)
    with pytest.raises(DataError) as caught:
        read(path, f"{header}\n{first}\n{bad}{rest}")
    assert (caught.value.row, caught.value.field, caught.value.path) == (2, field, path)


def test_a_missing_column_and_another_format_are_named(path: Path) -> None:
    text = databento_csv(mbo_records(MBO))
    with pytest.raises(DataError, match="one column 'size'"):
        read(path, text.replace(",size,", ",volume,"))
    with pytest.raises(DataError, match="columns of Databento's MBO"):
        read(path, "a,b\n1,2\n")


# Books.

TEN = [
    ("A", "B", 13 * E9, 5, [(13 * E9, 5, UNDEFINED_PRICE, 0)]),
    ("A", "A", 14 * E9, 7, [(13 * E9, 5, 14 * E9, 7)]),
    ("A", "B", 13_500_000_000, 2, [(13_500_000_000, 2, 14 * E9, 7), (13 * E9, 5, UNDEFINED_PRICE, 0)]),
    ("T", "A", 13_500_000_000, 2, [(13_500_000_000, 2, 14 * E9, 7), (13 * E9, 5, UNDEFINED_PRICE, 0)]),
    ("C", "B", 13_500_000_000, 2, [(13 * E9, 5, 14 * E9, 7)]),
]


def shown(rows: Array) -> list[tuple[str, int, int, int, int, int]]:
    return [
        (
            EventKind(r["kind"]).name,
            int(r["side"]),
            int(r["price_ticks"]),
            int(r["size_lots"]),
            int(r["flags"]),
            int(r["sequence"]),
        )
        for r in rows
    ]


@pytest.mark.parametrize("pretty", [True, False])
def test_mbp10_gives_changed_levels(pretty: bool, path: Path) -> None:
    rows = read(path, databento_csv(book_records(10, TEN), pretty=pretty))
    assert shown(rows) == [
        ("CLEAR", 0, 0, 0, 2, 1),
        ("LEVEL", 1, 1300, 5, 3, 1),
        ("LEVEL", -1, 1400, 7, 1, 2),
        ("LEVEL", 1, 1350, 2, 1, 3),
        ("TRADE", -1, 1350, 2, 1, 4),
        ("LEVEL", 1, 1350, 0, 1, 5),
    ]
    assert rows["ts_recv_ns"].tolist() == (rows["ts_event_ns"] + 1000).tolist()


def test_levels_and_quotes_off_tick_say_so(path: Path) -> None:
    for levels, kind in ((10, "LEVEL"), (1, "QUOTE")):
        book = [(13_005_000_000, 5, 14 * E9, 7)]
        path.write_text(databento_csv(book_records(levels, [("A", "B", 13_005_000_000, 5, book)])))
        feed = DatabentoCsvReader().open(path, CENT)
        (batch,) = feed
        assert [row[:4] for row in shown(batch.rows)][-2:] == [(kind, 1, 1300, 5), (kind, -1, 1400, 7)]
        assert (batch.rows["flags"][-2:] & EventFlag.OFF_TICK).tolist() == [EventFlag.OFF_TICK, 0]
        assert feed.counts == {"prices off tick": 1}


@pytest.mark.parametrize("size", [1, 700, 1500])
def test_levels_are_remembered_across_blocks(size: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = databento_csv(book_records(10, TEN))
    whole = read(path, text)
    blocks = source.blocks
    monkeypatch.setattr("tradewind.data.parsing.columns.blocks", lambda path, _size: blocks(path, size))
    assert read(path, text).tobytes() == whole.tobytes()


def test_mbp1_gives_quotes_and_trades(path: Path) -> None:
    quotes = [(*row[:4], row[4][:1]) for row in TEN]
    rows = read(path, databento_csv(book_records(1, quotes)))
    assert shown(rows) == [
        ("QUOTE", 1, 1300, 5, 0, 1), ("QUOTE", -1, 0, 0, 1, 1),
        ("QUOTE", 1, 1300, 5, 0, 2), ("QUOTE", -1, 1400, 7, 1, 2),
        ("QUOTE", 1, 1350, 2, 0, 3), ("QUOTE", -1, 1400, 7, 1, 3),
        ("TRADE", -1, 1350, 2, 1, 4),
        ("QUOTE", 1, 1300, 5, 0, 5), ("QUOTE", -1, 1400, 7, 1, 5),
    ]  # fmt: skip


def test_last_waits_for_the_end_of_the_event(path: Path) -> None:
    records = book_records(10, TEN)
    records["flags"] = [0, 128, 0, 0, 128]
    rows = read(path, databento_csv(records))
    assert (rows["flags"] & EventFlag.LAST).tolist() == [0, 0, 1, 0, 0, 1]


def test_trades_and_their_flags(path: Path) -> None:
    records = np.zeros(2, dtype=TRADE_RECORD)
    records["action"], records["side"], records["price"], records["size"] = ord("T"), ord("B"), 13_005_000_000, 3
    records["ts_event"], records["ts_recv"], records["flags"] = 10**18, [10**18 + 7, UNDEFINED_TIME], [128, 128 | 4]
    records["side"][1], records["publisher_id"] = ord("N"), 2
    path.write_text(databento_csv(records, pretty=False))
    feed = DatabentoCsvReader().open(path, ReadOptions())
    (batch,) = feed
    assert shown(batch.rows) == [("TRADE", 1, 1300, 3, 129, 0), ("TRADE", 0, 1300, 3, 129, 0)]
    assert batch.rows["ts_recv_ns"].tolist() == [10**18 + 7, 0]
    assert feed.counts == {"prices off tick": 2, "records flagged with a possibly bad book": 1}


def test_bars(path: Path) -> None:
    records = np.zeros(2, dtype=RECORDS[33])
    records["rtype"], records["ts_event"], records["volume"] = 33, [10**18, 10**18 + 60 * E9], [5, 6]
    for name, price in (("open", 13), ("high", 15), ("low", 12), ("close", 14)):
        records[name] = price * E9
    text = databento_csv(records)
    path.write_text(text)
    (batch,) = DatabentoCsvReader().open(path, CENT)
    assert (batch.rows.dtype, batch.interval_ns) == (BAR, 60 * E9)
    assert batch.rows.tolist() == [
        (10**18, 1300, 1500, 1200, 1400, 5), (10**18 + 60 * E9, 1300, 1500, 1200, 1400, 6)
    ]  # fmt: skip
    second = text.splitlines()[2]
    with pytest.raises(DataError, match="row 2, field 'rtype': expected bars of one length"):
        read(path, text.replace(second, second.replace("33,", "34,", 1)))


def test_what_it_recognises(path: Path) -> None:
    for text, said in (
        (databento_csv(mbo_records(MBO)), "MBO"),
        (databento_csv(book_records(10, TEN), index=True), "MBP-10"),
        (databento_csv(book_records(1, [])), "MBP-1"),
        ("ts_event,rtype,publisher_id,instrument_id,security_type\n", None),
        ("ts_event,action,side,price,size,order_id\n", None),
    ):
        path.write_text(text)
        match = DatabentoCsvReader().match(read_head(path))
        assert (match is None) if said is None else (match is not None and said in match.reason and match.score == 100)


orders = st.tuples(
    st.integers(1, 10**15), st.sampled_from([1, 2, 4, 5, 6]), st.sampled_from([-1, 1]), st.integers(1, 2**62),
    st.integers(-(10**6), 10**9), st.integers(1, 2**32 - 1),
)  # fmt: skip


@given(st.lists(orders, min_size=1, max_size=20, unique_by=lambda row: row[0]), st.booleans())
def test_reading_what_was_written_gives_the_rows(
    tmp_path_factory: pytest.TempPathFactory, some: list[tuple], pretty: bool
) -> None:
    rows = events(some)
    rows["ts_recv_ns"] = rows["ts_event_ns"] + 1000
    path = tmp_path_factory.getbasetemp() / "written.csv"
    assert read(path, databento_csv(mbo_records(rows), pretty=pretty)).tobytes() == rows.tobytes()


# Real data.


@pytest.mark.real_data
def test_real_mbo(real_data: Path) -> None:
    feed = DatabentoCsvReader().open(real_data / "databento_csv" / "ARL_2025-07-17_mbo.csv.gz", ReadOptions())
    batch, *rest = feed
    rows = np.concatenate([batch.rows, *(more.rows for more in rest)])
    kinds, counts = np.unique(rows["kind"], return_counts=True)
    found = {EventKind(kind).name: count for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)}
    # 5,886 records: 2,915 A, 2,913 C, 46 T, 11 F, 1 R. 11 trades have a fill and a cancel: 22 records give no row.
    assert found == {"ADD": 2_915, "REDUCE": 1_371, "DELETE": 1_531, "EXECUTE": 11, "TRADE": 35, "CLEAR": 1}
    assert len(rows) == 5_886 - 22
    assert (rows["flags"] & EventFlag.REPLACED != 0).sum() == 2 * 1_531
    assert rows["size_lots"][np.isin(rows["kind"], [EventKind.EXECUTE, EventKind.TRADE])].sum() == 1_341
    assert rows["order_id"][:3].tolist() == [0, 817593, 817597]
    assert (batch.instrument.symbol, batch.instrument.venue, str(batch.instrument.tick_size)) == ("ARL", "XNAS", "0.01")
    text = gzip.decompress(feed.path.read_bytes()).decode()
    messages = [
        (int(iso_ns(feed.path, 1, pl.Series([m["ts_event"]]))[0]), m["action"], m["side"], int(m["order_id"]),
         round(float(m["price"] or 0) * 100), int(m["size"]))
        for m in csv.DictReader(text.splitlines())
    ]  # fmt: skip
    by_rule, by_rows = books_by_the_rule(messages), books_of_rows(rows)
    assert len(by_rows) > 4_000
    assert by_rows.items() <= by_rule.items()


@pytest.mark.real_data
def test_real_mbp10(real_data: Path) -> None:
    feed = DatabentoCsvReader().open(real_data / "databento_csv" / "ARL_2025-07-17_mbp10.csv.gz", ReadOptions())
    (batch,) = feed
    kinds, counts = np.unique(batch.rows["kind"], return_counts=True)
    assert dict(zip(kinds.tolist(), counts.tolist(), strict=True)) == {
        EventKind.TRADE: 46, EventKind.LEVEL: 6_598, EventKind.CLEAR: 1
    }  # fmt: skip
    levels: dict[tuple[int, int], int] = {}
    for row in batch.rows.tolist():
        if row[8] == EventKind.LEVEL:
            levels[row[9], row[4]] = row[5]
    assert len([size for size in levels.values() if size]) <= 20
