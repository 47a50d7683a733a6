"""Where orders are traded, as training and proof hand it on: a task, and recordings where there are some."""

from __future__ import annotations

import msgspec

from tradewind.core.dtypes import Array
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.stages import Recording
from tradewind.rl.env.task import Task

__all__ = ["Ground"]


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Where orders are traded: a task, and the recordings that stand in for its presets.

    Attributes:
        task: The orders and the markets.
        recordings: Recorded markets; none for simulated ones.
        scales: What is usual in them, from training ground; None measures it there, which looks ahead in recordings.
    """

    task: Task
    recordings: tuple[Recording, ...] = ()
    scales: Array | None = None

    def batch(
        self, count: int, seed: int, threads: int = 1, fill_rows: int = 0, task: Task | None = None
    ) -> ExecutionBatch:
        """Environments on this ground."""
        more: dict[str, object] = {"recordings": self.recordings} if self.recordings else {}
        if self.scales is not None:
            more["scales"] = self.scales
        chosen = task or self.task
        return ExecutionBatch(chosen, count, seed, threads=threads, fill_rows=fill_rows, **more)  # type: ignore[arg-type]
