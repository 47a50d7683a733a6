"""What the posture would have cost and saved: an equal-weight holding with and without it, on recorded bars.

The posture of a bar is decided at its close and holds from the next bar on. Beside it stand the same holding untouched
and a constant share of it with the same mean exposure: what is left against that is timing, not merely being smaller.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.risk.posture.policy import PosturePolicy
from tradewind.risk.posture.posture import Posture
from tradewind.risk.posture.prices import PricePanel
from tradewind.risk.posture.view import MarketState, PostureLevel
from tradewind.risk.posture.views import Signal, ViewSettings, signals, views_at
from tradewind.stats.intervals import Interval, stationary_interval

__all__ = ["Arm", "Change", "PostureBacktest", "backtest_posture", "decide_all", "drawdown"]


class Arm(msgspec.Struct, frozen=True):
    """One way to hold.

    Attributes:
        name: ``hold``, ``posture`` or ``constant`` (the posture's mean exposure all the time).
        annual_return: Mean simple return a year, costs in.
        annual_volatility: Standard deviation a year.
        max_drawdown: Largest fall from a peak, as a share.
        es95: Mean loss of the worst twentieth of bars, as a share.
        es99: Mean loss of the worst hundredth.
        worst_bar: Largest loss of a bar.
        exposure: Mean exposure.
        turnover: Exposure changed a year, in multiples of the holding.
    """

    name: str
    annual_return: float
    annual_volatility: float
    max_drawdown: float
    es95: float
    es99: float
    worst_bar: float
    exposure: float
    turnover: float


class Change(msgspec.Struct, frozen=True):
    """What posture changes, with a 95 % interval by stationary block bootstrap of paired bars.

    Attributes:
        against: The arm it is held against.
        max_drawdown: Ratio of drawdowns, posture over the other; below 1 is better.
        es95: Ratio of expected shortfalls at 95 %.
        es99: Ratio at 99 %.
        opportunity: Annual return given up (positive) or gained (negative).
    """

    against: str
    max_drawdown: Interval
    es95: Interval
    es99: Interval
    opportunity: Interval


class PostureBacktest(msgspec.Struct, frozen=True):
    """The result.

    Attributes:
        data: The file.
        symbols: How many.
        bars: How many.
        jumps: Returns taken out (splits, bad prints).
        first_ns: First bar [ns].
        last_ns: Last bar [ns].
        cost_bps: Cost of changing exposure [bps of what is changed].
        share_of_time: Share of bars at each level.
        changes_of_level: How often the level moved.
        arms: The ways to hold.
        against: What posture changes against each other arm.
    """

    data: str
    symbols: int
    bars: int
    jumps: int
    first_ns: int
    last_ns: int
    cost_bps: float
    share_of_time: dict[str, float]
    changes_of_level: int
    arms: list[Arm]
    against: list[Change]


def drawdown(returns: Array) -> float:
    """Largest fall from a peak of compounded simple returns, as a share.

    Examples:
        >>> round(drawdown(np.array([0.1, -0.5, 0.2])), 6)
        0.5
    """
    value = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    return float(np.max(1.0 - value / np.maximum.accumulate(value)))


def _shortfall(returns: Array, share: float) -> float:
    count = max(1, int(len(returns) * share))
    return float(-np.partition(returns, count - 1)[:count].mean())


def decide_all(panel: PricePanel, policy: PosturePolicy, found: list[Signal]) -> tuple[Array, Array, list[str]]:
    """Level and size after every bar, and the reasons where the level moved.

    Args:
        panel: Bars.
        policy: The policy.
        found: The views.
    """
    posture, n = Posture(policy), len(panel.times_ns)
    levels, sizes, reasons = np.zeros(n, np.int8), np.ones(n), [""] * n
    for t in range(n):
        ts = int(panel.times_ns[t])
        limits = posture.decide(MarketState(ts, views_at(found, t, ts)))
        levels[t], sizes[t], reasons[t] = limits.level, limits.size, limits.reason
    return levels, sizes, reasons


def backtest_posture(
    panel: PricePanel, policy: PosturePolicy, settings: ViewSettings, *, cost_bps: float = 5.0, seed: int = 1
) -> tuple[PostureBacktest, dict[str, Array], list[Signal]]:
    """Run the posture over recorded bars.

    Args:
        panel: Bars.
        policy: The policy.
        settings: Of the views.
        cost_bps: Cost of changing exposure [bps of what is changed].
        seed: Of the bootstrap.

    Returns:
        The result, the series behind it (levels, sizes, returns of each arm), and the views.
    """
    found = signals(panel, settings)
    levels, sizes, reasons = decide_all(panel, policy, found)
    plain = panel.portfolio()
    plain[0] = 0.0
    exposure = np.concatenate([[1.0], sizes[:-1]])
    traded = np.abs(np.diff(exposure, prepend=1.0))
    # The exposure of a bar was set at the close before; the cost is paid when it changes.
    series = {
        "hold": plain,
        "posture": exposure * plain - traded * cost_bps * 1e-4,
        "constant": exposure.mean() * plain,
    }
    moved = {"hold": (np.ones(len(plain)), 0.0), "posture": (exposure, float(traded.sum()))}
    moved["constant"] = (np.full(len(plain), exposure.mean()), 0.0)
    arms = [_arm(name, series[name], *moved[name], panel.bars_per_year) for name in series]
    against = [
        _change(name, series["posture"], series[name], panel.bars_per_year, seed) for name in ("hold", "constant")
    ]
    result = PostureBacktest(
        data=panel.name,
        symbols=len(panel.symbols),
        bars=len(plain),
        jumps=panel.jumps,
        first_ns=int(panel.times_ns[0]),
        last_ns=int(panel.times_ns[-1]),
        cost_bps=cost_bps,
        share_of_time={level.name.lower(): float((levels == level).mean()) for level in PostureLevel},
        changes_of_level=int((np.diff(levels) != 0).sum()),
        arms=arms,
        against=against,
    )
    return result, series | {"levels": levels, "sizes": sizes, "reasons": np.array(reasons, object)}, found


def _arm(name: str, returns: Array, exposure: Array, traded: float, per_year: float) -> Arm:
    years = len(returns) / per_year
    return Arm(
        name,
        float(returns.mean() * per_year),
        float(returns.std() * np.sqrt(per_year)),
        drawdown(returns),
        _shortfall(returns, 0.05),
        _shortfall(returns, 0.01),
        float(-returns.min()),
        float(exposure.mean()),
        traded / years,
    )


def _change(name: str, mine: Array, other: Array, per_year: float, seed: int) -> Change:
    rows = np.column_stack([mine, other])
    block = max(10.0, min(len(rows) / 20, len(rows) ** 0.5))

    def interval(statistic: Callable[[Array], float]) -> Interval:
        return stationary_interval(rows, statistic, seed, block=block, draws=400)

    def ratio(measure: Callable[[Array], float]) -> Interval:
        return interval(lambda r: measure(r[:, 0]) / max(measure(r[:, 1]), 1e-12))

    return Change(
        name,
        ratio(drawdown),
        ratio(lambda r: _shortfall(r, 0.05)),
        ratio(lambda r: _shortfall(r, 0.01)),
        interval(lambda r: float((r[:, 1] - r[:, 0]).mean() * per_year)),
    )
