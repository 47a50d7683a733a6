"""Where a stock goes in the last minutes before the closing auction, against an index: snapshots of the imbalance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from tradewind.alpha.features.panel import group_ranks
from tradewind.alpha.protocol import Panel, Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, NotFoundError

__all__ = ["AUCTION_FEATURES", "closing_auction"]

DAY_NS = 86_400_000_000_000
BEGINS_NS = (20 * 3600 + 50 * 60) * 1_000_000_000
"""15:50 in New York in winter, in UTC; the true dates are not in the data, day numbers count from 1970-01-01."""
STEPS = (1, 6)
"""Snapshots back of changes: ten seconds, a minute."""
AHEAD_S = 60
HALF_SPREAD = 0.5
NEEDED = (
    *("stock_id", "date_id", "seconds_in_bucket", "imbalance_size", "imbalance_buy_sell_flag", "reference_price"),
    *("matched_size", "far_price", "near_price", "bid_price", "bid_size", "ask_price", "ask_size", "wap"),
)

AUCTION_FEATURES = (
    "auction_imbalance",
    "auction_matched_log",
    "auction_imbalance_share",
    "auction_reference_bps",
    "auction_near_bps",
    "auction_far_bps",
    "auction_spread_bps",
    "auction_book_imbalance",
    "auction_wap_mid_bps",
    "auction_price_bps",
    *(
        f"auction_{name}_{10 * step}s"
        for step in STEPS
        for name in ("return_bps", "imbalance_change", "matched_change")
    ),
    "auction_index_return_bps_60s",
    "auction_imbalance_rank",
    "auction_seconds",
)
"""Features of a snapshot; all from the stock's own snapshots until then, and of the other stocks at the same moment."""


def closing_auction(folder: Path | str) -> Panel:
    """Snapshots of the closing auction with the return of the next minute over the index's.

    Args:
        folder: Folder with ``day*.parquet`` (snapshots) and ``targets*.parquet`` (each day's targets, revealed on the
            next), or the one above ``closing_auction``. Days whose targets are not there are made from the prices:
            the stock's move of its weighted mid over 60 s less the mean of all stocks, in basis points.

    Returns:
        The task: ``y`` and ``value`` are the target [return, 1e-4 is a basis point]; a series is a stock and day.

    Raises:
        NotFoundError: When there are no snapshots.
        DataError: When a column is missing or a stock has a moment twice.
    """
    folder = Path(folder)
    folder = folder / "closing_auction" if (folder / "closing_auction").is_dir() else folder
    files = [folder] if folder.is_file() else sorted(folder.glob("day*.parquet"))
    if not files:
        raise NotFoundError(f"{folder}: no snapshots day*.parquet")
    frame = pl.concat([_checked(file) for file in files]).sort("date_id", "stock_id", "seconds_in_bucket")
    frame = _features(frame)
    target = _ahead(frame)
    tables = [] if folder.is_file() else [pl.read_parquet(f) for f in sorted(folder.glob("targets*.parquet"))]
    if tables:
        told = pl.concat(tables).select(
            "stock_id", "seconds_in_bucket", pl.col("revealed_date_id").alias("date_id"), "revealed_target"
        )
        told = told.unique(["stock_id", "date_id", "seconds_in_bucket"], keep="first")
        known = frame.join(told, on=["stock_id", "date_id", "seconds_in_bucket"], how="left", maintain_order="left")
        given = known["revealed_target"].to_numpy()
        target = np.where(np.isnan(given), target, given)
    return _panel(frame, target)


def _checked(file: Path) -> pl.DataFrame:
    frame = pl.read_parquet(file)
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        raise DataError(file, f"columns {', '.join(NEEDED)}", f"columns {', '.join(frame.columns)}", field=missing[0])
    twice = frame.select(pl.struct("stock_id", "date_id", "seconds_in_bucket").is_duplicated()).to_series()
    if twice.any():
        raise DataError(file, "each stock and moment once", "a duplicate", row=int(twice.arg_max() or 0) + 1)
    numbers = [name for name in NEEDED if name not in ("stock_id", "date_id", "seconds_in_bucket")]
    return frame.select(
        pl.col("stock_id", "date_id", "seconds_in_bucket").cast(pl.Int64),
        pl.col(numbers).cast(pl.Float64, strict=False),
    )


