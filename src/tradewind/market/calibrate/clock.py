r"""When events happen: an intraday profile and a self-exciting activity, fitted by expectation maximisation.

With ``r`` the rate at activity 1 in the current state, events arrive at ``r a(t)`` where

.. math:: a(t) = 1 - \sum_j n_j + \sum_j n_j \sum_{t_i < t} \\frac{\beta_j}{r_i} e^{-\beta_j (t - t_i)} .

An event adds ``1 / r_i``: it counts as the time at activity 1 that it stands for, so the mean activity is 1 and the
branching ratio is ``sum(n_j)`` whatever the state.
"""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry
from tradewind.market.flow.tables import kernel_rates
from tradewind.market.preset import TIME_SCALES

__all__ = ["MOST_BRANCHING", "fit_branching", "fit_mood"]

MOST_BRANCHING = 0.985
"""Branching ratios are fitted up to here; at 1 the market would explode."""


@entry
def excite(steps: Array, rate: Array, decay: Array, branching: Array, sums: tuple[Array, Array, Array]) -> float:
    """One pass: responsibilities and compensators by kernel; fills each step's exposure; returns the log-likelihood."""
    caused, exposed, baseline = sums
    n = len(decay)
    state = np.zeros(n)
    base = 1.0 - branching.sum()
    loglike = 0.0
    for i in range(len(steps)):
        step = steps[i]
        if step.first:
            for j in range(n):
                state[j] = 1.0
        r, dt = rate[i], step.dt_s
        activity, integral = base, base * dt
        for j in range(n):
            shrink = np.exp(-decay[j] * dt)
            area = state[j] * (1.0 - shrink) / decay[j]
            exposed[j] += r * area
            integral += branching[j] * area
            state[j] *= shrink
            activity += branching[j] * state[j]
        step.exposure_s = integral
        if step.group <= 6:
            for j in range(n):
                caused[j] += branching[j] * state[j] / activity
            baseline[0] += base / activity
            baseline[1] += r * dt
            loglike += np.log(max(activity * r, 1e-12)) - r * integral
            for j in range(n):
                state[j] += decay[j] / r
    return loglike


def fit_branching(steps: Array, rate: Array, fastest_s: float, start: Array, rounds: int = 40) -> tuple[Array, float]:
    """Branching of each kernel by expectation maximisation.

    Args:
        steps: Shape (n,), dtype ``STEP``; ``exposure_s`` is filled.
        rate: Shape (n,), rate at activity 1 during the time before each event [1/s].
        fastest_s: Time scale of the fastest kernel [s].
        start: Shape (TIME_SCALES,), first guess.
        rounds: Passes.

    Returns:
        Branching, shape (TIME_SCALES,), and the log-likelihood per event.
    """
    decay = kernel_rates(fastest_s)
    branching = np.array(start, float)
    loglike = 0.0
    for _ in range(rounds):
        sums = (np.zeros(TIME_SCALES), np.zeros(TIME_SCALES), np.zeros(2))
        loglike = excite(steps, rate, decay, branching, sums)
        branching = branching * 0 + sums[0] / np.maximum(sums[1], 1e-9)
        total = branching.sum()
        if total > MOST_BRANCHING:
            branching *= MOST_BRANCHING / total
    excite(steps, rate, decay, branching, (np.zeros(TIME_SCALES), np.zeros(TIME_SCALES), np.zeros(2)))
    return branching, loglike / max(len(steps), 1)


def fit_mood(steps: Array, factor: Array, window_s: float = 30.0) -> tuple[float, float]:
    """Slow factor on the rate, from how event counts of windows half a minute and more apart still agree.

    Args:
        steps: Shape (n,), dtype ``STEP``.
        factor: Shape (n,), intraday factor at each step.
        window_s: Length of a window [s].

    Returns:
        Standard deviation of the factor's logarithm, and the time over which it forgets [s].
    """
    lags = np.arange(1, 21)
    total, weight = np.zeros(len(lags)), 0.0
    for day in np.split(np.arange(len(steps)), np.flatnonzero(steps["first"])[1:]):
        times = np.cumsum(steps["dt_s"][day])
        windows = int(times[-1] / window_s) if len(times) else 0
        if windows < 2 * len(lags):
            continue
        counts = np.bincount((times / window_s).astype(int), 1.0 / factor[day], windows + 1)[:windows]
        relative = counts / counts.mean() - 1.0
        total += np.array([(relative[:-k] * relative[k:]).mean() for k in lags]) * windows
        weight += windows
    if weight == 0.0:
        return 0.0, 60.0
    agreement = total / weight
    best = (np.inf, 0.0, 60.0)
    for forget_s in window_s * np.geomspace(1.0, 40.0, 25):
        shape = np.exp(-lags * window_s / forget_s)
        size = max(float(agreement @ shape / (shape @ shape)), 0.0)
        error = float(np.sum((agreement - size * shape) ** 2))
        if error < best[0]:
            best = (error, size, float(forget_s))
    return min(float(np.sqrt(np.log1p(best[1]))), 1.0), round(best[2], 1)
