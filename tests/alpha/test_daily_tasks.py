"""The cross-section and the variance of the next day: rows, labels and times as defined; nothing from the future."""

import itertools
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewind.alpha.datasets import Universe, daily_cross_section, hourly_variance
from tradewind.alpha.datasets.daily_bars import read_daily
from tradewind.core.errors import DataError, InvalidValueError, NotFoundError
from tradewind.core.random import stream

WIDE = Universe(min_price=1.0, min_dollars=1.0, min_history=25)
SYMBOLS = [f"S{k:02d}" for k in range(12)]


def prices(days: int = 70, seed: int = 1) -> pl.DataFrame:
    rng = stream(seed, "tests/prices")
    calendar = [day for day in (date(2015, 3, 2) + timedelta(days=k) for k in range(200)) if day.weekday() < 5][:days]
    frames = []
    for symbol in SYMBOLS:
        close = (20 * np.exp(np.cumsum(0.02 * rng.standard_normal(days)))).round(2)
        frame = pl.DataFrame({"date": calendar, "open": (close * 1.001).round(2), "close": close})
        frame = frame.with_columns(
            symbol=pl.lit(symbol),
            high=pl.col("close") * 1.01,
            low=pl.col("close") * 0.99,
            volume=pl.Series(rng.integers(1, 9, days) * 100_000),
            adj_close=pl.col("close"),
            collected=pl.col("date"),
        )
        frames.append(frame)
    return pl.concat(frames)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    prices().write_parquet(tmp_path / "prices.parquet")
    return tmp_path / "prices.parquet"


def test_labels_are_returns_from_the_next_open_ranked_within_the_day(file: Path) -> None:
    panel = daily_cross_section(file, horizon=3, universe=WIDE)
    frame = prices().sort("symbol", "date")
    wide = {n: frame.pivot("symbol", index="date", values=n).sort("date") for n in ("open", "close")}
    days = [int(d) for d in wide["close"]["date"].cast(pl.Int32)]
    checked = 0
    for day in sorted(set(panel.sample.day.tolist()))[::7]:
        at = days.index(day)
        rows = np.flatnonzero(panel.sample.day == day)
        names = [panel.symbols[k] for k in panel.sample.series[rows]]
        expected = np.array([np.log(wide["close"][n][at + 3] / wide["open"][n][at + 1]) for n in names])
        np.testing.assert_allclose(panel.value[rows], expected - expected.mean(), atol=1e-12)
        np.testing.assert_allclose(panel.y[rows], expected.argsort().argsort() / 11 - 0.5)
        reversal = panel.X[rows, panel.features.index("return_5d")]
        five = np.array([np.log(wide["close"][n][at] / wide["close"][n][at - 5]) for n in names])
        np.testing.assert_allclose(reversal, five.argsort().argsort() / 11 - 0.5)
        checked += len(rows)
    assert checked > 60
    assert (panel.sample.t1 > panel.sample.t0).all()
    assert panel.X[:, panel.features.index("weekday")].max() == 4


def test_a_split_told_the_evening_before_is_no_return(tmp_path: Path) -> None:
    frame = prices()
    split = date(2015, 5, 4)
    halved = (pl.col("symbol") == "S03") & (pl.col("date") >= split)
    eve = (pl.col("symbol") == "S03") & (pl.col("date") == date(2015, 5, 1))
    changed = frame.with_columns(
        *(pl.when(halved).then(pl.col(c) / 2).otherwise(pl.col(c)).alias(c) for c in ("open", "high", "low", "close")),
        adj_close=pl.when(halved | eve).then(pl.col("adj_close") / 2).otherwise("adj_close"),
    )
    frame.write_parquet(tmp_path / "one.parquet")
    changed.write_parquet(tmp_path / "two.parquet")
    one, two = (daily_cross_section(tmp_path / f"{n}.parquet", horizon=3, universe=WIDE) for n in ("one", "two"))
    np.testing.assert_allclose(two.value, one.value, atol=1e-9)
    for name in ("return_5d", "momentum_126d", "volatility_21d", "gap", "max_21d"):
        column = one.features.index(name)
        np.testing.assert_allclose(two.X[:, column], one.X[:, column], atol=1e-9)


def test_the_future_changes_neither_features_nor_members(file: Path, tmp_path: Path) -> None:
    cut = date(2015, 5, 4)
    late = pl.col("date") > cut
    poisoned = prices().with_columns(
        *(pl.when(late).then(pl.col(c) * 3).otherwise(pl.col(c)).alias(c) for c in ("open", "high", "low", "close")),
        volume=pl.when(late).then(pl.col("volume") * 50).otherwise("volume"),
    )
    poisoned.write_parquet(tmp_path / "other.parquet")
    tight = Universe(size=6, min_price=1.0, min_dollars=1e6, min_history=25)
    one, two = (daily_cross_section(f, horizon=2, universe=tight) for f in (file, tmp_path / "other.parquet"))
    last = int(pl.Series([cut]).cast(pl.Int32)[0])
    rows_one, rows_two = one.sample.day <= last, two.sample.day <= last
    assert rows_one.sum() > 50
    assert [one.symbols[k] for k in one.sample.series[rows_one]] == [
        two.symbols[k] for k in two.sample.series[rows_two]
    ]
    np.testing.assert_array_equal(one.X[rows_one], two.X[rows_two])
    assert max(np.bincount(one.sample.day - one.sample.day.min())) == 6


