"""LOBSTER messages from text to rows in one compiled pass, without a float on the way."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind, TradingState
from tradewind.core.kernels import entry, inner
from tradewind.data.itch.pointers import byte

__all__ = ["FIELDS", "message_rows"]

FIELDS = {
    "time": "seconds after midnight",
    "type": "a message type from 1 to 7",
    "order_id": "an order number",
    "size": "a size in whole lots",
    "price": "a price in 1/10000 dollar; -1, 0 or 1 in a halt",
    "direction": "+1 (buy) or -1 (sell)",
}
"""What each field of a message should be."""

Int: TypeAlias = Any
Row: TypeAlias = Any

NEWLINE, RETURN, COMMA, MINUS, POINT, ZERO = 10, 13, 44, 45, 46, 48
MAX_DIGITS = 18
LATEST_NS = 2 * 86_400 * 10**9
ADD, DELETE, EXECUTE = int(EventKind.ADD), int(EventKind.DELETE), int(EventKind.EXECUTE)
TRADE, STATUS = int(EventKind.TRADE), int(EventKind.STATUS)
LAST, HIDDEN, AUCTION = int(EventFlag.LAST), int(EventFlag.HIDDEN), int(EventFlag.AUCTION)
OFF_TICK = int(EventFlag.OFF_TICK)
HALTED, QUOTE_ONLY, OPEN = int(TradingState.HALTED), int(TradingState.QUOTE_ONLY), int(TradingState.OPEN)


def message_rows(text: bytes, midnight_ns: int, tick: Fraction, lot: int) -> tuple[Array, int]:
    r"""Rows of some lines of a message file.

    Args:
        text: Whole lines, the last one with or without its end.
        midnight_ns: Midnight in New York [ns since 1970 UTC].
        tick: Tick size in units of 1/10000 dollar.
        lot: Lot size [shares].

    Returns:
        ``(rows, wrong)``: rows of dtype ``EVENT`` up to the first message that is none, and which of its
        :data:`FIELDS` does not fit, -1 where all lines did. ``sequence`` is left to the caller.

    Examples:
        >>> rows, wrong = message_rows(b"34200.004241176,1,16113575,18,5853300,1\n", 0, Fraction(100), 1)
        >>> rows["ts_event_ns"].tolist(), rows["price_ticks"].tolist(), wrong
        ([34200004241176], [58533], -1)
    """
    letters = np.frombuffer(text if text.endswith(b"\n") else text + b"\n", dtype=np.uint8)
    rows = np.zeros(int(np.count_nonzero(letters == NEWLINE)), dtype=EVENT)
    scale = np.array([midnight_ns, lot, tick.numerator, tick.denominator], dtype=np.int64)
    count, wrong = _convert(letters.ctypes.data, rows, scale)
    return rows[:count], wrong


@inner
def _number(i: Int, digits: Int) -> Int:
    """Decimal at address ``i`` in units of ``10**-digits`` (further digits round to the nearest), and where it ends.

    It ends at -1 where there is none, or one of more than 18 digits.
    """
    is_negative = byte(i) == MINUS
    if is_negative:
        i += 1
    start, value = i, np.int64(0)
    while ZERO <= byte(i) <= ZERO + 9:
        value = value * 10 + (byte(i) - ZERO)
        i += 1
    if i == start or i - start + digits > MAX_DIGITS:
        return np.int64(0), np.int64(-1)
    done = 0
    if byte(i) == POINT and digits > 0:
        i += 1
        while ZERO <= byte(i) <= ZERO + 9:
            if done < digits:
                value = value * 10 + (byte(i) - ZERO)
            elif done == digits and byte(i) >= ZERO + 5:
                value += 1
            done += 1
            i += 1
    for _ in range(done, digits):
        value *= 10
    return (-value if is_negative else value), np.int64(i)


@inner
def _place(row: Row, kind: Int, price: Int, direction: Int, ratio: Int) -> Int:
    """Write kind, side, price, size and flags of a message; returns the field that does not fit, or -1."""
    if kind == 7:
        if price < -1 or price > 1:
            return 4
        row.kind, row.flags = STATUS, LAST
        row.size_lots = HALTED if price == -1 else (QUOTE_ONLY if price == 0 else OPEN)
        return -1
    over, under = ratio
    ticks = price * under // over
    rest = price * under - ticks * over
    flags = LAST
    if rest != 0:
        flags |= OFF_TICK
        if 2 * rest > over or (2 * rest == over and (ticks & 1) == 1):
            ticks += 1
    row.price_ticks = ticks
    if kind <= EXECUTE:
        row.kind, row.side = kind, direction
    elif kind == 5:
        row.kind, row.side = TRADE, -direction
        flags |= HIDDEN
    else:
        row.kind = TRADE
        flags |= AUCTION
    row.flags = flags
    return -1


@entry
def _convert(i: Int, rows: Array, scale: Array) -> Int:
    """Rows of the lines at address ``i``, or up to the first wrong one; ``scale``: midnight, lot, tick as a ratio."""
    midnight_ns, lot, over, under = scale[0], scale[1], scale[2], scale[3]
    for count in range(len(rows)):
        row = rows[count]
        time, i = _number(i, 9)
        if i < 0 or byte(i) != COMMA or time < 0 or time >= LATEST_NS:
            return count, 0
        kind, i = _number(i + 1, 0)
        if i < 0 or byte(i) != COMMA or kind < 1 or kind > 7:
            return count, 1
        order_id, i = _number(i + 1, 0)
        if i < 0 or byte(i) != COMMA:
            return count, 2
        size, i = _number(i + 1, 0)
        if i < 0 or byte(i) != COMMA:
            return count, 3
        price, i = _number(i + 1, 0)
        if i < 0 or byte(i) != COMMA or abs(price) >= 2**53:
            return count, 4
        direction, i = _number(i + 1, 0)
        if i >= 0 and byte(i) == RETURN:
            i += 1
        if i < 0 or byte(i) != NEWLINE or direction not in (1, -1):
            return count, 5
        i += 1
        row.ts_event_ns = time + midnight_ns
        row.order_id = order_id
        if lot != 1:
            if size % lot != 0:
                return count, 3
            size //= lot
        row.size_lots = size
        wrong = _place(row, kind, price, direction, (over, under))
        if wrong >= 0:
            return count, wrong
    return len(rows), -1
