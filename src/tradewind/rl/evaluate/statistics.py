r"""What a difference is worth: paired bootstrap by cluster, verdicts, and how many episodes would settle it.

Every strategy trades the *same* orders in the *same* markets (same arrival, same random streams), so differences are
taken order by order. Orders that share a day or an hour are not independent: whole clusters are drawn, not orders. One
matrix of draws serves all strategies and all metrics, so that rows of a table can be compared.

Intervals are BCa (bias-corrected and accelerated): Efron (1987), "Better bootstrap confidence intervals"; clusters as
Davison and Hinkley (1997), "Bootstrap methods and their application", §3.8.
"""

from __future__ import annotations

from enum import StrEnum
from statistics import NormalDist

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.stats.intervals import Interval

__all__ = ["Draws", "Outcome", "Verdict", "episodes_needed", "judge"]

NORMAL = NormalDist()
POWER = 0.8
MOST_EPISODES = 10_000_000


class Outcome(StrEnum):
    """How a policy did against a baseline."""

    BEAT = "beat"
    """Its cost is lower, and the interval of the difference excludes 0."""
    DID_NOT_BEAT = "did not beat"
    """Its cost is higher, and the interval excludes 0."""
    UNDECIDED = "not distinguishable"
    """The interval holds 0."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One policy against one baseline.

    Attributes:
        baseline: Against whom.
        outcome: How it ended.
        difference_bps: Cost of the policy less the baseline's, per order; negative is better.
        reduction: Share of the baseline's mean cost that the policy saves; its interval by the same draws.
        episodes: How many pairs there were.
        episodes_needed: How many would make the interval exclude 0 four times in five, if the difference is as large
            as it looks; capped at ten million.
    """

    baseline: str
    outcome: Outcome
    difference_bps: Interval
    reduction: Interval
    episodes: int
    episodes_needed: int


class Draws:
    """Bootstrap draws of clusters of orders.

    Args:
        clusters: Shape (n,), which cluster each order belongs to (a day, a block of a day, or itself).
        seed: The run's one seed.
        draws: How many.
        level: Coverage of the intervals.

    Raises:
        InvalidValueError: For no order, fewer than 200 draws, or a level outside (0, 1).

    Examples:
        >>> draws = Draws(np.arange(400), seed=7)
        >>> values = np.tile([1.0, 3.0], 200)
        >>> interval = draws.mean(values)
        >>> interval.mean, bool(1.8 < interval.low < 2 < interval.high < 2.2)
        (2.0, True)
    """

    def __init__(self, clusters: Array, seed: int, draws: int = 2000, level: float = 0.95) -> None:
        if not len(clusters):
            raise InvalidValueError("clusters", "one or more orders", 0)
        if draws < 200:
            raise InvalidValueError("draws", "200 or more", draws)
        if not 0 < level < 1:
            raise InvalidValueError("level", "between 0 and 1", level)
        names, self.cluster = np.unique(clusters, return_inverse=True)
        self.count, self.level = len(names), level
        picked = stream(seed, "evaluate/bootstrap").integers(0, self.count, (draws, self.count), dtype=np.int32)
        offsets = np.arange(draws, dtype=np.int64)[:, None] * self.count
        counts = np.bincount((picked + offsets).ravel(), minlength=draws * self.count)
        self.weights = counts.reshape(draws, self.count).astype(np.float64)

    def _sums(self, values: Array) -> Array:
        return np.bincount(self.cluster, weights=values, minlength=self.count)

    def mean(self, values: Array) -> Interval:
        """Mean of one number an order; orders whose number is NaN are left out.

        Args:
            values: Shape (n,).
        """
        there = np.isfinite(values)
        if not there.any():
            return Interval(float("nan"), float("nan"), float("nan"))
        return self.ratio(np.where(there, values, 0.0), there.astype(np.float64))

    def ratio(self, above: Array, below: Array) -> Interval:
        """Sum of one number over the sum of another.

        Args:
            above: Shape (n,).
            below: Shape (n,).
        """
        top, bottom = self._sums(above), self._sums(below)
        estimate = float(top.sum() / bottom.sum())
        if self.count < 2:
            return Interval(estimate, float("nan"), float("nan"))
        with np.errstate(divide="ignore", invalid="ignore"):
            resampled = (self.weights @ top) / (self.weights @ bottom)
            jackknife = (top.sum() - top) / (bottom.sum() - bottom)
        low, high = _bca(resampled[np.isfinite(resampled)], jackknife, estimate, self.level)
        return Interval(estimate, low, high)

    def deviation(self, values: Array) -> Interval:
        """Standard deviation of one number an order.

        Args:
            values: Shape (n,).
        """
        centred = values - values.mean()
        estimate = float(np.sqrt((centred**2).mean()))
        if self.count < 2:
            return Interval(estimate, float("nan"), float("nan"))
        first, second, size = (self._sums(x) for x in (centred, centred**2, np.ones(len(values))))

        def root(one: Array, two: Array, count: Array) -> Array:
            """Standard deviation from sums."""
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(np.sqrt(np.maximum(two / count - (one / count) ** 2, 0.0)))

        resampled = root(*(self.weights @ sums for sums in (first, second, size)))
        jackknife = root(*(sums.sum() - sums for sums in (first, second, size)))
        return Interval(estimate, *_bca(resampled[np.isfinite(resampled)], jackknife, estimate, self.level))

    def reduction(self, costs: Array, reference: Array) -> Interval:
        """Share of the reference's cost that is saved: ``1 - sum(costs) / sum(reference)``.

        Args:
            costs: Shape (n,).
            reference: Shape (n,), paired with it.
        """
        return self.ratio(reference - costs, reference)


