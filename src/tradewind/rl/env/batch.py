"""Many parent orders at once, each in a market of its own: one compiled call is one decision of all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numba
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, InvalidValueError, UsageError
from tradewind.execution.actions import ACTION_COUNT
from tradewind.execution.baselines.records import MEMORY, PLAN
from tradewind.execution.episode import EPISODE, MONEY, SCALES, TERMS
from tradewind.execution.features import OBSERVATION_SIZE
from tradewind.execution.fills import ORDER_FILL
from tradewind.market.flow.layout import new_markets
from tradewind.market.preset import Preset
from tradewind.rl.env.settings import DESK, FAULTS, SURVEY
from tradewind.rl.env.stages import ReactiveStage, Recording, ReplayStage, Stage
from tradewind.rl.env.task import Task, settings_record
from tradewind.rl.env.work import BASELINE, CONTINUOUS, DISCRETE, PREPARE, RESET, work

__all__ = ["ExecutionBatch"]

KEPT = 1 << 16
NOTHING_FOUND = np.zeros(1, SURVEY)


class ExecutionBatch:
    """N execution environments on the reactive market, stepped by one compiled call on several threads.

    The arrays below are the batch's own: every call overwrites them. An episode that ends is followed by the next one
    in the same step: ``observations`` is then the first of the new episode, ``final_observations`` the last of the old.
    Deadlines end episodes for good (terminations); nothing is ever truncated. Environment ``i`` plays the episodes
    ``i``, ``i + count``, ``i + 2 count`` …; what episode ``k`` of a seed is, is the same for every batch of that task
    and seed, whoever trades and however many threads there are.

    Args:
        task: The orders and the markets.
        count: Number of environments.
        seed: The run's one seed.
        threads: How many threads share the work.
        fill_rows: Rows of each episode's log of fills; 0 keeps none.
        recordings: Recorded markets; the task's presets and scenarios are then not used. Every order begins at a random
            time from which its horizon fits into the recording.
        scales: What is usual, shape (presets,), dtype ``SCALES``: take it from the batch that was trained on. Measured
            when absent: of a preset in a simulation that no seed changes, of a recording on itself (which looks ahead).

    Attributes:
        observations: Shape (count, F), float32.
        masks: Shape (count, A), bool: actions that are possible now.
        rewards: Shape (count,), float32.
        terms: Shape (count, R), float32: the reward's terms, unweighted, as in ``episode.TERMS``.
        money: Shape (count, M), int64: the step's money, exact, as in ``episode.MONEY``.
        terminated: Shape (count,), bool.
        truncated: Shape (count,), bool: never.
        final_observations: Shape (count, F), float32: valid where ``terminated``.
        episodes: Shape (count,), dtype ``EPISODE``: the orders being worked.
        fills: Shape (count, fill_rows), dtype ``ORDER_FILL``: of the present episodes, ``episodes["fills"]`` many.
        ended: Shape (count,), dtype ``EPISODE``: the order that ended last in each environment.
        plan_memories: Shape (count,), dtype ``MEMORY``: what baselines remember of their orders.
        scales: Shape (presets,), dtype ``SCALES``: what is usual in each preset.
        stage: Where the episodes take place: names, instruments.

    Raises:
        InvalidValueError: For numbers out of their range.
        NotFoundError: For a preset or scenario that is not there.
        DataError: When an environment broke: an empty market, a feature that is not a number, lost fills.
    """

    def __init__(
        self,
        task: Task,
        count: int,
        seed: int,
        *,
        threads: int = 1,
        fill_rows: int = 0,
        recordings: Sequence[Recording] = (),
        scales: Array | None = None,
    ) -> None:
        if count < 1:
            raise InvalidValueError("count", "1 or more", count)
        if not 1 <= threads <= numba.config.NUMBA_NUM_THREADS:
            raise InvalidValueError("threads", f"1 to {numba.config.NUMBA_NUM_THREADS}", threads)
        self.task, self.count, self.threads, self.seed = task, count, threads, seed
        self.stage: Stage = ReplayStage(task, recordings) if recordings else ReactiveStage(task)
        self._settings = settings_record(task, self.stage.instruments, seed, count)
        self._settings["scenarios"] = len(self.stage.phases)
        self._markets = new_markets(count, *self.stage.size)
        self._desks = np.zeros(threads, DESK)
        self.episodes = np.zeros(count, EPISODE)
        self._fill_rows = fill_rows
        self._io = _outputs(count, fill_rows)
        self.observations, self.masks, self.rewards, self.terms, self.terminated = self._io[:5]
        self.final_observations, self.ended, self._faults, self._choices, self._levels = self._io[5:10]
        self._plans, self.plan_memories, self.fills, self.money = self._io[10:]
        self.truncated = np.zeros(count, np.bool_)
        self._stages = self.stage.stages(count)
        self._prepared = False
        self.scales = self._measured() if scales is None else scales.astype(SCALES)
        if len(self.scales) != len(self.stage.names):
            raise InvalidValueError("scales", f"{len(self.stage.names)}, one for each preset", len(self.scales))
        usual = float(self.scales["volume_per_s"].min()) * task.order.horizon_s[0]
        if task.order.quantity_lots > max(usual, 1.0):
            expected = f"at most {usual:,.0f}, what is expected to trade in the shortest horizon"
            raise InvalidValueError("quantity_lots", expected, task.order.quantity_lots)
        self.reset(seed)

    def _prepare(self, seed: int, name: str) -> Array:
        """Snapshots of every preset; returns what was seen on the way."""
        count, each = len(self.stage.names), int(self._settings["snapshots"][0])
        self._snapshots = new_markets(count * each, *self.stage.size)
        self._starts = np.zeros(count * each, EPISODE)
        markets, worlds = self.stage.opened(seed, name)
        found = np.zeros(count, SURVEY)
        self._work(PREPARE, markets, np.zeros(count, EPISODE), worlds, found)
        self._prepared = not self.stage.reseeds
        return found

    def _measured(self) -> Array:
        """What is usual in each preset: from markets of their own that no seed changes."""
        self.scales = np.zeros(len(self.stage.names), SCALES)
        found = self._prepare(0, "env/scales")
        for name, seen, scale in zip(self.stage.names, found, self.scales, strict=True):
            if seen["samples"] == 0 or seen["volume"] <= 0 or seen["square"] <= 0:
                raise DataError(name, "a market that trades and moves", "one that does not")
            scale["unit_ticks"] = seen["spread"] / seen["samples"]
            scale["touch_lots"] = seen["touch"] / seen["samples"]
            scale["volume_per_s"] = seen["volume"] / seen["seconds"]
            scale["sigma_ticks"] = np.sqrt(seen["square"] / seen["seconds"])
            scale["profile_parts"], scale["profile"][0] = 1, 1.0
        if isinstance(self.stage, ReactiveStage) and self.task.market.profile:
            for preset, scale in zip(self.stage.presets, self.scales, strict=True):
                profile = np.array(preset.clock.profile)
                scale["session_s"], scale["profile_parts"] = preset.clock.session_s, len(profile)
                scale["profile"][: len(profile)] = profile / profile.mean()
        return self.scales

    def reset(self, seed: int | None = None) -> Array:
        """Begin again with the first episodes of a seed.

        Args:
            seed: A new seed; None keeps the old one.

        Returns:
            ``observations``.
        """
        if seed is not None:
            self.seed = seed
        self._settings["seed"] = np.uint64(self.seed & (2**64 - 1))
        if not self._prepared:
            self._prepare(self.seed, "env/snapshots")
        self._worlds = self.stage.worlds()
        self.episodes["episode"] = np.arange(self.count) - self.count
        self._finished: deque[tuple[Array, Array]] = deque(maxlen=KEPT)
        self._run(RESET)
        return self.observations

    def skip(self) -> Array:
        """Leave the episodes as they are and begin the next ones; returns ``observations``."""
        self._run(RESET)
        return self.observations

    def _work(self, mode: int, markets: Array, episodes: Array, worlds: Array, found: Array) -> None:
        model = (worlds, self.stage.phases, self.scales, self._settings, self._snapshots, self._starts)
        before = numba.get_num_threads()
        numba.set_num_threads(self.threads)
        try:
            work(mode, markets, episodes, (*model, self._desks, self._stages), self._io, found)
        finally:
            numba.set_num_threads(before)

    def _run(self, mode: int) -> None:
        self._faults[:] = 0
        self._work(mode, self._markets, self.episodes, self._worlds, NOTHING_FOUND)
        if self._faults.any():
            i = int(np.flatnonzero(self._faults)[0])
            number = int(self.episodes["episode"][i])
            expected = "a market in which the order can be worked"
            raise DataError(f"environment {i}, episode {number}", expected, FAULTS[self._faults[i]])

    def step(self, actions: Array) -> tuple[Array, Array, Array]:
        """One decision in every environment.

        Args:
            actions: Shape (count,), integers: discrete actions, impossible ones wait; or shape (count, 2), floats from
                -1 to 1: rate and aggressiveness.

        Returns:
            ``observations``, ``rewards``, ``terminated``.

        Raises:
            InvalidValueError: For actions of another shape or kind.
            DataError: When an environment broke.
        """
        if actions.shape == (self.count,) and actions.dtype.kind in "iu":
            self._choices[:] = actions
            if self._choices.min() < 0 or self._choices.max() >= ACTION_COUNT:
                raise InvalidValueError("actions", f"0 to {ACTION_COUNT - 1}", (actions.min(), actions.max()))
            return self._step(DISCRETE)
        if actions.shape == (self.count, 2) and actions.dtype.kind == "f":
            if not np.isfinite(actions).all():
                raise InvalidValueError("actions", "finite numbers", "NaN or infinity")
            self._levels[:] = actions
            return self._step(CONTINUOUS)
        expected = f"integers of shape ({self.count},) or floats of shape ({self.count}, 2)"
        raise InvalidValueError("actions", expected, f"{actions.dtype} of shape {actions.shape}")

    def step_intents(self, plans: Array | None = None) -> tuple[Array, Array, Array]:
        """One decision in every environment, taken by a baseline inside the compiled step.

        Args:
            plans: Which baselines (``execution.baselines.plan_of``): shape (count,) or (1,), dtype ``PLAN``; None: the
                same as in the last call.

        Returns:
            ``observations``, ``rewards``, ``terminated``.
        """
        if plans is not None:
            self._plans[:] = plans
        return self._step(BASELINE)

    def _step(self, mode: int) -> tuple[Array, Array, Array]:
        self._run(mode)
        for i in np.flatnonzero(self.terminated):
            count = min(int(self.ended["fills"][i]), self._fill_rows)
            self._finished.append((self.ended[i].copy(), self.fills[i, :count].copy()))
        return self.observations, self.rewards, self.terminated

    def finished(self) -> Array:
        """Episodes that ended since the last call, shape (n,), dtype ``EPISODE``, in the order in which they ended.

        The last 65,536 are kept.
        """
        return self.finished_fills()[0]

    def finished_fills(self) -> tuple[Array, Array, Array]:
        """Episodes that ended since the last call, with their fills.

        Returns:
            The episodes, shape (n,), dtype ``EPISODE``; their fills one after the other, dtype ``ORDER_FILL`` (none
            without ``fill_rows``); and where each one's begin, shape (n + 1,).
        """
        episodes = np.array([episode for episode, _ in self._finished], dtype=EPISODE)
        parts = [fills for _, fills in self._finished]
        fills = np.concatenate([np.zeros(0, ORDER_FILL), *parts])
        first = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
        self._finished.clear()
        return episodes, fills, first

    def state(self) -> dict[str, Array]:
        """Everything that decides what comes next, for a checkpoint: arrays by name, none of objects."""
        return {name: array.copy() for name, array in self._kept().items()} | {"seed": self._settings["seed"].copy()}

    def _kept(self) -> dict[str, Array]:
        """What a state holds, as views: records as bytes."""
        records = {"markets": self._markets, "replays": self.stage.own, "episodes": self.episodes}
        records |= {"plan_memories": self.plan_memories}
        views = {name: records[name].view(np.uint8) for name in records}
        return views | {"observations": self.observations, "masks": self.masks}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from a :meth:`state` of a batch of the same task and size.

        Args:
            state: Arrays by name.

        Raises:
            InvalidValueError: For a state of another kind of batch.
        """
        self.reset(int(state["seed"][0]))
        for name, target in self._kept().items():
            if name not in state or state[name].shape != target.shape or state[name].dtype != target.dtype:
                raise InvalidValueError(f"state[{name!r}]", f"{target.dtype} of shape {target.shape}", "another")
            target[...] = state[name]
        worlds = self._worlds[self.episodes["preset"] * len(self.stage.phases) + self.episodes["scenario"]]
        first = self._stages["first"].copy()
        self._stages[:] = worlds
        if len(self.stage.own):
            self._stages["first"] = first

    @property
    def presets(self) -> list[Preset]:
        """The task's presets, where the markets are simulated.

        Raises:
            UsageError: Where they are recorded; ``stage.names`` and ``stage.instruments`` are there for both.
        """
        if not isinstance(self.stage, ReactiveStage):
            raise UsageError("these markets are recorded: they have no presets, but stage.names and stage.instruments")
        return self.stage.presets

    @property
    def memory_bytes(self) -> int:
        """Size of one environment: its market and its episode."""
        return int(self._markets.itemsize + self.episodes.itemsize)


def _outputs(count: int, fill_rows: int) -> tuple[Array, ...]:
    """Arrays between Python and the kernel."""
    return (
        np.zeros((count, OBSERVATION_SIZE), np.float32),
        np.zeros((count, ACTION_COUNT), np.bool_),
        np.zeros(count, np.float32),
        np.zeros((count, len(TERMS)), np.float32),
        np.zeros(count, np.bool_),
        np.zeros((count, OBSERVATION_SIZE), np.float32),
        np.zeros(count, EPISODE),
        np.zeros(count, np.int32),
        np.zeros(count, np.int32),
        np.zeros((count, 2), np.float32),
        np.zeros(count, PLAN),
        np.zeros(count, MEMORY),
        np.zeros((count, max(fill_rows, 1)), ORDER_FILL),
        np.zeros((count, len(MONEY)), np.int64),
    )
