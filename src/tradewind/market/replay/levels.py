"""L2: depth updates and trades, replayed through the same book, with your orders in its queues.

A LEVEL row is absolute for the background: what the feed shows, less what you took and the feed has not yet told
(*debt*). Lots that leave the feed pay your debt first; what else leaves is a cancellation, whose place in the queue the
model decides; what comes goes behind you. Without orders of yours the book is the feed's, row by row.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import EventFlag
from tradewind.core.kernels import inner, rare
from tradewind.market.flow.layout import OWN_FILLS
from tradewind.market.replay.pairing import debt_at, note_fall, owe, repay
from tradewind.market.replay.places import background_at, is_own_at, line_up, place_of, set_plain, set_shared
from tradewind.market.replay.prints import fill_queue, settle_crossing
from tradewind.market.replay.queues import Crossing

__all__ = ["apply_level", "set_level", "settle_message"]

LAST = int(EventFlag.LAST)
DEPLETED = int(Crossing.DEPLETED)


@rare
def set_own_level(market: Record, queues: Record, rows: Record, side: Int, price: Int, size: Int, number: Int) -> None:  # noqa: PLR0917
    """Set the background size where you stand; ``number`` of the fall that prints may still explain, or 0."""
    fall = background_at(market, side, price) - size
    early = number
    if queues.crossing == DEPLETED and size == 0 and number != 0 and fall > 0:
        queues.told = 0
        fill_queue(market, queues, rows, side, price, fall)
        early = 0
    elif fall > 0 and number != 0:
        for k in range(line_up(market, queues, side, price)):
            place = queues.places[queues.line[k].place]
            if place.early != number:
                place.early, place.early_ahead = early, queues.line[k].ahead
    set_shared(market, queues, side, price, size)


@rare
def set_level(market: Record, queues: Record, rows: Record, side: Int, price: Int, size: Int) -> None:  # noqa: PLR0917
    """The feed's whole size at a price is now ``size``."""
    own = market.own_count > 0 and is_own_at(market, side, price)
    k = debt_at(queues, side, price) if queues.debts_count[side] > 0 else -1
    owed = queues.debts[side, k].lots if k >= 0 else 0
    before = background_at(market, side, price)
    fall = before + owed - size
    if k >= 0:
        owed = repay(queues, side, k, fall)
    number: Int = 0
    if fall > 0 and (own or price == market.book.ladders[side].best_ticks):
        number = note_fall(queues, side, price, market.book.clock_ns, fall)
    if own:
        set_own_level(market, queues, rows, side, price, size - owed, number)
    elif size - owed != before:
        set_plain(market, queues, side, price, size - owed)


@inner
def apply_level(market: Record, queues: Record, rows: Record, side: Int, price: Int, size: Int, flags: Int) -> None:  # noqa: PLR0917
    """One LEVEL row.

    Args:
        market: A ``market_dtype``; its book's clock is the row's time.
        queues: A ``QUEUES``.
        rows: Where fills are told.
        side: 0 bids, 1 asks.
        price: Price [ticks].
        size: Size that the feed shows there now [lots].
        flags: Flags of the row.
    """
    set_level(market, queues, rows, side, price, size)
    if flags & LAST and market.own_count > 0:
        settle_crossing(market, queues, rows)


@rare
def settle_message(market: Record, queues: Record) -> None:
    """After a message of yours: what you took is owed, and an order that has just joined has a new place.

    Args:
        market: A ``market_dtype`` whose ``request`` is what was carried out.
        queues: A ``QUEUES`` whose ``fills_before`` is the ``own_fills_count`` before it.
    """
    for k in range(queues.fills_before, min(market.own_fills_count, OWN_FILLS)):
        fill = market.own_fills[k]
        if fill.taker_owner != 0 and fill.maker_owner == 0:
            owe(queues, np.int64(fill.side > 0), fill.price_ticks, fill.size_lots)
    slot = np.int64(market.book.newest)
    if slot != 0:
        for k in range(market.own_count):
            if market.own[k].slot == slot:
                place = queues.places[place_of(market, queues, slot)]
                place.carry = 0.0
                place.traded, place.early_ahead, place.early, place.unseen = 0, 0, 0, 0
