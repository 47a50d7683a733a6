"""What each ITCH message becomes: the parts of the kernel that turn one message into rows.

All parts take addresses and records, never arrays. ``m`` is the address of a message's type byte. A part returns how
many rows it wrote, or a negative :class:`Status` and nothing written.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

from tradewind.core.dtypes import EVENT, EventFlag, EventKind, TradingState
from tradewind.core.kernels import inner, rare
from tradewind.data.itch.dtypes import MESSAGES
from tradewind.data.itch.orders import SELL_BIT, find, put, remove, slot_at
from tradewind.data.itch.pointers import be16, be32, be64, byte, pointer_to

__all__ = [
    "LOCATES",
    "PLACE",
    "STATE",
    "UNWANTED",
    "WANTED",
    "Status",
    "administer",
    "close",
    "meet",
    "order_message",
    "place_at",
    "print_message",
    "row_at",
]


class Status(IntEnum):
    """Why the kernel stopped; negative: at a broken message."""

    MORE_BYTES = 0
    """The buffer holds no further whole message."""
    ROWS_FULL = 1
    """There may be no room for the rows of the next message."""
    ORDERS_FULL = 2
    """The table of live orders is half full."""
    BAD_TYPE = -1
    """No such message type."""
    BAD_LENGTH = -2
    """The stated length is not the length of that message type."""
    BAD_REFERENCE = -3
    """An order reference that is 0 or does not fit 63 bits."""
    BAD_SIDE = -4
    """A side that is neither B nor S."""
    BAD_PRICE = -5
    """An order's price above 214,748.3647 dollar."""
    BAD_STATE = -6
    """A trading state that is none of H, P, Q and T."""


STATE = np.dtype(
    [
        ("position", "i8"),
        ("messages", "i8"),
        ("rows", "i8"),
        ("prefix", "i8"),
        ("midnight_ns", "i8"),
        ("tick_e4", "i8"),
        ("symbol", "i8"),
        ("slots", "i8"),
        ("mask", "i8"),
        ("shift", "i8"),
        ("live", "i8"),
        ("unknown_references", "i8"),
        ("duplicate_references", "i8"),
        ("overfilled_orders", "i8"),
        ("empty_crosses", "i8"),
        ("other_symbols", "i8"),
        ("other_markets", "i8"),
        ("by_type", "i8", (256,)),
    ]
)
"""What the kernel remembers between calls: place in the buffer, options, the table of orders, counters."""
PLACE = np.dtype([("symbol", "i8"), ("round_lot", "i4"), ("status", "i4")])
"""One stock locate code: the eight bytes of its symbol as one number, its round lot, whether it is wanted."""
LOCATES = 65_536
"""Number of stock locate codes."""
UNSEEN = 0
WANTED = 1
"""``PLACE.status`` of an instrument whose rows are asked for."""
UNWANTED = 2
"""``PLACE.status`` of an instrument that was not asked for."""

LAST, HIDDEN, AUCTION = int(EventFlag.LAST), int(EventFlag.HIDDEN), int(EventFlag.AUCTION)
REPLACED, ODD_LOT, OFF_TICK = int(EventFlag.REPLACED), int(EventFlag.ODD_LOT), int(EventFlag.OFF_TICK)
UNPRINTED = int(EventFlag.OUT_OF_SEQUENCE)
ADD, REDUCE, DELETE = int(EventKind.ADD), int(EventKind.REDUCE), int(EventKind.DELETE)
EXECUTE, TRADE, STATUS = int(EventKind.EXECUTE), int(EventKind.TRADE), int(EventKind.STATUS)
CLOSED, OPEN = int(TradingState.CLOSED), int(TradingState.OPEN)
HALTED, QUOTE_ONLY = int(TradingState.HALTED), int(TradingState.QUOTE_ONLY)
BAD_REFERENCE, BAD_SIDE = int(Status.BAD_REFERENCE), int(Status.BAD_SIDE)
BAD_PRICE, BAD_STATE = int(Status.BAD_PRICE), int(Status.BAD_STATE)

