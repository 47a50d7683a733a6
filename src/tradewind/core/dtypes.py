"""Row types of the data plane: what a feed says, what a trader asks, what a book answers.

Every array that crosses a room is one of these dtypes. Prices are whole ticks, sizes whole lots, times
nanoseconds since 1970-01-01 UTC; the :class:`~tradewind.core.types.Instrument` that travels beside the rows says
what a tick and a lot are worth. Fields are 64-bit so that a satoshi-sized lot cannot overflow.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "BAR",
    "EVENT",
    "FILL",
    "MESSAGE",
    "Array",
    "EventFlag",
    "EventKind",
    "FillFlag",
    "MessageKind",
    "TradingState",
]

Array: TypeAlias = npt.NDArray[Any]
"""Any NumPy array; shape, unit and dtype stand in the docstring of what takes or gives it."""


class EventKind(IntEnum):
    """What a market-data row says (field ``kind`` of :data:`EVENT`)."""

    ADD = 1
    """A new resting order: ``order_id, side, price_ticks, size_lots``."""
    REDUCE = 2
    """A resting order loses ``size_lots`` and keeps its place."""
    DELETE = 3
    """A resting order leaves; ``size_lots`` is what it still had, 0 where the feed does not say."""
    EXECUTE = 4
    """A resting order trades ``size_lots`` at ``price_ticks``; ``side`` is the resting side."""
    REPLACE = 5
    """A resting order takes a new price and size; it keeps its place only at the same price and not larger."""
    TRADE = 6
    """A print without a visible order; ``side`` is the aggressor (+1 buy, -1 sell, 0 unknown)."""
    LEVEL = 7
    """L2: the whole visible size at ``price_ticks`` is now ``size_lots`` (0 removes the level)."""
    QUOTE = 8
    """L1: the best price and size of ``side`` (size 0: that side is empty)."""
    CLEAR = 9
    """The book is empty from here (``side`` 0: both sides); snapshot rows usually follow."""
    STATUS = 10
    """Trading state; ``size_lots`` holds a :class:`TradingState`."""


class EventFlag(IntFlag):
    """Bits of ``EVENT.flags``."""

    LAST = 1
    """Last row of one atomic packet: the book is consistent after it."""
    SNAPSHOT = 2
    """Part of a snapshot, not a change."""
    HIDDEN = 4
    """A trade against non-displayed size."""
    AUCTION = 8
    """Part of a cross or auction."""
    OUT_OF_SEQUENCE = 16
    """A late or otherwise irregular print that must not set the last price."""
    REPLACED = 32
    """A DELETE/ADD pair that the feed sent as one replace with a new order id."""
    ODD_LOT = 64
    """A print smaller than a round lot."""
    OFF_TICK = 128
    """The source price was not a multiple of the tick; ``price_ticks`` is rounded to the nearest."""
    RECV_ONLY = 256
    """The source has no event time; ``ts_event_ns`` repeats the receive time."""
    ANONYMOUS = 512
    """A snapshot row of several orders at one price; ``order_id`` is made up."""
    CORRECTED = 1024
    """A later message broke or corrected this print."""


class TradingState(IntEnum):
    """What a STATUS row says (in ``size_lots``)."""

    CLOSED = 0
    OPEN = 1
    HALTED = 2
    AUCTION = 3
    QUOTE_ONLY = 4


EVENT = np.dtype(
    [
        ("ts_event_ns", "i8"),
        ("ts_recv_ns", "i8"),
        ("sequence", "i8"),
        ("order_id", "i8"),
        ("price_ticks", "i8"),
        ("size_lots", "i8"),
        ("instrument_id", "u4"),
        ("flags", "u2"),
        ("kind", "u1"),
        ("side", "i1"),
    ]
)
"""One market-data row, 56 bytes. ``side`` is the book side (+1 bid, -1 ask); for TRADE the aggressor."""

BAR = np.dtype(
    [
        ("ts_start_ns", "i8"),
        ("open_ticks", "i8"),
        ("high_ticks", "i8"),
        ("low_ticks", "i8"),
        ("close_ticks", "i8"),
        ("volume_lots", "i8"),
    ]
)
"""One open-high-low-close-volume bar, 48 bytes, stamped with its start."""


class MessageKind(IntEnum):
    """What a trader asks (field ``kind`` of :data:`MESSAGE`)."""

    LIMIT = 1
    MARKET = 2
    CANCEL = 3
    REDUCE = 4
    REPLACE = 5
    STOP = 6
    STOP_LIMIT = 7


MESSAGE = np.dtype(
    [
        ("ts_ns", "i8"),
        ("order_id", "i8"),
        ("price_ticks", "i8"),
        ("size_lots", "i8"),
        ("display_lots", "i8"),
        ("trigger_ticks", "i8"),
        ("owner", "i4"),
        ("kind", "u1"),
        ("side", "i1"),
        ("tif", "u1"),
        ("flags", "u1"),
    ]
)
"""One request to the matching engine, 56 bytes.

``display_lots`` > 0 makes a limit order an iceberg; ``trigger_ticks`` is the stop price; ``tif`` is a
:class:`~tradewind.core.types.TimeInForce`; ``owner`` 0 opts out of self-trade prevention. For REDUCE
``size_lots`` is what goes away, for REPLACE it is the new total size.
"""


class FillFlag(IntFlag):
    """Bits of ``FILL.flags``."""

    MAKER_DONE = 1
    """The resting order is complete and gone."""
    SELF_TRADE = 2
    """Not a trade: ``size_lots`` of the maker were cancelled to prevent a self-trade."""
    STOP_TRIGGERED = 4
    """The taker is a stop order that this book triggered."""
    DISPLAY_REFRESHED = 8
    """The maker is an iceberg whose next display quantity joined the back of the queue."""


FILL = np.dtype(
    [
        ("ts_ns", "i8"),
        ("maker_id", "i8"),
        ("taker_id", "i8"),
        ("price_ticks", "i8"),
        ("size_lots", "i8"),
        ("maker_owner", "i4"),
        ("taker_owner", "i4"),
        ("side", "i1"),
        ("flags", "u1"),
        ("reserved", "u2"),
        ("instrument_id", "u4"),
    ]
)
"""One fill, 56 bytes. ``side`` is the aggressor's; rows flagged SELF_TRADE are cancels, not trades."""
