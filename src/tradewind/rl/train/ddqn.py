"""Double deep Q-learning (van Hasselt, Guez and Silver, 2016) for small networks, as compiled kernels.

Masked discrete actions. Options: dueling heads (Wang et al., 2016), n-step returns, prioritised replay (Schaul et al.,
2016). Huber's loss, a target network copied now and then, exploration that falls to a floor.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numba import prange
from pydantic import Field

from tradewind.book.layout import Record, aligned_zeros
from tradewind.core.clock import SystemClock
from tradewind.core.config import Config
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import parallel_entry, rare
from tradewind.core.random import stream
from tradewind.execution.chance import chance_key
from tradewind.execution.policies.inference import POLICY, normalise
from tradewind.execution.policies.network import MOST_INPUTS, RELU, TANH, TILE, forward, new_network, start_weights
from tradewind.execution.policies.policy import Header, Policy, Provenance, new_policy
from tradewind.rl.train.environment import BatchEnvironment
from tradewind.rl.train.gradients import (
    adam_step,
    backward,
    gather,
    learners_state,
    new_learners,
    new_work,
    restore_learners,
    threads_set,
    tile_outputs,
)
from tradewind.rl.train.memory import (
    DRAWN,
    STEP,
    draw_prioritised,
    draw_uniform,
    raise_priorities,
    remember,
    set_priorities,
)
from tradewind.rl.train.scaling import RETURNS, FeatureScale, scale_rewards
from tradewind.rl.train.values import LOSS, SETTINGS, VALUE, act_to_explore, values_of

__all__ = ["DDQN", "DDQNConfig", "update_values"]

F, F8 = np.float32, np.float64


class DDQNConfig(Config):
    """Hyper-parameters of Double DQN: the table ``[ddqn]`` of a training file, and the record of a run.

    Attributes:
        hidden: Widths of the hidden layers, multiples of 16.
        activation: Of the hidden layers.
        iteration_steps: Steps of every environment in one iteration of the loop.
        capacity: Steps remembered, a power of two.
        batch: Steps a gradient step learns from, a multiple of 64.
        updates: Gradient steps after each step of all environments.
        warm_up: Environment steps before learning begins.
        learning_rate: Of Adam, at the start.
        schedule: ``linear``: the rate falls to zero over the run; ``constant``.
        gamma: Discount.
        n_step: Rewards added up before the network's own value is used.
        target_every: Gradient steps between copies to the target network.
        explore_first: Share of random actions at the start.
        explore_last: Share of random actions at the end.
        explore_until: Part of the run over which it falls.
        dueling: Value and advantages as separate outputs.
        prioritised: Draw steps by the size of their last error.
        priority_power: Exponent of priorities.
        weight_power: Exponent of the weights that undo the bias of priorities.
        most_gradient: Gradients are clipped to this norm.
        scale_rewards: Divide rewards by the running deviation of discounted returns.
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["tanh", "relu"] = "relu"
    iteration_steps: int = Field(default=128, ge=1)
    capacity: int = Field(default=1 << 18, ge=1 << 10)
    batch: int = Field(default=1024, ge=64, multiple_of=64)
    updates: int = Field(default=4, ge=1)
    warm_up: int = Field(default=20_000, ge=0)
    learning_rate: float = Field(default=1e-3, gt=0)
    schedule: Literal["linear", "constant"] = "linear"
    gamma: float = Field(default=1.0, gt=0, le=1)
    n_step: int = Field(default=8, ge=1, le=32)
    target_every: int = Field(default=250, ge=1)
    explore_first: float = Field(default=1.0, ge=0, le=1)
    explore_last: float = Field(default=0.02, ge=0, le=1)
    explore_until: float = Field(default=0.3, gt=0, le=1)
    dueling: bool = True
    prioritised: bool = False
    priority_power: float = Field(default=0.6, ge=0, le=1)
    weight_power: float = Field(default=0.4, ge=0, le=1)
    most_gradient: float = Field(default=10.0, gt=0)
    scale_rewards: bool = True


@rare
def find_goals(policy: Record, learners: Array, room: Record, drawn: Array, memory: Record) -> None:
    """Goals of 64 drawn steps: rewards, and the target network's value of the online network's best action."""
    steps, finals, settings = memory
    width, scratch = policy.network.layer[0].rows, room.scratch
    for i in range(TILE):
        row = drawn[i].next
        if row >= 0:
            normalise(policy, steps[row].seen[:], scratch.x[:], i * width)
        else:
            normalise(policy, finals[-1 - row], scratch.x[:], i * width)
    forward(learners[0].network, scratch, np.int64(TILE))
    out = tile_outputs(learners[0].network, scratch)
    for i in range(TILE):
        values_of(out[i], settings)
        drawn[i].best = np.int64(0)
        for j in range(settings.actions):
            able = drawn[i].next < 0 or steps[drawn[i].next].mask[j]
            held = drawn[i].next < 0 or steps[drawn[i].next].mask[drawn[i].best]
            if able and (out[i, j] > out[i, drawn[i].best] or not held):
                drawn[i].best = np.int64(j)
    forward(learners[1].network, scratch, np.int64(TILE))
    for i in range(TILE):
        values_of(out[i], settings)
        drawn[i].goal = drawn[i].reward + drawn[i].discount * out[i, drawn[i].best]


