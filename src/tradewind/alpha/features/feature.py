"""What the catalogue says about a feature."""

from __future__ import annotations

import msgspec

__all__ = ["Feature"]


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One feature: what it measures, in which unit, and where it comes from.

    Attributes:
        name: Its column.
        group: ``touch``, ``depth``, ``market``, ``daily`` or ``hourly``: which state computes it.
        modality: ``book``, ``market``, ``price`` or ``calendar``: the family it is fused with.
        unit: Unit of its values; empty for a pure number.
        low: No value is below.
        high: No value is above.
        formula: In words and signs.
        source: Author and year where it is somebody's.
        mirror: What it is where bids are asks and up is down: the ``same``, ``turned`` around, or the feature named
            (ticks and books only; see :mod:`tradewind.alpha.features.mirror`).
    """

    name: str
    group: str
    modality: str
    unit: str
    low: float
    high: float
    formula: str
    source: str = ""
    mirror: str = "same"
