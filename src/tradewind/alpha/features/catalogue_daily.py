"""The catalogue of daily features.

Signs of the formulas: ``r`` log return of a day (splits and dividends in it), ``v`` volume, ``p`` price.
"""

from __future__ import annotations

import math

from tradewind.alpha.features.feature import Feature

__all__ = ["DAILY"]

INF = math.inf
POSITIVE, ANY = (0.0, INF), (-INF, INF)


def _daily(name: str, unit: str, bounds: tuple[float, float], formula: str, source: str = "") -> Feature:
    modality = "calendar" if name in ("weekday", "month_day", "month") else "price"
    low, high = bounds
    return Feature(
        name=name, group="daily", modality=modality, unit=unit, low=low, high=high, formula=formula, source=source
    )


DAILY: tuple[Feature, ...] = (
    _daily("return_1d", "log", ANY, "r of the day", "Jegadeesh (1990), reversal"),
    _daily("return_5d", "log", ANY, "sum of r over 5 days", "Lehmann (1990), reversal"),
    _daily("return_21d", "log", ANY, "sum of r over 21 days", "Jegadeesh (1990), reversal"),
    _daily("return_63d", "log", ANY, "sum of r over 63 days"),
    _daily("momentum_126d", "log", ANY, "sum of r from 126 to 21 days ago", "Jegadeesh and Titman (1993)"),
    _daily("momentum_252d", "log", ANY, "sum of r from 252 to 21 days ago", "Jegadeesh and Titman (1993)"),
    _daily("volatility_21d", "log", POSITIVE, "standard deviation of r over 21 days", "Ang et al. (2006)"),
    _daily("volatility_63d", "log", POSITIVE, "standard deviation of r over 63 days"),
    _daily("volatility_ratio", "log", ANY, "ln(standard deviation over 5 days / over 63 days)"),
    _daily("beta_63d", "", ANY, "slope of r on the market's over 63 days", "Frazzini and Pedersen (2014)"),
    _daily("residual_volatility_63d", "log", POSITIVE, "deviation of r from beta times market", "Ang et al. (2006)"),
    _daily("residual_return_63d", "log", ANY, "sum of r - beta times market over 63 days", "Blitz et al. (2011)"),
    _daily("skewness_63d", "", ANY, "third moment of r over the second to the 3/2, 63 days"),
    _daily("amihud_21d", "log", ANY, "ln(mean of |r| / traded millions), 21 days", "Amihud (2002)"),
    _daily("dollar_volume_21d", "log", POSITIVE, "ln(1 + mean of p v), 21 days"),
    _daily(
        "volume_trend", "log", ANY, "ln(mean v over 5 days / over 21 days)", "Gervais, Kaniel and Mingelgrin (2001)"
    ),
    _daily("volume_shock", "log", ANY, "ln(v / mean v over 21 days)", "Gervais, Kaniel and Mingelgrin (2001)"),
    _daily("range_21d", "log", POSITIVE, "sqrt(mean of ln(high / low)^2 / (4 ln 2)), 21 days", "Parkinson (1980)"),
    _daily("night_21d", "log", ANY, "sum of close-to-open r over 21 days", "Lou, Polk and Skouras (2019)"),
    _daily("intraday_21d", "log", ANY, "sum of open-to-close r over 21 days", "Lou, Polk and Skouras (2019)"),
    _daily("quiet_days_21d", "", (0.0, 1.0), "share of days with r = 0", "Lesmond, Ogden and Trzcinka (1999)"),
    _daily("max_21d", "log", ANY, "largest r of 21 days", "Bali, Cakici and Whitelaw (2011)"),
    _daily("average_distance_21d", "log", ANY, "ln p - mean of ln p over 21 days"),
    _daily("strength_14d", "", (0.0, 100.0), "100 gains / (gains + losses) over 14 days", "Wilder (1978)"),
    _daily("high_distance_126d", "log", (-INF, 0.0), "ln p - its maximum of up to 126 days", "George and Hwang (2004)"),
    _daily("gap", "log", ANY, "close-to-open r of the day"),
    _daily("close_location", "", (-1.0, 1.0), "(2 close - high - low) / (high - low)"),
    _daily("weekday", "", (0.0, 6.0), "0 Monday to 6 Sunday"),
    _daily("month_day", "", (1.0, 31.0), "day of the month"),
    _daily("month", "", (1.0, 12.0), "month of the year"),
)
"""Features of daily bars, in the order of their values."""
