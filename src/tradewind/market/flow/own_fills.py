"""Fills of the agent's own orders, kept until it reads them: a buffer of few rows that loses neither lots nor value."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.booking import book_fill
from tradewind.core.dtypes import FillFlag
from tradewind.core.kernels import inner, rare
from tradewind.market.flow.layout import OWN_FILLS

__all__ = ["keep"]

MAKER_DONE = int(FillFlag.MAKER_DONE)


@inner
def of_one_order(told: Record, fill: Record) -> Int:
    """Whether two fills of the agent are of the same resting, or the same taking, order."""
    if fill.maker_owner != 0:
        return 1 if told.maker_owner != 0 and told.maker_id == fill.maker_id else 0
    return 1 if told.maker_owner == 0 and told.taker_id == fill.taker_id else 0


@rare
def fold(market: Record, fill: Record) -> Int:
    """Tell a fill with others of its order: at its price, or three fills at two prices a tick apart; 0 where it is new.

    Lots and value stay exact: a value of V for S lots is ``V mod S`` lots at one tick above ``V // S``, the rest at it.
    """
    fills: Any = market.own_fills
    first = second = np.int64(-1)
    for k in range(market.own_fills_count):
        if of_one_order(fills[k], fill):
            if fills[k].price_ticks == fill.price_ticks:
                fills[k].size_lots += fill.size_lots
                fills[k].flags = fill.flags
                return 1
            first = second
            second = np.int64(k)
    if first < 0:
        return 0
    below, above = fills[first], fills[second]
    lots = below.size_lots + above.size_lots + fill.size_lots
    value = below.size_lots * below.price_ticks + above.size_lots * above.price_ticks
    value += fill.size_lots * fill.price_ticks
    price = value // lots
    more = value - price * lots
    below.price_ticks, below.size_lots = price, lots - more
    above.price_ticks, above.size_lots = price + 1, more
    return 1


@inner
def keep(market: Record, fill: Record) -> None:
    """A fill of the agent: booked and kept (counted as lost when there is no room), a finished order off its list.

    When the buffer is half full, a fill is told with others of its order: an order that sweeps many prices and one that
    many small ones trade against leave room for the next.
    """
    book_fill(market.account, market.fees, fill)
    if market.own_fills_count < OWN_FILLS // 2 or not fold(market, fill):
        if market.own_fills_count < OWN_FILLS:
            market.own_fills[market.own_fills_count] = fill
            market.own_marks[market.own_fills_count, 0] = market.seen_ticks[0]
            market.own_marks[market.own_fills_count, 1] = market.seen_ticks[1]
            market.own_fills_count += 1
        else:
            market.own_fills_lost += 1
    if fill.maker_owner != 0 and (np.int64(fill.flags) & MAKER_DONE) != 0:
        for k in range(market.own_count):
            if market.own[k].order_id == fill.maker_id:
                market.own_count -= 1
                market.own[k] = market.own[market.own_count]
                break
