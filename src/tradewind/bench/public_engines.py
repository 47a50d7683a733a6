"""Public engines that install from PyPI, given the same flow in the same run.

``hftbacktest`` replays an L3 feed, it does not match: what it is given is the feed that the flow leads to (adds that
rest, cancels, reductions, executions). Its exchange side keeps FIFO queues, as ours does, and is the
reference; its local side keeps aggregate depth only and is faster. ``lightmatchingengine`` matches,
one call an order, in plain Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import Array, EventKind, FillFlag, MessageKind
from tradewind.core.errors import MissingExtraError

__all__ = ["hftbacktest_rate", "l3_feed", "lightmatchingengine_rate", "rows_feed"]

ADD, CANCEL, MODIFY = 10, 11, 12
BUY_BIT, SELL_BIT = 1 << 29, 1 << 28
EXCHANGE_BIT, LOCAL_BIT = 1 << 31, 1 << 30
STEP_NS = 1_000
FEED = np.dtype(
    [
        ("ev", "u8"),
        ("exch_ts", "i8"),
        ("local_ts", "i8"),
        ("px", "f8"),
        ("qty", "f8"),
        ("order_id", "u8"),
        ("ival", "i8"),
        ("fval", "f8"),
    ],
    align=True,
)


def l3_feed(messages: Array, reasons: Array, fills: Array, tick: float = 0.01) -> Array:
    """The L3 feed that a stream of orders leads to, in hftbacktest's row format.

    Args:
        messages: Shape (n,), dtype ``MESSAGE``: plain limit, market, cancel, reduce and replace messages, no two at
            one time.
        reasons: Shape (n,): the engine's answer to each; 0 is accepted.
        fills: Shape (m,), dtype ``FILL``: every fill, in order.
        tick: Price step [currency].

    Returns:
        Rows: an add for what rests, a cancel for what leaves or is filled, a modify for what shrinks.
    """
    live: dict[int, list[int]] = {}
    rows: list[tuple[int, int, int, int, int]] = []
    taken = 0
    times, makers, sizes, flags = (fills[name].tolist() for name in ("ts_ns", "maker_id", "size_lots", "flags"))
    for message, reason in zip(messages.tolist(), reasons.tolist(), strict=True):
        ts_ns, key, price, size, _, _, _, kind, side, _, _ = message
        if reason != 0:
            continue
        if kind == MessageKind.CANCEL:
            side, price, size = live.pop(key)
            rows.append((CANCEL, side, price, size, key))
            continue
        if kind == MessageKind.REDUCE:
            _shrink(live, rows, key, size)
            continue
        if kind == MessageKind.REPLACE:
            side, old, left = live[key]
            if price == old and size <= left:
                _shrink(live, rows, key, left - size)
                continue
            rows.append((CANCEL, side, old, left, key))
            del live[key]
        while taken < len(times) and times[taken] == ts_ns:
            _shrink(live, rows, makers[taken], sizes[taken], bool(flags[taken] & FillFlag.MAKER_DONE))
            size -= sizes[taken]
            taken += 1
        if size > 0 and kind != MessageKind.MARKET:
            live[key] = [side, price, size]
            rows.append((ADD, side, price, size, key))
    return _packed(rows, tick)


def rows_feed(rows: Array, tick: float = 0.01) -> Array:
    """A level-3 feed of ours in hftbacktest's row format.

    Args:
        rows: Shape (n,), dtype ``EVENT``: adds, reductions, deletions and executions of single orders; rows of other
            kinds (prints, status) are left out.
        tick: Price step [currency].

    Returns:
        Rows as of :func:`l3_feed`.
    """
    live: dict[int, list[int]] = {}
    out: list[tuple[int, int, int, int, int]] = []
    names = ("kind", "side", "price_ticks", "size_lots", "order_id")
    for kind, side, price, size, key in zip(*(rows[name].tolist() for name in names), strict=True):
        if kind == EventKind.ADD:
            live[key] = [side, price, size]
            out.append((ADD, side, price, size, key))
        elif kind in (EventKind.REDUCE, EventKind.EXECUTE, EventKind.DELETE):
            _shrink(live, out, key, size)
    return _packed(out, tick)


def _shrink(
    live: dict[int, list[int]], rows: list[tuple[int, int, int, int, int]], key: int, lots: int, done: bool = False
) -> None:
    order = live[key]
    order[2] -= lots
    if done or order[2] <= 0:
        rows.append((CANCEL, order[0], order[1], 0, key))
        del live[key]
    else:
        rows.append((MODIFY, order[0], order[1], order[2], key))


def _packed(rows: list[tuple[int, int, int, int, int]], tick: float) -> Array:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 5)
    feed = np.zeros(len(columns), FEED)
    feed["ev"] = columns[:, 0] | np.where(columns[:, 1] > 0, BUY_BIT, SELL_BIT)
    feed["exch_ts"] = feed["local_ts"] = (np.arange(len(columns)) + 1) * STEP_NS
    feed["px"] = columns[:, 2] * tick
    feed["qty"] = columns[:, 3]
    feed["order_id"] = columns[:, 4]
    return feed


def hftbacktest_rate(feed: Array, *, exchange: bool, repeats: int = 3) -> float:
    """Rows a second at which hftbacktest replays an L3 feed, best of a few runs.

    Args:
        feed: Rows from :func:`l3_feed`.
        exchange: Replay its exchange side (FIFO queues) rather than its local side (aggregate depth).
        repeats: Counted runs.

    Returns:
        Rows a second.

    Raises:
        MissingExtraError: When hftbacktest is not installed.
    """
    try:
        from hftbacktest import BacktestAsset, ROIVectorMarketDepthBacktest
    except ImportError:
        raise MissingExtraError("hftbacktest", "bench", "the public engine's row") from None
    from numba import njit

    @njit  # type: ignore[untyped-decorator]
    def drain(backtest: Any) -> int:
        steps = 0
        while backtest.elapse(100_000_000) == 0:
            steps += 1
        return steps

    rows = feed.copy()
    rows["ev"] |= np.uint64(EXCHANGE_BIT if exchange else LOCAL_BIT)
    top = float(rows["px"].max()) * 2
    clock = SystemClock()
    rates = []
    for _ in range(repeats + 1):
        asset = (
            BacktestAsset()
            .data([rows])
            .linear_asset(1.0)
            .constant_order_latency(0, 0)
            .l3_fifo_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0, 0)
            .tick_size(0.01)
            .lot_size(1)
            .last_trades_capacity(0)
            .roi_lb(0)
            .roi_ub(top)
        )
        backtest = ROIVectorMarketDepthBacktest([asset])
        start = clock.monotonic_ns()
        drain(backtest)
        rates.append(len(rows) / (clock.monotonic_ns() - start) * 1e9)
        backtest.close()
    return max(rates[1:])


def lightmatchingengine_rate(messages: Array) -> float:
    """Messages a second of the public matching engine ``lightmatchingengine``, one order per call.

    Args:
        messages: Shape (n,), dtype ``MESSAGE``; limit, market and cancel messages are sent, others passed over.

    Returns:
        Messages a second over those sent.

    Raises:
        MissingExtraError: When lightmatchingengine is not installed.
    """
    try:
        from lightmatchingengine.lightmatchingengine import LightMatchingEngine, Side
    except ImportError:
        raise MissingExtraError("lightmatchingengine", "bench", "the public engine's row") from None
    engine = LightMatchingEngine()
    add, cancel = engine.add_order, engine.cancel_order
    theirs: dict[int, int] = {}
    rows = messages.tolist()
    clock = SystemClock()
    sent = 0
    start = clock.monotonic_ns()
    for _, key, price, size, _, _, _, kind, side, _, _ in rows:
        if kind == MessageKind.CANCEL:
            cancel(theirs[key], "X")
        elif kind in (MessageKind.LIMIT, MessageKind.MARKET):
            order, _ = add("X", price if kind == MessageKind.LIMIT else 0, size, Side.BUY if side > 0 else Side.SELL)
            theirs[key] = order.order_id
        else:
            continue
        sent += 1
    return sent / (clock.monotonic_ns() - start) * 1e9
