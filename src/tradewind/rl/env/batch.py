"""Many parent orders at once, each in a market of its own: one compiled call is one decision of all of them."""

from __future__ import annotations

from collections import deque

import numba
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, InvalidValueError
from tradewind.core.pointers import addresses
from tradewind.core.types import Instrument
from tradewind.execution.actions import ACTION_COUNT
from tradewind.execution.baselines.records import MEMORY, PLAN
from tradewind.execution.episode import EPISODE, MONEY, SCALES, TERMS
from tradewind.execution.features import OBSERVATION_SIZE
from tradewind.execution.fills import ORDER_FILL
from tradewind.market.flow.drive import reactive_drive
from tradewind.market.flow.layout import BUFFER, STREAMS, new_markets
from tradewind.market.flow.run import open_market
from tradewind.market.flow.tables import TABLES, compile_preset
from tradewind.market.flow.ziggurat import seed_streams
from tradewind.market.preset import Preset, load_preset
from tradewind.market.reactive import EPOCH_NS, market_size
from tradewind.market.scenario import named_scenario, phases_record
from tradewind.rl.env.settings import DESK, FAULTS, SURVEY, WORLD
from tradewind.rl.env.task import Task, settings_record
from tradewind.rl.env.work import BASELINE, CONTINUOUS, DISCRETE, PREPARE, RESET, work

__all__ = ["ExecutionBatch"]

