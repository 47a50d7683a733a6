"""Memory of the gate: one nested NumPy record is limits and state; a copy of its bytes is a snapshot.

::

    STATE  clock, day, policy, counters
           scopes       firm, desks, strategies: one row type, because most limits are the same at every level
           strategies   what only strategies have: repeats, duplicates, rejects, permitted order types
           instruments  ticks, collars, positions, quotes
           venues       kill switch, execution reports seen
           cells        strategy x instrument: permission, position, cash, open lots
           orders       pool of open orders; slot 0 is nobody
           ids          hash table from order id to slot

Every number is an int64: prices in ticks, sizes in lots, times in nanoseconds, money in micro-currency (millionths).
Money and lots saturate at ``CAP``; no sum of two capped numbers overflows. Tables have fixed sizes.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np

from tradewind.core.dtypes import Array

__all__ = [
    "CAP",
    "DECISION",
    "DESKS",
    "FIRM",
    "FIRST_DESK",
    "FIRST_STRATEGY",
    "IDENTICAL",
    "INPUT",
    "INSTRUMENTS",
    "LARGEST_LOTS",
    "ORDERS",
    "PRICE_NOT_WHOLE",
    "REJECTS",
    "RING",
    "SIZE_NOT_WHOLE",
    "STATE",
    "STRATEGIES",
    "VENUES",
    "WINDOW",
    "InputKind",
    "Int",
    "OrderType",
    "Record",
    "Scope",
    "new_state",
]

Record: TypeAlias = Any
"""A record inside a kernel: a bare pointer with fields."""
Int: TypeAlias = Any
"""An integer inside a kernel: int64, or a literal."""

CAP = 4_000_000_000_000_000_000
"""Where money and lots saturate."""
LARGEST_LOTS = 1 << 50
"""Largest size that is one."""
INSTRUMENTS = 256
"""Rows of the instrument table."""
STRATEGIES = 16
"""Rows of the strategy table."""
DESKS = 8
"""Rows of the desk table."""
VENUES = 8
"""Rows of the venue table."""
ORDERS = 2048
"""Slots of the order pool; slot 0 is nobody."""
RING = 512
"""Message times kept by scope: the largest message window."""
IDENTICAL = 16
"""Sent orders that a strategy remembers to recognise duplicates."""
WINDOW = 1024
"""Execution report numbers remembered by venue."""
OWED = 256
"""Orders remembered whose fills were told of before they were reported."""
REJECTS = 64
"""Reject times kept by strategy: the reject limit is below it."""
FIRM = 0
"""Scope of the firm."""
FIRST_DESK = 1
"""Scope of the first desk."""
FIRST_STRATEGY = FIRST_DESK + DESKS
"""Scope of the first strategy."""
PRICE_NOT_WHOLE = 1
"""Bit of ``INPUT.flags``: the price was not a whole number of ticks."""
SIZE_NOT_WHOLE = 2
"""Bit of ``INPUT.flags``: the size was not a whole number of lots."""


class InputKind(IntEnum):
    """What a row of :data:`INPUT` says."""

    NEW = 1
    """New order: ``order_id, instrument, strategy, side, type, price_ticks, lots``."""
    REPLACE = 2
    """New price and new total size for an open order: ``order_id, strategy, price_ticks, lots``."""
    CANCEL = 3
    """Cancel: always passes, and counts as a message."""
    QUOTE = 4
    """Best quote of ``instrument``: ``price_ticks`` the bid, ``extra`` the ask; 0 where a side is missing."""
    ACK = 5
    """Report: the order rests."""
    FILL = 6
    """Report: ``lots`` traded at ``price_ticks``; ``extra`` is the total so far, -1 unknown."""
    CANCELLED = 7
    """Report: the rest of the order is gone; ``extra`` is the total filled, -1 unknown."""
    REJECTED = 8
    """Report: the venue refused the order."""
    REPLACED = 9
    """Report: the order now has ``price_ticks`` and total ``lots``."""
    REPLACE_REJECTED = 10
    """Report: the venue refused a replace."""
    CANCEL_REJECTED = 11
    """Report: the venue refused a cancel."""
    KILL = 12
    """A person closes a scope: ``extra`` is a :class:`Scope`, ``lots`` its index, ``person`` who."""
    REARM = 13
    """A person opens the latch with the number ``lots``; the signature has been verified."""
    TIGHTEN = 14
    """Posture: ``lots`` size and ``price_ticks`` open orders in thousandths, ``extra`` order types allowed (bits)."""
    ADJUST = 15
    """A person sets the position of a cell to ``lots`` at ``price_ticks``; the signature has been verified."""
    CLOCK = 16
    """Time passes; losses are looked at again."""


class OrderType(IntEnum):
    """Type of an order, as numbers that select bits in a permission mask."""

    LIMIT = 0
    """Trades at its price or better."""
    MARKET = 1
    """Has no price; valued at the far edge of its collar."""
    IOC = 2
    """A limit that does not rest."""
    POST_ONLY = 3
    """A limit that only rests."""


class Scope(IntEnum):
    """What a kill switch closes."""

    ALL = 0
    DESK = 1
    STRATEGY = 2
    INSTRUMENT = 3
    VENUE = 4


def _words(*names: str) -> list[tuple[str, str]]:
    return [(name, "i8") for name in names]


REQUEST_WORDS = ("ts_ns", "kind", "order_id", "exec_id", "instrument", "strategy", "side", "type")
INPUT = np.dtype(_words(*REQUEST_WORDS, "price_ticks", "lots", "extra", "flags", "person"))
"""One thing told to the gate, 104 bytes: a request, a quote, an execution report, a person's word."""

