"""One run of training: iterate, validate, select, save; kill it and go on, with the same result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import Array
from tradewind.core.errors import ConfigError, UsageError
from tradewind.execution.policies.policy import Policy, Provenance, write_policy
from tradewind.rl.train.checkpoint import Standing, read_checkpoint, write_checkpoint
from tradewind.rl.train.journal import Journal

__all__ = ["Learner", "Outcome", "Plan", "Score", "train_run"]

CHECKPOINT, BEST = "checkpoint.bin", "best.policy"


class Learner(Protocol):
    """What the loop needs of an algorithm: :class:`~tradewind.rl.train.ppo.PPO` and ``DDQN`` are two."""

    steps: int
    algorithm: str

    def iterate(self) -> dict[str, float]:
        """Learn for a while; returns what happened, by name."""
        ...

    def policy(self, provenance: Provenance) -> Policy:
        """The policy as it is now."""
        ...

    def state(self) -> dict[str, Array]:
        """Everything that decides what comes next."""
        ...

    def restore(self, state: dict[str, Array]) -> None:
        """Go back to a state."""
        ...


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How a policy did on the validation market, in pairs with a crossing TWAP on the same episodes.

    Attributes:
        shortfall_bps: Mean shortfall of the policy, fees included.
        twap_bps: Mean shortfall of TWAP.
        better_bps: Mean of the paired differences: what the policy saves.
        error_bps: Standard error of that mean.
        risk_bps: Standard deviation of the policy's shortfall.
        twap_risk_bps: Standard deviation of TWAP's shortfall.
        episodes: Pairs.
    """

    shortfall_bps: float
    twap_bps: float
    better_bps: float
    error_bps: float
    risk_bps: float
    twap_risk_bps: float
    episodes: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How long to train and how to judge.

    Attributes:
        configuration: The whole configuration as JSON, the record of the run.
        seed: The run's seed.
        total_steps: Environment steps.
        validate_every: Iterations between validations.
        patience: Validations without a better score before the run stops; 0 never stops.
        checkpoint_every: Iterations between checkpoints.
        provenance: What the policy file says about its origin; seed, steps and validation are filled in.
    """

    configuration: str
    seed: int
    total_steps: int
    validate_every: int = 10
    patience: int = 0
    checkpoint_every: int = 10
    provenance: Provenance = Provenance()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to.

    Attributes:
        seed: Its seed.
        steps: Environment steps done.
        seconds: Time spent, over all sittings.
        steps_per_s: Steps a second over the last sitting, validation left out.
        best: Score of the selected policy on the validation market.
        best_steps: When it was selected [environment steps].
        stopped_early: Whether validation stopped it.
        policy: The policy file.
    """

    seed: int
    steps: int
    seconds: float
    steps_per_s: float
    best: Score | None
    best_steps: int
    stopped_early: bool
    policy: str


