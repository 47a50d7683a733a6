"""Binance captures: rows, the order of updates, late snapshots, damage."""

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from tests.data.samples import BINANCE_FUTURES, BINANCE_SPOT, binance_depth, binance_line

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.binance import BinanceFeed, BinanceReader

LAST, SNAPSHOT = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)
FIELDS = ["kind", "side", "price_ticks", "size_lots", "flags", "sequence"]
STEPS = ReadOptions(tick_size=Decimal("0.1"), lot_size=Decimal("0.001"))


def feed_of(folder: Path, *lines: str, options: ReadOptions = STEPS) -> BinanceFeed:
    path = folder / "capture.dat"
    path.write_text("\n".join(line.rstrip("\n") for line in lines) + "\n")
    return BinanceReader().open(path, options)


def rows_of(feed: BinanceFeed) -> Array:
    return np.concatenate([batch.rows for batch in feed])


def update(first: int, last: int, bid: str, size: str, previous: int | None = None) -> str:
    more = {} if previous is None else {"pu": previous}
    return binance_line(1721347020984480942, "btcusdt@depth", binance_depth(first, last, [[bid, size]], [], **more))


def snapshot(last: int, *bids: tuple[str, str]) -> str:
    body = {"lastUpdateId": last, "E": 1, "T": 1, "bids": [list(bid) for bid in bids], "asks": []}
    return "1721347020984480943 " + json.dumps(body)


def bids_after(rows: Array) -> dict[int, int]:
    """The bid side when all rows have been applied."""
    book: dict[int, int] = {}
    for kind, price, size in rows[["kind", "price_ticks", "size_lots"]].tolist():
        if kind == EventKind.CLEAR:
            book.clear()
        elif kind == EventKind.LEVEL and size:
            book[price] = size
        elif kind == EventKind.LEVEL:
            book.pop(price, None)
    return book


def test_futures_rows(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, BINANCE_FUTURES)
    rows = rows_of(feed)
    assert rows[FIELDS].tolist() == [
        (EventKind.LEVEL, 1, 639439, 1500, 0, 12),
        (EventKind.LEVEL, -1, 639440, 2000, LAST, 12),
        (EventKind.CLEAR, 0, 0, 0, SNAPSHOT, 12),
        (EventKind.LEVEL, 1, 639439, 1000, SNAPSHOT, 12),
        (EventKind.LEVEL, 1, 639438, 7000, SNAPSHOT, 12),
        (EventKind.LEVEL, -1, 639440, 2500, SNAPSHOT, 12),
        (EventKind.LEVEL, -1, 639441, 3000, SNAPSHOT, 12),
        (EventKind.LEVEL, 1, 639439, 1500, SNAPSHOT, 12),
        (EventKind.LEVEL, -1, 639440, 2000, SNAPSHOT | LAST, 12),
        (EventKind.QUOTE, 1, 639439, 1500, 0, 13),
        (EventKind.QUOTE, -1, 639440, 2000, LAST, 13),
        (EventKind.LEVEL, 1, 639439, 0, 0, 15),
        (EventKind.LEVEL, -1, 639440, 1250, LAST, 15),
        (EventKind.TRADE, -1, 639439, 1500, LAST, 77),
    ]
    assert rows["ts_event_ns"][0] == rows["ts_event_ns"][2] == 1721347022503_000000  # the snapshot alone is older
    assert rows["ts_recv_ns"][0] == 1721347020984480942
    assert feed.counts == {"snapshots": 1, "updates replayed onto a snapshot": 1, "messages of type markPriceUpdate": 1}
    assert feed.gaps == 0
    assert "not with a snapshot" in feed.notes[0]


def test_spot_rows_and_microseconds(tmp_path: Path) -> None:
    (batch,) = feed_of(tmp_path, BINANCE_SPOT, options=ReadOptions())
    assert (batch.instrument.symbol, batch.instrument.venue, batch.instrument.currency) == (
        "BTCUSDT",
        "BINANCE",
        "USDT",
    )
    assert (batch.instrument.tick_size, batch.instrument.lot_size) == (Decimal("0.00000001"), Decimal("0.00000001"))
    trade, bid, ask, level = batch.rows
    assert trade[FIELDS].item() == (EventKind.TRADE, 1, 2816547000000, 56000, LAST, 3071245454)
    assert (trade["ts_event_ns"], trade["ts_recv_ns"]) == (1680652799999_000000, 1680652800004107_000)
    assert bid["flags"] == EventFlag.RECV_ONLY
    assert bid["ts_event_ns"] == bid["ts_recv_ns"] == 1680652800004231_000
    assert ask["flags"] == EventFlag.RECV_ONLY | LAST
    assert level["ts_event_ns"] == 1721347022504_000000


