"""Training in the real environments, small: the file, the runs, the policy that comes out."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tradewind.core.errors import ConfigError, InvalidValueError
from tradewind.execution.features import spec_hash
from tradewind.execution.policies.actor import Actor
from tradewind.execution.policies.policy import Provenance, load_policy, read_policy, shipped_policies
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.ground import Ground
from tradewind.rl.env.task import Task, parse_task
from tradewind.rl.train.campaign import TrainConfig, load_training, train_seeds
from tradewind.rl.train.ppo import PPO, PPOConfig
from tradewind.rl.train.world import Judge, TradingWorld, action_spec_of

FILE = """
name = "small"
steps = 1024
environments = 16
[ppo]
hidden = [16]
rollout_steps = 16
minibatch = 256
[validation]
every = 2
episodes = 8
[task.order]
horizon_s = [5.0, 5.0]
[task.market]
presets = ["aig"]
lead_s = 1.0
gap_s = 10.0
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(FILE)
    return path


def test_unknown_keys_and_values_out_of_range_are_named(tmp_path: Path, small: Path) -> None:
    small.write_text(FILE.replace("every = 2", "evry = 2").replace("minibatch = 256", "minibatch = 100"))
    with pytest.raises(ConfigError) as caught:
        load_training(small)
    assert "validation.evry: unknown key" in str(caught.value)
    assert "ppo.minibatch: input should be a multiple of 64, got 100" in str(caught.value)


def test_training_ends_in_a_policy_that_serves_its_task(tmp_path: Path, small: Path) -> None:
    config = load_training(small)
    done = train_seeds(config, tmp_path / "out", seeds=[1, 2], provenance=Provenance(command="made by a test"))
    assert [run.steps for run in done.runs] == [1024, 1024]
    assert done.best_seed in (1, 2)
    policy = read_policy(Path(done.policy))
    policy.require(spec_hash(), action_spec_of(config.task))
    origin = policy.header.provenance
    assert (origin.command, origin.markets, origin.algorithm) == ("made by a test", ("aig",), "ppo")
    assert TrainConfig.model_validate_json(origin.configuration).task == config.task
    again = train_seeds(config, tmp_path / "out", seeds=[1, 2], resume=True)
    assert [run.best for run in again.runs] == [run.best for run in done.runs]


def test_the_judge_gives_everyone_the_same_orders(small: Path) -> None:
    config = load_training(small)
    judge = Judge(Ground(task=config.task), 8, config.validation.seed)
    world = TradingWorld(Ground(task=config.task), 16)
    policy = PPO(world, config.ppo, 1, 1024).policy(Provenance())
    first = judge(policy)
    assert first == judge(policy)
    assert first.episodes == 8
    assert first.better_bps == pytest.approx(first.twap_bps - first.shortfall_bps)
    assert (Judge(Ground(task=config.task), 8, config.validation.seed, threads=2).twap_bps == judge.twap_bps).all()
    other = parse_task(config.task.model_dump() | {"actions": {"passive_slices": 2.0}})
    with pytest.raises(InvalidValueError, match="policy's actions"):
        Judge(Ground(task=other), 8, config.validation.seed)(policy)


@pytest.mark.parametrize("continuous", [False, True])
def test_a_batch_goes_on_from_its_state(small: Path, continuous: bool) -> None:
    task = load_training(small).task
    straight, begun, resumed = (ExecutionBatch(task, 4, seed) for seed in (5, 5, 6))
    random = np.random.Generator(np.random.PCG64(1))

    def actions() -> np.ndarray:
        return random.uniform(-1, 1, (4, 2)).astype(np.float32) if continuous else random.integers(0, 10, 4)

    path = [actions() for _ in range(12)]
    for k, chosen in enumerate(path):
        straight.step(chosen)
        if k < 6:
            begun.step(chosen)
    resumed.restore(begun.state())
    for chosen in path[6:]:
        resumed.step(chosen)
    for name, array in straight.state().items():
        assert array.tobytes() == resumed.state()[name].tobytes(), name


def test_the_command_trains(tmp_path: Path, small: Path) -> None:
    pytest.importorskip("plotly")
    command = [sys.executable, "-m", "tradewind", "execute", "train", "--config", str(small), "--json"]
    command += ["--out", str(tmp_path / "out"), "--seeds", "3..4", "--steps", "512"]
    document = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert [run["seed"] for run in document["runs"]] == [3, 4]
    assert [run["steps"] for run in document["runs"]] == [512, 512]
    assert "execute train" in read_policy(Path(document["policy"])).header.provenance.command
    assert (tmp_path / "out" / "curves.html").stat().st_size > 1_000_000


def test_a_network_of_stable_baselines_becomes_a_policy(small: Path) -> None:
    pytest.importorskip("stable_baselines3")
    from tradewind.rl.train.sb3 import exported, sb3_ppo

    task = load_training(small).task
    model = sb3_ppo(task, PPOConfig(hidden=(32, 16), rollout_steps=8, minibatch=64, epochs=1), 16, 1)
    model.learn(256)
    policy = exported(model, task, Provenance(algorithm="Stable-Baselines3 PPO"))
    world = model.get_vec_normalize_env()
    seen = world.venv.batch.observations
    expected, _ = model.predict(world.normalize_obs(seen), deterministic=True)
    actions = np.zeros(16, np.int32)
    Actor(policy).act(seen, np.ones((16, len(policy.header.actions)), bool), actions)
    assert (actions == expected).mean() > 0.9


@pytest.mark.parametrize("name", shipped_policies())
def test_shipped_policies_serve_the_environment_as_it_is(name: str) -> None:
    policy = load_policy(name)
    task = Task.model_validate(json.loads(policy.header.provenance.configuration)["task"])
    policy.require(spec_hash(), action_spec_of(task, continuous=policy.header.head == "gaussian"))
    assert policy.header.provenance.command.startswith("tradewind execute train")
    symbol = name.removeprefix("recorded_").upper()
    recorded = [market.startswith(f"{symbol} 20") for market in policy.header.provenance.markets]
    assert policy.header.provenance.markets == (name,) or (name != symbol.lower() and all(recorded))
