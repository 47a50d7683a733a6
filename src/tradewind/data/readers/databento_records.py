"""Databento's records as NumPy dtypes, and what MBO, MBP, trade and bar records have in common on the way to rows.

Source: databento.com/docs, "Standards and conventions" and "Schemas and data formats"; the layout is that of DBN
records, version 1 to 3, into which the CSV reader parses as well. Prices are int64 multiples of 1e-9, ``2**63 - 1``
where there is none; time stamps are nanoseconds, ``2**64 - 1`` where there is none.

Fields filled: ``ts_event_ns``, ``ts_recv_ns`` (0 where flagged bad), ``sequence`` (the venue's), ``order_id`` (without
its sign bit), ``price_ticks``, ``size_lots``, ``instrument_id``, ``kind``, ``side``, ``flags``. Snapshot records repeat
old orders and carry the time of each order's entry; their rows carry the time of the snapshot (``ts_recv``) instead,
flagged RECV_ONLY, so that a stream starts when it starts.
"""

from __future__ import annotations

from decimal import Decimal
from enum import IntFlag

import numpy as np

from tradewind.core.dtypes import EVENT, Array, EventFlag
from tradewind.data.columns import infer_step, rescale
from tradewind.data.feed import exact_step

__all__ = [
    "BAR_RECORD",
    "MBO_RECORD",
    "PRICE_UNIT",
    "TRADE_RECORD",
    "UNDEFINED_PRICE",
    "RecordFlag",
    "Rows",
    "book_record",
    "calendar_of",
    "event_rows",
    "steps_of_prices",
    "tick_of",
    "venue_of",
]

PRICE_UNIT = Decimal("0.000000001")
"""What a price of 1 means."""
UNDEFINED_PRICE = 2**63 - 1
"""The price of a record that has none."""
UNDEFINED_TIME = 2**64 - 1
HEADER = [("length", "u1"), ("rtype", "u1"), ("publisher_id", "<u2"), ("instrument_id", "<u4"), ("ts_event", "<u8")]
STAMPS = [("ts_recv", "<u8"), ("ts_in_delta", "<i4"), ("sequence", "<u4")]
LEVEL = np.dtype(
    [("bid_px", "<i8"), ("ask_px", "<i8"), ("bid_sz", "<u4"), ("ask_sz", "<u4"), ("bid_ct", "<u4"), ("ask_ct", "<u4")]
)

MBO_RECORD = np.dtype(
    [
        *HEADER,
        *(("order_id", "<u8"), ("price", "<i8"), ("size", "<u4")),
        *(("flags", "u1"), ("channel_id", "u1"), ("action", "u1"), ("side", "u1")),
        *STAMPS,
    ]
)
"""One market-by-order message (rtype 160), 56 bytes."""

TRADE_RECORD = np.dtype(
    [
        *HEADER,
        *(("price", "<i8"), ("size", "<u4")),
        *(("action", "u1"), ("side", "u1"), ("flags", "u1"), ("depth", "u1")),
        *STAMPS,
    ]
)
"""One trade (rtype 0), 48 bytes; MBP records begin with it."""

BAR_RECORD = np.dtype([*HEADER, *((name, "<i8") for name in ("open", "high", "low", "close")), ("volume", "<u8")])
"""One bar (rtypes 32 to 35), 56 bytes; ``ts_event`` is its start."""


def book_record(levels: int) -> np.dtype[np.void]:
    """Layout of a market-by-price record.

    Args:
        levels: 1 (rtype 1) or 10 (rtype 10).

    Returns:
        :data:`TRADE_RECORD` followed by field ``levels``.

    Examples:
        >>> book_record(10).itemsize
        368
    """
    return np.dtype([*((name, TRADE_RECORD[name]) for name in TRADE_RECORD.names or ()), ("levels", LEVEL, (levels,))])


class RecordFlag(IntFlag):
    """Bits of a record's ``flags``."""

    LAST = 128
    TOP_OF_BOOK = 64
    SNAPSHOT = 32
    AGGREGATED = 16
    BAD_TS_RECV = 8
    MAYBE_BAD_BOOK = 4


VENUES = {
    "GLBX": "CMES",
    "IFEU": "24/7",
    "XNAS": "XNYS",
    "XBOS": "XNYS",
    "XPSX": "XNYS",
    "BATS": "XNYS",
    "BATY": "XNYS",
    "EDGA": "XNYS",
    "EDGX": "XNYS",
    "XNYS": "XNYS",
    "XCIS": "XNYS",
    "XASE": "XNYS",
    "XCHI": "XNYS",
    "IEXG": "XNYS",
    "DBEQ": "XNYS",
}
PUBLISHERS = ["", "GLBX", "XNAS", "XBOS", "XPSX", "BATS", "BATY", "EDGA", "EDGX", "XNYS", "XCIS", "XASE", "XCHI"]