def _bca(resampled: Array, jackknife: Array, estimate: float, level: float) -> tuple[float, float]:
    """Bias-corrected and accelerated quantiles of resampled estimates."""
    spread = np.ptp(resampled) if len(resampled) else 0.0
    if spread == 0:
        return estimate, estimate
    below = float((resampled < estimate).mean() + 0.5 * (resampled == estimate).mean())
    bias = NORMAL.inv_cdf(min(max(below, 1e-6), 1 - 1e-6))
    usable = jackknife[np.isfinite(jackknife)]
    apart = usable.mean() - usable
    power = float((apart**2).sum())
    acceleration = float((apart**3).sum()) / (6 * power**1.5) if power > 0 else 0.0
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        z = bias + NORMAL.inv_cdf(tail)
        ends.append(NORMAL.cdf(bias + z / (1 - acceleration * z)))
    low, high = np.quantile(resampled, ends)
    return float(low), float(high)


def episodes_needed(differences: Array, level: float = 0.95) -> int:
    r"""Pairs that would show a mean difference as large as the one seen.

    .. math:: n = \left( \frac{(z_{(1+\alpha)/2} + z_{0.8})\, \hat\sigma}{\hat\mu} \right)^2

    with a power of 80 %; at most ten million.

    Args:
        differences: Shape (n,), paired differences.
        level: Coverage of the interval that should exclude 0.

    Examples:
        >>> episodes_needed(np.tile([0.0, 2.0], 500))
        8
    """
    mean, deviation = float(np.nanmean(differences)), float(np.nanstd(differences))
    if deviation == 0 and mean != 0:
        return 2
    if mean == 0:
        return MOST_EPISODES
    z = NORMAL.inv_cdf((1 + level) / 2) + NORMAL.inv_cdf(POWER)
    return int(min(max(np.ceil((z * deviation / mean) ** 2), 2), MOST_EPISODES))


def judge(baseline: str, policy_bps: Array, baseline_bps: Array, draws: Draws) -> Verdict:
    """Hold a policy against a baseline on the same orders.

    Args:
        baseline: Its name.
        policy_bps: Shape (n,), cost of each order.
        baseline_bps: Shape (n,), cost of the same orders.
        draws: Draws over these orders.
    """
    apart = policy_bps - baseline_bps
    difference = draws.mean(apart)
    outcome = Outcome.UNDECIDED
    if difference.excludes_zero:
        outcome = Outcome.BEAT if difference.mean < 0 else Outcome.DID_NOT_BEAT
    # Clusters widen the interval: so many more orders are needed as its variance exceeds that of independent ones.
    plain = float(np.std(apart)) / np.sqrt(len(apart))
    z = 2 * NORMAL.inv_cdf((1 + draws.level) / 2)
    wider = max(((difference.high - difference.low) / (z * plain)) ** 2, 1.0) if plain > 0 else 1.0
    needed = episodes_needed(apart, draws.level)
    return Verdict(
        baseline=baseline,
        outcome=outcome,
        difference_bps=difference,
        reduction=draws.reduction(policy_bps, baseline_bps),
        episodes=len(apart),
        episodes_needed=int(min(np.ceil(needed * wider), MOST_EPISODES)) if np.isfinite(wider) else MOST_EPISODES,
    )
