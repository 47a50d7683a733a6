"""A replay behind a wall: compiled once for each kind of record, moved by whoever has its address."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray

from tradewind.core.dtypes import Array
from tradewind.core.kernels import callback
from tradewind.core.pointers import ADVANCE, addresses, pointer_at, record_at
from tradewind.market.flow.layout import BUFFER, market_dtype
from tradewind.market.replay.layout import TAPE, replay_dtype
from tradewind.market.replay.run import replay_through

__all__ = ["TAPE_PLACE", "replay_drive", "tape_place"]

TAPE_PLACE = np.dtype([("address", "i8"), ("count", "i8")])
"""Where a tape lies."""

_drives: dict[tuple[int, int, int], Any] = {}


def tape_place(rows: Array) -> Array:
    """Where a tape lies, shape (1,), dtype :data:`TAPE_PLACE`; good while ``rows`` lives."""
    place = np.zeros(1, TAPE_PLACE)
    place["address"], place["count"] = addresses(rows)[0], len(rows)
    return place


def replay_drive(levels: int, orders: int, depth: int) -> int:
    """Address of ``replay_through`` for records of a size, of signature ``core.pointers.ADVANCE``.

    Its two records are the replay's and the :data:`TAPE_PLACE` of its tape; rows are not kept.

    Args:
        levels: Ticks of each side's window.
        orders: Slots for resting orders.
        depth: 3 every order, 2 levels, 1 quotes and trades.
    """
    size = levels, orders, depth
    if size not in _drives:
        kind, state = market_dtype(levels, orders), replay_dtype(orders, depth)

        @callback(ADVANCE)
        def advance(market: int, replay: int, tape: int, rows: int, until_s: float) -> None:
            place = record_at(tape, TAPE_PLACE)
            replay_through(
                record_at(market, kind),
                record_at(replay, state),
                carray(pointer_at(place.address), (place.count,), TAPE),
                record_at(rows, BUFFER),
                until_s,
            )

        _drives[size] = advance
    return int(_drives[size].address)
