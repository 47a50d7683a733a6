"""Features: one compiled path for streams and batches, and a catalogue that says what each one is."""

from tradewind.alpha.features.catalogue import CATALOGUE
from tradewind.alpha.features.stream import TouchFeatures, touch_batch

__all__ = ["CATALOGUE", "TouchFeatures", "touch_batch"]