def test_what_was_collected_late_is_no_row_that_day(tmp_path: Path) -> None:
    held = (pl.col("symbol") == "S05") & (pl.col("date") == date(2015, 4, 20))
    frame = prices().with_columns(collected=pl.when(held).then(date(2015, 4, 22)).otherwise("collected"))
    frame.write_parquet(tmp_path / "prices.parquet")
    panel = daily_cross_section(tmp_path, horizon=1, universe=WIDE)
    days = panel.sample.day[panel.sample.series == panel.symbols.index("S05")].astype("datetime64[D]").astype(str)
    assert not {"2015-04-20", "2015-04-21"} & set(days)
    assert {"2015-04-17", "2015-04-22"} <= set(days)


def test_industries_and_sparse_dates(file: Path) -> None:
    industry = {name: "even" if int(name[1:]) % 2 == 0 else "odd" for name in SYMBOLS[:10]}
    panel = daily_cross_section(file, horizon=2, universe=WIDE, industries=industry, every=2)
    assert panel.features[-3:] == ("return_5d_neutral", "return_21d_neutral", "momentum_126d_neutral")
    days = np.unique(panel.sample.day)
    close = dict(zip(panel.sample.day, panel.sample.t0, strict=True))
    ends = dict(zip(panel.sample.day, panel.sample.t1, strict=True))
    assert all(ends[a] <= close[b] for a, b in itertools.pairwise(days)), "labels do not overlap"


def test_what_cannot_be_is_refused_by_name(file: Path, tmp_path: Path) -> None:
    frame = prices()
    pl.concat([frame, frame.head(1)]).write_parquet(tmp_path / "twice.parquet")
    frame.drop("close").write_parquet(tmp_path / "less.parquet")
    frame.with_columns(close=pl.lit(0.0)).write_parquet(tmp_path / "nothing.parquet")
    for name, words in (("twice", "one bar for a symbol and day"), ("less", "columns symbol"), ("nothing", "0 rows")):
        with pytest.raises(DataError, match=words):
            read_daily(tmp_path / f"{name}.parquet")
    with pytest.raises(NotFoundError, match="no row left"):
        daily_cross_section(file, universe=Universe(min_dollars=1e15))
    with pytest.raises(InvalidValueError, match="horizon"):
        daily_cross_section(file, horizon=0)
    with pytest.raises(NotFoundError, match="expected one Parquet"):
        read_daily(tmp_path / "nowhere")


def made_up_hours() -> pl.DataFrame:
    rng = stream(3, "tests/hourly")
    days = [date(2004, 1, 5) + timedelta(days=k) for k in range(80)]
    stamps = [datetime(d.year, d.month, d.day, h) for d in days if d.weekday() < 5 for h in range(10, 16)]
    frames = []
    for symbol in ("AAA", "SPY"):
        close = 50 * np.exp(np.cumsum(0.004 * rng.standard_normal(len(stamps))))
        opens = close * (1 + 0.001 * rng.standard_normal(len(stamps)))
        frame = pl.DataFrame({"start_et": stamps, "open": opens, "close": close, "volume": 1000})
        high, low = pl.max_horizontal("open", "close") * 1.002, pl.min_horizontal("open", "close") * 0.998
        frames.append(frame.with_columns(symbol=pl.lit(symbol), high=high, low=low))
    return pl.concat(frames)


def test_the_variance_of_the_next_day(tmp_path: Path) -> None:
    frame = made_up_hours()
    frame.write_parquet(tmp_path / "hours.parquet")
    panel = hourly_variance(tmp_path)
    assert panel.symbols == ("AAA", "SPY")
    one = panel.take(panel.sample.series == 0)
    part = (frame["high"] / frame["low"]).log() ** 2 / (4 * np.log(2))
    days = frame.with_columns(part=part, day=pl.col("start_et").dt.date()).filter(pl.col("symbol") == "AAA")
    days = days.group_by("day", maintain_order=True).agg(
        pl.col("part").sum(), pl.col("open").first(), pl.col("close").last()
    )
    night = (days["open"] / days["close"].shift()).log().fill_null(0.0)
    variance = dict(zip(days["day"].cast(pl.Int32), (days["part"] + night**2), strict=True))
    order = sorted(variance)
    for row, day in enumerate(one.sample.day.tolist()):
        assert one.y[row] == pytest.approx(variance[order[order.index(day) + 1]], rel=1e-9)
        assert one.X[row, 0] == pytest.approx(np.log(variance[day]), rel=1e-9)
    spy = panel.take(panel.sample.series == 1)
    np.testing.assert_array_equal(one.X[:, one.features.index("market_variance_1d")], spy.X[:, 0])
    with pytest.raises(NotFoundError, match="no bars of QQQ"):
        hourly_variance(tmp_path, ["QQQ"])
    with pytest.raises(InvalidValueError, match="since"):
        hourly_variance(tmp_path, since="2020-01-01")
    pl.concat([frame, frame.head(1)]).write_parquet(tmp_path / "hours.parquet")
    with pytest.raises(DataError, match="each once"):
        hourly_variance(tmp_path)


def test_a_split_of_hourly_bars_is_no_night(tmp_path: Path) -> None:
    frame = made_up_hours()
    late = (pl.col("start_et") >= datetime(2004, 3, 1)) & (pl.col("symbol") == "AAA")
    prices_of = ("open", "high", "low", "close")
    half = frame.with_columns(pl.when(late).then(pl.col(c) / 2).otherwise(pl.col(c)) for c in prices_of)
    frame.write_parquet(tmp_path / "one.parquet")
    half.write_parquet(tmp_path / "two.parquet")
    one, two = (hourly_variance(tmp_path / f"{n}.parquet", ["AAA"]) for n in ("one", "two"))
    np.testing.assert_allclose(np.sqrt(two.y), np.sqrt(one.y), atol=0.015)
