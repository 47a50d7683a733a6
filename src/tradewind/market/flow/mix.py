"""Which event happens: weights by state of the touch, by what has just happened, and by signed flow."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Record
from tradewind.core.kernels import inner
from tradewind.market.flow.lanes import draw_lane
from tradewind.market.flow.layout import CHOICE
from tradewind.market.flow.tables import FLOW_SCALES
from tradewind.market.flow.ziggurat import peek

__all__ = ["foresee"]

LAST_EVENT = 14
SHARE = np.float32(2.0**-24)
QUICK, MIDDLE, SLOW = FLOW_SCALES


@inner
def foresee(market: Record, tables: Record, factors: Record, t_s: float) -> None:
    """Note the event that would happen now: ``side * 8 + group``. Its random number is read, not yet drawn."""
    since = t_s - market.last_event_s
    quick = np.int64(since >= tables.echo_s[0]) + np.int64(since >= tables.echo_s[1])
    before = (quick * 7 + market.before_group) * 2
    b0, b1, b2 = market.buckets[QUICK], market.buckets[MIDDLE], market.buckets[SLOW]
    rows, echo, answer = tables.rates, tables.echo, tables.flow
    bids = (rows[market.row[0]], echo[before + market.before_side], answer[0, b0], answer[1, b1], answer[2, b2])
    asks = (rows[market.row[1]], echo[before + (1 ^ market.before_side)], answer[0, 6 - b0], answer[1, 6 - b1])
    buys, deep = np.float64(market.meta_buys), market.deep_weight
    sells = np.float64(tables.metaorders - market.meta_buys)
    known = (
        np.float32(buys * tables.meta_share),
        np.float32(deep[0]),
        np.float32(sells * tables.meta_share),
        np.float32(deep[1]),
    )
    share = np.float32(np.int64(peek(market.streams, CHOICE) >> np.uint64(40))) * SHARE
    event = draw_lane((*bids, *asks, answer[2, 6 - b2]), factors, known, share)
    market.event = event if event < LAST_EVENT else LAST_EVENT