def venue_of(publisher_id: int) -> str:
    """Venue of a publisher number; empty where it is not among the first twelve."""
    return PUBLISHERS[publisher_id] if publisher_id < len(PUBLISHERS) else ""


def calendar_of(venue: str) -> str:
    """Trading calendar of a venue; ``24/7`` where it is not known."""
    return VENUES.get(venue, "24/7")


def tick_of(prices: Array, *, is_us_stock: bool) -> Decimal:
    """Tick size that a sample of prices shows.

    For US stocks that of Regulation NMS, rule 612: a cent, or 0.0001 where most prices are below a dollar. Else, with
    50 different prices or more, the largest usual step of which they are multiples (99.5 % of them); with fewer, 0.01
    or the finer power of ten that they need, because a tick too small loses nothing.

    Args:
        prices: Shape (n,), int64 multiples of 1e-9; undefined ones are ignored.
        is_us_stock: Whether Regulation NMS holds.

    Examples:
        >>> str(tick_of(np.arange(100) * 250_000_000 + 5_000_000_000_000, is_us_stock=False))
        '0.25'
        >>> str(tick_of(np.array([5_000_000_000_000]), is_us_stock=False))
        '0.01'
    """
    distinct = np.unique(prices[prices != UNDEFINED_PRICE]) * 1e-9
    if is_us_stock:
        return Decimal("0.0001") if len(distinct) and np.median(distinct) < 1 else Decimal("0.01")
    return infer_step(distinct) if len(distinct) >= 50 else exact_step(distinct, "0.01")


def steps_of_prices(prices: Array, tick: Decimal) -> tuple[Array, Array]:
    """Prices in ticks (0 where undefined), and which were no multiple of the tick."""
    return rescale(np.where(prices == UNDEFINED_PRICE, 0, prices), PRICE_UNIT, tick)


class Rows:
    """Rows under construction: parts that belong to records, put into the records' order at the end."""

    def __init__(self, records: Array) -> None:
        self.records = records
        self.parts: list[Array] = []
        self.owners: list[Array] = []

    def add(self, rows: Array, owner: Array) -> None:
        """Add rows; ``owner`` is the index of the record each stands for, or in front of which it stands."""
        self.parts.append(rows)
        self.owners.append(owner)

    def finish(self) -> Array:
        """All rows; LAST where one of the records from a row's own up to the next row's ends an event."""
        owner = np.concatenate(self.owners)
        order = np.argsort(owner, kind="stable")
        rows, owner = np.concatenate(self.parts)[order], owner[order]
        ends = np.concatenate([[0], np.cumsum((self.records["flags"] & RecordFlag.LAST) != 0)])
        following = np.append(owner[1:], len(self.records))
        last = ends[following] > ends[owner]
        rows["flags"] = np.where(last, rows["flags"] | EventFlag.LAST, rows["flags"] & ~EventFlag.LAST)
        return rows


def event_rows(records: Array, tick: Decimal) -> Array:
    """Rows with what all kinds of record share; ``kind`` is still 0 and ``flags`` lack LAST.

    Args:
        records: Shape (n,), any of the dtypes here that has ``price``, ``size`` and ``side``.
        tick: Tick size; lots are single units.

    Returns:
        Shape (n,), dtype ``EVENT``.
    """
    rows = np.zeros(len(records), dtype=EVENT)
    ts_event, ts_recv, flags = (np.asarray(records[name]) for name in ("ts_event", "ts_recv", "flags"))
    is_snapshot = (flags & RecordFlag.SNAPSHOT) != 0
    bad = (ts_event == UNDEFINED_TIME) | is_snapshot
    no_recv = (ts_recv == UNDEFINED_TIME) | ((flags & RecordFlag.BAD_TS_RECV) != 0)
    rows["ts_event_ns"] = np.where(bad & (ts_recv != UNDEFINED_TIME), ts_recv, ts_event)
    rows["ts_recv_ns"] = np.where(no_recv, 0, ts_recv)
    rows["sequence"] = records["sequence"]
    rows["instrument_id"] = records["instrument_id"]
    rows["price_ticks"], off = steps_of_prices(records["price"], tick)
    rows["size_lots"] = records["size"]
    rows["side"] = (records["side"] == ord("B")).astype(np.int8) - (records["side"] == ord("A"))
    rows["flags"] = np.where(is_snapshot, EventFlag.SNAPSHOT, 0)
    rows["flags"] |= np.where(bad, EventFlag.RECV_ONLY, 0).astype(np.uint16)
    rows["flags"] |= np.where(off, EventFlag.OFF_TICK, 0).astype(np.uint16)
    return rows
