"""Daily bars of many symbols, as columns: read, checked, and turned into what the features take in."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from tradewind.alpha.features.daily_layout import DAY
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, NotFoundError

__all__ = ["DailyBars", "read_daily"]

NEEDED = ("symbol", "date", "open", "high", "low", "close", "volume")


class DailyBars(msgspec.Struct, frozen=True, kw_only=True):
    """Bars of many symbols, symbol after symbol, each in time order.

    Attributes:
        symbols: Names, ascending.
        symbol: Shape (n,), int64: number of the symbol of each bar.
        starts: Shape (number of symbols,): row of the first bar of each.
        days: Shape (n,), dtype ``DAY``.
        known: Shape (n,), int64: day on which the bar and all before it of its symbol were known, days since 1970.
        adjusted: Shape (n,): close, in units of the next session's share where the source tells.
    """

    symbols: tuple[str, ...]
    symbol: Array
    starts: Array
    days: Array
    known: Array
    adjusted: Array

    def __len__(self) -> int:
        return len(self.days)


def read_daily(path: Path | str) -> DailyBars:
    """Read daily bars of many symbols.

    A column ``adj_close`` is taken as it was told on the day: the close in units of the next session's share, so a
    split or dividend of the next morning is in it and nothing later. A column ``collected`` tells on which day a bar
    was known; without one it was known on its own day. Bars without a positive close are left out.

    Args:
        path: Parquet or CSV with columns ``symbol, date, open, high, low, close, volume``; or a folder that holds
            one such file whose name starts with ``prices`` or is the only one.

    Returns:
        The bars; the market's return of a day is the mean log return of symbols that traded a million or more the day
        before, returns beyond 0.5 left out.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When a column is missing, a symbol has a day twice, or there are 0 rows.
    """
    file = _file(Path(path))
    frame = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, try_parse_dates=True)
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        raise DataError(file, f"columns {', '.join(NEEDED)}", f"columns {', '.join(frame.columns)}", field=missing[0])
    adjusted = pl.col("adj_close") if "adj_close" in frame.columns else pl.col("close")
    collected = pl.col("collected") if "collected" in frame.columns else pl.col("date")
    frame = (
        frame.select(*NEEDED, adjusted.alias("adjusted"), collected.alias("known"))
        .filter(pl.col("close") > 0, pl.col("close").is_finite())
        .with_columns(pl.when(pl.col("adjusted") > 0).then("adjusted").otherwise("close").alias("adjusted"))
        .sort("symbol", "date")
    )
    if frame.is_empty():
        raise DataError(file, "at least one bar with a positive close", "0 rows")
    twice = frame.filter(pl.struct("symbol", "date").is_duplicated())
    if len(twice):
        raise DataError(file, "one bar for a symbol and day", f"{len(twice)} rows of {twice['symbol'][0]} and others")
    return _bars(frame)


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    files = [f for f in sorted(path.glob("*")) if f.suffix in (".parquet", ".csv")] if path.is_dir() else []
    prices = [f for f in files if f.name.startswith("prices")] or files
    if len(prices) != 1:
        there = ", ".join(f.name for f in files) or "nothing of the kind"
        raise NotFoundError(f"{path}: expected one Parquet or CSV file of daily bars, found {there}")
    return prices[0]


def _bars(frame: pl.DataFrame) -> DailyBars:
    names = frame["symbol"].unique().sort()
    symbol = np.searchsorted(names.to_numpy(), frame["symbol"].to_numpy())
    starts = np.flatnonzero(np.concatenate(([True], symbol[1:] != symbol[:-1])))
    days: Array = np.zeros(len(frame), DAY)
    days["day"] = frame["date"].cast(pl.Int32).to_numpy()
    for name in ("open", "high", "low", "close", "volume"):
        days[name] = frame[name].cast(pl.Float64).fill_null(0.0).fill_nan(0.0).to_numpy()
    adjusted = frame["adjusted"].to_numpy()
    days["before"][1:] = adjusted[:-1]
    days["before"][starts] = 0.0
    known = frame.select(pl.col("known").cast(pl.Int32).cum_max().over("symbol"))["known"].to_numpy().astype(np.int64)
    days["market"] = _market(days, starts)
    return DailyBars(
        symbols=tuple(names.to_list()), symbol=symbol, starts=starts, days=days, known=known, adjusted=adjusted
    )


def _market(days: Array, starts: Array) -> Array:
    """Mean log return of the day, over symbols that traded a million or more the day before."""
    before = days["before"]
    ret = np.where(before > 0, np.log(days["close"] / np.where(before > 0, before, 1.0)), np.nan)
    traded = np.concatenate(([0.0], (days["close"] * days["volume"])[:-1]))
    traded[starts] = 0.0
    counts = (np.abs(ret) < 0.5) & (traded >= 1e6)
    of_day = days["day"] - days["day"].min()
    total = np.bincount(of_day, np.where(counts, ret, 0.0))
    number = np.bincount(of_day, counts.astype(np.float64))
    return np.asarray((total / np.maximum(number, 1.0))[of_day])
