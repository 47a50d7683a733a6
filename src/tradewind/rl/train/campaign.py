"""A training file and what it starts: one run a seed, judged by the same validation markets, the best one kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import Field

from tradewind.core.config import Config, load_config
from tradewind.core.errors import NotFoundError
from tradewind.execution.policies.policy import Provenance
from tradewind.rl.env.ground import Ground
from tradewind.rl.env.recorded import Recorded, training_grounds
from tradewind.rl.env.task import Task
from tradewind.rl.train.ddqn import DDQN, DDQNConfig
from tradewind.rl.train.loop import Outcome, Plan, train_run
from tradewind.rl.train.ppo import PPO, PPOConfig
from tradewind.rl.train.world import Judge, TradingWorld

__all__ = ["Campaign", "TrainConfig", "Validation", "load_training", "train_seeds"]

VALIDATION_SEED = 1_000_003


class Validation(Config):
    """How policies are selected.

    Attributes:
        every: Iterations between validations.
        episodes: Orders of the validation market.
        seed: Of the validation market; training seeds stay below it.
        patience: Validations without a better score before a run stops; 0 never stops.
    """

    every: int = Field(default=10, ge=1)
    episodes: int = Field(default=512, ge=2)
    seed: int = Field(default=VALIDATION_SEED, ge=VALIDATION_SEED)
    patience: int = Field(default=0, ge=0)


class TrainConfig(Config):
    """A training file.

    Attributes:
        name: What the policy will be called.
        algorithm: ``ppo`` or ``ddqn``.
        continuous: Act by rate and aggressiveness instead of one of a list; PPO only.
        environments: Orders worked at the same time.
        steps: Environment steps of each run.
        seeds: One run for each.
        checkpoint_every: Iterations between checkpoints.
        ppo: Hyper-parameters of PPO.
        ddqn: Hyper-parameters of Double DQN.
        validation: How policies are selected.
        task: The orders and the markets, with everything that is drawn at random in them.
        recorded: Recorded days in place of the task's markets.
    """

    name: str = Field(default="policy", pattern=r"^[A-Za-z0-9._-]+$")
    algorithm: Literal["ppo", "ddqn"] = "ppo"
    continuous: bool = False
    environments: int = Field(default=256, ge=1, le=16384)
    steps: int = Field(default=5_000_000, ge=1)
    seeds: list[int] = Field(default_factory=lambda: [1], min_length=1)
    checkpoint_every: int = Field(default=10, ge=1)
    ppo: PPOConfig = PPOConfig()
    ddqn: DDQNConfig = DDQNConfig()
    validation: Validation = Validation()
    task: Task = Task()
    recorded: Recorded | None = None


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """What a training came to.

    Attributes:
        name: The training's name.
        runs: One for each seed.
        best_seed: Seed with the best validation score.
        policy: File of its policy.
        spread_bps: Difference between the best and the worst seed's saving over TWAP.
    """

    name: str
    runs: list[Outcome]
    best_seed: int
    policy: str
    spread_bps: float


def load_training(path: Path) -> TrainConfig:
    """Read a training file; raises as :func:`~tradewind.core.config.load_config`."""
    return load_config(TrainConfig, path)


def train_seeds(
    config: TrainConfig,
    out: Path,
    *,
    seeds: Sequence[int] = (),
    threads: int = 1,
    resume: bool = False,
    provenance: Provenance | None = None,
    watch: Callable[[int, int, dict[str, Any]], None] | None = None,
) -> Campaign:
    """Train one policy a seed and keep the one that validates best.

    Args:
        config: The training.
        out: Folder of the runs; each has its own ``seed-<n>``.
        seeds: Instead of the configuration's; empty: those.
        threads: How many threads share the work; the result does not depend on it.
        resume: Go on with runs that are there.
        provenance: What policy files say about their origin beside what the training knows.
        watch: Called after every iteration with the seed, the environment steps and what happened.

    Returns:
        What it came to; ``<out>/<name>.policy`` is the best policy.

    Raises:
        UsageError: When the folder holds runs and ``resume`` is not given.
        ConfigError: When those were begun with another configuration.
    """
    training = validation = Ground(task=config.task)
    markets = tuple(config.task.market.presets)
    if config.recorded is not None:
        training, validation = training_grounds(config.task, config.recorded)
        markets = tuple(recording.name for recording in training.recordings)
    judge = Judge(validation, config.validation.episodes, config.validation.seed, threads)
    world = TradingWorld(training, config.environments, threads, continuous=config.continuous)
    record = config.model_dump_json(exclude={"seeds", "ddqn" if config.algorithm == "ppo" else "ppo"})
    told = provenance or Provenance()
    told = msgspec.structs.replace(told, markets=markets)
    runs = []
    for seed in seeds or config.seeds:
        learner: PPO | DDQN
        if config.algorithm == "ppo":
            learner = PPO(world, config.ppo, seed, config.steps, threads)
        else:
            learner = DDQN(world, config.ddqn, seed, config.steps, threads)
        plan = Plan(
            configuration=record,
            seed=seed,
            total_steps=config.steps,
            validate_every=config.validation.every,
            patience=config.validation.patience,
            checkpoint_every=config.checkpoint_every,
            provenance=told,
        )
        own = (lambda steps, values, seed=seed: watch(seed, steps, values)) if watch else None
        runs.append(train_run(learner, judge, plan, out / f"seed-{seed}", resume, own))
    scored = [run for run in runs if run.best is not None]
    if not scored:
        raise NotFoundError(f"{out}: no run was validated")
    scored.sort(key=lambda run: run.best.better_bps if run.best else 0.0)
    best, policy = scored[-1], out / f"{config.name}.policy"
    shutil.copyfile(best.policy, policy)
    low, high = (run.best.better_bps if run.best else 0.0 for run in (scored[0], scored[-1]))
    campaign = Campaign(name=config.name, runs=runs, best_seed=best.seed, policy=str(policy), spread_bps=high - low)
    (out / "result.json").write_bytes(msgspec.json.format(msgspec.json.encode(campaign), indent=2))
    return campaign
