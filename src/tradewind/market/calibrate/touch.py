"""What happened at and behind the best prices, one row per event, from L1 or L2 rows.

Quotes say that a queue grew, shrank, vanished or was bettered; trades say who did it. A fall of a queue near in time
to a trade on its side is a market order as far as the trade's size goes, else a cancel. Trades are signed against the
prevailing quote (Lee and Ready, 1991) where the feed does not sign them.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.kernels import entry, inner
from tradewind.market.calibrate.orders import depth_time

__all__ = ["TOUCH", "market_orders", "quote_events", "signed_trades", "untangle"]

TOUCH = np.dtype(
    [
        ("t_ns", "i8"),
        ("size_lots", "i8"),
        ("bid_lots", "i8"),
        ("ask_lots", "i8"),
        ("bid_ticks", "i8"),
        ("ask_ticks", "i8"),
        ("offset_ticks", "i4"),
        ("gap_ticks", "i4"),
        ("revealed_lots", "i8"),
        ("group", "u1"),
        ("side", "i1"),
        ("last_move", "i1"),
        ("emptied", "u1"),
    ],
    align=True,
)
"""One event and the touch just before it. ``offset_ticks``: inside the spread (improve) or behind the best (deep);
``emptied``: it took the whole best queue; ``gap_ticks, revealed_lots``: to the next best price, and its size."""

IRREGULAR = int(EventFlag.OUT_OF_SEQUENCE | EventFlag.AUCTION | EventFlag.CORRECTED | EventFlag.SNAPSHOT)
MARKET, HIDDEN, IMPROVE, JOIN, CANCEL, DEEP_LIMIT, DEEP_CANCEL = range(7)
TRADE, LEVEL, QUOTE = int(EventKind.TRADE), int(EventKind.LEVEL), int(EventKind.QUOTE)
MATCH = np.dtype(
    [("t_ns", "i8"), ("price_ticks", "i8"), ("size_lots", "i8"), ("left_lots", "i8"), ("side", "i8"), ("event", "i8")]
)


@entry
def signed_trades(rows: Array, signs: Array) -> None:
    """Sign of each row's aggressor by the prevailing quote, then by the tick test; 0 for rows that are no trades.

    Args:
        rows: Shape (n,), dtype ``EVENT``, in time order.
        signs: Shape (n,), int8, filled here.
    """
    bid, ask, last, direction = np.int64(0), np.int64(0), np.int64(0), np.int64(1)
    for i in range(len(rows)):
        row = rows[i]
        if row.kind == QUOTE:
            if row.side > 0:
                bid = row.price_ticks
            else:
                ask = row.price_ticks
        elif row.kind == TRADE:
            if last not in (0, row.price_ticks):
                direction = np.int64(1 if row.price_ticks > last else -1)
            last = row.price_ticks
            if row.side != 0:
                signs[i] = row.side
            elif bid > 0 and ask > 0 and 2 * row.price_ticks != bid + ask:
                signs[i] = 1 if 2 * row.price_ticks > bid + ask else -1
            else:
                signs[i] = direction


@entry
def untangle(rows: Array) -> None:
    """Put the side that gives way first where both sides of a packet moved past each other.

    A packet writes the bid first; when both prices have jumped up, the bid alone would cross the ask it leaves behind.

    Args:
        rows: Shape (n,), dtype ``EVENT``, in time order; changed in place.
    """
    price = np.zeros(2, np.int64)
    for i in range(len(rows)):
        if rows[i].kind != QUOTE:
            continue
        s = np.int64(rows[i].side)
        a = 0 if s > 0 else 1
        crossed = price[1 - a] != 0 and (price[1 - a] - rows[i].price_ticks) * s <= 0
        if crossed and i + 1 < len(rows):
            one, other = rows[i], rows[i + 1]
            if other.kind == QUOTE and other.side == -s and other.ts_event_ns == one.ts_event_ns:
                one.side, other.side = other.side, one.side
                one.price_ticks, other.price_ticks = other.price_ticks, one.price_ticks
                one.size_lots, other.size_lots = other.size_lots, one.size_lots
                a = 1 - a
        price[a] = rows[i].price_ticks


def market_orders(rows: Array, signs: Array, unit: int = 1) -> Array:
    """Regular trades, those of one time stamp and side taken together.

    Args:
        rows: Shape (n,), dtype ``EVENT``.
        signs: From :func:`signed_trades`.
        unit: Sizes that quotes show are multiples of it [lots]; the rest of a trade they cannot show.

    Returns:
        Shape (m,), rows of time, price (the furthest), size, and size that no fall of a quote has shown yet.
    """
    kept = np.flatnonzero((rows["kind"] == TRADE) & ((rows["flags"] & IRREGULAR) == 0) & (rows["size_lots"] > 0))
    trades, side = rows[kept], signs[kept]
    if len(trades) == 0:
        return np.zeros(0, MATCH)
    new = np.r_[True, (np.diff(trades["ts_event_ns"]) != 0) | (np.diff(side) != 0)]
    start = np.flatnonzero(new)
    out = np.zeros(len(start), MATCH)
    out["t_ns"], out["side"] = trades["ts_event_ns"][start], side[start]
    out["event"] = -1
    out["size_lots"] = np.add.reduceat(trades["size_lots"], start)
    out["left_lots"] = out["size_lots"] // unit * unit
    furthest = np.maximum.reduceat(trades["price_ticks"] * side, start)
    out["price_ticks"] = furthest * out["side"]
    return out


@inner
def part_of_fall(out: Record, n: Int, template: Int, fall: Array) -> Record:
    """A further row for one cause of a fall: its touch, less what earlier causes took of the queue."""
    if n != template:
        out[n] = out[template]
        if fall[0] > 0:
            out[n].ask_lots = fall[2]
        else:
            out[n].bid_lots = fall[2]
    event = out[n]
    event.emptied, event.gap_ticks, event.revealed_lots = 0, 0, 0
    return event


@inner
def record_fall(out: Record, n: Int, orders: Record, near: tuple[Int, Int], fall: Array) -> Int:
    """A fall of a best queue as rows: a market order for every trade near in time, a cancel for what none explains.

    A trade that explained an earlier fall grows in its row. What is smaller than the smallest size ever shown is
    rounding of the feed, not a cancel.

    Args:
        out: Rows; ``out[n]`` holds the touch before the fall.
        n: Rows so far.
        orders: From :func:`market_orders`; ``left_lots`` falls.
        near: First order near enough, last time near enough [ns].
        fall: Aggressor's side, price, size, whether the queue vanished, gap, size revealed, smallest size shown.

    Returns:
        Rows added.
    """
    side, price, rows, last = fall[0], fall[1], n, np.int64(-1)
    k = near[0]
    while k < len(orders) and orders[k].t_ns <= near[1] and fall[2] > 0:
        order = orders[k]
        if order.side == side and order.left_lots > 0 and (order.price_ticks - price) * side >= 0:
            part = min(order.left_lots, fall[2])
            order.left_lots -= part
            last = np.int64(order.event)
            if last >= 0:
                out[last].size_lots += part
            else:
                event = part_of_fall(out, rows, n, fall)
                event.group, event.side, event.size_lots = MARKET, side, part
                order.event = last = rows
                rows += 1
            fall[2] -= part
        k += 1
    if fall[2] >= fall[6] or last < 0:
        event = part_of_fall(out, rows, n, fall)
        event.group, event.side, event.size_lots = CANCEL, -side, fall[2]
        last = rows
        rows += 1
    if fall[3] and not out[last].emptied:
        out[last].emptied, out[last].gap_ticks, out[last].revealed_lots = 1, fall[4], fall[5]
    return rows - n


@inner
def note_touch(event: Record, row: Record, price: Array, size: Array, last_move: Int) -> None:
    """Time and touch before a row."""
    event.t_ns, event.side, event.last_move = row.ts_event_ns, row.side, last_move
    event.bid_ticks, event.ask_ticks, event.bid_lots, event.ask_lots = price[0], price[1], size[0], size[1]
    event.gap_ticks, event.revealed_lots, event.emptied, event.offset_ticks = 0, 0, 0, 0


@entry
def quote_events(  # noqa: C901, PLR0917
    rows: Array, orders: Array, levels: Array, base: int, limits: tuple[int, int], outs: tuple[Array, Array]
) -> int:
    """Events at the touch from quotes (and behind it from levels), matched with market orders.

    Args:
        rows: Shape (n,), dtype ``EVENT``: quotes, and levels in an L2 feed.
        orders: From :func:`market_orders`; ``left_lots`` falls as they explain quotes.
        levels: Shape (2, width), sizes by price behind the touch, zero at first; width 0 for L1.
        base: Price of ``levels[:, 0]`` [ticks].
        limits: How far in time a trade may stand from the quote it explains [ns]; smallest size ever shown [lots].
        outs: Depth, shape (2, 401), see ``depth_time``, added to; and events, shape (at least rows plus orders,),
            dtype :data:`TOUCH`.

    Returns:
        Number of rows written to ``out``.
    """
    (depth, out), (near_ns, unit) = outs, limits
    price, size = np.zeros(2, np.int64), np.zeros(2, np.int64)
    before, fall = np.int64(0), np.zeros(7, np.int64)
    fall[6] = unit
    n, first, last_move = 0, 0, np.int64(1)
    for i in range(len(rows)):
        row = rows[i]
        if row.kind not in (QUOTE, LEVEL):
            continue
        t, s = row.ts_event_ns, np.int64(row.side)
        if levels.shape[1] > 0 and t > before:
            if before > 0 and price[0] != 0 and price[1] != 0:
                for k in range(2):
                    depth_time(levels, price[k] - base, k, (t - before) * 1e-9, depth)
            before = t
        a = 0 if s > 0 else 1
        event = out[n]
        note_touch(event, row, price, size, last_move)
        if row.kind == LEVEL:
            at = row.price_ticks - base
            if at < 0 or at >= levels.shape[1]:
                continue
            change = row.size_lots - levels[a, at]
            levels[a, at] = row.size_lots
            behind = (price[a] - row.price_ticks) * s
            if price[a] != 0 and behind > 0 and change != 0 and (row.flags & 2) == 0:
                event.group = DEEP_LIMIT if change > 0 else DEEP_CANCEL
                event.offset_ticks, event.size_lots = behind, abs(change)
                n += 1
            continue
        new_price, new_size = row.price_ticks, row.size_lots
        if new_size <= 0 or (price[1 - a] != 0 and (price[1 - a] - new_price) * s <= 0 and price[a] != 0):
            continue
        better = (new_price - price[a]) * s
        change = new_size - size[a]
        known = price[0] != 0 and price[1] != 0 and price[1] > price[0]
        if better == 0 and change == 0:
            continue
        if known and better > 0:
            event.group, event.offset_ticks, event.size_lots = IMPROVE, better, new_size
            n += 1
            last_move = s
        elif known and better == 0 and change > 0:
            event.group, event.size_lots = JOIN, change
            n += 1
        elif known:
            while first < len(orders) and orders[first].t_ns < t - near_ns:
                first += 1
            fall[0], fall[1], fall[2] = -s, price[a], -change if better == 0 else size[a]
            fall[3], fall[4], fall[5] = better < 0, -better, (new_size if better < 0 else 0)
            n += record_fall(out, n, orders, (first, t + near_ns), fall)
            last_move = -s if better < 0 else last_move
        price[a], size[a] = new_price, new_size
    return n
