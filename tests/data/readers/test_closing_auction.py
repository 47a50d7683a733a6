"""Closing-auction quotes: relative prices, one instrument per stock, days by number."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.data.samples import closing_auction

from tradewind.core.dtypes import EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.closing_auction import ClosingAuctionReader

LAST = int(EventFlag.LAST)


def feed_of(folder: Path, frame: pl.DataFrame, **options: object) -> object:
    path = folder / "day478.parquet"
    frame.write_parquet(path)
    return ClosingAuctionReader().open(path, ReadOptions(**options))


def test_quotes_per_stock(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, closing_auction())
    first, second = feed
    assert (second.instrument.symbol, second.instrument.tick_size) == ("stock_1", Decimal("0.000001"))
    assert second.rows[["instrument_id", "sequence", "kind", "side", "price_ticks", "size_lots", "flags"]].tolist() == [
        (1, 1, EventKind.QUOTE, 1, 999940, 196790, 0),
        (1, 1, EventKind.QUOTE, -1, 1000600, 1969200, LAST),
        (1, 3, EventKind.QUOTE, 1, 0, 0, 0),
        (1, 3, EventKind.QUOTE, -1, 1000600, 100, LAST),
        (1, 5, EventKind.QUOTE, 1, 1000000, 500, 0),
        (1, 5, EventKind.QUOTE, -1, 1000600, 725, LAST),
    ]
    assert np.diff(first.rows["ts_event_ns"][::2]).tolist() == [10 * 10**9] * 2
    assert feed.notes[0].endswith("imbalance_size, imbalance_buy_sell_flag, reference_price, matched_size.")


@pytest.mark.parametrize(
    ("day", "start"),
    [(None, datetime(1971, 4, 24, 20, 50, tzinfo=UTC)), (date(2023, 7, 14), datetime(2023, 7, 14, 19, 50, tzinfo=UTC))],
)
def test_days_are_counted_or_given(day: date | None, start: datetime, tmp_path: Path) -> None:
    first, _ = feed_of(tmp_path, closing_auction(), day=day)
    assert first.rows["ts_event_ns"][0] == int(start.timestamp()) * 10**9


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (pl.Series("date_id", [478, 478, 478, 478, 479, 479]), {"day": date(2023, 7, 14)}, "expected one date_id"),
        (pl.Series("stock_id", [0, 1, None, 1, 0, 1]), {}, "row 3, field 'stock_id'"),
        (pl.Series("bid_size", [1.0, 1.0, 1.0, 1.0, 1.0, 0.005]), {}, "row 6, field 'bid_size or ask_size'"),
    ],
)
def test_damage_is_named(change: pl.Series, options: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        list(feed_of(tmp_path, closing_auction().with_columns(change), **options))


@pytest.mark.real_data
def test_real_day(real_data: Path) -> None:
    found = list(ClosingAuctionReader().open(real_data / "closing_auction" / "day478.parquet", ReadOptions()))
    assert len(found) == 200
    assert {len(batch.rows) for batch in found} == {2 * 55}
    rows = np.concatenate([batch.rows for batch in found])
    assert (rows["price_ticks"][0::2] <= rows["price_ticks"][1::2]).all()
    assert np.abs(rows["price_ticks"] / 1e6 - 1).max() < 0.2
    assert not (rows["flags"] & EventFlag.OFF_TICK).any()
