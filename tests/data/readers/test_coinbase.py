import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.writers import LEVEL3, coinbase_text

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.data.parsing.identifiers import order_id_of
from tradewind.data.parsing.source import read_head
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.coinbase import CoinbaseReader

IDS = [f"{i}8dc857e-db15-458c-9b4d-c3e0591cdf43" for i in range(4)]
TIME_NS = 1_531_514_831_025_000_000


def message(kind: str, order: int, **more: object) -> dict[str, object]:
    name = "maker_order_id" if kind == "match" else "order_id"
    common = {"type": kind, name: IDS[order], "product_id": "BTC-USD", "side": "buy", "price": "6190.84"}
    return common | {"time": "2018-07-13T20:47:11.025000Z"} | more


def read(path: Path, messages: list[dict[str, object]], **options: object) -> tuple[Array, object]:
    path.write_text(json.dumps([{"sequence": 101 + i, **m} for i, m in enumerate(messages)]))
    feed = CoinbaseReader().open(path, ReadOptions(**options))
    return np.concatenate([batch.rows for batch in feed]), feed


def short(rows: Array) -> list[tuple[str, int, int, int, int]]:
    """Kind, side, which order, ticks and lots."""
    numbers = {order_id_of(name): place for place, name in enumerate(IDS)}
    return [
        (
            EventKind(r["kind"]).name,
            int(r["side"]),
            numbers[int(r["order_id"])],
            int(r["price_ticks"]),
            int(r["size_lots"]),
        )
        for r in rows
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "messages.json"


def test_an_order_lives(path: Path) -> None:
    rows, feed = read(
        path,
        [
            message("received", 0, size="0.5"),
            message("open", 0, remaining_size="0.50000000"),
            message("match", 0, size="0.1", taker_order_id=IDS[1]),
            message("change", 0, old_size="0.4", new_size="0.3"),
            message("done", 0, reason="canceled", remaining_size="0.3"),
        ],
    )
    coin = 10**8
    assert short(rows) == [
        ("ADD", 1, 0, 619084, coin // 2),
        ("EXECUTE", 1, 0, 619084, coin // 10),
        ("REDUCE", 1, 0, 619084, coin // 10),
        ("DELETE", 1, 0, 619084, 3 * coin // 10),
    ]
    assert rows["sequence"].tolist() == [102, 103, 104, 105]
    assert (rows["ts_event_ns"] == TIME_NS).all()
    assert (rows["flags"] == EventFlag.LAST).all()
    assert feed.notes == ("No beginning_level_3.json beside it: the book starts empty.",)


def test_what_never_rested_gives_no_row(path: Path) -> None:
    rows, feed = read(
        path,
        [
            message("received", 0, order_type="market", funds="5"),
            message("change", 0, old_size="2", new_size="1"),
            message("done", 0, reason="canceled", remaining_size="1"),
            message("received", 1, size="1"),
            message("done", 1, reason="filled", remaining_size="0"),
            message("received", 2, size="1"),
            message("open", 2, remaining_size="1"),
            message("done", 3, reason="canceled", price=""),
            message("change", 3, old_funds="2", new_funds="1"),
            message("activate", 3),
            {"type": "heartbeat"},
        ],
    )
    assert short(rows) == [("ADD", 1, 2, 619084, 10**8)]
    assert feed.counts == {
        "changed before they rested": 2,
        "cancelled before they rested": 2,
        "messages of type activate": 1,
        "messages without a product": 1,
    }


def test_changes_that_lose_priority_are_replacements(path: Path) -> None:
    rows, _ = read(
        path,
        [
            message("open", 0, remaining_size="1"),
            message("change", 0, old_size="1", new_size="1.5"),
            message("change", 0, old_size="1.5", new_size="1", old_price="6190.84", new_price="6191", price=""),
            message("change", 0, old_size="1", new_size="0.25", old_price="6191", new_price="6191", price=""),
        ],
    )
    assert short(rows)[1:] == [
        ("REPLACE", 1, 0, 619084, 150_000_000),
        ("REPLACE", 1, 0, 619100, 100_000_000),
        ("REDUCE", 1, 0, 619100, 75_000_000),
    ]


def test_absurd_prices_survive(path: Path) -> None:
    rows, _ = read(path, [message("open", 0, side="sell", price="9999999999.99", remaining_size="90000000000")])
    assert short(rows) == [("ADD", -1, 0, 999999999999, 9 * 10**18)]
    with pytest.raises(DataError, match="row 2, field 'size'"):
        read(path, [message("received", 1), message("open", 0, remaining_size="100000000000")])


def test_finer_ticks_are_told_from_the_prices(path: Path) -> None:
    one = message("open", 0, price="0.07141", remaining_size="1", product_id="ETH-BTC", sequence=1)
    path.write_text(json.dumps([one]))
    (batch,) = CoinbaseReader().open(path, ReadOptions())
    assert (batch.instrument.tick_size, batch.instrument.currency) == (Decimal("0.00001"), "BTC")
    (batch,) = CoinbaseReader().open(path, ReadOptions(tick_size=Decimal("0.01"), lot_size=Decimal("0.5")))
    assert (batch.rows["price_ticks"][0], batch.rows["size_lots"][0]) == (7, 2)
    assert batch.rows["flags"][0] & EventFlag.OFF_TICK


def test_products_are_kept_apart(path: Path) -> None:
    both = [message("open", 0, remaining_size="1", sequence=101)]
    both.append(message("open", 1, remaining_size="2", product_id="ETH-USD", sequence=7))
    path.write_text(json.dumps(both))
    (path.parent / "beginning_level_3.json").write_text(LEVEL3)
    feed = CoinbaseReader().open(path, ReadOptions())
    assert [(b.instrument.symbol, len(b.rows)) for b in feed] == [("BTC-USD", 4), ("BTC-USD", 1), ("ETH-USD", 1)]
    assert "taken for BTC-USD" in feed.notes[0]
    assert [b.instrument.symbol for b in CoinbaseReader().open(path, ReadOptions(symbol="ETH-USD"))] == ["ETH-USD"]
    with pytest.raises(DataError, match="symbols BTC-USD, ETH-USD"):
        list(CoinbaseReader().open(path, ReadOptions(symbol="LTC-USD")))


def test_the_book_beside_comes_first_and_its_past_is_skipped(path: Path) -> None:
    (path.parent / "beginning_level_3.json.gz").write_bytes(gzip.compress(LEVEL3.encode()))
    old = [message("open", i, remaining_size="1", sequence=99 + i) for i in range(3)]
    rows, feed = read(path, old)
    snapshot, change = rows[:4], rows[4:]
    assert snapshot["kind"].tolist() == [EventKind.CLEAR] + [EventKind.ADD] * 3
    assert snapshot["side"].tolist() == [0, -1, 1, 1]
    assert snapshot["price_ticks"].tolist() == [0, 619085, 619084, 1]
    assert snapshot["size_lots"].tolist() == [0, 463_734, 150_000_000, 7_000_000_000]
    assert snapshot["order_id"][1] == order_id_of("72723e79-b06d-49bc-903d-611079911544")
    assert snapshot["flags"].tolist() == [2, 2, 2, 3]
    assert (snapshot["sequence"] == 100).all()
    assert (snapshot["ts_event_ns"] == TIME_NS).all()
    assert (short(change), change["sequence"].tolist()) == ([("ADD", 1, 2, 619084, 10**8)], [101])
    assert feed.counts == {"messages already in the book": 2}
    assert [p.name for p in feed.paths] == ["messages.json", "beginning_level_3.json.gz"]


def test_a_book_alone(path: Path) -> None:
    path.write_text(LEVEL3)
    options = ReadOptions(symbol="BTC-USD", day=date(2018, 7, 13))
    (batch,) = CoinbaseReader().open(path, options)
    assert len(batch.rows) == 4
    assert (batch.rows["ts_event_ns"] == 1_531_440_000 * 10**9).all()
    for missing, hint in ((ReadOptions(), "--symbol"), (ReadOptions(symbol="BTC-USD"), "--day")):
        with pytest.raises(DataError, match=hint):
            list(CoinbaseReader().open(path, missing))
    path.write_text(json.dumps(json.loads(LEVEL3) | {"time": "2018-07-13T20:47:11.025Z"}))
    (batch,) = CoinbaseReader().open(path, ReadOptions(symbol="BTC-USD"))
    assert (batch.rows["ts_event_ns"] == TIME_NS).all()
    path.write_text(LEVEL3.replace('"70"', '"seventy"'))
    with pytest.raises(DataError, match="row 3, field 'size': expected a decimal number, got 'seventy'"):
        list(CoinbaseReader().open(path, options))
    path.write_text(LEVEL3[:-20])
    with pytest.raises(DataError, match="a level-3 book"):
        list(CoinbaseReader().open(path, options))


@pytest.mark.parametrize(
    ("bad", "field", "message_part"),
    [
        (message("open", 0, remaining_size="1,5"), "size", "1,5"),
        (message("open", 0, remaining_size="0.123456789"), "size", "whole lots of 1E-8, got '0.123456789'"),
        (message("open", 0), "size", "a decimal number, got ''"),
        (message("open", 0, remaining_size="1", price="NaN"), "price", "NaN"),
        (message("open", 0, remaining_size="1", side="bid"), "side", "buy or sell, got 'bid'"),
        (message("open", 0, remaining_size="1", time="13.7.2018"), "time", "13.7.2018"),
        (message("open", 0, remaining_size=1), "remaining_size", "Expected `str`, got `int`"),
        ({"order_id": "x"}, None, "required field `type`"),
        (message("open", 0, remaining_size="1", sequence=-1), "sequence", "a sequence number"),
    ],
)
def test_a_bad_message_is_named(bad: dict[str, object], field: str | None, message_part: str, path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(path, [message("open", 1, remaining_size="1"), message("received", 2), bad])
    assert (caught.value.row, caught.value.field) == (3, field)
    assert message_part in str(caught.value)


def test_a_truncated_array_is_an_error(path: Path) -> None:
    text = json.dumps([message("open", i % 4, remaining_size="1", sequence=i) for i in range(30)])
    path.write_text(text[:-1])
    with pytest.raises(DataError, match="the end of the JSON array"):
        list(CoinbaseReader().open(path, ReadOptions()))


def test_what_it_recognises(path: Path) -> None:
    first = json.dumps(message("open", 0, remaining_size="1"))
    for text, score in (
        (f"[{first}]", 90),
        (f"{first}\n{first}\n", 90),
        (LEVEL3, 85),
        (json.dumps({"bids": [], "asks": [["1", "2", "a-b"]], "sequence": 1}), 85),
        ('{"lastUpdateId": 1, "bids": [["1", "2"]]}', 0),
        ('{"type": "open"}', 0),
        ("[1, 2]", 0),
        ("type,product_id\n", 0),
    ):
        path.write_text(text)
        match = CoinbaseReader().match(read_head(path))
        assert (match.score if match else 0) == score, text


@st.composite
def lives(draw: st.DrawFn) -> Array:
    """Rows of orders that join, shrink, trade, grow and leave."""
    rows, live = [], dict[int, tuple[int, int, int]]()
    for step in range(draw(st.integers(1, 20))):
        order = draw(st.integers(0, 3))
        number, kind = order_id_of(IDS[order]), EventKind.ADD
        side, price, size = draw(st.sampled_from([-1, 1])), draw(st.integers(1, 10**9)), draw(st.integers(2, 10**10))
        if order in live:
            side, price, left = live[order]
            kind = draw(st.sampled_from([EventKind.REDUCE, EventKind.DELETE, EventKind.EXECUTE, EventKind.REPLACE]))
            if left < 2 and kind in (EventKind.REDUCE, EventKind.EXECUTE):
                kind = EventKind.DELETE
            size = left if kind == EventKind.DELETE else draw(st.integers(1, left - 1)) if left > 1 else left
            size = left + size if kind == EventKind.REPLACE else size
            live[order] = side, price, size if kind == EventKind.REPLACE else left - size
            if kind == EventKind.DELETE:
                del live[order]
        else:
            live[order] = side, price, size
        rows.append((TIME_NS + step * 1000, 0, step, number, price, size, 0, 1, kind, side))
    return np.array(rows, dtype=EVENT)


@given(lives(), st.booleans())
def test_reading_what_was_written_gives_the_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: Array, as_array: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.json"
    names = {order_id_of(name): name for name in IDS}
    path.write_text(coinbase_text(rows, names, as_array=as_array))
    found = np.concatenate([b.rows for b in CoinbaseReader().open(path, ReadOptions(tick_size=Decimal("0.01")))])
    assert found.tobytes() == rows.tobytes()


@pytest.mark.real_data
def test_real_messages(real_data: Path) -> None:
    folder = real_data / "coinbase_l3"
    feed = CoinbaseReader().open(folder / "messages.json.gz", ReadOptions())
    batches = list(feed)
    rows = np.concatenate([batch.rows for batch in batches])
    kinds, counts = np.unique(rows[66_812:]["kind"], return_counts=True)
    found = {EventKind(kind).name: count for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)}
    messages = json.loads(gzip.decompress((folder / "messages.json.gz").read_bytes()))
    assert len(messages) == 36_743
    assert found == {"ADD": 11_825, "DELETE": 11_600, "EXECUTE": 501}
    assert feed.counts == {"cancelled before they rested": 96}
    assert (rows["flags"] & EventFlag.SNAPSHOT != 0).sum() == 1 + 43_546 + 23_265
    assert (rows["kind"][0], rows["sequence"][0], rows["sequence"][-1]) == (EventKind.CLEAR, 6318080534, 6318117277)
    assert rows[-1].tolist()[:7] == (
        1531515411332000000, 0, 6318117277, order_id_of("15c99a94-e52a-4b13-b492-2b31a45cbdfa"), 612911, 10302000, 0
    )  # fmt: skip
    traded = sum(Decimal(m["size"]) for m in messages if m["type"] == "match")
    assert rows["size_lots"][rows["kind"] == EventKind.EXECUTE].sum() == int(traded * 10**8)
    assert batches[0].instrument.tick_size == Decimal("0.01")
    assert rows["price_ticks"].max() == 999_999_999_900

    live: dict[int, list[int]] = {}
    for row in rows.tolist():
        number, price, size, kind, side = row[3], row[4], row[5], row[8], row[9]
        if kind == EventKind.ADD:
            live[number] = [side, price, size]
        elif kind == EventKind.DELETE:
            assert live.pop(number) == [side, price, size]
        elif kind == EventKind.EXECUTE:
            live[number][2] -= size
            if live[number][2] == 0:
                del live[number]
    options = ReadOptions(symbol="BTC-USD", day=date(2018, 7, 13))
    (end,) = CoinbaseReader().open(folder / "ending_level_3.json.gz", options)
    assert live == {row[3]: [row[9], row[4], row[5]] for row in end.rows.tolist()[1:]}
    assert len(live) == 66_833
