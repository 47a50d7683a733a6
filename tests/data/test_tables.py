"""Columns of many names, time stamps of many kinds."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from tradewind.core.errors import DataError
from tradewind.data.tables import find_columns, table_frames, times_ns

HERE = Path("a.csv")
MOMENT_NS = 1381132800547000000  # 2013-10-07 08:00:00.547 UTC


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([1381132800547000000]),
        pl.Series([1381132800547000]),
        pl.Series([1381132800547]),
        pl.Series([1381132800.547]),
        pl.Series(["1381132800547000"]),
        pl.Series(["2013-10-07 08:00:00.547"]),
        pl.Series(["2013-10-07T08:00:00.547Z"]),
        pl.Series(["2013-10-07T08:00:00.547000+00:00"]),
        pl.Series(["2013-10-07 04:00:00.547-04:00"]),
        pl.Series([datetime(2013, 10, 7, 8, 0, 0, 547000)]),
        pl.Series([datetime(2013, 10, 7, 8, 0, 0, 547000, tzinfo=UTC)]),
        pl.Series([datetime(2013, 10, 7, 8, 0, 0, 547000, tzinfo=UTC)]).dt.convert_time_zone("Asia/Tokyo"),
    ],
    ids=lambda s: f"{s.dtype}-{s[0]}",
)
def test_one_moment_in_many_forms(values: pl.Series) -> None:
    assert abs(int(times_ns(HERE, 1, values, "ts")[0]) - MOMENT_NS) <= (200 if values.dtype == pl.Float64 else 0)


@pytest.mark.parametrize(
    "values",
    [pl.Series([date(2013, 10, 7)]), pl.Series([20131007]), pl.Series(["20131007"]), pl.Series(["2013-10-07"])],
)
def test_a_date_is_midnight_utc(values: pl.Series) -> None:
    assert times_ns(HERE, 1, values, "date").tolist() == [1381104000000000000]


def test_new_york_time_follows_the_clock_change() -> None:
    values = pl.Series([datetime(2013, 11, 1, 9), datetime(2013, 11, 4, 9)])
    winter = times_ns(HERE, 1, values, "start_et")
    assert (winter[1] - winter[0]) / 3.6e12 == 73.0


@pytest.mark.parametrize(
    ("values", "row"),
    [
        (pl.Series(["2013-10-07 08:00:00", "soon"]), 42),
        (pl.Series(["1381132800", None]), 42),
        (pl.Series([datetime(2013, 10, 7), None]), 42),
        (pl.Series([1.0, float("nan")]), 42),
        (pl.Series([datetime(2013, 11, 4), datetime(2014, 3, 9, 2, 30)]), 42),
        (pl.Series([True, False]), 41),
    ],
    ids=["word", "missing text", "missing", "nan", "no such local time", "type"],
)
def test_a_bad_time_stamp_is_named_by_row_and_column(values: pl.Series, row: int) -> None:
    with pytest.raises(DataError, match=rf"a\.csv, row {row}, field 'when_et'"):
        times_ns(HERE, 41, values, "when_et")


def test_the_likelier_name_wins_whatever_its_case() -> None:
    aliases = {"bid": ("bid_price", "bid"), "ask": ("ask",)}
    assert find_columns(("BID", "Bid_Price", "x"), aliases) == {"bid": "Bid_Price"}


def test_text_where_numbers_belong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"px": ["1.5", "high"]}).write_parquet(path)
    with pytest.raises(DataError, match="row 2, field 'px': expected a number, got 'high"):
        list(table_frames(path, {"price": "px"}, {"price"}))
    pl.DataFrame({"px": [date(2020, 1, 1)]}).write_parquet(path)
    with pytest.raises(DataError, match="row 1, field 'px': expected a number"):
        list(table_frames(path, {"price": "px"}, {"price"}))


def test_numbers_as_text_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"px": ["1.5", None]}).write_parquet(path)
    ((row, frame),) = table_frames(path, {"price": "px"}, {"price"})
    assert (row, frame["price"].to_list()) == (1, [1.5, None])
