import builtins
import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.writers import book_records, databento_csv, dbn_bytes, events, mbo_records
from tests.naive.databento_mbo import books_by_the_rule, books_of_rows

from tradewind.core.dtypes import BAR, Array, EventFlag, EventKind
from tradewind.core.errors import DataError, MissingExtraError
from tradewind.data.parsing.source import read_head
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.databento_csv import DatabentoCsvReader
from tradewind.data.readers.databento_feed import RECORDS
from tradewind.data.readers.databento_records import MBO_RECORD, TRADE_RECORD
from tradewind.data.readers.dbn import DbnReader

E9 = 10**9
ALWAYS = (date(2000, 1, 1), date(2030, 1, 1))
MBO = events([(0, 1, 1, 5, 1300, 10), (5, 1, -1, 6, 1302, 20), (9, 4, 1, 5, 1300, 4), (11, 2, 1, 5, 1300, 6)])
SYMBOLS = {"ESM4": [(*ALWAYS, 0)]}
CENT = ReadOptions(tick_size=Decimal("0.01"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.dbn"


def read(path: Path, data: bytes, options: ReadOptions = CENT) -> dict[str, Array]:
    path.write_bytes(data)
    found: dict[str, list[Array]] = {}
    for batch in DbnReader().open(path, options):
        found.setdefault(batch.instrument.symbol, []).append(batch.rows)
    return {symbol: np.concatenate(parts) for symbol, parts in found.items()}


def test_plain_zstd_and_gzip_are_the_same(path: Path) -> None:
    data = dbn_bytes([mbo_records(MBO)], SYMBOLS)
    for packed in (data, pa.compress(data, codec="zstd", asbytes=True), gzip.compress(data)):
        assert read(path, packed)["ESM4"].tobytes() == MBO.tobytes()


@pytest.mark.parametrize("size", [1, 17, 100, 1000])
def test_records_may_lie_across_pieces(size: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradewind.data.readers.dbn.CHUNK_BYTES", size)
    assert read(path, dbn_bytes([mbo_records(MBO)], SYMBOLS))["ESM4"].tobytes() == MBO.tobytes()


def test_instruments_are_kept_apart(path: Path) -> None:
    records = mbo_records(MBO)
    records["instrument_id"] = [7, 9, 7, 7, 7, 7]
    data = dbn_bytes([records], {"ESM4": [(*ALWAYS, 7)], "NQM4": [(*ALWAYS, 8)]})
    found = read(path, data)
    assert {symbol: rows["order_id"].tolist() for symbol, rows in found.items()} == {"ESM4": [5, 5, 5], "9": [6]}
    only = read(path, data, ReadOptions(symbol="ESM4"))
    assert list(only) == ["ESM4"]
    with pytest.raises(DataError, match="symbols 9, ESM4"):
        read(path, data, ReadOptions(symbol="NQM4"))


def test_a_number_may_mean_another_symbol_on_another_day(path: Path) -> None:
    records = mbo_records(MBO)
    records["instrument_id"] = 7
    records["ts_event"][3:] += 86_400 * E9
    days = [date(2001, 9, 9), date(2001, 9, 10), date(2001, 9, 11)]
    found = read(path, dbn_bytes([records], {"OLD": [(days[0], days[1], 7)], "NEW": [(days[1], days[2], 7)]}))
    assert {symbol: len(rows) for symbol, rows in found.items()} == {"OLD": 3, "NEW": 2}


def test_records_of_several_types_and_those_without_rows(path: Path) -> None:
    trades = np.zeros(3, dtype=TRADE_RECORD)
    trades["length"], trades["action"], trades["price"], trades["size"] = 12, ord("T"), 13 * E9, 2
    trades["ts_event"] = 10**18
    status = np.zeros(2, dtype=np.dtype([("head", MBO_RECORD, ())]))
    status["head"]["length"], status["head"]["rtype"] = 14, 23
    path.write_bytes(dbn_bytes([trades[:2], status, mbo_records(MBO), trades[2:]], SYMBOLS))
    feed = DbnReader().open(path, CENT)
    rows = np.concatenate([batch.rows for batch in feed])
    assert sorted(rows["kind"].tolist()) == [1, 1, 2, 4, 6, 6, 6]
    assert feed.counts == {"records of type 23": 2}


@pytest.mark.parametrize("levels", [1, 10])
def test_books_are_those_of_the_csv_file(levels: int, path: Path) -> None:
    records = book_records(
        levels,
        [
            ("A", "B", 13 * E9, 5, [(13 * E9, 5, 14 * E9, 7)]),
            ("T", "A", 13 * E9, 2, [(13 * E9, 5, 14 * E9, 7)]),
            ("C", "B", 13 * E9, 2, [(13 * E9, 3, 14 * E9, 7)]),
        ],
    )
    path.with_suffix(".csv").write_text(databento_csv(records))
    (batch,) = DatabentoCsvReader().open(path.with_suffix(".csv"), CENT)
    assert read(path, dbn_bytes([records], {}))["7"].tobytes() == batch.rows.tobytes()


def test_a_send_time_behind_each_record_is_left_out(path: Path) -> None:
    records = mbo_records(MBO)
    longer = np.zeros(len(records), dtype=[("record", MBO_RECORD), ("ts_out", "<u8")])
    longer["record"], longer["ts_out"] = records, 10**18
    longer["record"]["length"] = 16
    assert read(path, dbn_bytes([longer], SYMBOLS))["ESM4"].tobytes() == MBO.tobytes()


@pytest.mark.parametrize(("rtype", "seconds"), [(32, 1), (33, 60), (34, 3600), (35, 86_400)])
def test_bars(rtype: int, seconds: int, path: Path) -> None:
    records = np.zeros(1, dtype=RECORDS[rtype])
    records["length"], records["rtype"], records["ts_event"], records["volume"] = 14, rtype, 10**18, 9
    for name, price in (("open", 13), ("high", 15), ("low", 12), ("close", 14)):
        records[name] = price * E9
    path.write_bytes(dbn_bytes([records], SYMBOLS))
    (batch,) = DbnReader().open(path, CENT)
    assert (batch.rows.dtype, batch.interval_ns, batch.instrument.venue) == (BAR, seconds * E9, "GLBX")
    assert batch.rows.tolist() == [(10**18, 1300, 1500, 1200, 1400, 9)]


def test_tick_and_lot(path: Path) -> None:
    rows = events([(i * 10, 1, 1, i + 1, 4 * i + 4, 10) for i in range(60)])
    path.write_bytes(dbn_bytes([mbo_records(rows, tick=62_500_000)], SYMBOLS))
    feed = DbnReader().open(path, ReadOptions())
    (batch,) = feed
    assert (batch.instrument.tick_size, batch.instrument.calendar) == (Decimal("0.25"), "CMES")
    assert batch.rows["price_ticks"][:3].tolist() == [1, 2, 3]
    (batch,) = DbnReader().open(path, ReadOptions(lot_size=Decimal(5), tick_size=Decimal("0.5")))
    assert (batch.rows["size_lots"][0], (batch.rows["flags"] & EventFlag.OFF_TICK != 0).sum()) == (2, 30)
    with pytest.raises(DataError, match="sizes in whole lots of 3"):
        list(DbnReader().open(path, ReadOptions(lot_size=Decimal(3))))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[:-1], "row 6: expected a whole record, got '55 bytes"),
        (lambda data: data[:-100], "row 5: expected a whole record, got '12 bytes"),
        (lambda data: data[:60], "expected whole metadata"),
        (lambda data: data[:7], "which starts with 'DBN'"),
        (lambda data: b"ABC" + data[3:], "which starts with 'DBN'"),
        (lambda data: data[:-56] + b"\0" + data[-55:], "row 6, field 'length': expected a record of 16 bytes or more"),
        (lambda data: data[:-56] + b"\5" + data[-55:], "row 6, field 'length': expected records of 56 bytes"),
        (lambda data: data[:8] + b"\xff" * 60 + data[68:], "DBN metadata"),
        (lambda data: pa.compress(data, codec="zstd", asbytes=True)[:-5], "intact zstd file"),
    ],
)
def test_a_damaged_file_is_named(spoil: object, message: str, path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(path, spoil(dbn_bytes([mbo_records(MBO)], SYMBOLS)))
    assert message in str(caught.value)
    assert caught.value.path == path


def test_a_missing_package_is_one_clear_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name.startswith("databento_dbn"):
            raise ImportError(name)
        return plain(name, *args, **kwargs)

    data = dbn_bytes([mbo_records(MBO)], SYMBOLS)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        MissingExtraError, match=r"reading DBN files needs databento-dbn: pip install 'tradewind\[data\]'"
    ):
        read(path, data)


