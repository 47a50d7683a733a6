"""Message streams to measure and to test the matching engine with."""

from __future__ import annotations

import numpy as np

from tradewind.book.engine import MatchingEngine
from tradewind.book.layout import ASKS, BIDS, NONE, Int, Record, aligned_zeros, fills_dtype
from tradewind.book.messages import apply
from tradewind.core.dtypes import MESSAGE, Array, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import entry, inner
from tradewind.core.random import stream

__all__ = ["mixed_stream", "wild_stream"]

LIMIT, MARKET, CANCEL = int(MessageKind.LIMIT), int(MessageKind.MARKET), int(MessageKind.CANCEL)
REDUCE, REPLACE = int(MessageKind.REDUCE), int(MessageKind.REPLACE)
STOP, STOP_LIMIT = int(MessageKind.STOP), int(MessageKind.STOP_LIMIT)
MIDDLE = 1_000_000
CHUNK = 1 << 16


@inner
def geometric(uniform: Int, stop: float) -> Int:
    """Number of failures before a success of probability ``stop``."""
    return np.int64(np.log(1.0 - uniform) / np.log(1.0 - stop))


@inner
def touch(book: Record, index: Int) -> Int:
    """Best price of a side, or one where there is none."""
    best, other = book.ladders[index].best_ticks, book.ladders[1 - index].best_ticks
    if abs(best) != NONE:
        return best
    return MIDDLE + index if abs(other) == NONE else other + 2 * index - 1


@inner
def pick(book: Record, uniform: Int) -> Int:
    """A live slot: the first one at or after a random place in the pool."""
    top = np.int64(book.top)
    slot = 1 + np.int64(uniform * top)
    while book.orders[slot].size_lots == 0:
        slot = slot + 1 if slot < top else 1
    return slot


@inner
def draw(book: Record, u: Array, message: Record, live_orders: Int) -> Int:
    """Fill in one message from uniform numbers; returns whether it is a new order."""
    bid, ask = touch(book, BIDS), touch(book, ASKS)
    side = 1 if u[1] < 0.5 else -1
    adds = 0.47 + min(max(0.5 * (live_orders - book.live) / live_orders, -0.1), 0.5)
    if u[0] < adds or book.live < 100:
        away = geometric(u[2], 0.12)
        message.kind = LIMIT
        message.side = side
        message.price_ticks = ask - 1 - away if side > 0 else bid + 1 + away
        message.size_lots = 100 * (1 + np.int64(-np.log(1.0 - u[3]) * 2))
        return True
    if u[0] < adds + 0.08:
        message.kind = MARKET
        message.side = side
        message.size_lots = 1 + np.int64(u[3] * 149)
        if u[2] < 0.5:
            message.kind = LIMIT
            message.price_ticks = ask if side > 0 else bid
        return True
    order = book.orders[pick(book, u[2])]
    message.order_id = order.order_id
    message.kind = CANCEL
    if u[3] >= 0.97:
        message.kind = REPLACE
        message.price_ticks = order.price_ticks + side
        message.size_lots = order.size_lots
    elif u[3] >= 0.90:
        message.kind = REDUCE
        message.size_lots = 1 + order.size_lots // 3
    return False


@entry
def make(state: tuple[Array, ...], messages: Array, uniforms: Array, wanted: Array) -> None:
    """Draw messages that fit the book as it is, and carry them out; ``wanted``: live orders, the next order id."""
    book, ids, rows = state[0][0], state[1][0], state[2][0]
    for k in range(len(messages)):
        message = messages[k]
        message.ts_ns = book.clock_ns + 1 + geometric(uniforms[k, 4], 0.001)
        message.owner = 1 + np.int64(uniforms[k, 5] * 999)
        if draw(book, uniforms[k], message, wanted[0]):
            message.order_id = wanted[1]
            wanted[1] += 1
        rows.count = 0
        apply(book, ids, rows, message)


def mixed_stream(messages: int, live_orders: int = 3000, seed: int = 1) -> Array:
    """A realistic mixed stream, made by running the engine on it: 49 % add, 42 % cancel, 3 % reduce, 4 % market.

    Prices are geometric around the touch, cancels uniform over live orders; half of the aggressive flow is market
    orders and half limit orders at the opposite touch, and 1.4 % replaces. The first 1.1 ``live_orders`` rows or so
    fill the book.

    Args:
        messages: How many rows.
        live_orders: About how many orders are live once the book is full.
        seed: Seed of the stream's random numbers.

    Returns:
        Shape (messages,), dtype ``MESSAGE``; an engine that starts empty accepts every one.

    Raises:
        InvalidValueError: For fewer than 1 message or 1,000 live orders.
    """
    if messages < 1:
        raise InvalidValueError("messages", "1 or more", messages)
    if live_orders < 1000:
        raise InvalidValueError("live_orders", "1,000 or more", live_orders)
    engine = MatchingEngine()
    rows = np.zeros(messages, MESSAGE)
    state = (engine.books, engine.tables, aligned_zeros(1, fills_dtype(1 << 16)))
    random = stream(seed, "bench/mixed")
    wanted = np.array([live_orders, 1], np.int64)
    for start in range(0, messages, CHUNK):
        part = rows[start : start + CHUNK]
        make(state, part, random.random((len(part), 6)), wanted)
    return rows


