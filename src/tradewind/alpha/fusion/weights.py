"""Weights of experts that follow who foresees best, shrunk to equal."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["FixedShare", "online_weights"]


class FixedShare:
    r"""Fixed share: weights multiplied by :math:`e^{-\eta \ell}`, a part shared out as at the start, then shrunk to it.

    Args:
        experts: How many.
        rate: :math:`\eta`, in inverse units of loss.
        share: Part of the weight that is shared out at each step; how soon a fallen expert can come back.
        shrink: How much of the weight used is the weight at the start, whatever happened.
        start: Shape (experts,), weights at the start; equal where absent.

    References:
        Herbster and Warmuth (1998), "Tracking the Best Expert".

    Examples:
        >>> weights = FixedShare(2, shrink=0.0)
        >>> for _ in range(200):
        ...     weights.learn(np.array([0.5, 0.9]))
        >>> weights.weights().round(2)
        array([0.99, 0.01])
    """

    def __init__(
        self,
        experts: int,
        *,
        rate: float = 0.1,
        share: float = 1e-3,
        shrink: float = 0.5,
        start: Array | None = None,
    ) -> None:
        if experts < 1 or not 0 <= shrink <= 1 or not 0 <= share < 1:
            raise InvalidValueError("experts", "1 or more, share and shrink between 0 and 1", (experts, share, shrink))
        self.rate, self.share, self.shrink = rate, share, shrink
        self.start: Array = np.full(experts, 1.0 / experts) if start is None else np.asarray(start, np.float64)
        self.state = self.start.copy()

    def learn(self, losses: Array) -> None:
        """Take in the losses of one row, NaN for an expert that said nothing."""
        there = np.isfinite(losses)
        if not there.any():
            return
        pooled = float(self.state[there] @ losses[there] / self.state[there].sum())
        self.state = self.state * np.exp(-self.rate * np.where(there, losses - pooled, 0.0))
        self.state = self.state / self.state.sum()
        self.state = (1 - self.share) * self.state + self.share * self.start

    def weights(self) -> Array:
        """Shape (experts,): what each counts now."""
        return np.asarray((1 - self.shrink) * self.state + self.shrink * self.start)


def online_weights(losses: Array, t0: Array, t1: Array, weights: FixedShare) -> Array:
    """Weights that would have been used for each row, learning each label only when it was known.

    Args:
        losses: Shape (n, experts), NaN where an expert said nothing.
        t0: Shape (n,), when rows were born [ns UTC].
        t1: Shape (n,), when labels were known [ns UTC].
        weights: What learns; is left as it is at the end.

    Returns:
        Shape (n, experts).
    """
    born, known = np.argsort(t0, kind="stable"), np.argsort(t1, kind="stable")
    out = np.empty(losses.shape)
    next_known, count = 0, len(known)
    current = weights.weights()
    for row in born.tolist():
        fresh = False
        while next_known < count and t1[known[next_known]] <= t0[row]:
            weights.learn(losses[known[next_known]])
            next_known, fresh = next_known + 1, True
        if fresh:
            current = weights.weights()
        out[row] = current
    return out
