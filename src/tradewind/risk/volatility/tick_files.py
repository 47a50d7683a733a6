"""One session's ticks from a Parquet file of trades or quotes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, NotFoundError

__all__ = ["read_ticks"]

OPEN_S, CLOSE_S = 9.5 * 3600, 16 * 3600
FAR = 0.1


def read_ticks(path: Path) -> tuple[Array, Array]:
    """Prices of trades, or mid-prices of quotes that are not locked or crossed, in the session of New York.

    Args:
        path: Parquet with ``ts_event`` (UTC) and ``price``, or ``bid_price`` and ``ask_price``.

    Returns:
        Prices, shape (n,), and seconds after midnight in New York, shape (n,); trades at the same time are averaged,
        trades more than a tenth off the median of the day left out (late reports, other conditions).

    Raises:
        NotFoundError: For a file that is not there.
        DataError: For columns that are missing, or no tick in the session.
    """
    if not path.is_file():
        raise NotFoundError(f"{path}: no such file; give a Parquet file of trades or quotes")
    table = pl.read_parquet(path)
    if "ts_event" not in table.columns or not ({"price"} <= set(table.columns) or {"bid_price"} <= set(table.columns)):
        raise DataError(path, "columns ts_event and price, or bid_price and ask_price", ", ".join(table.columns))
    if "price" not in table.columns:
        table = table.filter(pl.col("ask_price") > pl.col("bid_price"))
        table = table.with_columns(((pl.col("bid_price") + pl.col("ask_price")) / 2).alias("price"))
    stamp = pl.col("ts_event")
    time = pl.from_epoch(stamp, time_unit="ns") if table.schema["ts_event"].is_integer() else stamp
    if getattr(table.schema["ts_event"], "time_zone", None) is None:
        time = time.dt.replace_time_zone("UTC")
    local = time.dt.convert_time_zone("America/New_York")
    second = (local - local.dt.truncate("1d")).dt.total_nanoseconds() / 1e9
    table = table.select(second.alias("second"), pl.col("price").cast(pl.Float64)).filter(
        (pl.col("second") >= OPEN_S) & (pl.col("second") < CLOSE_S) & (pl.col("price") > 0)
    )
    middle = table["price"].median()
    table = table.filter(((pl.col("price") / middle) - 1).abs() < FAR) if middle else table
    table = table.group_by("second").agg(pl.col("price").mean()).sort("second")
    if len(table) < 10:
        raise DataError(path, "ten or more ticks between 09:30 and 16:00 in New York", len(table))
    return np.asarray(table["price"].to_numpy()), np.asarray(table["second"].to_numpy())
