"""A day of rows as a day of events, whatever the feed: L1 quotes and trades, L2 levels, or L3 orders."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array, EventKind
from tradewind.core.errors import InvalidValueError
from tradewind.market.calibrate.orders import DISTANCES, order_events
from tradewind.market.calibrate.touch import TOUCH, market_orders, quote_events, signed_trades, untangle
from tradewind.market.opening import with_opening_orders

__all__ = ["Day", "level_of", "read_day"]

WIDTH = 1 << 15
NEAR_NS = 20_000_000
LEVELS = {1: "L1", 2: "L2", 3: "L3"}


class Day(msgspec.Struct, frozen=True):
    """Events of one stretch of continuous trading.

    Attributes:
        name: The day, in words.
        start_ns: Beginning of the session.
        end_ns: Its end.
        events: Shape (n,), dtype ``TOUCH``, in time order.
        signs: Shape (trades,), sign of each trade, in order.
        depth: Shape (2, 401): time each distance from the best was occupied, and its size times time.
        level: 1, 2 or 3: what the feed showed.
        skipped: Rows left out, by reason.
        extra: Shape (m, 2), of each market order that moved a quote: whether it emptied the queue, and what it traded
            against size that was not shown; None where orders are shown.
        rows: Rows of the feed within the session.
    """

    name: str
    start_ns: int
    end_ns: int
    events: Array
    signs: Array
    depth: Array
    level: int
    skipped: dict[str, int]
    extra: Array | None
    rows: int = 0


def level_of(rows: Array) -> int:
    """What a feed shows: 3 orders, 2 levels, 1 best quotes.

    Raises:
        InvalidValueError: When it shows none of these.
    """
    kinds = np.bincount(rows["kind"], minlength=16)
    if kinds[EventKind.ADD] > 0:
        return 3
    if kinds[EventKind.QUOTE] == 0:
        raise InvalidValueError("rows", "orders (L3), or best quotes with or without levels (L2, L1)", "none of them")
    return 2 if kinds[EventKind.LEVEL] > 0 else 1


def read_day(name: str, rows: Array, start_ns: int, end_ns: int) -> Day:
    """Turn the rows of one session into events.

    Args:
        name: The day, in words.
        rows: Shape (n,), dtype ``EVENT``, of any length; rows before the session only build the book.
        start_ns: Beginning of the session.
        end_ns: Its end.

    Returns:
        The day.

    Raises:
        InvalidValueError: When nothing happened within the session.
    """
    level = level_of(rows)
    rows = rows[rows["ts_event_ns"] < end_ns]
    inside_rows = int((rows["ts_event_ns"] >= start_ns).sum())
    if level < 3:
        rows = rows[np.argsort(rows["ts_event_ns"], kind="stable")]
        untangle(rows)
    events, depth, signs, lost, extra = _from_orders(rows) if level == 3 else _from_quotes(rows, level)
    inside = (events["t_ns"] >= start_ns) & (events["ask_ticks"] > events["bid_ticks"])
    skipped = {"before the session or without a touch": int((~inside).sum()), **lost}
    events = events[inside]
    if len(events) == 0:
        raise InvalidValueError("rows", "events within the session", "none")
    return Day(name, start_ns, end_ns, events, signs, depth, level, skipped, extra, inside_rows)


def _from_orders(rows: Array) -> tuple[Array, Array, Array, dict[str, int], None]:
    rows = with_opening_orders(rows)
    prices = rows["price_ticks"][rows["price_ticks"] > 0]
    base = int(np.median(prices)) - WIDTH // 2
    depth, out = np.zeros((2, DISTANCES)), np.zeros(len(rows) + 1, TOUCH)
    count = order_events(rows, np.zeros((2, WIDTH), np.int64), base, depth, out)
    for name in ("bid_ticks", "ask_ticks"):
        out[name][:count] += base
    signs = out["side"][:count][out["group"][:count] <= 1].astype(np.int64)
    return out[:count], depth, signs, {"rows that change no known order": len(rows) - count}, None


def _from_quotes(rows: Array, level: int) -> tuple[Array, Array, Array, dict[str, int], Array]:
    signs = np.zeros(len(rows), np.int8)
    signed_trades(rows, signs)
    quotes = rows[rows["kind"] == EventKind.QUOTE]
    base = int(np.median(quotes["price_ticks"])) - WIDTH // 2
    unit = max(int(np.gcd.reduce(quotes["size_lots"])), 1)
    orders = market_orders(rows, signs, unit)
    levels, depth = np.zeros((2, WIDTH if level == 2 else 0), np.int64), np.zeros((2, DISTANCES))
    out = np.zeros(len(rows) + len(orders) + 1, TOUCH)
    count = quote_events(rows, orders, levels, base, (NEAR_NS, unit), (depth, out))
    events = _with_hidden(out[:count], orders)
    extra = _extra(out, orders)
    events = _with_hidden(out[:count], orders)
    alone = int((orders["event"] < 0).sum())
    return events, depth, orders["side"], {"trades that moved no quote (kept as hidden)": alone}, extra


def _extra(events: Array, orders: Array) -> Array:
    """What market orders traded beyond what quotes showed: whether they emptied the queue, and how much, shape (n, 2).

    What traded at prices behind the best belongs to the order that swept it: it is added to the event.
    """
    hit = orders[orders["event"] >= 0]
    at = hit["event"]
    extra = hit["size_lots"] - events["size_lots"][at]
    touch = np.where(hit["side"] > 0, events["ask_ticks"][at], events["bid_ticks"][at])
    swept = (events["emptied"][at] == 1) & ((hit["price_ticks"] - touch) * hit["side"] > 0)
    events["size_lots"][at[swept]] += extra[swept]
    return np.stack([events["emptied"][at], np.where(swept, 0, extra)], axis=1)


def _with_hidden(events: Array, orders: Array) -> Array:
    """Add the trades that moved no quote, each with the touch it met."""
    alone = orders[orders["event"] < 0]
    if len(alone) == 0 or len(events) == 0:
        return events
    met = np.minimum(np.searchsorted(events["t_ns"], alone["t_ns"], "right"), len(events) - 1)
    hidden = events[met].copy()
    for name in ("emptied", "offset_ticks", "gap_ticks", "revealed_lots"):
        hidden[name] = 0
    hidden["t_ns"], hidden["size_lots"], hidden["side"] = alone["t_ns"], alone["size_lots"], alone["side"]
    hidden["group"] = 1
    both = np.concatenate([events, hidden])
    return np.asarray(both[np.argsort(both["t_ns"], kind="stable")])
