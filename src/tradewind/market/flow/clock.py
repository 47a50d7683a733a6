"""When the next event happens: thinning of a rate that only falls until something happens (Ogata, 1981)."""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int, Record, in_window
from tradewind.core.dtypes import Array, TradingState
from tradewind.core.kernels import inner
from tradewind.market.flow.lanes import add_lanes, decay_lanes
from tradewind.market.flow.layout import ARRIVALS, MOOD, NEAR_TICKS, VALUE
from tradewind.market.flow.tables import (
    HAZARD_UNIT,
    LIMIT_LANE,
    MOOD_STEP_S,
    TOUCH_LANE,
    cell_of,
    queue_bucket,
    spread_bucket,
)
from tradewind.market.flow.ziggurat import draw, exponential, uniform

__all__ = [
    "accepted",
    "best_size",
    "change_mood",
    "change_value",
    "count_near",
    "decay",
    "excite",
    "profile_at",
    "propose_next",
    "rate_at",
    "read_depth",
    "read_touch",
    "walk_near",
]

TILT_FOLLOW = 5.0
STIR = 8.0
"""Large news makes the market as busy as this many events would."""
OPEN = int(TradingState.OPEN)


@inner
def best_size(market: Record, side: Int) -> Int:
    """Visible size at a side's best price."""
    ladder = market.book.ladders[side]
    return ladder.levels[ladder.best_ticks & (len(ladder.levels) - 1)].size_lots


@inner
def profile_at(market: Record, tables: Record, t_s: float) -> Int:
    """Intraday factor at a time since the market's start, times the slow random one."""
    if tables.profile_parts <= 1:
        return tables.profile[0] * market.mood
    part = np.int64((market.start_s + t_s) / tables.part_s)
    return tables.profile[min(max(part, 0), tables.profile_parts - 1)] * market.mood


@inner
def decay(market: Record, tables: Record, t_s: float) -> None:
    """Let excitation and signed flow decay to a time; a signed flow stands in the lane of its time scale."""
    market.activity = decay_lanes(market.state, market.flow, market.buckets, tables.decay, t_s - market.t_s)
    market.t_s = t_s


@inner
def rate_at(market: Record, tables: Record, factor: float) -> Int:
    """Rate of proposals: its long-run mean is ``factor`` times the rate of the present state."""
    return factor * market.rate_all * (tables.baseline + market.activity)


@inner
def excite(market: Record, tables: Record, factor: float) -> None:
    """An event raises activity: it counts as the time at activity 1 that it stands for.

    ``factor`` is the whole factor on the rate (profile, mood, scenario), so that none of them makes it explode.
    """
    share = 1.0 / (factor * market.rate_clock)
    add_lanes(market.state, tables.kick, share)
    market.activity += tables.kick_total * share


@inner
def count_near(market: Record, tables: Record, side: Int, price: Int, change: Int) -> None:
    """An order came to a price (+1) or is about to leave it (-1); what lies far from the best is not counted."""
    ladder = market.book.ladders[side]
    distance = (ladder.best_ticks - price) * (1 - 2 * side)
    here = np.int64((distance >= 0) & (distance < NEAR_TICKS) & in_window(ladder, price))
    place, change = distance & (NEAR_TICKS - 1), change * here
    market.near_counts[side, place] += change
    market.near_total[side] += change
    market.near_units[side] += change * tables.hazard_near[place]


@inner
def walk_near(market: Record, tables: Record, side: Int) -> None:
    """Count a side's orders near its best price anew: it moved, or the agent has been there."""
    ladder = market.book.ladders[side]
    sign, mask, best = 1 - 2 * side, len(ladder.levels) - 1, ladder.best_ticks
    total, units = np.int64(0), np.int64(0)
    for distance in range(NEAR_TICKS):
        orders = ladder.levels[(best - sign * distance) & mask].count
        market.near_counts[side, distance] = orders
        total += orders
        units += orders * tables.hazard_near[distance]
    market.near_total[side] = total
    market.near_units[side] = units


