"""What happened at and behind the best prices, from L3 rows: every order is known, nothing is inferred."""

from __future__ import annotations

import numpy as np
from numba import types
from numba.typed import Dict

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array, EventKind
from tradewind.core.kernels import entry, inner

__all__ = ["DISTANCES", "depth_time", "order_events"]

MARKET, HIDDEN, IMPROVE, JOIN, CANCEL, DEEP_LIMIT, DEEP_CANCEL = range(7)
ADD, REDUCE, DELETE = int(EventKind.ADD), int(EventKind.REDUCE), int(EventKind.DELETE)
EXECUTE, REPLACE, TRADE, CLEAR = (
    int(EventKind.EXECUTE),
    int(EventKind.REPLACE),
    int(EventKind.TRADE),
    int(EventKind.CLEAR),
)
DISTANCES = 401
"""Distances from the best price at which depth is watched, 0 … 400 ticks."""
ORDER = types.UniTuple(types.int64, 3)


@inner
def depth_time(sizes: Array, best: Int, side: Int, dt_s: float, depth: Array) -> None:
    """Add the time each distance from the best was occupied, and its size times that time.

    Args:
        sizes: Shape (2, width), size by price.
        best: Index of the side's best price.
        side: 0 bids, 1 asks.
        dt_s: How long the book has been like this [s].
        depth: Shape (2, DISTANCES): time occupied, size times time; added to.
    """
    step = 2 * side - 1
    for distance in range(DISTANCES):
        at = best + step * distance
        if at < 0 or at >= sizes.shape[1]:
            break
        if sizes[side, at] > 0:
            depth[0, distance] += dt_s
            depth[1, distance] += dt_s * sizes[side, at]


@inner
def next_best(sizes: Array, side: Int, start: Int) -> Int:
    """Next occupied price index behind ``start``, or -1."""
    step = 2 * side - 1
    at = start + step
    while 0 <= at < sizes.shape[1]:
        if sizes[side, at] > 0:
            return at
        at += step
    return -1


@inner
def note(event: Record, row: Record, sizes: Array, best: Array, last_move: Int) -> None:
    """Time and touch before a row."""
    event.t_ns, event.side, event.last_move = row.ts_event_ns, row.side, last_move
    event.bid_ticks, event.ask_ticks = best[0], best[1]
    event.bid_lots, event.ask_lots = sizes[0, best[0]], sizes[1, best[1]]
    event.size_lots, event.offset_ticks, event.gap_ticks = row.size_lots, 0, 0
    event.revealed_lots, event.emptied = 0, 0


@inner
def add_size(sizes: Array, best: Array, side: Int, at: Int, lots: Int) -> None:
    """A level's size changes; the best price follows."""
    sizes[side, at] = max(sizes[side, at] + lots, 0)
    if lots > 0 and (best[side] < 0 or (at - best[side]) * (1 - 2 * side) > 0):
        best[side] = at
    elif sizes[side, at] == 0 and at == best[side]:
        best[side] = next_best(sizes, side, at)


@inner
def drop_stale(sizes: Array, best: Array, side: Int, at: Int) -> None:
    """An order comes to rest at or beyond the other side's best: what stands there has left unseen."""
    other, sign = 1 - side, 1 - 2 * side
    while best[other] >= 0 and (at - best[other]) * sign >= 0:
        sizes[other, best[other]] = 0
        best[other] = next_best(sizes, other, best[other])


@entry
def order_events(rows: Array, sizes: Array, base: int, depth: Array, out: Array) -> int:  # noqa: C901
    """Events from orders; executions of one stamp and side are one market order.

    Args:
        rows: Shape (n,), dtype ``EVENT``.
        sizes: Shape (2, width), zero; the book by price.
        base: Price of ``sizes[:, 0]`` [ticks]; orders outside the width are left out.
        depth: Shape (2, DISTANCES), see :func:`depth_time`; added to.
        out: Shape (at least n,), dtype ``TOUCH``.

    Returns:
        Number of rows written to ``out``.
    """
    orders = Dict.empty(types.int64, ORDER)
    best = np.full(2, -1)
    n, last_move, mid, before = 0, np.int64(1), np.int64(0), np.int64(0)
    for i in range(len(rows)):
        row = rows[i]
        kind, side = np.int64(row.kind), np.int64(row.side < 0)
        price, lots = row.price_ticks - base, row.size_lots
        known = best[0] >= 0 and best[1] >= 0 and best[1] > best[0]
        snapshot = (row.flags & 2) != 0
        if known and before > 0 and row.ts_event_ns > before:
            for s in range(2):
                depth_time(sizes, best[s], s, (row.ts_event_ns - before) * 1e-9, depth)
        before = row.ts_event_ns
        if kind == CLEAR:
            orders = Dict.empty(types.int64, ORDER)
            sizes[:] = 0
            best[:] = -1
            continue
        event = out[n]
        if known:
            note(event, row, sizes, best, last_move)
        if kind in (DELETE, REDUCE, EXECUTE, REPLACE):
            if row.order_id not in orders:
                continue
            price, left, side = orders[row.order_id]
            lots = left if kind in (DELETE, REPLACE) else min(lots, left)
            if known and not snapshot:
                event.side, event.size_lots = 1 - 2 * side, lots
                event.offset_ticks = (best[side] - price) * (1 - 2 * side)
                event.group = CANCEL if price == best[side] else DEEP_CANCEL
                event.emptied = price == best[side] and lots >= sizes[side, price]
                if kind == EXECUTE:
                    event.group, event.side, event.offset_ticks = MARKET, 2 * side - 1, 0
                    last = out[n - 1]
                    same = n > 0 and last.group == MARKET and last.t_ns == event.t_ns and last.side == event.side
                    if same:
                        last.size_lots += lots
                        last.emptied = max(last.emptied, event.emptied)
                        n -= 1
                n += 1
            if lots == left:
                orders.pop(row.order_id)
            else:
                orders[row.order_id] = (price, left - lots, side)
            add_size(sizes, best, side, price, -lots)
            if known and not snapshot and event.emptied and best[side] >= 0:
                event.gap_ticks = (price - best[side]) * (1 - 2 * side)
                event.revealed_lots = sizes[side, best[side]]
            price, lots = row.price_ticks - base, row.size_lots
        if kind in (ADD, REPLACE) and 0 <= price < sizes.shape[1] and lots > 0:
            if known and not snapshot and kind == ADD:
                behind = (best[side] - price) * (1 - 2 * side)
                event.group = DEEP_LIMIT if behind > 0 else (JOIN if behind == 0 else IMPROVE)
                event.offset_ticks = abs(behind)
                crossed = (price - best[1 - side]) * (1 - 2 * side) >= 0
                n += 0 if crossed else 1
            if not snapshot:
                drop_stale(sizes, best, side, price)
            orders[row.order_id] = (price, lots, side)
            add_size(sizes, best, side, price, lots)
        elif kind == TRADE and known and not snapshot:
            event.group = HIDDEN
            n += 1
        if best[0] >= 0 and best[1] >= 0:
            moved = best[0] + best[1]
            if mid not in (0, moved):
                last_move = np.int64(1 if moved > mid else -1)
            mid = moved
    return n
