"""Whoever trades in a backtest: a baseline's plan or a policy's network, one decision of a whole batch at a time."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.execution.actions import ACTIONS
from tradewind.execution.baselines.catalogue import BASELINES, Setting, plan_of
from tradewind.execution.baselines.decide import FOLLOW_PLAN, PARAMS, WAIT
from tradewind.execution.features import spec_hash
from tradewind.execution.policies.actor import Actor
from tradewind.execution.policies.policy import Policy
from tradewind.rl.env.batch import ExecutionBatch

__all__ = ["BaselineStrategy", "PolicyStrategy", "Strategy", "Waiting"]


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
        self._params: Array | None = None

    def begin(self, batch: ExecutionBatch) -> None:
        """A plan in every environment, nothing remembered."""
        self._params = np.zeros(batch.count, PARAMS)
        self._params["plan"] = self.plan
        self._params["memory"]["episode"] = -1

    def decide(self, batch: ExecutionBatch) -> None:
        """The compiled step decides; it keeps its memory in the batch."""
        batch.step_intents(FOLLOW_PLAN, self._params)
        self._params = None


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

    Raises:
        InvalidValueError: When it was trained for another observation or other actions.
    """

    def __init__(self, policy: Policy, name: str) -> None:
        self.name = self.title = name
        self.policy = policy
        self.discrete = policy.header.head != "gaussian"
        policy.require(spec_hash(), ACTIONS if self.discrete else policy.header.actions)
        self.actor = Actor(policy)
        self._actions: Array = np.zeros(0)

    def begin(self, batch: ExecutionBatch) -> None:
        """Room for actions."""
        width = len(self.policy.header.actions)
        self._actions = np.zeros(batch.count, np.int32) if self.discrete else np.zeros((batch.count, width), np.float32)

    def decide(self, batch: ExecutionBatch) -> Array:
        """The actor's actions, taken."""
        self.actor.act(batch.observations, batch.masks, self._actions, batch.threads)
        batch.step(self._actions)
        return self._actions
