"""The ITCH reader: what it recognises, batches per instrument, options, and what goes wrong."""

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from tests.naive.itch import messages

from tradewind.core.dtypes import EventFlag, EventKind
from tradewind.core.errors import DataError, InvalidValueError, UsageError
from tradewind.core.types import Batch
from tradewind.data.itch import feed as feed_module
from tradewind.data.itch import source
from tradewind.data.itch.codec import decode
from tradewind.data.itch.dtypes import MESSAGES
from tradewind.data.itch.projection import ROWS_AT_LEAST, parse_events
from tradewind.data.itch.source import Window
from tradewind.data.itch.synthetic import SYMBOLS, session
from tradewind.data.reader import FileHead, ReadOptions
from tradewind.data.readers.itch import ItchReader, day_in_name
from tradewind.data.registry import detect

NAME = "01302019.NASDAQ_ITCH50"
MIDNIGHT_NS = 1_548_824_400 * 10**9  # 2019-01-30 00:00 in New York, 05:00 UTC
READER = ItchReader()


@pytest.fixture(scope="module")
def day() -> bytes:
    return session(seed=4, messages=4_000)


def read(path: Path, **options: object) -> list[Batch]:
    return list(READER.open(path, ReadOptions(**options)))  # type: ignore[arg-type]


def test_each_instrument_has_its_rows_in_the_order_of_the_file(tmp_path: Path, day: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(day)
    found = read(path)
    every = parse_events(day, midnight_ns=MIDNIGHT_NS)
    assert [batch.instrument.symbol for batch in found] == list(SYMBOLS)
    for locate, batch in enumerate(found, start=1):
        assert np.array_equal(batch.rows, every[every["instrument_id"] == locate])
        assert batch.instrument.tick_size == Decimal("0.01")
        assert batch.instrument.lot_size == 1
        assert (batch.instrument.venue, batch.instrument.currency) == ("XNAS", "USD")


@pytest.mark.parametrize("compress", [False, True])
def test_one_symbol_alone(tmp_path: Path, day: bytes, compress: bool) -> None:
    path = tmp_path / (NAME + ".gz" * compress)
    path.write_bytes(gzip.compress(day, 1) if compress else day)
    assert detect(path).name == "itch"
    feed = READER.open(path, ReadOptions(symbol="GUST"))
    (batch,) = feed
    every = parse_events(day, midnight_ns=MIDNIGHT_NS)
    assert np.array_equal(batch.rows, every[every["instrument_id"] == SYMBOLS.index("GUST") + 1])
    assert batch.instrument.symbol == "GUST"


def test_a_file_longer_than_window_and_buffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = session(seed=5, messages=66_000, live_orders=50)
    path = tmp_path / NAME
    path.write_bytes(data)
    monkeypatch.setattr(feed_module, "BUFFER_ROWS", ROWS_AT_LEAST)
    monkeypatch.setattr(source, "Window", lambda file: Window(file, 99_991))
    found = read(path)
    assert len(found) > len(SYMBOLS)
    every = parse_events(data, midnight_ns=MIDNIGHT_NS)
    for locate, symbol in enumerate(SYMBOLS, start=1):
        parts = [batch.rows for batch in found if batch.instrument.symbol == symbol]
        assert np.array_equal(np.concatenate(parts), every[every["instrument_id"] == locate])


def test_without_lengths_before_messages(tmp_path: Path, day: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(b"".join(messages(day)))
    assert detect(path).name == "itch"
    every = parse_events(day, midnight_ns=MIDNIGHT_NS)
    assert sum(len(batch.rows) for batch in read(path)) == len(every)


def test_recognised_by_content_alone(day: bytes) -> None:
    def score(data: bytes) -> int:
        found = READER.match(FileHead(Path("x"), "none", data))
        return found.score if found else 0

    assert score(day[:5_000]) == 95
    assert score(day[14:5_000]) == 85  # from the directory on
    bare = b"".join(messages(day)[:60])
    assert score(bare) == 95
    assert 0 < score(day[:2_000] + b"\0\x0cZ" + b"\0" * 99) < 85
    assert score(b"") == 0
    assert score(b"Symbol,Open,High\nAAPL,1,2\n" * 30) == 0
    assert score(bytes(range(256)) * 40) == 0
    assert score(b"S" * 5_000) == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("01302019.NASDAQ_ITCH50.gz", date(2019, 1, 30)),
        ("S010220-v50.txt.gz", date(2020, 1, 2)),
        ("20190730.PSX_ITCH_50", date(2019, 7, 30)),
        ("2019-07-30.bin", date(2019, 7, 30)),
        ("12202012.NASDAQ_ITCH50", date(2012, 12, 20)),
        ("13452019.NASDAQ_ITCH50", None),
        ("itch50.bin", None),
        ("stream_123456789.bin", None),
    ],
)
def test_day_in_the_name(name: str, expected: date | None) -> None:
    assert day_in_name(name) == expected


