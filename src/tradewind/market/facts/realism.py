"""Real and simulated side by side: every fact, its distance, and how far real data lie from themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.market.facts.catalogue import FACTS, Fact
from tradewind.market.facts.distance import Curve, Sample, distance
from tradewind.market.facts.tape import Tape

__all__ = ["FactResult", "RealismReport", "compare"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class FactResult(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the realism report.

    Attributes:
        name: The fact.
        unit: Its unit.
        definition: What is measured.
        source: Author and year.
        x: Lags, horizons, bins or quantile levels at which the three rows below are given.
        real: The fact on real data (mean over stretches; quantiles for a distribution).
        simulated: The same on simulated data.
        naive: The same in the zero-intelligence market.
        distance: Mean distance of simulated to real stretches.
        floor: Mean distance between real stretches.
        naive_distance: Mean distance of the zero-intelligence market to real stretches.
        ratio: ``distance / floor``: 1 is as close as real data are to themselves.
        better_than_naive: Whether the simulated market is closer than zero intelligence; None without it.
    """

    name: str
    unit: str
    definition: str
    source: str
    x: list[float]
    real: list[float | None]
    simulated: list[float | None]
    naive: list[float | None]
    distance: float | None
    floor: float | None
    naive_distance: float | None
    ratio: float | None
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
    real: Sequence[Tape], simulated: Sequence[Tape], naive: Sequence[Tape], *, preset: str, stretches: list[str]
) -> RealismReport:
    """Measure every fact on every tape and set the distances against each other.

    Args:
        real: Two or more stretches of real data (days, or halves of one), of like length.
        simulated: Stretches of the simulated market, of the same length.
        naive: Stretches of the zero-intelligence market; may be empty.
        preset: Name of the simulated market.
        stretches: What the real stretches are, in words.

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
        result = _result(fact, real, simulated, naive)
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


def _result(fact: Fact, real: Sequence[Tape], simulated: Sequence[Tape], naive: Sequence[Tape]) -> FactResult:
    measured = [[fact.measure(tape) for tape in tapes] for tapes in (real, simulated, naive)]
    floor = _mean([distance(a, b) for a, b in combinations(measured[0], 2)])
    gap = _mean([distance(a, b) for a in measured[1] for b in measured[0]])
    naive_gap = _mean([distance(a, b) for a in measured[2] for b in measured[0]])
    x, rows = _summaries(measured)
    return FactResult(
        name=fact.name,
        unit=fact.unit,
        definition=fact.definition,
        source=fact.source,
        x=x,
        real=rows[0],
        simulated=rows[1],
        naive=rows[2],
        distance=gap,
        floor=floor,
        naive_distance=naive_gap,
        ratio=gap / floor if gap is not None and floor else None,
        better_than_naive=gap < naive_gap if gap is not None and naive_gap is not None else None,
    )


def _mean(values: list[float]) -> float | None:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else None


def _summaries(measured: list[list[Sample | Curve]]) -> tuple[list[float], list[list[float | None]]]:
    """What to show of each market: the mean curve, or the quantiles of the pooled sample."""
    first = measured[0][0]
    rows: list[list[float | None]] = []
    for group in measured:
        curves = [item.y for item in group if isinstance(item, Curve)]
        if curves:
            with np.errstate(all="ignore"):
                stacked = np.array(curves)
                known = np.isfinite(stacked)
                values = np.where(known, stacked, 0).sum(0) / known.sum(0)
        else:
            values = quantiles([item for item in group if isinstance(item, Sample)])
        rows.append([float(v) if np.isfinite(v) else None for v in values])
    x = first.x.tolist() if isinstance(first, Curve) else list(QUANTILES)
    return [float(v) for v in x], rows


def quantiles(samples: list[Sample]) -> Array:
    """Weighted quantiles (5, 25, 50, 75, 95 %) of pooled samples, each sample counting the same."""
    parts = [s for s in samples if len(s.values)]
    if not parts:
        return np.full(len(QUANTILES), np.nan)
    weights = [s.weights if len(s.weights) else np.ones(len(s.values)) for s in parts]
    pooled = np.concatenate([w / w.sum() for w in weights]) / len(parts)
    values = np.concatenate([s.values for s in parts])
    order = np.argsort(values, kind="stable")
    reached = np.searchsorted(np.cumsum(pooled[order]), np.array(QUANTILES) - 1e-12)
    return np.asarray(values[order][np.minimum(reached, len(values) - 1)], dtype=np.float64)
