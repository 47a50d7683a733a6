"""The book behind the touch: counted where the feed shows it, borrowed and rescaled where it does not."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.market.calibrate.sizes import quantile_table
from tradewind.market.preset import Preset, rounded

__all__ = ["borrow_depth", "count_depth"]

MOST_REACH = 400
POWERS = 9


def _power(distance: Array) -> Array:
    return np.asarray(np.minimum(np.log2(np.maximum(distance, 1)).astype(int), POWERS - 1))


def count_depth(events: Array, depth: Array, by_order: bool) -> tuple[dict[str, Any], list[int], float]:
    """Deep orders counted.

    Args:
        events: Shape (n,), dtype ``TOUCH``.
        depth: Shape (2, 401), time occupied and size times time by distance.
        by_order: Rows are orders (L3); else changes of levels, counted by volume.

    Returns:
        Values of :class:`~tradewind.market.preset.Depth`, quantiles of deep sizes, share of deep events in reach.
    """
    limit, cancel = events[events["group"] == 5], events[events["group"] == 6]
    near = limit["offset_ticks"] <= MOST_REACH
    reach = int(np.clip(np.quantile(limit["offset_ticks"][near], 0.95), 12, MOST_REACH)) if near.any() else 12
    inside = limit[limit["offset_ticks"] <= reach]
    mean_size = max(float(inside["size_lots"].mean()), 1.0)
    gone = cancel[cancel["offset_ticks"] <= reach]
    weight = np.ones(len(gone)) if by_order else gone["size_lots"] / mean_size
    cancelled = np.bincount(_power(gone["offset_ticks"]), weight, POWERS)
    distance = np.arange(1, reach + 1)
    present = np.bincount(_power(distance), depth[1, 1 : reach + 1] / mean_size, POWERS)
    pooled = (cancelled.sum() + 1e-9) / max(present.sum(), 1e-9)
    hazard = (cancelled + 20 * pooled) / (present + 20)
    values = {
        "reach_ticks": reach,
        "offsets": quantile_table(inside["offset_ticks"], 256),
        "hazard": rounded(np.maximum(hazard, 1e-6)),
    }
    return values, quantile_table(inside["size_lots"], 128), len(inside) / max(len(limit), 1)


def borrow_depth(events: Array, donor: Preset, rate: float, spread: float) -> tuple[dict[str, Any], list[int], float]:
    """Depth of another preset in units of the spread, scaled to what the touch reveals when a best queue vanishes.

    Args:
        events: Shape (n,), dtype ``TOUCH``.
        donor: Whose depth is borrowed.
        rate: Touch events per side [1/s, at activity 1].
        spread: Mean spread [ticks].

    Returns:
        Values of :class:`~tradewind.market.preset.Depth`, quantiles of deep sizes, rate of deep limit orders a side.
    """
    emptied = events[(events["emptied"] == 1) & (events["gap_ticks"] > 0)]
    next_tick = float(np.clip((emptied["gap_ticks"] == 1).mean() if len(emptied) else 0.5, 0.05, 0.995))
    orders_next = -np.log(1.0 - next_tick)
    scale = spread / max(donor_spread(donor), 0.5)
    offsets = np.maximum(np.ceil(np.asarray(donor.depth.offsets) * scale).astype(int), 1)
    reach = int(np.clip(np.ceil(donor.depth.reach_ticks * scale), 16, MOST_REACH))
    at = np.minimum(_power(2.0 ** np.arange(POWERS) / scale), POWERS - 1)
    hazard = np.asarray(donor.depth.hazard)[at]
    deep_rate = 0.5 * rate
    here = deep_rate * np.mean(offsets == 1) / hazard[0]
    hazard = hazard * here / orders_next
    revealed = emptied["revealed_lots"][emptied["revealed_lots"] > 0]
    share = (1.0 - np.exp(-orders_next)) / orders_next
    sizes = quantile_table(np.maximum(np.round(revealed * share), 1), 128)
    values = {"reach_ticks": reach, "offsets": sorted(offsets.tolist()), "hazard": rounded(np.maximum(hazard, 1e-6))}
    return values, sizes, deep_rate


def donor_spread(donor: Preset) -> float:
    """Mean spread of a preset [ticks], as its calibration found it."""
    return donor.provenance.fit.get("mean_spread_ticks", 1.0)
