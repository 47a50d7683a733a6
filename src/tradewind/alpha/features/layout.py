"""Memory of the features of ticks: the event they take in, the state they keep.

A :data:`TICK` is one event of a market: a quote (both best prices and sizes) or a trade. :data:`STATE` holds all that
the features of one instrument and session need: sums that decay over seconds, and a ring of the last changes of the
quote for windows counted in changes.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = [
    "BACKWARDS",
    "CHANGED",
    "DEPTH",
    "DEPTH_STATE",
    "HORIZONS_S",
    "IGNORED",
    "LEVELS",
    "QUOTE",
    "RING",
    "STATE",
    "TICK",
    "TRADE",
    "TRADED",
    "WINDOWS",
    "Int",
    "Record",
    "new_state",
]

Record: TypeAlias = Any
"""A record inside a kernel: a bare pointer with fields."""
Int: TypeAlias = Any
"""An integer inside a kernel: int64, or a literal."""

HORIZONS_S = (1.0, 10.0, 60.0)
"""Time constants of sums that decay [s]: what happened that long ago counts 1/e."""
WINDOWS = (10, 100, 1000)
"""Windows counted in changes of the quote."""
RING = 1024
"""Changes remembered; a power of two, more than the longest window."""
LEVELS = 10
"""Levels of a depth record, a side."""

QUOTE = 0
"""Kind of a tick: best quotes."""
TRADE = 1
"""Kind of a tick: a trade."""

IGNORED = 0
"""Answer of an update: nothing new (a repeated, locked, crossed, empty or unreadable quote, a trade of nothing)."""
CHANGED = 1
"""Answer of an update: the quote changed."""
TRADED = 2
"""Answer of an update: a trade was taken in."""
BACKWARDS = -1
"""Answer of an update: the tick is older than the one before; nothing was taken in."""

TICK = np.dtype(
    [
        ("ts_ns", "i8"),
        ("bid", "f8"),
        ("bid_size", "f8"),
        ("ask", "f8"),
        ("ask_size", "f8"),
        ("price", "f8"),
        ("size", "f8"),
        ("kind", "i4"),
        ("side", "i4"),
    ]
)
"""One event, 64 bytes. Prices in currency, sizes in units; ``side`` of a trade is its aggressor's (0 unknown)."""

DEPTH = np.dtype([(name, "f8", (LEVELS,)) for name in ("bid", "bid_size", "ask", "ask_size")])
"""Best levels of a book, best first; prices and sizes are 0 where there are fewer."""

HORIZON_SUMS = (
    "flow",
    "volume",
    "prints",
    "changes_rate",
    "pressure",
    "square",
    "product",
    "bid_added",
    "bid_gone",
    "ask_added",
    "ask_gone",
    "mean_log",
)

STATE = np.dtype(
    [
        ("tick_size", "f8"),
        ("open_ns", "i8"),
        ("close_ns", "i8"),
        ("ts_ns", "i8"),
        ("changes", "i8"),
        ("trades", "i8"),
        ("ignored", "i8"),
        ("bid", "f8"),
        ("bid_size", "f8"),
        ("ask", "f8"),
        ("ask_size", "f8"),
        ("mid", "f8"),
        ("log_mid", "f8"),
        ("bid_since_ns", "i8"),
        ("ask_since_ns", "i8"),
        ("mid_since_ns", "i8"),
        ("last_move", "f8"),
        ("abs_move", "f8"),
        ("touch_mean", "f8"),
        ("spread_mean", "f8"),
        ("tilt", "f8", (2,)),
        ("last_price", "f8"),
        ("last_sign", "f8"),
        ("last_step", "f8"),
        ("roll_product", "f8"),
        ("bucket", "i8"),
        ("bucket_flow", "f8"),
        ("bucket_log", "f8"),
        ("kyle_xy", "f8"),
        ("kyle_xx", "f8"),
        ("pressure_sum", "f8"),
        *[(name, "f8", (len(HORIZONS_S),)) for name in HORIZON_SUMS],
        ("ring_log", "f8", (RING,)),
        ("ring_pressure", "f8", (RING,)),
        ("ring_ts", "i8", (RING,)),
    ],
    align=True,
)
"""What is remembered of one instrument in one session."""

DEPTH_STATE = np.dtype(
    [
        ("changes", "i8"),
        ("level_mean", "f8"),
        ("before", DEPTH),
        ("sums", "f8", (2,)),
        ("ring", "f8", (RING, 2)),
    ],
    align=True,
)
"""What is remembered of a book beneath its best prices: running sums of its order flow and where they stood."""


def new_state(tick_size: float, open_ns: int = 0, close_ns: int = 0) -> Array:
    """State of one instrument at the beginning of a session.

    Args:
        tick_size: Smallest price step [currency].
        open_ns: Opening of the session [ns UTC].
        close_ns: Its close; 0 for a market that never closes (a day is then taken as a session).

    Returns:
        Shape (1,), dtype :data:`STATE`.

    Raises:
        InvalidValueError: For a tick that is not positive.
    """
    if not tick_size > 0:
        raise InvalidValueError("tick_size", "a positive number", tick_size)
    states: Array = np.zeros(1, STATE)
    states["tick_size"] = tick_size
    states["open_ns"], states["close_ns"] = open_ns, close_ns
    states["ts_ns"] = -(2**62)
    return states