def test_the_day_is_asked_for(tmp_path: Path, day: bytes) -> None:
    path = tmp_path / "stream.bin"
    path.write_bytes(day)
    with pytest.raises(UsageError, match="--day YYYY-MM-DD"):
        read(path)
    summer = read(path, day=date(2019, 7, 30))[0].rows["ts_event_ns"][0]
    winter = read(path, day=date(2019, 1, 30))[0].rows["ts_event_ns"][0]
    hour_ns = 3_600 * 10**9
    assert winter == MIDNIGHT_NS + 3 * hour_ns + 11 * 10**9 + 1_000
    assert (summer - winter) % (24 * hour_ns) == 23 * hour_ns  # New York is an hour nearer to UTC in summer


def test_other_nasdaq_markets_are_named(tmp_path: Path, day: bytes) -> None:
    path = tmp_path / "20190730.PSX_ITCH_50"
    path.write_bytes(day)
    assert read(path)[0].instrument.venue == "XPSX"
    assert read(path, venue="TEST")[0].instrument.venue == "TEST"


def test_the_tick_may_be_smaller(tmp_path: Path, day: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(day)
    cents, fine = read(path)[0], read(path, tick_size=Decimal("0.0001"))[0]
    on_tick = (cents.rows["flags"] & EventFlag.OFF_TICK) == 0
    assert 0 < on_tick.sum() < len(on_tick)
    assert (fine.rows["price_ticks"][on_tick] == 100 * cents.rows["price_ticks"][on_tick]).all()
    assert (fine.rows["price_ticks"][~on_tick] % 100 == 50).all()
    assert not (fine.rows["flags"] & EventFlag.OFF_TICK).any()
    with pytest.raises(InvalidValueError, match="tick_size"):
        read(path, tick_size=Decimal("0.00003"))
    with pytest.raises(InvalidValueError, match="lot_size must be 1"):
        read(path, lot_size=Decimal(100))


def test_what_gives_no_row_is_counted(tmp_path: Path, day: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(day)
    feed = READER.open(path, ReadOptions())
    rows = np.concatenate([batch.rows for batch in feed])
    codes = [chr(message[0]) for message in messages(day)]
    expected = {
        f"without_row_{MESSAGES[code].name}": codes.count(code) for code in "BIJKLNOVWY" if codes.count(code) > 0
    }
    assert dict(feed.counts) == expected | {"other_markets": 2}  # type: ignore[attr-defined]
    closed = (rows["kind"] == EventKind.STATUS) & (rows["size_lots"] == 0)
    silent = sum(expected.values()) + 2 + codes.count("R") + codes.count("S")
    assert len(rows) - closed.sum() == len(codes) - silent + codes.count("U")


def test_a_file_that_starts_within_the_day(tmp_path: Path, day: bytes) -> None:
    raws = messages(day)
    later = raws[len(raws) // 2 :]
    path = tmp_path / NAME
    path.write_bytes(b"".join(len(raw).to_bytes(2, "big") + raw for raw in later))
    feed = READER.open(path, ReadOptions())
    found = list(feed)
    assert {batch.instrument.symbol for batch in found} == set(SYMBOLS)
    assert feed.counts["unknown_references"] > 0  # type: ignore[attr-defined]
    known: set[int] = set()
    for row in np.concatenate([batch.rows for batch in found]):
        if row["kind"] == EventKind.ADD:
            known.add(int(row["order_id"]))
        elif row["kind"] in (EventKind.REDUCE, EventKind.DELETE, EventKind.EXECUTE):
            assert int(row["order_id"]) in known
    (batch,) = READER.open(path, ReadOptions(symbol="LULL"))
    assert batch.instrument.symbol == "LULL"


def test_a_symbol_that_is_not_there(tmp_path: Path, day: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(day)
    with pytest.raises(DataError, match=r"NOWHERE.*GALE, GUST, LULL, TRADE, WIND"):
        read(path, symbol="NOWHERE")


def test_a_truncated_gzip_is_an_error_with_its_place(tmp_path: Path, day: bytes) -> None:
    path = tmp_path / f"{NAME}.gz"
    packed = gzip.compress(day)
    path.write_bytes(packed[:-10])
    with pytest.raises(DataError, match=r"row \d+: expected a complete gzip file, got 'one that ends early") as caught:
        read(path)
    whole = messages(day)
    assert caught.value.row is not None
    assert 0.99 * len(whole) < caught.value.row <= len(whole) + 1
    with pytest.raises(DataError, match=r"row \d+: expected a complete gzip file, got .* after byte \d"):
        decode(path)
    path.write_bytes(packed[: len(packed) // 2] + b"\xff" * 100)
    with pytest.raises(DataError, match="gzip"):
        read(path)


def test_a_damaged_message_is_an_error_with_its_place(tmp_path: Path, day: bytes) -> None:
    raws = messages(day)
    at = sum(2 + len(raw) for raw in raws[:2_000])
    path = tmp_path / NAME
    path.write_bytes(day[: at + 2] + b"z" + day[at + 3 :])
    with pytest.raises(DataError, match=f"row 2001: .* got \"at byte {at:,} type b'z'\"") as caught:
        read(path)
    assert caught.value.row == 2_001
    path.write_bytes(day[:-1])
    with pytest.raises(DataError, match=f"row {len(raws)}: expected a whole message of 12 bytes"):
        read(path)
