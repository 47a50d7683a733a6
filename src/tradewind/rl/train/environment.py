"""What a trainer needs of a batch of environments: plain arrays, overwritten by every step."""

from __future__ import annotations

from typing import Protocol

from tradewind.core.dtypes import Array

__all__ = ["BatchEnvironment"]


class BatchEnvironment(Protocol):
    """N environments in step; :class:`tradewind.rl.env.batch.ExecutionBatch` is one.

    An environment that ends begins anew within the same step: ``observations`` then shows the new episode and
    ``final_observations`` what the ended one saw last.

    Attributes:
        count: Number of environments, n.
        features: Names of the features, in order.
        actions: Names of the actions, in order.
        continuous: Whether actions are numbers in -1 to 1, shape (n, actions), and not one of a list, shape (n,).
        observation_hash: Hash of the observation spec.
        action_spec: What the actions mean, with their sizes, in words.
        observations: Shape (n, features), float32.
        masks: Shape (n, actions), bool: what is allowed now.
        rewards: Shape (n,), float32.
        terminated: Shape (n,), bool: the episode ended.
        truncated: Shape (n,), bool: the episode was cut off and its future still has a value.
        final_observations: Shape (n, features), float32; rows that ended hold what was seen last.
    """

    count: int
    features: tuple[str, ...]
    actions: tuple[str, ...]
    continuous: bool
    observation_hash: str
    action_spec: str
    observations: Array
    masks: Array
    rewards: Array
    terminated: Array
    truncated: Array
    final_observations: Array

    def reset(self, seed: int) -> None:
        """Begin anew, all environments, from a seed."""
        ...

    def step(self, actions: Array) -> None:
        """Apply one action to each environment and let time pass."""
        ...

    def state(self) -> dict[str, Array]:
        """Everything that decides what comes next, as arrays; copies."""
        ...

    def restore(self, state: dict[str, Array]) -> None:
        """Go back to a state; what follows is the same, bit for bit."""
        ...
