"""The environments as Stable-Baselines3 knows them: one ``VecEnv`` over a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.gym import action_space, observation_space, order_summary
from tradewind.rl.env.task import Task

try:
    from stable_baselines3.common.vec_env import VecEnv
except ImportError:
    raise MissingExtraError("stable-baselines3", "train", "Stable-Baselines3 environments") from None

__all__ = ["ExecutionVecEnv"]


class ExecutionVecEnv(VecEnv):  # type: ignore[misc]
    """Many parent orders at once; ``infos[i]["terminal_observation"]`` is the last observation of an ended episode.

    Args:
        task: The orders and the markets.
        num_envs: How many.
        seed: Where the episodes come from.
        threads: How many threads share the work.
        continuous: Rate and aggressiveness instead of discrete actions.
    """

    render_mode = None

    def __init__(
        self, task: Task | None = None, num_envs: int = 1, seed: int = 0, *, threads: int = 1, continuous: bool = False
    ) -> None:
        self.batch = ExecutionBatch(task or Task(), num_envs, seed, threads=threads)
        self._continuous = continuous
        self._actions: Array = np.zeros(0)
        self._next_seed: int | None = None
        super().__init__(num_envs, observation_space(), action_space(continuous))

    def action_masks(self) -> Array:
        """Which discrete actions are possible now, shape (num_envs, A), bool."""
        return self.batch.masks.copy()

    def reset(self) -> Array:
        """Begin again with the first episodes of the seed."""
        observations = self.batch.reset(self._next_seed).copy()
        self._next_seed = None
        return observations

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """The next ``reset`` begins with the episodes of this seed."""
        self._next_seed = seed
        return [seed] * self.num_envs

    def step_async(self, actions: Any) -> None:
        """Take the actions; they are carried out by :meth:`step_wait`."""
        self._actions = np.asarray(actions, np.float32 if self._continuous else np.int32)

    def step_wait(self) -> tuple[Array, Array, Array, list[dict[str, Any]]]:
        """One decision in every environment."""
        batch = self.batch
        batch.step(self._actions)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i, episode in zip(np.flatnonzero(batch.terminated), batch.finished(), strict=True):
            last = batch.final_observations[i].copy()
            infos[i] = {"terminal_observation": last, "TimeLimit.truncated": False, **order_summary(episode)}
            infos[i]["episode"] = {"r": float(episode["reward"]), "l": int(episode["steps"]), "t": 0.0}
        return batch.observations.copy(), batch.rewards.copy(), batch.terminated.copy(), infos

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute, the same for every environment."""
        return [getattr(self, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:  # noqa: ARG002
        """Set an attribute of the whole."""
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Call a method; arrays with a row for each environment are handed out row by row."""
        result = getattr(self, method_name)(*method_args, **method_kwargs)
        rows = list(self._get_indices(indices))
        if isinstance(result, np.ndarray) and len(result) == self.num_envs:
            return [result[i] for i in rows]
        return [result] * len(rows)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:  # noqa: ARG002
        """Never."""
        return [False] * len(list(self._get_indices(indices)))
