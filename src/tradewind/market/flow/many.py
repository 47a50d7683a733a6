"""Many markets from Python in one call: start them anew, send them messages. Parts for compiled environments too."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner
from tradewind.market.flow.layout import OWN_ORDERS
from tradewind.market.flow.wire import agent_now_ns, send

__all__ = ["seed_market", "send_many", "start_anew", "start_market"]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@inner
def scramble(word: Int) -> Int:
    """Finaliser of splitmix64 (Steele, Lea and Flood, 2014)."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@inner
def seed_market(market: Record, key: Int, index: Int, life: Int) -> None:
    """Streams that depend on a key, a market's number and how often it has begun; on nothing else."""
    word = scramble(np.uint64(key) + GOLDEN * np.uint64(index + 1))
    word = scramble(word + GOLDEN * np.uint64(life + 1))
    for i in range(market.streams.shape[0]):
        for j in range(4):
            word += GOLDEN
            market.streams[i, j] = scramble(word)
        market.streams[i, 3] |= np.uint64(1)


@inner
def start_market(markets: Array, i: Int, snapshot: Record, activity: float, key: Int, life: Int) -> None:  # noqa: PLR0917
    """Market ``i`` becomes a copy of a warmed-up one in a scenario that begins with ``activity``, on its own path."""
    markets[i] = snapshot
    market: Record = markets[i]
    seed_market(market, key, i, life)
    market.bound *= activity
    market.next_s /= activity


@entry
def start_anew(  # noqa: PLR0917
    markets: Array, snapshots: Array, which: Array, phases: Array, lives: Array, indices: Array, key: int
) -> None:
    """Start markets anew, each life from the next snapshot of its preset.

    Args:
        markets: Shape (n,), a ``market_dtype``.
        snapshots: Shape (presets, kept), warmed up in the plain scenario.
        which: Shape (n, 2), each market's preset and scenario.
        phases: Shape (scenarios,), dtype ``PHASES``.
        lives: Shape (n,), how often each has begun; counted up.
        indices: Which markets.
        key: What the streams of all of them depend on.
    """
    for k in range(len(indices)):
        i = indices[k]
        snapshot = snapshots[which[i, 0], (i + lives[i]) % snapshots.shape[1]]
        start_market(markets, i, snapshot, phases[which[i, 1]].rows[0].activity, key, lives[i])
        lives[i] += 1


@entry
def send_many(markets: Array, indices: Array, messages: Array) -> int:
    """Send one message each to many markets, in order, until one is not possible.

    Args:
        markets: Shape (n,), a ``market_dtype``.
        indices: Shape (k,), the market of each message.
        messages: Shape (k,), dtype ``MESSAGE``; ``ts_ns`` is when each is sent, 0 is now; ``owner`` 0 becomes 1.

    Returns:
        How many were sent: k, or the place of the first for which there is no room or which is sent before the
        present or before the last one.
    """
    for k in range(len(indices)):
        market, row = markets[indices[k]], messages[k]
        now = agent_now_ns(market)
        sent = row.ts_ns if row.ts_ns != 0 else now
        if market.pending_count >= OWN_ORDERS or sent < now or sent < market.last_sent_ns:
            return k
        message = market.pending[market.pending_count]
        market.pending[market.pending_count] = row
        if row.owner == 0:
            message.owner = 1
        send(market, sent)
    return len(indices)
