"""When the next event happens: thinning of a rate that only falls until something happens (Ogata, 1981)."""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner
from tradewind.market.flow.layout import ARRIVALS, MOOD
from tradewind.market.flow.tables import MOOD_STEP_S, NEAR_TICKS, cell_of, queue_bucket, spread_bucket
from tradewind.market.flow.ziggurat import draw, exponential, uniform
from tradewind.market.preset import TIME_SCALES

__all__ = [
    "accepted",
    "activity",
    "best_count",
    "best_size",
    "change_mood",
    "decay",
    "excite",
    "profile_at",
    "propose_next",
    "read_state",
]

TINY = 1e-30


@inner
def best_size(market: Record, side: Int) -> Int:
    """Visible size at a side's best price."""
    ladder = market.book.ladders[side]
    return ladder.levels[ladder.best_ticks & (len(ladder.levels) - 1)].size_lots


@inner
def best_count(market: Record, side: Int) -> Int:
    """Orders at a side's best price."""
    ladder = market.book.ladders[side]
    return ladder.levels[ladder.best_ticks & (len(ladder.levels) - 1)].count


@inner
def profile_at(market: Record, tables: Record, t_s: float) -> Int:
    """Intraday factor at a time since the market's start, times the slow random one."""
    if tables.profile_parts <= 1:
        return tables.profile[0] * market.mood
    part = np.int64((market.start_s + t_s) / tables.part_s)
    return tables.profile[min(max(part, 0), tables.profile_parts - 1)] * market.mood


@inner
def activity(market: Record, tables: Record) -> Int:
    """Self-excited activity; its long-run mean is 1."""
    total = tables.baseline
    for j in range(TIME_SCALES):
        total += market.state[j]
    return total


@inner
def decay(market: Record, tables: Record, t_s: float) -> None:
    """Let excitation and signed flow decay to a time; each kernel is the eighth power of the next slower one.

    Nothing decays below a tiny number: arithmetic on denormal numbers is a hundred times slower.
    """
    factor = math.exp(-tables.slowest_per_s * (t_s - market.t_s))
    market.t_s = t_s
    for k in range(TIME_SCALES):
        j = TIME_SCALES - 1 - k
        market.state[j] = market.state[j] * factor + TINY
        if j == 6:
            market.flow[2] *= factor
        elif j == 5:
            market.flow[1] *= factor
        elif j == 3:
            market.flow[0] *= factor
        factor *= factor
        factor *= factor
        factor = max(factor * factor, TINY)


@inner
def excite(market: Record, tables: Record, factor: float) -> None:
    """An event raises activity: it counts as the time at activity 1 that it stands for.

    ``factor`` is the whole factor on the rate (profile, mood, scenario), so that none of them makes it explode.
    """
    share = 1.0 / (factor * market.rate_clock)
    for j in range(TIME_SCALES):
        market.state[j] += tables.kick[j] * share


@inner
def weigh_deep(market: Record, tables: Record, side: Int) -> None:
    """Rate at which orders behind a side's best are cancelled: level by level near it, by mean hazard further off."""
    ladder = market.book.ladders[side]
    sign, mask = 1 - 2 * side, len(ladder.levels) - 1
    best, near, count = ladder.best_ticks, 0.0, best_count(market, side)
    for distance in range(1, NEAR_TICKS):
        orders = ladder.levels[(best - sign * distance) & mask].count
        near += tables.hazard_near[distance] * orders
        count += orders
    market.near_weight[side] = near
    market.deep_weight[side] = near + tables.hazard_far * max(market.resting[side] - count, 0)


@inner
def read_state(market: Record, tables: Record) -> None:
    """Cell of each side, and the rates at activity 1 that follow from them."""
    book = market.book
    spread = spread_bucket(tables, book.ladders[1].best_ticks - book.ladders[0].best_ticks)
    bid, ask = queue_bucket(tables, best_size(market, 0)), queue_bucket(tables, best_size(market, 1))
    up = np.int64(market.last_move > 0)
    market.row[0] = cell_of(spread, bid, ask, up)
    market.row[1] = cell_of(spread, ask, bid, 1 - up)
    weigh_deep(market, tables, 0)
    weigh_deep(market, tables, 1)
    a, b = tables.rates[market.row[0]], tables.rates[market.row[1]]
    touch = np.float64(0.0)
    for g in range(5):
        touch += a[g] + b[g]
    market.rate_deep = np.float64(a[5] + b[5]) + market.deep_weight[0] + market.deep_weight[1]
    market.rate_clock = touch + (market.rate_deep if tables.deep_excites else 0.0)
    market.rate_all = touch + market.rate_deep


@inner
def propose_next(market: Record, tables: Record, profile: float, stress: float) -> None:
    """Draw the time of the next proposal from the present rate, which bounds it until something happens."""
    market.bound = profile * stress * market.rate_all * activity(market, tables)
    market.next_s = market.t_s + exponential(market.streams, ARRIVALS, tables.ziggurat[0]) / market.bound


@inner
def change_mood(market: Record, tables: Record) -> None:
    """Next step of the slow factor: the exponential of a first-order autoregression, its mean 1."""
    shock = -6.0
    for _ in range(12):
        shock += uniform(draw(market.streams, MOOD))
    keep = tables.mood_keep
    market.mood_level = keep * market.mood_level + math.sqrt(1.0 - keep * keep) * shock
    spread = tables.mood_std
    market.mood = math.exp(spread * market.mood_level - 0.5 * spread * spread)
    market.mood_until_s += MOOD_STEP_S


@inner
def accepted(market: Record, rate: float) -> Int:
    """Whether a proposal becomes an event: with probability rate over bound."""
    if rate >= market.bound:
        return True
    return uniform(draw(market.streams, ARRIVALS)) * market.bound < rate