@rare
def learn_chunk(policy: Record, learners: Array, room: Record, drawn: Array, memory: Record) -> None:
    """Gradients of one chunk's tiles; ``memory``: steps, last observations of cut-off episodes, settings, batch."""
    steps, finals, settings, batch = memory
    network, scratch = learners[0].network, room.scratch
    gradient, width = room.gradient[0][: network.count], network.layer[0].rows
    gradient[:] = F(0.0)
    room.statistics[:] = 0.0
    for first in range(0, len(drawn), TILE):
        tile = drawn[first : first + TILE]
        find_goals(policy, learners, room, tile, (steps, finals, settings))
        for i in range(TILE):
            normalise(policy, steps[tile[i].row].seen[:], scratch.x[:], i * width)
        forward(network, scratch, np.int64(TILE))
        out = tile_outputs(network, scratch)
        for i in range(TILE):
            values_of(out[i], settings)
            action = steps[tile[i].row].action
            apart = out[i, action] - tile[i].goal
            room.statistics[VALUE] += out[i, action]
            tile[i].error = abs(apart)
            slope = min(max(apart, F(-1.0)), F(1.0)) * tile[i].weight / F(batch)
            room.statistics[LOSS] += tile[i].weight * (0.5 * apart * apart if abs(apart) < 1.0 else abs(apart) - 0.5)
            out[i, :] = F(0.0)
            if settings.dueling:
                for j in range(settings.actions):
                    out[i, j + 1] = -slope / F(settings.actions)
                out[i, 0], out[i, action + 1] = slope, out[i, action + 1] + slope
            else:
                out[i, action] = slope
        backward(learners[0], scratch, gradient)


@parallel_entry
def update_values(  # noqa: PLR0917
    policies: Array, learners: Array, work: Array, drawn: Array, memory: tuple[Array, ...], settings: Array
) -> None:
    """One gradient step on drawn steps.

    Args:
        policies: Shape (1,), dtype ``POLICY``: how features are normalised.
        learners: Shape (2,), dtype ``LEARNER``: the network, and its target.
        work: Shape (CHUNKS,), dtype ``WORK``.
        drawn: Shape (batch,), dtype ``DRAWN``; receives goals and errors.
        memory: Steps (capacity,) of dtype ``STEP``, and last observations (capacity, 64) float32 of cut-off episodes.
        settings: Shape (1,), dtype ``SETTINGS``; receives loss and mean value.
    """
    steps, finals = memory
    tiles = len(drawn) // TILE
    chunks = min(len(work), tiles)
    for c in prange(chunks):
        low, high = tiles * c // chunks * TILE, tiles * (c + 1) // chunks * TILE
        learn_chunk(policies[0], learners, work[c], drawn[low:high], (steps, finals, settings[0], len(drawn)))
    settings[0].loss = settings[0].value = 0.0
    for c in range(chunks):
        settings[0].loss += work[c].statistics[LOSS] / len(drawn)
        settings[0].value += work[c].statistics[VALUE] / len(drawn)
    norm = math.sqrt(gather(work, chunks, learners[0].network.count, 0))
    adam_step(learners[0], work[0].gradient[0][:], norm, settings[0])


