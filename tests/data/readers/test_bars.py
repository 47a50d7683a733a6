"""Bars: intervals, ticks, symbols in any order, what is missing."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.data.samples import MINUTE_BARS, daily_bars

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError
from tradewind.core.types import Batch
from tradewind.data.reader import ReadOptions
from tradewind.data.readers import bars
from tradewind.data.readers.bars import BarsReader

DAY_NS, MINUTE_NS = 86_400 * 10**9, 60 * 10**9


def feed_of(folder: Path, frame: pl.DataFrame, **options: object) -> object:
    path = folder / "2013-02.parquet"
    frame.write_parquet(path)
    return BarsReader().open(path, ReadOptions(**options))


def of_symbol(found: list[Batch], symbol: str) -> Array:
    return np.concatenate([batch.rows for batch in found if batch.instrument.symbol == symbol])


def test_daily_bars_of_two_symbols(tmp_path: Path) -> None:
    first, second = feed_of(tmp_path, daily_bars())
    assert (first.interval_ns, first.instrument.calendar) == (DAY_NS, "24/5")
    assert (first.instrument.symbol, first.instrument.tick_size) == ("A", Decimal("0.01"))
    assert (second.instrument.symbol, second.instrument.tick_size) == ("AA", Decimal("0.0001"))
    assert first.rows[0].item() == (1360281600 * 10**9, 4500, 4600, 4400, 4500, 1000)
    assert second.rows["close_ticks"].tolist() == [89325 + 2500 * i for i in range(6)]


def test_minute_bars_with_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "BTC-perp_2022-01-01.csv"
    path.write_text(MINUTE_BARS)
    (batch,) = BarsReader().open(path, ReadOptions())
    assert batch.interval_ns == MINUTE_NS
    assert (batch.instrument.symbol, batch.instrument.lot_size) == ("BTC-perp", Decimal("0.01"))
    assert np.diff(batch.rows["ts_start_ns"]).tolist() == [MINUTE_NS, 2 * MINUTE_NS]
    assert batch.rows["volume_lots"].tolist() == [250, 125, 300]


def test_order_within_the_file_does_not_matter(tmp_path: Path) -> None:
    frame = daily_bars()
    expected = list(feed_of(tmp_path, frame))
    mixed = list(feed_of(tmp_path, frame.sample(fraction=1.0, shuffle=True, seed=1)))
    for symbol in ("A", "AA"):
        assert of_symbol(mixed, symbol).tobytes() == of_symbol(expected, symbol).tobytes()


@pytest.mark.parametrize("by", [["symbol", "date"], ["date", "symbol"]])
def test_blocks_may_cut_anywhere(by: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = daily_bars()
    expected = list(feed_of(tmp_path, frame, tick_size=Decimal("0.0001")))
    monkeypatch.setattr("tradewind.data.tables.BLOCK_ROWS", 5)
    found = list(feed_of(tmp_path, frame.sort(by), tick_size=Decimal("0.0001")))
    for symbol in ("A", "AA"):
        assert of_symbol(found, symbol).tobytes() == of_symbol(expected, symbol).tobytes()
    if by[0] == "symbol":
        assert [batch.instrument.symbol for batch in found] == ["A", "AA"]


def test_a_long_run_of_one_symbol_is_not_held_back_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradewind.data.tables.BLOCK_ROWS", 2)
    monkeypatch.setattr(bars, "HOLD_ROWS", 4)
    found = list(feed_of(tmp_path, daily_bars().filter(pl.col("symbol") == "A")))
    assert [len(batch.rows) for batch in found] == [4, 2]


def test_bars_without_a_price_are_counted(tmp_path: Path) -> None:
    frame = daily_bars().with_columns(
        pl.when(pl.col("volume") == 1001).then(None).otherwise(pl.col("open")).alias("open"), adj_close=pl.lit(1.0)
    )
    feed = feed_of(tmp_path, frame)
    assert sum(len(batch.rows) for batch in feed) == 10
    assert feed.counts == {"bars without a price": 2}
    assert feed.notes == (
        "Columns without a place in rows, left out: adj_close.",
        "Counted: bars without a price 2.",
    )


def test_without_volume_it_is_0_and_said(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, daily_bars().drop("volume"))
    assert {int(batch.rows["volume_lots"].max()) for batch in feed} == {0}
    assert "no volume" in feed.notes[0]


def test_a_missing_volume_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(MINUTE_BARS.replace(",1.25", ","))
    feed = BarsReader().open(path, ReadOptions())
    (batch,) = feed
    assert batch.rows["volume_lots"].tolist() == [25, 0, 30]
    assert feed.counts == {"bars without a volume, taken as 0": 1}


def test_one_day_of_many_symbols_is_daily(tmp_path: Path) -> None:
    frame = daily_bars().unique("symbol", keep="first", maintain_order=True)
    assert [batch.interval_ns for batch in feed_of(tmp_path, frame)] == [DAY_NS] * 2


def test_a_single_bar_has_no_length(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text("\n".join(MINUTE_BARS.splitlines()[:2]))
    with pytest.raises(DataError, match="two bars of a symbol"):
        list(BarsReader().open(path, ReadOptions()))


def test_new_york_time(tmp_path: Path) -> None:
    path = tmp_path / "SPY.csv"
    path.write_text(
        "start_et,open,high,low,close,volume\n1998-01-02 09:00:00,1,1,1,1,1\n1998-01-02 10:00:00,1,1,1,1,1\n"
    )
    (batch,) = BarsReader().open(path, ReadOptions())
    assert batch.rows["ts_start_ns"][0] == 883749600 * 10**9
    assert batch.instrument.calendar == "XNYS"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("46319,46377.5", "46319,up", "row 1, field 'close'.*'up'"),
        ("2021-12-31 23:02:00", "", "row 2, field 'start_utc': expected a time stamp"),
        ("low", "lowest", "field 'low': expected a column 'low'"),
    ],
)
def test_damage_is_named(old: str, new: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(MINUTE_BARS.replace(old, new))
    with pytest.raises(DataError, match=message):
        list(BarsReader().open(path, ReadOptions()))


REAL = [
    ("sp500_daily/2013-02_2016-12.parquet", 499, 479_868, DAY_NS, {"bars without a price": 10}),
    ("us_hourly/1998-01_2013-09.parquet", 5, 138_295, 60 * MINUTE_NS, {}),
    ("crypto_minute/BTC-perp_2022-01-01_2022-01-16.parquet", 1, 23_099, MINUTE_NS, {}),
]


@pytest.mark.real_data
@pytest.mark.parametrize("facts", REAL, ids=lambda facts: facts[0].split("/")[0])
def test_real_bars(facts: tuple[str, int, int, int, dict[str, int]], real_data: Path) -> None:
    name, symbols, count, interval_ns, counts = facts
    feed = BarsReader().open(real_data / name, ReadOptions())
    found = list(feed)
    assert len({batch.instrument.symbol for batch in found}) == len(found) == symbols
    assert sum(len(batch.rows) for batch in found) == count
    assert {batch.interval_ns for batch in found} == {interval_ns}
    assert feed.counts == counts
    assert all((np.diff(batch.rows["ts_start_ns"]) > 0).all() for batch in found)


@pytest.mark.real_data
def test_real_prices_come_back_exactly(real_data: Path) -> None:
    """Six decimals of adjusted prices survive; the splits are in ``adj_close`` only, which is left out and named."""
    path = real_data / "us_daily" / "prices_2015-03_2016-06.parquet"
    feed = BarsReader().open(path, ReadOptions(symbol="AAPL"))
    (batch,) = feed
    close = pl.read_parquet(path).filter(pl.col("symbol") == "AAPL")["close"].to_numpy()
    assert np.abs(batch.rows["close_ticks"] * float(batch.instrument.tick_size) - close).max() < 1e-9
    assert feed.notes[0] == "Columns without a place in rows, left out: adj_close, collected."
