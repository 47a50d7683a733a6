"""Regimes: typed scenarios that modulate a preset's rates in time."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.market.flow.layout import MOST_PHASES, PHASES
from tradewind.market.preset import GROUPS

__all__ = ["SCENARIOS", "Phase", "Scenario", "named_scenario", "phases_record"]


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a scenario; every factor 1 leaves the preset as it is.

    Attributes:
        seconds: How long it lasts; the last phase of a scenario lasts on.
        activity: Factor on the rate of everything.
        market: Factor on market orders (and hidden trades).
        limit: Factor on limit orders, inside, at and behind the best.
        cancel: Factor on cancels.
        buy_tilt: From -1 to 1: market orders are multiplied by ``1 + tilt`` (buys) and ``1 - tilt`` (sells); bids
            inside the spread rise and their cancels fall alike by half of it, asks the other way.

    Raises:
        InvalidValueError: For a factor that is negative or not finite, or a tilt beyond -1 to 1.
    """

    seconds: float = float("inf")
    activity: float = 1.0
    market: float = 1.0
    limit: float = 1.0
    cancel: float = 1.0
    buy_tilt: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("activity", "market", "limit", "cancel"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0) or (name == "activity" and value == 0):
                raise InvalidValueError(name, "a finite factor above 0" if name == "activity" else "0 or more", value)
        if not -1 <= self.buy_tilt <= 1:
            raise InvalidValueError("buy_tilt", "from -1 to 1", self.buy_tilt)
        if not self.seconds > 0:
            raise InvalidValueError("seconds", "more than 0", self.seconds)


class Scenario(msgspec.Struct, frozen=True):
    """A name and its phases in order.

    Attributes:
        name: What it is called.
        phases: One or more, at most 32; the last one lasts on whatever its length.

    Raises:
        InvalidValueError: For no phase or too many.
    """

    name: str
    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        """Check the count."""
        if not 1 <= len(self.phases) <= MOST_PHASES:
            raise InvalidValueError("phases", f"1 to {MOST_PHASES} phases", len(self.phases))


SCENARIOS: dict[str, Scenario] = {
    s.name: s
    for s in (
        Scenario("calm", (Phase(activity=0.5, market=0.8),)),
        Scenario("volatile", (Phase(activity=2.0, market=1.25, cancel=1.1),)),
        Scenario("thin", (Phase(limit=0.8, cancel=1.15),)),
        Scenario("trending", (Phase(buy_tilt=0.15),)),
        Scenario(
            "flash_crash",
            (
                Phase(seconds=300.0),
                Phase(seconds=60.0, activity=1.5, cancel=1.3, limit=0.85, buy_tilt=-0.2),
                Phase(seconds=120.0, activity=4.0, market=1.5, limit=0.7, cancel=1.4, buy_tilt=-0.6),
                Phase(seconds=180.0, activity=3.0, limit=1.2, buy_tilt=0.35),
                Phase(seconds=600.0, activity=1.5, limit=1.05, buy_tilt=0.05),
                Phase(),
            ),
        ),
    )
}
"""Named regimes: calm, volatile, thin, trending, and a flash crash 5 minutes in (liquidity withdraws, flow turns
one-sided, then recovers)."""

PLAIN = Scenario("plain", (Phase(),))


def named_scenario(name: str) -> Scenario:
    """A shipped scenario by name.

    Raises:
        NotFoundError: When there is none of that name.

    Examples:
        >>> named_scenario("thin").phases[0].cancel
        1.15
    """
    if name not in SCENARIOS:
        raise NotFoundError(f"{name}: no such scenario; there are {', '.join(sorted(SCENARIOS))}")
    return SCENARIOS[name]


def phases_record(scenario: Scenario | None) -> Array:
    """A scenario as kernels read it.

    Args:
        scenario: None for the preset as it is.

    Returns:
        Shape (1,), dtype ``PHASES``.
    """
    phases = (scenario or PLAIN).phases
    out = np.zeros(1, PHASES)
    out["count"] = len(phases)
    end = 0.0
    for k, phase in enumerate(phases):
        end = np.inf if k == len(phases) - 1 else end + phase.seconds
        row = out["rows"][0, k]
        row["until_s"], row["activity"] = end, phase.activity
        for side, sign in ((0, 1.0), (1, -1.0)):
            tilt = 1.0 + sign * phase.buy_tilt
            lean = 1.0 + sign * phase.buy_tilt / 2
            factors = {"market": phase.market * tilt, "hidden": phase.market * tilt, "improve": phase.limit * lean}
            factors |= {"join": phase.limit, "cancel": phase.cancel * (2.0 - lean), "deep_limit": phase.limit}
            factors |= {"deep_cancel": phase.cancel}
            row["factor"][side, : len(GROUPS)] = [factors[group] for group in GROUPS]
            row["factor"][side, len(GROUPS) :] = 1.0
    return out
