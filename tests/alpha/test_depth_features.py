"""Features of levels, and the tasks made of books: definitions, live and batch, poison, real files."""

from pathlib import Path

import numpy as np
import pytest
from tests.naive.depth_features import depth as naive_depth

from tradewind.alpha.datasets import binance_l2, closing_auction, sgx_l2
from tradewind.alpha.features.catalogue import CATALOGUE, DEPTH_FEATURES
from tradewind.alpha.features.layout import DEPTH
from tradewind.alpha.features.stream import DepthFeatures, depth_batch
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.core.random import stream


def made_up_books(count: int, seed: int = 1) -> list:
    rng = stream(seed, "tests/depth")
    middle, books = 1000, []
    for _ in range(count):
        middle += rng.choice([-1, 0, 0, 1])
        sides = []
        for sign in (-1, 1):
            levels = int(rng.integers(1, 11))
            steps = np.cumsum(rng.integers(1, 3, levels))
            sides.append(
                [(float(middle + sign * s), float(q)) for s, q in zip(steps, rng.integers(1, 50, levels), strict=True)]
            )
        books.append(tuple(sides))
    return books


def as_depths(books: list) -> np.ndarray:
    out = np.zeros(len(books), DEPTH)
    for row, (bids, asks) in enumerate(books):
        for name, levels in (("bid", bids), ("ask", asks)):
            out[name][row, : len(levels)] = [p for p, _ in levels]
            out[f"{name}_size"][row, : len(levels)] = [q for _, q in levels]
    return out


def test_every_feature_equals_its_definition_live_and_in_batch() -> None:
    books = made_up_books(250)
    rows = np.array([0, 1, 5, 60, 150, 249])
    batch = depth_batch(as_depths(books), rows)
    live, at_row = DepthFeatures(), 0
    for at, (bids, asks) in enumerate(books):
        live.book(bids, asks)
        if at in rows:
            np.testing.assert_allclose(live.values(), batch[at_row], rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(batch[at_row], naive_depth(books[: at + 1]), rtol=1e-9, atol=1e-9)
            at_row += 1


def test_the_future_changes_nothing_in_the_past_and_ranges_hold() -> None:
    depths = as_depths(made_up_books(300, 2))
    poisoned = depths.copy()
    for name in ("bid", "ask", "bid_size", "ask_size"):
        poisoned[name][200:] *= 11
    rows = np.arange(300)
    one, two = depth_batch(depths, rows), depth_batch(poisoned, rows)
    np.testing.assert_array_equal(one[:200], two[:200])
    assert not np.array_equal(one[200:], two[200:])
    for column, feature in enumerate(DEPTH_FEATURES):
        known = one[:, column][np.isfinite(one[:, column])]
        assert feature.low <= known.min(), feature.name
        assert known.max() <= feature.high, feature.name


def test_an_empty_side_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="both sides, got"):
        DepthFeatures().book([(1.0, 5.0)], [])
    with pytest.raises(InvalidValueError, match="at least one row"):
        depth_batch(np.zeros(0, DEPTH), np.zeros(0, np.int64))


def test_names_of_the_catalogue_are_unique_and_each_is_explained() -> None:
    names = [feature.name for feature in CATALOGUE]
    assert len(names) == len(set(names)) > 110
    assert all(feature.formula for feature in CATALOGUE)


@pytest.mark.real_data
def test_books_of_sgx_and_binance_become_tasks(real_data: Path) -> None:
    panel = sgx_l2(real_data, horizon=10)
    assert len(panel.y) > 200
    assert {"imbalance_3", "ofi_10"} < set(panel.features)
    deep = panel.X[:, panel.features.index("imbalance_3")]
    assert np.corrcoef(deep, panel.X[:, panel.features.index("imbalance")])[0, 1] > 0.3
    spot = binance_l2(real_data, symbol="ETHUSDT-PERP", horizon=20)
    assert set(spot.symbols) == {"ETHUSDT-PERP"}
    assert (np.abs(spot.y) <= 1).all()
    with pytest.raises(NotFoundError, match="no files"):
        binance_l2(real_data, symbol="DOGEUSDT")


@pytest.mark.real_data
def test_the_auction_becomes_a_task_that_knows_no_future(real_data: Path, tmp_path: Path) -> None:
    import polars as pl

    panel = closing_auction(real_data)
    assert len(set(panel.symbols)) == 200
    frame = pl.read_parquet(real_data / "closing_auction" / "day478.parquet")
    prices = ["bid_price", "ask_price", "wap", "reference_price", "matched_size", "imbalance_size"]
    late = pl.col("seconds_in_bucket") > 300
    frame.with_columns(pl.when(late).then(pl.col(c) * 3).otherwise(pl.col(c)) for c in prices).write_parquet(
        tmp_path / "day478.parquet"
    )
    poisoned = closing_auction(tmp_path)
    assert len(poisoned.y) == 9800, "the last minute has no label of its own"
    frame.write_parquet(tmp_path / "day478.parquet")
    made = closing_auction(tmp_path)
    told = panel.take(panel.X[:, panel.features.index("auction_seconds")] <= 480)
    assert np.corrcoef(told.y, made.y)[0, 1] > 0.98, "what is made from prices is close to what the data tell"
    early = panel.X[:, panel.features.index("auction_seconds")] <= 300
    known = poisoned.X[:, panel.features.index("auction_seconds")] <= 300
    for column, name in enumerate(panel.features):
        np.testing.assert_array_equal(panel.X[early, column], poisoned.X[known, column], err_msg=name)
    assert not np.array_equal(made.X, poisoned.X, equal_nan=True)