def wild_stream(messages: int, seed: int, *, spread: int = 40, stops: bool = True) -> Array:
    """A hard stream for tests: every kind and order type, prices that drift over many windows, far orders, few owners.

    About a fifth of the messages break a rule: dead and duplicate ids, sizes, prices and times in force that cannot be.

    Args:
        messages: How many rows.
        seed: Seed of the stream's random numbers.
        spread: Typical distance of an order from the middle [ticks].
        stops: Whether stop orders come.

    Returns:
        Shape (messages,), dtype ``MESSAGE``.
    """
    random = stream(seed, "bench/wild")
    rows = np.zeros(messages, MESSAGE)
    rows["ts_ns"] = np.cumsum(random.integers(0, 1000, messages))
    rows["side"] = random.choice([1, -1], messages)
    rows["owner"] = random.integers(0, 5, messages)
    rows["tif"] = random.choice([0, 1, 2, 3, 7], messages, p=[0.82, 0.06, 0.05, 0.06, 0.01])
    rows["size_lots"] = random.integers(1, 100, messages)
    kinds = [LIMIT, MARKET, CANCEL, REDUCE, REPLACE, STOP, STOP_LIMIT, 0, 9]
    shares = np.array([0.46, 0.05, 0.26, 0.06, 0.07, 0.04, 0.04, 0.01, 0.01]) * ([1] * 5 + [stops] * 2 + [1] * 2)
    rows["kind"] = random.choice(kinds, messages, p=shares / shares.sum())
    jumps = np.where(random.random(messages) < 0.0005, random.normal(0, 10 * spread, messages), 0)
    middle = 100_000 + np.cumsum(random.normal(0, spread / 100, messages) + jumps).astype(np.int64)
    far = np.where(random.random(messages) < 0.03, 30 * spread, spread)
    away = random.exponential(far).astype(np.int64) - np.where(random.random(messages) < 0.2, spread // 2, 0)
    rows["price_ticks"] = middle - rows["side"] * away
    stop = rows["kind"] >= STOP
    rows["trigger_ticks"] = np.where(stop, middle + rows["side"] * random.integers(-3, spread, messages), 0)
    peak = random.integers(1, 30, messages)
    rows["display_lots"] = np.where((rows["kind"] == LIMIT) & (random.random(messages) < 0.12), peak, 0)
    moved = (rows["kind"] == REPLACE) & (random.random(messages) < 0.3)
    rows["trigger_ticks"] = np.where(moved, middle + random.integers(-spread, spread, messages), rows["trigger_ticks"])
    _name(rows, random)
    _spoil(rows, random)
    return rows


def _name(rows: Array, random: np.random.Generator) -> None:
    """Give new orders fresh ids (a few taken ones) and let the others name mostly recent orders; keep some prices."""
    new = np.isin(rows["kind"], [LIMIT, MARKET, STOP, STOP_LIMIT])
    ids = np.maximum(1, np.cumsum(new))
    back = np.where(
        random.random(len(rows)) < 0.3, random.integers(0, 1500, len(rows)), random.exponential(40, len(rows))
    )
    taken = random.random(len(rows)) < 0.01
    rows["order_id"] = np.where(new & ~taken, ids, np.maximum(1, ids - 1 - back.astype(np.int64)))
    first = np.zeros(int(ids[-1]) + 2, np.int64)
    fresh = np.flatnonzero(new & ~taken)
    first[rows["order_id"][fresh]] = rows["price_ticks"][fresh]
    same = (rows["kind"] == REPLACE) & (random.random(len(rows)) < 0.5)
    rows["price_ticks"] = np.where(same, first[rows["order_id"]], rows["price_ticks"])


def _spoil(rows: Array, random: np.random.Generator) -> None:
    """Break a rule here and there."""
    values = {"side": (0, 2), "order_id": (0, -5), "size_lots": (0, -1, 1 << 60), "price_ticks": (0, -7, 1 << 41)}
    values |= {"display_lots": (-1, 500), "trigger_ticks": (-3, 1 << 42)}
    for field, wrong in values.items():
        hit = np.flatnonzero(random.random(len(rows)) < 0.004)
        rows[field][hit] = random.choice(wrong, len(hit))
