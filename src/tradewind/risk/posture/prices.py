"""Bars of a file as a panel of returns: time by symbol, cleaned causally and counted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, NotFoundError

__all__ = ["PricePanel", "read_panel"]

TIMES = ("start_utc", "start_et", "date", "ts", "ts_start_ns", "time", "timestamp")
JUMP = 0.35


class PricePanel(msgspec.Struct, frozen=True):
    """Returns of one or more symbols over common times.

    Attributes:
        name: Where it came from.
        times_ns: Shape (n,): when each bar began [ns, as the file counts time].
        symbols: Shape (k,).
        returns: Shape (n, k): log return from the close before; NaN where a symbol has no bar.
        jumps: Returns taken out because no market moves so far in a bar (splits, bad prints).
        bars_per_year: Bars in a year, as counted.
    """

    name: str
    times_ns: Array
    symbols: tuple[str, ...]
    returns: Array
    jumps: int
    bars_per_year: float

    def portfolio(self) -> Array:
        """Equal-weight simple return of the symbols that have a bar, shape (n,)."""
        simple = np.expm1(self.returns)
        count = np.isfinite(simple).sum(axis=1)
        total: Array = np.nansum(simple, axis=1) / np.maximum(count, 1)
        return total


def _file_in(path: Path, name: str) -> Path:
    if path.is_file():
        return path
    folder = path / name if (path / name).is_dir() else path
    files = sorted(f for f in (folder.iterdir() if folder.is_dir() else ()) if f.suffix in (".parquet", ".csv"))
    if not files:
        raise NotFoundError(f"{folder}: no Parquet or CSV file of bars")
    return files[0]


def read_panel(path: Path, dataset: str = "", symbols: tuple[str, ...] = ()) -> PricePanel:
    """Read bars.

    Args:
        path: A Parquet or CSV file with a time, a ``close`` and perhaps a ``symbol`` column; or a folder with one.
        dataset: Sub-folder of ``path``, e.g. ``us_hourly``.
        symbols: Symbols to keep; all when empty.

    Raises:
        NotFoundError: When there is no such file or symbol.
        DataError: When a column is missing or there are fewer than 100 bars.
    """
    file = _file_in(path, dataset)
    frame = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, try_parse_dates=True)
    time = next((name for name in TIMES if name in frame.columns), None)
    if time is None or "close" not in frame.columns:
        raise DataError(file, f"columns close and one of {', '.join(TIMES)}", ", ".join(frame.columns))
    if "symbol" not in frame.columns:
        frame = frame.with_columns(pl.lit(file.stem.split("_")[0]).alias("symbol"))
    if symbols:
        missing = set(symbols) - set(frame["symbol"].unique().to_list())
        if missing:
            raise NotFoundError(f"{file}: no symbol {', '.join(sorted(missing))}")
        frame = frame.filter(pl.col("symbol").is_in(symbols))
    wide = frame.pivot(on="symbol", index=time, values="close", aggregate_function="last").sort(time)
    if len(wide) < 100:
        raise DataError(file, "100 bars or more", len(wide))
    stamps = wide[time]
    times = stamps.cast(pl.Datetime("ns")).to_physical() if stamps.dtype.is_temporal() else stamps
    times_ns = times.cast(pl.Int64).to_numpy()
    names = tuple(name for name in wide.columns if name != time)
    returns, jumps = _returns(wide.select(names).to_numpy().astype(np.float64))
    years = max(1e-9, float(times_ns[-1] - times_ns[0]) / (365.25 * 86_400e9))
    return PricePanel(file.name, times_ns, names, returns, jumps, len(times_ns) / years)


def _returns(close: Array) -> tuple[Array, int]:
    """Log returns from each symbol's last known close; jumps that no market makes are taken out as they come."""
    close = np.where(close > 0, close, np.nan)
    rows = np.where(np.isfinite(close), np.arange(len(close))[:, None], 0)
    last = np.take_along_axis(close, np.maximum.accumulate(rows, axis=0), axis=0)
    returns = np.full_like(close, np.nan)
    returns[1:] = np.log(close[1:] / last[:-1])
    jumps = np.abs(returns) > JUMP
    returns[jumps] = 0.0
    return returns, int(jumps.sum())
