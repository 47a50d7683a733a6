"""The catalogue of features of a day's variance. ``RV`` is the day's variance, ranges of its hours and its night.

Wicks of an hour count up to ten times the usual span of an hour.
"""

from __future__ import annotations

import math

from tradewind.alpha.features.feature import Feature

__all__ = ["HOURLY"]

INF = math.inf
HAR = "Corsi (2009)"
ROWS = (
    ("variance_1d", "log", (-INF, INF), "ln RV", HAR),
    ("variance_5d", "log", (-INF, INF), "ln mean RV of 5 days", HAR),
    ("variance_22d", "log", (-INF, INF), "ln mean RV of 22 days", HAR),
    ("variance_66d", "log", (-INF, INF), "ln mean RV of 66 days", HAR),
    ("variance_of_variance_22d", "log", (0.0, INF), "standard deviation of ln RV, 22 days", "Corsi et al. (2008)"),
    ("leverage_1d", "", (-INF, 0.0), "min(r, 0) / sqrt of mean RV of 22 days", "Corsi and Renò (2012)"),
    ("leverage_5d", "", (-INF, 0.0), "min(r of 5 days, 0) / sqrt of mean RV of 22 days", "Corsi and Renò (2012)"),
    ("volume_22d", "log", (-INF, INF), "ln(volume of the day / mean of 22 days)", ""),
    ("night_share", "", (0.0, 1.0), "night squared / RV", ""),
    ("largest_hour", "", (0.0, 1.0), "largest hour's share of the ranges", ""),
    ("last_hour", "", (0.0, 1.0), "last hour's share of the ranges", ""),
    ("falls_share", "", (0.0, 1.0), "share of squared hourly returns that fell", "Patton and Sheppard (2015)"),
    ("day_of_week", "", (0.0, 6.0), "0 Monday to 6 Sunday", ""),
)

HOURLY: tuple[Feature, ...] = tuple(
    Feature(
        name=name,
        group="hourly",
        modality="calendar" if name == "day_of_week" else "price",
        unit=unit,
        low=bounds[0],
        high=bounds[1],
        formula=formula,
        source=source,
    )
    for name, unit, bounds, formula, source in ROWS
)
"""Features of the variance of a day, in the order of their values."""