@inner
def read_touch(market: Record, tables: Record) -> None:
    """Cell of each side, and where it is another than before, the rates at activity 1 that follow from it."""
    book = market.book
    spread = spread_bucket(tables, book.ladders[1].best_ticks - book.ladders[0].best_ticks)
    bid, ask = queue_bucket(tables, best_size(market, 0)), queue_bucket(tables, best_size(market, 1))
    up = np.int64(market.last_move > 0)
    own, other = cell_of(spread, bid, ask, up), cell_of(spread, ask, bid, 1 - up)
    if own != market.row[0] or other != market.row[1]:
        market.row[0], market.row[1] = own, other
        a, b = tables.rates[own], tables.rates[other]
        market.rate_touch = np.float64(a[TOUCH_LANE]) + np.float64(b[TOUCH_LANE])
        market.rate_shown = market.rate_touch + (np.float64(a[LIMIT_LANE]) + np.float64(b[LIMIT_LANE]))


@inner
def read_depth(market: Record, tables: Record) -> None:
    """Rates at activity 1 of cancels behind the touch, and of everything.

    Orders near the best have the hazard of their distance, those further off its mean.
    """
    units = np.int64(0)
    for side in range(2):
        far = market.resting[side] - market.near_total[side]
        own = market.near_units[side] + tables.hazard_far * (far if far > 0 else 0)
        market.deep_weight[side] = np.float64(own) * HAZARD_UNIT
        units += own
    market.rate_all = market.rate_shown + np.float64(units) * HAZARD_UNIT
    market.rate_clock = market.rate_all if tables.deep_excites else market.rate_touch


@inner
def propose_next(market: Record, tables: Record, factor: float) -> None:
    """Draw the time of the next proposal from the present rate, which bounds it until something happens."""
    market.bound = rate_at(market, tables, factor)
    market.next_s = market.t_s + exponential(market.streams, ARRIVALS, tables.ziggurat[0]) / market.bound


@inner
def shock(streams: Array, i: Int) -> Int:
    """A normal number, as the sum of twelve uniform ones."""
    total = -6.0
    for _ in range(12):
        total += uniform(draw(streams, i))
    return total


@inner
def change_mood(market: Record, tables: Record) -> None:
    """Next step of the slow factor: the exponential of a first-order autoregression, its mean 1."""
    keep, spread = tables.mood_keep, tables.mood_std
    market.mood_until_s += MOOD_STEP_S
    if spread > 0.0:
        market.mood_level = keep * market.mood_level + math.sqrt(1.0 - keep * keep) * shock(market.streams, MOOD)
        market.mood = math.exp(spread * market.mood_level - 0.5 * spread * spread)


@inner
def change_value(market: Record, tables: Record, phase: Record) -> None:
    """Next step of the value that the flow leans to: news, of a volatility that varies; what trades revealed fades.

    Some news is large, and makes the market busy. The value follows the mid where a scenario tilts the flow.
    """
    if tables.lean > 0.0:
        keep, spread = tables.value_keep, tables.value_std
        level = keep * market.value_level + math.sqrt(1.0 - keep * keep) * shock(market.streams, VALUE)
        market.value_level = level
        factor = profile_at(market, tables, market.t_s) * phase.activity
        size = tables.value_step * math.sqrt(factor) * math.exp(spread * (level - spread))
        news = size * shock(market.streams, VALUE)
        if uniform(draw(market.streams, VALUE)) < tables.jump_chance * factor:
            news *= tables.jump_size
            if market.book.state == OPEN:
                share = STIR / (factor * market.rate_clock)
                add_lanes(market.state, tables.kick, share)
                market.activity += tables.kick_total * share
        else:
            news *= tables.calm_size
        ladders = market.book.ladders
        gap = np.float64(ladders[0].best_ticks + ladders[1].best_ticks) * 0.5 - market.value_ticks - market.belief_ticks
        buys, sells = np.float64(phase.factor[0, 0]), np.float64(phase.factor[1, 0])
        tilt = TILT_FOLLOW * abs(buys - sells) / (buys + sells)
        market.value_ticks += news + gap * min(tilt, 1.0)
        market.belief_ticks *= tables.forget
        market.flow_key = -1


@inner
def accepted(market: Record, rate: float) -> Int:
    """Whether a proposal becomes an event: with probability rate over bound."""
    if rate >= market.bound:
        return True
    return uniform(draw(market.streams, ARRIVALS)) * market.bound < rate
