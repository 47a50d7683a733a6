"""What each modality adds to a fused forecast: the rank IC with it less the rank IC without it, period by period."""

from __future__ import annotations

import numpy as np

from tradewind.alpha.evaluation.metrics import ic_by_period
from tradewind.alpha.evaluation.run import Evaluation
from tradewind.alpha.evaluation.scores import clusters_of, signal_of
from tradewind.alpha.evaluation.trading import is_cross_section
from tradewind.stats.intervals import Interval, stationary_interval

__all__ = ["increments"]

WITHOUT = "without "


def increments(report: Evaluation, seed: int = 7) -> dict[str, Interval]:
    """Increment of each modality, with the interval of a block bootstrap over periods (dates of a cross-section).

    Args:
        report: An evaluation with a fused forecast of several modalities; otherwise nothing is returned.
        seed: Of the interval.
    """
    found = {}
    panel = report.panel
    period = panel.sample.t0 if is_cross_section(panel) else clusters_of(panel)
    value = np.nan_to_num(panel.value)
    for name, dist in report.forecasts.items():
        if not name.startswith(WITHOUT):
            continue
        times, whole = ic_by_period(signal_of(report.forecasts["fused"]), value, period)
        others, less = ic_by_period(signal_of(dist), value, period)
        common, left, right = np.intersect1d(times, others, return_indices=True)
        if len(common) >= 10:
            found[name.removeprefix(WITHOUT)] = stationary_interval(whole[left] - less[right], np.mean, seed, block=5)
    return found
