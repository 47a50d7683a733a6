"""Results of a backtest: a row per strategy, a verdict per baseline, the same by day, symbol and regime.

**Regimes** are terciles of the orders by what the market would have been without them: realised volatility (standard
deviation of mid changes a decision) and liquidity (size at the best prices over the spread) of the reference run,
so that every strategy sees the same order in the same regime. **Adaptability** of a strategy is the number of the six
regimes (calm, usual, volatile; thin, usual, liquid) in which its mean shortfall is below that of crossing TWAP, and
its shortfall in the worst of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.execution.tca import PARTS, cvar
from tradewind.rl.evaluate.statistics import Draws, Verdict, judge
from tradewind.stats.intervals import Interval

__all__ = ["REFERENCE", "REGIMES", "Backtest", "Conditions", "Elsewhere", "StrategyResult", "regimes_of", "summarise"]

REFERENCE = "twap"
"""The baseline that reductions and adaptability are held against."""
REGIMES = ("calm", "usual volatility", "volatile", "thin", "usual liquidity", "liquid")
"""Names of the terciles, volatility's before liquidity's."""
SHARES = ("fill_rate", "passive_share", "participation", "completed")


class Conditions(msgspec.Struct, frozen=True):
    """What each order met, whatever the strategy.

    Attributes:
        volatility: Shape (n,), of the reference run [bps per sqrt(s)].
        liquidity: Shape (n,), of the reference run: size at the best prices over the spread [lots/tick].
        day: Shape (n,), day or market of each order.
        symbol: Shape (n,), what was traded.
        cluster: Shape (n,), orders that are not independent of each other share a number.
    """

    volatility: Array
    liquidity: Array
    day: Array
    symbol: Array
    cluster: Array


class StrategyResult(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy over all orders; costs in basis points of the order's value, positive is a cost.

    Attributes:
        name: For commands.
        title: For tables.
        is_policy: Whether it is what is being proven.
        shortfall: Implementation shortfall.
        impact: Market impact cost, by the twin (temporary + permanent); NaN where there is none.
        timing_risk: Standard deviation of the shortfall.
        cvar: Mean of the worst twentieth.
        parts: Parts of the shortfall; they sum to it.
        reduction: Share of crossing TWAP's shortfall that is saved.
        regimes: Mean shortfall by regime.
        adaptability: In how many regimes it is below crossing TWAP.
        worst_regime: The regime with the largest shortfall.
        slippage: Against the market's TWAP, VWAP and close; and ``reversion`` after the end.
        shares: Fill rate, passive share, participation, completion: means.
        seconds: Mean time to the last fill.
        days: Mean shortfall by day.
        symbols: Mean shortfall by symbol.
    """

    name: str
    title: str
    is_policy: bool
    shortfall: Interval
    impact: Interval
    timing_risk: Interval
    cvar: float
    parts: dict[str, float]
    reduction: Interval
    regimes: dict[str, float]
    adaptability: int
    worst_regime: str
    slippage: dict[str, float]
    shares: dict[str, float]
    seconds: float
    days: dict[str, Interval]
    symbols: dict[str, Interval]


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """The policy on other ground: training and validation markets, left-out presets, another market model, seeds.

    Attributes:
        what: Which check it is a row of: ``train - validation - test``, ``training seeds``, ``other markets``.
        where: The market or seed.
        policy_bps: The policy's shortfall.
        reference_bps: Crossing TWAP's.
        best_baseline: The cheapest baseline there.
        best_bps: Its shortfall.
        reduction: Share of TWAP's shortfall that the policy saves.
        verdict: Against the cheapest baseline.
    """

    what: str
    where: str
    policy_bps: Interval
    reference_bps: Interval
    best_baseline: str
    best_bps: float
    reduction: Interval
    verdict: Verdict


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """A policy beside every baseline.

    Attributes:
        policy: Name of the policy; empty where only baselines ran.
        market: Where.
        task: The orders, in words.
        episodes: How many orders each strategy traded.
        seed: The run's one seed.
        clusters: How many independent groups of orders there are.
        currency: Of amounts.
        strategies: Rows, the policy first.
        verdicts: The policy against each baseline.
        best_baseline: The cheapest baseline; picked on these very orders, which favours it.
        elsewhere: Other ground.
        fitted: What the baselines were fitted to, in words.
        notes: What a reader should know.
    """

    policy: str
    market: str
    task: dict[str, str]
    episodes: int
    seed: int
    clusters: int
    currency: str
    strategies: tuple[StrategyResult, ...]
    verdicts: tuple[Verdict, ...]
    best_baseline: str
    elsewhere: tuple[Elsewhere, ...] = ()
    fitted: dict[str, str] = {}
    notes: tuple[str, ...] = ()

    def strategy(self, name: str) -> StrategyResult:
        """A row by name."""
        return next(row for row in self.strategies if row.name == name)


