"""Hedgers side by side on the same fresh paths."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.random import stream
from tradewind.risk.hedging.band import Band, DeltaBand, WhalleyWilmott
from tradewind.risk.hedging.learn import LearnRules, hedged_losses, learn_band
from tradewind.risk.hedging.option import OptionPosition

__all__ = ["Hedged", "expected_shortfall", "hedging_study", "tuned_whalley_wilmott"]

AVERSIONS = tuple(float(x) for x in np.geomspace(3, 3000, 13))


class Hedged(msgspec.Struct, frozen=True, kw_only=True):
    """What one hedger left.

    Attributes:
        hedger: Its name.
        cost_bp: Cost of a trade [bp].
        shortfall: Expected shortfall of the loss [% of the price at the start].
        mean: Mean loss [%].
        deviation: Standard deviation [%].
        ratio: Shortfall over that of delta.
        ratio_interval: Its 95 % interval, from a paired bootstrap over paths.
    """

    hedger: str
    cost_bp: float
    shortfall: float
    mean: float
    deviation: float
    ratio: float
    ratio_interval: tuple[float, float]


def expected_shortfall(losses: Array, level: float = 0.05) -> float:
    """Mean of the worst share of losses.

    Examples:
        >>> expected_shortfall(np.arange(100.0), 0.05)
        97.0
    """
    count = max(1, int(len(losses) * level))
    return float(np.partition(losses, -count)[-count:].mean())


def tuned_whalley_wilmott(position: OptionPosition, paths: Array, cost: float, level: float = 0.05) -> WhalleyWilmott:
    """The risk aversion that does best on the paths the band net learns from."""
    tried = [WhalleyWilmott(cost, aversion) for aversion in AVERSIONS]
    scores = [expected_shortfall(hedged_losses(position, band, paths, cost), level) for band in tried]
    return tried[int(np.argmin(scores))]


def hedging_study(
    position: OptionPosition,
    draw: Callable[[int, int], Array],
    test: Array,
    cost: float,
    rules: LearnRules | None = None,
    *,
    tell: Callable[[], None] = lambda: None,
) -> tuple[list[Hedged], dict[str, Band]]:
    """Learn, tune and compare at one cost.

    Args:
        position: What is hedged.
        draw: Paths to learn and tune on.
        test: Shape (n, days + 1): paths that nothing was learned on.
        cost: Of a trade.
        rules: How the band net learns.
        tell: Called after every step of learning.

    Returns:
        A row a hedger, delta first, and the hedgers by name.
    """
    rules = rules or LearnRules()
    bands: list[Band] = [DeltaBand(), tuned_whalley_wilmott(position, draw(20_000, 1), cost, rules.level)]
    bands.append(learn_band(position, draw, cost, rules, tell=tell))
    losses = [100 * hedged_losses(position, band, test, cost) for band in bands]
    base = expected_shortfall(losses[0], rules.level)
    rows = [
        Hedged(
            hedger=band.name,
            cost_bp=cost * 1e4,
            shortfall=expected_shortfall(loss, rules.level),
            mean=float(loss.mean()),
            deviation=float(loss.std()),
            ratio=expected_shortfall(loss, rules.level) / base,
            ratio_interval=_ratio_interval(loss, losses[0], rules.level),
        )
        for band, loss in zip(bands, losses, strict=True)
    ]
    return rows, {band.name: band for band in bands}


def _ratio_interval(loss: Array, base: Array, level: float) -> tuple[float, float]:
    chance, ratios = stream(7, "risk/hedging/interval"), []
    for _ in range(200):
        rows = chance.integers(0, len(loss), len(loss))
        ratios.append(expected_shortfall(loss[rows], level) / expected_shortfall(base[rows], level))
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(low), float(high)
