"""What a simulated market tells the world: ``EVENT`` rows like a level-3 feed."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import EventFlag, EventKind
from tradewind.core.kernels import inner

__all__ = ["ADD", "DELETE", "EXECUTE", "HIDDEN", "LAST", "REDUCE", "SNAPSHOT", "TRADE", "row_time", "tell"]

ADD = int(EventKind.ADD)
"""A row of this kind; so are the next four."""
REDUCE = int(EventKind.REDUCE)
"""See ADD."""
DELETE = int(EventKind.DELETE)
"""See ADD."""
EXECUTE = int(EventKind.EXECUTE)
"""See ADD."""
TRADE = int(EventKind.TRADE)
"""See ADD."""
LAST = int(EventFlag.LAST) << 8
"""Flag, as ``what`` holds it: last row of a packet."""
SNAPSHOT = int(EventFlag.SNAPSHOT) << 8
"""Flag, as ``what`` holds it: into or out of view, not a change."""
HIDDEN = int(EventFlag.HIDDEN) << 8
"""Flag, as ``what`` holds it: against hidden size."""


@inner
def row_time(market: Record, t_s: float, resolution_ns: Int) -> Int:
    """Time stamp of an instant: whole multiples of the source's resolution [ns]."""
    t = market.base_ns + np.int64(t_s * 1e9)
    return t - t % resolution_ns


@inner
def tell(market: Record, rows: Record, what: Int, side: Int, order_id: Int, price: Int, size: Int) -> None:  # noqa: PLR0917
    """Write one row; the caller has seen that there is room.

    ``what`` is the kind plus 256 times the flags; ``side`` is 0 for bids, 1 for asks.
    """
    if market.recording:
        row = rows.rows[market.rows_count]
        row.ts_event_ns = market.book.clock_ns
        row.ts_recv_ns = market.book.clock_ns
        row.sequence = market.sequence
        row.order_id = order_id
        row.price_ticks = price
        row.size_lots = size
        row.instrument_id = market.book.instrument_id
        row.flags = what >> 8
        row.kind = what & 255
        row.side = 1 - 2 * side
        market.rows_count += 1
    market.sequence += 1
