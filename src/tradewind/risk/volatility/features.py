"""What a forecast of variance looks at, as columns that are known at the close of each day."""

from __future__ import annotations

import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.risk.volatility.history import History

__all__ = ["HAR", "HAR_LEVERAGE", "RICH", "WARM_UP", "features", "relative"]

MOST = 0.99
"""Share of a day's variance that its night may have: what is left must have a logarithm."""
WARM_UP = 66
"""Days before the first complete row."""
HAR = ("day", "week", "month")
"""Log of the mean variance of the last day, 5 and 22 days (Corsi 2009)."""
HAR_LEVERAGE = (*HAR, "fall", "fall_week")
"""With falls, in units of the month's volatility (Corsi and Renò 2012)."""
RICH = (
    *HAR_LEVERAGE,
    "second",
    "third",
    "quarter",
    "rise",
    "overnight",
    "overnight_week",
    "within",
    "within_week",
    "typical",
    "typical_month",
    "downside",
    "downside_week",
    "late",
    "wobble",
    "busy",
    "busy_week",
    "peers",
    "peers_week",
    "peer_fall",
    "monday",
    "friday",
    "long_gap",
)
"""Everything, in the order in which it is kept and learned from."""


def features(history: History) -> dict[str, Array]:
    """Columns by name, each shape (n,); NaN in the first ``WARM_UP`` days. Kept with the history once made.

    Args:
        history: Days, with peers where there are some (:func:`tradewind.risk.volatility.history.with_peers`).
    """
    kept = history.__dict__
    if "features" not in kept:
        made = _features(history)
        kept["features"] = (np.column_stack([made[name] for name in RICH]),)
    table = kept["features"][0]
    return {name: table[:, k] for k, name in enumerate(RICH)}


def relative(history: History) -> tuple[Array, Array]:
    """All features with levels relative to the month, shape (n, d), and the month's mean variance, shape (n,)."""
    kept = history.__dict__
    if "relative" not in kept:
        table = features(history)
        month = table["month"]
        for name in ("day", "week", "second", "third", "quarter"):
            table[name] = table[name] - month
        # The level itself, relative to the long run, says how far there is to fall back.
        variance = np.log(history.variance)
        table["month"] = month - np.cumsum(variance) / np.arange(1, len(variance) + 1)
        kept["relative"] = (np.column_stack([table[name] for name in RICH]), np.exp(month))
    X, level = kept["relative"]
    return X, level


def _features(history: History) -> dict[str, Array]:
    lv = np.log(history.variance)
    week, month, quarter = (np.log(_mean(history.variance, n)) for n in (5, 22, WARM_UP))
    unit = np.exp(month / 2)
    volume = np.log1p(history.volume)
    fall, rise = np.minimum(history.returns, 0) / unit, np.maximum(history.returns, 0) / unit
    night = history.overnight**2
    calm = np.minimum(night / history.variance, MOST)
    weekday = (history.day + 3) % 7
    gap = np.append(1, np.diff(history.day))
    peers = history.peer_variance
    return {
        "day": lv,
        "week": week,
        "month": month,
        "quarter": quarter,
        "second": _shift(lv, 1),
        "third": _shift(lv, 2),
        "fall": fall,
        "fall_week": _mean(fall, 5),
        "rise": rise,
        "overnight": night / history.variance,
        "overnight_week": _mean(night, 5) / np.exp(week),
        "within": np.log1p(-calm),
        "within_week": np.log1p(-np.minimum(_mean(night, 5) / np.exp(week), MOST)),
        "typical": _mean(lv, 5) - week,
        "typical_month": _mean(lv, 22) - month,
        "downside": history.downside - 0.5,
        "downside_week": _mean(history.downside, 5) - 0.5,
        "late": history.late,
        "wobble": _deviation(lv, 22),
        "busy": volume - _mean(volume, 22),
        "busy_week": _mean(volume, 5) - _mean(volume, 22),
        "peers": peers - _mean(peers, 22),
        "peers_week": _mean(peers, 5) - _mean(peers, 22),
        "peer_fall": np.minimum(history.peer_return, 0) / unit,
        "monday": (weekday == 0).astype(np.float64),
        "friday": (weekday == 4).astype(np.float64),
        "long_gap": (gap > 3).astype(np.float64),
    }


def _mean(values: Array, window: int) -> Array:
    return pl.Series(values).rolling_mean(window).fill_null(np.nan).to_numpy()


def _deviation(values: Array, window: int) -> Array:
    return pl.Series(values).rolling_std(window).fill_null(np.nan).to_numpy()


def _shift(values: Array, by: int) -> Array:
    return np.append(np.full(by, np.nan), values[:-by])
