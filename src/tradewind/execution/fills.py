"""What cost analysis keeps of each fill of a parent order: enough that every part of its cost is a sum of integers.

For whoever records fills (an episode, a live order): write one :data:`ORDER_FILL` row per fill, with the best quotes
*just before* the event that filled it. In the reactive market these are ``market.seen_ticks`` while fills are handed
over (they follow the book only after the event has settled), so no second look at the book is needed.
"""

from __future__ import annotations

import numpy as np

__all__ = ["ORDER_FILL"]

ORDER_FILL = np.dtype(
    [
        ("ts_ns", "i8"),
        ("price_ticks", "i8"),
        ("size_lots", "i8"),
        ("bid_ticks", "i8"),
        ("ask_ticks", "i8"),
        ("passive", "i8"),
    ]
)
"""One fill of a parent order, 48 bytes.

``ts_ns`` is when it happened at the venue, ``bid_ticks`` and ``ask_ticks`` the best quotes just before the event that
filled it (the message's arrival for an aggressive fill, the other side's order for a passive one), ``passive`` 1 when
the order was resting.
"""
