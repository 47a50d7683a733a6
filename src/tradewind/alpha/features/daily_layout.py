"""Memory of the features of daily bars: the bar they take in, the state they keep of one symbol."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array

__all__ = ["DAILY_RING", "DAILY_STATE", "DAY", "new_daily"]

DAILY_RING = 256
"""Bars remembered; a power of two, more than a year of sessions."""

DAY = np.dtype(
    [
        ("day", "i8"),
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("before", "f8"),
        ("market", "f8"),
    ]
)
"""One daily bar, 64 bytes. ``day`` counts from 1970-01-01; prices as they stood that day [currency]; ``before`` is the
close before in units of this day's share (a split and a dividend are in it; 0 for the first bar); ``market`` the
market's log return of the day."""

DAILY_STATE = np.dtype(
    [
        ("count", "i8"),
        ("day", "i8"),
        ("close", "f8"),
        ("path_now", "f8"),
        ("path", "f8", (DAILY_RING,)),
        ("ret", "f8", (DAILY_RING,)),
        ("night", "f8", (DAILY_RING,)),
        ("market", "f8", (DAILY_RING,)),
        ("volume", "f8", (DAILY_RING,)),
        ("dollars", "f8", (DAILY_RING,)),
        ("range", "f8", (DAILY_RING,)),
        ("location", "f8"),
    ],
    align=True,
)
"""What is remembered of one symbol: log returns with their path, and what traded."""


def new_daily() -> Array:
    """State of one symbol before its first bar, shape (1,), dtype :data:`DAILY_STATE`."""
    states: Array = np.zeros(1, DAILY_STATE)
    states["day"] = -(2**62)
    return states