def test_what_it_recognises(path: Path) -> None:
    path.write_bytes(pa.compress(dbn_bytes([mbo_records(MBO)], SYMBOLS), codec="zstd", asbytes=True))
    match = DbnReader().match(read_head(path))
    assert (match.score, match.reason) == (100, "DBN magic number")
    path.write_bytes(b"DB")
    assert DbnReader().match(read_head(path)) is None


orders = st.tuples(
    st.integers(1, 10**15), st.sampled_from([1, 2, 4, 5, 6]), st.sampled_from([-1, 1]), st.integers(1, 2**62),
    st.integers(-(10**6), 10**9), st.integers(1, 2**32 - 1),
)  # fmt: skip


@given(st.lists(orders, min_size=1, max_size=20, unique_by=lambda row: row[0]))
def test_reading_what_was_written_gives_the_rows(tmp_path_factory: pytest.TempPathFactory, some: list[tuple]) -> None:
    rows = events(some)
    rows["ts_recv_ns"] = rows["ts_event_ns"] + 1000
    path = tmp_path_factory.getbasetemp() / "written.dbn"
    assert read(path, dbn_bytes([mbo_records(rows)], SYMBOLS))["ESM4"].tobytes() == rows.tobytes()


@pytest.mark.real_data
def test_real_two_seconds(real_data: Path) -> None:
    from databento_dbn import DBNDecoder, MBOMsg

    feed = DbnReader().open(real_data / "databento_dbn" / "ESM4_2024-05-08_2s_mbo.dbn.zst", ReadOptions())
    batches = list(feed)
    rows = np.concatenate([batch.rows for batch in batches])
    kinds, counts = np.unique(rows["kind"], return_counts=True)
    found = {EventKind(kind).name: count for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)}
    # 13,796 records: 13,678 A, 80 C, 27 M, 5 T, 5 F, 1 R. 5 trades and the 2 cancels behind their fills give no row.
    assert found == {"ADD": 13_678, "REDUCE": 78, "EXECUTE": 5, "REPLACE": 27, "CLEAR": 1}
    assert (rows["flags"] & EventFlag.SNAPSHOT != 0).sum() == 13_601
    instrument = batches[0].instrument
    assert (instrument.symbol, instrument.venue, str(instrument.tick_size)) == ("ESM4", "GLBX", "0.25")
    assert feed.counts == {"records flagged with a bad receive time": 13_601}
    assert (rows["ts_event_ns"] >= 1_715_126_400 * E9).all()

    decoder = DBNDecoder()
    with pa.CompressedInputStream(pa.OSFile(str(feed.path)), "zstd") as file:
        decoder.write(file.read())
    records = [record for record in decoder.decode() if isinstance(record, MBOMsg)]
    assert len(records) == 13_796
    messages = [
        (
            r.ts_recv if int(r.flags) & 32 else r.ts_event,
            str(r.action),
            str(r.side),
            r.order_id,
            r.price // 250_000_000,
            r.size,
        )
        for r in records
    ]
    by_rule, by_rows = books_by_the_rule(messages), books_of_rows(rows)
    assert len(by_rows) > 180
    assert by_rows.items() <= by_rule.items()
