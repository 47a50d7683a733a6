"""Which event happens: weights by state of the touch, by what has just happened, and by signed flow."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner
from tradewind.market.flow.lanes import LANES, falls_on, weigh_lanes
from tradewind.market.flow.layout import CHOICE
from tradewind.market.flow.tables import FLOW_SCALES, flow_bucket
from tradewind.market.flow.ziggurat import draw, uniform

__all__ = ["choose"]

DEEP_CANCEL = 6
SLOW, MIDDLE, QUICK = FLOW_SCALES[2], FLOW_SCALES[1], FLOW_SCALES[0]


@inner
def weigh_side(market: Record, tables: Record, factors: Record, side: Int, seen: Int) -> Int:
    """Running sums of one side's weights into ``market.weight``; returns the last.

    ``seen`` is what both sides share: the buckets of the signed flow and of the time since the last event.
    """
    quick, b0, b1, b2 = seen
    echo = tables.echo[(quick * 7 + market.before_group) * 2 + (side ^ market.before_side)]
    turned = 6 * side
    f0 = tables.flow[0, abs(turned - b0)]
    f1 = tables.flow[1, abs(turned - b1)]
    f2 = tables.flow[2, abs(turned - b2)]
    buys = market.meta_buys if side == 0 else tables.metaorders - market.meta_buys
    trade, deep = np.float32(np.float64(buys) * tables.meta_share), np.float32(market.deep_weight[side])
    rates = tables.rates[market.row[side]]
    return weigh_lanes(market.weight[side], (rates, echo, factors[side]), (f0, f1, f2), trade, deep)


@inner
def choose(market: Record, tables: Record, factors: Record, t_s: float) -> Int:
    """Draw the event: ``side * 8 + group``."""
    since = t_s - market.last_event_s
    quick = np.int64(since >= tables.echo_s[0]) + np.int64(since >= tables.echo_s[1])
    b0 = flow_bucket(market.flow[QUICK] * tables.flow_per_std[0])
    b1 = flow_bucket(market.flow[MIDDLE] * tables.flow_per_std[1])
    b2 = flow_bucket(market.flow[SLOW] * tables.flow_per_std[2])
    bids = weigh_side(market, tables, factors, 0, (quick, b0, b1, b2))
    asks = weigh_side(market, tables, factors, 1, (quick, b0, b1, b2))
    left = np.float32(uniform(draw(market.streams, CHOICE)) * (np.float64(bids) + np.float64(asks)))
    side = np.int64(left >= bids)
    left -= bids * np.float32(side)
    group = falls_on(market.weight[side], left)
    return side * LANES + min(group, DEEP_CANCEL)
