"""Files of each measured format, written from one synthetic ITCH day, so that a benchmark needs no one's data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import MissingExtraError
from tradewind.data.itch.projection import parse_events
from tradewind.data.itch.synthetic import session

__all__ = ["itch_day", "order_rows", "write_dbn", "write_lobster"]

NANO = 10**9
LOBSTER_KINDS = {
    EventKind.ADD: 1,
    EventKind.REDUCE: 2,
    EventKind.DELETE: 3,
    EventKind.EXECUTE: 4,
    EventKind.TRADE: 5,
}
MBO = np.dtype(
    [
        ("length", "u1"),
        ("rtype", "u1"),
        ("publisher_id", "<u2"),
        ("instrument_id", "<u4"),
        ("ts_event", "<u8"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("size", "<u4"),
        ("flags", "u1"),
        ("channel_id", "u1"),
        ("action", "S1"),
        ("side", "S1"),
        ("ts_recv", "<u8"),
        ("ts_in_delta", "<i4"),
        ("sequence", "<u4"),
    ]
)
"""Databento's market-by-order record, 56 bytes."""


def itch_day(messages: int, seed: int = 1) -> bytes:
    """A synthetic NASDAQ day as bytes."""
    return session(seed=seed, messages=messages)


def order_rows(day: bytes) -> Array:
    """Order and hidden-trade rows of the day's most traded instrument, dtype ``EVENT``."""
    rows = parse_events(day)
    busiest = int(np.bincount(rows["instrument_id"]).argmax())
    wanted = (rows["instrument_id"] == busiest) & np.isin(rows["kind"], [int(kind) for kind in LOBSTER_KINDS])
    return np.asarray(rows[wanted])


def write_lobster(rows: Array, folder: Path) -> Path:
    """A LOBSTER message file of the rows.

    Args:
        rows: Shape (n,), dtype ``EVENT``, with times since midnight.
        folder: Where to put it.

    Returns:
        Its path.
    """
    path = folder / "TEST_2024-01-02_34200000_57600000_message_10.csv"
    number = np.zeros(16, np.int64)
    for kind, code in LOBSTER_KINDS.items():
        number[kind] = code
    time = rows["ts_event_ns"]
    hidden = rows["kind"] == EventKind.TRADE
    text = pl.DataFrame({"whole": time // NANO, "part": time % NANO}).select(
        pl.format("{}.{}", "whole", pl.col("part").cast(pl.String).str.zfill(9)).alias("time")
    )
    pl.DataFrame(
        {
            "time": text["time"],
            "type": number[rows["kind"]],
            "id": np.where(hidden, 0, rows["order_id"]),
            "size": np.maximum(rows["size_lots"], 1),
            "price": rows["price_ticks"] * 100,
            "side": np.where(hidden, -rows["side"].astype(np.int64), rows["side"]),
        }
    ).write_csv(path, include_header=False)
    return path


def write_dbn(rows: Array, folder: Path) -> Path:
    """An uncompressed DBN file of the rows' adds and cancels as MBO records.

    Args:
        rows: Shape (n,), dtype ``EVENT``.
        folder: Where to put it.

    Returns:
        Its path.

    Raises:
        MissingExtraError: When databento-dbn is not installed.
    """
    try:
        from databento_dbn import Metadata, SType
    except ImportError:
        raise MissingExtraError("databento-dbn", "data", "writing a DBN file") from None
    kept = rows[rows["kind"] != EventKind.TRADE]
    records = np.zeros(len(kept), MBO)
    records["length"], records["rtype"], records["publisher_id"] = MBO.itemsize // 4, 160, 1
    records["instrument_id"] = 1
    records["ts_event"] = records["ts_recv"] = kept["ts_event_ns"] + 1_700_000_000 * NANO
    records["order_id"], records["sequence"] = kept["order_id"], np.arange(len(kept))
    records["price"], records["size"] = kept["price_ticks"] * 10_000_000, np.maximum(kept["size_lots"], 1)
    records["flags"] = np.where(kept["flags"] & EventFlag.LAST, 128, 0)
    records["action"] = np.where(kept["kind"] == EventKind.ADD, b"A", b"C")
    records["side"] = np.where(kept["side"] > 0, b"B", b"A")
    metadata = Metadata(
        dataset="XNAS.ITCH",
        start=1_700_000_000 * NANO,
        stype_in=SType.RAW_SYMBOL,
        stype_out=SType.INSTRUMENT_ID,
        schema=None,
        symbols=["TEST"],
        partial=[],
        not_found=[],
        mappings=[],
        ts_out=False,
    )
    path = folder / "test.mbo.dbn"
    path.write_bytes(metadata.encode() + records.tobytes())
    return path