def test_the_tick_comes_from_many_prices_the_lot_from_the_decimals(tmp_path: Path) -> None:
    lines = [update(i, i, f"{28000 + i / 10:.2f}", f"{i}.{i % 10}00") for i in range(1, 301)]
    (batch,) = feed_of(tmp_path, *lines, options=ReadOptions())
    assert (batch.instrument.tick_size, batch.instrument.lot_size) == (Decimal("0.1"), Decimal("0.001"))
    assert batch.rows["price_ticks"].tolist() == [280000 + i for i in range(1, 301)]


@pytest.mark.parametrize("previous", [False, True], ids=["spot", "futures"])
def test_a_gap_is_counted_and_updates_go_on(previous: bool, tmp_path: Path) -> None:
    def made(first: int, last: int, size: str) -> str:
        return update(first, last, "100.0", size, first - 1 if previous else None)

    feed = feed_of(tmp_path, made(1, 3, "1"), made(4, 6, "2"), made(8, 9, "3"), made(10, 10, "4"))
    assert rows_of(feed)["size_lots"].tolist() == [1000, 2000, 3000, 4000]
    assert feed.gaps == feed.counts["sequence gaps"] == 1
    assert "1 gaps" in feed.notes[1]


def test_futures_numbers_may_jump_when_pu_agrees(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, update(10, 12, "100.0", "1", 9), update(50, 60, "100.0", "2", 12))
    assert len(rows_of(feed)) == 2
    assert feed.gaps == 0


def test_an_update_of_the_past_is_left_out(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, update(1, 5, "100.0", "1"), update(2, 4, "100.0", "9"), update(4, 6, "100.0", "2"))
    assert rows_of(feed)["size_lots"].tolist() == [1000, 2000]
    assert feed.counts == {"stale updates": 1}


def test_updates_older_than_a_snapshot_are_left_out(tmp_path: Path) -> None:
    feed = feed_of(
        tmp_path, snapshot(10, ("100.0", "5")), update(7, 9, "100.0", "1"), update(9, 10, "100.0", "2"),
        update(10, 12, "100.0", "6"), update(13, 13, "99.9", "1"),
    )  # fmt: skip
    rows = rows_of(feed)
    assert bids_after(rows) == {1000: 6000, 999: 1000}
    assert feed.counts == {"snapshots": 1, "stale updates": 2}
    assert feed.notes == ("Counted: snapshots 1, stale updates 2.",)


def test_a_gap_after_a_snapshot_is_counted(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, snapshot(10, ("100.0", "5")), update(12, 13, "100.0", "1"))
    assert len(rows_of(feed)) == 3
    assert feed.gaps == 1


@pytest.mark.parametrize("taken_after", range(6))
def test_a_snapshot_may_come_late(taken_after: int, tmp_path: Path) -> None:
    """Whenever it was taken, the book after its line is that of the updates seen so far."""
    sizes = ["1", "0", "3", "4", "0", "6"]
    lines = [update(i, i, f"{100 + i % 3}.0", size) for i, size in enumerate(sizes, start=1)]
    whole = rows_of(feed_of(tmp_path, snapshot(0), *lines))
    then = bids_after(rows_of(feed_of(tmp_path, snapshot(0), *lines[:taken_after]))) if taken_after else {}
    late = snapshot(taken_after, *((f"{price / 10}", f"{size / 1000}") for price, size in then.items()))
    feed = feed_of(tmp_path, *lines, late)
    assert bids_after(rows_of(feed)) == bids_after(whole)
    assert feed.gaps == 0


def test_a_snapshot_older_than_what_is_remembered_is_a_gap(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, update(5, 6, "100.0", "1"), snapshot(2, ("99.0", "1")))
    assert bids_after(rows_of(feed)) == {990: 1000, 1000: 1000}
    assert feed.gaps == 1