A, C, D, F, P, Q, R, U, X, HALT = (ord(code) for code in "ACDFPQRUXh")
IS_BUY, IS_SELL, NO, OURS = ord("B"), ord("S"), ord("N"), ord("Q")
IS_HALTED, IS_PAUSED, IS_QUOTED, IS_TRADED = (ord(state) for state in "HPQT")
ORDER_CHANGES = tuple(ord(code) for code in "ECXDU")
TIMESTAMP = MESSAGES["A"].offset("timestamp_ns") - 2
REFERENCE, SIDE = MESSAGES["A"].offset("order_reference"), MESSAGES["A"].offset("side")
SHARES, PRICE, STOCK = (MESSAGES["A"].offset(name) for name in ("shares", "price_e4", "stock"))
CHANGED = MESSAGES["E"].offset("executed_shares")
PRINTABLE, EXECUTION_PRICE = MESSAGES["C"].offset("printable"), MESSAGES["C"].offset("execution_price_e4")
NEW_REFERENCE = MESSAGES["U"].offset("new_order_reference")
NEW_SHARES, NEW_PRICE = MESSAGES["U"].offset("shares"), MESSAGES["U"].offset("price_e4")
CROSS_SHARES, CROSS_PRICE = MESSAGES["Q"].offset("shares"), MESSAGES["Q"].offset("cross_price_e4")
CROSS_STOCK, LISTED_STOCK = MESSAGES["Q"].offset("stock"), MESSAGES["R"].offset("stock")
ROUND_LOT = MESSAGES["R"].offset("round_lot_size")
ACTION = MESSAGES["H"].offset("trading_state")
MARKET, HALT_ACTION = MESSAGES["h"].offset("market_code"), MESSAGES["h"].offset("operational_halt_action")

place_at = pointer_to(PLACE)
"""``place_at(address, locate)``: what is known of an instrument."""
row_at = pointer_to(EVENT)
"""``row_at(address, index)``: an output row."""


@inner
def begin(state: Any, row: Any, m: Any, kind: Any) -> None:
    """Fill what the header of a message says."""
    row.ts_event_ns = state.midnight_ns + (be64(m + TIMESTAMP) & 0xFFFFFFFFFFFF)
    row.ts_recv_ns = 0
    row.sequence = state.messages
    row.instrument_id = be16(m + 1)
    row.kind = kind


@inner
def name(row: Any, order_id: Any, side: Any) -> None:
    """Fill whose row it is; 0 and 0 where it is nobody's."""
    row.order_id = order_id
    row.side = side


@inner
def finish(state: Any, row: Any, price_e4: Any, size: Any, flags: Any) -> None:
    """Fill price, in whole ticks, halves to even, and flagged where it was none; size and flags."""
    tick = state.tick_e4
    ticks = price_e4 // 100 if tick == 100 else price_e4 // tick
    over = price_e4 - ticks * tick
    if over != 0:
        ticks += 2 * over > tick or (2 * over == tick and (ticks & 1) == 1)
        flags |= OFF_TICK
    row.price_ticks = ticks
    row.size_lots = size
    row.flags = flags


@inner
def add(state: Any, row: Any, m: Any) -> Any:
    """A, F: a new order."""
    reference, side = be64(m + REFERENCE), byte(m + SIDE)
    shares, price = be32(m + SHARES), be32(m + PRICE)
    if reference <= 0:
        return BAD_REFERENCE
    if side not in (IS_BUY, IS_SELL):
        return BAD_SIDE
    if price >= SELL_BIT:
        return BAD_PRICE
    begin(state, row, m, ADD)
    name(row, reference, 1 if side == IS_BUY else -1)
    finish(state, row, price, shares, LAST)
    put(state, reference, price if side == IS_BUY else price | SELL_BIT, shares)
    return 1


@inner
def replace(state: Any, row: Any, second: Any, m: Any, at: Any) -> Any:
    """U: the order in a slot leaves, a new one of the same side joins."""
    reference, shares, price = be64(m + NEW_REFERENCE), be32(m + NEW_SHARES), be32(m + NEW_PRICE)
    if reference <= 0:
        return BAD_REFERENCE
    if price >= SELL_BIT:
        return BAD_PRICE
    slot = slot_at(state.slots, at)
    old, sell = np.int64(slot.price_side), np.int64(slot.price_side) & SELL_BIT
    side = -1 if sell else 1
    begin(state, row, m, DELETE)
    name(row, slot.reference, side)
    finish(state, row, old - sell, slot.shares, REPLACED)
    begin(state, second, m, ADD)
    name(second, reference, side)
    finish(state, second, price, shares, REPLACED | LAST)
    remove(state, at)
    put(state, reference, price | sell, shares)
    return 2