DECISION = np.dtype(_words("reason", "cause", "limit", "value", "headroom"))
"""The gate's answer, 40 bytes; ``headroom`` is ``limit - value``, negative by as much as the limit is broken."""

LATCH = np.dtype(_words("cause", "number", "limit", "value", "ts_ns", "person"))
SCOPE = np.dtype(
    _words("max_lots", "max_notional", "max_gross", "max_net", "max_loss", "max_drawdown", "max_open")
    + _words("rate_per_s", "burst", "fill_ns", "window_ns", "window_messages")
    + _words("used", "filled_lots", "filled_notional", "open_lots", "open_notional", "gross", "high", "low")
    + _words("pnl", "day_pnl", "peak", "open_orders", "tokens", "tokens_ns", "sent")
    + [("kill", LATCH), ("halt", LATCH), ("ring", "i8", (RING,))],
    align=True,
)
RECENT = np.dtype(_words("ts_ns", "instrument", "side", "type", "price_ticks", "lots"))
STRATEGY = np.dtype(
    _words("used", "desk", "types", "max_position", "max_repeats", "repeat_ns", "max_identical", "identical_ns")
    + _words("max_rejects", "reject_ns", "orders", "rejects")
    + [("recent", RECENT, (IDENTICAL,)), ("reject_ring", "i8", (REJECTS,))],
    align=True,
)
INSTRUMENT = np.dtype(
    _words("used", "venue", "restricted", "tick_value", "tick_step", "lot_step", "min_ticks", "max_ticks")
    + _words("collar_bps", "period_bps", "period_ns", "stale_ns", "max_order_lots", "max_order_notional")
    + _words("max_long", "max_short", "max_lots", "max_notional", "max_open")
    + _words("bid", "ask", "mark", "quote_ns", "anchor", "anchor_ns")
    + _words("position", "open_buy", "open_sell", "filled_lots", "filled_notional", "open_lots", "open_notional")
    + _words("open_orders", "own_bid", "own_ask", "head")
    + [("kill", LATCH)],
    align=True,
)
VENUE = np.dtype(
    [
        ("used", "i8"),
        ("kill", LATCH),
        ("halt", LATCH),
        *_words("report_window", "highest", "missing", "duplicates"),
        ("seen", "u1", (WINDOW,)),
    ],
    align=True,
)
CELL = np.dtype(
    _words("permitted", "position", "cash", "open_buy", "open_sell", "gross", "high", "low", "value")
    + _words("repeat_buy", "repeat_sell", "repeat_epoch")
)
ORDER = np.dtype(
    _words("order_id", "instrument", "strategy", "side", "next", "prev", "epoch", "pending")
    + _words("total", "filled", "worst_total", "price", "high", "low", "notional", "answered", "least")
)
OWING = np.dtype(_words("order_id", "lots"))
WORK = np.dtype(
    _words("s", "i", "cell", "side", "lots", "price", "high", "low", "match", "slot", "open_lots", "notional")
    + _words("more_lots", "slack", "more_notional", "more_orders", "reducing")
)

STATE = np.dtype(
    _words("version", "sequence", "clock_ns", "day", "day_offset_ns", "tolerance_ns", "reducing_passes", "max_orders")
    + _words("latches", "last_order_id", "size_permille", "open_permille", "type_mask", "free", "top", "live")
    + _words("unknown_reports", "malformed_reports", "refused", "accepted", "owed_lots", "owed_next")
    + [
        ("work", WORK),
        ("scopes", SCOPE, (FIRST_STRATEGY + STRATEGIES,)),
        ("strategies", STRATEGY, (STRATEGIES,)),
        ("instruments", INSTRUMENT, (INSTRUMENTS,)),
        ("venues", VENUE, (VENUES,)),
        ("cells", CELL, (STRATEGIES * INSTRUMENTS,)),
        ("orders", ORDER, (ORDERS,)),
        ("ids", "i4", (2 * ORDERS,)),
        ("owed", OWING, (OWED,)),
    ],
    align=True,
)
"""The whole gate: limits and state."""


def new_state() -> Array:
    """An empty gate that refuses everything: shape (1,), dtype :data:`STATE`."""
    state = np.zeros(1, STATE)
    state["size_permille"] = state["open_permille"] = 1000
    state["type_mask"] = -1
    return state