def _features(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the features; changes look back over the stock's own rows, means over the stocks of the same moment."""
    own, moment = ["date_id", "stock_id"], ["date_id", "seconds_in_bucket"]
    mid = (pl.col("bid_price") + pl.col("ask_price")) * HALF_SPREAD
    touch = pl.col("bid_size") + pl.col("ask_size")
    signed = pl.col("imbalance_size") * pl.col("imbalance_buy_sell_flag")
    frame = frame.with_columns(
        (signed / (pl.col("matched_size") + pl.col("imbalance_size"))).alias("auction_imbalance"),
        pl.col("matched_size").log1p().alias("auction_matched_log"),
        (signed / touch).arcsinh().alias("auction_imbalance_share"),
        *(
            (1e4 * (pl.col(f"{name}_price") / pl.col("wap") - 1)).alias(f"auction_{name}_bps")
            for name in ("reference", "near", "far")
        ),
        (1e4 * (pl.col("ask_price") - pl.col("bid_price")) / mid).alias("auction_spread_bps"),
        ((pl.col("bid_size") - pl.col("ask_size")) / touch).alias("auction_book_imbalance"),
        (1e4 * (pl.col("wap") / mid - 1)).alias("auction_wap_mid_bps"),
        (1e4 * (pl.col("wap") - 1)).alias("auction_price_bps"),
        pl.col("seconds_in_bucket").cast(pl.Float64).alias("auction_seconds"),
    )
    for step in STEPS:
        frame = frame.with_columns(
            (1e4 * (pl.col("wap").log() - pl.col("wap").log().shift(step).over(own))).alias(
                f"auction_return_bps_{10 * step}s"
            ),
            (pl.col("auction_imbalance") - pl.col("auction_imbalance").shift(step).over(own)).alias(
                f"auction_imbalance_change_{10 * step}s"
            ),
            (pl.col("auction_matched_log") - pl.col("auction_matched_log").shift(step).over(own)).alias(
                f"auction_matched_change_{10 * step}s"
            ),
        )
    return frame.with_columns(
        pl.col("auction_return_bps_60s").mean().over(moment).alias("auction_index_return_bps_60s")
    )


def _ahead(frame: pl.DataFrame) -> Array:
    """Move of the weighted mid over the next 60 s less the mean of all stocks [bp]; NaN in the last minute."""
    later = pl.col("wap").shift(-AHEAD_S // 10).over("date_id", "stock_id")
    moves = frame.select("date_id", "seconds_in_bucket", (1e4 * (later / pl.col("wap") - 1)).alias("move"))
    index = pl.col("move").mean().over("date_id", "seconds_in_bucket")
    return np.asarray(moves.select((pl.col("move") - index).fill_null(np.nan)).to_series().to_numpy())


def _panel(frame: pl.DataFrame, target: Array) -> Panel:
    day, seconds = frame["date_id"].to_numpy(), frame["seconds_in_bucket"].to_numpy()
    rank = group_ranks(frame["auction_imbalance"].fill_null(np.nan).to_numpy(), day * 1000 + seconds)
    frame = frame.with_columns(pl.Series("auction_imbalance_rank", rank))
    keep = np.flatnonzero(~np.isnan(target))
    X = frame.select(pl.col(AUCTION_FEATURES).fill_null(np.nan)).to_numpy()[keep]
    born = day * DAY_NS + BEGINS_NS + seconds * 1_000_000_000
    names, series = np.unique(np.column_stack((day, frame["stock_id"].to_numpy()))[keep], axis=0, return_inverse=True)
    spread = frame["auction_spread_bps"].to_numpy()[keep] / 1e4
    return Panel(
        name="closing_auction",
        features=AUCTION_FEATURES,
        modality=("book",) * len(AUCTION_FEATURES),
        X=X,
        y=target[keep] / 1e4,
        value=target[keep] / 1e4,
        sample=Sample(
            t0=born[keep],
            t1=born[keep] + AHEAD_S * 1_000_000_000,
            weight=np.ones(len(keep)),
            series=series.ravel().astype(np.int64),
            day=day[keep],
        ),
        symbols=tuple(f"stock_{stock}" for _, stock in names),
        spread=np.where(np.isnan(spread), 0.0, spread),
    )
