"""Baselines that cross on a schedule: TWAP, VWAP, Almgren-Chriss, adaptive arrival price, participation."""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner
from tradewind.execution.baselines.records import CURVE_POINTS

__all__ = ["along_schedule", "current_slice", "late_lots", "sinh_ratio", "slice_end_lots", "slice_lots", "with_volume"]

LAST_POINT = CURVE_POINTS - 1
SOON = 1e-9
FASTEST = 3.0


@inner
def current_slice(plan: Record, sight: Record) -> Int:
    """Number of the slice that the order is in."""
    done: Int = sight.elapsed_s / sight.horizon_s
    return min(np.int64(done * plan.slices + SOON), plan.slices - 1)


@inner
def share_left(plan: Record, done: float) -> Int:
    """Share of the order that should be left when a share of its life is over; linear between points."""
    place: Int = min(max(done, 0.0), 1.0) * LAST_POINT
    k: Int = min(np.int64(place), LAST_POINT - 1)
    return plan.left[k] + (place - k) * (plan.left[k + 1] - plan.left[k])


@inner
def sinh_ratio(kappa: float, left_s: float, whole_s: float) -> float:
    """``sinh(kappa left) / sinh(kappa whole)`` without overflow; the ratio of times for no urgency."""
    if kappa * whole_s < 1e-6:
        return left_s / whole_s
    return math.exp(kappa * (left_s - whole_s)) * math.expm1(-2.0 * kappa * left_s) / math.expm1(-2.0 * kappa * whole_s)


@inner
def slice_end_lots(plan: Record, sight: Record, number: Int) -> Int:
    """Lots that should be left when a slice is over."""
    return np.int64(sight.quantity_lots * share_left(plan, (number + 1) / plan.slices) + 0.5)


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
def along_trajectory(plan: Record, sight: Record) -> Int:
    """The same along Almgren and Chriss' trajectory."""
    slice_s = sight.horizon_s / plan.slices
    left_s = sight.horizon_s - (current_slice(plan, sight) + 1) * slice_s
    ratio = sinh_ratio(plan.numbers[0], max(left_s, 0.0), sight.horizon_s)
    return sight.left_lots - np.int64(sight.quantity_lots * ratio + 0.5)


@inner
def adapted(plan: Record, sight: Record, number: Int) -> Int:
    """Lots to cross in this slice when the urgency follows the gain so far.

    Almgren and Lorenz (2007), "Adaptive arrival price": trade faster when the price has moved in your favour (spend the
    gain on less risk), slower when it has moved away.
    """
    slice_s = sight.horizon_s / plan.slices
    left_s = sight.horizon_s - number * slice_s
    gain_ticks = 0.5 * sight.side * (sight.arrival_half_ticks - sight.bid_ticks - sight.ask_ticks)
    usual_ticks = max(plan.numbers[2] * math.sqrt(sight.horizon_s), 1e-9)
    response = min(max(plan.numbers[1] * gain_ticks / usual_ticks, -FASTEST), FASTEST)
    kappa = plan.numbers[0] * math.exp(response)
    ratio = sinh_ratio(kappa, max(left_s - slice_s, 0.0), left_s)
    return sight.left_lots - np.int64(sight.left_lots * ratio + 0.5)


@inner
def with_volume(plan: Record, sight: Record) -> Int:
    """Lots to cross so that the order's share of all that traded since its arrival is as asked, and never more."""
    share = plan.numbers[0]
    allowed = np.int64(share / (1.0 - share) * sight.market_lots)
    return allowed - (sight.quantity_lots - sight.left_lots)