def regimes_of(conditions: Conditions) -> Array:
    """Which regimes each order is in, shape (6, n), bool: terciles of volatility, then of liquidity.

    Examples:
        >>> six = np.arange(6.0)
        >>> regimes_of(Conditions(six, six[::-1], six, six, six)).sum(axis=1).tolist()
        [2, 2, 2, 2, 2, 2]
    """
    found = []
    for values in (conditions.volatility, conditions.liquidity):
        order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
        tercile = order * 3 // max(len(values), 1)
        found += [tercile == k for k in range(3)]
    return np.stack(found)


def summarise(
    metrics: Mapping[str, Array], titles: Mapping[str, str], conditions: Conditions, draws: Draws, policy: str = ""
) -> tuple[tuple[StrategyResult, ...], tuple[Verdict, ...]]:
    """Rows and verdicts of strategies that traded the same orders.

    Args:
        metrics: Shape (n,) each, dtype ``ORDER_METRICS``, by strategy; crossing TWAP must be among them.
        titles: Strategies' titles.
        conditions: What each order met.
        draws: Draws over these orders.
        policy: Which strategy is the policy; empty for none.

    Raises:
        InvalidValueError: Without crossing TWAP, or when a strategy traded another number of orders.
    """
    if REFERENCE not in metrics:
        raise InvalidValueError("strategies", f"{REFERENCE} among them", ", ".join(metrics))
    for name, values in metrics.items():
        if len(values) != len(conditions.day):
            raise InvalidValueError(f"orders of {name}", str(len(conditions.day)), len(values))
    masks = regimes_of(conditions)
    reference = metrics[REFERENCE]["shortfall_bps"]
    names = sorted(metrics, key=lambda name: name != policy)
    rows = tuple(
        _row(name, titles[name], metrics[name], (reference, masks, conditions, draws), policy) for name in names
    )
    if not policy:
        return rows, ()
    own = metrics[policy]["shortfall_bps"]
    verdicts = tuple(judge(name, own, metrics[name]["shortfall_bps"], draws) for name in names if name != policy)
    return rows, verdicts


def _row(
    name: str, title: str, values: Array, ground: tuple[Array, Array, Conditions, Draws], policy: str
) -> StrategyResult:
    reference, masks, conditions, draws = ground
    costs = values["shortfall_bps"]
    by_regime = {regime: _mean(costs[mask]) for regime, mask in zip(REGIMES, masks, strict=True)}
    better = sum(_mean(costs[mask]) < _mean(reference[mask]) for mask in masks)
    return StrategyResult(
        name=name,
        title=title,
        is_policy=name == policy,
        shortfall=draws.mean(costs),
        impact=draws.mean(values["impact_bps"]),
        timing_risk=draws.deviation(costs),
        cvar=cvar(costs),
        parts={part: _mean(values[f"{part}_bps"]) for part in PARTS},
        reduction=draws.reduction(costs, reference),
        regimes=by_regime,
        adaptability=int(better),
        worst_regime=max(
            by_regime, key=lambda regime: by_regime[regime] if by_regime[regime] == by_regime[regime] else -1e9
        ),
        slippage={kind: _mean(values[f"{kind}_bps"]) for kind in ("twap", "vwap", "close", "reversion")},
        shares={share: _mean(values[share]) for share in SHARES},
        seconds=_mean(values["seconds"]),
        days=_groups(costs, conditions.day, conditions.cluster),
        symbols=_groups(costs, conditions.symbol, conditions.cluster),
    )


def _mean(values: Array) -> float:
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else float("nan")


def _groups(costs: Array, label: Array, cluster: Array) -> dict[str, Interval]:
    """Mean of each group, with an interval over its own clusters."""
    found = {}
    for name in np.unique(label):
        mask = label == name
        found[str(name)] = Draws(cluster[mask], seed=0, draws=1000).mean(costs[mask])
    return found
