"""The wire between an agent and its market: how late it looks, how late its messages arrive.

A market record stands at the time up to which the agent has heard of it; the agent's own clock is
``data_delay_ns`` ahead of that. What it sends now therefore arrives in the record's future, at the agent's time plus
``entry_delay_ns`` plus an exponential jitter, and never before what it sent earlier: one session keeps its order.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner
from tradewind.market.flow.layout import DELAYS, OWN_ORDERS
from tradewind.market.flow.ziggurat import draw, uniform

__all__ = ["agent_now_ns", "compose", "send", "send_rows"]


@inner
def agent_now_ns(market: Record) -> Int:
    """The agent's clock: the record's time plus the delay of market data [ns]."""
    return market.base_ns + np.int64(math.floor(market.now_s * 1e9 + 0.5)) + market.data_delay_ns


@inner
def compose(market: Record, kind: Int, side: Int, price: Int, size: Int, order_id: Int, tif: Int) -> None:  # noqa: PLR0917
    """Write the next message to send; there must be room (``pending_count < OWN_ORDERS``)."""
    message = market.pending[market.pending_count]
    message.kind = kind
    message.side = side
    message.price_ticks = price
    message.size_lots = size
    message.order_id = order_id
    message.tif = tif
    message.owner = 1
    message.display_lots = 0
    message.trigger_ticks = 0
    message.flags = 0


@inner
def send(market: Record, sent_ns: Int) -> None:
    """Send what :func:`compose` wrote: it arrives after the delays, behind everything sent before."""
    delay = market.entry_delay_ns
    if market.jitter_ns > 0:
        delay += np.int64(-math.log(1.0 - uniform(draw(market.streams, DELAYS))) * market.jitter_ns)
    arrival = max(sent_ns + delay, market.last_arrival_ns)
    market.pending[market.pending_count].ts_ns = arrival
    market.pending_count += 1
    market.last_sent_ns = sent_ns
    market.last_arrival_ns = arrival


@entry
def send_rows(markets: Array, messages: Array) -> int:
    """Send messages of one market, in order, until one is not possible.

    Args:
        markets: Shape (1,), a ``market_dtype``.
        messages: Shape (n,), dtype ``MESSAGE``; ``ts_ns`` is when each is sent, 0 is now; ``owner`` 0 becomes 1.

    Returns:
        How many were sent: n, or the place of the first for which there is no room or which is sent before the
        present or before the last one.
    """
    market = markets[0]
    now = agent_now_ns(market)
    for k in range(len(messages)):
        row = messages[k]
        sent = row.ts_ns if row.ts_ns != 0 else now
        if market.pending_count >= OWN_ORDERS or sent < now or sent < market.last_sent_ns:
            return k
        market.pending[market.pending_count] = row
        if row.owner == 0:
            market.pending[market.pending_count].owner = 1
        send(market, sent)
    return len(messages)
