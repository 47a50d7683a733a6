"""Price bars of any interval as arrays: reading, validating, and the columns that every risk view starts from.

Reads a Parquet or CSV file with one row a bar: a time column (``start_et``, ``start_utc``, ``date``, ``ts_event`` ...),
``close``, and where they are there ``symbol``, ``open``, ``high``, ``low``, ``volume``. Of a folder it reads the first
of the named sets that is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, InvalidValueError, NotFoundError

__all__ = ["TIME_COLUMNS", "Bars", "index_bars", "read_bars", "returns_table"]

TIME_COLUMNS = ("start_et", "start_utc", "start", "date", "timestamp", "ts_event", "time", "day", "Date")
"""Names under which the time of a bar is looked for, in this order."""
SETS = ("us_hourly", "sp500_daily", "us_daily", "crypto_minute")
DAY_NS = 86_400 * 10**9
LONGEST_GAP_DAYS = 10


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """Bars of one symbol in time order.

    Attributes:
        symbol: Instrument.
        ts_ns: Shape (n,), int64: start of each bar, in the clock of the file [ns].
        open: Shape (n,): first price.
        high: Shape (n,): highest.
        low: Shape (n,): lowest.
        close: Shape (n,): last.
        volume: Shape (n,): traded quantity; zeros where the file has none.
        source: Where it came from, for messages.
        widened: Bars of the file whose range left out their own open or close; it was widened to hold them.
    """

    symbol: str
    ts_ns: Array
    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array
    source: str = "bars"
    widened: int = 0

    def __post_init__(self) -> None:
        _check_shape(self)
        _check_prices(self)

    def __len__(self) -> int:
        return len(self.ts_ns)

    @property
    def day(self) -> Array:
        """Shape (n,), int64: calendar day of each bar [days since 1970-01-01]."""
        return np.asarray(self.ts_ns // DAY_NS, np.int64)


def read_bars(
    path: Path, symbols: Sequence[str] = (), *, sets: Sequence[str] = SETS, most: int | None = None
) -> dict[str, Bars]:
    """Bars of a file, or of the first of ``sets`` in a folder.

    Args:
        path: A Parquet or CSV file, a folder of them, or a folder that holds one of the named sets.
        symbols: Only these; none for all. A file without symbols holds one, named as asked or after the file.
        sets: Names of sub-folders to look for.
        most: Where no symbol is named, the first so many by name that have all days and no missing price.

    Returns:
        Bars by symbol, in the order asked, else sorted.

    Raises:
        NotFoundError: For a path or symbol that is not there.
        DataError: For a file that holds no bars, prices that are not positive, or times that do not rise.
    """
    files = _files(path, sets)
    table = pl.concat([_table(file) for file in files], how="diagonal_relaxed")
    if "symbol" not in table.columns:
        table = table.with_columns(pl.lit(symbols[0] if len(symbols) == 1 else files[0].stem).alias("symbol"))
    there = sorted(table["symbol"].unique().to_list())
    for symbol in symbols:
        if symbol not in there:
            shown = ", ".join(there[:12]) + (" ..." if len(there) > 12 else "")
            raise NotFoundError(f"{path}: no symbol {symbol!r}; it holds {shown}")
    chosen = list(symbols) or (there if most is None else _whole(table)[:most])
    parts = table.filter(pl.col("symbol").is_in(chosen)).partition_by("symbol", as_dict=True, maintain_order=True)
    return {name: _bars(name, parts[name,], files[0]) for name in chosen}


def index_bars(name: str) -> Bars:
    """Daily bars of an index that the ``arch`` package ships, 1999 to 2018.

    Args:
        name: ``sp500`` or ``nasdaq``.

    Raises:
        MissingExtraError: Without the extra ``risk``.
        NotFoundError: For another name.
    """
    import importlib

    from tradewind.core.errors import MissingExtraError

    if name not in ("sp500", "nasdaq"):
        raise NotFoundError(f"arch ships no index {name!r}: sp500, nasdaq")
    try:
        frame: Any = importlib.import_module(f"arch.data.{name}").load()
    except ImportError:
        raise MissingExtraError("arch", "risk", "an index that arch ships") from None
    columns = {key: frame[key.capitalize()].to_numpy(np.float64) for key in ("open", "high", "low", "close", "volume")}
    ts_ns = frame.index.to_numpy().astype("datetime64[ns]").astype(np.int64)
    # Quoted extremes leave out the open on a few days: a bar holds its own ends.
    columns["high"] = np.maximum.reduce([columns["high"], columns["open"], columns["close"]])
    columns["low"] = np.minimum.reduce([columns["low"], columns["open"], columns["close"]])
    return Bars(symbol=name, ts_ns=ts_ns, source=f"arch.data.{name}", **columns)


def returns_table(bars: dict[str, Bars], *, complete: float = 1.0) -> tuple[Array, Array, tuple[str, ...]]:
    """Daily close-to-close log returns of symbols on their common days.

    Args:
        bars: Daily (or finer) bars by symbol.
        complete: Symbols with closes on at least this share of all days are kept; days on which one of these has no
            close are left out.

    Returns:
        Days, shape (n,); returns, shape (n, k); and the k names.

    Raises:
        InvalidValueError: When fewer than two days or no symbol is left.
    """
    closes = {name: dict(zip(b.day.tolist(), b.close.tolist(), strict=True)) for name, b in bars.items()}
    days = sorted({day for series in closes.values() for day in series})
    kept = [name for name, series in closes.items() if len(series) >= complete * len(days)]
    if not kept:
        raise InvalidValueError("symbols", f"one or more with {complete:.0%} of the {len(days)} days", 0)
    common = [day for day in days if all(day in closes[name] for name in kept)]
    if len(common) < 2:
        raise InvalidValueError("bars", "two or more common days", len(common))
    prices = np.array([[closes[name][day] for name in kept] for day in common])
    return np.array(common[1:]), np.diff(np.log(prices), axis=0), tuple(kept)


def _whole(table: pl.DataFrame) -> list[str]:
    """Symbols with nearly all rows and no missing price, sorted."""
    prices = [name for name in ("open", "high", "low", "close") if name in table.columns]
    missing = sum(((pl.col(n).is_null() | pl.col(n).is_nan() | (pl.col(n) <= 0)).sum() for n in prices), pl.lit(0))
    found = table.group_by("symbol").agg(pl.len().alias("rows"), missing.alias("missing"))
    whole = found.filter((pl.col("missing") == 0) & (pl.col("rows") >= 0.98 * pl.col("rows").max()))
    return sorted(whole["symbol"].to_list())


def _files(path: Path, sets: Sequence[str]) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise NotFoundError(f"{path}: no such file or folder; give a Parquet or CSV file of bars, or a folder of them")
    for folder in (*(path / name for name in sets), path):
        found = (
            [file for file in sorted(folder.glob("*")) if file.suffix in (".parquet", ".csv")]
            if folder.is_dir()
            else []
        )
        bars = [file for file in found if _has_bars(file)]
        if bars:
            return bars
    raise NotFoundError(f"{path}: no Parquet or CSV file of bars, nor a folder {' or '.join(sets)}")


def _has_bars(file: Path) -> bool:
    scan = pl.scan_parquet(file) if file.suffix == ".parquet" else pl.scan_csv(file)
    names = {name.lower() for name in scan.collect_schema().names()}
    return "close" in names and bool(names & {name.lower() for name in TIME_COLUMNS})


def _table(file: Path) -> pl.DataFrame:
    table = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, try_parse_dates=True)
    times = [name for name in TIME_COLUMNS if name in table.columns]
    if not times:
        raise DataError(file, f"a time column ({', '.join(TIME_COLUMNS)})", ", ".join(table.columns))
    lower = {
        name: name.lower()
        for name in table.columns
        if name.lower() in ("symbol", "open", "high", "low", "close", "volume")
    }
    table = table.rename({old: new for old, new in lower.items() if old != new})
    if "close" not in table.columns:
        raise DataError(file, "a column close", ", ".join(table.columns))
    time = pl.col(times[0])
    if table.schema[times[0]] == pl.String:
        time = time.str.to_datetime(strict=True)
    stamp = time if table.schema[times[0]].is_integer() else time.cast(pl.Datetime("ns")).cast(pl.Int64)
    keep = [name for name in ("symbol", "open", "high", "low", "close", "volume") if name in table.columns]
    return table.select(stamp.alias("ts_ns"), *keep)


def _bars(symbol: str, table: pl.DataFrame, file: Path) -> Bars:
    table = table.sort("ts_ns", maintain_order=True)
    close = table["close"].cast(pl.Float64).to_numpy()
    columns = {
        name: table[name].cast(pl.Float64).to_numpy() if name in table.columns else close
        for name in ("open", "high", "low")
    }
    top = np.maximum.reduce([columns["open"], columns["high"], columns["low"], close])
    bottom = np.minimum.reduce([columns["open"], columns["high"], columns["low"], close])
    widened = int(np.sum((top > columns["high"]) | (bottom < columns["low"])))
    columns |= {"high": top, "low": bottom}
    volume = table["volume"].cast(pl.Float64).to_numpy() if "volume" in table.columns else np.zeros(len(close))
    return Bars(
        symbol=symbol,
        ts_ns=table["ts_ns"].to_numpy(),
        close=close,
        volume=volume,
        source=str(file),
        widened=widened,
        **columns,
    )


def _check_shape(bars: Bars) -> None:
    lengths = {name: len(getattr(bars, name)) for name in ("ts_ns", "open", "high", "low", "close", "volume")}
    if len(set(lengths.values())) > 1:
        raise InvalidValueError("bars", "arrays of one length", lengths)
    if not len(bars.ts_ns):
        raise DataError(bars.source, f"bars of {bars.symbol}", "none")
    steps = np.diff(bars.ts_ns)
    if np.any(steps <= 0):
        row = int(np.argmax(steps <= 0)) + 2
        what = "twice the same" if steps[row - 2] == 0 else "one before the last"
        raise DataError(bars.source, f"times of {bars.symbol} that rise", what, row=row, hint="Remove repeated bars.")


def _check_prices(bars: Bars) -> None:
    for name in ("open", "high", "low", "close"):
        values = getattr(bars, name)
        bad = ~(np.isfinite(values) & (values > 0))
        if np.any(bad):
            row = int(np.argmax(bad))
            raise DataError(bars.source, f"positive prices of {bars.symbol}", values[row], row=row + 1, field=name)
    outside = (bars.high < np.maximum(bars.open, bars.close)) | (bars.low > np.minimum(bars.open, bars.close))
    if np.any(outside):
        row = int(np.argmax(outside))
        got = f"open {bars.open[row]}, high {bars.high[row]}, low {bars.low[row]}, close {bars.close[row]}"
        raise DataError(bars.source, f"open and close of {bars.symbol} between low and high", got, row=row + 1)


def check_days(days: Array, symbol: str, source: str) -> None:
    """Refuse a hole in the calendar.

    Args:
        days: Shape (n,), rising days since 1970-01-01.
        symbol: For the message.
        source: For the message.

    Raises:
        DataError: When two days in a row lie more than ten calendar days apart.
    """
    gaps = np.diff(days)
    if len(gaps) and gaps.max() > LONGEST_GAP_DAYS:
        row = int(np.argmax(gaps))
        first, second = (np.datetime64(int(days[row + k]), "D") for k in (0, 1))
        raise DataError(
            source,
            f"no gap of more than {LONGEST_GAP_DAYS} days in {symbol}",
            f"nothing between {first} and {second}",
            hint="Fill the missing days, or give the part before or after the gap.",
        )
