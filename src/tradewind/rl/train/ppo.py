"""Proximal policy optimisation (Schulman et al., 2017) for small networks, as compiled kernels.

Discrete actions with masks, or continuous ones with a Gaussian whose mean the network gives. Clipped ratios and values,
entropy, early stop on the divergence from the policy that acted, a learning rate that falls to zero, gradients clipped
by their common norm, features normalised by running statistics that end up in the policy file.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numba import prange
from pydantic import Field

from tradewind.book.layout import Int, Record, aligned_zeros
from tradewind.core.clock import SystemClock
from tradewind.core.config import Config
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import inner, parallel_entry, rare
from tradewind.core.random import stream
from tradewind.execution.chance import chance, chance_key
from tradewind.execution.policies.inference import GAUSSIAN, POLICY
from tradewind.execution.policies.network import RELU, TANH, TILE, forward, new_network, start_weights
from tradewind.execution.policies.policy import Header, Policy, Provenance
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
)
from tradewind.rl.train.losses import (
    CLIPPED,
    DIVERGENCE,
    ENTROPY,
    LOSS,
    SETTINGS,
    TOLD,
    VALUE_LOSS,
    slopes_discrete,
    slopes_gaussian,
    slopes_value,
)
from tradewind.rl.train.rollout import (
    SAMPLE,
    act_to_learn,
    advantages,
    load_samples,
    value_of,
    value_samples,
)
from tradewind.rl.train.scaling import RETURNS, FeatureScale, scale_rewards

__all__ = ["PPO", "PPOConfig", "update_policy"]

F, F8 = np.float32, np.float64


class PPOConfig(Config):
    """Hyper-parameters of PPO: the table ``[ppo]`` of a training file, and the record of a run.

    Attributes:
        hidden: Widths of the hidden layers of actor and critic, multiples of 16.
        activation: Of the hidden layers.
        rollout_steps: Steps of every environment between updates.
        minibatch: Samples a gradient step, a multiple of 64.
        epochs: Passes over a rollout.
        learning_rate: Of Adam, at the start.
        schedule: ``linear``: the rate falls to zero over the run; ``constant``.
        gamma: Discount.
        gae_lambda: Decay of generalised advantages.
        clip: Ratios are clipped to 1 - clip, 1 + clip.
        value_clip: The critic's change from the value it saw is clipped to this; 0 does not clip.
        entropy: Weight of the entropy bonus.
        value_weight: Weight of the critic's squared error.
        most_gradient: Gradients are clipped to this norm.
        most_divergence: An update stops when a minibatch diverges by more than 1.5 times this; 0 never stops.
        log_std: Logarithm of the standard deviation of continuous actions, at the start.
        prior: What the policy leans to before it has learned anything: logits by action, 0 where none is given. A rule
            that trades well is a better place to start than acting at random (decision 0015).
        scale_rewards: Divide rewards by the running deviation of discounted returns.
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["tanh", "relu"] = "tanh"
    rollout_steps: int = Field(default=32, ge=1)
    minibatch: int = Field(default=1024, ge=64, multiple_of=64)
    epochs: int = Field(default=6, ge=1)
    learning_rate: float = Field(default=2e-3, gt=0)
    schedule: Literal["linear", "constant"] = "linear"
    gamma: float = Field(default=1.0, gt=0, le=1)
    gae_lambda: float = Field(default=0.85, ge=0, le=1)
    clip: float = Field(default=0.2, gt=0)
    value_clip: float = Field(default=0.0, ge=0)
    entropy: float = Field(default=0.003, ge=0)
    value_weight: float = Field(default=0.5, ge=0)
    most_gradient: float = Field(default=0.5, gt=0)
    most_divergence: float = Field(default=0.03, ge=0)
    log_std: float = -1.5
    prior: dict[str, float] = Field(default_factory=dict)
    scale_rewards: bool = True


