"""Value at risk and expected shortfall day by day, each from what was known the evening before, and their report."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.risk.tails.backtests import Light, christoffersen, fz0, kupiec, second_test, traffic_light
from tradewind.risk.tails.shapes import TailShape

__all__ = ["TailForecast", "TailReport", "judge_tail", "unit_scale", "walk_forward_tail"]

WINDOW = 2000
FIRST = 500
SIMULATIONS = 1000
ACCEPT = 0.05
DECAY, WARM_UP = 0.97, 100


class TailForecast(msgspec.Struct, frozen=True, kw_only=True):
    """Forecasts for n days, and what came.

    Attributes:
        name: Shape and variance model.
        day: Shape (n,), int64: the day that was forecast.
        loss: Shape (n,): what was lost, in log return; negative is a gain.
        var: Shape (n,): value at risk.
        es: Shape (n,): expected shortfall.
        tail: Probability of a hit.
        second_p: Chance that a right model has so low a second statistic, by simulation.
    """

    name: str
    day: Array
    loss: Array
    var: Array
    es: Array
    tail: float
    second_p: float

    @property
    def hits(self) -> Array:
        """Shape (n,), bool."""
        return np.asarray(self.loss > self.var)


class TailReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a tail did.

    Attributes:
        name: Shape and variance model.
        days: Days forecast.
        hits: Days beyond the value at risk.
        expected: How many there should have been.
        kupiec_p: Frequency.
        independence_p: No clustering.
        coverage_p: Both (Christoffersen).
        second: Acerbi and Szekely's statistic.
        second_p: Its p-value.
        fz0: Mean joint loss; lower is better.
        light: Basel zone of the last 250 days.
        accepted: Frequency, both together and shortfall are not rejected at 5 %.
    """

    name: str
    days: int
    hits: int
    expected: float
    kupiec_p: float
    independence_p: float
    coverage_p: float
    second: float
    second_p: float
    fz0: float
    light: Light
    accepted: bool


def unit_scale(ratio: Array) -> Array:
    """Squared returns over forecast variance, exponentially weighted (λ = 0.97, RiskMetrics' monthly).

    Ranges and returns measure variance in units that drift apart: bad prints of one decade, another tick size in the
    next. What the last weeks say of the ratio brings a forecast from ranges to the units of returns.

    Args:
        ratio: Shape (n,), squared return over the variance forecast for that day.

    Returns:
        Shape (n + 1,): factor for each day from the days before it; the last is for the day that follows.
    """
    found = np.empty(len(ratio) + 1)
    state = float(np.mean(ratio[:WARM_UP]))
    for t, value in enumerate(ratio.tolist()):
        found[t] = state
        state = DECAY * state + (1 - DECAY) * value
    found[-1] = state
    return found


def walk_forward_tail(
    day: Array, returns: Array, variance: Array, shape: TailShape, *, tail: float, seed: int, window: int = WINDOW
) -> TailForecast:
    """Forecast each day from the days before it.

    Args:
        day: Shape (n,), days.
        returns: Shape (n,), log returns.
        variance: Shape (n,), forecast of the day's variance made the evening before; NaN rows are left out.
        shape: Shape of standardised returns; fitted anew every ``refit_days``.
        tail: Probability of a hit, e.g. 0.01.
        seed: The run's one seed, for the p-value of the second test.
        window: Past days that the shape is fitted to; the first forecast needs 500.

    Raises:
        InvalidValueError: For a tail outside (0, 0.5), variances that are not positive or too few days.
    """
    if not 0 < tail < 0.5:
        raise InvalidValueError("tail", "between 0 and 0.5", tail)
    known = np.isfinite(variance)
    if np.any(variance[known] <= 0):
        raise InvalidValueError("variance", "above 0", variance[known].min())
    day, returns = day[known], returns[known]
    scale = unit_scale(returns**2 / variance[known])
    sigma = np.sqrt(variance[known] * scale[:-1])
    if len(day) <= FIRST:
        raise InvalidValueError("returns", f"more than {FIRST} days with a forecast of variance", len(day))
    z = returns / sigma
    n = len(z) - FIRST
    chance = stream(seed, "risk/tails")
    ratios = np.empty((2, n))
    simulated = np.zeros(SIMULATIONS)
    for first in range(0, n, shape.refit_days):
        now = FIRST + first
        shape.fit(z[max(0, now - window) : now])
        count = min(shape.refit_days, n - first)
        v, e = shape.loss(tail), shape.shortfall(tail)
        ratios[:, first : first + count] = [[v], [e]]
        made = -shape.draw(SIMULATIONS * count, chance).reshape(SIMULATIONS, count)
        simulated += np.where(made > v, made / e, 0.0).sum(axis=1)
    var, es = ratios * sigma[FIRST:]
    loss = -returns[FIRST:]
    found = second_test(loss, var, es, tail)
    p = float(np.mean(1 - simulated / (n * tail) <= found))
    return TailForecast(name=shape.name, day=day[FIRST:], loss=loss, var=var, es=es, tail=tail, second_p=p)


def judge_tail(forecast: TailForecast) -> TailReport:
    """Run every test."""
    hits = forecast.hits
    frequency = kupiec(hits, forecast.tail)
    independence, both = christoffersen(hits, forecast.tail)
    light, _ = traffic_light(hits, forecast.tail)
    passed = min(frequency.p, both.p, forecast.second_p) > ACCEPT
    return TailReport(
        name=forecast.name,
        days=len(hits),
        hits=int(hits.sum()),
        expected=len(hits) * forecast.tail,
        kupiec_p=frequency.p,
        independence_p=independence.p,
        coverage_p=both.p,
        second=float(second_test(forecast.loss, forecast.var, forecast.es, forecast.tail)),
        second_p=forecast.second_p,
        fz0=float(fz0(forecast.loss, forecast.var, forecast.es, forecast.tail).mean()),
        light=light,
        accepted=passed,
    )
