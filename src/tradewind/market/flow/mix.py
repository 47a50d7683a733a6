"""Which event happens: weights by state of the touch, by what has just happened, and by signed flow."""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner, rare
from tradewind.market.flow.lanes import LANES, draw_lane
from tradewind.market.flow.layout import CHOICE
from tradewind.market.flow.tables import FLOW_SCALES
from tradewind.market.flow.ziggurat import peek

__all__ = ["foresee"]

LAST_EVENT = 14
SHARE = np.float32(2.0**-24)
QUICK, MIDDLE, SLOW = FLOW_SCALES


@rare
def answer_flow(market: Record, tables: Record, key: Int) -> None:
    """Factors of both sides for other buckets of signed flow, or another distance of the value from the mid.

    What the bid sees as bucket ``b``, the ask sees as ``6 - b``. The two sides' factors for the value sum to 2: it says
    who acts, not how many.
    """
    market.flow_key = key
    flow, ladders = tables.flow, market.book.ladders
    b0, b1, b2 = key >> 6, (key >> 3) & 7, key & 7
    mid = np.float64(ladders[0].best_ticks + ladders[1].best_ticks) * 0.5
    away = tables.lean * (market.value_ticks + market.belief_ticks - mid)
    lean = away / math.sqrt(1.0 + away * away)
    for g in range(LANES):
        more = np.float32(1.0 + lean * tables.lean_lanes[g])
        less = np.float32(1.0 - lean * tables.lean_lanes[g])
        market.answer[0, g] = flow[0, b0, g] * flow[1, b1, g] * flow[2, b2, g] * more
        market.answer[1, g] = flow[0, 6 - b0, g] * flow[1, 6 - b1, g] * flow[2, 6 - b2, g] * less


@inner
def foresee(market: Record, tables: Record, factors: Record, t_s: float) -> None:
    """Note the event that would happen now: ``side * 8 + group``. Its random number is read, not yet drawn.

    Buckets of flow seldom change, so their factors are kept; a processor goes on as if they had not.
    """
    since = t_s - market.last_event_s
    quick = np.int64(since >= tables.echo_s[0]) + np.int64(since >= tables.echo_s[1])
    before = (quick * 7 + market.before_group) * 2
    key = (market.buckets[QUICK] << 6) + (market.buckets[MIDDLE] << 3) + market.buckets[SLOW]
    if key != market.flow_key:
        answer_flow(market, tables, key)
    rates, echo, deep = tables.rates, tables.echo, market.deep_weight
    bids = (rates[market.row[0]], echo[before + market.before_side])
    asks = (rates[market.row[1]], echo[before + (1 ^ market.before_side)])
    buys = np.float32(np.float64(market.meta_buys) * tables.meta_share)
    sells = np.float32(np.float64(tables.metaorders - market.meta_buys) * tables.meta_share)
    known = (buys, np.float32(deep[0]), sells, np.float32(deep[1]))
    share = np.float32(np.int64(peek(market.streams, CHOICE) >> np.uint64(40))) * SHARE
    event = draw_lane((*bids, *asks), factors, market.answer, known, share)
    market.event = event if event < LAST_EVENT else LAST_EVENT