@rare
def learn_chunk(learners: Array, room: Record, samples: Array, order: Array, settings: Record) -> None:
    """Gradients of one chunk's tiles."""
    actor, critic = learners[0], learners[1]
    policy_gradient, value_gradient = room.gradient[0][: actor.network.count], room.gradient[1][: critic.network.count]
    policy_gradient[:] = F(0.0)
    value_gradient[:] = F(0.0)
    room.statistics[:] = 0.0
    width = actor.network.layer[0].rows
    for first in range(0, len(order), TILE):
        rows = order[first : first + TILE]
        load_samples(room.scratch, samples, order, first, width)
        forward(actor.network, room.scratch, np.int64(TILE))
        if settings.gaussian:
            slopes_gaussian(room, actor.network, samples, rows, settings)
        else:
            slopes_discrete(room, actor.network, samples, rows, settings)
        backward(actor, room.scratch, policy_gradient)
        forward(critic.network, room.scratch, np.int64(TILE))
        slopes_value(room, critic.network, samples, rows, settings)
        backward(critic, room.scratch, value_gradient)


@inner
def shuffle(order: Array, settings: Record) -> None:
    """Fisher and Yates' shuffle."""
    for i in range(len(order) - 1, 0, -1):
        j = np.int64(chance(settings.key, settings.draws) * (i + 1))
        settings.draws += 1
        order[i], order[j] = order[j], order[i]


@rare
def tell(work: Array, chunks: Int, settings: Record) -> float:
    """Add the chunks' statistics to what the update tells; returns the minibatch's divergence."""
    divergence = 0.0
    for c in range(chunks):
        found = work[c].statistics
        settings.loss += found[LOSS] / settings.minibatch
        settings.value_loss += found[VALUE_LOSS] / settings.minibatch
        settings.entropy_seen += found[ENTROPY] / settings.minibatch
        settings.clipped += found[CLIPPED] / settings.minibatch
        divergence += found[DIVERGENCE] / settings.minibatch
    settings.divergence += divergence
    settings.minibatches += 1.0
    return divergence


@parallel_entry
def update_policy(learners: Array, work: Array, samples: Array, order: Array, settings: Array) -> None:
    """Epochs of minibatches: forward, backward, clip, Adam.

    Args:
        learners: Shape (2,), dtype ``LEARNER``: actor and critic.
        work: Shape (CHUNKS,), dtype ``WORK``.
        samples: Shape (n,), dtype ``SAMPLE``; n is a multiple of the minibatch.
        order: Shape (n,), int64, a permutation; shuffled before every epoch.
        settings: Shape (1,), dtype ``SETTINGS``.
    """
    batch = settings[0].minibatch
    tiles = batch // TILE
    chunks = min(len(work), tiles)
    for _ in range(settings[0].epochs):
        shuffle(order, settings[0])
        for start in range(0, len(order) - batch + 1, batch):
            for c in prange(chunks):
                low, high = start + tiles * c // chunks * TILE, start + tiles * (c + 1) // chunks * TILE
                learn_chunk(learners, work[c], samples, order[low:high], settings[0])
            divergence = tell(work, chunks, settings[0])
            if 0.0 < 1.5 * settings[0].most_divergence < divergence:
                return
            squares = gather(work, chunks, learners[0].network.count, 0)
            squares += gather(work, chunks, learners[1].network.count, 1)
            adam_step(learners[0], work[0].gradient[0][:], math.sqrt(squares), settings[0])
            adam_step(learners[1], work[0].gradient[1][:], math.sqrt(squares), settings[0])


