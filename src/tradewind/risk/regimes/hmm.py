r"""Gaussian hidden Markov model, filtered.

.. math:: p_t(j) \propto f_j(r_t) \sum_i p_{t-1}(i) A_{ij}

Fitted by expectation–maximisation (which looks both ways, over the days it is fitted on, and over no others).

References:
    Hamilton (1989), "A new approach to the economic analysis of nonstationary time series and the business cycle";
    Rabiner (1989), "A tutorial on hidden Markov models and selected applications in speech recognition".
"""

from __future__ import annotations

from typing import Self

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.core.kernels import entry
from tradewind.risk.regimes.filtered import FEWEST, FilteredRegimes, Seen, checked

__all__ = ["HiddenMarkov", "expected_states", "forward"]

ROUNDS, ENOUGH = 300, 1e-7
FLOOR = 1e-3
"""Smallest variance of a state, over the variance of all days."""


@entry
def forward(density: Array, start: Array, transition: Array, filtered: Array) -> float:
    """Forward filter.

    Args:
        density: Shape (n, k), density of each day in each state.
        start: Shape (k,), probabilities before the first day.
        transition: Shape (k, k), from row to column.
        filtered: Shape (n, k), filled: probabilities at each day.

    Returns:
        Log likelihood.
    """
    days, states = density.shape
    likelihood = 0.0
    for t in range(days):
        total = 0.0
        for j in range(states):
            if t == 0:
                before = start[j]
            else:
                before = 0.0
                for i in range(states):
                    before += filtered[t - 1, i] * transition[i, j]
            filtered[t, j] = before * density[t, j] + 1e-300
            total += filtered[t, j]
        for j in range(states):
            filtered[t, j] /= total
        likelihood += np.log(total)
    return likelihood


@entry
def expected_states(density: Array, transition: Array, filtered: Array, moves: Array) -> Array:
    """Backward pass of the fit: expected states and moves over the days that are fitted.

    Args:
        density: Shape (n, k).
        transition: Shape (k, k).
        filtered: Shape (n, k), from :func:`forward`.
        moves: Shape (k, k), filled: expected number of moves.

    Returns:
        Shape (n, k): expected states.
    """
    days, states = density.shape
    found = filtered.copy()
    later = np.ones(states)
    moves[:] = 0.0
    for t in range(days - 2, -1, -1):
        total = 0.0
        for i in range(states):
            for j in range(states):
                total += filtered[t, i] * transition[i, j] * density[t + 1, j] * later[j]
        new = np.zeros(states)
        for i in range(states):
            for j in range(states):
                part = transition[i, j] * density[t + 1, j] * later[j]
                new[i] += part
                moves[i, j] += filtered[t, i] * part / max(total, 1e-300)
        norm = 0.0
        for i in range(states):
            found[t, i] = filtered[t, i] * new[i]
            norm += found[t, i]
        for i in range(states):
            found[t, i] /= max(norm, 1e-300)
        biggest = max(new.max(), 1e-300)
        later = new / biggest
    return found


class HiddenMarkov(Seen):
    """Two or more states with their own mean and variance, calmest first.

    Args:
        states: How many.
    """

    name = "hidden Markov"

    def __init__(self, states: int = 2) -> None:
        if states < 2:
            raise InvalidValueError("states", "2 or more", states)
        self.states = states
        self.transition: Array = np.empty((0, 0))

    def fit(self, returns: Array) -> Self:
        """Expectation–maximisation, begun from quantiles of a moving variance: no chance in it."""
        self.seen = returns = checked(returns, FEWEST)
        self._begin(returns)
        before = -np.inf
        filtered, moves = np.empty((len(returns), self.states)), np.empty((self.states, self.states))
        for _ in range(ROUNDS):
            density = self._density(returns)
            likelihood = forward(density, self.start, self.transition, filtered)
            share = expected_states(density, self.transition, filtered, moves)
            self._maximise(returns, share, moves)
            if abs(likelihood - before) < ENOUGH * abs(likelihood):
                break
            before = likelihood
        self.likelihood = float(likelihood)
        self._sort()
        return self

    def filter(self, returns: Array) -> FilteredRegimes:
        """Probabilities at each day given the days up to it."""
        if not len(self.transition):
            raise NotFoundError("the model was not fitted: fit() before filter()")
        returns = checked(returns)
        filtered = np.empty((len(returns), self.states))
        forward(self._density(returns), self.start, self.transition, filtered)
        return FilteredRegimes(state=np.argmax(filtered, axis=1), probability=filtered)

    def _begin(self, returns: Array) -> None:
        size = np.convolve((returns - returns.mean()) ** 2, np.ones(21) / 21, mode="same")
        group = np.searchsorted(np.quantile(size, np.arange(1, self.states) / self.states), size)
        self.mean = np.array([returns[group == k].mean() for k in range(self.states)])
        self.variance = np.array([returns[group == k].var() for k in range(self.states)])
        self.floor = FLOOR * returns.var()
        self.variance = np.maximum(self.variance, self.floor)
        away = 0.02 / (self.states - 1)
        self.transition = np.full((self.states, self.states), away) + (0.98 - away) * np.eye(self.states)
        self.start = np.full(self.states, 1 / self.states)

    def _density(self, returns: Array) -> Array:
        far = (returns[:, None] - self.mean) ** 2 / self.variance
        return np.asarray(np.exp(-far / 2) / np.sqrt(2 * np.pi * self.variance), np.float64)

    def _maximise(self, returns: Array, share: Array, moves: Array) -> None:
        weight = share.sum(axis=0)
        self.mean = share.T @ returns / weight
        self.variance = (share * (returns[:, None] - self.mean) ** 2).sum(axis=0) / weight
        self.variance = np.maximum(self.variance, self.floor)
        self.transition = moves / moves.sum(axis=1, keepdims=True)
        self.start = share[0]

    def _sort(self) -> None:
        order = np.argsort(self.variance)
        self.mean, self.variance = self.mean[order], self.variance[order]
        self.transition = np.ascontiguousarray(self.transition[np.ix_(order, order)])
        # A series to filter begins anywhere, not where the fitted one began: by the long run.
        values, vectors = np.linalg.eig(self.transition.T)
        stay = np.abs(np.real(vectors[:, np.argmax(np.real(values))]))
        self.start = stay / stay.sum()
