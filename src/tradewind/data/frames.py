"""Parts of a catalog as Polars frames: events with their symbol and day, bars with their prices in currency."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.core.dtypes import BAR, EVENT
from tradewind.core.types import Instrument
from tradewind.data.manifest import Manifest

__all__ = ["bar_frame", "event_frame"]

PLACE: dict[str, pl.DataType] = {"symbol": pl.String(), "date": pl.Date()}
PRICES = ("open", "high", "low", "close")


def event_frame(root: Path, manifests: Iterable[Manifest], symbols: Iterable[str] | None = None) -> pl.LazyFrame:
    """Event rows, unread.

    Args:
        root: The catalog.
        manifests: Sources wanted.
        symbols: Symbols wanted; all when absent.

    Returns:
        Columns ``symbol, date`` (trading day) and the fields of ``EVENT``; source by source, each in its order.
    """
    wanted = None if symbols is None else set(symbols)
    parts = [part for manifest in manifests for part in manifest.parts]
    files = [root / part.path for part in parts if part.symbol and (wanted is None or part.symbol in wanted)]
    columns = [*PLACE, *(EVENT.names or ())]
    if not files:
        return _empty(EVENT).lazy().select(columns)
    return pl.scan_parquet(files, hive_partitioning=True, hive_schema=PLACE, glob=False).select(columns)


def bar_frame(
    root: Path, manifests: Iterable[Manifest], interval: str, symbols: Iterable[str] | None = None
) -> pl.LazyFrame:
    """Bars of one length, unread.

    Args:
        root: The catalog.
        manifests: Sources wanted.
        interval: Length of the bars, such as ``1d``.
        symbols: Symbols wanted; all when absent.

    Returns:
        Columns ``symbol, date`` (trading day), the fields of ``BAR``, ``open, high, low, close`` [currency],
        ``volume`` [units] and ``source``; source by source, each in its order.
    """
    frames = []
    for manifest in manifests:
        files = [root / part.path for part in manifest.parts if part.path.startswith(f"bars/interval={interval}/")]
        if files:
            rows = pl.scan_parquet(files, hive_partitioning=False, glob=False)
            rows = rows.with_columns(pl.col("symbol").cast(pl.String))
            if symbols is not None:
                rows = rows.filter(pl.col("symbol").is_in(list(symbols)))
            frames.append(_priced(rows, manifest.bar_instruments[interval], manifest.id))
    return pl.concat(frames) if frames else _priced(_empty(BAR).lazy(), [], "")


def _priced(rows: pl.LazyFrame, instruments: list[Instrument], source: str) -> pl.LazyFrame:
    """Bars with prices and volume as the nearest floats to their exact values."""
    ticks = [Fraction(instrument.tick_size) for instrument in instruments]
    lots = [Fraction(instrument.lot_size) for instrument in instruments]
    units = pl.LazyFrame(
        {
            "symbol": [instrument.symbol for instrument in instruments],
            "tick_up": [tick.numerator for tick in ticks],
            "tick_down": [tick.denominator for tick in ticks],
            "lot_up": [lot.numerator for lot in lots],
            "lot_down": [lot.denominator for lot in lots],
        },
        schema={"symbol": pl.String()} | dict.fromkeys(("tick_up", "tick_down", "lot_up", "lot_down"), pl.Int64()),
    )
    prices = [(pl.col(f"{name}_ticks") * pl.col("tick_up") / pl.col("tick_down")).alias(name) for name in PRICES]
    volume = (pl.col("volume_lots") * pl.col("lot_up") / pl.col("lot_down")).alias("volume")
    joined = rows.join(units, on="symbol", how="left", maintain_order="left")
    return joined.select(*PLACE, *(BAR.names or ()), *prices, volume, pl.lit(source, pl.String()).alias("source"))


def _empty(dtype: np.dtype[np.void]) -> pl.DataFrame:
    """No rows, with a symbol and a day beside the fields."""
    columns = {name: np.empty(0, dtype=dtype[name]) for name in dtype.names or ()}
    return pl.DataFrame(columns).with_columns(pl.lit(None, kind).alias(name) for name, kind in PLACE.items())
