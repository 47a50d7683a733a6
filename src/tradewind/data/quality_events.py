"""The scan of ``EVENT`` rows: one pass, one compiled loop; ``tests/naive/quality_twin.py`` is its slow twin."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.kernels import ctz, entry, inner, rare
from tradewind.data.quality_checks import Check
from tradewind.data.quality_state import (
    RECENT,
    Int,
    Record,
    count_in,
    distance,
    flag_row,
    flag_this,
    push,
    sketch_add,
)

__all__ = ["OUTLIER_SCALES", "SIZE_OUTLIER", "scan_events"]

OUTLIER_SCALES = 10.0
"""Scales from the rolling median at which a price is an outlier."""
SIZE_OUTLIER = 1000.0
"""Times the rolling median at which a trade size is an outlier."""
PRICE_FLOOR = 0.0005

ADD, REDUCE, DELETE, EXECUTE = (int(EventKind[name]) for name in ("ADD", "REDUCE", "DELETE", "EXECUTE"))
REPLACE, TRADE, LEVEL, QUOTE = (int(EventKind[name]) for name in ("REPLACE", "TRADE", "LEVEL", "QUOTE"))
CLEAR, STATUS = int(EventKind.CLEAR), int(EventKind.STATUS)
ORDER_KINDS = 1 << ADD | 1 << REDUCE | 1 << DELETE | 1 << EXECUTE | 1 << REPLACE
SIDELESS_KINDS = 1 << TRADE | 1 << CLEAR | 1 << STATUS
SIZED_KINDS = 1 << ADD | 1 << REDUCE | 1 << EXECUTE | 1 << REPLACE | 1 << TRADE
PRICED_KINDS = 1 << ADD | 1 << EXECUTE | 1 << REPLACE
PRICED_IF_SIZED_KINDS = 1 << TRADE | 1 << LEVEL | 1 << QUOTE
TRADE_KINDS = 1 << TRADE | 1 << EXECUTE

LAST, SNAPSHOT, RECV_ONLY = int(EventFlag.LAST), int(EventFlag.SNAPSHOT), int(EventFlag.RECV_ONLY)
OFF_TICK, HIDDEN, AUCTION = int(EventFlag.OFF_TICK), int(EventFlag.HIDDEN), int(EventFlag.AUCTION)
IRREGULAR = int(EventFlag.OUT_OF_SEQUENCE | EventFlag.CORRECTED)

(
    MALFORMED_ROWS, TIME_MISSING, TIME_BACKWARDS, RECV_BACKWARDS, SEQUENCE_GAPS, SEQUENCE_BACKWARDS, NEGATIVE_LATENCY,
    _DRIFT, NO_EVENT_TIME, LAST_MISSING, CROSSED, LOCKED, _BOOK_CROSSED, _BOOK_LOCKED, REPEATED_QUOTES, DUPLICATE_ROWS,
    REPEATED_TRADES, ORDER_ID_MISSING, _UNKNOWN, _TWICE, _OVERSIZE, ZERO_SIZES, NEGATIVE_SIZES, PRICES_NOT_POSITIVE,
    OFF_TICK_QUOTES, OFF_TICK_TRADES, TRADE_PRICE_OUTLIERS, QUOTE_PRICE_OUTLIERS, TRADE_SIZE_OUTLIERS,
) = (int(check) for check in Check if check <= Check.TRADE_SIZE_OUTLIERS)  # fmt: skip
HIDDEN_TRADES, IRREGULAR_TRADES = int(Check.HIDDEN_TRADES), int(Check.IRREGULAR_TRADES)
NEVER = -((1 << 63) - 1)


@entry
def scan_events(rows: Array, files: Array, instruments: Array) -> None:
    """Look at the next rows of an instrument.

    Args:
        rows: Shape (n,), dtype ``EVENT``.
        files: Shape (1,), dtype :data:`~tradewind.data.quality_state.FILE_STATE`; changed.
        instruments: Shape (1,), dtype :data:`~tradewind.data.quality_state.INSTRUMENT_STATE`; changed.
    """
    file, seen = files[0], instruments[0]
    for i in range(len(rows)):
        row = rows[i]
        file.rows += 1
        kind = np.int64(row.kind)
        file.kinds[kind] += 1
        flags = np.uint64(row.flags)
        while flags:
            file.flags[ctz(flags)] += 1
            flags &= flags - np.uint64(1)
        look_at_time(file, seen, row)
        side = np.int64(row.side)
        bit = np.int64(1) << min(kind, np.int64(20))
        if kind < ADD or kind > STATUS or abs(side) > 1 or (side == 0 and bit & SIDELESS_KINDS == 0):
            flag_this(file, seen, row, MALFORMED_ROWS, 0)
        else:
            look_at_values(file, seen, row, bit)
            if kind == QUOTE:
                place = 0 if side > 0 else 1
                seen.quote[place, 0] = row.price_ticks
                seen.quote[place, 1] = row.size_lots
                seen.quote_open = 1
            else:
                look_for_copies(file, seen, row, kind)
                if bit & TRADE_KINDS != 0:
                    look_at_trade(file, seen, row)
                elif kind == CLEAR:
                    forget_quotes(seen, side)
        if row.flags & LAST != 0 and seen.quote_open != 0:
            look_at_quote(file, seen, row)
        seen.rows += 1
        seen.packet_open = 1 if row.flags & LAST == 0 else 0
        seen.last_row = file.rows
        seen.last_event_ns = row.ts_event_ns
        seen.last_sequence = row.sequence


@inner
def look_at_time(file: Record, seen: Record, row: Record) -> None:
    """Both clocks, the sequence, and whether the packet before was closed."""
    at = row.ts_event_ns
    if seen.packet_open != 0 and at != seen.last_event_ns and row.sequence != seen.last_sequence:
        place = (seen.last_row, seen.last_sequence, seen.last_event_ns, seen.symbol)
        flag_row(file, LAST_MISSING, np.int64(0), place)
    if at > 0:
        if seen.rows > 0 and seen.packet_open == 0 and at >= seen.last_event_ns > 0:
            count_in(file.waits, at - seen.last_event_ns)
        file.first_ns = min(file.first_ns, at)
        file.last_ns = max(file.last_ns, at)
    else:
        flag_this(file, seen, row, TIME_MISSING, 0)
    if row.flags & SNAPSHOT != 0:
        return
    if at > 0 and row.flags & RECV_ONLY == 0:
        if at < seen.ts_event_ns:
            flag_this(file, seen, row, TIME_BACKWARDS, seen.ts_event_ns - at)
        seen.ts_event_ns = at
    elif row.flags & RECV_ONLY != 0:
        flag_this(file, seen, row, NO_EVENT_TIME, 0)
    if row.sequence != seen.sequence:
        look_at_step(file, seen, row)
    received = row.ts_recv_ns
    if received > 0:
        if received < seen.ts_recv_ns:
            flag_this(file, seen, row, RECV_BACKWARDS, seen.ts_recv_ns - received)
        seen.ts_recv_ns = received
        if row.flags & RECV_ONLY == 0 and at > 0:
            sketch_add(file, at, received - at)
            if received < at:
                flag_this(file, seen, row, NEGATIVE_LATENCY, at - received)


@inner
def look_at_step(file: Record, seen: Record, row: Record) -> None:
    """A new sequence number; whether gaps mean anything is decided in the end."""
    if seen.sequence != NEVER:
        step = row.sequence - seen.sequence
        file.steps += 1
        if step == 1:
            file.steps_of_one += 1
        elif step > 1:
            file.missing += step - 1
            flag_this(file, seen, row, SEQUENCE_GAPS, step - 1)
        else:
            flag_this(file, seen, row, SEQUENCE_BACKWARDS, -step)
    seen.sequence = row.sequence


@inner
def look_at_values(file: Record, seen: Record, row: Record, bit: Int) -> None:
    """Ids, sizes, prices and ticks."""
    size, price = row.size_lots, row.price_ticks
    if bit & ORDER_KINDS != 0:
        file.order_rows += 1
        if row.order_id <= 0:
            flag_this(file, seen, row, ORDER_ID_MISSING, 0)
    if size <= 0 and bit != 1 << STATUS:
        if size < 0:
            flag_this(file, seen, row, NEGATIVE_SIZES, -size)
        elif bit & SIZED_KINDS != 0 and row.flags & AUCTION == 0:
            flag_this(file, seen, row, ZERO_SIZES, 0)
    if price <= 0 and (bit & PRICED_KINDS != 0 or (size > 0 and bit & PRICED_IF_SIZED_KINDS != 0)):
        flag_this(file, seen, row, PRICES_NOT_POSITIVE, -price)
    if row.flags & OFF_TICK != 0:
        flag_this(file, seen, row, OFF_TICK_TRADES if bit & TRADE_KINDS != 0 else OFF_TICK_QUOTES, 0)


@inner
def look_for_copies(file: Record, seen: Record, row: Record, kind: Int) -> None:
    """The rows just before, as long as they are of the same time: is one of them equal in all but sequence?"""
    for back in range(1, min(seen.recent_rows, np.int64(RECENT)) + 1):
        other = seen.recent[(seen.recent_rows - back) % RECENT]
        if other.ts_event_ns != row.ts_event_ns:
            break
        if other.order_id == row.order_id and other.price_ticks == row.price_ticks and is_copy(other, row):
            flag_this(file, seen, row, REPEATED_TRADES if kind == TRADE else DUPLICATE_ROWS, 0)
            break
    slot = seen.recent[seen.recent_rows % RECENT]
    slot.ts_event_ns = row.ts_event_ns
    slot.ts_recv_ns = row.ts_recv_ns
    slot.order_id = row.order_id
    slot.price_ticks = row.price_ticks
    slot.size_lots = row.size_lots
    slot.instrument_id = row.instrument_id
    slot.flags = row.flags
    slot.kind = row.kind
    slot.side = row.side
    seen.recent_rows += 1


@inner
def is_copy(one: Record, other: Record) -> Any:
    """The fields that are seldom equal have been compared already."""
    return (
        one.size_lots == other.size_lots
        and one.kind == other.kind
        and one.side == other.side
        and one.flags == other.flags
        and one.ts_recv_ns == other.ts_recv_ns
        and one.instrument_id == other.instrument_id
    )


@rare
def look_at_trade(file: Record, seen: Record, row: Record) -> None:
    """What kind of print it is, and whether price or size stand out."""
    file.trades += 1
    if row.flags & HIDDEN != 0:
        flag_this(file, seen, row, HIDDEN_TRADES, 0)
    if row.flags & IRREGULAR != 0:
        flag_this(file, seen, row, IRREGULAR_TRADES, 0)
    if row.size_lots > 0:
        count_in(file.sizes, row.size_lots)
    if row.flags & (IRREGULAR | AUCTION) != 0 or row.size_lots <= 0:
        return
    if row.price_ticks > 0:
        price = np.float64(row.price_ticks)
        far = distance(seen.trade_prices, price, PRICE_FLOOR, 1.0)
        if far > OUTLIER_SCALES:
            flag_this(file, seen, row, TRADE_PRICE_OUTLIERS, np.int64(far))
        push(seen.trade_prices, price)
    size = np.float64(row.size_lots)
    if distance(seen.trade_sizes, size, 0.0, 1.0) > 0.0:
        middle = seen.trade_sizes.ordered[min(seen.trade_sizes.count, np.int64(len(seen.trade_sizes.ring))) // 2]
        if size > SIZE_OUTLIER * middle:
            flag_this(file, seen, row, TRADE_SIZE_OUTLIERS, row.size_lots)
    push(seen.trade_sizes, size)


@rare
def look_at_quote(file: Record, seen: Record, row: Record) -> None:
    """Both best quotes at the end of a packet that touched them."""
    seen.quote_open = 0
    file.quotes += 1
    quote, before = seen.quote, seen.quote_before
    same = True
    for side in range(2):
        for part in range(2):
            same = same and quote[side, part] == before[side, part]
            before[side, part] = quote[side, part]
    if same:
        flag_this(file, seen, row, REPEATED_QUOTES, 0)
    if quote[0, 1] <= 0 or quote[1, 1] <= 0:
        return
    bid, ask = quote[0, 0], quote[1, 0]
    if bid > ask:
        flag_this(file, seen, row, CROSSED, bid - ask)
    elif bid == ask:
        flag_this(file, seen, row, LOCKED, 0)
    twice_mid = np.float64(bid + ask)
    far = distance(seen.mids, twice_mid, PRICE_FLOOR, 2.0)
    if far > OUTLIER_SCALES:
        flag_this(file, seen, row, QUOTE_PRICE_OUTLIERS, np.int64(far))
    push(seen.mids, twice_mid)


@inner
def forget_quotes(seen: Record, side: Int) -> None:
    """CLEAR empties the quotes of its side, or of both."""
    for place in range(2):
        if side == 0 or side == 1 - 2 * place:
            seen.quote[place, 0] = 0
            seen.quote[place, 1] = 0
