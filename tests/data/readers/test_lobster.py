import gzip
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.writers import events, lobster_text
from tests.naive.lobster import rows_of

from tradewind.core.dtypes import Array, EventFlag, EventKind, TradingState
from tradewind.core.errors import DataError, InvalidValueError
from tradewind.data.parsing.source import read_head
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.lobster import MADE_UP_ID, LobsterReader
from tradewind.data.readers.lobster_messages import message_rows

NAME = "AAPL_2012-06-21_34200000_57600000_message_10.csv"
MIDNIGHT_NS = 1_340_251_200 * 10**9
"""2012-06-21 00:00 in New York is 04:00 UTC: summer time."""
MESSAGES = """34200.004241176,1,16113575,18,5853300,1
34200.025551909,2,16113575,8,5853300,1
34200.1,4,16113575,5,5853300,1
34200.2,5,0,7,5853350,-1
34200.3,3,16113575,5,5853300,1
34200.4,6,-1,100,5853300,-1
34201,7,0,0,-1,-1
34202,7,0,0,0,-1
34203,7,0,0,1,-1
"""


def read(folder: Path, text: str = MESSAGES, name: str = NAME, **options: object) -> Array:
    (folder / name).write_text(text)
    feed = LobsterReader().open(folder / name, ReadOptions(**options))
    return np.concatenate([batch.rows for batch in feed])


def test_every_type_becomes_its_row(tmp_path: Path) -> None:
    rows = read(tmp_path)
    last, hidden, auction = EventFlag.LAST, EventFlag.LAST | EventFlag.HIDDEN, EventFlag.LAST | EventFlag.AUCTION
    assert [tuple(row)[2:] for row in rows[["ts_event_ns", "ts_recv_ns", *rows.dtype.names[2:]]].tolist()] == [
        (0, 16113575, 58533, 18, 0, last, EventKind.ADD, 1),
        (1, 16113575, 58533, 8, 0, last, EventKind.REDUCE, 1),
        (2, 16113575, 58533, 5, 0, last, EventKind.EXECUTE, 1),
        (3, 0, 58534, 7, 0, hidden | EventFlag.OFF_TICK, EventKind.TRADE, 1),
        (4, 16113575, 58533, 5, 0, last, EventKind.DELETE, 1),
        (5, -1, 58533, 100, 0, auction, EventKind.TRADE, 0),
        (6, 0, 0, TradingState.HALTED, 0, last, EventKind.STATUS, 0),
        (7, 0, 0, TradingState.QUOTE_ONLY, 0, last, EventKind.STATUS, 0),
        (8, 0, 0, TradingState.OPEN, 0, last, EventKind.STATUS, 0),
    ]
    assert rows["ts_event_ns"][:2].tolist() == [MIDNIGHT_NS + 34_200_004_241_176, MIDNIGHT_NS + 34_200_025_551_909]


@pytest.mark.parametrize(("day", "hours"), [("2012-06-21", 4), ("2012-01-20", 5), ("2012-03-12", 4), ("2012-11-05", 5)])
def test_midnight_is_new_yorks(day: str, hours: int, tmp_path: Path) -> None:
    rows = read(tmp_path, name=f"AAPL_{day}_message_10.csv")
    start_ns = int(np.datetime64(day, "ns").astype(np.int64))
    assert rows["ts_event_ns"][0] == start_ns + hours * 3600 * 10**9 + 34_200_004_241_176


