"""Baselines that cross on a schedule: TWAP, VWAP, Almgren-Chriss, adaptive arrival price, participation."""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner

__all__ = ["along_schedule", "current_slice", "late_lots", "sinh_ratio", "slice_end_lots", "slice_lots", "with_volume"]

SOON = 1e-9
FASTEST = 3.0
LONGEST = 1.9
"""A slice is never so long that trading would seem free: ``gamma`` times half of it stays below ``eta``."""
MOST_OF_VOLUME = 0.95


@inner
def slice_count(plan: Record, sight: Record) -> Int:
    """In how many slices the order is worked."""
    decisions: Int = max(np.int64(sight.horizon_s / sight.decision_s + SOON), 1)
    return decisions if plan.slices == 0 else min(plan.slices, decisions)


@inner
def current_slice(plan: Record, sight: Record) -> Int:
    """Number of the slice that the order is in."""
    slices = slice_count(plan, sight)
    done: Int = sight.elapsed_s / sight.horizon_s
    return min(np.int64(done * slices + SOON), slices - 1)


@inner
def volume_until(plan: Record, time_s: float) -> Int:
    """Share of the session's volume expected before a time of the session; linear within a part."""
    place: Int = min(max(time_s / plan.session_s, 0.0), 1.0) * plan.parts
    k: Int = min(np.int64(place), plan.parts - 1)
    return plan.until[k] + (place - k) * (plan.until[k + 1] - plan.until[k])


@inner
def share_left(plan: Record, sight: Record, done: float) -> Int:
    """Share of the order that should be left when a share of its life is over: as the volume goes, else evenly."""
    if plan.parts > 0 and sight.session_s >= 0.0:
        begin = volume_until(plan, sight.session_s)
        end = volume_until(plan, sight.session_s + sight.horizon_s)
        if end > begin:
            return (end - volume_until(plan, sight.session_s + done * sight.horizon_s)) / (end - begin)
    return 1.0 - done


@inner
def sinh_ratio(kappa: float, left_s: float, whole_s: float) -> float:
    """``sinh(kappa left) / sinh(kappa whole)`` without overflow; the ratio of times for no urgency."""
    if kappa * whole_s < 1e-6:
        return left_s / whole_s
    return math.exp(kappa * (left_s - whole_s)) * math.expm1(-2.0 * kappa * left_s) / math.expm1(-2.0 * kappa * whole_s)


@inner
def slice_end_lots(plan: Record, sight: Record, number: Int) -> Int:
    """Lots that should be left when a slice is over."""
    done = (number + 1) / slice_count(plan, sight)
    return np.int64(sight.quantity_lots * share_left(plan, sight, done) + 0.5)


@inner
def slice_lots(plan: Record, sight: Record, number: Int) -> Int:
    """Lots that a slice should do."""
    return slice_end_lots(plan, sight, number - 1) - slice_end_lots(plan, sight, number)


@inner
def late_lots(plan: Record, sight: Record, number: Int) -> Int:
    """Lots left that should have been done before a slice; below 0 when the order is ahead."""
    return sight.left_lots - slice_end_lots(plan, sight, number - 1)


@inner
def along_schedule(plan: Record, sight: Record) -> Int:
    """Lots to cross so that at the end of this slice as much is left as there should be."""
    return sight.left_lots - slice_end_lots(plan, sight, current_slice(plan, sight))


@inner
def kappa_of(plan: Record, sight: Record) -> Int:
    """Almgren and Chriss' urgency [1/s] when a standard deviation of an even schedule's cost is priced.

    An even schedule of the whole order has variance ``sigma^2 Q^2 T / 3``: the risk aversion is the price over its
    root. The same as ``execution.impact.urgency``.
    """
    price, sigma, eta, gamma = plan.numbers[0], plan.numbers[1], plan.numbers[2], plan.numbers[3]
    slice_s: Int = sight.horizon_s / slice_count(plan, sight)
    if gamma > 0.0:
        slice_s = min(slice_s, LONGEST * eta / gamma)
    if sigma <= 0.0 or price <= 0.0:
        return 0.0
    risk_aversion = price / (sigma * sight.quantity_lots * math.sqrt(sight.horizon_s / 3.0))
    squared = risk_aversion * sigma * sigma / (eta - 0.5 * gamma * slice_s)
    return 2.0 * math.asinh(0.5 * slice_s * math.sqrt(squared)) / slice_s


@inner
def along_trajectory(plan: Record, sight: Record) -> Int:
    """The same along Almgren and Chriss' trajectory."""
    slice_s = sight.horizon_s / slice_count(plan, sight)
    left_s = sight.horizon_s - (current_slice(plan, sight) + 1) * slice_s
    ratio = sinh_ratio(kappa_of(plan, sight), max(left_s, 0.0), sight.horizon_s)
    return sight.left_lots - np.int64(sight.quantity_lots * ratio + 0.5)


@inner
def adapted(plan: Record, sight: Record, number: Int) -> Int:
    """Lots to cross in this slice when the urgency follows the gain so far.

    Almgren and Lorenz (2007), "Adaptive arrival price": trade faster when the price has moved in your favour (spend the
    gain on less risk), slower when it has moved away.
    """
    slice_s = sight.horizon_s / slice_count(plan, sight)
    left_s = sight.horizon_s - number * slice_s
    gain_ticks = 0.5 * sight.side * (sight.arrival_half_ticks - sight.bid_ticks - sight.ask_ticks)
    usual_ticks = max(plan.numbers[1] * math.sqrt(sight.horizon_s), 1e-9)
    kappa = kappa_of(plan, sight) * math.exp(min(max(gain_ticks / usual_ticks, -FASTEST), FASTEST))
    ratio = sinh_ratio(kappa, max(left_s - slice_s, 0.0), left_s)
    return sight.left_lots - np.int64(sight.left_lots * ratio + 0.5)


@inner
def with_volume(plan: Record, sight: Record) -> Int:
    """Lots to cross so that the order's share of all that traded since its arrival is as planned, and never more."""
    expected = sight.quantity_lots / max(sight.volume_per_s * sight.horizon_s, 1e-9)
    share = min(plan.numbers[0] * expected / (1.0 + expected), MOST_OF_VOLUME)
    allowed = np.int64(share / (1.0 - share) * sight.market_lots)
    return allowed - (sight.quantity_lots - sight.left_lots)
