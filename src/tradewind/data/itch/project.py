"""ITCH bytes into ``EVENT`` rows: one pass, one kernel.

The kernel walks the messages of a buffer, keeps the live orders (:mod:`~tradewind.data.itch.orders`) and writes rows
until it needs something from its caller: more bytes, room for rows, a larger table, or a word on a broken message
(:class:`~tradewind.data.itch.rows.Status`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner, prefetch
from tradewind.data.itch.dtypes import LENGTH, MESSAGES
from tradewind.data.itch.orders import home, slot_at
from tradewind.data.itch.pointers import be16, be64, byte
from tradewind.data.itch.rows import (
    LOCATES,
    UNWANTED,
    WANTED,
    Status,
    administer,
    close,
    meet,
    order_message,
    place_at,
    print_message,
    row_at,
)

__all__ = ["by_instrument", "locate_messages", "project"]

MORE_BYTES, ROWS_FULL, ORDERS_FULL = int(Status.MORE_BYTES), int(Status.ROWS_FULL), int(Status.ORDERS_FULL)
BAD_TYPE, BAD_LENGTH = int(Status.BAD_TYPE), int(Status.BAD_LENGTH)
A, C, D, E, F, P, Q, R, S, U, X = (ord(code) for code in "ACDEFPQRSUX")
ACTION, HALT, END_OF_HOURS = ord("H"), ord("h"), ord("E")
REFERENCE = MESSAGES["A"].offset("order_reference")
EVENT_CODE = MESSAGES["S"].offset("event_code")
AHEAD = 16
"""Messages between asking for an order's slot and needing it; hides most of a miss to memory."""


@inner
def frame(at: Any, end: Any, prefix: Any) -> Any:
    """Length of the message at an address without its prefix; 0 when it is not all there; negative: a status."""
    m = at + prefix
    if m >= end:
        return 0
    length = LENGTH[byte(m)]
    if length == 0:
        return BAD_TYPE
    if prefix and be16(at) != length:
        return BAD_LENGTH
    return length if m + length <= end else 0


@inner
def skip(at: Any, end: Any, prefix: Any) -> Any:
    """Address of the message after the one at an address, unchecked; stays where it is near the end."""
    if at + prefix + REFERENCE + 8 > end:
        return at
    return at + prefix + (be16(at) if prefix else LENGTH[byte(at)])


@entry
def project(data: Array, size: int, rows: Array, states: Array, places: Array) -> int:
    """Turn messages into rows until something is needed.

    Args:
        data: Shape (n,), uint8; messages from ``STATE.position`` on.
        size: How much of it is filled [bytes].
        rows: Shape (m,), dtype ``EVENT``, m > 65,536; filled from ``STATE.rows`` on.
        states: Shape (1,), dtype ``STATE``.
        places: Shape (65,536,), dtype ``PLACE``.

    Returns:
        A :class:`~tradewind.data.itch.rows.Status`. Where it is negative, ``STATE.messages`` is the 1-based number of
        the broken message and ``STATE.position`` its first byte (of its length, where it has one).
    """
    state = states[0]
    start = np.int64(data.ctypes.data)
    rows_at, places_at = np.int64(rows.ctypes.data), np.int64(places.ctypes.data)
    at, end, ahead = start + state.position, start + size, start + state.position
    n, limit, orders_limit = state.rows, len(rows) - 2, (state.mask + 1) >> 1
    for _ in range(AHEAD):
        ahead = skip(ahead, end, state.prefix)
    status = MORE_BYTES
    while True:
        length = frame(at, end, state.prefix)
        if length <= 0:
            state.messages += length < 0
            status = length
            break
        m = at + state.prefix
        code = byte(m)
        closes = code == S and byte(m + EVENT_CODE) == END_OF_HOURS
        if n > (limit - LOCATES if closes else limit):
            status = ROWS_FULL
            break
        if state.live >= orders_limit:
            status = ORDERS_FULL
            break
        further = skip(ahead, end, state.prefix)
        if further != ahead:
            prefetch(slot_at(state.slots, home(state, be64(ahead + state.prefix + REFERENCE))))
            ahead = further
        state.messages += 1
        place = place_at(places_at, be16(m + 1))
        written = 0
        if closes:
            written = close(state, places_at, rows_at, n, m)
        elif code == R or place.status != WANTED:
            meet(state, place, m)
        state.by_type[code] += place.status != UNWANTED
        if place.status != WANTED:
            state.other_symbols += place.status == UNWANTED
        elif code in (A, C, D, E, F, U, X):
            written = order_message(state, place, row_at(rows_at, n), row_at(rows_at, n + 1), m)
        elif code in (P, Q):
            written = print_message(state, place, row_at(rows_at, n), m)
        elif code in (ACTION, HALT):
            written = administer(state, row_at(rows_at, n), m)
        if written < 0:
            status = written
            break
        n += written
        at = m + length
    state.rows = n
    state.position = at - start
    return status


@entry
def locate_messages(data: Array, size: int, prefix: int, offsets: Array, codes: Array) -> tuple[int, int, int]:
    """Find where each message begins and of which type it is.

    Args:
        data: Shape (n,), uint8; a message begins at 0.
        size: How much of it is filled [bytes].
        prefix: Bytes of length before each message: 2 or 0.
        offsets: Shape (m,), int64, out: the type byte of each message.
        codes: Shape (m,), uint8, out: its type.

    Returns:
        ``(count, position, status)``: messages found, first byte not used, 0 or a negative status.
    """
    start = np.int64(data.ctypes.data)
    at, count, length = start, 0, 1
    while count < len(offsets):
        length = frame(at, start + size, prefix)
        if length <= 0:
            break
        offsets[count] = at + prefix - start
        codes[count] = byte(at + prefix)
        count += 1
        at += prefix + length
    return count, int(at - start), min(length, 0)


@entry
def by_instrument(rows: Array, ordered: Array, ends: Array) -> None:
    """Sort rows by instrument, keeping their order within each (counting sort).

    Args:
        rows: Shape (n,), dtype ``EVENT``, instruments below 65,536.
        ordered: Shape (n,), dtype ``EVENT``, out.
        ends: Shape (65,536,), int64, zeros; out: where the rows of each instrument end in ``ordered``.
    """
    for row in rows:
        ends[row.instrument_id] += 1
    before = 0
    for locate in range(LOCATES):
        count = ends[locate]
        ends[locate] = before
        before += count
    for row in rows:
        ordered[ends[row.instrument_id]] = row
        ends[row.instrument_id] += 1
