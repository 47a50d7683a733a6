"""Best quotes and trades as tables, and what sale conditions mean."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.data.samples import NBBO_TRADES, nbbo_quotes

from tradewind.core.dtypes import EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.core.types import Batch
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.conditions import condition_flags, is_bit_mask
from tradewind.data.readers.nbbo import NbboReader

LAST, OFF, AUCTION, LATE = (int(EventFlag[name]) for name in ("LAST", "OFF_TICK", "AUCTION", "OUT_OF_SEQUENCE"))
FIELDS = ["kind", "side", "price_ticks", "size_lots", "flags", "sequence"]


def read(folder: Path, text: str, **options: object) -> list[Batch]:
    path = folder / "AIG_20131007.csv"
    path.write_text(text)
    return list(NbboReader().open(path, ReadOptions(**options)))


def test_every_quote_is_two_rows_even_a_locked_or_half_one(tmp_path: Path) -> None:
    path = tmp_path / "AIG_20131007_quotes.parquet"
    nbbo_quotes().write_parquet(path)
    (batch,) = NbboReader().open(path, ReadOptions())
    assert (batch.instrument.symbol, batch.instrument.calendar) == ("AIG", "XNYS")
    assert batch.rows[FIELDS].tolist() == [
        (EventKind.QUOTE, 1, 4918, 300, 0, 0),
        (EventKind.QUOTE, -1, 4941, 300, LAST, 0),
        (EventKind.QUOTE, 1, 4918, 300, 0, 1),
        (EventKind.QUOTE, -1, 4920, 3000, LAST, 1),
        (EventKind.QUOTE, 1, 4919, 100, 0, 2),
        (EventKind.QUOTE, -1, 4919, 100, LAST, 2),
        (EventKind.QUOTE, 1, 0, 0, 0, 3),
        (EventKind.QUOTE, -1, 4920, 200, LAST, 3),
    ]
    assert batch.rows["ts_event_ns"][0] == 1381132800547000000


def test_trades_of_two_symbols(tmp_path: Path) -> None:
    found = read(tmp_path, NBBO_TRADES)
    assert [batch.instrument.symbol for batch in found] == ["AIG", "IBM"]
    assert found[0].rows[FIELDS].tolist() == [
        (EventKind.TRADE, 0, 4918, 300, LAST | LATE, 0),
        (EventKind.TRADE, 0, 4918, 100, LAST | OFF, 1),
    ]
    assert found[1].rows[FIELDS].tolist() == [(EventKind.TRADE, 0, 18152, 283, LAST | AUCTION, 2)]


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(NBBO_TRADES)
    feed = NbboReader().open(path, ReadOptions())
    list(feed)
    assert feed.notes == ("Columns without a place in rows, left out: Venue.",)


def test_quotes_and_trades_in_one_file_keep_their_order(tmp_path: Path) -> None:
    (batch,) = read(
        tmp_path,
        "ts,bid,bid_qty,ask,ask_qty,price,qty,side,ts_recv\n"
        "1381132800547,49.18,300,49.20,100,,,,1381132800549\n"
        "1381132800548,,,,,49.20,50,Buy,1381132800550\n"
        "1381132800549,49.18,300,,0,49.19,10,S,1381132800551\n",
    )
    assert batch.rows[FIELDS].tolist() == [
        (EventKind.QUOTE, 1, 4918, 300, 0, 0),
        (EventKind.QUOTE, -1, 4920, 100, LAST, 0),
        (EventKind.TRADE, 1, 4920, 50, LAST, 1),
        (EventKind.QUOTE, 1, 4918, 300, 0, 2),
        (EventKind.QUOTE, -1, 0, 0, LAST, 2),
        (EventKind.TRADE, -1, 4919, 10, LAST, 2),
    ]
    assert (batch.rows["ts_recv_ns"] - batch.rows["ts_event_ns"] == 2_000_000).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (NBBO_TRADES.replace("49.185", ""), "row 2, field 'price': expected a price"),
        (NBBO_TRADES.replace("49.185", "cheap"), "row 2, field 'Price'.*'cheap'"),
        (NBBO_TRADES.replace("181.52,283", "181.52,28.5"), "row 3, field 'size': expected a size in lots of 1"),
        (NBBO_TRADES.replace("181.52,283", "181.52,"), "row 3, field 'size': expected a size, got 'none'"),
        (NBBO_TRADES.replace("13:30:01.001", "half past one"), "row 2, field 'Time': expected a time stamp"),
        (NBBO_TRADES.replace("P,40", "P,@F"), "row 3, field 'condition': expected a hexadecimal condition.*'@F'"),
        (NBBO_TRADES.replace("Price", "Cost"), "expected columns of a time and of bid and ask"),
    ],
)  # fmt: skip
def test_damage_is_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, text)


def test_masks_may_be_numbers_but_not_lists(tmp_path: Path) -> None:
    path = tmp_path / "AIG_trades.parquet"
    frame = pl.DataFrame({"ts": [10**18, 10**18], "price": [1.0, 2.0], "size": [1, 2], "condition": [0x20000040, 1]})
    frame.write_parquet(path)
    (batch,) = NbboReader().open(path, ReadOptions())
    assert batch.rows["flags"].tolist() == [LAST | AUCTION, LAST]
    frame.with_columns(condition=pl.Series([[12], [37, 41]])).write_parquet(path)
    with pytest.raises(DataError, match="field 'condition': expected conditions as text or masks"):
        list(NbboReader().open(path, ReadOptions()))


def test_a_quote_without_a_size_is_an_empty_side_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "AIG_quotes.csv"
    path.write_text("ts,bid,bid_size,ask,ask_size\n1381132800547,49.18,,49.20,100\n")
    feed = NbboReader().open(path, ReadOptions())
    (batch,) = feed
    assert batch.rows["size_lots"].tolist() == [0, 100]
    assert feed.counts == {"quotes without a size, taken as empty": 1}


@pytest.mark.parametrize("extra", ["order_id", "action", "level", "open"])
def test_order_by_order_data_is_not_taken_for_trades(extra: str, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(f"time,price,size,{extra}\n1381132800547,1.0,2,3\n")
    from tradewind.data.source import read_head

    assert NbboReader().match(read_head(path)) is None


MASKS = {
    "1": 0,
    "20": 0,
    "20000020": 0,
    "2000": LATE,
    "40": AUCTION,
    "20000080": AUCTION,
    "4000000": AUCTION | LATE,
    "1000000": AUCTION | LATE,
    "4800": LATE,
    "20100200": LATE,
    "80000001": int(EventFlag.ODD_LOT),
    "": 0,
}
LETTERS = {
    "@": 0,
    "@F  ": 0,
    "@ TI": LATE | int(EventFlag.ODD_LOT),
    "O": AUCTION,
    "6 X": AUCTION,
    "@4 W": LATE,
    "M": AUCTION | LATE,
    "": 0,
}


@pytest.mark.parametrize(("meaning", "mask"), [(MASKS, True), (LETTERS, False)], ids=["masks", "letters"])
def test_conditions(meaning: dict[str, int], mask: bool) -> None:
    codes = pl.Series(list(meaning))
    assert is_bit_mask(codes) is mask
    assert condition_flags(Path("a"), range(len(codes)), codes, bit_mask=mask).tolist() == list(meaning.values())
    assert condition_flags(Path("a"), [1], pl.Series([None], dtype=pl.String), bit_mask=mask).tolist() == [0]


@pytest.mark.real_data
def test_real_quotes(real_data: Path) -> None:
    """All AIG quotes of a day: every price on the cent, few locked, fewer crossed."""
    path = real_data / "equities_nbbo" / "AIG_20131007_quotes.parquet"
    rows = np.concatenate([batch.rows for batch in NbboReader().open(path, ReadOptions())])
    assert len(rows) == 2 * 1_079_934
    assert not (rows["flags"] & OFF).any()
    bid, ask = rows["price_ticks"][0::2], rows["price_ticks"][1::2]
    assert 0.01 < (bid == ask).mean() < 0.04
    assert (bid > ask).mean() < 0.001
    assert (np.diff(rows["ts_event_ns"]) >= 0).all()


@pytest.mark.real_data
def test_real_trades_open_and_close_once(real_data: Path) -> None:
    """The primary market's opening and closing cross of each IBM day is a single print, flagged as an auction."""
    for day in ("20131007", "20131008", "20131009"):
        path = real_data / "equities_nbbo" / f"IBM_{day}_trades.parquet"
        frame = pl.read_parquet(path)
        rows = np.concatenate([batch.rows for batch in NbboReader().open(path, ReadOptions())])
        assert len(rows) == len(frame)
        crosses = rows[(frame["venue"] == "N").to_numpy() & (rows["flags"] & AUCTION != 0)]
        seconds = (crosses["ts_event_ns"] // 10**9 % 86_400 - 4 * 3_600).tolist()
        assert len(seconds) == 2
        assert 0 <= seconds[0] - 34_200 < 120
        assert 0 <= seconds[1] - 57_600 < 600
        extended = (rows["flags"] & LATE != 0) & ~(rows["flags"] & AUCTION != 0)
        local = rows["ts_event_ns"] // 10**9 % 86_400 - 4 * 3_600
        assert extended[(local < 34_200) | (local > 57_700)].all()
        assert extended[(local > 34_300) & (local < 57_500)].mean() < 0.01


@pytest.mark.real_data
def test_real_prices_between_ticks_are_flagged(real_data: Path) -> None:
    path = real_data / "equities_nbbo" / "SPY_20131008_trades.parquet"
    prices = pl.read_parquet(path)["price"].to_numpy()
    rows = np.concatenate([batch.rows for batch in NbboReader().open(path, ReadOptions())])
    cents = prices * 100
    assert ((rows["flags"] & OFF != 0) == (np.abs(cents - np.rint(cents)) > 1e-5)).all()
    exact = [batch.instrument.tick_size for batch in NbboReader().open(path, ReadOptions(tick_size=Decimal("0.0001")))]
    assert set(exact) == {Decimal("0.0001")}
