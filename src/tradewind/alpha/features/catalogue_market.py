"""The catalogue of what the market does beside the instrument that is forecast."""

from __future__ import annotations

import math

from tradewind.alpha.features.feature import Feature
from tradewind.alpha.features.layout import HORIZONS_S

__all__ = ["MARKET"]

INF = math.inf

MARKET: tuple[Feature, ...] = tuple(
    Feature(
        name=f"market_{name}_{h:g}s",
        group="market",
        modality="market",
        unit=unit,
        low=-bound,
        high=bound,
        formula=f"{formula}; h = {h:g} s",
        source=source,
        mirror="turned",
    )
    for name, unit, bound, formula, source in (
        ("deviation", "bp", INF, "1e4 (ln last price of the market - its decayed mean)", ""),
        ("lead", "bp", INF, "market_deviation - deviation: what the instrument has yet to follow", "Hasbrouck (2003)"),
        ("flow_share", "", 1.0, "decayed signed volume of the market / decayed volume; sides by the tick", ""),
    )
    for h in HORIZONS_S
)
"""Features of another instrument's trades, in the order of their values."""
