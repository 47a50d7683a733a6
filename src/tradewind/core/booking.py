"""What trading leaves behind: position, cash and fees, booked fill by fill inside kernels."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from tradewind.core.dtypes import FillFlag
from tradewind.core.kernels import inner

__all__ = ["ACCOUNT", "book_fill", "fee_units"]

Record: TypeAlias = Any
Int: TypeAlias = Any
SELF_TRADE = int(FillFlag.SELF_TRADE)

ACCOUNT = np.dtype(
    [
        ("position_lots", "i8"),
        ("cash_tick_lots", "i8"),
        ("fee_units", "i8"),
        ("bought_lots", "i8"),
        ("sold_lots", "i8"),
        ("taken_lots", "i8"),
        ("fills", "i8"),
    ]
)
"""One trader's account, in whole numbers: cash in ticks times lots and before fees, fees in the units of
:mod:`~tradewind.core.fees`; ``taken_lots`` is the part of what was traded that took, not made, liquidity."""


@inner
def fee_units(fees: Record, price_ticks: Int, size_lots: Int, taker: Int) -> Int:
    """Fee of one fill [fee units]; ``fees`` is a record of dtype ``FEE_RATES``."""
    if taker:
        return size_lots * (price_ticks * fees.taker_rate + fees.taker_per_lot)
    return size_lots * (price_ticks * fees.maker_rate + fees.maker_per_lot)


@inner
def book_side(account: Record, fees: Record, fill: Record, side: Int, taker: Int) -> None:
    """One side of a fill."""
    size = fill.size_lots
    account.position_lots += side * size
    account.cash_tick_lots -= side * size * fill.price_ticks
    account.fee_units += fee_units(fees, fill.price_ticks, size, taker)
    if side > 0:
        account.bought_lots += size
    else:
        account.sold_lots += size
    account.taken_lots += taker * size
    account.fills += 1


@inner
def book_fill(account: Record, fees: Record, fill: Record) -> None:
    """Book a fill in which the trader (any owner but 0) takes, makes, or does both.

    Args:
        account: A record of dtype :data:`ACCOUNT`.
        fees: A record of dtype ``FEE_RATES``.
        fill: A record of dtype ``FILL``; one flagged SELF_TRADE is no trade.
    """
    if (np.int64(fill.flags) & SELF_TRADE) == 0:
        side = np.int64(fill.side)
        if fill.taker_owner != 0:
            book_side(account, fees, fill, side, 1)
        if fill.maker_owner != 0:
            book_side(account, fees, fill, -side, 0)