class _Run:
    """The state of one run in one sitting."""

    def __init__(self, learner: Learner, plan: Plan, folder: Path, resume: bool) -> None:
        self.learner, self.plan, self.folder = learner, plan, folder
        self.standing = Standing(configuration=plan.configuration)
        path = folder / CHECKPOINT
        if path.is_file():
            if not resume:
                raise UsageError(f"{folder} holds a run already: give --resume to go on with it, or another --out")
            self.standing, arrays = read_checkpoint(path)
            if self.standing.configuration != plan.configuration:
                raise ConfigError(str(path), ["the run was begun with another configuration; give another --out"])
            learner.restore(arrays)
        self.journal = Journal(folder, self.standing.log_bytes)
        self.best = _read_score(folder) if self.standing.best is not None else None

    def save(self, seconds: float, *, finished: bool = False) -> None:
        """Write a checkpoint of this moment."""
        told = {"log_bytes": self.journal.length, "seconds": seconds, "finished": finished}
        self.standing = msgspec.structs.replace(self.standing, **told)
        write_checkpoint(self.folder / CHECKPOINT, self.standing, self.learner.state())

    def judge(self, score: Score) -> None:
        """Keep the policy if it is the best so far."""
        if self.standing.best is not None and score.better_bps <= self.standing.best:
            self.standing = msgspec.structs.replace(self.standing, stale=self.standing.stale + 1)
            return
        told = {"best": score.better_bps, "best_update": self.standing.updates, "stale": 0}
        self.standing = msgspec.structs.replace(self.standing, **told)
        self.best = (self.learner.steps, score)
        words = (
            f"shortfall {score.shortfall_bps:.3f} bps, TWAP {score.twap_bps:.3f}, better by {score.better_bps:.3f} "
            f"± {1.96 * score.error_bps:.3f} over {score.episodes} validation episodes"
        )
        origin = msgspec.structs.replace(
            self.plan.provenance,
            algorithm=self.learner.algorithm,
            configuration=self.plan.configuration,
            seed=self.plan.seed,
            steps=self.learner.steps,
            validation=words,
        )
        write_policy(self.learner.policy(origin), self.folder / BEST)
        (self.folder / "best.json").write_bytes(msgspec.json.encode(self.best))


def _read_score(folder: Path) -> tuple[int, Score]:
    return msgspec.json.decode((folder / "best.json").read_bytes(), type=tuple[int, Score])


def train_run(  # noqa: PLR0917
    learner: Learner,
    judge: Callable[[Policy], Score],
    plan: Plan,
    folder: Path,
    resume: bool = False,
    watch: Callable[[int, dict[str, Any]], None] | None = None,
) -> Outcome:
    """Train one seed.

    Args:
        learner: What learns; fresh, or to be restored from the folder's checkpoint.
        judge: Scores a policy on the validation market.
        plan: How long, and how to judge.
        folder: Where checkpoint, log and the best policy are kept.
        resume: Go on with the run that the folder holds; without one, begin.
        watch: Called after every iteration with the environment steps so far and what happened.

    Returns:
        What it came to; the policy with the best validation score is ``best.policy`` in the folder.

    Raises:
        UsageError: When the folder holds a run and ``resume`` is not given.
        ConfigError: When that run was begun with another configuration.
    """
    run, clock = _Run(learner, plan, folder, resume), SystemClock()
    before, begun, judged, first = run.standing.seconds, clock.monotonic_ns(), 0, learner.steps
    early = False
    while learner.steps < plan.total_steps and not run.standing.finished:
        start, done = clock.monotonic_ns(), learner.steps
        told: dict[str, Any] = dict(learner.iterate())
        spent = (clock.monotonic_ns() - start) / 1e9
        run.standing = msgspec.structs.replace(run.standing, updates=run.standing.updates + 1)
        told |= {"update": run.standing.updates, "steps_per_s": (learner.steps - done) / spent}
        last = learner.steps >= plan.total_steps
        if last or run.standing.updates % plan.validate_every == 0:
            start = clock.monotonic_ns()
            score = judge(learner.policy(plan.provenance))
            run.judge(score)
            told["validation"] = msgspec.to_builtins(score)
            judged += clock.monotonic_ns() - start
        run.journal.write(learner.steps, told)
        if watch:
            watch(learner.steps, told)
        early = plan.patience > 0 and run.standing.stale >= plan.patience
        seconds = before + (clock.monotonic_ns() - begun) / 1e9
        if last or early or run.standing.updates % plan.checkpoint_every == 0:
            run.save(seconds, finished=last or early)
    run.journal.close()
    seconds = (clock.monotonic_ns() - begun) / 1e9
    return Outcome(
        seed=plan.seed,
        steps=learner.steps,
        seconds=before + seconds,
        steps_per_s=(learner.steps - first) / max(seconds - judged / 1e9, 1e-9),
        best=run.best[1] if run.best else None,
        best_steps=run.best[0] if run.best else 0,
        stopped_early=early,
        policy=str(folder / BEST),
    )
