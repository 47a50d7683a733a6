"""Memory of one simulated market: its book, its clocks, its chance; one record that is copied to reset it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.book.layout import aligned_zeros, book_dtype, fills_dtype
from tradewind.core.booking import ACCOUNT
from tradewind.core.dtypes import EVENT, FILL, MESSAGE, Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.fees import FEE_RATES
from tradewind.market.flow.lanes import LANES
from tradewind.market.preset import GROUPS

__all__ = [
    "ANSWER",
    "ARRIVALS",
    "BUFFER",
    "BUFFER_ROWS",
    "CANCELS",
    "CHOICE",
    "DELAYS",
    "METAORDERS",
    "MOOD",
    "MOST_PHASES",
    "NEAR_TICKS",
    "OWN_FILLS",
    "OWN_ORDERS",
    "PHASE",
    "PHASES",
    "REFILL",
    "SIZES",
    "STREAMS",
    "TAKEN",
    "VALUE",
    "market_dtype",
    "new_markets",
]

ARRIVALS = 0
"""Random stream of when events happen. One stream per source keeps a market and its twin coupled."""
CHOICE = 1
"""Random stream of which event happens."""
SIZES = 2
"""Random stream of sizes and distances."""
CANCELS = 3
"""Random stream of which order is cancelled."""
METAORDERS = 4
"""Random stream of hidden metaorders."""
REFILL = 5
"""Random stream of levels that come into view."""
MOOD = 6
"""Random stream of the slow factor on the rate."""
DELAYS = 7
"""Random stream of the jitter of the agent's messages."""
VALUE = 8
"""Random stream of the value that the flow leans to."""
TAKEN = 9
"""Random stream of the hidden size that the agent's orders meet."""
STREAMS = 10
"""How many there are."""
FILL_ROWS = 32
OWN_FILLS = 64
"""Fills of the agent that one call can hand over."""
OWN_ORDERS = 32
"""Orders that the agent may have resting, and messages on their way."""
MOST_METAORDERS = 64
NEAR_TICKS = 16
"""Up to this distance from the best price orders are counted level by level."""

PHASE = np.dtype(
    [
        ("until_s", "f8"),
        ("activity", "f8"),
        ("factor", "f4", (2, 8)),
        ("halted", "i8"),
        ("band_ticks", "i8"),
        ("pause_s", "f8"),
    ],
    align=True,
)
"""A stretch of a scenario: factors on activity and on each side's groups until a time, halt and band."""

MOST_PHASES = 32
"""Stretches of a scenario, at most."""
PHASES = np.dtype([("count", "i8"), ("rows", PHASE, (MOST_PHASES,))], align=True)
"""A scenario as the kernels read it; the last stretch has no end."""

BUFFER_ROWS = 1 << 15
"""Rows one call can write."""
BUFFER = np.dtype([("rows", EVENT, (BUFFER_ROWS,))])
"""Where one call writes its ``EVENT`` rows; ``market.rows_count`` are filled."""

ANSWER = np.dtype([("ts_ns", "i8"), ("order_id", "i8"), ("reason", "i8")], align=True)
"""What became of a message: a :class:`~tradewind.book.reasons.Reason`, when it arrived."""
OWN = np.dtype([("order_id", "i8"), ("slot", "i8"), ("founded", "i8")], align=True)


