"""What feeds of one file share."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tradewind.core.dtypes import EVENT, EventFlag
from tradewind.core.errors import DataError
from tradewind.core.types import Batch, Instrument
from tradewind.data.feed import FileFeed, exact_step, likely_step, quote_rows, symbol_from_name
from tradewind.data.reader import ReadOptions

AIG = Instrument(symbol="AIG", tick_size=Decimal("0.01"), lot_size=Decimal(10))


class Fixed(FileFeed):
    """A feed of three rows, one thing counted."""

    sizes = (2, 0, 1)

    def chunks(self) -> Iterator[Batch]:
        for size in self.sizes:
            yield Batch(AIG, np.zeros(size, dtype=EVENT))
        self.counts["odd things"] += 1000
        self.notes = ("It is a test.",)


class Nothing(Fixed):
    """A feed without rows."""

    sizes = (0,)


def test_counts_start_anew_and_end_in_the_notes() -> None:
    feed = Fixed(Path("a"), ReadOptions(batch_rows=1))
    for _ in range(2):
        assert [len(batch.rows) for batch in feed] == [1, 1, 1]
        assert feed.counts["odd things"] == 1000
        assert feed.notes == ("It is a test.", "Counted: odd things 1,000.")


def test_no_rows_at_all_is_an_error() -> None:
    with pytest.raises(DataError, match="rows of market data, got 'none'"):
        list(Nothing(Path("a"), ReadOptions()))


def test_a_size_between_lots_is_never_rounded() -> None:
    feed = Fixed(Path("a"), ReadOptions())
    rows = np.array([7, 8, 9])
    assert feed.lots(rows, np.array([10.0, np.nan, 300.0]), AIG, "size").tolist() == [1, 0, 30]
    with pytest.raises(DataError, match="row 8, field 'size': expected a size in lots of 10, got 15"):
        feed.lots(rows, np.array([10.0, 15.0, 300.0]), AIG, "size")
    with pytest.raises(DataError, match=r"row 9.*-20"):
        feed.lots(rows, np.array([10.0, 20.0, -20.0]), AIG, "size")


def test_quotes_are_bid_and_ask_and_an_empty_side_has_no_price() -> None:
    stamps = np.zeros(2, dtype=EVENT)
    stamps["ts_event_ns"] = [5, 6]
    prices = np.array([[49.18, 49.415], [np.nan, 49.2]])
    rows = quote_rows(stamps, prices, np.array([[3, 4], [9, 1]]), Decimal("0.01"))
    last, off = int(EventFlag.LAST), int(EventFlag.OFF_TICK)
    assert rows[["ts_event_ns", "side", "price_ticks", "size_lots", "flags"]].tolist() == [
        (5, 1, 4918, 3, 0),
        (5, -1, 4942, 4, last | off),
        (6, 1, 0, 0, 0),
        (6, -1, 4920, 1, last),
    ]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("AIG_20131007_quotes.parquet", "AIG"),
        ("BTC-perp_2022-01-01_2022-01-16.parquet", "BTC-perp"),
        ("CN_A50_best3_2014-01-09.csv.gz", "CN_A50"),
        ("SPOT_2020-01_daily.csv", "SPOT"),
        ("D_20131007_trades.csv", "D"),
        ("btcusdt_1min.csv", "btcusdt"),
    ],
)
def test_symbols_from_file_names(name: str, symbol: str) -> None:
    assert symbol_from_name(Path("folder") / name) == symbol


def test_a_name_without_a_symbol_asks_for_one() -> None:
    with pytest.raises(DataError, match="--symbol"):
        symbol_from_name(Path("2013-02_quotes.csv"))


@pytest.mark.parametrize(
    ("values", "coarsest", "step"),
    [
        ([3.0, 8.0], "1", "1"),
        ([3.0, 8.0], "0.01", "0.01"),
        ([46319.0, 46377.123], "0.01", "0.001"),
        ([4690.343896, 0.00056], "1", "0.000001"),
        ([1 / 3], "1", "1e-9"),
        ([], "0.01", "0.01"),
    ],
)
def test_exact_steps(values: list[float], coarsest: str, step: str) -> None:
    assert exact_step(np.array(values), coarsest) == Decimal(step)


def test_likely_steps_need_many_values_for_a_quarter() -> None:
    quarters = 100 + np.arange(400) / 4
    assert likely_step(quarters) == Decimal("0.25")
    assert likely_step(quarters[:4]) == Decimal("0.01")
    assert likely_step(np.append(quarters, 100.1)) == Decimal("0.01")
