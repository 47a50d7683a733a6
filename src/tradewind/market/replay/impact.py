"""The impact overlay's kernels: the decayed signed volume of your trades, and the shift of prices it stands for."""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner, rare
from tradewind.market.replay.layout import PARTS

__all__ = ["NEVER", "decay_impact", "impact_ticks", "push"]

NEVER = 1 << 62
"""A time that does not come."""


@inner
def decay_impact(impact: Record, now_ns: Int) -> None:
    """The signed volume decays to a time."""
    passed_s = np.float64(now_ns - impact.as_of_ns) * 1e-9
    impact.as_of_ns = now_ns
    for k in range(PARTS):
        impact.signed_lots[k] *= math.exp(-impact.decay_per_s[k] * passed_s)


@inner
def impact_ticks(impact: Record) -> Int:
    """What the parts together add to the price [ticks]."""
    total = 0.0
    for k in range(PARTS):
        lots = impact.signed_lots[k]
        size = (abs(lots) / impact.volume_lots) ** impact.exponent
        total += impact.weight[k] * (size if lots > 0.0 else -size)
    return impact.scale_ticks * total


@rare
def push(replay: Record, now_ns: Int, signed_lots: float) -> None:
    """You have traded; the shift of prices is worked out as soon as the row at hand is done."""
    impact = replay.impact
    if impact.on:
        decay_impact(impact, now_ns)
        for k in range(PARTS):
            impact.signed_lots[k] += signed_lots
        impact.next_ns = now_ns
