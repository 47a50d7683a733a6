"""One tick into the state of an instrument: compiled, the same for a live stream and a day of history.

A quote counts as a change when a price or size of the touch differs from the one before. Locked, crossed, empty and
unreadable quotes are passed by, so a live stream is cleaned exactly as history is.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.alpha.features.layout import BACKWARDS, CHANGED, HORIZONS_S, IGNORED, RING, TRADE, TRADED, Record
from tradewind.core.kernels import inner

__all__ = ["update"]

HORIZONS = len(HORIZONS_S)
LONG = 1000.0
TILTS = (10.0, 100.0)
ROLL_KEEP = 0.99
KYLE_KEEP = 0.99
BUCKET_NS = 5_000_000_000


@inner
def pass_time(s: Record, ts_ns: int) -> None:
    """Let sums decay until now, and close the bucket of Kyle's regression when its five seconds are over."""
    passed_s = (ts_ns - s.ts_ns) * 1e-9
    s.ts_ns = ts_ns
    if passed_s > 0.0:
        for h in range(HORIZONS):
            keep = math.exp(-passed_s / HORIZONS_S[h])
            s.flow[h] *= keep
            s.volume[h] *= keep
            s.prints[h] *= keep
            s.changes_rate[h] *= keep
            s.pressure[h] *= keep
            s.square[h] *= keep
            s.product[h] *= keep
            s.bid_added[h] *= keep
            s.bid_gone[h] *= keep
            s.ask_added[h] *= keep
            s.ask_gone[h] *= keep
            s.mean_log[h] = s.log_mid + (s.mean_log[h] - s.log_mid) * keep
    bucket = ts_ns // BUCKET_NS
    if bucket != s.bucket:
        if s.bucket_flow != 0.0:
            s.kyle_xy = KYLE_KEEP * s.kyle_xy + s.bucket_flow * (s.log_mid - s.bucket_log)
            s.kyle_xx = KYLE_KEEP * s.kyle_xx + s.bucket_flow * s.bucket_flow
        s.bucket, s.bucket_flow, s.bucket_log = bucket, 0.0, s.log_mid


@inner
def first_quote(s: Record, e: Record) -> None:
    """The first quote of a session: there is nothing to compare it with."""
    s.mid = 0.5 * (e.bid + e.ask)
    s.log_mid = math.log(s.mid)
    s.bid_since_ns = s.ask_since_ns = s.mid_since_ns = e.ts_ns
    s.touch_mean = 0.5 * (e.bid_size + e.ask_size)
    s.spread_mean = e.ask - e.bid
    s.bucket_log = s.log_mid
    for h in range(HORIZONS):
        s.mean_log[h] = s.log_mid


@inner
def queues(s: Record, e: Record) -> float:
    """What joined and left the best queues; returns the order-flow imbalance of the change."""
    bid_added, bid_gone, ask_added, ask_gone = 0.0, 0.0, 0.0, 0.0
    if e.bid > s.bid:
        bid_added = e.bid_size
    elif e.bid < s.bid:
        bid_gone = s.bid_size
    elif e.bid_size > s.bid_size:
        bid_added = e.bid_size - s.bid_size
    else:
        bid_gone = s.bid_size - e.bid_size
    if e.ask < s.ask:
        ask_added = e.ask_size
    elif e.ask > s.ask:
        ask_gone = s.ask_size
    elif e.ask_size > s.ask_size:
        ask_added = e.ask_size - s.ask_size
    else:
        ask_gone = s.ask_size - e.ask_size
    pressure = bid_added - bid_gone - ask_added + ask_gone
    for h in range(HORIZONS):
        s.bid_added[h] += bid_added
        s.bid_gone[h] += bid_gone
        s.ask_added[h] += ask_added
        s.ask_gone[h] += ask_gone
        s.pressure[h] += pressure
        s.changes_rate[h] += 1.0
    return pressure