class DDQN:
    """Values of actions, learned in a batch of environments.

    Args:
        environment: Where; it is reset with the seed.
        config: The hyper-parameters.
        seed: The run's one seed.
        total_steps: Environment steps of the whole run, for schedules.
        threads: How many threads share the work; the result does not depend on it.

    Attributes:
        steps: Environment steps so far.

    Raises:
        InvalidValueError: For continuous actions, or a memory that does not hold whole steps of all environments.
    """

    algorithm = "ddqn"

    def __init__(
        self, environment: BatchEnvironment, config: DDQNConfig, seed: int, total_steps: int, threads: int = 1
    ):
        self.environment, self.config, self.total_steps, self.threads = environment, config, total_steps, threads
        n, actions = environment.count, len(environment.actions)
        if environment.continuous:
            raise InvalidValueError("actions", "a list of actions (PPO learns continuous ones)", "continuous")
        if config.capacity & (config.capacity - 1) or config.capacity % n or config.capacity < 2 * config.n_step * n:
            expected = f"a power of two, a multiple of {n} environments and at least {2 * config.n_step * n}"
            raise InvalidValueError("capacity", expected, config.capacity)
        self.steps = self.updates = 0
        bend = TANH if config.activation == "tanh" else RELU
        network = new_network(len(environment.features), config.hidden, actions + config.dueling, bend)
        start_weights(network, stream(seed, "train/weights"), 1.0)
        self.learners = new_learners(network, network)
        self._work, self._drawn = new_work(), np.zeros(config.batch, DRAWN)
        self._memory, self._finals = aligned_zeros(config.capacity, STEP), np.zeros((config.capacity, MOST_INPUTS), F)
        self._tree, self._top = np.zeros(2 * config.capacity if config.prioritised else 2), 1.0
        self._ring = np.array([n, config.n_step, 0, 0])
        self._actions, self._rewards, self._over = np.zeros(n, np.int32), np.zeros(n, F), np.zeros(n, np.bool_)
        self._returns, self._scale = np.zeros(n), np.zeros(1, RETURNS)
        self._keys = np.array([chance_key(seed, "train/actions"), 0], np.uint64)
        self._draws = np.array([chance_key(seed, "train/replay"), 0], np.uint64)
        self._settings = np.zeros(1, SETTINGS)
        self._settings["most_gradient"], self._settings["epsilon"] = config.most_gradient, 1e-8
        self._settings["actions"], self._settings["dueling"] = actions, config.dueling
        self._features, self._policies = FeatureScale(), aligned_zeros(1, POLICY)
        self._policies["network"], self._policies["scale"], self._policies["actions"] = network, 1.0, actions
        self._clock = SystemClock()
        environment.reset(seed)

    def iterate(self) -> dict[str, float]:
        """``iteration_steps`` steps of every environment, and the gradient steps between them.

        Returns:
            What happened, by name: loss, mean value, exploration, seconds spent in simulator, policy and update.

        Raises:
            InvalidValueError: When a feature is not a number, or an environment allows nothing.
        """
        told = {"simulator_s": 0.0, "policy_s": 0.0, "update_s": 0.0}
        clock = self._clock
        with threads_set(self.threads):
            self._schedule()
            self._work["sums"] = 0.0
            for _ in range(self.config.iteration_steps):
                marks = [clock.monotonic_ns()]
                rows = self._act()
                marks.append(clock.monotonic_ns())
                self.environment.step(self._actions)
                marks.append(clock.monotonic_ns())
                self._note(rows)
                if self._ring[3] >= self.config.batch and self.steps >= self.config.warm_up:
                    for _ in range(self.config.updates):
                        self._update()
                marks.append(clock.monotonic_ns())
                for name, a, b in zip(("policy_s", "simulator_s", "update_s"), marks[:-1], marks[1:], strict=True):
                    told[name] += (b - a) / 1e9
            sums = self._work["sums"].sum(axis=0)
            self._features.add(float(self.environment.count * self.config.iteration_steps), sums[0], sums[1])
            self._features.freeze_into(self._policies)
        return told | {name: float(self._settings[name][0]) for name in ("loss", "value", "explore", "learning_rate")}

    def _schedule(self) -> None:
        """Exploration and learning rate at this point of the run."""
        config, done = self.config, self.steps / self.total_steps
        fall = min(1.0, done / config.explore_until)
        self._settings["explore"] = config.explore_first + (config.explore_last - config.explore_first) * fall
        left = max(0.0, 1.0 - done) if config.schedule == "linear" else 1.0
        self._settings["learning_rate"] = config.learning_rate * left

    def _act(self) -> slice:
        """Choose and remember; returns the ring's rows of this step."""
        world, n, capacity = self.environment, self.environment.count, self.config.capacity
        seen = (world.observations, world.masks, self._actions)
        if act_to_explore(self._policies, self.learners, self._work, seen, self._keys, self._settings):
            problem = "a feature that is not a number, or a mask that allows nothing"
            raise InvalidValueError("observations", "numbers, and one or more allowed actions", problem)
        self._keys[1] += np.uint64(n)
        first = self.steps % capacity
        rows = slice(first, first + n)
        remember(self._memory[rows], *seen)
        written = self.steps // n + 1
        alive = min(written, capacity // n)
        self._ring[2], self._ring[3] = (written - alive) * n % capacity, max(alive - self.config.n_step, 0) * n
        if self.config.prioritised:
            set_priorities(self._tree, first, n, 0.0)
            if written > self.config.n_step:
                set_priorities(self._tree, (first - self.config.n_step * n) % capacity, n, self._top)
        return rows

    def _note(self, rows: slice) -> None:
        """Remember what a step gave."""
        world = self.environment
        np.copyto(self._rewards, world.rewards)
        np.logical_or(world.terminated, world.truncated, out=self._over)
        if self.config.scale_rewards:
            scale_rewards(self._rewards, self._over, self._returns, self._scale, self.config.gamma)
        self._memory["reward"][rows], self._memory["over"][rows] = self._rewards, self._over
        cut = np.flatnonzero(world.truncated & ~world.terminated)
        if cut.size:
            self._memory["over"][rows.start + cut] = 2
            self._finals[rows.start + cut, : len(world.features)] = world.final_observations[cut]
        self.steps += world.count

    def _update(self) -> None:
        config, memory = self.config, (self._memory, self._finals)
        if config.prioritised:
            power = np.array([config.gamma, config.weight_power])
            draw_prioritised(self._memory, self._drawn, self._ring, self._draws, self._tree, power)
        else:
            draw_uniform(self._memory, self._drawn, self._ring, self._draws, config.gamma)
        self._draws[1] += np.uint64(config.batch)
        update_values(self._policies, self.learners, self._work, self._drawn, memory, self._settings)
        if config.prioritised:
            self._top = max(self._top, raise_priorities(self._tree, self._drawn, config.priority_power))
        self.updates += 1
        if self.updates % config.target_every == 0:
            self.learners["network"]["weights"][1] = self.learners["network"]["weights"][0]

    def policy(self, provenance: Provenance) -> Policy:
        """The policy as it is now, ready to be written to a file; dueling heads are folded into one."""
        world, config = self.environment, self.config
        header = Header(
            head="q_values",
            activation=config.activation,
            hidden=config.hidden,
            features=world.features,
            actions=world.actions,
            observation_hash=world.observation_hash,
            action_spec=world.action_spec,
            provenance=provenance,
        )
        policy = new_policy(header)
        source, target = self.learners["network"][0], policy.record["network"][0]
        target["weights"][...] = 0.0
        last, into = (network["layer"][len(config.hidden)] for network in (source, target))
        target["weights"][: int(into["weights_at"])] = source["weights"][: int(last["weights_at"])]
        rows, actions = int(last["rows"]), len(world.actions)
        for own, other, height in (("weights_at", "weights_at", rows), ("bias_at", "bias_at", 1)):
            wide, slim = int(last["columns"]), int(into["columns"])
            block = source["weights"][int(last[own]) : int(last[own]) + height * wide].reshape(height, wide)
            values = block[:, :actions]
            if config.dueling:
                parts = block[:, 1 : actions + 1]
                values = block[:, :1] + parts - parts.mean(axis=1, keepdims=True)
            place = target["weights"][int(into[other]) : int(into[other]) + height * slim].reshape(height, slim)
            place[:, :actions] = values
        for name in ("mean", "scale"):
            policy.record[name] = self._policies[name]
        return policy

    def state(self) -> dict[str, Array]:
        """Everything that decides what comes next, as arrays: weights, moments, memory, chance, environment."""
        own = learners_state(self.learners) | self._features.state()
        own |= {"returns": self._returns, "scale": self._scale.view(F8), "keys": self._keys, "draws": self._draws}
        own |= {"counts": np.array([self.steps, self.updates]), "top": np.array([self._top]), "tree": self._tree}
        used = min(self.steps, self.config.capacity)
        width = len(self.environment.features)
        own |= {"seen": self._memory["seen"][:used, :width], "finals": self._finals[:used, :width]}
        own |= {name: self._memory[name][:used] for name in ("mask", "action", "reward", "over")}
        return {k: v.copy() for k, v in own.items()} | {f"world/{k}": v for k, v in self.environment.state().items()}

    def restore(self, state: dict[str, Array]) -> None:
        """Go back to a state; what follows is the same, bit for bit, on any number of threads."""
        restore_learners(self.learners, state)
        self._features.restore(state)
        for name, own in (("returns", self._returns), ("scale", self._scale.view(F8)), ("tree", self._tree)):
            own[...] = state[name]
        self._keys[...], self._draws[...] = state["keys"], state["draws"]
        self.steps, self.updates = (int(count) for count in state["counts"])
        self._top = float(state["top"][0])
        used, width = state["seen"].shape
        self._memory["seen"][:used, :width], self._finals[:used, :width] = state["seen"], state["finals"]
        for name in ("mask", "action", "reward", "over"):
            self._memory[name][:used] = state[name]
        self._features.freeze_into(self._policies)
        self.environment.restore({k.removeprefix("world/"): v for k, v in state.items() if k.startswith("world/")})