def test_aggregated_trades_are_not_counted_twice(tmp_path: Path) -> None:
    common = {"E": 5, "T": 5, "s": "BTCUSDT", "p": "100.0", "q": "1", "m": False, "X": "MARKET"}
    single = binance_line(1721347020984480942, "btcusdt@trade", {**common, "e": "trade", "t": 8})
    many = binance_line(1721347020984480942, "btcusdt@aggTrade", {**common, "e": "aggTrade", "a": 3})
    assert rows_of(feed_of(tmp_path, many, many))["sequence"].tolist() == [3, 3]
    feed = feed_of(tmp_path, single, many)
    assert rows_of(feed)["sequence"].tolist() == [8]
    assert feed.counts == {"messages of type aggTrade": 1}


def test_prints_outside_the_market_are_flagged_and_empty_ones_dropped(tmp_path: Path) -> None:
    common = {"e": "trade", "E": 5, "T": 5, "s": "BTCUSDT", "t": 8, "p": "100.0", "m": False}
    fund = binance_line(1721347020984480942, "btcusdt@trade", {**common, "q": "1", "X": "INSURANCE_FUND"})
    empty = binance_line(1721347020984480942, "btcusdt@trade", {**common, "q": "0", "X": "MARKET"})
    feed = feed_of(tmp_path, fund, empty)
    assert rows_of(feed)["flags"].tolist() == [LAST | EventFlag.OUT_OF_SEQUENCE]
    assert feed.counts == {"trades not of the market": 1, "trades of size 0": 1}


def test_partial_books_are_left_out(tmp_path: Path) -> None:
    part = binance_line(1721347020984480942, "btcusdt@depth20@100ms", binance_depth(1, 2, [["1.0", "1"]], [], pu=0))
    feed = feed_of(tmp_path, part, update(1, 2, "100.0", "1", 0))
    assert len(rows_of(feed)) == 1
    assert feed.counts == {"messages of partial books": 1}


def test_two_symbols_are_two_batches_and_an_unnamed_snapshot_is_neither(tmp_path: Path) -> None:
    other = update(1, 2, "9.0", "1").replace("BTCUSDT", "ETHBTC")
    feed = feed_of(tmp_path, update(1, 2, "100.0", "1"), other, snapshot(1, ("100.0", "1")))
    assert [(b.instrument.symbol, b.instrument.currency, len(b.rows)) for b in feed] == [
        ("BTCUSDT", "USDT", 1),
        ("ETHBTC", "BTC", 1),
    ]
    assert feed.counts == {"snapshots without a symbol": 1}


def test_a_snapshot_alone_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="rows of market data"):
        rows_of(feed_of(tmp_path, snapshot(5, ("100.0", "1"))))
    (batch,) = feed_of(tmp_path, snapshot(5, ("100.0", "1")), options=ReadOptions(symbol="BTCUSDT"))
    assert (batch.instrument.symbol, len(batch.rows)) == ("BTCUSDT", 2)


def test_prices_are_in_the_coin_the_symbol_ends_with(tmp_path: Path) -> None:
    (batch,) = feed_of(tmp_path, update(1, 2, "100.0", "1", 0).replace("BTCUSDT", "BTCUSDC"))
    assert (batch.instrument.symbol, batch.instrument.currency) == ("BTCUSDC-PERP", "USDC")


def test_both_names_of_a_perpetual_are_known(tmp_path: Path) -> None:
    for symbol in ("BTCUSDT", "BTCUSDT-PERP"):
        feed = feed_of(tmp_path, BINANCE_FUTURES, options=ReadOptions(symbol=symbol))
        assert {batch.instrument.symbol for batch in feed} == {"BTCUSDT-PERP"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1721347020984480942 {\"stream\":\"btcusdt@depth\",\"da", "row 2: expected a local time and a Binance"),
        ("17213470209844 {}", "row 2: expected a local time of 13, 16 or 19 digits, got '17213470209844'"),
        (update(4, 4, "ten", "1"), "row 2.*expected a price and a size, got 'ten,1'"),
        (update(4, 4, "100.0", "NaN"), "row 2.*expected a price and a size"),
        (update(4, 4, "100.0", "0.0001"), "row 2: expected a size in lots of 0.001, got '0.0001'"),
        (update(4, 4, "100.0", "-1"), "row 2: expected a size in lots of 0.001, got '-1.0'"),
        (update(4, 4, "100.0", "1").replace('"1"', "[]"), "row 2.*expected a price and a size"),
    ],
)  # fmt: skip
def test_damage_is_named_by_row(line: str, message: str, tmp_path: Path) -> None:
    feed = feed_of(tmp_path, update(1, 3, "100.0", "1"), line)
    with pytest.raises(DataError, match=message):
        rows_of(feed)


