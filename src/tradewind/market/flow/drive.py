"""The reactive market behind a wall: compiled once for each size of book, moved by whoever has its address."""

from __future__ import annotations

from typing import Any

from tradewind.core.kernels import callback
from tradewind.core.pointers import ADVANCE, record_at
from tradewind.market.flow.layout import BUFFER, PHASES, market_dtype
from tradewind.market.flow.run import run_through
from tradewind.market.flow.tables import TABLES

__all__ = ["reactive_drive"]

_drives: dict[tuple[int, int], Any] = {}


def reactive_drive(levels: int, orders: int) -> int:
    """Address of ``run_through`` for markets of a size, of signature ``core.pointers.ADVANCE``.

    Its two records are the preset's tables and the scenario's phases; rows are not kept.

    Args:
        levels: Ticks of each side's window.
        orders: Slots for resting orders.
    """
    size = levels, orders
    if size not in _drives:
        kind = market_dtype(levels, orders)

        @callback(ADVANCE)
        def advance(market: int, tables: int, phases: int, rows: int, until_s: float) -> None:
            run_through(
                record_at(market, kind),
                record_at(tables, TABLES),
                record_at(phases, PHASES),
                record_at(rows, BUFFER),
                until_s,
            )

        _drives[size] = advance
    return int(_drives[size].address)
