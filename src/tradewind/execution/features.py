"""The observation, feature by feature: name, unit, range, source, normalisation. The page in the guide is made of this.

Everything is seen from the order's side: *own* is the side it rests on (bids for a buy order), *opposite* the side it
crosses, and signed features are positive where they hurt the order (the price ran away) or point that way. So a buy and
a sell order in mirrored markets see the same numbers.
"""

from __future__ import annotations

import hashlib

import msgspec

from tradewind.execution.episode import HORIZONS_S

__all__ = ["FEATURES", "OBSERVATION_SIZE", "VERSION", "Feature", "feature_table", "spec_hash"]

VERSION = 1
"""Raised whenever the meaning of a feature changes without its row changing."""


class Feature(msgspec.Struct, frozen=True):
    """One number of the observation.

    Attributes:
        name: What it is called.
        unit: What one unit of the number is.
        low: Smallest value; smaller ones are clipped.
        high: Largest value.
        source: Where it is read: the order (episode), the book, trades, the clock, settings, or another pillar.
        meaning: How it is computed and normalised.
    """

    name: str
    unit: str
    low: float
    high: float
    source: str
    meaning: str


def _by_horizon(name: str, unit: str, ends: tuple[float, float], source: str, meaning: str) -> list[Feature]:
    return [Feature(f"{name}_{h:g}s", unit, *ends, source, meaning.replace("τ", f"{h:g} s")) for h in HORIZONS_S]


SPREADS, TOUCHES, VOLUMES = "usual spreads", "log2 of usual touch sizes", "usual volume"

FEATURES: tuple[Feature, ...] = (
    Feature("time_left", "share", 0, 1, "clock", "Time to the deadline over the horizon."),
    Feature("inventory_left", "share", 0, 1, "episode", "Lots left over the order's quantity."),
    Feature("behind_schedule", "share", -1, 1, "episode", "inventory_left - time_left: positive is late."),
    Feature("horizon", "log10 of minutes, halved", -1, 2, "episode", "log10(horizon / 60 s) / 2."),
    Feature("order_size", VOLUMES, 0, 5, "episode", "5 x quantity over the volume expected in the horizon."),
    Feature("rate_needed", VOLUMES, 0, 5, "episode", "5 x lots left over the volume expected in the time left."),
    Feature("slice_size", TOUCHES, -5, 5, "episode", "log2(slice / usual size at a best price)."),
    Feature("working", "flag", 0, 1, "episode", "1 while an order of ours rests or is on its way."),
    Feature("working_share", "share", 0, 1, "episode", "Lots of the working order over lots left."),
    Feature(
        "working_distance", SPREADS, -5, 5, "book", "Working order behind (+) or before (-) the own best; 0: none."
    ),
    Feature("queue_ahead", "log2(1 + usual touch sizes)", 0, 5, "book", "Lots before the working order in its queue."),
    Feature("queue_place", "share", 0, 1, "book", "queue_ahead over the size of its level; 1: at the end."),
    Feature("in_flight", "share", 0, 1, "episode", "Lots of new orders that have not arrived, over lots left."),
    Feature("spread", SPREADS, 0, 5, "book", "Best ask - best bid."),
    Feature("imbalance_1", "share", -1, 1, "book", "(own - opposite) over their sum, sizes of the best level."),
    Feature("imbalance_2", "share", -1, 1, "book", "The same over the best 2 occupied levels."),
    Feature("imbalance_3", "share", -1, 1, "book", "The same over the best 3."),
    Feature("imbalance_4", "share", -1, 1, "book", "The same over the best 4."),
    Feature("imbalance_5", "share", -1, 1, "book", "The same over the best 5."),
    Feature("microprice", SPREADS, -1, 1, "book", "Microprice - mid, times side."),
    Feature("own_touch", TOUCHES, -5, 5, "book", "log2(size at the own best price)."),
    Feature("opposite_touch", TOUCHES, -5, 5, "book", "log2(size at the opposite best price)."),
    *_by_horizon(
        "flow", VOLUMES, (-5, 5), "trades", "Traded lots by the aggressor's sign, times side, decaying over τ."
    ),
    *_by_horizon("volume", VOLUMES, (0, 5), "trades", "Traded lots decaying over τ."),
    *_by_horizon(
        "volatility", "usual volatility", (0, 5), "book", "Root of squared moves of the mid, decaying over τ."
    ),
    *_by_horizon("trend", "usual moves in τ", (-5, 5), "book", "Mid less its mean decaying over τ, times side."),
    Feature("moved", "usual moves in the horizon", -5, 5, "book", "Mid less mid at the decision to trade, times side."),
    Feature("moved_spreads", SPREADS, -5, 5, "book", "The same in usual spreads."),
    Feature("volume_so_far", VOLUMES, 0, 5, "trades", "Volume since the start over its profile's; 1 at the start."),
    Feature("volume_ahead", "share", 0, 1, "profile", "Profile's volume in the time left over that of the horizon."),
    Feature("participation", "share", 0, 1, "episode", "Own traded lots over all traded lots since the start."),
    Feature("latency", "log10(1 + ms), halved", 0, 2, "settings", "Mean time from looking to arriving."),
    Feature("fee_gap", SPREADS, -2, 2, "settings", "What taking costs more than making, in fees per lot."),
    Feature(
        "alpha", "forecast", -5, 5, "alpha pillar", "Forecast of the move, times side [its own deviations]; 0: none."
    ),
    Feature("posture", "posture", -1, 1, "risk pillar", "-1 hold back, 0 neutral, 1 hurry."),
)
"""The observation, in order."""

OBSERVATION_SIZE = len(FEATURES)
"""Numbers in an observation."""


def spec_hash() -> str:
    """What a policy must agree with: 16 hex digits of the features, their ranges, order and meaning.

    Examples:
        >>> len(spec_hash())
        16
    """
    rows = [msgspec.structs.astuple(feature) for feature in FEATURES]
    return hashlib.sha256(repr((VERSION, HORIZONS_S, rows)).encode()).hexdigest()[:16]


def feature_table() -> str:
    """The features as a Markdown table, for the guide."""
    head = "| # | feature | unit | range | source | how |\n|---|---|---|---|---|---|\n"
    rows = [
        f"| {k} | `{f.name}` | {f.unit} | {f.low:g} … {f.high:g} | {f.source} | {f.meaning} |"
        for k, f in enumerate(FEATURES)
    ]
    return head + "\n".join(rows) + "\n"