@inner
def move_mid(s: Record, e: Record) -> None:
    """Returns of the mid-price, where it moved."""
    mid = 0.5 * (e.bid + e.ask)
    if mid == s.mid:
        return
    log_mid = math.log(mid)
    step = log_mid - s.log_mid
    for h in range(HORIZONS):
        s.square[h] += step * step
        s.product[h] += abs(step) * s.abs_move
    s.abs_move = abs(step)
    s.last_move = 1.0 if step > 0.0 else -1.0
    s.mid, s.log_mid = mid, log_mid
    s.mid_since_ns = e.ts_ns


@inner
def take_quote(s: Record, e: Record) -> None:
    """A changed quote."""
    if s.changes == 0:
        first_quote(s, e)
    else:
        s.pressure_sum += queues(s, e)
        move_mid(s, e)
        if e.bid != s.bid:
            s.bid_since_ns = e.ts_ns
        if e.ask != s.ask:
            s.ask_since_ns = e.ts_ns
    s.bid, s.bid_size, s.ask, s.ask_size = e.bid, e.bid_size, e.ask, e.ask_size
    s.changes += 1
    share = 1.0 / min(np.float64(s.changes), LONG)
    s.touch_mean += share * (0.5 * (e.bid_size + e.ask_size) - s.touch_mean)
    s.spread_mean += share * (e.ask - e.bid - s.spread_mean)
    tilt = (e.bid_size - e.ask_size) / (e.bid_size + e.ask_size)
    for k in range(2):
        s.tilt[k] += (tilt - s.tilt[k]) / min(np.float64(s.changes), TILTS[k])
    at = s.changes & (RING - 1)
    s.ring_log[at] = s.log_mid
    s.ring_pressure[at] = s.pressure_sum
    s.ring_ts[at] = e.ts_ns


@inner
def take_trade(s: Record, e: Record) -> None:
    """A trade; its side by Lee and Ready (1991) where the feed does not say: above the mid bought, else by the tick."""
    sign: float = np.float64(e.side)
    if sign == 0.0:
        if s.changes > 0 and e.price > s.mid:
            sign = 1.0
        elif s.changes > 0 and e.price < s.mid:
            sign = -1.0
        elif s.trades > 0 and e.price > s.last_price:
            sign = 1.0
        elif s.trades > 0 and e.price < s.last_price:
            sign = -1.0
        else:
            sign = s.last_sign
    for h in range(HORIZONS):
        s.flow[h] += sign * e.size
        s.volume[h] += e.size
        s.prints[h] += 1.0
    s.bucket_flow += sign * e.size
    if s.trades > 0:
        step = e.price - s.last_price
        if s.trades > 1:
            s.roll_product += (step * s.last_step - s.roll_product) * max(1.0 - ROLL_KEEP, 1.0 / (s.trades - 1))
        s.last_step = step
    s.last_price, s.last_sign = e.price, sign
    s.trades += 1


@inner
def update(s: Record, e: Record) -> int:
    """Take in one tick.

    Args:
        s: dtype ``STATE``.
        e: dtype ``TICK``.

    Returns:
        ``CHANGED``, ``TRADED``, ``IGNORED`` or ``BACKWARDS``.
    """
    if e.ts_ns < s.ts_ns:
        return BACKWARDS
    if e.kind == TRADE:
        if not (e.price > 0.0 and e.size > 0.0):
            s.ignored += 1
            return IGNORED
        pass_time(s, e.ts_ns)
        take_trade(s, e)
        return TRADED
    if not (e.bid > 0.0 and e.ask > e.bid and e.bid_size > 0.0 and e.ask_size > 0.0 and e.ask < math.inf):
        s.ignored += 1
        return IGNORED
    if s.bid == e.bid and s.bid_size == e.bid_size and s.ask == e.ask and s.ask_size == e.ask_size:
        s.ignored += 1
        return IGNORED
    pass_time(s, e.ts_ns)
    take_quote(s, e)
    return CHANGED
