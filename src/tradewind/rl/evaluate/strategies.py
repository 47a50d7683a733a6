"""Whoever trades in a backtest: a baseline's plan or a policy's network, one decision of a whole batch at a time."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.execution.baselines.catalogue import BASELINES, Setting, new_plan, plan_of
from tradewind.execution.baselines.records import Kind
from tradewind.execution.features import spec_hash
from tradewind.execution.policies.actor import Actor
from tradewind.execution.policies.policy import Policy
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.train.world import action_spec_of

__all__ = ["BaselineStrategy", "PolicyStrategy", "Strategy", "Waiting"]

WAIT = new_plan(Kind.WAIT)


class Strategy(Protocol):
    """What an arena asks of a strategy."""

    name: str
    title: str

    def begin(self, batch: ExecutionBatch) -> None:
        """Before the first decision."""

    def decide(self, batch: ExecutionBatch) -> Array | None:
        """Take one decision in every environment; returns the actions of a policy, None of a baseline."""


class BaselineStrategy:
    """A baseline by its plan.

    Args:
        name: Its name in ``BASELINES``.
        setting: What it was fitted to.
        plan: Another plan than the catalogue's.
    """

    def __init__(self, name: str, setting: Setting, plan: Array | None = None) -> None:
        self.name, self.title = name, BASELINES[name].title
        self.plan = plan_of(name, setting) if plan is None else plan

    def begin(self, batch: ExecutionBatch) -> None:
        """Nothing to prepare."""

    def decide(self, batch: ExecutionBatch) -> None:
        """The compiled step decides; it keeps the plan's memory in the batch."""
        batch.step_intents(self.plan)


class Waiting:
    """Nobody: waits, so that the market is what it would have been."""

    name, title = "nobody", "Nobody"

    def begin(self, batch: ExecutionBatch) -> None:
        """Nothing to prepare."""

    def decide(self, batch: ExecutionBatch) -> None:
        """Wait."""
        batch.step_intents(WAIT)


class PolicyStrategy:
    """A trained policy, taking its best action.

    Args:
        policy: The policy.
        name: For rows and files.

    Trading in an environment of another observation or other actions raises ``InvalidValueError``.
    """

    def __init__(self, policy: Policy, name: str) -> None:
        self.name = self.title = name
        self.policy = policy
        self.discrete = policy.header.head != "gaussian"
        self.actor = Actor(policy)
        self._actions: Array = np.zeros(0)

    def begin(self, batch: ExecutionBatch) -> None:
        """Room for actions; refuses an environment that the policy was not trained for."""
        self.policy.require(spec_hash(), action_spec_of(batch.task, continuous=not self.discrete))
        width = len(self.policy.header.actions)
        self._actions = np.zeros(batch.count, np.int32) if self.discrete else np.zeros((batch.count, width), np.float32)

    def decide(self, batch: ExecutionBatch) -> Array:
        """The actor's actions, taken."""
        self.actor.act(batch.observations, batch.masks, self._actions, batch.threads)
        batch.step(self._actions)
        return self._actions
