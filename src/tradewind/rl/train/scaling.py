"""Running means and deviations: of features, frozen into the policy file, and of returns, which scale rewards."""

from __future__ import annotations

import math

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry
from tradewind.execution.policies.network import MOST_INPUTS

__all__ = ["RETURNS", "FeatureScale", "scale_rewards"]

SMALLEST = 1e-4
RETURNS = np.dtype([("count", "f8"), ("mean", "f8"), ("squares", "f8"), ("scale", "f8")])
"""Running count, mean, sum of squared deviations of discounted returns, and the factor on rewards that follows."""


class FeatureScale:
    """Running mean and standard deviation of features (Chan, Golub and LeVeque, 1979).

    Attributes:
        count: Rows seen.
        mean: Shape (64,), float64.
        squares: Shape (64,), sums of squared deviations from the mean.
    """

    def __init__(self) -> None:
        self.count = 0.0
        self.mean: Array = np.zeros(MOST_INPUTS)
        self.squares: Array = np.zeros(MOST_INPUTS)

    def add(self, count: float, sums: Array, sums_of_squares: Array) -> None:
        """Take rows in.

        Args:
            count: How many.
            sums: Shape (64,), their sums.
            sums_of_squares: Shape (64,), sums of their squares.
        """
        mean = sums / count
        squares = np.maximum(sums_of_squares - count * mean * mean, 0.0)
        total = self.count + count
        apart = mean - self.mean
        self.squares += squares + apart * apart * self.count * count / total
        self.mean += apart * count / total
        self.count = total

    def freeze_into(self, policy: Array) -> None:
        """Write means and scales to a policy record, shape (1,); a feature that never moves keeps scale 1."""
        if self.count < 2:
            return
        deviation = np.sqrt(self.squares / self.count)
        policy["mean"][0] = self.mean
        policy["scale"][0] = np.where(deviation > SMALLEST, 1.0 / np.maximum(deviation, SMALLEST), 1.0)

    def state(self) -> dict[str, Array]:
        """Its numbers, as arrays."""
        return {"features": np.stack([self.mean, self.squares]), "features_seen": np.array([self.count])}

    def restore(self, state: dict[str, Array]) -> None:
        """Go back to a state."""
        self.mean, self.squares = (np.array(part) for part in state["features"])
        self.count = float(state["features_seen"][0])


@entry
def scale_rewards(rewards: Array, over: Array, returns: Array, running: Array, gamma: float) -> None:
    """Divide a step's rewards by the running deviation of discounted returns.

    Args:
        rewards: Shape (n,), float32; scaled in place.
        over: Shape (n,), bool: the episode ended in this step.
        returns: Shape (n,), float64, discounted returns so far; updated.
        running: Shape (1,), dtype :data:`RETURNS`; updated.
        gamma: Discount.
    """
    stats = running[0]
    for i in range(len(rewards)):
        returns[i] = returns[i] * gamma + rewards[i]
        stats.count += 1.0
        apart = returns[i] - stats.mean
        stats.mean += apart / stats.count
        stats.squares += apart * (returns[i] - stats.mean)
        if over[i]:
            returns[i] = 0.0
    if stats.count > 1.0:
        stats.scale = 1.0 / (math.sqrt(stats.squares / stats.count) + 1e-8)
    for i in range(len(rewards)):
        rewards[i] = np.float32(min(max(rewards[i] * stats.scale, -10.0), 10.0))
