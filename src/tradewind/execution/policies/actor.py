"""Decisions of a policy, one at a time or for a whole batch."""

from __future__ import annotations

import numba
import numpy as np

from tradewind.book.layout import aligned_zeros
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.execution.chance import chance_key
from tradewind.execution.policies.inference import (
    NOT_A_NUMBER,
    act_continuous,
    act_discrete,
    decide_continuous,
    decide_discrete,
)
from tradewind.execution.policies.network import SCRATCH
from tradewind.execution.policies.policy import Policy

__all__ = ["Actor"]

CHUNKS = 8


class Actor:
    """A policy with the room it computes in. Not for two threads at once: make one each.

    Args:
        policy: The policy.
        seed: None for the best action; else actions of a discrete policy are drawn, the same for the same seed.

    Examples:
        >>> from tradewind.execution.policies.policy import Header, new_policy
        >>> header = Header(head="masked", activation="tanh", hidden=(16,), features=("a", "b"),
        ...                 actions=("wait", "cross"), observation_hash="")
        >>> actor = Actor(new_policy(header))
        >>> actor.decide(np.zeros(2, np.float32), np.array([False, True]))
        1
    """

    def __init__(self, policy: Policy, seed: int | None = None) -> None:
        self.policy = policy
        self.continuous = policy.header.head == "gaussian"
        self._scratches = aligned_zeros(CHUNKS, SCRATCH)
        self._key = np.zeros(0 if seed is None else 1, np.uint64)
        if seed is not None:
            self._key[0] = chance_key(seed, "policy/draws")
        self._chosen = np.zeros(len(policy.header.actions), np.float32)

    def decide(self, observation: Array, mask: Array) -> int:
        """The best allowed action for one observation.

        Args:
            observation: Shape (inputs,), float32.
            mask: Shape (actions,), bool.

        Raises:
            InvalidValueError: When a feature is not a number, or nothing is allowed.
        """
        action = decide_discrete(self.policy.record, self._scratches, observation, mask)
        if action < 0:
            raise self._problem(action, observation[None])
        return action

    def decide_continuous(self, observation: Array) -> Array:
        """The mean action for one observation, shape (actions,), in -1 to 1; the next call overwrites it.

        Raises:
            InvalidValueError: When a feature is not a number.
        """
        if (code := decide_continuous(self.policy.record, self._scratches, observation, self._chosen)) < 0:
            raise self._problem(code, observation[None])
        return self._chosen

    def act(self, observations: Array, masks: Array, actions: Array, threads: int = 1) -> None:
        """Decide for many rows.

        Args:
            observations: Shape (n, inputs), float32.
            masks: Shape (n, actions), bool; a continuous policy ignores them.
            actions: Shape (n,), int32, or (n, actions), float32 for a continuous policy; overwritten.
            threads: How many threads share the work; the actions do not depend on it.

        Raises:
            InvalidValueError: When a feature is not a number, or nothing is allowed.
        """
        before = numba.get_num_threads()
        numba.set_num_threads(threads)
        try:
            if self.continuous:
                act_continuous(self.policy.record, self._scratches, observations, actions)
                if not np.isfinite(actions).all():
                    raise self._problem(NOT_A_NUMBER, observations)
            else:
                act_discrete(self.policy.record, self._scratches, observations, masks, actions, self._key)
                if (worst := int(actions.min())) < 0:
                    raise self._problem(worst, observations)
                if len(self._key):
                    self._key += np.uint64(len(observations))
        finally:
            numba.set_num_threads(before)

    def _problem(self, code: int, observations: Array) -> InvalidValueError:
        """What a negative code means."""
        if code == NOT_A_NUMBER:
            row, feature = np.argwhere(~np.isfinite(observations))[0]
            name = self.policy.header.features[int(feature)]
            return InvalidValueError(f"feature {name!r} of row {row}", "a number", observations[row, feature])
        return InvalidValueError("action mask", "one or more allowed actions", "none")
