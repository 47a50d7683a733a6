"""What a simulated market tells the world: ``EVENT`` rows like a level-3 feed."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import EventFlag, EventKind
from tradewind.core.kernels import inner

__all__ = ["ADD", "DELETE", "EXECUTE", "LAST", "REDUCE", "SNAPSHOT", "TRADE", "row_time", "tell"]

ADD, REDUCE, DELETE = int(EventKind.ADD), int(EventKind.REDUCE), int(EventKind.DELETE)
EXECUTE, TRADE = int(EventKind.EXECUTE), int(EventKind.TRADE)
LAST, SNAPSHOT = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)


@inner
def row_time(market: Record, t_s: float, resolution_ns: Int) -> Int:
    """Time stamp of an instant: whole multiples of the source's resolution [ns]."""
    t = market.base_ns + np.int64(t_s * 1e9)
    return t - t % resolution_ns


@inner
def tell(  # noqa: PLR0917 - the fields of a row
    market: Record, rows: Record, kind: Int, side: Int, order_id: Int, price: Int, size: Int, flags: Int
) -> None:
    """Write one row; the caller has seen that there is room. ``side`` is 0 for bids, 1 for asks."""
    if market.recording:
        row = rows.rows[market.rows_count]
        row.ts_event_ns = market.book.clock_ns
        row.ts_recv_ns = market.book.clock_ns
        row.sequence = market.sequence
        row.order_id = order_id
        row.price_ticks = price
        row.size_lots = size
        row.instrument_id = market.book.instrument_id
        row.flags = flags
        row.kind = kind
        row.side = 1 - 2 * side
        market.rows_count += 1
    market.sequence += 1