@inner
def order_message(state: Any, place: Any, row: Any, second: Any, m: Any) -> Any:
    """A, F, E, C, X, D, U: an order joins, trades, shrinks, leaves, is replaced."""
    code = byte(m)
    if code in (A, F):
        return add(state, row, m)
    at = find(state, be64(m + REFERENCE))
    if at < 0:
        state.unknown_references += 1
        return 0
    if code == U:
        return replace(state, row, second, m, at)
    slot = slot_at(state.slots, at)
    sell = np.int64(slot.price_side) & SELL_BIT
    price, had = np.int64(slot.price_side) - sell, np.int64(slot.shares)
    flags, shares, kind = LAST, had, DELETE
    if code != D:
        shares = be32(m + CHANGED)
        kind = REDUCE if code == X else EXECUTE
        if code != X and shares < place.round_lot:
            flags |= ODD_LOT
        if code == C:
            price = be32(m + EXECUTION_PRICE)
            flags |= UNPRINTED if byte(m + PRINTABLE) == NO else 0
    begin(state, row, m, kind)
    name(row, slot.reference, -1 if sell else 1)
    finish(state, row, price, shares, flags)
    if shares < had:
        slot.shares = had - shares
    else:
        state.overfilled_orders += shares > had
        remove(state, at)
    return 1


@inner
def print_message(state: Any, place: Any, row: Any, m: Any) -> Any:
    """P, Q: a trade against a hidden order, a cross; neither says which side was the aggressor."""
    if byte(m) == P:
        shares = be32(m + SHARES)
        begin(state, row, m, TRADE)
        name(row, 0, 0)
        finish(state, row, be32(m + PRICE), shares, LAST | HIDDEN | (ODD_LOT if shares < place.round_lot else 0))
        return 1
    shares = be64(m + CROSS_SHARES)
    if shares <= 0:
        state.empty_crosses += 1
        return 0
    begin(state, row, m, TRADE)
    name(row, 0, 0)
    finish(state, row, be32(m + CROSS_PRICE), shares, LAST | AUCTION)
    return 1


@rare
def administer(state: Any, row: Any, m: Any) -> Any:
    """H, h: the trading state, unless it is that of another market."""
    halts = byte(m) == HALT
    if halts and byte(m + MARKET) != OURS:
        state.other_markets += 1
        return 0
    action = byte(m + (HALT_ACTION if halts else ACTION))
    if action in (IS_HALTED, IS_PAUSED):
        now = HALTED
    elif action == IS_QUOTED:
        now = QUOTE_ONLY
    elif action == IS_TRADED:
        now = OPEN
    else:
        return BAD_STATE
    begin(state, row, m, STATUS)
    name(row, 0, 0)
    finish(state, row, 0, now, LAST)
    return 1


@rare
def close(state: Any, places: Any, rows: Any, n: Any, m: Any) -> Any:
    """S, end of system hours: every instrument is closed."""
    written = 0
    for locate in range(LOCATES):
        if place_at(places, locate).status == WANTED:
            row = row_at(rows, n + written)
            begin(state, row, m, STATUS)
            name(row, 0, 0)
            finish(state, row, 0, CLOSED, LAST)
            row.instrument_id = locate
            written += 1
    return written


@rare
def meet(state: Any, place: Any, m: Any) -> None:
    """Learn what a locate code stands for, from R or else from the first message that names the stock."""
    code = byte(m)
    if code == R:
        place.symbol = be64(m + LISTED_STOCK)
        place.round_lot = be32(m + ROUND_LOT)
    elif place.status != UNSEEN:
        return
    elif code in (A, F, P, Q):
        place.symbol = be64(m + (CROSS_STOCK if code == Q else STOCK))
        place.round_lot = 100
    else:
        state.unknown_references += code in ORDER_CHANGES and state.symbol == 0
        return
    place.status = WANTED if state.symbol in (0, place.symbol) else UNWANTED
