"""How a day's variance spreads over its hours: the intraday profile, and what is left of a day's forecast."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.risk.prices import Bars
from tradewind.risk.volatility.cleaning import clean_bars

__all__ = ["IntradayProfile", "intraday_profile"]

DAY_NS = 86_400 * 10**9


class IntradayProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of a day's variance.

    Attributes:
        overnight: Share of the night before the open.
        start_s: Shape (n,): start of each slot, seconds after midnight on the file's clock.
        share: Shape (n,): share of each slot; sums to 1 with the night.
    """

    overnight: float
    start_s: Array
    share: Array

    def remaining(self, second: float) -> float:
        """Share of the day's variance that is still to come.

        Args:
            second: Time of day, seconds after midnight.
        """
        later = self.start_s >= second
        return float(self.share[later].sum())


def intraday_profile(bars: Bars) -> IntradayProfile:
    """Mean share of each slot, every day counting the same.

    Args:
        bars: Bars of several slots a day.

    Raises:
        InvalidValueError: For one bar a day: there is no profile.
    """
    cleaned = clean_bars(bars)
    clean = cleaned.bars
    days, first, index = np.unique(clean.day, return_index=True, return_inverse=True)
    slots, place = np.unique(clean.ts_ns % DAY_NS, return_inverse=True)
    if len(slots) < 2 or len(days) < 2:
        raise InvalidValueError("bars", "two or more bars a day on two or more days", len(slots))
    ranged = np.log(clean.high / clean.low) ** 2 / (4 * np.log(2))
    last = np.append(first[1:], len(clean)) - 1
    night = np.zeros(len(days))
    night[1:] = (np.log(clean.open[first[1:]] / clean.close[last[:-1]]) - cleaned.split[first[1:]]) ** 2
    total = np.bincount(index, weights=ranged) + night
    good = (total > 0) & (np.arange(len(days)) > 0)
    share = np.bincount(place, weights=np.where(good[index], ranged / np.maximum(total[index], 1e-300), 0.0))
    count = int(good.sum())
    return IntradayProfile(
        overnight=float((night[good] / total[good]).mean()), start_s=slots / 1e9, share=share / count
    )
