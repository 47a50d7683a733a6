"""Memory of a book: one nested NumPy record holds header, ladders and orders.

::

    BOOK  header  clock, trading state, limits, counters, pool (free list and bump pointer), active taker
          ladders bids, asks, and in a book with stops: sell stops, buy stops
          orders  pool of 64-byte nodes; slot 0 is nobody and ends every list

    LADDER best price, window of ``levels`` ticks (ring: level of a price is ``price & (levels - 1)``),
           one bit per occupied level, and pages: FIFO lists of the orders outside the window

A ladder with an even index is ordered like bids (best is highest), with an odd index like asks (best is lowest);
sell stops trigger on the way down, highest first, so they are ordered like bids. Each ladder has its own window, so
a wide spread costs nothing and a feed's book may be locked or crossed. Sizes are compile-time constants of the dtype;
memory that is never touched is never committed by the operating system.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from tradewind.core.dtypes import FILL, Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import inner

__all__ = [
    "ASKS",
    "BIDS",
    "BOOK_ORDERS",
    "BOOK_WIDTH",
    "BUY_STOPS",
    "LADDER_MASK",
    "LEVEL",
    "NONE",
    "ORDER",
    "SELL_STOPS",
    "STOP_LIMIT",
    "STOP_RESTS",
    "TAKER",
    "Int",
    "Record",
    "aligned_zeros",
    "book_dtype",
    "fills_dtype",
    "in_window",
    "page_of",
    "width",
]

Record: TypeAlias = Any
"""A record inside a kernel: a bare pointer with fields."""
Int: TypeAlias = Any
"""An integer inside a kernel: int64, or a literal."""

BIDS = 0
"""Ladder of buy orders."""
ASKS = 1
"""Ladder of sell orders. The stops of side index ``i`` wait in ladder ``3 - i``."""
SELL_STOPS = 2
"""Ladder of waiting sell stops, ordered like bids."""
BUY_STOPS = 3
"""Ladder of waiting buy stops, ordered like asks."""

NONE = 1 << 62
"""Best price of an empty ladder: ``-NONE`` where the best is the highest, ``+NONE`` where it is the lowest."""
LADDER_MASK = 3
"""Bits of ``ORDER.flags`` that hold the index of the ladder the order stands in."""
STOP_LIMIT = 4
"""Bit of ``ORDER.flags``: a waiting stop that becomes a limit order at ``limit_ticks``, not a market order."""
STOP_RESTS = 8
"""Bit of ``ORDER.flags``: what is left of a triggered stop-limit order rests."""
BOOK_WIDTH = 4096
"""Window of the general-purpose book [ticks per side]."""
BOOK_ORDERS = 1 << 21
"""Pool of the general-purpose book [orders]."""
REASONS = 32
LINE = 64
Field: TypeAlias = tuple[str, Any] | tuple[str, Any, tuple[int, ...]]

ORDER = np.dtype(
    [
        ("next", "u4"),
        ("prev", "u4"),
        ("price_ticks", "i8"),
        ("size_lots", "i8"),
        ("order_id", "i8"),
        ("owner", "i4"),
        ("flags", "u4"),
        ("reserve_lots", "i8"),
        ("display_lots", "i8"),
        ("limit_ticks", "i8"),
    ],
    align=True,
)
"""One order, 64 bytes. ``size_lots`` is what shows (0: the slot is free), ``reserve_lots`` what an iceberg hides,
``display_lots`` its peak (0: not an iceberg). A stop waits at its trigger, which is then its ``price_ticks``."""

LEVEL = np.dtype([("head", "u4"), ("tail", "u4"), ("size_lots", "i8"), ("count", "i8")], align=True)
"""Queue at one price, first to last, with the sums of its visible sizes and orders."""

PAGE = np.dtype([("head", "u4"), ("tail", "u4")], align=True)

TAKER = np.dtype(
    [
        ("order_id", "i8"),
        ("limit_ticks", "i8"),
        ("size_lots", "i8"),
        ("display_lots", "i8"),
        ("first_ticks", "i8"),
        ("owner", "i4"),
        ("flags", "u4"),
        ("index", "i4"),
        ("rests", "u1"),
    ],
    align=True,
)
"""The order that is matching. ``index`` 0 buys, 1 sells; ``size_lots`` is what is left; ``first_ticks`` its first
trade price (``NONE`` before); ``rests``: what is left joins the book; ``flags``: :class:`FillFlag` of all its fills."""


def book_dtype(levels: int = BOOK_WIDTH, orders: int = BOOK_ORDERS, *, stops: bool = True) -> np.dtype[np.void]:
    """Dtype of a book record.

    Args:
        levels: Ticks of each ladder's window; a power of two, 64 or more.
        orders: Slots of the pool, slot 0 included.
        stops: Whether stop orders are taken; without them a book is two ladders smaller.

    Returns:
        A record dtype whose size is a multiple of a cache line and whose orders lie on cache lines.

    Raises:
        InvalidValueError: For sizes that cannot work.

    Examples:
        >>> book_dtype(128, 512, stops=False).itemsize
        39680
    """
    if levels < 64 or levels & (levels - 1):
        raise InvalidValueError("levels", "a power of two, 64 or more", levels)
    if not 2 <= orders <= 1 << 31:
        raise InvalidValueError("orders", "2 to 2**31", orders)
    ladder = _lines(
        [
            ("best_ticks", "i8"),
            ("base_ticks", "i8"),
            ("cold", "u8"),
            ("pages", PAGE, (min(64, max(8, levels // 64)),)),
            ("bits", "u8", (levels // 64,)),
            ("levels", LEVEL, (levels,)),
        ]
    )
    return _lines([*HEADER, ("ladders", ladder, (4 if stops else 2,)), ("orders", ORDER, (orders,))])


HEADER: list[Field] = [
    ("clock_ns", "i8"),
    ("live", "i8"),
    ("capacity", "i8"),
    ("free", "u4"),
    ("top", "u4"),
    ("min_ticks", "i8"),
    ("max_ticks", "i8"),
    ("max_lots", "i8"),
    ("messages", "i8"),
    ("entered_lots", "i8"),
    ("cancelled_lots", "i8"),
    ("last_ticks", "i8"),
    ("tick_step", "i8"),
    ("lot_step", "i8"),
    ("traded_lots", "i8"),
    ("fills", "i8"),
    ("instrument_id", "u4"),
    ("triggered_head", "u4"),
    ("triggered_tail", "u4"),
    ("newest", "u4"),
    ("state", "u1"),
    ("self_trade", "u1"),
    ("special", "u1"),
    ("busy", "u1"),
    ("taker", TAKER),
    ("rejects", "i8", (REASONS,)),
]


def _lines(fields: list[Field]) -> np.dtype[np.void]:
    """Record dtype with its nested records on cache lines and its size a whole number of them."""
    names, formats, offsets, end = [], [], [], 0
    for name, *parts in fields:
        kind = np.dtype((parts[0], parts[1]) if len(parts) > 1 else parts[0])
        unit = kind.base
        step = LINE if unit.names and unit.itemsize % LINE == 0 else unit.alignment
        end = -(-end // step) * step
        names.append(name)
        formats.append(kind)
        offsets.append(end)
        end += kind.itemsize
    shape: Any = {"names": names, "formats": formats, "offsets": offsets, "itemsize": -(-end // LINE) * LINE}
    record: np.dtype[np.void] = np.dtype(shape, align=True)
    return record


def fills_dtype(rows: int) -> np.dtype[np.void]:
    """Dtype of a fill buffer: ``count`` rows are taken, ``withheld`` rows at the end are not used.

    Args:
        rows: Length; matching pauses when the buffer is full and goes on when it has been emptied.
    """
    return np.dtype([("count", "i8"), ("withheld", "i8"), ("rows", FILL, (rows,))], align=True)


def aligned_zeros(count: int, dtype: np.dtype[np.void]) -> Array:
    """Zeroed array at a cache-line boundary; the operating system commits its pages when they are first touched.

    Args:
        count: Length.
        dtype: Dtype of the elements.

    Returns:
        Shape (count,).
    """
    raw = np.zeros(count * dtype.itemsize + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    return raw[start : start + count * dtype.itemsize].view(dtype)


@inner
def width(ladder: Record) -> Int:
    """Ticks of a ladder's window (a compile-time constant)."""
    return len(ladder.levels)


@inner
def in_window(ladder: Record, price: Int) -> Int:
    """Whether a price has a level in the window."""
    return 0 <= price - ladder.base_ticks < width(ladder)


@inner
def page_of(ladder: Record, price: Int) -> Int:
    """Page that holds a price outside the window; far pages share a list."""
    return (price // width(ladder)) & (len(ladder.pages) - 1)
