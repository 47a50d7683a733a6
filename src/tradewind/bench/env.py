"""``tradewind bench env``: execution environments beside the same markets with nobody trading in them."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from tradewind.bench.result import Report, Row, machine, noted, row, time_calls
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError
from tradewind.core.random import stream
from tradewind.execution.actions import ACTION_COUNT
from tradewind.market.replay.drive import replay_threads
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.task import Task, parse_task

__all__ = ["bench_env"]

PRESET = "aig"
BATCH = 256
SEED = 7
EVENTS_PER_STEP = 26.0
STEPS = 200_000
KINDS = 16
FLOOR = "the same markets, nobody trading"
MIX = (0.40, 0.12, 0.08, 0.02, 0.12, 0.06, 0.08, 0.06, 0.04, 0.02)


def bench_env(scale: float = 1.0, progress: Callable[[str], None] = lambda _: None) -> Report:
    """Measure environments.

    Args:
        scale: Fraction of the full number of steps; figures below 1 are for a quick look.
        progress: Told what is measured next.

    Returns:
        The report.
    """
    steps = max(int(STEPS * scale), 4 * BATCH)
    progress("events a second")
    every_s = EVENTS_PER_STEP / Alone(bench_task(1.0), 1).events_per_s()
    task = bench_task(every_s)
    rows: list[Row] = []
    for threads in (1, 2):
        if threads <= numba.config.NUMBA_NUM_THREADS:
            progress(f"{BATCH} environments, {threads} thread")
            rows += _batched(task, threads, steps * threads, every_s)
    progress("Gymnasium")
    rows += _faces(task, max(steps // 20, 500))
    batch = ExecutionBatch(task, 1, SEED)
    rows.append(noted(row("env_bytes", float(batch.memory_bytes), "bytes"), "a market and its order"))
    return Report("env", machine(), 1, rows)


class Alone:
    """The markets of a batch with nobody trading in them, moved by what moves the batch's.

    Args:
        task: The batch's.
        threads: How many threads share the work.
    """

    def __init__(self, task: Task, threads: int) -> None:
        self._batch = ExecutionBatch(task, BATCH, SEED, threads=threads)
        stages, self.threads = self._batch._stages, threads
        self._drive = int(stages["drive"][0])
        self._worlds = np.stack([stages["first"], stages["second"], stages["rows"]], axis=1)
        self._until = self._batch._markets["now_s"].copy()

    def advance(self, seconds: float) -> None:
        """Let time pass in all of them."""
        self._until += seconds
        before = numba.get_num_threads()
        numba.set_num_threads(self.threads)
        replay_threads(self._drive, self._batch._markets, self._worlds, self._until, self.threads)
        numba.set_num_threads(before)

    def events_per_s(self) -> float:
        """Background events a second of market time, over half a minute."""
        before = float(self._batch._markets["events"].sum())
        self.advance(30.0)
        return (float(self._batch._markets["events"].sum()) - before) / BATCH / 30.0


def bench_task(every_s: float) -> Task:
    """Orders of two minutes with a decision every so often, without latency."""
    order = {"horizon_s": [120 * every_s, 120 * every_s], "share": [0.05, 0.2]}
    market = {"presets": [PRESET], "lead_s": 0.0}
    return parse_task({"order": order, "decisions": {"every_s": every_s}, "market": market})


def _actions(count: int) -> Array:
    """Some waiting, some resting, some crossing: rows of actions to take in turn."""
    return stream(SEED, "bench/env").choice(ACTION_COUNT, (KINDS, count), p=MIX).astype(np.int32)


def _steps_per_s(batch: ExecutionBatch, actions: Array, steps: int) -> float:
    turns = max(steps // batch.count // 5, 1)

    def run() -> None:
        for k in range(turns):
            batch.step(actions[k % len(actions)])

    return turns * batch.count / time_calls(run, 5)


def _batched(task: Task, threads: int, steps: int, every_s: float) -> list[Row]:
    """Steps a second, what the market alone takes of them, and what trading adds."""
    alone = Alone(task, threads)
    turns = max(steps // BATCH // 5, 1)

    def run() -> None:
        for _ in range(turns):
            alone.advance(every_s)

    floor = turns * BATCH / time_calls(run, 5)
    events = alone.events_per_s() * every_s
    batch = ExecutionBatch(task, BATCH, SEED, threads=threads)
    actions = _actions(BATCH)
    _steps_per_s(batch, actions, steps)
    trading = _steps_per_s(batch, actions, steps)
    waiting = _steps_per_s(batch, np.zeros_like(actions), steps)
    rates = noted(
        row(
            f"env_steps_{threads}t",
            trading,
            "steps/s",
            (FLOOR, floor),
            f"value >= {300e3 if threads == 1 else 500e3:g}",
        ),
        f"{BATCH} environments of {PRESET}, {events:.0f} events a step, {100 * trading / floor:.0f} % of the floor",
    )
    if threads > 1:
        return [rates]
    whole = 1e6 / trading
    parts = {"market": 1e6 / floor, "sight": 1e6 / waiting - 1e6 / floor, "orders": 1e6 / trading - 1e6 / waiting}
    words = {
        "market": "events of others",
        "sight": "observation, mask, reward, resets",
        "orders": "messages, fills, their consequences",
    }
    return [rates] + [
        noted(row(f"env_us_{name}", us, "us"), f"{words[name]}: {100 * us / whole:.0f} % of a step")
        for name, us in parts.items()
    ]


def _faces(task: Task, steps: int) -> list[Row]:
    """One environment and many through Gymnasium; no rows where it is not installed."""
    try:
        from tradewind.rl.env.gym import ExecutionEnv, ExecutionVectorEnv
    except MissingExtraError:
        return []
    env, many, actions = ExecutionEnv(task, SEED), ExecutionVectorEnv(task, BATCH, SEED), _actions(BATCH)
    env.reset(seed=SEED)
    many.reset(seed=SEED)

    def one() -> None:
        for k in range(steps // 5):
            if env.step(int(actions[k % KINDS, 0]))[2]:
                env.reset()

    def all_of_them() -> None:
        for k in range(max(steps // BATCH, 2)):
            many.step(actions[k % KINDS])

    single = steps // 5 / time_calls(one, 3)
    vector = max(steps // BATCH, 2) * BATCH / time_calls(all_of_them, 3)
    return [
        noted(row("env_gym_steps", single, "steps/s"), "one environment through gymnasium.Env"),
        noted(row("env_vector_steps", vector, "steps/s"), f"{BATCH} through gymnasium.vector.VectorEnv"),
    ]
