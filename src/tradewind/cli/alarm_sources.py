"""Prices for the risk commands: minute bars, quotes or daily bars from Parquet and CSV files, told by their columns."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, NotFoundError
from tradewind.risk.anomalies.minutes import Minutes, minutes_from_quotes

__all__ = [
    "DailyPanel",
    "daily_panel",
    "daily_returns",
    "minutes_of_bars",
    "quote_columns",
    "read_minutes",
    "read_quotes",
    "readable_files",
]

TIMES = ("start_utc", "ts_event", "ts_ns", "time", "timestamp", "start_et", "date")
MOST_RETURN = 0.4  # a day beyond it is a split of an unadjusted series
QUOTES = ("bid_price", "ask_price", "bid_size", "ask_size")


def readable_files(path: Path, symbol: str | None = None, kind: str = "") -> list[Path]:
    """Parquet and CSV files of a path, sorted; of a folder those whose names begin with the symbol and hold ``kind``.

    Raises:
        NotFoundError: When there is none.
    """
    if path.is_file():
        return [path]
    found = [p for p in sorted(path.rglob("*")) if p.suffix in (".parquet", ".csv") and kind in p.name]
    named = [p for p in found if symbol is None or p.name.upper().startswith(symbol.upper())]
    if not named:
        heads = sorted({p.name.split("_")[0] for p in found})
        raise NotFoundError(
            f"{path}: no Parquet or CSV file of {symbol or 'any symbol'}; there are {', '.join(heads[:12]) or 'none'}"
        )
    return named


def read_minutes(files: list[Path]) -> tuple[list[Minutes], bool]:
    """Minutes of each file, and whether the files hold quotes.

    Files of bars are one stretch; each file of quotes is one (a day), regular hours only where the times allow it.

    Raises:
        DataError: For a file that holds neither closes nor quotes.
    """
    frames = {path: _read(path) for path in files if not path.name.endswith("_trades.parquet")}
    first = next(iter(frames.values()))
    if set(QUOTES) <= set(first.columns):
        return [_of_quotes(path, frame) for path, frame in frames.items()], True
    for path, frame in frames.items():
        if "close" not in frame.columns:
            raise DataError(
                path,
                "columns close (bars) or bid_price, ask_price, bid_size, ask_size (quotes)",
                ", ".join(frame.columns),
            )
    joined = pl.concat([_with_ns(path, frame) for path, frame in frames.items()], how="diagonal_relaxed").sort("ns")
    return [minutes_of_bars(joined)], False


def read_quotes(path: Path) -> pl.DataFrame | None:
    """Quotes of regular hours in a file, with their times as ``ns``; None when it holds something else."""
    frame = _read(path)
    return _regular_hours(_with_ns(path, frame)) if set(QUOTES) <= set(frame.columns) else None


def minutes_of_bars(frame: pl.DataFrame) -> Minutes:
    """Minutes of bars with ``ns`` and ``close``; volume where there is one."""
    frame = frame.unique("ns", keep="first", maintain_order=True)
    volume = frame["volume"].to_numpy() if "volume" in frame.columns else np.full(len(frame), np.nan)
    return Minutes.from_bars(frame["ns"].to_numpy(), frame["close"].to_numpy(), volume)


def quote_columns(frame: pl.DataFrame) -> dict[str, Array]:
    """Quote arrays of a frame with ``ns`` and quote columns."""
    names = {"bid": "bid_price", "ask": "ask_price", "bid_size": "bid_size", "ask_size": "ask_size"}
    return {"ts_ns": frame["ns"].to_numpy()} | {k: frame[v].cast(pl.Float64).to_numpy() for k, v in names.items()}


def _of_quotes(path: Path, frame: pl.DataFrame) -> Minutes:
    frame = _regular_hours(_with_ns(path, frame))
    beside = path.with_name(path.name.replace("_quotes", "_trades"))
    trades = None
    if beside != path and beside.is_file():
        sold = _regular_hours(_with_ns(beside, _read(beside)))
        trades = {"ts_ns": sold["ns"].to_numpy(), "size": sold["size"].cast(pl.Float64).to_numpy()}
    return minutes_from_quotes(quote_columns(frame), trades)


def _regular_hours(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows from 9:30 to 16:00 New York time; all rows where none lies there."""
    local = (
        pl.from_epoch(pl.col("ns"), time_unit="ns").dt.replace_time_zone("UTC").dt.convert_time_zone("America/New_York")
    )
    inside = frame.filter(local.dt.time().is_between(pl.time(9, 30), pl.time(16, 0)))
    return inside if len(inside) else frame


