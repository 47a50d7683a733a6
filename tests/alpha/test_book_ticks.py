"""The task of ticks: from files and from a catalog alike; rows, times and labels as the definition says."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.alpha.made_up import OPEN_NS

from tradewind.alpha.datasets.book_ticks import Move, book_ticks
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.core.random import stream
from tradewind.data.store.catalog import Catalog
from tradewind.data.store.importer import import_paths


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two symbols, two days, in the format of equities_nbbo; a little before the open is in it."""
    folder = tmp_path_factory.mktemp("equities_nbbo")
    rng = stream(1, "tests/nbbo")
    for symbol in ("ABC", "XYZ"):
        for day in (7, 8):
            start = OPEN_NS + (day - 7) * 86_400_000_000_000 - 60_000_000_000
            ts = start + np.cumsum(rng.integers(0, 400, 3000)) * 1_000_000
            bid = 50 + 0.01 * np.cumsum(rng.choice([-1, 0, 0, 0, 1], 3000))
            quotes = {
                "bid_price": bid.round(2),
                "bid_size": rng.integers(1, 9, 3000) * 100,
                "ask_price": (bid + 0.01 * rng.integers(0, 3, 3000)).round(2),
                "ask_size": rng.integers(1, 9, 3000) * 100,
            }
            stamp = pl.Series("ts_event", ts).cast(pl.Datetime("ns", "UTC"))
            pl.DataFrame(quotes).insert_column(0, stamp).write_parquet(folder / f"{symbol}_2013100{day}_quotes.parquet")
            some = np.sort(rng.choice(3000, 400, replace=False))
            trades = {"price": quotes["bid_price"][some], "size": rng.integers(1, 900, 400)}
            pl.DataFrame(trades).insert_column(0, stamp[some]).write_parquet(
                folder / f"{symbol}_2013100{day}_trades.parquet"
            )
    return folder


def test_rows_times_and_labels_are_those_of_the_quotes(folder: Path) -> None:
    panel = book_ticks(folder, ["XYZ"], ["2013-10-08"], horizon=20, step=10)
    quotes = pl.read_parquet(folder / "XYZ_20131008_quotes.parquet").filter(pl.col("bid_price") < pl.col("ask_price"))
    quotes = quotes.filter(pl.col("ts_event") >= datetime(2013, 10, 8, 13, 30, tzinfo=UTC))
    fields = pl.struct("bid_price", "bid_size", "ask_price", "ask_size")
    changes = quotes.filter((fields != fields.shift()).fill_null(value=True))
    at = np.arange(99, len(changes) - 20, 10)
    mid = ((changes["bid_price"] + changes["ask_price"]) / 2).to_numpy()
    ts = changes["ts_event"].cast(pl.Int64).to_numpy()
    np.testing.assert_array_equal(panel.sample.t0, ts[at])
    np.testing.assert_array_equal(panel.sample.t1, ts[at + 20])
    np.testing.assert_array_equal(panel.y, np.sign((mid[at + 20] - mid[at]).round(6)))
    np.testing.assert_allclose(panel.value, np.log(mid[at + 20] / mid[at]), atol=1e-12)
    tilt = (changes["bid_size"].cast(float) - changes["ask_size"]) / (changes["bid_size"] + changes["ask_size"])
    np.testing.assert_allclose(panel.X[:, panel.features.index("imbalance")], tilt.to_numpy()[at])
    spread = (changes["ask_price"] - changes["bid_price"]).to_numpy()[at] / mid[at]
    np.testing.assert_allclose(panel.spread, spread)
    assert set(panel.sample.day) == {np.datetime64("2013-10-08").astype(int)}


def test_each_symbol_and_day_is_a_series(folder: Path) -> None:
    panel = book_ticks(folder.parent / folder.name, ["ABC", "XYZ"], horizon=10)
    assert panel.symbols == ("ABC", "ABC", "XYZ", "XYZ")
    assert sorted(set(panel.sample.series)) == [0, 1, 2, 3]
    for series in range(4):
        inside = panel.sample.take(panel.sample.series == series)
        assert (np.diff(inside.t0) >= 0).all()
        assert len(set(inside.day)) == 1
    assert set(panel.y) == {-1.0, 0.0, 1.0}
    wide = book_ticks(folder, ["ABC", "XYZ"], horizon=10, label=Move(spreads=2.0))
    assert (wide.y == 0).mean() > (panel.y == 0).mean()


def test_one_day_is_the_same_alone_as_among_others(folder: Path) -> None:
    both, one = book_ticks(folder, ["ABC"]), book_ticks(folder, ["ABC"], ["2013-10-08"])
    np.testing.assert_array_equal(both.take(both.sample.series == 1).X, one.X)


def test_errors_say_what_is_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no quotes of 'QQQ'.*ABC 2013-10-07"):
        book_ticks(folder, ["QQQ"])
    with pytest.raises(NotFoundError, match="on 2013-10-09"):
        book_ticks(folder, ["ABC"], ["2013-10-09"])
    with pytest.raises(NotFoundError, match="there: none"):
        book_ticks(tmp_path, ["ABC"])
    with pytest.raises(InvalidValueError, match="step"):
        book_ticks(folder, ["ABC"], step=0)
    with pytest.raises(NotFoundError, match="no session of ABC is longer"):
        book_ticks(folder, ["ABC"], horizon=100_000)


def test_a_catalog_gives_the_same_task_as_the_files(folder: Path, tmp_path: Path) -> None:
    import_paths(tmp_path / "catalog", [folder])
    held = Catalog(tmp_path / "catalog")
    symbol = held.symbols()[0]
    one, two = book_ticks(held, [symbol], ["2013-10-08"]), book_ticks(folder, [symbol], ["2013-10-08"])
    np.testing.assert_array_equal(one.X, two.X)
    np.testing.assert_array_equal(one.y, two.y)
    with pytest.raises(NotFoundError, match="QQQ"):
        book_ticks(held, ["QQQ"])
