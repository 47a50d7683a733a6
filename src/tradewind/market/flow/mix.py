"""Which event happens: weights by state of the touch, by what has just happened, and by signed flow."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner
from tradewind.market.flow.layout import CHOICE
from tradewind.market.flow.tables import flow_bucket
from tradewind.market.flow.ziggurat import draw, uniform

__all__ = ["choose"]

WIDTH = 8
DEEP_CANCEL = 6


@inner
def weigh_side(market: Record, tables: Record, factors: Record, side: Int, quick: Int) -> float:
    """Weights of one side's groups; returns their sum."""
    sign = np.float64(1 - 2 * side)
    rates = tables.rates[market.row[side]]
    echo = tables.echo[(quick * 7 + market.before_group) * 2 + (side ^ market.before_side)]
    f0 = tables.flow[0, flow_bucket(market.flow[0] * tables.flow_per_std[0] * sign)]
    f1 = tables.flow[1, flow_bucket(market.flow[1] * tables.flow_per_std[1] * sign)]
    f2 = tables.flow[2, flow_bucket(market.flow[2] * tables.flow_per_std[2] * sign)]
    for g in range(WIDTH):
        market.weight[side, g] = rates[g] * echo[g] * f0[g] * f1[g] * f2[g] * factors[side, g]
    market.weight[side, DEEP_CANCEL] *= np.float32(market.deep_weight[side])
    buys = np.float64(market.meta_buys if side == 0 else tables.metaorders - market.meta_buys)
    share = np.float32(2.0 * buys / tables.metaorders)
    market.weight[side, 0] *= share
    market.weight[side, 1] *= share
    total = np.float32(0.0)
    for g in range(WIDTH):
        total += market.weight[side, g]
    return np.float64(total)


@inner
def choose(market: Record, tables: Record, factors: Record, t_s: float) -> Int:
    """Draw the event: ``side * 8 + group``."""
    since = t_s - market.last_event_s
    quick = np.int64(since >= tables.echo_s[0]) + np.int64(since >= tables.echo_s[1])
    bids = weigh_side(market, tables, factors, 0, quick)
    asks = weigh_side(market, tables, factors, 1, quick)
    left = np.float32(uniform(draw(market.streams, CHOICE)) * (bids + asks))
    side = 0
    if left >= np.float32(bids):
        left -= np.float32(bids)
        side = 1
    group = 0
    while group < DEEP_CANCEL and left >= market.weight[side, group]:
        left -= market.weight[side, group]
        group += 1
    return side * WIDTH + group
