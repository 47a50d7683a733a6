"""A task: which orders are to be traded in which markets, as one typed TOML file.

::

    [order]
    side = "both"               # buy | sell | both
    share = [0.01, 0.20]        # of the volume expected in the horizon
    horizon_s = [60, 600]

    [decisions]
    every_s = 1.0
    on_fills = true

    [market]
    presets = ["aig", "ibm"]
    scenarios = ["plain", "volatile"]

    [latency]
    order_entry_ms = [0, 5]

    [reward]
    risk = 0.1

Every pair of numbers is a range from which each episode draws (domain randomisation); equal ends fix it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from tradewind.core.config import Config, load_config, parse_config
from tradewind.core.dtypes import Array
from tradewind.core.fees import FEE_RATES, Fees, fee_rates
from tradewind.core.types import Instrument
from tradewind.execution.actions import CROSSINGS
from tradewind.execution.episode import REVERSIONS
from tradewind.execution.rewards import Reward, weights_record
from tradewind.rl.env.settings import MOST_PRESETS, MOST_SCENARIOS, SETTINGS

__all__ = [
    "Actions",
    "Decisions",
    "FeeRanges",
    "LatencyRanges",
    "Markets",
    "Order",
    "Task",
    "load_task",
    "parse_task",
    "settings_record",
]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


def _rising(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[1] < pair[0]:
        raise ValueError("should be [low, high]")
    return pair


Range = Annotated[tuple[NotNegative, NotNegative], AfterValidator(_rising)]
PositiveRange = Annotated[tuple[Positive, Positive], AfterValidator(_rising)]
SignedRange = Annotated[tuple[Finite, Finite], AfterValidator(_rising)]
Share = Annotated[float, Field(gt=0, le=1)]


class Order(Config):
    """The parent order.

    Attributes:
        side: ``buy``, ``sell``, or ``both`` with equal chance.
        share: Quantity as a share of the volume expected in its horizon, evenly in the logarithm; at most 1: a larger
            order is more than the market can take.
        quantity_lots: A fixed quantity instead; 0 leaves it to ``share``.
        horizon_s: Time until the deadline [s], evenly in the logarithm; at most a day.
    """

    side: Literal["buy", "sell", "both"] = "both"
    share: Annotated[tuple[Share, Share], AfterValidator(_rising)] = (0.01, 0.20)
    quantity_lots: int = Field(default=0, ge=0, lt=2**31)
    horizon_s: Annotated[
        tuple[Annotated[float, Field(ge=1, le=86_400)], Annotated[float, Field(ge=1, le=86_400)]],
        AfterValidator(_rising),
    ] = (60.0, 60.0)


class Decisions(Config):
    """When the agent decides.

    Attributes:
        every_s: Decision interval [s].
        at_most: Decisions in an episode; longer horizons have a longer interval.
        on_fills: Whether a fill of a resting order brings the next decision forward.
        looks: How often in an interval fills are looked for.
    """

    every_s: Positive = 1.0
    at_most: int = Field(default=600, ge=1, le=100_000)
    on_fills: bool = False
    looks: int = Field(default=4, ge=2, le=64)


class Markets(Config):
    """Where episodes take place.

    Attributes:
        presets: Names or paths; each episode draws one.
        preset_weights: Their weights; empty: equal.
        scenarios: Names, ``plain`` is the preset as it is; each episode draws one.
        scenario_weights: Their weights; empty: equal.
        offset_s: How far into its scenario an episode may begin [s].
        lead_s: A market runs on from its snapshot for up to this long before the order is given [s].
        profile: Whether the intraday profile applies, the order given at a random time of the session.
        snapshots: Warmed-up books of each preset to begin from.
        gap_s: Time between them [s].
    """

    presets: list[str] = Field(default_factory=lambda: ["aig"], min_length=1, max_length=MOST_PRESETS)
    preset_weights: list[Positive] = Field(default_factory=list)
    scenarios: list[str] = Field(default_factory=lambda: ["plain"], min_length=1, max_length=MOST_SCENARIOS)
    scenario_weights: list[Positive] = Field(default_factory=list)
    offset_s: Range = (0.0, 0.0)
    lead_s: NotNegative = 10.0
    profile: bool = False
    snapshots: int = Field(default=32, ge=1, le=1024)
    gap_s: Positive = 30.0

    @model_validator(mode="after")
    def _weights_fit(self) -> Markets:
        for name in ("preset", "scenario"):
            weights, of = getattr(self, f"{name}_weights"), getattr(self, f"{name}s")
            if weights and len(weights) != len(of):
                raise ValueError(f"{name}_weights should have one weight for each of the {len(of)} {name}s")
        return self


class LatencyRanges(Config):
    """How late the world is [ms]: from sending to arriving, from happening to being seen, mean random delay on top."""

    order_entry_ms: Range = (0.0, 0.0)
    market_data_ms: Range = (0.0, 0.0)
    jitter_ms: Range = (0.0, 0.0)


class FeeRanges(Config):
    """What trading costs; None is what the preset's instrument pays.

    Attributes:
        maker_bps: Of the notional, on fills of resting orders; negative is a rebate.
        taker_bps: Of the notional, on aggressive fills.
        maker_per_unit: A unit traded, resting [currency].
        taker_per_unit: A unit traded, aggressive [currency].
    """

    maker_bps: SignedRange | None = None
    taker_bps: SignedRange | None = None
    maker_per_unit: SignedRange | None = None
    taker_per_unit: SignedRange | None = None


class Actions(Config):
    """How large the agent's orders are [slices]; see ``execution.actions``.

    Attributes:
        passive_slices: Of a resting order; the default is more than any order has: all that is left.
        cross_shares: Of what crosses at once.
    """

    passive_slices: Positive = 1000.0
    cross_shares: tuple[Positive, Positive, Positive, Positive] = (1.0, 4.0, 15.0, 60.0)

    @model_validator(mode="after")
    def _rise(self) -> Actions:
        if any(b <= a for a, b in zip(self.cross_shares, self.cross_shares[1:], strict=False)):
            raise ValueError("cross_shares should rise")
        return self


class Task(Config):
    """Everything that makes the episodes of an environment; see the module.

    Attributes:
        order: What is to be traded.
        decisions: When the agent decides.
        market: Where.
        latency: How late.
        fees: What trading costs.
        actions: How large orders are.
        reward: What counts.
        watch: Whether the market is watched to the end of the horizon when an order is done early (backtests do).
        after_s: Times after the horizon at which the mid is noted, for reversion [s]; at most 4, needs ``watch``.

    Examples:
        >>> parse_task({"order": {"share": [0.05, 0.05]}}).order.share
        (0.05, 0.05)
    """

    order: Order = Order()
    decisions: Decisions = Decisions()
    market: Markets = Markets()
    latency: LatencyRanges = LatencyRanges()
    fees: FeeRanges = FeeRanges()
    actions: Actions = Actions()
    reward: Reward = Reward()
    watch: bool = False
    after_s: list[Positive] = Field(default_factory=list, max_length=REVERSIONS)

    @model_validator(mode="after")
    def _watched(self) -> Task:
        if self.after_s and not self.watch:
            raise ValueError("after_s needs watch = true")
        late_ms = self.latency.order_entry_ms[1] + self.latency.market_data_ms[1]
        if late_ms >= 1e3 * self.decisions.every_s:
            raise ValueError(f"latency should be shorter than a decision interval, is {late_ms:g} ms")
        return self


def load_task(path: Path) -> Task:
    """Read a task.

    Args:
        path: A TOML file.

    Raises:
        NotFoundError: When there is no such file.
        ConfigError: For every key and value that does not fit.
    """
    return load_config(Task, path)


def parse_task(values: dict[str, object], source: str = "task") -> Task:
    """Check plain values as a task; see :func:`load_task`."""
    return parse_config(Task, values, source)


def _edges(weights: list[float], count: int, room: int) -> Array:
    shares = np.array(weights or [1.0] * count)
    out = np.ones(room)
    out[:count] = np.cumsum(shares) / shares.sum()
    return out


def settings_record(task: Task, instruments: list[Instrument], seed: int, count: int) -> Array:
    """A task as kernels read it.

    Args:
        task: What to compile.
        instruments: What is traded in each of its presets, or of the recordings that stand in for them.
        seed: The run's one seed.
        count: Number of environments.

    Returns:
        Shape (1,), dtype ``SETTINGS``.
    """
    out = np.zeros(1, SETTINGS)
    market = task.market
    out["seed"], out["count"] = np.uint64(seed & (2**64 - 1)), count
    out["presets"], out["scenarios"] = len(instruments), len(market.scenarios)
    out["preset_edges"] = _edges(market.preset_weights, len(instruments), MOST_PRESETS)
    out["scenario_edges"] = _edges(market.scenario_weights, len(market.scenarios), MOST_SCENARIOS)
    out["snapshots"] = market.snapshots
    out["side"] = {"buy": 1, "sell": -1, "both": 0}[task.order.side]
    out["share"], out["quantity_lots"] = task.order.share, task.order.quantity_lots
    out["horizon_s"] = task.order.horizon_s
    out["every_s"], out["most_decisions"] = task.decisions.every_s, task.decisions.at_most
    out["looks"] = task.decisions.looks if task.decisions.on_fills else 1
    for name, pair in (
        ("entry_ns", task.latency.order_entry_ms),
        ("data_ns", task.latency.market_data_ms),
        ("jitter_ns", task.latency.jitter_ms),
    ):
        out[name] = np.array(pair) * 1e6
    for k, instrument in enumerate(instruments):
        _fees(out, k, task.fees, instrument)
    out["lead_s"], out["offset_s"], out["profile"] = market.lead_s, market.offset_s, market.profile
    out["watch"] = task.watch
    out["after_s"][0, : len(task.after_s)] = sorted(task.after_s)
    out["actions"]["passive_slices"] = task.actions.passive_slices
    out["actions"]["cross_shares"][0, :CROSSINGS] = task.actions.cross_shares
    out["weights"] = weights_record(task.reward)
    return out


def _fees(out: Array, k: int, fees: FeeRanges, instrument: Instrument) -> None:
    """Fees of one preset, both ends of their ranges."""
    own = instrument.fees
    for end in range(2):
        chosen = {name: (getattr(fees, name) or (getattr(own, name),) * 2)[end] for name in Fees.__struct_fields__}
        rates = fee_rates(Fees(**chosen), instrument.tick_size)
        for name in FEE_RATES.names or ():
            out[name][0, k, end] = rates[name][0]
