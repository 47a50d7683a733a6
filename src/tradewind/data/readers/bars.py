"""Open-high-low-close-volume bars as tables: Parquet, or CSV with a header; one symbol or many.

Columns are found by name, whatever their case: a time (``start_utc, start_et, start, date, timestamp, time, ts,
datetime, open_time``: the bar's *start*; see :func:`~tradewind.data.tables.times_ns` for zones), ``open, high, low,
close``, and if there are ``volume`` and ``symbol`` (or ``ticker``); else the symbol is the file's name or ``--symbol``.

* Rows are ``BAR``; ``Batch.interval_ns`` is the most common gap between bars of a symbol in the first block.
* A daily bar is stamped with midnight UTC of its date, so start + interval lies after the close it is made of.
* The calendar is New York's for ``start_et``, else ``24/5`` when no early bar is of a weekend, else ``24/7``.
* The tick is 0.01, or the power of ten below that all prices of the symbol are multiples of (adjusted prices need
  it); the lot likewise from 1 downwards. Prices are never rounded by more than 1e-9.
* A file that holds symbol after symbol yields each as one batch, sorted by time; a file in which symbols alternate
  yields one batch per symbol and block, so that memory stays flat.
* Bars without one of the four prices cannot be rows: they are left out and counted (``bars without a price``). Other
  columns, such as an adjusted close, are left out and named in ``notes``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from tradewind.core.dtypes import BAR, Array
from tradewind.core.errors import DataError
from tradewind.core.ports import Feed
from tradewind.core.types import Batch, Instrument
from tradewind.data.columns import to_steps
from tradewind.data.feed import FileFeed, exact_step, symbol_from_name
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.source import read_head
from tradewind.data.tables import find_columns, header_of, table_frames, times_ns

__all__ = ["BarsReader"]

PRICES = ("open", "high", "low", "close")
ALIASES: dict[str, tuple[str, ...]] = {
    "time": ("start_utc", "start_et", "start", "date", "timestamp", "time", "ts", "datetime", "open_time", "ts_event"),
    **{name: (name, f"{name}_price") for name in PRICES},
    "volume": ("volume", "vol"),
    "symbol": ("symbol", "ticker", "sym"),
}
DAY_NS = 86_400 * 10**9
HOLD_ROWS = 1_048_576
"""Rows of one symbol that are held together before they are yielded in pieces."""


class BarsReader:
    """Bars as Parquet or CSV."""

    name: ClassVar[str] = "bars"
    description: ClassVar[str] = "Open-high-low-close-volume bars (Parquet or CSV; one symbol or many)"

    def match(self, head: FileHead) -> Match | None:
        """Recognise a time and the four prices."""
        found = find_columns(header_of(head), ALIASES)
        if all(part in found for part in ("time", *PRICES)):
            return Match(60, "columns of a time, open, high, low and close")
        return None

    def open(self, path: Path, options: ReadOptions) -> Feed:
        """Open a file; ``options.symbol`` names it, or chooses one where there is a column of symbols."""
        return _BarsFeed(path, options)


class _BarsFeed(FileFeed):
    def chunks(self) -> Iterator[Batch]:
        names = header_of(read_head(self.path))
        columns = find_columns(names, ALIASES)
        missing = [part for part in ("time", *PRICES) if part not in columns]
        if missing:
            raise DataError(self.path, f"a column {missing[0]!r}", f"columns {', '.join(names)}", field=missing[0])
        self._note(names, columns)
        numbers = {*PRICES, "volume"} & set(columns)
        instruments: dict[str, Instrument] = {}
        seen: set[str] = set()
        held: pl.DataFrame | None = None
        interval_ns, calendar = 0, ""
        for row, frame in table_frames(self.path, columns, numbers):
            named = self._named(row, frame, columns)
            interval_ns = interval_ns or self._interval(named)
            calendar = calendar or _calendar(columns["time"], named["start"])
            whole = named if held is None else pl.concat([held, named])
            seen.update(whole["symbol"].unique())
            unfinished = whole["symbol"] == whole["symbol"][-1] if len(whole) else pl.Series([], dtype=pl.Boolean)
            if len(whole) >= HOLD_ROWS and unfinished.all():
                unfinished = ~unfinished
            yield from self._batches(whole.filter(~unfinished), instruments, calendar, interval_ns)
            held = whole.filter(unfinished)
        if held is not None:
            yield from self._batches(held, instruments, calendar, interval_ns)
        if "symbol" in columns:
            self.check_symbol_found(seen)

    def _note(self, names: tuple[str, ...], columns: dict[str, str]) -> None:
        dropped = [name for name in names if name not in columns.values()]
        notes = [f"Columns without a place in rows, left out: {', '.join(dropped)}."] if dropped else []
        if "volume" not in columns:
            notes.append("There is no volume: it is 0.")
        self.notes = tuple(notes)

    def _named(self, row: int, frame: pl.DataFrame, columns: dict[str, str]) -> pl.DataFrame:
        """Symbol, start and numbers of each bar; bars without a price are left out."""
        if "symbol" in columns:
            symbol = frame["symbol"].cast(pl.String)
            if symbol.null_count():
                at = int(symbol.is_null().arg_max() or 0)
                raise DataError(self.path, "a symbol", "none", row=row + at, field=columns["symbol"])
        else:
            name = self.options.symbol or symbol_from_name(self.path)
            symbol = pl.repeat(name, len(frame), dtype=pl.String, eager=True)
        volume = frame["volume"].fill_nan(None) if "volume" in columns else pl.zeros(len(frame), eager=True)
        if volume.null_count():
            self.counts["bars without a volume, taken as 0"] += volume.null_count()
        named = frame.select(PRICES).with_columns(
            symbol.alias("symbol"),
            pl.Series("start", times_ns(self.path, row, frame["time"], columns["time"])),
            volume.fill_null(0.0).alias("volume"),
        )
        whole = named.filter(pl.all_horizontal(pl.col(PRICES).is_not_null() & pl.col(PRICES).is_not_nan()))
        if len(whole) < len(named):
            self.counts["bars without a price"] += len(named) - len(whole)
        return whole

    def _interval(self, frame: pl.DataFrame) -> int:
        """Most common gap between the bars of a symbol, the shorter one of two that are equally common."""
        gaps = frame.select(gap=pl.col("start").sort().diff().over("symbol", mapping_strategy="explode"))
        counted = gaps.filter(pl.col("gap") > 0)["gap"].value_counts().sort(["count", "gap"], descending=[True, False])
        if len(counted):
            return int(counted["gap"][0])
        if len(frame) and (frame["start"] % DAY_NS == 0).all():
            return DAY_NS
        raise DataError(self.path, "two bars of a symbol, to tell the length of a bar", f"{len(frame)} bars")

    def _batches(
        self, frame: pl.DataFrame, known: dict[str, Instrument], calendar: str, interval_ns: int
    ) -> Iterator[Batch]:
        numbered = frame.with_row_index("at").with_columns(pl.col("at").min().over("symbol"))
        ordered = numbered.sort("at", "start", maintain_order=True)
        starts, volumes = ordered["start"].to_numpy(), ordered["volume"].to_numpy()
        prices = ordered.select(PRICES).to_numpy()
        symbols = ordered["symbol"].unique(maintain_order=True).to_list()
        cuts = [*np.unique(ordered["at"].to_numpy(), return_index=True)[1].tolist(), len(ordered)]
        for symbol, begin, end in zip(symbols, cuts[:-1], cuts[1:], strict=True):
            if not self.wants(symbol):
                continue
            piece = slice(begin, end)
            if symbol not in known:
                tick, lot = exact_step(prices[piece].ravel(), coarsest="0.01"), exact_step(volumes[piece])
                known[symbol] = self.instrument(symbol, tick, lot, calendar=calendar)
            rows = self._rows(starts[piece], prices[piece], volumes[piece], known[symbol])
            yield Batch(known[symbol], rows, interval_ns)

    def _rows(self, starts: Array, prices: Array, volumes: Array, instrument: Instrument) -> Array:
        ticks, off_tick = to_steps(prices.ravel(), instrument.tick_size)
        lots, off_lot = to_steps(volumes, instrument.lot_size)
        rows = np.zeros(len(starts), dtype=BAR)
        rows["ts_start_ns"] = starts
        rows["volume_lots"] = lots
        for index, name in enumerate(PRICES):
            rows[f"{name}_ticks"] = ticks[index :: len(PRICES)]
        if off_tick.any():
            self.counts["prices off the tick"] += int(off_tick.sum())
        if off_lot.any():
            self.counts["volumes rounded"] += int(off_lot.sum())
        return rows


def _calendar(column: str, starts: pl.Series) -> str:
    """New York's where the clock is, else every day or working days only, as the first bars suggest."""
    if column.lower().endswith("_et"):
        return "XNYS"
    weekday = (starts // DAY_NS + 3) % 7
    return "24/5" if (weekday < 5).all() else "24/7"
