"""Databento MBO records as rows: every order, nothing applied twice.

====== ===================================== ===============================================================
action meaning (Databento)                   row
====== ===================================== ===============================================================
A      an order joins                        ADD
C      all or part of an order leaves        REDUCE by what leaves (an order that reaches 0 is gone)
M      an order's price or size changes      REPLACE
R      the book is cleared                   CLEAR
T      an aggressor traded; book unchanged   none where its fills follow; TRADE of what they do not explain
F      a resting order traded; unchanged     EXECUTE, if the C or M that follows applies it; else TRADE
N      nothing changes                       none, counted
====== ===================================== ===============================================================

Databento prints a trade three times: T, then per resting order F and the C or M that takes the filled size out of the
book. Here an F becomes EXECUTE of the resting order, and the C after it (same order, same event time) loses that size:
it gives no row when nothing is left of it, which is the rule. An M after an F says what remains: it becomes REPLACE to
the remaining *and* filled size, placed before the EXECUTE. For an ordinary partial fill that REPLACE changes nothing
and the EXECUTE leaves what M says; for an iceberg that shows new size under the same number it is the refresh.

From ITCH feeds (XNAS, XBOS, XPSX) a replace with a new order number comes as C and A with one sequence number; these
rows are DELETE and ADD, flagged REPLACED.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import entry, inner
from tradewind.data.readers.databento_records import PRICE_UNIT, UNDEFINED_PRICE, RecordFlag

__all__ = ["mbo_rows", "open_event"]

Records: TypeAlias = Any
Record: TypeAlias = Any
Int: TypeAlias = Any

ADD, CANCEL, MODIFY, CLEAR, TRADE, FILL = (ord(letter) for letter in "ACMRTF")
BUY, SELL = ord("B"), ord("A")
ITCH_PUBLISHERS = (2, 3, 4)
KIND_ADD, KIND_REDUCE, KIND_DELETE = int(EventKind.ADD), int(EventKind.REDUCE), int(EventKind.DELETE)
KIND_EXECUTE, KIND_REPLACE, KIND_TRADE = int(EventKind.EXECUTE), int(EventKind.REPLACE), int(EventKind.TRADE)
KIND_CLEAR = int(EventKind.CLEAR)
ROW_LAST, ROW_SNAPSHOT, ROW_OFF_TICK = int(EventFlag.LAST), int(EventFlag.SNAPSHOT), int(EventFlag.OFF_TICK)
ROW_REPLACED, ROW_RECV_ONLY = int(EventFlag.REPLACED), int(EventFlag.RECV_ONLY)
ROW_ANONYMOUS = int(EventFlag.ANONYMOUS)
LAST, SNAPSHOT, AGGREGATED = int(RecordFlag.LAST), int(RecordFlag.SNAPSHOT), int(RecordFlag.AGGREGATED)
BAD_TS_RECV = int(RecordFlag.BAD_TS_RECV)
ID_MASK = 2**63 - 1
NO_TIME = -1
"""An undefined time stamp (2**64 - 1), read as int64."""


def open_event(records: Array) -> int:
    """Index from which records may belong to an event that goes on in the next piece of a file.

    Args:
        records: Shape (n,), dtype ``MBO_RECORD``, n > 0.

    Returns:
        Start of the last run of one event time if it holds trades, fills, or a cancel that may be half of a replace;
        else n.
    """
    times = records["ts_event"]
    start = len(records) - 1
    while start > 0 and times[start - 1] == times[-1]:
        start -= 1
    return start if np.isin(records["action"][start:], [TRADE, FILL, CANCEL]).any() else len(records)


def mbo_rows(records: Array, tick: Decimal) -> Array:
    """Rows of the records of one instrument.

    Args:
        records: Shape (n,), dtype ``MBO_RECORD``; no event is cut at either end (see :func:`open_event`).
        tick: Tick size, a multiple of 1e-9; lots are single units.

    Returns:
        Shape (m,), dtype ``EVENT``, m <= n.

    Raises:
        InvalidValueError: When the tick is no multiple of 1e-9.
    """
    divisor = tick / PRICE_UNIT
    if divisor != divisor.to_integral_value():
        raise InvalidValueError("tick_size", "a multiple of 0.000000001", tick)
    rows = np.zeros(len(records), dtype=EVENT)
    is_itch = bool(np.isin(records["publisher_id"][:1], ITCH_PUBLISHERS).any())
    if not (records.flags.writeable and records.flags.c_contiguous):
        records = records.copy()  # a kernel is compiled for one kind of array
    count = _convert(records, rows, np.zeros(len(records), dtype=np.int64), int(divisor), is_itch)
    return rows[:count]


@inner
def _put(row: Record, record: Record, kind: Int, size: Int, divisor: Int) -> None:
    """Fill a row from a record; ``side`` is the record's."""
    flags = np.int64(record.flags)
    ts_event, ts_recv = np.int64(record.ts_event), np.int64(record.ts_recv)
    price = np.int64(record.price)
    own = np.int64(0)
    if (flags & SNAPSHOT) != 0:
        own |= ROW_SNAPSHOT
    if (flags & AGGREGATED) != 0:
        own |= ROW_ANONYMOUS
    if ((flags & SNAPSHOT) != 0 or ts_event == NO_TIME) and ts_recv != NO_TIME:
        own |= ROW_RECV_ONLY
        ts_event = ts_recv
    if price != UNDEFINED_PRICE:
        ticks = price // divisor
        rest = price - ticks * divisor
        if rest != 0:
            own |= ROW_OFF_TICK
            if 2 * rest > divisor or (2 * rest == divisor and (ticks & 1) == 1):
                ticks += 1
        row.price_ticks = ticks
    row.ts_event_ns = ts_event
    row.ts_recv_ns = 0 if (flags & BAD_TS_RECV) != 0 or ts_recv == NO_TIME else ts_recv
    row.sequence = record.sequence
    row.order_id = np.int64(record.order_id) & ID_MASK
    row.size_lots = size
    row.instrument_id = record.instrument_id
    row.flags = own
    row.kind = kind
    row.side = 1 if record.side == BUY else (-1 if record.side == SELL else 0)


