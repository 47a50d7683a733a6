"""Regimes: typed scenarios that modulate a preset's rates in time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.market.flow.guards import WIDEST_TICKS
from tradewind.market.flow.layout import MOST_PHASES, PHASES
from tradewind.market.preset import GROUPS

__all__ = ["SCENARIOS", "Mix", "Phase", "Scenario", "in_sequence", "mix", "named_scenario", "phases_record"]


GOLDEN = np.uint64(0x9E3779B97F4A7C15)


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
        halted: Nothing trades: no background event happens, your messages are refused but for cancels and
            reductions. Afterwards trading goes on from the book as it rests.
        band_ticks: Nothing trades further than this from a reference price, the average of the mid over the last
            five minutes (at the beginning, the mid); 0 is no band. Your orders priced beyond it are refused.
        pause_s: With a band: trading pauses for so long when the market has been at the edge of the band for 15 s,
            and reopens with the mid as the new reference; 0 never pauses [s].

    Raises:
        InvalidValueError: For a number out of its range, naming it.
    """

    seconds: float = float("inf")
    activity: float = 1.0
    market: float = 1.0
    limit: float = 1.0
    cancel: float = 1.0
    buy_tilt: float = 0.0
    halted: bool = False
    band_ticks: int = 0
    pause_s: float = 0.0

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
        if not 0 <= self.band_ticks <= WIDEST_TICKS:
            raise InvalidValueError("band_ticks", f"0 (none) to {WIDEST_TICKS}", self.band_ticks)
        if not 0 <= self.pause_s < np.inf:
            raise InvalidValueError("pause_s", "0 (never) or more, finite", self.pause_s)
        if self.pause_s and not self.band_ticks:
            raise InvalidValueError("pause_s", "0 where there is no band_ticks", self.pause_s)


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


class Mix(msgspec.Struct, frozen=True):
    """Scenarios and how often each is drawn; see :func:`mix`.

    Attributes:
        scenarios: What is drawn from; None is the preset as it is.
        weights: Probabilities, summing to 1.
    """

    scenarios: tuple[Scenario | None, ...]
    weights: tuple[float, ...]

    def picks(self, key: int, indices: Array, lives: Array) -> Array:
        """Places of the scenarios that markets draw; each draw depends on its three numbers only.

        Args:
            key: What all draws depend on.
            indices: Shape (n,), numbers of markets.
            lives: Shape (n,), how often each has begun.

        Returns:
            Shape (n,), places in ``scenarios``.

        Examples:
            >>> drawn = mix(["calm", "thin"], [1, 3]).picks(7, np.arange(1000), np.zeros(1000, int))
            >>> bool(0.7 < drawn.mean() < 0.8)
            True
        """
        words = np.asarray(indices, np.uint64) * GOLDEN + np.asarray(lives, np.uint64)
        for _ in range(2):  # splitmix64 (Steele, Lea and Flood, 2014)
            words = words * GOLDEN + np.uint64(key)
            words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            words ^= words >> np.uint64(31)
        chances = (words >> np.uint64(11)) * 2.0**-53
        found = np.searchsorted(np.cumsum(self.weights), chances, side="right")
        return np.minimum(found, len(self.weights) - 1).astype(np.int64)


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
        Scenario(
            "halt",
            (Phase(seconds=300.0), Phase(seconds=300.0, halted=True), Phase(seconds=120.0, activity=3.0), Phase()),
        ),
        Scenario(
            "luld",
            (
                Phase(seconds=300.0, band_ticks=20, pause_s=300.0),
                Phase(
                    seconds=180.0,
                    activity=3.0,
                    market=1.5,
                    limit=0.75,
                    cancel=1.3,
                    buy_tilt=-0.5,
                    band_ticks=20,
                    pause_s=300.0,
                ),
                Phase(seconds=900.0, activity=1.5, band_ticks=20, pause_s=300.0),
                Phase(band_ticks=20, pause_s=300.0),
            ),
        ),
    )
}
"""Named regimes: calm, volatile, thin, trending; a flash crash 5 minutes in (liquidity withdraws, flow turns one-sided,
then recovers); a trading halt of 5 minutes, 5 minutes in, with a busy reopening; and a sell-off within bands of 20
ticks that pause trading, like limit-up/limit-down."""

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


def in_sequence(name: str, *parts: Scenario | tuple[Scenario, float]) -> Scenario:
    """Scenarios one after the other.

    Args:
        name: What the whole is called.
        parts: Each a scenario, or a scenario and how much of it is taken [s]; one that is not the last must end.

    Returns:
        Their phases in order, each cut where its part ends.

    Raises:
        InvalidValueError: When a part that is not the last has no end, or there are too many phases.

    Examples:
        >>> whole = in_sequence("rough", (SCENARIOS["volatile"], 600.0), (SCENARIOS["halt"], 700.0), SCENARIOS["calm"])
        >>> [phase.seconds for phase in whole.phases]
        [600.0, 300.0, 300.0, 100.0, inf]
    """
    phases: list[Phase] = []
    for number, part in enumerate(parts):
        scenario, left = part if isinstance(part, tuple) else (part, float("inf"))
        for phase in scenario.phases:
            length = min(phase.seconds, left)
            left -= length
            if length > 0:
                phases.append(msgspec.structs.replace(phase, seconds=length))
        if number < len(parts) - 1 and phases and not np.isfinite(phases[-1].seconds):
            raise InvalidValueError("parts", f"an end of {scenario.name}, such as ({scenario.name}, 600.0)", "none")
    return Scenario(name, tuple(phases))


def mix(scenarios: Sequence[Scenario | str | None], weights: Sequence[float] | None = None) -> Mix:
    """Scenarios to draw from at random, episode by episode: pass it to ``MarketBatch`` as ``scenarios``.

    Args:
        scenarios: Scenarios, names of shipped ones, or None for the preset as it is.
        weights: How often each comes, relative to their sum; equal when absent.

    Returns:
        The mix.

    Raises:
        InvalidValueError: For no scenario, or weights that are not one for each, finite, 0 or more, and not all 0.
        NotFoundError: For an unknown name.

    Examples:
        >>> mix([None, "volatile", "flash_crash"], [8, 1, 1]).weights
        (0.8, 0.1, 0.1)
    """
    found = tuple(named_scenario(s) if isinstance(s, str) else s for s in scenarios)
    shares = np.asarray(weights if weights is not None else np.ones(len(found)), float)
    if not found:
        raise InvalidValueError("scenarios", "one or more", 0)
    if shares.shape != (len(found),) or not np.isfinite(shares).all() or (shares < 0).any() or not shares.sum() > 0:
        raise InvalidValueError("weights", f"{len(found)} finite numbers, 0 or more, not all 0", weights)
    return Mix(found, tuple((shares / shares.sum()).tolist()))


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
        row["halted"], row["band_ticks"], row["pause_s"] = phase.halted, phase.band_ticks, phase.pause_s
        for side, sign in ((0, 1.0), (1, -1.0)):
            tilt = 1.0 + sign * phase.buy_tilt
            lean = 1.0 + sign * phase.buy_tilt / 2
            factors = {"market": phase.market * tilt, "hidden": phase.market * tilt, "improve": phase.limit * lean}
            factors |= {"join": phase.limit, "cancel": phase.cancel * (2.0 - lean), "deep_limit": phase.limit}
            factors |= {"deep_cancel": phase.cancel}
            row["factor"][side, : len(GROUPS)] = [factors[group] for group in GROUPS]
            row["factor"][side, len(GROUPS) :] = 1.0
    return out
