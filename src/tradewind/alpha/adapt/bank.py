"""The compiled step of a bank of recursive regressions that are born, weighed and replaced while data come in."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner

__all__ = ["learn_row", "scaled_row"]

MEMORY, PRIOR, BIRTH, WEIGHT, EXPERT_COLUMNS = 0, 1, 2, 3, 4
"""Columns of the table of experts: memory of coefficients, prior variance, row of birth (-1: it stays), weight."""
COUNT, NOISE, ALARM, CHANGE, SHARE, EVERY, CERTAIN, SLOW, MOMENT_Y, LAST, ECHO, STATE = range(12)
"""Places in the state: rows seen, noise variance, row of the last alarm, where it dates the change, settings, size."""
FREEDOM = 6.0
CLIP = 5.0
HUBER = 3.0


@entry
def scaled_row(moments: Array, x: Array, out: Array) -> None:
    """A row in standard deviations from its running mean, clipped at 5; what is not known counts as the mean.

    Args:
        moments: Shape (2, d): running mean and variance.
        x: Shape (d,), raw features.
        out: Shape (d + 1,): written; the last place is the constant 1.
    """
    for j in range(len(x)):
        z = (x[j] - moments[0, j]) / np.sqrt(moments[1, j] + 1e-300) if moments[1, j] > 0 else 0.0
        out[j] = min(max(z, -CLIP), CLIP) if np.isfinite(z) else 0.0
    out[len(x)] = 1.0


@entry
def learn_row(  # noqa: PLR0917
    covariance: Array, weights: Array, experts: Array, moments: Array, state: Array, x: Array, y: float
) -> None:
    r"""Weigh the experts by how well they foresaw ``y``, let each learn it, and let new ones be born.

    Expert k is a Bayesian regression with coefficients that revert to zero with memory :math:`\rho_k`:

    .. math::
        w_k \leftarrow \rho_k w_k,\quad P_k \leftarrow \rho_k^2 P_k + (1-\rho_k^2) P_0,\quad
        g = P_k x / (1 + x^T P_k x),\quad w_k \leftarrow w_k + g\,(y - w_k^T x)

    Its weight is multiplied by the Student-t density of its error, to the power (1 - r) / (1 + r) where errors echo
    those before with autocorrelation r (outcomes that overlap); then a share of all weight goes to the newest experts
    and those that never restart (fixed share: Herbster and Warmuth, 1998; restarts make the weights the posterior of
    the time since the last change: Adams and MacKay, 2007).

    Args:
        covariance: Shape (k, d, d), in units of the noise variance.
        weights: Shape (k, d).
        experts: Shape (k, 4): columns ``MEMORY``, ``PRIOR``, ``BIRTH``, ``WEIGHT``.
        moments: Shape (2, d - 1): running mean and variance of the raw features, updated.
        state: Shape (``STATE``,).
        x: Shape (d - 1,), raw features.
        y: The label.
    """
    slots, d = weights.shape
    row = np.empty(d)
    scaled_row(moments, x, row)
    if state[MOMENT_Y] > 0:
        y = min(max(y, -10.0 * np.sqrt(state[MOMENT_Y])), 10.0 * np.sqrt(state[MOMENT_Y]))
    pace = max(1.0 / (state[COUNT] + 1.0), state[SLOW])
    state[MOMENT_Y] += (y * y - state[MOMENT_Y]) * pace
    noise = state[NOISE] if state[COUNT] > 1 else state[MOMENT_Y]
    # Outcomes that overlap repeat each other: a row then counts as much as its errors are news.
    echo = min(max(state[ECHO] / (noise + 1e-300), 0.0), 0.95)
    news = (1 - echo) / (1 + echo)
    best, total, pooled = -np.inf, 0.0, 0.0
    gain, logs, errors = np.empty((slots, d)), np.empty(slots), np.empty(slots)
    for k in range(slots):
        if experts[k, WEIGHT] <= 0:
            continue
        kept = experts[k, MEMORY]
        for i in range(d):
            weights[k, i] *= kept
            for j in range(d):
                covariance[k, i, j] *= kept * kept
            covariance[k, i, i] += (1 - kept * kept) * experts[k, PRIOR]
        spread, mean = 0.0, 0.0
        for i in range(d):
            gain[k, i] = 0.0
            for j in range(d):
                gain[k, i] += covariance[k, i, j] * row[j]
            spread += gain[k, i] * row[i]
            mean += weights[k, i] * row[i]
        errors[k] = y - mean
        scale = noise * (1 + spread) * (FREEDOM - 2) / FREEDOM + 1e-300
        density = -0.5 * np.log(scale) - 0.5 * (FREEDOM + 1) * np.log1p(errors[k] ** 2 / (FREEDOM * scale))
        logs[k] = np.log(experts[k, WEIGHT]) + news * density
        best = max(best, logs[k])
        bound = HUBER * np.sqrt(noise * (1 + spread))
        learnt = min(max(errors[k], -bound), bound)
        for i in range(d):
            weights[k, i] += gain[k, i] / (1 / news + spread) * learnt
            for j in range(d):
                covariance[k, i, j] -= gain[k, i] * gain[k, j] / (1 / news + spread)
    for k in range(slots):
        if experts[k, WEIGHT] > 0:
            experts[k, WEIGHT] = np.exp(logs[k] - best)
            total += experts[k, WEIGHT]
            pooled += experts[k, WEIGHT] * errors[k]
    pooled /= total
    _settle(covariance, weights, experts, state, total)
    state[ECHO] += (pooled * state[LAST] - state[ECHO]) * max(1.0 / (state[COUNT] + 100.0), state[SLOW])
    state[LAST] = pooled
    state[NOISE] = noise + (min(pooled * pooled, 9 * noise) - noise) * max(1.0 / (state[COUNT] + 10.0), state[SLOW])
    for j in range(d - 1):
        if np.isfinite(x[j]):
            far = x[j] - moments[0, j]
            moments[0, j] += far * pace
            moments[1, j] += (far * (x[j] - moments[0, j]) - moments[1, j]) * pace


@inner
def _settle(  # noqa: C901
    covariance: Array, weights: Array, experts: Array, state: Array, total: float
) -> None:
    """Share weight, look for a change, and let experts be born every so many rows; the weakest make room."""
    slots, d = weights.shape
    state[COUNT] += 1
    born = state[COUNT] % state[EVERY] == 0
    if born:
        for pair in range(2):
            weakest, least = -1, np.inf
            for k in range(slots):
                young = experts[k, BIRTH] > state[COUNT] - 8 * state[EVERY]
                if experts[k, BIRTH] >= 0 and not (young and experts[k, WEIGHT] > 0) and experts[k, WEIGHT] < least:
                    weakest, least = k, experts[k, WEIGHT]
            if weakest < 0:
                break
            total -= max(experts[weakest, WEIGHT], 0.0)
            experts[weakest, PRIOR] = experts[pair, PRIOR]
            experts[weakest, MEMORY], experts[weakest, BIRTH], experts[weakest, WEIGHT] = 1.0, state[COUNT], 1e-12
            weights[weakest], covariance[weakest] = 0.0, 0.0
            for i in range(d):
                covariance[weakest, i, i] = experts[pair, PRIOR]
    latest, takers = -1.0, 0
    for k in range(slots):
        latest = max(latest, experts[k, BIRTH]) if experts[k, WEIGHT] > 0 else latest
    for k in range(slots):
        takers += experts[k, WEIGHT] > 0 and (experts[k, BIRTH] < 0 or experts[k, BIRTH] == latest)
    after, restarted, date, heaviest = 0.0, 0.0, state[CHANGE], 0.0
    for k in range(slots):
        if experts[k, WEIGHT] <= 0:
            continue
        experts[k, WEIGHT] = (1 - state[SHARE]) * experts[k, WEIGHT] / total
        if experts[k, BIRTH] < 0 or experts[k, BIRTH] == latest:
            experts[k, WEIGHT] += state[SHARE] / takers
        experts[k, WEIGHT] = max(experts[k, WEIGHT], 1e-12)
        if experts[k, BIRTH] >= 0:
            restarted += experts[k, WEIGHT]
            if experts[k, BIRTH] > state[CHANGE]:
                after += experts[k, WEIGHT]
                if experts[k, WEIGHT] > heaviest:
                    date, heaviest = experts[k, BIRTH], experts[k, WEIGHT]
    if restarted > 0 and after / restarted > state[CERTAIN]:
        state[ALARM], state[CHANGE] = state[COUNT], date
