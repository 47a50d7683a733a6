r"""Statistical jump model: states that are left only when it pays, decided online.

.. math:: \min_{s, \theta} \sum_t \tfrac12 \lVert x_t - \theta_{s_t} \rVert^2 + \lambda \sum_t 1_{s_t \neq s_{t-1}}

The fit alternates centres and the best path over the days it is fitted on. Online, the state of day t is the cheapest
end of all paths up to t: later days cannot change it.

References:
    Bemporad, Breschi, Piga and Boyd (2018), "Fitting jump models"; Nystrup, Lindström and Madsen (2020), "Learning
    hidden Markov models with persistent states by penalizing jumps"; Shu, Yu and Mulvey (2024), "Downside risk
    reduction using regime-switching signals: a statistical jump model approach".
"""

from __future__ import annotations

from typing import Self

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.risk.regimes.filtered import FEWEST, FilteredRegimes, Seen, checked

__all__ = ["JumpModel", "moving", "regime_features"]

ROUNDS = 30
HALF_LIVES = (3.0, 10.0, 30.0)


class JumpModel(Seen):
    """Two states by moving volatility and falls.

    Args:
        penalty: Cost of a jump, in squared standard deviations of the features. The default holds a state for about
            as long as equity regimes last; it was chosen on simulations of another seed than those that are scored.
    """

    name = "jump model"

    def __init__(self, penalty: float = 3.0) -> None:
        if not penalty >= 0:
            raise InvalidValueError("penalty", "0 or more", penalty)
        self.penalty = penalty
        self.centres: Array | None = None

    def fit(self, returns: Array) -> Self:
        """Alternate centres and the cheapest path; begun from the median of the first feature."""
        self.seen = returns = checked(returns, FEWEST)
        raw = regime_features(returns)
        self.middle, self.unit = raw.mean(axis=0), np.maximum(raw.std(axis=0), 1e-12)
        x = (raw - self.middle) / self.unit
        state = (x[:, 0] > np.median(x[:, 0])).astype(np.int64)
        for _ in range(ROUNDS):
            self.centres = np.array([x[state == k].mean(axis=0) for k in range(2)])
            new = _path(self._cost(x), self.penalty)
            if (new == state).all() or len(np.unique(new)) < 2:
                break
            state = new
        if self.centres is not None and self.centres[0, 0] > self.centres[1, 0]:
            self.centres = self.centres[::-1].copy()
        return self

    def filter(self, returns: Array) -> FilteredRegimes:
        """The cheapest end of all paths up to each day."""
        if self.centres is None:
            raise NotFoundError("the model was not fitted: fit() before filter()")
        cost = self._cost((regime_features(checked(returns)) - self.middle) / self.unit)
        state = _cheapest_ends(cost, self.penalty)
        return FilteredRegimes(state=state, probability=np.eye(2)[state])

    def _cost(self, x: Array) -> Array:
        assert self.centres is not None
        return np.asarray(0.5 * ((x[:, None, :] - self.centres) ** 2).sum(axis=2), np.float64)


def regime_features(returns: Array) -> Array:
    """Columns known at each day: logs of moving volatility at three half-lives, and of moving falls.

    Args:
        returns: Shape (n,).

    Returns:
        Shape (n, 4).
    """
    usual = float(np.mean(returns[:FEWEST] ** 2)) + 1e-18
    columns = [np.log(moving(returns**2, half, usual)) / 2 for half in HALF_LIVES]
    falls = np.minimum(returns, 0) ** 2
    columns.append(np.log(moving(falls, HALF_LIVES[1], usual / 2)) / 2)
    return np.column_stack(columns)


def moving(values: Array, half_life: float, start: float) -> Array:
    """Exponentially weighted mean.

    Args:
        values: Shape (n,).
        half_life: Days after which a value counts half.
        start: Mean before the first.

    Returns:
        Shape (n,).
    """
    decay = 0.5 ** (1 / half_life)
    found = np.empty(len(values))
    state = start
    for t, value in enumerate(values.tolist()):
        state = decay * state + (1 - decay) * value
        found[t] = state
    return found


def _cheapest_ends(cost: Array, penalty: float) -> Array:
    """State in which the cheapest path up to each day ends; the calmer one where both cost the same."""
    found = []
    calm, wild = 0.0, 0.0
    for now_calm, now_wild in cost.tolist():
        calm, wild = now_calm + min(calm, wild + penalty), now_wild + min(wild, calm + penalty)
        found.append(int(wild < calm))
    return np.array(found, np.int64)


def _path(cost: Array, penalty: float) -> Array:
    """Cheapest path over fitted days (dynamic programming)."""
    rows = cost.tolist()
    calm, wild = rows[0]
    came = [(0, 1)]
    for now_calm, now_wild in rows[1:]:
        came.append((0 if calm <= wild + penalty else 1, 1 if wild <= calm + penalty else 0))
        calm, wild = now_calm + min(calm, wild + penalty), now_wild + min(wild, calm + penalty)
    state = [int(wild < calm)]
    for step in reversed(came[1:]):
        state.append(step[state[-1]])
    return np.array(state[::-1], np.int64)