FIELDS: list[tuple[Any, ...]] = [
    ("streams", "u8", (STREAMS, 4)),
    ("state", "f8", (LANES,)),
    ("flow", "f8", (LANES,)),
    ("buckets", "i8", (LANES,)),
    ("answer", "f4", (2, LANES)),
    ("near_counts", "i4", (2, NEAR_TICKS)),
    ("t_s", "f8"),
    ("next_s", "f8"),
    ("bound", "f8"),
    ("now_s", "f8"),
    ("start_s", "f8"),
    ("session_s", "f8"),
    ("base_ns", "i8"),
    ("activity", "f8"),
    ("rate_touch", "f8"),
    ("rate_shown", "f8"),
    ("rate_clock", "f8"),
    ("rate_all", "f8"),
    ("last_event_s", "f8"),
    ("mood", "f8"),
    ("mood_level", "f8"),
    ("mood_until_s", "f8"),
    ("value_ticks", "f8"),
    ("value_level", "f8"),
    ("belief_ticks", "f8"),
    ("event", "i8"),
    ("flow_key", "i8"),
    ("row", "i8", (2,)),
    ("resting", "i8", (2,)),
    ("near_total", "i8", (2,)),
    ("near_units", "i8", (2,)),
    ("deep_weight", "f8", (2,)),
    ("listed_count", "i8", (2,)),
    ("seen_ticks", "i8", (2,)),
    ("last_move", "i8"),
    ("before_group", "i8"),
    ("before_side", "i8"),
    ("meta_left", "i4", (MOST_METAORDERS,)),
    ("meta_sign", "i1", (MOST_METAORDERS,)),
    ("meta_buys", "i8"),
    ("next_order_id", "i8"),
    ("sequence", "i8"),
    ("events", "i8", (len(GROUPS),)),
    ("proposals", "i8"),
    ("rows_count", "i8"),
    ("recording", "i8"),
    ("phase", "i8"),
    ("fresh", "i8"),
    ("held", "f8"),
    ("guarded", "i8"),
    ("guard_s", "f8"),
    ("reference_ticks", "f8"),
    ("limit_steps", "i8"),
    ("pause_until_s", "f8"),
    ("pauses", "i8"),
    ("entry_delay_ns", "i8"),
    ("jitter_ns", "i8"),
    ("data_delay_ns", "i8"),
    ("last_sent_ns", "i8"),
    ("last_arrival_ns", "i8"),
    ("own_count", "i8"),
    ("own", OWN, (OWN_ORDERS,)),
    ("pending_count", "i8"),
    ("pending", MESSAGE, (OWN_ORDERS,)),
    ("own_fills_count", "i8"),
    ("own_fills_lost", "i8"),
    ("own_fills", FILL, (OWN_FILLS,)),
    ("fees", FEE_RATES),
    ("account", ACCOUNT),
    ("own_marks", "i8", (OWN_FILLS, 2)),
    ("volume_lots", "i8"),
    ("volume_ticks", "i8"),
    ("signed_lots", "i8"),
    ("trades", "i8"),
    ("refused", "i8"),
    ("request", MESSAGE, (1,)),
    ("answers_count", "i8"),
    ("answers", ANSWER, (OWN_ORDERS,)),
    ("fills", fills_dtype(FILL_ROWS)),
]
"""Everything of a market but its book and its list of background orders; what every event touches comes first.

What an event needs to know of the depth is kept up to date, not counted anew: of the orders (the agent's too) within
``NEAR_TICKS`` of a side's best price, ``near_counts`` by distance, their number ``near_total`` and the sum of their
hazards ``near_units`` (whole numbers of ``HAZARD_UNIT``, so that nothing drifts); ``resting`` background orders of a
side stand in its ``listed`` slots, beside some that have traded since. ``activity`` is the sum of ``state``.

For whoever trades in it, whatever drives it (flow, replay): ``own_marks`` are the best bid and ask just before each of
``own_fills``; ``volume_lots``, ``volume_ticks`` (price times size), ``signed_lots`` (by the aggressor's side) and
``trades`` count every trade since the record began, hidden ones and the agent's too.
"""


def market_dtype(levels: int = 128, orders: int = 512) -> np.dtype[np.void]:
    """Dtype of a market record.

    Args:
        levels: Ticks of each side's window; a power of two.
        orders: Slots for resting orders.

    Returns:
        A dtype whose size is a whole number of cache lines.

    Raises:
        InvalidValueError: For sizes that cannot work.

    Examples:
        >>> market_dtype(128, 512).itemsize // 1024
        52
    """
    if orders > 1 << 21:
        raise InvalidValueError("orders", "at most 2097152", orders)
    listed = ("listed", "u2" if orders <= 1 << 16 else "u4", (2, orders))
    fields = [("book", book_dtype(levels, orders, stops=False)), *FIELDS, listed]
    kind = np.dtype(fields, align=True)
    size = -(-kind.itemsize // 64) * 64
    assert kind.fields is not None
    shape = {"names": list(kind.names or ()), "formats": [], "offsets": [], "itemsize": size}
    for name in kind.names or ():
        shape["formats"].append(kind.fields[name][0])  # type: ignore[attr-defined]
        shape["offsets"].append(kind.fields[name][1])  # type: ignore[attr-defined]
    return np.dtype(shape, align=True)  # type: ignore[call-overload, no-any-return]


def new_markets(count: int, levels: int, orders: int) -> Array:
    """Zeroed market records at a cache-line boundary, shape (count,)."""
    return aligned_zeros(count, market_dtype(levels, orders))
