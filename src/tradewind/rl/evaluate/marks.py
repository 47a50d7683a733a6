"""From episodes as they were played to the rows of cost analysis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.fees import UNITS_PER_TICK_LOT, Fees
from tradewind.core.types import Instrument
from tradewind.execution.tca import ORDER_MARKS, cost_parts, order_metrics
from tradewind.rl.evaluate.arena import Played, Reference

__all__ = ["marks_of", "metrics_of"]

NS = 1_000_000_000


def marks_of(episodes: Array) -> Array:
    """Parent orders of episodes, shape (n,), dtype ``ORDER_MARKS``.

    Args:
        episodes: Shape (n,), dtype ``EPISODE``, ended.
    """
    marks = np.zeros(len(episodes), ORDER_MARKS)
    for name in ("side", "quantity_lots"):
        marks[name] = episodes[name]
    for name in ("decision", "arrival", "end", "close"):
        marks[f"{name}_half_ticks"] = episodes[f"{name}_half"]
    marks["after_half_ticks"] = episodes["after_half"][:, 0]
    marks["decision_ns"] = episodes["base_ns"] + (episodes["start_s"] * NS).astype(np.int64)
    marks["end_ns"] = episodes["base_ns"] + (episodes["finish_s"] * NS).astype(np.int64)
    own = episodes["quantity_lots"] - episodes["left_lots"]
    with np.errstate(divide="ignore", invalid="ignore"):
        marks["twap_ticks"] = episodes["half_seconds"] / episodes["watched_s"] / 2
        marks["vwap_ticks"] = episodes["volume_ticks"] / episodes["volume_lots"]
    marks["market_lots"] = np.maximum(episodes["volume_lots"] - own, 0)
    return marks


def metrics_of(played: Played, reference: Reference | None, instruments: Sequence[Instrument]) -> Array:
    """What a report shows of episodes, shape (n,), dtype ``ORDER_METRICS``.

    Fees are the episode's own, to the unit in which it counts them.

    Args:
        played: Episodes as a strategy traded them.
        reference: The same with nobody trading; None without a twin.
        instruments: What is traded in each preset or recording.
    """
    marks = marks_of(played.episodes)
    twin = None if reference is None else reference.half_at(played)
    costs = cost_parts(marks, played.fills, played.first, twin)
    found = order_metrics(
        marks, costs, instruments[0], Fees()
    )  # without fees only ratios of ticks: any instrument will do
    base = marks["quantity_lots"] * marks["decision_half_ticks"] / 2e4
    found["fees_bps"] = played.episodes["money"][:, -1] / UNITS_PER_TICK_LOT / base
    found["shortfall_bps"] += found["fees_bps"]
    return found