def test_a_price_between_ticks_is_flagged(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, update(1, 3, "100.04", "1"))
    assert rows_of(feed)[["price_ticks", "flags"]].tolist() == [(1000, LAST | EventFlag.OFF_TICK)]
    assert feed.counts == {"prices off the tick": 1}


def best_agreement(rows: Array) -> tuple[int, int]:
    """Packets of a book begun by a snapshot whose best levels are those of the last quote up to their number."""
    quotes = rows[rows["kind"] == EventKind.QUOTE]
    bids, asks = quotes[quotes["side"] == 1], quotes[quotes["side"] == -1]
    best = np.stack([bids["price_ticks"], bids["size_lots"], asks["price_ticks"], asks["size_lots"]], axis=1).tolist()
    depth = rows[(rows["kind"] == EventKind.LEVEL) | (rows["kind"] == EventKind.CLEAR)]
    places = np.searchsorted(bids["sequence"], depth["sequence"], side="right") - 1
    book: dict[int, dict[int, int]] = {}
    tops: dict[int, int | None] = {}
    compared = agreed = 0
    fields = depth[["kind", "side", "price_ticks", "size_lots", "flags"]].tolist()
    for (kind, side, price, size, flags), place in zip(fields, places.tolist(), strict=True):
        if kind == EventKind.CLEAR:
            book, tops = {1: {}, -1: {}}, {1: None, -1: None}
            continue
        if not book:
            continue
        if size:
            book[side][price] = size
        else:
            book[side].pop(price, None)
        if tops[side] is not None and side * price >= side * tops[side]:
            tops[side] = price if size else None
        if flags & LAST and 0 <= place < len(best) - 1:
            for sign, choose in ((1, max), (-1, min)):
                tops[sign] = choose(book[sign]) if tops[sign] is None else tops[sign]
            compared += 1
            agreed += best[place] == [tops[1], book[1][tops[1]], tops[-1], book[-1][tops[-1]]]
    return compared, agreed


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("names", "packets"),
    [
        (("usdm_btcusdt_20230404.dat.gz", "usdm_btcusdt_20230405.dat.gz"), 16_109),
        (("usdm_ethusdt_20240718.gz", "usdm_ethusdt_20240719.gz"), 8_923),
    ],
)
def test_real_depth_agrees_with_real_quotes(names: tuple[str, ...], packets: int, real_data: Path) -> None:
    """Best price and size, at every update number, over midnight: the second file continues the first."""
    feeds = [BinanceReader().open(real_data / "binance_l2" / name, ReadOptions()) for name in names]
    rows = np.concatenate([rows_of(feed) for feed in feeds])
    assert [feed.gaps for feed in feeds] == [0, 0]
    assert best_agreement(rows) == (packets, packets)
    assert (np.diff(rows["ts_recv_ns"]) >= 0).all()


@pytest.mark.real_data
def test_real_spot_capture(real_data: Path) -> None:
    (batch,) = BinanceReader().open(real_data / "binance_l2" / "spot_btcusdt_20230405.dat.gz", ReadOptions())
    assert (batch.instrument.tick_size, batch.instrument.lot_size) == (Decimal("0.01"), Decimal("0.00000001"))
    assert np.bincount(batch.rows["kind"])[[EventKind.TRADE, EventKind.LEVEL, EventKind.QUOTE]].tolist() == [
        3144,
        32024,
        16030,
    ]
    assert batch.rows[FIELDS][0].item() == (EventKind.TRADE, -1, 2816547, 56000, LAST, 3071245454)
    assert (batch.rows["ts_recv_ns"] >= batch.rows["ts_event_ns"]).all()
