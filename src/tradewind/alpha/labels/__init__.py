"""Labels: what a forecast is about, with when it is born, when it is known and what it counts."""

from tradewind.alpha.labels.barriers import realised_variance, triple_barrier
from tradewind.alpha.labels.cross_section import cross_section_rank
from tradewind.alpha.labels.horizon import fixed_horizon, fixed_time, smoothed_mid, spread_threshold
from tradewind.alpha.labels.label import Labels, uniqueness

__all__ = [
    "Labels",
    "cross_section_rank",
    "fixed_horizon",
    "fixed_time",
    "realised_variance",
    "smoothed_mid",
    "spread_threshold",
    "triple_barrier",
    "uniqueness",
]
