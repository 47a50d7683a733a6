"""Between an episode and the market it trades in: messages go out late, fills and resting orders come back.

The market is any record of the agent-facing kind (``market.flow.layout``), whatever drives it.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.book.measures import queue_ahead
from tradewind.core.dtypes import Array, MessageKind
from tradewind.core.kernels import inner, rare
from tradewind.core.pointers import call_advance
from tradewind.execution.episode import SENDS, account
from tradewind.execution.observation import remember
from tradewind.market.flow.layout import OWN_ORDERS
from tradewind.market.flow.wire import agent_now_ns
from tradewind.market.flow.wire import send as wire_send

__all__ = ["look", "run_to", "send", "settle", "sync"]

LIMIT, MARKET = int(MessageKind.LIMIT), int(MessageKind.MARKET)


@rare
def send(market: Record, outbox: Record) -> Int:
    """Messages go on their way, in order; returns False when there is no room."""
    for k in range(outbox.count):
        if market.pending_count >= OWN_ORDERS:
            return False
        market.pending[market.pending_count] = outbox.rows[k]
        wire_send(market, agent_now_ns(market))
    return True


@inner
def write_fill(row: Record, fill: Record, marks: Array, passive: Int) -> None:
    """One row of the log."""
    row.ts_ns = fill.ts_ns
    row.price_ticks = fill.price_ticks
    row.size_lots = fill.size_lots
    row.bid_ticks = marks[0]
    row.ask_ticks = marks[1]
    row.passive = passive


@inner
def sync(market: Record, episode: Record) -> None:
    """What is resting and what is on its way, read from the market; where the working order stands in its queue."""
    book = market.book
    live, flight, slot, sent = 0, 0, 0, False
    for k in range(market.own_count):
        own = market.own[k]
        order = book.orders[own.slot]
        live += order.size_lots + order.reserve_lots
        if own.order_id == episode.work_id:
            slot = own.slot
            episode.work_lots = order.size_lots + order.reserve_lots
    for k in range(market.pending_count):
        message = market.pending[k]
        if message.kind in (LIMIT, MARKET):
            flight += message.size_lots
            sent = sent or message.order_id == episode.work_id
    episode.live_lots = live
    episode.flight_lots = flight
    episode.work_slot = slot
    episode.work_ahead_lots = 0
    if slot != 0:
        episode.work_ahead_lots = queue_ahead(book, slot)[0]
    elif not sent:
        episode.work_id = 0
        episode.work_ticks = 0
        episode.work_lots = 0
        episode.work_leaving = 0


@rare
def settle(market: Record, episode: Record, log: Array) -> None:
    """Fills enter the episode's sums and its log (as far as that has rows); then orders are read anew."""
    for k in range(market.own_fills_count):
        fill = market.own_fills[k]
        passive = fill.maker_owner != 0
        order_id = fill.maker_id if passive else fill.taker_id
        if episode.fills < len(log):
            write_fill(log[episode.fills], fill, market.own_marks[k], np.int64(passive))
        bid, ask = market.own_marks[k, 0], market.own_marks[k, 1]
        sent = episode.sent_half[order_id & (SENDS - 1)]
        account(episode, fill.price_ticks, fill.size_lots, passive, (bid, ask, sent))
    market.own_fills_count = 0
    sync(market, episode)


@inner
def run_to(market: Record, world: Record, until_s: float) -> None:
    """Let a market run to a time; messages are delivered on the way. Never back."""
    call_advance(world.drive, market, (world.first, world.second, world.rows), max(until_s, market.now_s))


@inner
def look(market: Record, memory: Record) -> None:
    """Take in the market as it is now."""
    remember(memory, market.book, market.now_s, (market.volume_lots, market.volume_ticks, market.signed_lots))
