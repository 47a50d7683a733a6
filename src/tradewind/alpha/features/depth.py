"""Features of the levels beneath the touch: compiled, one update for streams and batches.

The order of the values is that of :data:`~tradewind.alpha.features.catalogue.DEPTH_FEATURES`.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.alpha.features.layout import LEVELS, RING, Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner

__all__ = ["run_depth"]

BP = 1e4
LONG = 1000.0
NEAR = 3
NAN = math.nan
DEEP = (10, 100)


@inner
def level_flow(before: Record, now: Record, k: int) -> float:
    """Order-flow imbalance of the k-th level of both sides; a level that is not there counts as size 0."""
    bid_then, bid_now, ask_then, ask_now = before.bid[k], now.bid[k], before.ask[k], now.ask[k]
    flow = 0.0
    if bid_now > 0.0 and bid_now >= bid_then:
        flow += now.bid_size[k]
    if bid_then > 0.0 and bid_now <= bid_then:
        flow -= before.bid_size[k]
    if ask_now > 0.0 and (ask_now <= ask_then or ask_then == 0.0):
        flow -= now.ask_size[k]
    if ask_then > 0.0 and (ask_now >= ask_then or ask_now == 0.0):
        flow += before.ask_size[k]
    return flow


@inner
def take_depth(s: Record, e: Record) -> None:
    """Take in the levels after a change of the book."""
    total, count = 0.0, 0
    for k in range(LEVELS):
        total += e.bid_size[k] + e.ask_size[k]
        if e.bid[k] > 0.0:
            count += 1
        if e.ask[k] > 0.0:
            count += 1
    if s.changes > 0:
        for k in range(LEVELS):
            flow = level_flow(s.before, e, k)
            s.sums[0] += flow
            if k < NEAR:
                s.sums[1] += flow
    for k in range(LEVELS):
        s.before.bid[k], s.before.bid_size[k] = e.bid[k], e.bid_size[k]
        s.before.ask[k], s.before.ask_size[k] = e.ask[k], e.ask_size[k]
    s.changes += 1
    s.level_mean += (total / max(count, 1) - s.level_mean) / min(np.float64(s.changes), LONG)
    at = s.changes & (RING - 1)
    s.ring[at, 0] = s.sums[0]
    s.ring[at, 1] = s.sums[1]


@inner
def write_depth(s: Record, out: Array) -> None:
    """Values 0 to 11: imbalances, flow of levels, where the size is, gaps."""
    book = s.before
    bids, asks, bid_lever, ask_lever = 0.0, 0.0, 0.0, 0.0
    mid = 0.5 * (book.bid[0] + book.ask[0])
    for k in range(LEVELS):
        bids += book.bid_size[k]
        asks += book.ask_size[k]
        bid_lever += book.bid_size[k] * (mid - book.bid[k]) if book.bid[k] > 0.0 else 0.0
        ask_lever += book.ask_size[k] * (book.ask[k] - mid) if book.ask[k] > 0.0 else 0.0
        if k == 2:
            out[0] = (bids - asks) / (bids + asks)
        elif k == 4:
            out[1] = (bids - asks) / (bids + asks)
    out[2] = (bids - asks) / (bids + asks)
    for w in range(len(DEEP)):
        back = (s.changes - min(DEEP[w], s.changes - 1)) & (RING - 1)
        out[3 + w] = (s.sums[1] - s.ring[back, 1]) / s.level_mean
        out[5 + w] = (s.sums[0] - s.ring[back, 0]) / s.level_mean
    out[7] = BP * bid_lever / bids / mid
    out[8] = BP * ask_lever / asks / mid
    out[9] = BP * (book.bid[0] - book.bid[1]) / mid if book.bid[1] > 0.0 else NAN
    out[10] = BP * (book.ask[1] - book.ask[0]) / mid if book.ask[1] > 0.0 else NAN
    out[11] = math.log2((bids + asks) / (2.0 * LEVELS * s.level_mean))


@entry
def run_depth(states: Array, depths: Array, rows: Array, out: Array) -> Int:
    """Take in books one by one and note the values after some of them.

    Args:
        states: Shape (1,), dtype ``DEPTH_STATE``.
        depths: Shape (n,), dtype ``DEPTH``, both sides with a level.
        rows: Shape (m,), int64, ascending: after which books values are noted.
        out: Shape (m, 12): receives the values.

    Returns:
        Rows of values.
    """
    s = states[0]
    done = 0
    for at in range(len(depths)):
        take_depth(s, depths[at])
        if done < len(rows) and rows[done] == at:
            write_depth(s, out[done])
            done += 1
    return np.int64(done)