class PPO:
    """A policy that learns in a batch of environments.

    Args:
        environment: Where; it is reset with the seed.
        config: The hyper-parameters.
        seed: The run's one seed.
        total_steps: Environment steps of the whole run, for the learning rate's schedule.
        threads: How many threads share the work; the result does not depend on it.

    Attributes:
        steps: Environment steps so far.

    Raises:
        InvalidValueError: When a rollout does not cut into minibatches, or the environment does not fit the kernels.
    """

    algorithm = "ppo"

    def __init__(
        self, environment: BatchEnvironment, config: PPOConfig, seed: int, total_steps: int, threads: int = 1
    ) -> None:
        self.environment, self.config, self.total_steps, self.threads = environment, config, total_steps, threads
        n, width, actions = environment.count, len(environment.features), len(environment.actions)
        size = n * config.rollout_steps
        if size % config.minibatch:
            expected = f"a divisor of {size} = {n} environments x {config.rollout_steps} steps"
            raise InvalidValueError("minibatch", expected, config.minibatch)
        self.steps = self.updates = 0
        bend = TANH if config.activation == "tanh" else RELU
        random = stream(seed, "train/weights")
        actor = new_network(width, config.hidden, actions, bend, deviations=actions if environment.continuous else 0)
        start_weights(actor, random, 0.01)
        at = int(actor["log_std_at"][0])
        actor["weights"][0, at : int(actor["count"][0])] = config.log_std
        self._lean(actor)
        critic = new_network(width, config.hidden, 1, bend)
        start_weights(critic, random, 1.0)
        self.learners = new_learners(actor, critic)
        self._work, self._samples = new_work(), aligned_zeros(size, SAMPLE)
        self._order, self._last, self._running = np.arange(size), np.zeros(n, F), np.zeros(n)
        self._actions = np.zeros((n, actions), F) if environment.continuous else np.zeros(n, np.int32)
        self._rewards, self._over = np.zeros(n, F), np.zeros(n, np.bool_)
        self._returns, self._scale = np.zeros(n), np.zeros(1, RETURNS)
        self._keys = np.array([chance_key(seed, "train/actions"), 0], np.uint64)
        self._settings = self._new_settings(seed)
        self._features, self._policies = FeatureScale(), aligned_zeros(1, POLICY)
        self._policies["head"], self._policies["actions"] = GAUSSIAN if environment.continuous else 0, actions
        self._policies["scale"] = 1.0
        self._policies["network"] = self.learners["network"][:1]
        self._clock = SystemClock()
        environment.reset(seed)

    def _lean(self, actor: Array) -> None:
        """Begin with the prior: biases of the outputs."""
        actions = self.environment.actions
        unknown = sorted(set(self.config.prior) - set(actions))
        if unknown or (self.config.prior and self.environment.continuous):
            raise InvalidValueError("prior", f"some of the actions {', '.join(actions)}, not continuous ones", unknown)
        at = int(actor["layer"][0, int(actor["layers"][0]) - 1]["bias_at"])
        for name, logit in self.config.prior.items():
            actor["weights"][0, at + actions.index(name)] = logit

    def _new_settings(self, seed: int) -> Array:
        settings, config = np.zeros(1, SETTINGS), self.config
        for name in ("most_gradient", "clip", "value_clip", "entropy", "value_weight", "most_divergence"):
            settings[name] = getattr(config, name)
        settings["epsilon"], settings["epochs"], settings["minibatch"] = 1e-5, config.epochs, config.minibatch
        settings["gaussian"], settings["key"] = self.environment.continuous, chance_key(seed, "train/shuffle")
        return settings

    def iterate(self) -> dict[str, float]:
        """One rollout and one update (the first rollout only measures the features).

        Returns:
            What happened, by name: entropy, divergence, losses, seconds spent in simulator, policy and update.

        Raises:
            InvalidValueError: When a feature is not a number, or an environment allows nothing.
        """
        with threads_set(self.threads):
            told = self._rollout()
            if self._features.count:
                start = self._clock.monotonic_ns()
                self._update()
                told["update_s"] = (self._clock.monotonic_ns() - start) / 1e9
            sums = self._work["sums"].sum(axis=0)
            self._features.add(float(len(self._samples)), sums[0], sums[1])
            self._features.freeze_into(self._policies)
        return told | self._told() if self.updates else told

    def _rollout(self) -> dict[str, float]:
        """Act for ``rollout_steps`` steps; advantages and targets follow."""
        world, config, n, clock = self.environment, self.config, self.environment.count, self._clock
        self._work["sums"] = 0.0
        simulator = 0
        start = clock.monotonic_ns()
        for t in range(config.rollout_steps):
            rows = self._samples[t * n : (t + 1) * n]
            if act_to_learn(self._policies, self._work, world.observations, world.masks, rows, self._keys):
                problem = "a feature that is not a number, or a mask that allows nothing"
                raise InvalidValueError("observations", "numbers, and one or more allowed actions", problem)
            self._keys[1] += np.uint64(n)
            np.copyto(self._actions, rows["chosen"][:, : len(world.actions)] if world.continuous else rows["action"])
            if world.continuous:
                np.clip(self._actions, -1.0, 1.0, out=self._actions)
            before = clock.monotonic_ns()
            world.step(self._actions)
            simulator += clock.monotonic_ns() - before
            self._note(rows)
        value_samples(self.learners, self._work, self._samples)
        value_of(self._policies, self.learners, self._work, world.observations, self._last)
        advantages(self._samples, self._last, self._running, config.gamma, config.gae_lambda)
        self.steps += len(self._samples)
        return {"simulator_s": simulator / 1e9, "policy_s": (clock.monotonic_ns() - start - simulator) / 1e9}

    def _note(self, rows: Array) -> None:
        """Write what a step gave to its samples."""
        world = self.environment
        np.copyto(self._rewards, world.rewards)
        np.logical_or(world.terminated, world.truncated, out=self._over)
        if self.config.scale_rewards:
            scale_rewards(self._rewards, self._over, self._returns, self._scale, self.config.gamma)
        rows["reward"], rows["over"] = self._rewards, self._over
        cut = np.flatnonzero(world.truncated & ~world.terminated)
        if cut.size:
            values = np.zeros(cut.size, F)
            value_of(self._policies, self.learners, self._work, world.final_observations[cut], values)
            rows["after"][cut], rows["over"][cut] = values, 2

    def _update(self) -> None:
        left = max(0.0, 1.0 - self.steps / self.total_steps) if self.config.schedule == "linear" else 1.0
        self._settings["learning_rate"] = self.config.learning_rate * left
        for name in TOLD:
            self._settings[name] = 0.0
        update_policy(self.learners, self._work, self._samples, self._order, self._settings)
        self._policies["network"]["weights"] = self.learners["network"]["weights"][:1]
        self.updates += 1

    def _told(self) -> dict[str, float]:
        done = max(float(self._settings["minibatches"][0]), 1.0)
        told = {name: float(self._settings[name][0]) / done for name in TOLD if name != "minibatches"}
        targets, values = self._samples["target"], self._samples["value"]
        spread = float(targets.var())
        told["explained"] = 1.0 - float((targets - values).var()) / spread if spread > 0 else 0.0
        return told | {"learning_rate": float(self._settings["learning_rate"][0]), "minibatches": done}

    def policy(self, provenance: Provenance) -> Policy:
        """The policy as it is now, ready to be written to a file."""
        world, config = self.environment, self.config
        header = Header(
            head="gaussian" if world.continuous else "masked",
            activation=config.activation,
            hidden=config.hidden,
            features=world.features,
            actions=world.actions,
            observation_hash=world.observation_hash,
            action_spec=world.action_spec,
            provenance=provenance,
        )
        return Policy(header, self._policies.copy())

    def state(self) -> dict[str, Array]:
        """Everything that decides what comes next, as arrays: weights, moments, statistics, chance, environment."""
        own = learners_state(self.learners) | self._features.state()
        own |= {"order": self._order, "returns": self._returns, "scale": self._scale.view(F8), "keys": self._keys}
        own |= {
            "shuffle": self._settings["key"],
            "draws": self._settings["draws"],
            "counts": np.array([self.steps, self.updates]),
        }
        return {k: v.copy() for k, v in own.items()} | {f"world/{k}": v for k, v in self.environment.state().items()}

    def restore(self, state: dict[str, Array]) -> None:
        """Go back to a state; what follows is the same, bit for bit, on any number of threads."""
        restore_learners(self.learners, state)
        self._features.restore(state)
        for name, own in (("order", self._order), ("returns", self._returns), ("scale", self._scale.view(F8))):
            own[...] = state[name]
        self._keys[...] = state["keys"]
        self._settings["key"], self._settings["draws"] = state["shuffle"], state["draws"]
        self.steps, self.updates = (int(count) for count in state["counts"])
        self._policies["network"]["weights"] = self.learners["network"]["weights"][:1]
        self._features.freeze_into(self._policies)
        self.environment.restore({k.removeprefix("world/"): v for k, v in state.items() if k.startswith("world/")})
