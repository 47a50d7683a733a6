from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from tests.data.made_up import DAY_NS, bar_rows, event_rows

from tradewind.core.dtypes import EVENT
from tradewind.core.errors import IntegrityError, InvalidValueError
from tradewind.data import partition
from tradewind.data.moments import parse_moment
from tradewind.data.partition import (
    bar_days,
    bar_table,
    event_folder,
    event_table,
    interval_name,
    parse_interval,
    read_blocks,
    split_by_day,
    write_table,
)


@pytest.mark.parametrize("text", ["1d", "1h", "30m", "90s", "250ms", "7ns", "2d"])
def test_interval_names_are_read_back(text: str) -> None:
    assert interval_name(parse_interval(text)) == text


@pytest.mark.parametrize("text", ["", "d", "1w", "1.5h", "-1d", "1hm"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="duration must be"):
        parse_interval(text)


def test_late_trading_belongs_to_the_local_day() -> None:
    times = [parse_moment(f"2013-10-0{day}T{hour}") for day, hour in ((7, "19:59"), (8, "00:30"), (7, "20:10"))]
    rows = event_rows(times)
    assert [(day, part["sequence"].tolist()) for day, part in split_by_day(rows, "XNYS")] == [
        (date(2013, 10, 7), [0, 1, 2])
    ]
    assert [(day, part["sequence"].tolist()) for day, part in split_by_day(rows, "24/7")] == [
        (date(2013, 10, 7), [0, 2]),
        (date(2013, 10, 8), [1]),
    ]


def test_daily_bars_keep_their_own_date_and_hourly_ones_the_local_day() -> None:
    midnight = bar_rows([parse_moment("2013-10-08")])
    assert bar_days(midnight, DAY_NS, "XNYS").astype(str).tolist() == ["2013-10-08"]
    assert bar_days(midnight, DAY_NS // 24, "XNYS").astype(str).tolist() == ["2013-10-07"]


def write_part(folder: Path, name: str, rows: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_table(event_table([rows]), folder / name)
    return folder / name


def test_rows_come_back_bit_for_bit(tmp_path: Path) -> None:
    extremes = np.zeros(2, dtype=EVENT)
    for name in EVENT.names or ():
        limits = np.iinfo(EVENT[name])
        extremes[name] = limits.min, limits.max
    for rows in (event_rows(range(1000)), extremes):
        path = write_part(tmp_path / str(len(rows)), "a.parquet", rows)
        found = np.concatenate([block for _, block in read_blocks([path], -(2**63), 2**63 - 1)])
        kept = rows[rows["ts_event_ns"] < 2**63 - 1]
        assert found.tobytes() == kept.tobytes()


def test_an_interval_gives_what_filtering_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "ROW_GROUP_ROWS", 10)
    times = [5, 3, 9, 40, 12, 13, 11, 50, 49, 60, 61, 62, 58, 70, 20, 71, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 15]
    rows = event_rows(times)
    paths = [write_part(tmp_path, "a.parquet", rows[:14]), write_part(tmp_path, "b.parquet", rows[14:])]
    keys_of = dict(zip(rows["sequence"].tolist(), np.maximum.accumulate(rows["ts_event_ns"]).tolist(), strict=True))
    for start in range(0, 101, 7):
        for end in range(start, 101, 9):
            blocks = list(read_blocks(paths, start, end))
            found = [int(n) for _, block in blocks for n in block["sequence"]]
            keep = (rows["ts_event_ns"] >= start) & (rows["ts_event_ns"] < end)
            assert found == rows["sequence"][keep].tolist()
            assert [int(k) for keys, _ in blocks for k in keys] == [keys_of[number] for number in found]


def test_a_missing_and_a_damaged_part_are_named(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"gone\.parquet: expected a part"):
        list(read_blocks([tmp_path / "gone.parquet"], 0, 1))
    path = write_part(tmp_path, "a.parquet", event_rows(range(10)))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(IntegrityError, match=r"a\.parquet: damaged"):
        list(read_blocks([path], 0, 100))


@pytest.mark.parametrize("symbol", ["AIG", "BTC/USD", "BRK A", "x=y", "a%2Fb", "..", "Ünïcode", "B*?[c]"])
def test_polars_and_duckdb_read_the_folders_directly(tmp_path: Path, symbol: str) -> None:
    rows = event_rows(range(100))
    write_part(tmp_path / event_folder(symbol, date(2015, 5, 1)), "a.parquet", rows)
    frame = pl.read_parquet(tmp_path / "events", hive_partitioning=True)
    assert frame["symbol"].unique().to_list() == [symbol]
    assert frame["date"].unique().to_list() == [date(2015, 5, 1)]
    for name in EVENT.names or ():
        assert frame[name].to_list() == rows[name].tolist()
    pattern = f"{tmp_path}/events/*/*/*.parquet"
    query = "select symbol, date, sum(price_ticks), min(side), max(flags) from read_parquet(?) group by all"
    total = int(rows["price_ticks"].sum())
    assert duckdb.execute(query, [pattern]).fetchall() == [(symbol, date(2015, 5, 1), total, -1, 1)]


def test_bars_of_many_symbols_share_a_file(tmp_path: Path) -> None:
    days = np.array(["2015-01-01", "2015-01-02"], dtype="datetime64[D]")
    pieces = [(name, days, bar_rows([0, DAY_NS], price)) for name, price in (("B", 200), ("A", 100))]
    write_table(bar_table(pieces), tmp_path / "bars.parquet")
    for rows in (
        pl.read_parquet(tmp_path / "bars.parquet").select("symbol", "date", "close_ticks").rows(),
        duckdb.execute(
            "select symbol, date, close_ticks from read_parquet(?)", [f"{tmp_path}/bars.parquet"]
        ).fetchall(),
    ):
        assert rows == [(s, day, c) for s, c in (("B", 201), ("A", 101)) for day in days.astype(object)]
