"""The catalogue: every feature with its unit, range, formula and source.

Signs of the formulas: ``q`` size, ``b`` and ``a`` best bid and ask, ``m`` mid, ``q0`` mean size of the touch over the
last 1000 changes, ``h`` a time constant in seconds (what is older counts less by e), ``w`` a window in changes of the
quote.
"""

from __future__ import annotations

import math

from tradewind.alpha.features.catalogue_daily import DAILY
from tradewind.alpha.features.catalogue_hourly import HOURLY
from tradewind.alpha.features.catalogue_market import MARKET
from tradewind.alpha.features.feature import Feature
from tradewind.alpha.features.layout import HORIZONS_S, WINDOWS

__all__ = ["CATALOGUE", "DEPTH_FEATURES", "TOUCH"]

INF = math.inf
OFI = "Cont, Kukanov and Stoikov (2014)"
DEEP_OFI = "Xu, Gould and Howison (2018)"
SIDES = {"bid": "ask", "ask": "bid"}
TURNED = {"imbalance", "microprice", "ofi", "return", "flow", "deviation"}


def _touch(  # noqa: PLR0917
    name: str, unit: str, bounds: tuple[float, float], formula: str, source: str = "", group: str = "touch"
) -> Feature:
    modality = "calendar" if name.startswith("session") else "book"
    return Feature(
        name=name,
        group=group,
        modality=modality,
        unit=unit,
        low=bounds[0],
        high=bounds[1],
        formula=formula,
        source=source,
        mirror=_mirror(name),
    )


def _mirror(name: str) -> str:
    """What a feature of ticks or levels is where bids are asks and up is down."""
    first, _, rest = name.partition("_")
    if first in SIDES:
        return f"{SIDES[first]}_{rest}"
    return "turned" if first in TURNED or name.startswith(("last_move", "last_side")) else "same"


def _each(name: str, unit: str, bounds: tuple[float, float], formula: str, source: str = "") -> tuple[Feature, ...]:
    """One feature for each time constant."""
    return tuple(_touch(f"{name}_{h:g}s", unit, bounds, f"{formula}; h = {h:g} s", source) for h in HORIZONS_S)


def _windows(name: str, unit: str, bounds: tuple[float, float], formula: str, source: str = "") -> tuple[Feature, ...]:
    """One feature for each window of changes."""
    return tuple(_touch(f"{name}_{w}", unit, bounds, f"{formula}; w = {w}", source) for w in WINDOWS)


POSITIVE, UNIT, ANY = (0.0, INF), (-1.0, 1.0), (-INF, INF)

