"""What happened in a few episodes, decision by decision: for pictures and reports."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.rl.env.batch import ExecutionBatch

__all__ = ["PATH", "PathRecorder"]

PATH = np.dtype(
    [
        ("at_s", "f8"),
        ("mid_half_ticks", "i8"),
        ("left_lots", "i8"),
        ("work_ticks", "i8"),
        ("work_lots", "i8"),
        ("maker_lots", "i8"),
        ("taker_lots", "i8"),
        ("reward", "f8"),
    ]
)
"""An order after a decision: seconds since its start, best bid + best ask, lots left, the working order (0: none), lots
filled so far resting and crossing, rewards so far."""


class PathRecorder:
    """Keeps the paths of the first episodes of a batch: call :meth:`note` after every step.

    Args:
        batch: Whose episodes.
        episodes: How many: those with numbers below.

    Attributes:
        paths: By number of the episode, its rows so far.
    """

    def __init__(self, batch: ExecutionBatch, episodes: int) -> None:
        self.batch, self.episodes = batch, episodes
        self.paths: dict[int, list[Array]] = {}
        self.note()

    def note(self) -> None:
        """Write down where every followed order stands, and where those stood that have just ended."""
        batch = self.batch
        for i in range(min(batch.count, self.episodes)):
            if batch.terminated[i]:
                self._write(batch.ended[i])
            self._write(batch.episodes[i])

    def _write(self, episode: Array) -> None:
        number = int(episode["episode"])
        if number >= self.episodes:
            return
        row = np.zeros(1, PATH)
        row["at_s"] = episode["now_s"] - episode["start_s"]
        row["mid_half_ticks"] = episode["end_half"] or episode["memory"]["half"]
        for name in ("left_lots", "work_ticks", "work_lots", "maker_lots", "taker_lots", "reward"):
            row[name] = episode[name]
        self.paths.setdefault(number, []).append(row)

    def path(self, number: int) -> Array:
        """Rows of an episode, shape (n,), dtype :data:`PATH`."""
        return np.concatenate(self.paths[number])
