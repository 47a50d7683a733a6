"""From what a policy wants to messages, in two steps, so that an order never trades more than it is for.

First :func:`withdraw` takes away what stands in the way (a resting order at another price, or lots of it that are to
cross). Only when that has arrived does :func:`place` send new orders, for no more than the order's lots that are
neither resting nor on their way. A cancel that loses its race with a fill therefore costs time, never a double fill.
Without latency both steps happen at the same instant.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import MessageKind
from tradewind.core.kernels import inner
from tradewind.execution.episode import SENDS

__all__ = ["place", "withdraw"]

LIMIT, MARKET = np.int64(MessageKind.LIMIT), np.int64(MessageKind.MARKET)
CANCEL, REDUCE = np.int64(MessageKind.CANCEL), np.int64(MessageKind.REDUCE)
NOTHING = np.int64(0)


@inner
def write(episode: Record, outbox: Record, kind: Int, order_id: Int, lots: Int, price: Int) -> None:  # noqa: PLR0917
    """One message into the outbox."""
    row = outbox.rows[outbox.count]
    row.ts_ns = 0
    row.order_id = order_id
    row.price_ticks = price
    row.size_lots = lots
    row.display_lots = 0
    row.trigger_ticks = 0
    row.owner = 1
    row.kind = kind
    row.side = episode.side
    row.tif = 0
    row.flags = 0
    outbox.count += 1
    episode.messages += 1


@inner
def new_order(episode: Record, outbox: Record, kind: Int, lots: Int, price: Int) -> Int:
    """A new order of the episode; returns its id."""
    episode.next_id += 1
    episode.sent_half[episode.next_id & (SENDS - 1)] = episode.memory.half
    write(episode, outbox, kind, episode.next_id, lots, price)
    return episode.next_id


@inner
def withdraw(episode: Record, intent: Record, outbox: Record) -> None:
    """First step: messages that take away what contradicts the intent; ``outbox.count`` may be 0."""
    outbox.count = 0
    if episode.work_id == 0 or episode.work_leaving != 0:
        return
    free = episode.left_lots - episode.live_lots - episode.flight_lots
    less = min(intent.cross_lots, episode.left_lots) - free
    if intent.rest_lots > 0:
        less = max(less, episode.work_lots - intent.rest_lots)
    moved = intent.rest_lots > 0 and intent.rest_ticks != episode.work_ticks
    if moved or intent.cancel != 0 or less >= episode.work_lots:
        write(episode, outbox, CANCEL, episode.work_id, NOTHING, NOTHING)
        episode.work_leaving = 1
        episode.cancels += 1
    elif less > 0:
        write(episode, outbox, REDUCE, episode.work_id, less, NOTHING)


@inner
def place(episode: Record, intent: Record, outbox: Record) -> None:
    """Second step: new orders, as far as lots are free."""
    outbox.count = 0
    free = episode.left_lots - episode.live_lots - episode.flight_lots
    lots = min(intent.cross_lots, free)
    if lots > 0:
        new_order(episode, outbox, MARKET, lots, NOTHING)
        episode.crosses += 1
        free -= lots
    lots = min(intent.rest_lots, free)
    if lots > 0 and episode.work_id == 0:
        episode.work_id = new_order(episode, outbox, LIMIT, lots, intent.rest_ticks)
        episode.work_ticks = intent.rest_ticks
        episode.work_lots = lots
        episode.work_slot = 0
        episode.work_ahead_lots = 0
        episode.work_leaving = 0