def test_name_or_options_say_symbol_and_day(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a name like AAPL_2012-06-21"):
        read(tmp_path, name="messages.csv")
    rows = read(tmp_path, name="messages.csv", symbol="X", day=date(2012, 6, 21))
    assert rows.tobytes() == read(tmp_path).tobytes()
    (tmp_path / "AAPL_2012-13-21_message_10.csv").write_text(MESSAGES)
    with pytest.raises(DataError, match="2012-13-21"):
        LobsterReader().open(tmp_path / "AAPL_2012-13-21_message_10.csv", ReadOptions())
    feed = LobsterReader().open(tmp_path / NAME, ReadOptions(symbol="X", day=date(2012, 1, 20)))
    (batch,) = feed
    assert batch.instrument.symbol == "X"
    assert batch.rows["ts_event_ns"][0] - rows["ts_event_ns"][0] == (-153 * 24 + 1) * 3600 * 10**9
    assert feed.notes == ("No order book file beside it: the book starts empty.",)


def test_tick_and_lot_may_be_others(tmp_path: Path) -> None:
    rows = read(tmp_path, tick_size=Decimal("0.00005"), lot_size=Decimal(1))
    assert rows["price_ticks"][0] == 5853300 * 2
    with pytest.raises(DataError, match="row 1, field 'size': expected a size in whole lots"):
        read(tmp_path, lot_size=Decimal(100))
    with pytest.raises(InvalidValueError, match="lot_size"):
        read(tmp_path, lot_size=Decimal("0.5"))


# The first book.

BOOK = "5853500,5,5853300,38,5853600,6,9999999999,0\n5853500,5,5853300,30,5853600,6,5853000,9\n"


def first_book(
    folder: Path, message: str, book: str, book_name: str | None = None
) -> tuple[list[tuple[int, ...]], str]:
    (folder / (book_name or NAME.replace("message", "orderbook"))).write_text(book)
    (folder / NAME).write_text(message)
    feed = LobsterReader().open(folder / NAME, ReadOptions())
    rows = np.concatenate([batch.rows for batch in feed])
    shown = rows[["kind", "side", "order_id", "price_ticks", "size_lots", "flags"]][rows["sequence"] < 0].tolist()
    assert (rows["ts_event_ns"] == rows["ts_event_ns"][0]).all()
    return shown, " ".join(feed.notes)


SNAPSHOT, ANONYMOUS = int(EventFlag.SNAPSHOT), int(EventFlag.SNAPSHOT | EventFlag.ANONYMOUS)
ASKS = [(1, -1, MADE_UP_ID, 58535, 5, ANONYMOUS), (1, -1, MADE_UP_ID + 2, 58536, 6, ANONYMOUS)]


@pytest.mark.parametrize(
    ("message", "bid"),
    [
        ("34200,1,77,18,5853300,1", [(58533, 20)]),
        ("34200,1,77,38,5853300,1", []),
        ("34200,2,77,18,5853300,1", [(58533, 56)]),
        ("34200,3,77,18,5853400,1", [(58534, 18), (58533, 38)]),
        ("34200,4,77,18,5853300,1", [(58533, 56)]),
        ("34200,5,0,18,5853300,1", [(58533, 38)]),
        ("34200,1,77,18,5850000,1", [(58533, 38)]),
    ],
)
def test_the_first_book_is_the_one_before_the_first_message(
    message: str, bid: list[tuple[int, int]], tmp_path: Path
) -> None:
    shown, _ = first_book(tmp_path, message + "\n", BOOK.replace("9999999999,0", "-9999999999,0"))
    expected = [(9, 0, 0, 0, 0, SNAPSHOT), *ASKS]
    expected += [(1, 1, MADE_UP_ID + 1 + 2 * i, price, size, ANONYMOUS) for i, (price, size) in enumerate(bid)]
    expected[-1] = (*expected[-1][:-1], expected[-1][-1] | EventFlag.LAST)
    assert shown == expected


def test_a_book_that_does_not_show_the_first_message_says_so(tmp_path: Path) -> None:
    shown, notes = first_book(tmp_path, "34200,1,77,50,5853300,1\n", BOOK.replace("9999999999,0", "-9999999999,0"))
    assert shown[-1][:5] == (1, 1, MADE_UP_ID + 1, 58533, 38)
    assert "does not show the first message" in notes


def test_the_book_of_the_same_depth_comes_before_a_deeper_one(tmp_path: Path) -> None:
    stem = "AAPL_2012-06-21_34200000_57600000"
    for name, size in ((f"{stem}_orderbook_50.csv", 2), ("AAPL_2012-06-21_orderbook_10_part.csv.gz", 3)):
        data = ("5853500,1,5853300,1," * size).rstrip(",").encode() + b"\n"
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    (tmp_path / "MSFT_2012-06-21_34200000_57600000_orderbook_10.csv").write_text(BOOK)
    (tmp_path / NAME).write_text(MESSAGES)
    assert (
        LobsterReader().open(tmp_path / NAME, ReadOptions()).paths[1].name == "AAPL_2012-06-21_orderbook_10_part.csv.gz"
    )
    (tmp_path / "AAPL_2012-06-21_orderbook_10_part.csv.gz").unlink()
    (tmp_path / f"{stem}_orderbook_1.csv").write_text("5853500,1,5853300,1\n")
    assert LobsterReader().open(tmp_path / NAME, ReadOptions()).paths[1].name == f"{stem}_orderbook_50.csv"


@pytest.mark.parametrize("book", ["1,2,3\n", "a,b,c,d\n", "1.5,2,3,4\n"])
def test_a_book_that_is_none_is_an_error(book: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"orderbook.*row 1: expected ask price, ask size, bid price, bid size"):
        first_book(tmp_path, MESSAGES, book)


# Text.


@pytest.mark.parametrize(
    ("old", "new", "row", "field"),
    [
        ("34200.1,", "x,", 3, "time"),
        ("34200.1,", "-1,", 3, "time"),
        ("34200.1,", "200000,", 3, "time"),
        ("34200.1,4", "34200.1,8", 3, "type"),
        ("34200.1,4", "34200.1,4.5", 3, "type"),
        (",5,5853300,1\n34200.2", ",,5853300,1\n34200.2", 3, "size"),
        (",5,5853300,1\n34200.2", ",5,5853300,0\n34200.2", 3, "direction"),
        (",5,5853300,1\n34200.2", ",5,5853300,1 \n34200.2", 3, "direction"),
        (",5,5853300,1\n34200.2", ",5,5853300\n34200.2", 3, None),
        (",5,5853300,1\n34200.2", ",5,5853300,1,9\n34200.2", 3, None),
        (",5,5853300,1\n34200.2", ",5,9999999999999999999,1\n34200.2", 3, "price"),
        ("34200.1,4,16113575", "34200.1,4,", 3, "order_id"),
        ("34201,7,0,0,-1,-1", "34201,7,0,0,2,-1", 7, "price"),
        ("34203,7,0,0,1,-1\n", "34203,7,0,0,1", 9, None),
        ("34203,7,0,0,1,-1\n", "34203,7,0,0,1,", 9, "direction"),
    ],
)
def test_a_bad_message_is_named(old: str, new: str, row: int, field: str | None, tmp_path: Path) -> None:
    assert MESSAGES.count(old) == 1
    with pytest.raises(DataError) as caught:
        read(tmp_path, MESSAGES.replace(old, new))
    assert (caught.value.row, caught.value.field) == (row, field)
    assert caught.value.path == tmp_path / NAME


@pytest.mark.parametrize("size", [1, 40, 100, 10_000])
def test_row_numbers_go_on_across_blocks(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(tmp_path)
    monkeypatch.setattr("tradewind.data.readers.lobster.BLOCK_BYTES", size)
    assert read(tmp_path).tobytes() == whole.tobytes()
    assert read(tmp_path, MESSAGES.replace("\n", "\r\n") + "\r\n").tobytes() == whole.tobytes()
    assert read(tmp_path, MESSAGES.rstrip("\n")).tobytes() == whole.tobytes()
    with pytest.raises(DataError, match="row 7, field 'price'"):
        read(tmp_path, MESSAGES.replace("34201,7,0,0,-1,-1", "34201,7,0,0,-2,-1"))


def test_what_it_recognises(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for text, score in ((MESSAGES, 90), (MESSAGES[:20], 0), (BOOK, 0), ("1,2,3\n", 0), ("34200.1,8,1,1,1,1\n", 0)):
        path.write_text(text)
        match = LobsterReader().match(read_head(path))
        assert (match.score if match else 0) == score


lines = st.builds(
    "{}.{},{},{},{},{},{}".format,
    st.integers(0, 86_399),
    st.from_regex(r"[0-9]{1,12}", fullmatch=True),
    st.integers(1, 6),
    st.integers(-1, 2**53),
    st.integers(0, 10**9),
    st.integers(-(10**10), 10**10),
    st.sampled_from(["1", "-1"]),
)
halts = st.builds("{},7,0,0,{},-1".format, st.integers(0, 86_399), st.integers(-1, 1))


@given(st.lists(lines | halts, min_size=1), st.sampled_from(["0.01", "0.0001", "0.00005", "0.025", "0.00015"]))
def test_equal_to_the_naive_twin(text: list[str], tick: str) -> None:
    whole = "\n".join(text)
    rows, wrong = message_rows(whole.encode(), 10**18, Fraction(tick) * 10_000, 1)
    rows["sequence"] = np.arange(len(rows))
    assert wrong == -1
    assert rows.tolist() == rows_of(whole, 10**18, Decimal(tick))


orders = st.tuples(
    st.integers(0, 86_399 * 10**9), st.sampled_from([1, 2, 3, 4]), st.sampled_from([-1, 1]),
    st.integers(1, 10**18 - 1), st.integers(1, 10**9), st.integers(1, 10**9),
)  # fmt: skip
states = st.tuples(st.integers(0, 10**9), st.just(10), st.just(0), st.just(0), st.just(0), st.sampled_from([1, 2, 4]))


@given(st.lists(orders | states, min_size=1))
def test_reading_what_was_written_gives_the_rows(tmp_path_factory: pytest.TempPathFactory, some: list[tuple]) -> None:
    rows = events(some, start_ns=MIDNIGHT_NS)
    folder = tmp_path_factory.getbasetemp()
    assert read(folder, lobster_text(rows, MIDNIGHT_NS)).tobytes() == rows.tobytes()


@pytest.mark.real_data
def test_real_day(real_data: Path) -> None:
    folder = real_data / "lobster_l3"
    feed = LobsterReader().open(folder / "AAPL_2012-06-21_message_50.csv.gz", ReadOptions())
    rows = np.concatenate([batch.rows for batch in feed])
    messages = rows[rows["sequence"] >= 0]
    assert len(messages) == 91_997
    kinds, counts = np.unique(messages["kind"], return_counts=True)
    found = {EventKind(kind).name: count for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)}
    assert found == {"ADD": 44_256, "REDUCE": 469, "DELETE": 41_004, "EXECUTE": 4_067, "TRADE": 2_201}
    assert ((messages["flags"] & EventFlag.HIDDEN) != 0).sum() == 2_201
    first, last = messages[0], messages[-1]
    assert (first["ts_event_ns"], first["order_id"]) == (MIDNIGHT_NS + 34_200_004_241_176, 16113575)
    assert (last["ts_event_ns"], last["order_id"]) == (MIDNIGHT_NS + 37_799_837_447_053, 74177680)
    assert messages["size_lots"].sum() == 10_071_532
    assert (np.diff(messages["ts_event_ns"]) >= 0).all()
    text = gzip.decompress((folder / "AAPL_2012-06-21_message_50.csv.gz").read_bytes()).decode()
    assert messages.tolist() == rows_of(text, MIDNIGHT_NS, Decimal("0.01"))
    assert [row[2:] for row in rows[rows["sequence"] < 0].tolist()] == [
        (-1, 0, 0, 0, 0, SNAPSHOT, EventKind.CLEAR, 0),
        (-1, MADE_UP_ID, 58594, 200, 0, ANONYMOUS | EventFlag.LAST, EventKind.ADD, -1),
    ]
