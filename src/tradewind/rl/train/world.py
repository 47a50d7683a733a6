"""The batch of trading environments as trainers see it, and the validation market that judges policies."""

from __future__ import annotations

import math

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.fees import UNITS_PER_TICK_LOT
from tradewind.execution.actions import ACTIONS, action_spec
from tradewind.execution.baselines.catalogue import new_plan
from tradewind.execution.baselines.records import Kind
from tradewind.execution.episode import MONEY
from tradewind.execution.features import FEATURES, spec_hash
from tradewind.execution.policies.actor import Actor
from tradewind.execution.policies.policy import Policy
from tradewind.rl.env.ground import Ground
from tradewind.rl.env.task import Task, settings_record
from tradewind.rl.train.loop import Score

__all__ = ["CONTINUOUS_SPEC", "Judge", "TradingWorld", "action_spec_of", "shortfall_bps"]

CONTINUOUS_SPEC = "rate: 4 ** x slices; aggressiveness: behind, best, inside, cross"
"""What the two continuous actions mean (``execution.actions``)."""


def action_spec_of(task: Task, *, continuous: bool = False) -> str:
    """What a task's actions mean, in words; goes into policy files."""
    if continuous:
        return CONTINUOUS_SPEC
    return action_spec(settings_record(task, [], 0, 1)["actions"])


class TradingWorld:
    """A batch of trading environments with the trainers' contract (:class:`~tradewind.rl.train.environment`).

    Args:
        ground: The orders and the markets.
        count: Number of environments.
        threads: How many threads share the work.
        continuous: Act by rate and aggressiveness, and not by one of a list.
    """

    def __init__(self, ground: Ground, count: int, threads: int = 1, *, continuous: bool = False) -> None:
        self.batch = ground.batch(count, 0, threads)
        self.count, self.continuous = count, continuous
        self.features = tuple(feature.name for feature in FEATURES)
        self.actions = ("rate", "aggressiveness") if continuous else ACTIONS
        self.observation_hash, self.action_spec = spec_hash(), action_spec_of(ground.task, continuous=continuous)
        batch = self.batch
        self.observations, self.masks, self.rewards = batch.observations, batch.masks, batch.rewards
        self.terminated: Array = batch.terminated
        self.truncated: Array = batch.truncated
        self.final_observations = batch.final_observations

    def reset(self, seed: int) -> None:
        """Begin anew from a seed."""
        self.batch.reset(seed)

    def step(self, actions: Array) -> None:
        """One decision of every order."""
        self.batch.step(actions)

    def state(self) -> dict[str, Array]:
        """See :meth:`ExecutionBatch.state`."""
        return self.batch.state()

    def restore(self, state: dict[str, Array]) -> None:
        """See :meth:`ExecutionBatch.restore`."""
        self.batch.restore(state)

    def shortfalls_bps(self) -> Array:
        """Shortfalls of the orders that ended since the last call, shape (n,) [bps]."""
        return shortfall_bps(self.batch.finished())


def shortfall_bps(episodes: Array) -> Array:
    """Implementation shortfall after fees of ended orders.

    Args:
        episodes: Shape (n,), dtype ``EPISODE``.

    Returns:
        Shape (n,) [bps of the order's value at the mid when it was given]; positive is a cost.
    """
    money = episodes["money"]
    cost = 0.5 * money[:, MONEY.index("shortfall")] + money[:, MONEY.index("fees")] / UNITS_PER_TICK_LOT
    return np.asarray(1e4 * cost / np.maximum(0.5 * episodes["decision_half"] * episodes["quantity_lots"], 1e-12))


class Judge:
    """Scores policies on the same validation episodes, in pairs with a TWAP that crosses at every decision.

    Args:
        ground: The orders and the markets.
        episodes: How many.
        seed: Of the validation markets; no training seed.
        threads: How many threads share the work; the score does not depend on it.

    Raises:
        InvalidValueError: For fewer than two episodes.
    """

    def __init__(self, ground: Ground, episodes: int, seed: int, threads: int = 1) -> None:
        if episodes < 2:
            raise InvalidValueError("episodes", "2 or more", episodes)
        self.episodes, self.threads = episodes, threads
        self._batch = ground.batch(min(episodes, 256), seed, threads)
        self._specs = tuple(action_spec_of(ground.task, continuous=continuous) for continuous in (False, True))
        self._twap = new_plan(Kind.SCHEDULE)
        self.twap_bps = self._costs(None)

    def _costs(self, policy: Policy | None) -> Array:
        """Shortfalls of a policy (None: TWAP) by episode, shape (episodes,) [bps]."""
        batch = self._batch
        batch.reset()
        batch.finished()
        costs = np.full(self.episodes, np.nan)
        actor = Actor(policy) if policy else None
        shape, kind = ((batch.count, 2), np.float32) if actor and actor.continuous else ((batch.count,), np.int32)
        actions = np.zeros(shape, kind)
        while np.isnan(costs).any():
            if actor:
                actor.act(batch.observations, batch.masks, actions, self.threads)
                batch.step(actions)
            else:
                batch.step_intents(self._twap)
            done = batch.finished()
            own = done["episode"] < self.episodes
            costs[done["episode"][own]] = shortfall_bps(done[own])
        return costs

    def __call__(self, policy: Policy) -> Score:
        """The policy's score.

        Raises:
            InvalidValueError: When the policy was trained for another observation or other actions.
        """
        policy.require(spec_hash(), self._specs[policy.header.head == "gaussian"])
        costs = self._costs(policy)
        saved = self.twap_bps - costs
        return Score(
            shortfall_bps=float(costs.mean()),
            twap_bps=float(self.twap_bps.mean()),
            better_bps=float(saved.mean()),
            error_bps=float(saved.std(ddof=1) / math.sqrt(self.episodes)),
            risk_bps=float(costs.std(ddof=1)),
            twap_risk_bps=float(self.twap_bps.std(ddof=1)),
            episodes=self.episodes,
        )
