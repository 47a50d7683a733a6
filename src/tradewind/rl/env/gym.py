"""The environments as Gymnasium knows them: ``ExecutionEnv`` (one) and ``ExecutionVectorEnv`` (many)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError
from tradewind.execution.actions import ACTION_COUNT
from tradewind.execution.features import FEATURES
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.task import Task

try:
    import gymnasium
    from gymnasium import spaces
    from gymnasium.vector import AutoresetMode, VectorEnv
except ImportError:
    raise MissingExtraError("gymnasium", "train", "Gymnasium environments") from None

__all__ = ["ExecutionEnv", "ExecutionVectorEnv", "action_space", "observation_space", "order_summary"]


def observation_space() -> spaces.Box:
    """A box with the ranges of the features."""
    low = np.array([f.low for f in FEATURES], np.float32)
    return spaces.Box(low, np.array([f.high for f in FEATURES], np.float32), dtype=np.float32)


def action_space(continuous: bool) -> spaces.Space[Any]:
    """Rate and aggressiveness from -1 to 1, or one of the discrete actions."""
    if continuous:
        return spaces.Box(-1.0, 1.0, (2,), dtype=np.float32)
    return spaces.Discrete(ACTION_COUNT)


def order_summary(episode: Array) -> dict[str, float]:
    """What became of an order, for ``info``: shortfall and fees in usual spreads per lot, shares of its quantity."""
    quantity = float(episode["quantity_lots"])
    return {
        "order_reward": float(episode["reward"]),
        "order_filled": 1.0 - float(episode["left_lots"]) / quantity,
        "order_passive": float(episode["maker_lots"]) / quantity,
        "order_forced": float(episode["forced_lots"]) / quantity,
        "order_steps": float(episode["steps"]),
    }


class ExecutionEnv(gymnasium.Env[Any, Any]):  # type: ignore[misc]
    """One parent order at a time.

    ``info["action_mask"]`` and :meth:`action_masks` say which discrete actions are possible now (others wait).
    Episodes end by termination: filled, or at the deadline.

    Args:
        task: The orders and the markets.
        seed: Where the episodes come from, unless ``reset`` is given another.
        continuous: Rate and aggressiveness instead of discrete actions.

    Raises:
        MissingExtraError: Without Gymnasium.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(self, task: Task | None = None, seed: int = 0, *, continuous: bool = False) -> None:
        self.batch = ExecutionBatch(task or Task(), 1, seed)
        self.observation_space = observation_space()
        self.action_space = action_space(continuous)
        self._continuous = continuous
        self._fresh = True

    def action_masks(self) -> Array:
        """Which discrete actions are possible now, shape (A,), bool."""
        return np.array(self.batch.masks[0])

    def _info(self) -> dict[str, Any]:
        return {"action_mask": self.action_masks()}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """Begin the next episode, or the first one of a seed."""
        super().reset(seed=seed, options=options)
        if seed is not None:
            self.batch.reset(seed)
        elif not self._fresh:
            self.batch.skip()
        self._fresh = True
        return self.batch.observations[0].copy(), self._info()

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """One decision."""
        kind = np.float32 if self._continuous else np.int32
        self.batch.step(np.asarray(action, kind)[None])
        reward, done = float(self.batch.rewards[0]), bool(self.batch.terminated[0])
        self._fresh = done
        if not done:
            return self.batch.observations[0].copy(), reward, False, False, self._info()
        nothing = np.zeros(ACTION_COUNT, np.bool_)
        nothing[0] = True
        info = {"action_mask": nothing, **order_summary(self.batch.finished()[-1])}
        return self.batch.final_observations[0].copy(), reward, True, False, info


class ExecutionVectorEnv(VectorEnv[Any, Any, Any]):  # type: ignore[misc]
    """Many parent orders at once, over one :class:`~tradewind.rl.env.batch.ExecutionBatch`.

    An episode that ends is followed by the next one in the same step (``AutoresetMode.SAME_STEP``): its last
    observation is ``infos["final_obs"]`` where ``infos["_final_obs"]``, what became of it ``infos["final_info"]``.

    Args:
        task: The orders and the markets.
        num_envs: How many.
        seed: Where the episodes come from, unless ``reset`` is given another.
        threads: How many threads share the work.
        continuous: Rate and aggressiveness instead of discrete actions.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(
        self, task: Task | None = None, num_envs: int = 1, seed: int = 0, *, threads: int = 1, continuous: bool = False
    ) -> None:
        self.batch = ExecutionBatch(task or Task(), num_envs, seed, threads=threads)
        self.num_envs = num_envs
        self.single_observation_space = observation_space()
        self.single_action_space = action_space(continuous)
        self.observation_space = gymnasium.vector.utils.batch_space(self.single_observation_space, num_envs)
        self.action_space = gymnasium.vector.utils.batch_space(self.single_action_space, num_envs)
        self._continuous = continuous
        self._fresh = True

    def action_masks(self) -> Array:
        """Which discrete actions are possible now, shape (num_envs, A), bool."""
        return self.batch.masks.copy()

    def _infos(self) -> dict[str, Any]:
        return {"action_mask": self.action_masks(), "_action_mask": np.ones(self.num_envs, np.bool_)}

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """Begin new episodes, or the first ones of a seed (one number for all)."""
        if isinstance(seed, list):
            seed = seed[0]
        super().reset(seed=seed, options=options)
        if seed is not None:
            self.batch.reset(seed)
        elif not self._fresh:
            self.batch.skip()
        self._fresh = True
        return self.batch.observations.copy(), self._infos()

    def step(self, actions: Any) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """One decision in every environment."""
        batch = self.batch
        batch.step(np.asarray(actions, np.float32 if self._continuous else np.int32))
        self._fresh = False
        infos, done = self._infos(), batch.terminated.copy()
        if done.any():
            infos["final_obs"], infos["_final_obs"] = batch.final_observations.copy(), done
            infos["final_info"], infos["_final_info"] = self._summaries(done), done
        return batch.observations.copy(), batch.rewards.astype(np.float64), done, batch.truncated.copy(), infos

    def _summaries(self, done: Array) -> dict[str, Any]:
        """Columns over the environments; where no episode ended they are 0."""
        columns: dict[str, Any] = {}
        for i, episode in zip(np.flatnonzero(done), self.batch.finished(), strict=True):
            for name, value in order_summary(episode).items():
                columns.setdefault(name, np.zeros(self.num_envs))[i] = value
                columns[f"_{name}"] = done
        return columns