@inner
def _is_replace(old: Record, new: Record) -> Int:
    """Whether a cancel and a new order came from one ITCH replace message."""
    return (
        old.action == CANCEL
        and new.action == ADD
        and old.sequence == new.sequence
        and old.ts_event == new.ts_event
        and old.side == new.side
        and old.order_id != new.order_id
    )


@inner
def _after_fill(records: Records, i: Int) -> Int:
    """Index of the cancel or modification that takes fill ``i`` out of the book; -1 if the event has none."""
    order_id, ts_event = records[i].order_id, records[i].ts_event
    for j in range(i + 1, len(records)):
        other = records[j]
        if other.ts_event != ts_event:
            return -1
        if other.order_id == order_id and other.action not in (FILL, TRADE):
            if other.action == CANCEL or (other.action == MODIFY and other.price == records[i].price):
                return j
            return -1
    return -1


@inner
def _filled_between(records: Records, i: Int, end: Int) -> Int:
    """Size of the fills from ``i`` up to ``end`` of the order that fill ``i`` names."""
    total = np.int64(0)
    for j in range(i, end):
        if records[j].action == FILL and records[j].order_id == records[i].order_id:
            total += np.int64(records[j].size)
    return total


@inner
def _unexplained(records: Records, i: Int) -> Int:
    """Size of trade ``i`` that the fills behind it do not show."""
    left, ts_event = np.int64(records[i].size), records[i].ts_event
    for j in range(i + 1, len(records)):
        if records[j].ts_event != ts_event or records[j].action == TRADE:
            break
        if records[j].action == FILL:
            left -= np.int64(records[j].size)
    return left


@inner
def _cancel(records: Records, i: Int, row: Record, left: Int, divisor: Int, is_itch: Int) -> Int:  # noqa: PLR0917
    """Row of a cancel of which fills left ``left``; returns how many rows it wrote."""
    record = records[i]
    was_filled = left != np.int64(record.size)
    if was_filled and left <= 0:
        return 0
    _put(row, record, KIND_REDUCE, left, divisor)
    if is_itch and not was_filled and i + 1 < len(records) and _is_replace(record, records[i + 1]):
        row.kind = KIND_DELETE
        row.flags |= ROW_REPLACED
    return 1


@inner
def _fill(records: Records, i: Int, rows: Records, out: Int, filled: Records, divisor: Int) -> Int:  # noqa: PLR0917
    """Rows of a fill; returns how many it wrote."""
    record, size, count = records[i], np.int64(records[i].size), 0
    after = _after_fill(records, i)
    if after >= 0 and records[after].action == MODIFY:
        if filled[after] == 0:
            total = np.int64(records[after].size) + _filled_between(records, i, after)
            _put(rows[out], records[after], KIND_REPLACE, total, divisor)
            rows[out].sequence = record.sequence
            count = 1
    elif after >= 0 and filled[after] + size > np.int64(records[after].size):
        after = -1
    row = rows[out + count]
    if after >= 0:
        filled[after] += size
        _put(row, record, KIND_EXECUTE, size, divisor)
    else:
        _put(row, record, KIND_TRADE, size, divisor)
        row.side = -row.side
    return count + 1


@entry
def _convert(records: Array, rows: Array, filled: Array, divisor: int, is_itch: bool) -> Int:
    """Write the rows of all records; ``filled`` (zeros) keeps what fills already took of the record behind them."""
    out = 0
    for i in range(len(records)):
        record = records[i]
        action, size = np.int64(record.action), np.int64(record.size)
        if action == ADD:
            _put(rows[out], record, KIND_ADD, size, divisor)
            if is_itch and i > 0 and filled[i - 1] == 0 and _is_replace(records[i - 1], record):
                rows[out].flags |= ROW_REPLACED
            out += 1
        elif action == CANCEL:
            out += _cancel(records, i, rows[out], size - filled[i], divisor, is_itch)
        elif action == FILL:
            out += _fill(records, i, rows, out, filled, divisor)
        elif action == MODIFY:
            if filled[i] == 0:
                _put(rows[out], record, KIND_REPLACE, size, divisor)
                out += 1
        elif action == TRADE:
            left = _unexplained(records, i)
            if left > 0:
                _put(rows[out], record, KIND_TRADE, left, divisor)
                out += 1
        elif action == CLEAR:
            _put(rows[out], record, KIND_CLEAR, 0, divisor)
            out += 1
        if (record.flags & LAST) != 0 and out > 0:
            rows[out - 1].flags |= ROW_LAST
    return out
