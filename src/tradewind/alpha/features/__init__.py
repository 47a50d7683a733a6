"""Features: one compiled path for streams and batches, and a catalogue that says what each one is."""

from tradewind.alpha.features.catalogue import CATALOGUE
from tradewind.alpha.features.market import MarketFeatures, market_batch
from tradewind.alpha.features.mirror import Mirror, mirror_of
from tradewind.alpha.features.panel import DailyFeatures, daily_batch
from tradewind.alpha.features.stream import DepthFeatures, TouchFeatures, depth_batch, touch_batch

__all__ = [
    "CATALOGUE",
    "DailyFeatures",
    "DepthFeatures",
    "MarketFeatures",
    "Mirror",
    "TouchFeatures",
    "daily_batch",
    "depth_batch",
    "market_batch",
    "mirror_of",
    "touch_batch",
]
