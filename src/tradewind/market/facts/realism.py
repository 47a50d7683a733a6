"""Real and simulated side by side: every fact, its distance, and how far real data lie from themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.market.facts.catalogue import FACTS, Fact
from tradewind.market.facts.distance import Curve, Sample, distance, pooled
from tradewind.market.facts.tape import Tape

__all__ = ["QUANTILES", "FactResult", "RealismReport", "compare"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles that stand for a distribution in reports."""
DRAWS = 1000
Interval = tuple[float, float]
Measured = Sample | Curve


class FactResult(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the realism report.

    Attributes:
        name: The fact.
        unit: Its unit.
        definition: What is measured.
        source: Author and year.
        x: Lags, horizons, bins or quantile levels at which the three rows below are given.
        distribution: Whether the rows are quantiles of a distribution; else they are a curve.
        real: The fact on real data (mean over stretches; quantiles for a distribution).
        simulated: The same on simulated data.
        naive: The same in the zero-intelligence market.
        distance: Mean distance of a simulated to a real stretch.
        floor: Mean distance of two real stretches.
        naive_distance: Mean distance of a stretch of the zero-intelligence market to a real one.
        ratio: ``distance / floor``: 1 is as close as real data are to themselves.
        interval: Of the ratio: 95 % of bootstrap draws of stretches.
        better_than_naive: Whether what all simulated stretches together measure is closer to what all real ones do
            than zero intelligence is; None without it. (Of single stretches one cannot ask this: a market that varies
            as much as the real one is further from it than one that never varies.)
    """

    name: str
    unit: str
    definition: str
    source: str
    x: list[float]
    distribution: bool
    real: list[float | None]
    simulated: list[float | None]
    naive: list[float | None]
    distance: float | None
    floor: float | None
    naive_distance: float | None
    ratio: float | None
    interval: Interval | None
    better_than_naive: bool | None


class RealismReport(msgspec.Struct, frozen=True, kw_only=True):
    """All facts of one comparison.

    Attributes:
        symbol: Instrument of the real data.
        preset: Name of the simulated market.
        stretches: Real stretches compared, in words.
        facts: One row per fact that the real source shows.
        not_shown: Facts that the real source does not show (no order ids, no depth).
        median_ratio: Median of the ratios; None without any.
        worst_ratio: Largest ratio and the fact it belongs to.
    """

    symbol: str
    preset: str
    stretches: list[str]
    facts: list[FactResult]
    not_shown: list[str]
    median_ratio: float | None
    worst_ratio: tuple[str, float] | None


def compare(
    real: Sequence[Tape],
    simulated: Sequence[Tape],
    naive: Sequence[Tape],
    *,
    preset: str,
    stretches: list[str],
    quarters: Sequence[Tape] = (),
) -> RealismReport:
    """Measure every fact on every tape and set the distances against each other.

    Args:
        real: Two or more stretches of real data (days, or halves of one), of like length.
        simulated: Stretches of the simulated market, of the same length.
        naive: Stretches of the zero-intelligence market; may be empty.
        preset: Name of the simulated market.
        stretches: What the real stretches are, in words.
        quarters: The four quarters of the one real day there is, when ``real`` is its halves: two further ways to halve
            it (first and third against second and fourth, outer against inner), so that the floor does not hang on
            how alike one morning and one afternoon were.

    Returns:
        The report.

    Raises:
        InvalidValueError: With fewer than two real stretches or no simulated one.
    """
    if len(real) < 2:
        raise InvalidValueError("real", "two or more stretches, to know how much real data differ", len(real))
    if not simulated:
        raise InvalidValueError("simulated", "one or more stretches", 0)
    results, hidden = [], []
    for fact in FACTS:
        result = _result(fact, [[fact.measure(t) for t in tapes] for tapes in (real, simulated, naive, quarters)])
        if result.floor is None:
            hidden.append(fact.name)
        else:
            results.append(result)
    ratios = [(r.name, r.ratio) for r in results if r.ratio is not None]
    return RealismReport(
        symbol=real[0].instrument.symbol,
        preset=preset,
        stretches=stretches,
        facts=results,
        not_shown=hidden,
        median_ratio=float(np.median([ratio for _, ratio in ratios])) if ratios else None,
        worst_ratio=max(ratios, key=lambda pair: pair[1]) if ratios else None,
    )


def _result(fact: Fact, measured: list[list[Measured]]) -> FactResult:
    real, simulated, naive, quarters = measured
    floors = np.array([distance(a, b) for a, b in _halves(real, quarters)])
    gaps = np.array([[distance(a, b) for b in real] for a in simulated])
    floor, gap = _mean(floors), _mean(gaps)
    x, rows = _summaries(measured[:3])
    return FactResult(
        name=fact.name,
        unit=fact.unit,
        definition=fact.definition,
        source=fact.source,
        x=x,
        distribution=isinstance(real[0], Sample),
        real=rows[0],
        simulated=rows[1],
        naive=rows[2],
        distance=gap,
        floor=floor,
        naive_distance=_mean(np.array([[distance(a, b) for b in real] for a in naive])),
        ratio=gap / floor if gap is not None and floor else None,
        interval=_interval(gaps, floors, fact.name) if gap is not None and floor else None,
        better_than_naive=_closer(real, simulated, naive),
    )


def _halves(real: list[Measured], quarters: list[Measured]) -> list[tuple[Measured, Measured]]:
    """Pairs of real stretches: every two of them, and the other ways to halve a single day."""
    pairs = list(combinations(real, 2))
    if len(quarters) == 4:
        one, two, three, four = quarters
        pairs += [(pooled([one, three]), pooled([two, four])), (pooled([one, four]), pooled([two, three]))]
    return pairs


def _mean(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _interval(gaps: Array, floors: Array, name: str) -> Interval | None:
    """Bootstrap of the ratio: simulated and real stretches drawn anew, and pairs of real ones."""
    random = stream(0, f"facts/bootstrap/{name}")
    ratios = []
    for _ in range(DRAWS):
        rows, columns = (random.integers(0, n, n) for n in gaps.shape)
        above = _mean(gaps[rows][:, columns])
        below = _mean(floors[random.integers(0, len(floors), len(floors))])
        if above is not None and below:
            ratios.append(above / below)
    return (float(np.quantile(ratios, 0.025)), float(np.quantile(ratios, 0.975))) if ratios else None


def _closer(real: list[Measured], simulated: list[Measured], naive: list[Measured]) -> bool | None:
    if not naive:
        return None
    truth = pooled(real)
    gap, naive_gap = distance(pooled(simulated), truth), distance(pooled(naive), truth)
    if not np.isfinite(gap):
        return None
    return bool(gap < naive_gap) if np.isfinite(naive_gap) else True


def _summaries(measured: list[list[Measured]]) -> tuple[list[float], list[list[float | None]]]:
    """What to show of each market: the mean curve, or the quantiles of the pooled sample."""
    first = measured[0][0]
    rows: list[list[float | None]] = []
    for group in measured:
        whole = pooled(group) if group else None
        values = quantiles(whole) if isinstance(whole, Sample) else whole.y if whole else np.zeros(0)
        rows.append([float(v) if np.isfinite(v) else None for v in values])
    x = first.x.tolist() if isinstance(first, Curve) else list(QUANTILES)
    return [float(v) for v in x], rows


def quantiles(sample: Sample) -> Array:
    """Weighted quantiles (5, 25, 50, 75, 95 %) of a sample; NaN when it is empty."""
    if not len(sample.values):
        return np.full(len(QUANTILES), np.nan)
    weights = sample.weights if len(sample.weights) else np.ones(len(sample.values))
    order = np.argsort(sample.values, kind="stable")
    reached = np.searchsorted(np.cumsum(weights[order]) / weights.sum(), np.array(QUANTILES) - 1e-12)
    return np.asarray(sample.values[order][np.minimum(reached, len(order) - 1)], dtype=np.float64)