TOUCH: tuple[Feature, ...] = (
    _touch("spread_bps", "bp", POSITIVE, "1e4 (a - b) / m"),
    _touch("spread_ticks", "ticks", POSITIVE, "(a - b) / tick"),
    _touch("spread_ratio", "", POSITIVE, "(a - b) / mean spread of the last 1000 changes"),
    _touch("imbalance", "", UNIT, "(q_b - q_a) / (q_b + q_a)", "Gould and Bonart (2016)"),
    _touch("microprice_bps", "bp", ANY, "1e4 (b q_a + a q_b) / (q_a + q_b) / m - 1e4", "Stoikov (2018)"),
    _touch("imbalance_mean_10", "", UNIT, "exponential mean of imbalance over 10 changes"),
    _touch("imbalance_mean_100", "", UNIT, "exponential mean of imbalance over 100 changes"),
    _touch("bid_size_log", "log2", ANY, "log2(q_b / q0)"),
    _touch("ask_size_log", "log2", ANY, "log2(q_a / q0)"),
    _touch("bid_age", "log s", POSITIVE, "log(1 + seconds since the best bid changed price)"),
    _touch("ask_age", "log s", POSITIVE, "log(1 + seconds since the best ask changed price)"),
    _touch("mid_age", "log s", POSITIVE, "log(1 + seconds since the mid moved)"),
    _touch("last_move", "", UNIT, "sign of the last move of the mid"),
    *_windows(
        "ofi", "q0", ANY, "sum of e / q0 over w changes, e = added - gone at the bid, less the same at the ask", OFI
    ),
    *_windows("return", "bp", ANY, "1e4 (ln m - ln m w changes ago)"),
    *_windows("duration", "log s", POSITIVE, "log(1 + seconds of the last w changes)"),
    *_each(
        "flow", "q0", ANY, "decayed sum of signed volume / q0; sides by Lee-Ready where unknown", "Lee and Ready (1991)"
    ),
    *_each("flow_share", "", UNIT, "decayed signed volume / decayed volume"),
    *_each("volume", "log q0", POSITIVE, "log(1 + decayed volume / q0)"),
    *_each("trade_rate", "1/s", POSITIVE, "decayed count of trades / h"),
    *_each("quote_rate", "1/s", POSITIVE, "decayed count of changes / h"),
    *_each("ofi", "q0", ANY, "decayed sum of order-flow imbalance / q0", OFI),
    *_each("deviation", "bp", ANY, "1e4 (ln m - its decayed mean)"),
    *_each(
        "volatility",
        "bp",
        POSITIVE,
        "1e4 sqrt of decayed sum of squared moves of ln m",
        "Andersen and Bollerslev (1998)",
    ),
    *_each(
        "jumps",
        "",
        (0.0, 1.0),
        "max(0, 1 - bipower / variance), bipower = pi/2 decayed sum of |r_i||r_i-1| over moves",
        "Barndorff-Nielsen and Shephard (2004)",
    ),
    *_each("bid_queue", "q0", ANY, "decayed (joined - left) of the best bid / q0"),
    *_each("ask_queue", "q0", ANY, "decayed (joined - left) of the best ask / q0"),
    _touch("last_side", "", UNIT, "side of the last trade"),
    _touch(
        "kyle_lambda",
        "bp per q0",
        ANY,
        "slope of moves of ln m on signed volume over 5 s buckets, decayed 0.99 a bucket; NaN before one has traded",
        "Kyle (1985)",
    ),
    _touch(
        "roll_bps",
        "bp",
        POSITIVE,
        "2e4 sqrt(max(0, -cov(dp_i, dp_i-1))) / m over trades, decayed 0.99 a trade; NaN before three trades",
        "Roll (1984)",
    ),
    _touch(
        "session_elapsed", "", (0.0, 1.0), "share of the session that is over (of the UTC day where it never closes)"
    ),
    _touch("session_left", "log s", POSITIVE, "log(1 + seconds to the close)"),
)
"""Features of best quotes and trades, in the order of their values."""

DEPTH_FEATURES: tuple[Feature, ...] = tuple(
    _touch(name, unit, bounds, formula, source, "depth")
    for name, unit, bounds, formula, source in (
        ("imbalance_3", "", UNIT, "(B - A) / (B + A), sizes of the best 3 levels", "Cao, Hansch and Wang (2009)"),
        ("imbalance_5", "", UNIT, "(B - A) / (B + A), sizes of the best 5 levels", "Cao, Hansch and Wang (2009)"),
        ("imbalance_deep", "", UNIT, "(B - A) / (B + A), sizes of the best 10 levels", "Cao, Hansch and Wang (2009)"),
        ("ofi_3_levels_10", "q1", ANY, "order-flow imbalance of 3 levels, 10 changes / mean level", DEEP_OFI),
        ("ofi_3_levels_100", "q1", ANY, "order-flow imbalance of 3 levels, 100 changes / mean level", DEEP_OFI),
        ("ofi_deep_10", "q1", ANY, "order-flow imbalance of 10 levels, 10 changes / mean level", DEEP_OFI),
        ("ofi_deep_100", "q1", ANY, "order-flow imbalance of 10 levels, 100 changes / mean level", DEEP_OFI),
        ("bid_lever_bps", "bp", POSITIVE, "size-weighted mean distance of the bids from m", ""),
        ("ask_lever_bps", "bp", POSITIVE, "size-weighted mean distance of the asks from m", ""),
        ("bid_gap_bps", "bp", POSITIVE, "distance of the second bid from the best; NaN without", ""),
        ("ask_gap_bps", "bp", POSITIVE, "distance of the second ask from the best; NaN without", ""),
        ("depth_log", "log2", ANY, "log2 of size on 10 levels of both sides / 20 mean levels of 1000 changes", ""),
    )
)
"""Features of up to ten levels a side, in the order of their values."""

CATALOGUE: tuple[Feature, ...] = (*TOUCH, *DEPTH_FEATURES, *MARKET, *DAILY, *HOURLY)
"""Every feature of prices and books."""
