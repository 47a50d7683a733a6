"""What a baseline sees, what it remembers, what it was told: three records, so that it runs on any market, or live."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

__all__ = [
    "CURVE_POINTS",
    "EPOCHS",
    "INVENTORY_BINS",
    "MEMORY",
    "PLAN",
    "SIGHT",
    "TABLE_ACTIONS",
    "Kind",
    "TableAction",
]

CURVE_POINTS = 65
"""Points of a schedule, at equal parts of an order's life."""
EPOCHS = 8
"""Times at which tabular Q-learning decides."""
INVENTORY_BINS = 8
"""Shares of the order left that it tells apart."""
SPREAD_BINS, IMBALANCE_BINS = 2, 3


class Kind(IntEnum):
    """Which rule a plan follows."""

    SCHEDULE = 0
    """Cross what a schedule asks for."""
    ALMGREN_CHRISS = 1
    """Cross along the optimal trajectory; ``numbers``: price of risk, and the market's sigma, eta, gamma."""
    ADAPTIVE = 2
    """Adaptive arrival price; the same ``numbers``."""
    POV = 3
    """A share of what others trade; ``numbers``: haste, 1 to be done in time if as much trades as usual."""
    PASSIVE = 4
    """Rest the slice, cross what is late; ``numbers``: tolerated lateness as a share of the order."""
    SUBMIT_AND_LEAVE = 5
    """One limit order; ``numbers``: distance behind the best price [ticks]."""
    IMBALANCE = 6
    """Cross when the queues lean against you; ``numbers``: threshold, tolerated lateness."""
    MICROPRICE = 7
    """Move the resting order with the microprice; ``numbers``: threshold, tolerated lateness."""
    RANDOM = 8
    """Anything that is allowed."""
    WAIT = 10
    """Nothing; the deadline crosses everything."""
    TABLE = 9
    """Tabular Q-learning; ``table``; ``numbers``: chance of a random action."""


class TableAction(IntEnum):
    """What tabular Q-learning does with all that is left, until the next epoch."""

    CROSS = 0
    IMPROVE = 1
    JOIN = 2
    BEHIND = 3
    FAR_BEHIND = 4


TABLE_ACTIONS = len(TableAction)
"""How many actions the table has."""

PLAN = np.dtype(
    [
        ("kind", "i8"),
        ("slices", "i8"),
        ("numbers", "f8", (4,)),
        ("session_s", "f8"),
        ("parts", "i8"),
        ("until", "f8", (CURVE_POINTS,)),
        ("table", "i1", (EPOCHS, INVENTORY_BINS, SPREAD_BINS, IMBALANCE_BINS)),
    ],
    align=True,
)
"""A baseline's parameters, the same for orders of all lengths and sizes: its kind, in how many slices it works (0: one
a decision), numbers by kind, the volume curve (``until``: share of a session's volume before the end of each of
``parts``; 0 parts: flat), and for tabular Q-learning the best :class:`TableAction` by state."""

MEMORY = np.dtype(
    [
        ("key", "u8"),
        ("draws", "i8"),
        ("epoch", "i8"),
        ("action", "i8"),
        ("rest_ticks", "i8"),
        ("slice", "i8"),
        ("state", "i8"),
    ],
    align=True,
)
"""What a baseline remembers within one order, the one of the ``episode``'s number; ``epoch`` and ``slice`` start at -1,
``key`` is its chance."""

SIGHT = np.dtype(
    [
        ("side", "i8"),
        ("quantity_lots", "i8"),
        ("left_lots", "i8"),
        ("bid_ticks", "i8"),
        ("bid_lots", "i8"),
        ("ask_ticks", "i8"),
        ("ask_lots", "i8"),
        ("arrival_half_ticks", "i8"),
        ("market_lots", "i8"),
        ("elapsed_s", "f8"),
        ("horizon_s", "f8"),
        ("decision_s", "f8"),
        ("session_s", "f8"),
        ("volume_per_s", "f8"),
    ],
    align=True,
)
"""What a baseline sees of an order and its market: ``market_lots`` is what others traded since the order's arrival; an
empty side has size 0; ``session_s`` is when in the session the order arrived, below 0 where there is none;
``volume_per_s`` is what usually trades."""