def _with_ns(path: Path, frame: pl.DataFrame) -> pl.DataFrame:
    name = next((n for n in TIMES if n in frame.columns), None)
    if name is None:
        raise DataError(path, f"a time column ({', '.join(TIMES)})", ", ".join(frame.columns))
    column = frame[name]
    if column.dtype == pl.String:
        column = column.str.to_datetime(strict=False)
    stamps = column if column.dtype.is_integer() else column.cast(pl.Datetime("ns")).dt.timestamp("ns")
    return frame.with_columns(stamps.alias("ns")).drop_nulls("ns").sort("ns")


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(path, "a Parquet or CSV file", str(error)[:200]) from error


def daily_returns(path: Path, symbol: str | None) -> Array:
    """Shape (t,): daily log returns of one symbol's closes, in a file of bars or a folder of them.

    Raises:
        NotFoundError: When the symbol is not there, or there are several and none was named.
    """
    files = readable_files(path)
    frame = pl.concat([_with_ns(p, _read(p)) for p in files], how="diagonal_relaxed")
    if "symbol" in frame.columns:
        known = sorted(frame["symbol"].unique().to_list())
        if symbol is None and len(known) > 1:
            raise NotFoundError(f"{path}: --symbol must name one of {', '.join(known[:12])}")
        frame = frame.filter(pl.col("symbol") == (symbol or known[0]))
    if not len(frame):
        raise NotFoundError(f"{path}: no bars of {symbol}")
    days = (
        frame.sort("ns").group_by(pl.col("ns") // 86_400_000_000_000, maintain_order=True).agg(pl.col("close").last())
    )
    close = days["close"].to_numpy()
    returns = np.diff(np.log(close[close > 0]))
    return np.asarray(returns[np.abs(returns) < MOST_RETURN])


class DailyPanel(msgspec.Struct, frozen=True):
    """Daily bars of chosen symbols on the days that all of them have.

    Attributes:
        close: Shape (t + 1, n).
        returns: Shape (t, n), simple.
        market: Shape (t,): return of the market.
        traded: Shape (n,): mean value traded a day.
    """

    close: Array
    returns: Array
    market: Array
    traded: Array


def daily_panel(path: Path, symbols: list[str], market: str | None, days: int) -> DailyPanel:
    """Closes, returns and volumes of symbols.

    Raises:
        DataError: For files without symbol, close and volume.
        NotFoundError: For a symbol that is not there, or fewer than 60 days common to all.
    """
    files = readable_files(path)
    frame = pl.concat([_with_ns(p, _read(p)) for p in files], how="diagonal_relaxed")
    if not {"symbol", "close", "volume"} <= set(frame.columns):
        raise DataError(path, "columns symbol, close and volume", ", ".join(frame.columns))
    day = (pl.col("ns") // 86_400_000_000_000).alias("day")
    daily = frame.sort("ns").group_by(["symbol", day]).agg(pl.col("close").last(), pl.col("volume").sum())
    wanted = [*symbols, *([market] if market else [])]
    missing = sorted(set(wanted) - set(daily["symbol"].unique().to_list()))
    if missing:
        raise NotFoundError(f"{path}: no bars of {', '.join(missing[:12])}")
    wide = (
        daily.filter(pl.col("symbol").is_in(wanted))
        .pivot("symbol", index="day", values="close")
        .drop_nulls()
        .sort("day")
    )
    wide = wide.tail(days + 1)
    if len(wide) < 61:
        raise NotFoundError(f"{path}: {len(wide)} days common to all positions; at least 61 are needed")
    close = wide.select(symbols).to_numpy()
    returns = close[1:] / close[:-1] - 1
    if market:
        index = wide[market].to_numpy()
        moves = index[1:] / index[:-1] - 1
    else:
        whole = daily.sort(["symbol", "day"]).with_columns(
            (pl.col("close") / pl.col("close").shift(1) - 1).over("symbol").alias("r")
        )
        whole = whole.filter(pl.col("r").abs() < MOST_RETURN).group_by("day").agg(pl.col("r").mean())
        moves = wide.select("day").join(whole, on="day", how="left")["r"].fill_null(0.0).to_numpy()[1:]
    recent = daily.filter(pl.col("day") >= wide["day"][0])
    volume = recent.group_by("symbol").agg((pl.col("close") * pl.col("volume")).mean().alias("traded"))
    by_symbol = dict(volume.iter_rows())
    return DailyPanel(close, returns, np.asarray(moves), np.array([by_symbol[s] for s in symbols], np.float64))
