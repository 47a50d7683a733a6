"""Labels: what a forecast is about, with when it is born, when it is known and what it counts."""

from tradewind.alpha.labels.horizon import fixed_horizon, fixed_time, smoothed_mid, spread_threshold
from tradewind.alpha.labels.label import Labels, uniqueness

__all__ = ["Labels", "fixed_horizon", "fixed_time", "smoothed_mid", "spread_threshold", "uniqueness"]
