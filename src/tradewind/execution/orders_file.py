"""Parent orders and their fills in one Parquet file: what a backtest records and what cost analysis reads.

One row is one order: the columns of ``tca.ORDER_MARKS`` (``side``, ``quantity_lots``, ``decision_ns``, ``end_ns``, the
mids in half ticks, the market's TWAP and VWAP in ticks, ``market_lots``), then

============== =====================================================================================================
strategy       who traded it
symbol         what
tick_size      of the instrument, as text, exact
lot_size       likewise
currency       of amounts
maker_bps ...  the four numbers of ``core.fees.Fees``
fills          a list of structs: the columns of ``fills.ORDER_FILL``, and ``twin_half_ticks``, best bid + best ask of
               the market without the order at that moment (null without a twin)
============== =====================================================================================================

Only ``side``, ``quantity_lots``, ``decision_half_ticks`` and ``fills`` are needed; what is missing is taken as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, NotFoundError
from tradewind.core.fees import Fees
from tradewind.core.types import Instrument
from tradewind.execution.fills import ORDER_FILL
from tradewind.execution.tca import ORDER_MARKS

__all__ = ["OrderBundle", "read_orders", "write_orders"]

NEEDED = ("side", "quantity_lots", "decision_half_ticks", "fills")
FILL_NEEDED = ("price_ticks", "size_lots", "bid_ticks", "ask_ticks", "passive")
FEES = ("maker_bps", "taker_bps", "maker_per_unit", "taker_per_unit")
SAME_AS_DECISION = ("arrival_half_ticks", "end_half_ticks")


class OrderBundle(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of one strategy in one instrument under one fee schedule.

    Attributes:
        strategy: Who traded.
        instrument: What.
        fees: What fills cost.
        marks: Shape (n,), dtype ``ORDER_MARKS``.
        fills: Shape (f,), dtype ``ORDER_FILL``, those of order 0 first.
        first: Shape (n + 1,), places in ``fills``.
        twin_half_ticks: Shape (f,), or None without a twin.
    """

    strategy: str
    instrument: Instrument
    fees: Fees
    marks: Array
    fills: Array
    first: Array
    twin_half_ticks: Array | None = None


def write_orders(path: Path, bundles: Iterable[OrderBundle]) -> int:
    """Write orders to a Parquet file, whole or not at all.

    Args:
        path: The file.
        bundles: What to write.

    Returns:
        How many orders were written.
    """
    frames = [_frame(bundle) for bundle in bundles]
    whole = pl.concat(frames)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    try:
        whole.write_parquet(half)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return len(whole)


def _frame(bundle: OrderBundle) -> pl.DataFrame:
    count, sizes = len(bundle.marks), np.diff(bundle.first)
    rows = pl.DataFrame({name: bundle.fills[name] for name in ORDER_FILL.names or ()})
    twin = bundle.twin_half_ticks
    rows = rows.with_columns(pl.Series("twin_half_ticks", [None] * len(rows) if twin is None else twin, dtype=pl.Int64))
    owner = pl.Series("order", np.repeat(np.arange(count), sizes))
    grouped = (
        rows.select(owner, pl.struct(rows.columns).alias("fills")).group_by("order", maintain_order=True).agg("fills")
    )
    marks = pl.DataFrame({name: bundle.marks[name] for name in ORDER_MARKS.names or ()})
    fees = {name: pl.lit(float(getattr(bundle.fees, name))) for name in FEES}
    empty = pl.col("fills").fill_null([])
    return (
        marks.with_columns(pl.Series("order", np.arange(count)))
        .join(grouped, on="order", how="left", maintain_order="left")
        .with_columns(
            empty,
            strategy=pl.lit(bundle.strategy),
            symbol=pl.lit(bundle.instrument.symbol),
            tick_size=pl.lit(str(bundle.instrument.tick_size)),
            lot_size=pl.lit(str(bundle.instrument.lot_size)),
            currency=pl.lit(bundle.instrument.currency),
            **fees,
        )
        .drop("order")
    )


def read_orders(path: Path) -> list[OrderBundle]:
    """Read orders, one bundle per strategy, instrument and fee schedule, in the order in which they come.

    Args:
        path: The file.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When it is not Parquet, a needed column is missing, or a value cannot be read.
    """
    if not path.is_file():
        raise NotFoundError(f"{path}: no such file")
    try:
        frame = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise DataError(path, "a Parquet file of orders", str(error).splitlines()[0]) from None
    for name in NEEDED:
        if name not in frame.columns:
            raise DataError(path, f"a column {name!r}", ", ".join(frame.columns), field=name)
    inner = frame.schema["fills"]
    if not isinstance(inner, pl.List) or not isinstance(inner.inner, pl.Struct):
        raise DataError(path, "a list of structs", str(inner), field="fills")
    names = {field.name for field in inner.inner.fields}
    for name in FILL_NEEDED:
        if name not in names:
            raise DataError(path, f"fills with {name!r}", ", ".join(sorted(names)), field="fills")
    frame = _completed(frame)
    keys = ["strategy", "symbol", "tick_size", "lot_size", "currency", *FEES]
    return [_bundle(path, part, keys) for part in frame.partition_by(keys, maintain_order=True)]


def _completed(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns that are missing, as unknown."""
    plain = {"strategy": "", "symbol": "?", "tick_size": "0.01", "lot_size": "1", "currency": "USD"}
    filled = {name: pl.lit(value) for name, value in plain.items() if name not in frame.columns}
    filled |= {name: pl.lit(0.0) for name in FEES if name not in frame.columns}
    for name in ORDER_MARKS.names or ():
        if name not in frame.columns:
            filled[name] = pl.col("decision_half_ticks") if name in SAME_AS_DECISION else pl.lit(0)
    return frame.with_columns(**filled)


def _bundle(path: Path, part: pl.DataFrame, keys: list[str]) -> OrderBundle:
    told = dict(zip(keys, part.select(keys).row(0), strict=True))
    try:
        instrument = Instrument(
            symbol=told["symbol"] or "?",
            tick_size=Decimal(told["tick_size"]),
            lot_size=Decimal(told["lot_size"]),
            currency=told["currency"],
        )
    except InvalidOperation:
        raise DataError(path, "a decimal number", (told["tick_size"], told["lot_size"]), field="tick_size") from None
    marks = np.zeros(len(part), ORDER_MARKS)
    for name in ORDER_MARKS.names or ():
        marks[name] = part[name].to_numpy()
    sizes = part["fills"].list.len().fill_null(0).to_numpy()
    listed = part.select("fills").explode("fills").drop_nulls().unnest("fills")
    fills = np.zeros(len(listed), ORDER_FILL)
    for name in ORDER_FILL.names or ():
        if name in listed.columns:
            fills[name] = listed[name].to_numpy()
    twin = None
    if "twin_half_ticks" in listed.columns and len(listed) and listed["twin_half_ticks"].null_count() == 0:
        twin = listed["twin_half_ticks"].to_numpy()
    return OrderBundle(
        strategy=told["strategy"],
        instrument=instrument,
        fees=Fees(**{name: float(told[name]) for name in FEES}),
        marks=marks,
        fills=fills,
        first=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        twin_half_ticks=twin,
    )
