"""The variance of the next day: hourly bars, the day's variance and what it follows from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl

from tradewind.alpha.datasets.book_ticks import joined
from tradewind.alpha.features.catalogue_hourly import HOURLY
from tradewind.alpha.features.hourly import HOUR, new_hourly, run_hourly
from tradewind.alpha.protocol import Panel, Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, InvalidValueError, NotFoundError

__all__ = ["hourly_variance"]

Days: TypeAlias = tuple[Array, Array, Array, Array]
NEEDED = ("symbol", "start_et", "open", "high", "low", "close", "volume")
MARKET = ("variance_1d", "variance_5d", "variance_22d", "leverage_1d")
HOUR_NS = 3_600_000_000_000
RATIOS = np.array([1 / 20, 1 / 10, 1 / 7, 1 / 5, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 4 / 5, 5, 8, 10, 15, 20, 25, 30, 50])
"""Opens over closes that are taken as splits."""
NEAR, FAR = 0.015, 0.2
"""How near to a ratio: ordinary ones, and those beyond 3.5 to 1, which no night of a listed stock explains."""
BEYOND = 3.5


def hourly_variance(
    path: Path | str,
    symbols: Sequence[str] | None = None,
    *,
    since: str | date = "2003-01-01",
    market: str = "SPY",
) -> Panel:
    """Variance of the next day, from features of the days before.

    Args:
        path: Parquet or CSV with columns ``symbol, start_et, open, high, low, close, volume`` (raw prices, New York
            time), or a folder with one such file.
        symbols: Which symbols; all there are when absent.
        since: First day with rows; earlier days only feed the features (prints before 2003 are unreliable).
        market: Symbol whose variance every row also sees, where it is in the file.

    Returns:
        The task: ``y`` and ``value`` are the next day's variance, positive; a series is a symbol. Rows are born when
        the day's last bar ends, and end when the next day's does.

    Raises:
        NotFoundError: When there is no such file or symbol.
        DataError: When a column is missing, or a bar stands twice.
    """
    file = _file(Path(path))
    frame = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, try_parse_dates=True)
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        raise DataError(file, f"columns {', '.join(NEEDED)}", f"columns {', '.join(frame.columns)}", field=missing[0])
    frame = frame.sort("symbol", "start_et")
    there = frame["symbol"].unique().sort().to_list()
    absent = sorted(set(symbols or ()) - set(there))
    if absent or not there:
        raise NotFoundError(f"{file}: no bars of {', '.join(absent) or 'anything'}; there are: {', '.join(there)}")
    wanted = list(symbols or there)
    days = {name: _days(file, name, frame.filter(pl.col("symbol") == name)) for name in {*wanted, market} & set(there)}
    first = np.datetime64(date.fromisoformat(str(since))).astype(np.int64)
    return joined("hourly_variance", [_panel(name, days, days.get(market), int(first)) for name in wanted])


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    files = [f for f in sorted(path.glob("*")) if f.suffix in (".parquet", ".csv")] if path.is_dir() else []
    if len(files) != 1:
        raise NotFoundError(f"{path}: expected one Parquet or CSV file of hourly bars, found {len(files)}")
    return files[0]


def _days(file: Path, symbol: str, frame: pl.DataFrame) -> Days:
    """Day, end [ns UTC], values and variance of each day of a symbol."""
    ends = frame["start_et"].dt.replace_time_zone("America/New_York").dt.convert_time_zone("UTC")
    hours: Array = np.zeros(len(frame), HOUR)
    hours["ts_ns"] = ends.dt.cast_time_unit("ns").cast(pl.Int64).to_numpy() + HOUR_NS
    hours["day"] = frame["start_et"].dt.date().cast(pl.Int32).to_numpy()
    for name in ("open", "high", "low", "close", "volume"):
        hours[name] = frame[name].cast(pl.Float64).fill_null(0.0).to_numpy()
    changes = np.flatnonzero(np.diff(hours["day"])) + 1
    hours["split"][changes] = _splits(hours["close"][changes - 1], hours["open"][changes])
    rows = np.append(changes - 1, len(hours) - 1)
    out: Array = np.empty((len(rows), len(HOURLY)))
    variance: Array = np.empty(len(rows))
    done = int(run_hourly(new_hourly(), hours, rows, out, variance))
    if done < len(hours):
        raise DataError(file, f"bars of {symbol} in time order, each once", frame["start_et"][done], field="start_et")
    return hours["day"][rows], hours["ts_ns"][rows], out, variance


def _splits(before: Array, after: Array) -> Array:
    """Shares of today for one of yesterday, where the open over the close before is a split's ratio; else 1."""
    ratio = np.where((before > 0) & (after > 0), after / np.where(before > 0, before, 1.0), 1.0)
    off = np.abs(ratio[:, None] / RATIOS - 1.0)
    nearest = np.argmin(off, axis=1)
    limit = np.where((ratio > BEYOND) | (ratio < 1.0 / BEYOND), FAR, NEAR)
    return np.asarray(np.where(off.min(axis=1) < limit, 1.0 / RATIOS[nearest], 1.0))


def _panel(symbol: str, days: dict[str, Days], market: Days | None, first: int) -> Panel:
    day, end, values, variance = days[symbol]
    names, modality = [f.name for f in HOURLY], [f.modality for f in HOURLY]
    if market is not None:
        market_day, _, market_values, _ = market
        at = np.clip(np.searchsorted(market_day, day), 0, len(market_day) - 1)
        extra = market_values[at][:, [names.index(n) for n in MARKET]]
        extra[market_day[at] != day] = np.nan
        values = np.column_stack((values, extra))
        names, modality = names + [f"market_{n}" for n in MARKET], modality + ["price"] * len(MARKET)
    rows = np.flatnonzero((day[:-1] >= first) & ~np.isnan(values[:-1, 2]))
    if not len(rows):
        raise InvalidValueError("since", f"a day with 22 days of {symbol} before it and one after", first)
    return Panel(
        name="",
        features=tuple(names),
        modality=tuple(modality),
        X=values[rows],
        y=variance[rows + 1],
        value=variance[rows + 1],
        sample=Sample(
            t0=end[rows],
            t1=end[rows + 1],
            weight=np.ones(len(rows)),
            series=np.zeros(len(rows), np.int64),
            day=day[rows],
        ),
        symbols=(symbol,),
        spread=np.zeros(len(rows)),
    )
