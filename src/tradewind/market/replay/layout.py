"""Memory of a replay: the tape of what happened, and the record that says how far it got and what became of it.

A tape is read-only and shared by all replays of it. What changes is two records: the market's (``market_dtype``, the
same as a simulated market's) and the replay's; copying both back starts an episode anew.

Rows of one depth make a tape: ``make_tape`` (``tape.py``) writes them, ``apply_other`` (``run.py``) sends each kind to
its file: single orders ``orders.py`` (L3), levels ``levels.py`` (L2), quotes and trades ``quotes.py`` (L1), the latter
with the queue models of ``queues.py``. All of them keep the historical size in ``market.book`` as orders of owner 0, so
that the agent's messages go through the same engine, and add ``replay.shift_ticks`` to every price they read.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.book.layout import aligned_zeros
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.market.flow.layout import OWN_ORDERS, new_markets
from tradewind.market.replay.queues import QUEUES, QueueModel

__all__ = [
    "BY_NAME",
    "COUNTS",
    "IMPACT",
    "LEVEL_SHAPE",
    "PARTS",
    "QUOTE_SHAPE",
    "SETTLE",
    "SHAPES",
    "TAPE",
    "new_replay",
    "replay_dtype",
    "shape_for",
]

TAPE = np.dtype(
    [
        ("ts_ns", "i8"),
        ("order_id", "i8"),
        ("price_ticks", "i8"),
        ("size_lots", "i8"),
        ("key", "u4"),
        ("flags", "u2"),
        ("kind", "u1"),
        ("side", "i1"),
    ]
)
"""One row of a tape, 40 bytes: an ``EVENT`` row whose order is already found.

``kind``, ``side``, ``flags``, ``price_ticks`` and ``size_lots`` mean what they mean in ``EVENT``, with these rules:
``ts_ns`` never goes back; a row changes the historical book exactly as it says (an order that a feed names wrongly, or
holds back, is dealt with when the tape is made); ``size_lots`` of a DELETE is what the order had in history, ``side``
and ``price_ticks`` of an EXECUTE are those of the resting order. ``key`` is a small number that no other order of the
historical book has at the same time (L3 only): ``replay.slots[key]`` is where the order stands now.
"""

BY_NAME = 1 << 15
"""Flag of a tape's EXECUTE row: in history the order was not the first in the book; it alone trades."""
SETTLE = 32
"""Kind of a tape's row: a snapshot in the middle of the tape is complete; your orders go behind it."""

PARTS = 3
"""Parts of the impact: temporary, decaying, permanent."""
IMPACT = np.dtype(
    [
        ("on", "i8"),
        ("scale_ticks", "f8"),
        ("exponent", "f8"),
        ("volume_lots", "f8"),
        ("passive", "f8"),
        ("grid_ns", "i8"),
        ("most_ticks", "i8"),
        ("weight", "f8", (PARTS,)),
        ("decay_per_s", "f8", (PARTS,)),
        ("signed_lots", "f8", (PARTS,)),
        ("as_of_ns", "i8"),
        ("next_ns", "i8"),
    ],
    align=True,
)
"""The impact overlay: parameters, and the decayed signed volume of your trades."""

COUNTS = np.dtype(
    [
        (name, "i8")
        for name in (
            "rows",
            "yours_lots",
            "hidden_yours_lots",
            "crossing_adds",
            "crossing_yours_lots",
            "crossing_others_lots",
            "redirected_executions",
            "redirected_lots",
            "short_executions",
            "dropped_lots",
            "dropped_cancels",
            "smaller_cancels",
            "larger_cancels",
            "cleared_orders",
            "no_room",
            "rebases",
        )
    ]
)
"""What became of historical rows that your orders had changed the world for; 0 everywhere without your orders.

``rows``                   rows replayed
``yours_lots``             executed lots that filled your resting orders instead of the order they named
``hidden_yours_lots``      lots of hidden or off-book prints that filled your resting orders
``crossing_adds``          new orders that met your resting order, or one that stayed longer than in history
``crossing_yours_lots``    lots of them that filled your orders
``crossing_others_lots``   lots of them that traded with others
``redirected_executions``  executions of which a part went to a historical order that they did not name
``redirected_lots``        lots of them
``short_executions``       executions of which a part found nothing to trade with
``dropped_lots``           lots of them
``dropped_cancels``        reductions, deletions and replacements of orders that were gone
``smaller_cancels``        reductions and deletions of orders that had less left than in history
``larger_cancels``         deletions of orders that had more left than in history; all of it goes
``cleared_orders``         orders removed by a CLEAR
``no_room``                orders left out because the pool was full
``rebases``                times that the impact overlay moved the book
"""

SHAPES = ((256, 2048), (1024, 16384), (4096, 1 << 17), (4096, 1 << 20))
"""Windows [ticks] and pools [orders] that replays use: few, because kernels are compiled for each."""


QUOTE_SHAPE = (128, 512)
"""Window and pool of a replay of quotes (L1): as small as a simulated market, because many are replayed at once."""
LEVEL_SHAPE = (4096, 16384)
"""Window and pool of a replay of levels (L2): wide, because a level outside the window is looked for."""


def shape_for(orders: int, depth: int = 3) -> tuple[int, int]:
    """Window [ticks] and pool [orders] of a replay.

    Args:
        orders: Orders (or levels) that are in the historical book at once, at most.
        depth: 3 every order, 2 levels, 1 quotes and trades.

    Raises:
        InvalidValueError: When there is no shape that large.

    Examples:
        >>> shape_for(1000), shape_for(2, depth=1)
        ((256, 2048), (128, 512))
    """
    shapes = {3: SHAPES, 2: (LEVEL_SHAPE, SHAPES[-1]), 1: (QUOTE_SHAPE,)}[depth]
    for levels, pool in shapes:
        if orders + orders // 4 + 2 * OWN_ORDERS < pool:
            return levels, pool
    raise InvalidValueError("orders", f"fewer than {shapes[-1][1] * 4 // 5} at once", orders)


def replay_dtype(keys: int, depth: int = 3) -> np.dtype[np.void]:
    """Dtype of a replay record.

    Args:
        keys: Length of ``slots``, as long as the pool of the book (depth 3).
        depth: 3 single orders: ``slots``; 2 levels and 1 best quotes: a queue model's state, ``queues``; a record of
            depth 1 is told by its field ``quotes``.
    """
    fields: list[tuple[Any, ...]] = [
        ("depth", "i8"),
        ("cursor", "i8"),
        ("shift_ticks", "i8"),
        ("counts", COUNTS),
        ("impact", IMPACT),
    ]
    if depth == 3:
        fields.append(("slots", "u4", (keys,)))
    else:
        fields.append(("queues", QUEUES))
    if depth == 1:
        fields.append(("quotes", "i8"))
    return np.dtype(fields, align=True)


def new_replay(shape: tuple[int, int], depth: int = 3, count: int = 1) -> tuple[Array, Array]:
    """Zeroed records of markets and their replays, shape (count,) each.

    Args:
        shape: Window [ticks] and pool [orders], one of :data:`SHAPES`.
        depth: 3 every order, 2 levels, 1 quotes and trades.
        count: How many.
    """
    replays = aligned_zeros(count, replay_dtype(shape[1], depth))
    replays["depth"] = depth
    if depth < 3:
        QueueModel().write(replays["queues"])
    return new_markets(count, *shape), replays
