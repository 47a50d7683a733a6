"""Environments for execution: one compiled batch, with a Gymnasium and a Stable-Baselines3 face."""

from __future__ import annotations

from typing import Any

__all__ = ["ExecutionBatch", "ExecutionEnv", "ExecutionVecEnv", "ExecutionVectorEnv", "PathRecorder", "Task"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: Gymnasium and Stable-Baselines3 are extras."""
    if name == "ExecutionBatch":
        from tradewind.rl.env import batch

        return batch.ExecutionBatch
    if name == "Task":
        from tradewind.rl.env import task

        return task.Task
    if name == "PathRecorder":
        from tradewind.rl.env import paths

        return paths.PathRecorder
    if name == "ExecutionVecEnv":
        from tradewind.rl.env import sb3

        return sb3.ExecutionVecEnv
    if name in ("ExecutionEnv", "ExecutionVectorEnv"):
        from tradewind.rl.env import gym

        return getattr(gym, name)
    raise AttributeError(name)