MEASURED = "env/scales"
KEPT = 1 << 16


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
        plan_memories: Shape (count,), dtype ``MEMORY``: what baselines remember of their orders.
        scales: Shape (presets,), dtype ``SCALES``: what is usual in each preset.

    Raises:
        InvalidValueError: For numbers out of their range.
        NotFoundError: For a preset or scenario that is not there.
        DataError: When an environment broke: an empty market, a feature that is not a number, lost fills.
    """

    def __init__(self, task: Task, count: int, seed: int, *, threads: int = 1, fill_rows: int = 0) -> None:
        if count < 1:
            raise InvalidValueError("count", "1 or more", count)
        if not 1 <= threads <= numba.config.NUMBA_NUM_THREADS:
            raise InvalidValueError("threads", f"1 to {numba.config.NUMBA_NUM_THREADS}", threads)
        self.task, self.count, self.threads, self.seed = task, count, threads, seed
        self.presets = [load_preset(name) for name in task.market.presets]
        self._settings = settings_record(task, self.presets, seed, count)
        self._tables = np.concatenate([_tables(p, task.market.profile) for p in self.presets])
        scenarios = [None if name == "plain" else named_scenario(name) for name in task.market.scenarios]
        self._phases = np.concatenate([phases_record(s) for s in scenarios])
        sizes = np.array([market_size(p) for p in self.presets]).max(axis=0)
        self._size = int(sizes[0]), int(sizes[1])
        self._markets = new_markets(count, *self._size)
        self._desks = np.zeros(threads, DESK)
        self._buffer = np.zeros(1, BUFFER)
        self.episodes = np.zeros(count, EPISODE)
        self._io = _outputs(count, fill_rows)
        self.observations, self.masks, self.rewards, self.terms, self.terminated = self._io[:5]
        self.final_observations, self._ended, self._faults, self._choices, self._levels = self._io[5:10]
        self._plans, self.plan_memories, self.fills, self.money = self._io[10:]
        self.truncated = np.zeros(count, np.bool_)
        self.scales = self._measure()
        self.reset(seed)

    def _worlds(self, tables: Array, phases: Array) -> Array:
        """What moves each preset in each scenario, shape (presets * scenarios,), dtype ``WORLD``."""
        worlds = np.zeros(len(tables) * len(phases), WORLD)
        worlds["drive"] = reactive_drive(*self._size)
        worlds["first"] = np.repeat(addresses(tables), len(phases))
        worlds["second"] = np.tile(addresses(phases), len(tables))
        worlds["rows"] = addresses(self._buffer)
        return worlds

    def _prepare(self, name: str, settings: Array) -> Array:
        """Snapshots of every preset from streams of a name; returns what was seen on the way."""
        count, each = len(self.presets), int(settings["snapshots"][0])
        self._snapshots = new_markets(count * each, *self._size)
        self._starts = np.zeros(count * each, EPISODE)
        markets, found = new_markets(count, *self._size), np.zeros(count, SURVEY)
        markets["base_ns"] = EPOCH_NS
        tables, plain = self._tables.copy(), phases_record(None)
        tables["profile_parts"], tables["profile"] = 1, 1.0
        for k in range(count):
            markets["streams"][k] = seed_streams(int(settings["seed"][0]), f"{name}/{k}", STREAMS)
            open_market(markets[k : k + 1], tables[k : k + 1], plain, self._buffer)
        worlds = self._worlds(tables, plain)
        model = (worlds, plain, self.scales, settings, self._snapshots, self._starts, self._desks)
        work(PREPARE, markets, np.zeros(count, EPISODE), model, self._io, found)
        return found

    def _measure(self) -> Array:
        """What is usual in each preset: from a simulation of its own that no seed changes."""
        self.scales = np.zeros(len(self.presets), SCALES)
        settings = self._settings.copy()
        settings["seed"], settings["snapshots"], settings["gap_s"] = 0, 1, 3600.0
        found = self._prepare(MEASURED, settings)
        for k, preset in enumerate(self.presets):
            seen, scale = found[k], self.scales[k]
            if seen["samples"] == 0 or seen["volume"] <= 0 or seen["square"] <= 0:
                raise DataError(f"preset {preset.name}", "a market that trades and moves", "one that does not")
            scale["unit_ticks"] = seen["spread"] / seen["samples"]
            scale["touch_lots"] = seen["touch"] / seen["samples"]
            scale["volume_per_s"] = seen["volume"] / seen["seconds"]
            scale["sigma_ticks"] = np.sqrt(seen["square"] / seen["seconds"])
            scale["session_s"] = preset.clock.session_s
            profile = np.array(preset.clock.profile)
            scale["profile_parts"] = len(profile) if self.task.market.profile else 1
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
        self._prepare("env/snapshots", self._settings)
        worlds = self._worlds(self._tables, self._phases)
        self._world = (worlds, self._phases, self.scales, self._settings, self._snapshots, self._starts, self._desks)
        self.episodes["episode"] = np.arange(self.count) - self.count
        self._finished: deque[Array] = deque(maxlen=KEPT)
        self._run(RESET)
        return self.observations

    def skip(self) -> Array:
        """Leave the episodes as they are and begin the next ones; returns ``observations``."""
        self._run(RESET)
        return self.observations

    def _run(self, mode: int) -> None:
        before = numba.get_num_threads()
        numba.set_num_threads(self.threads)
        try:
            work(mode, self._markets, self.episodes, self._world, self._io, np.zeros(1, SURVEY))
        finally:
            numba.set_num_threads(before)
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
        done = np.flatnonzero(self.terminated)
        if len(done):
            for i in done:
                self._finished.append(self._ended[i].copy())
        return self.observations, self.rewards, self.terminated

    def finished(self) -> Array:
        """Episodes that ended since the last call, shape (n,), dtype ``EPISODE``, in the order in which they ended."""
        rows = np.array(list(self._finished), dtype=EPISODE)
        self._finished.clear()
        return rows

    def state(self) -> dict[str, Array]:
        """Everything that decides what comes next, as copies: markets, orders (bytes), what is seen, allowed, seed."""
        own: dict[str, Array] = {"markets": self._markets.view(np.uint8), "episodes": self.episodes.view(np.uint8)}
        own |= {"observations": self.observations, "masks": self.masks, "seed": self._settings["seed"]}
        return {name: array.copy() for name, array in own.items()}

    def restore(self, state: dict[str, Array]) -> None:
        """Go back to a state of a batch of the same task and size; what follows is the same, bit for bit."""
        self.reset(int(state["seed"][0]))
        self._markets.view(np.uint8)[...] = state["markets"]
        self.episodes.view(np.uint8)[...] = state["episodes"]
        self.observations[...], self.masks[...] = state["observations"], state["masks"]

    def instrument(self, preset: int = 0) -> Instrument:
        """What is traded in a preset of the task."""
        return self.presets[preset].trading_instrument()

    @property
    def memory_bytes(self) -> int:
        """Size of one environment: its market and its episode."""
        return int(self._markets.itemsize + self.episodes.itemsize)


def _tables(preset: Preset, profile: bool) -> Array:
    table = compile_preset(preset)
    if not profile:
        table["profile_parts"], table["profile"] = 1, 1.0
    return table.astype(TABLES)


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
