"""A run that is killed goes on to the same result; validation selects and stops; what a run writes down."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.rl.toy_environments import AlmgrenChriss

from tradewind.core.errors import ConfigError, DataError, IntegrityError, NotFoundError, UsageError
from tradewind.execution.policies.policy import Policy, read_policy
from tradewind.rl.train.checkpoint import Standing, read_checkpoint, write_checkpoint
from tradewind.rl.train.curves import curves_page
from tradewind.rl.train.ddqn import DDQN, DDQNConfig
from tradewind.rl.train.journal import read_journal
from tradewind.rl.train.loop import Outcome, Plan, Score, train_run
from tradewind.rl.train.ppo import PPO, PPOConfig

PPO_SMALL = PPOConfig(hidden=(16,), rollout_steps=8, minibatch=64, epochs=1, gamma=1.0)
DDQN_SMALL = DDQNConfig(
    hidden=(16,), iteration_steps=8, capacity=1024, batch=64, warm_up=64, gamma=1.0, prioritised=True
)


def score(value: float) -> Score:
    return Score(
        shortfall_bps=5.0 - value,
        twap_bps=5.0,
        better_bps=value,
        error_bps=0.1,
        risk_bps=2.0,
        twap_risk_bps=3.0,
        episodes=64,
    )


def run(
    folder: Path, algorithm: str = "ppo", resume: bool = False, values: list[float] | None = None, **plan
) -> Outcome:
    """One run on the toy; ``values`` are what the validations find, in turn."""
    learner: PPO | DDQN
    steps = plan.pop("total_steps", 2048)
    if algorithm == "ppo":
        learner = PPO(AlmgrenChriss(16), PPO_SMALL, 4, steps)
    else:
        learner = DDQN(AlmgrenChriss(16), DDQN_SMALL, 4, steps)
    left = list(values or [])

    def judge(policy: Policy) -> Score:
        weights = policy.record["network"]["weights"]
        return score(left.pop(0) if left else float(np.abs(weights).sum()))

    made = Plan(configuration="{}", seed=4, total_steps=steps, **({"validate_every": 3, "checkpoint_every": 2} | plan))
    watch = (lambda *_: time.sleep(0.05)) if "SLOW" in os.environ else None
    return train_run(learner, judge, made, folder, resume, watch)


def end_of(folder: Path) -> tuple[Standing, dict[str, np.ndarray]]:
    return read_checkpoint(folder / "checkpoint.bin")


def same_end(a: Path, b: Path) -> None:
    (one, arrays), (other, others) = end_of(a), end_of(b)
    for name in ("updates", "best", "best_update", "stale", "finished"):
        assert getattr(one, name) == getattr(other, name), name
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        assert array.tobytes() == others[name].tobytes(), name
    assert (a / "best.policy").read_bytes() == (b / "best.policy").read_bytes()
    assert [r["steps"] for r in read_journal(a)] == [r["steps"] for r in read_journal(b)]


@pytest.mark.parametrize("algorithm", ["ppo", "ddqn"])
def test_a_killed_run_goes_on_to_the_same_result(tmp_path: Path, algorithm: str, repository: Path) -> None:
    run(tmp_path / "straight", algorithm)
    killed = tmp_path / "killed"
    code = f"from tests.rl.test_loop import run; from pathlib import Path; run(Path({str(killed)!r}), {algorithm!r})"
    environment = os.environ | {"SLOW": "1", "PYTHONPATH": f"{repository / 'src'}:{repository}"}
    child = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=repository)
    while child.poll() is None and len(read_journal(killed)) < 7:
        time.sleep(0.02)
    assert child.poll() is None, "it was to be killed before its end"
    child.send_signal(signal.SIGKILL)
    child.wait()
    standing, _ = end_of(killed)
    assert 0 < standing.updates < 16
    assert not standing.finished
    run(killed, algorithm, resume=True)
    same_end(killed, tmp_path / "straight")


def test_a_finished_run_stays_as_it_is(tmp_path: Path) -> None:
    first = run(tmp_path / "a")
    again = run(tmp_path / "a", resume=True)
    assert (again.steps, again.best, again.best_steps) == (first.steps, first.best, first.best_steps)
    with pytest.raises(UsageError, match="--resume"):
        run(tmp_path / "a")


def test_validation_selects_and_stops(tmp_path: Path) -> None:
    found = run(tmp_path / "a", values=[1.0, 3.0, 2.0, 2.5, 9.0], patience=2, validate_every=1)
    assert found.stopped_early
    assert found.best == score(3.0)
    assert found.best_steps == 256
    origin = read_policy(tmp_path / "a" / "best.policy").header.provenance
    assert (origin.algorithm, origin.seed, origin.steps) == ("ppo", 4, 256)
    assert origin.validation == ("shortfall 2.000 bps, TWAP 5.000, better by 3.000 ± 0.196 over 64 validation episodes")
    rows = read_journal(tmp_path / "a")
    assert [row["validation"]["better_bps"] for row in rows] == [1.0, 3.0, 2.0, 2.5]


def test_a_run_goes_on_with_its_own_configuration_only(tmp_path: Path) -> None:
    run(tmp_path / "a")
    standing, arrays = end_of(tmp_path / "a")
    changed = msgspec.structs.replace(standing, configuration='{"other": 1}', finished=False)
    write_checkpoint(tmp_path / "a" / "checkpoint.bin", changed, arrays)
    with pytest.raises(ConfigError, match="another configuration"):
        run(tmp_path / "a", resume=True)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.bin"
    arrays = {"a": np.arange(5.0), "b": np.zeros((0, 3), np.int32), "c": np.array([1, 2], np.uint8)}
    write_checkpoint(path, Standing(configuration="x"), arrays)
    standing, back = read_checkpoint(path)
    assert standing == Standing(configuration="x")
    assert all((back[name] == array).all() and back[name].dtype == array.dtype for name, array in arrays.items())
    content = path.read_bytes()
    for change, error in (
        (content[:-1] + b"\xff", IntegrityError),
        (content[:-1], DataError),
        (b"something else" + content, DataError),
        (content.replace(b'"configuration":"x"', b'"configuration":"y"'), IntegrityError),
    ):
        path.write_bytes(change)
        with pytest.raises(error):
            read_checkpoint(path)
    with pytest.raises(NotFoundError, match="no checkpoint"):
        read_checkpoint(tmp_path / "none")


def test_learning_curves_show_every_seed(tmp_path: Path) -> None:
    for seed in (1, 2):
        run(tmp_path / f"seed-{seed}")
    page = curves_page("toy", {seed: tmp_path / f"seed-{seed}" for seed in (1, 2)})
    names = [trace["name"] for trace in page.figures()[0].plot["data"]]
    assert {"seed 1", "seed 2", "TWAP"} <= set(names)
    with pytest.raises(NotFoundError, match=r"no log\.jsonl"):
        curves_page("none", {1: tmp_path / "none"})


def test_tensorboard_events_are_written(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    run(tmp_path / "a")
    files = list((tmp_path / "a" / "tensorboard").iterdir())
    assert len(files) == 1
    assert b"divergence" in files[0].read_bytes()
    assert all(json.loads(line) for line in (tmp_path / "a" / "log.jsonl").read_text().splitlines())
