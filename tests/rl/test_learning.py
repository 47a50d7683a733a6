"""Both algorithms learn what is known, and do not depend on threads or on being interrupted."""

import numpy as np
import pytest
from tests.rl.toy_environments import AlmgrenChriss, CartPole

from tradewind.core.errors import InvalidValueError
from tradewind.execution.policies.actor import Actor
from tradewind.execution.policies.policy import Provenance
from tradewind.rl.train.ddqn import DDQN, DDQNConfig
from tradewind.rl.train.ppo import PPO, PPOConfig

SMALL_PPO = PPOConfig(hidden=(32, 32), rollout_steps=16, minibatch=256, epochs=2, gamma=1.0)
SCHEDULE_PPO = PPOConfig(
    rollout_steps=40,
    minibatch=1024,
    epochs=4,
    learning_rate=1e-3,
    gamma=1.0,
    gae_lambda=0.95,
    entropy=0.0,
    most_divergence=0.0,
)
SMALL_DDQN = DDQNConfig(hidden=(32, 32), iteration_steps=16, capacity=2048, batch=128, warm_up=200, gamma=1.0)


def made(name: str, threads: int = 1, seed: int = 3):
    if name == "ppo":
        return PPO(AlmgrenChriss(64), SMALL_PPO, seed, 20_000, threads)
    if name == "gaussian":
        return PPO(AlmgrenChriss(64, continuous=True), SMALL_PPO, seed, 20_000, threads)
    config = SMALL_DDQN.model_copy(
        update={"prioritised": name == "prioritised", "n_step": 3 if name == "n_step" else 1}
    )
    return DDQN(AlmgrenChriss(64), config, seed, 20_000, threads)


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    assert a.keys() == b.keys()
    for name, array in a.items():
        assert array.tobytes() == b[name].tobytes(), name


@pytest.mark.parametrize("name", ["ppo", "gaussian", "ddqn", "prioritised", "n_step"])
def test_going_on_from_a_state_gives_the_same_bits_on_any_number_of_threads(name: str) -> None:
    straight, begun = made(name), made(name, threads=2)
    for _ in range(6):
        straight.iterate()
    for _ in range(3):
        begun.iterate()
    state = begun.state()
    resumed = made(name, seed=8)
    resumed.restore(state)
    for _ in range(3):
        resumed.iterate()
    same(resumed.state(), straight.state())
    assert straight.updates > 3


def test_a_policy_begins_with_what_its_prior_leans_to() -> None:
    world = AlmgrenChriss(64)
    leaning = SMALL_PPO.model_copy(update={"prior": {world.actions[5]: 4.0}})
    actor = Actor(PPO(world, leaning, 3, 20_000).policy(Provenance()))
    actions = np.zeros(64, np.int32)
    actor.act(world.observations, world.masks, actions)
    assert (actions == 5).all()
    with pytest.raises(InvalidValueError, match="prior"):
        PPO(world, SMALL_PPO.model_copy(update={"prior": {"hold on": 1.0}}), 3, 20_000)


def test_seeds_differ() -> None:
    a, b = made("ppo", seed=1), made("ppo", seed=2)
    for learner in (a, b):
        learner.iterate()
        learner.iterate()
    assert (a.state()["learner_0"] != b.state()["learner_0"]).any()


@pytest.mark.parametrize("name", ["ppo", "ddqn"])
def test_a_masked_action_is_never_taken(name: str) -> None:
    learner = made(name)
    world, taken = learner.environment, []
    plain = world.step

    def step(actions: np.ndarray) -> None:
        assert world.masks[np.arange(world.count), actions].all()
        taken.append(actions.copy())
        plain(actions)
        world.masks[...] = np.arange(12) % 3 != world.age[:, None] % 3

    world.step = step
    for _ in range(4):
        learner.iterate()
    assert len(np.unique(taken)) == 12


def test_dueling_heads_fold_into_the_policy() -> None:
    learner = made("ddqn")
    for _ in range(4):
        learner.iterate()
    learner.config = learner.config.model_copy(update={"warm_up": 10**9, "iteration_steps": 1})
    policy = learner.policy(Provenance())
    learner.total_steps, learner.steps = 1, learner.steps
    learner.config = learner.config.model_copy(update={"explore_last": 0.0, "explore_first": 0.0})
    seen = learner.environment.observations.copy()
    learner.iterate()
    actions = np.zeros(64, np.int32)
    Actor(policy).act(seen, np.ones((64, 12), bool), actions)
    assert (actions == learner._actions).mean() > 0.95


def test_what_is_not_a_number_stops_the_training() -> None:
    for name in ("ppo", "ddqn"):
        learner = made(name)
        learner.environment.observations[9, 1] = np.nan
        with pytest.raises(InvalidValueError, match="not a number"):
            learner.iterate()
        learner = made(name)
        learner.environment.masks[9] = False
        with pytest.raises(InvalidValueError, match="allows nothing"):
            learner.iterate()


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="minibatch must be a divisor of 1024 = 64 environments x 16 steps"):
        PPO(AlmgrenChriss(64), SMALL_PPO.model_copy(update={"minibatch": 320}), 1, 1000)
    with pytest.raises(InvalidValueError, match="capacity must be a power of two"):
        DDQN(AlmgrenChriss(60), SMALL_DDQN, 1, 1000)
    with pytest.raises(InvalidValueError, match="continuous"):
        DDQN(AlmgrenChriss(64, continuous=True), SMALL_DDQN, 1, 1000)


def above_optimum(learner) -> float:
    """How much more a learned schedule costs than the best one [%]."""
    actor, world = Actor(learner.policy(Provenance())), learner.environment
    actions = np.zeros((1, 1), np.float32) if world.continuous else np.zeros(1, np.int32)

    def choose(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
        actor.act(observations, masks, actions)
        return actions

    return 100.0 * (world.cost_of(choose) / world.optimum() - 1.0)


def test_ppo_finds_almgren_and_chriss_schedule() -> None:
    learner = PPO(AlmgrenChriss(256, continuous=True), SCHEDULE_PPO, 1, 400_000)
    while learner.steps < 400_000:
        learner.iterate()
    world = learner.environment
    assert 0.0 <= above_optimum(learner) < 3.0
    assert world.equal_slices() > 1.2 * world.optimum()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_discrete_ppo_finds_almgren_and_chriss_schedule(seed: int) -> None:
    learner = PPO(AlmgrenChriss(256), SCHEDULE_PPO, seed, 1_000_000)
    while learner.steps < 1_000_000:
        learner.iterate()
    assert 0.0 <= above_optimum(learner) < 5.0


@pytest.mark.slow
@pytest.mark.parametrize("prioritised", [False, True])
def test_ddqn_finds_almgren_and_chriss_schedule(prioritised: bool) -> None:
    config = DDQNConfig(batch=512, warm_up=5000, updates=2, target_every=100, gamma=1.0, n_step=1, learning_rate=1e-3)
    learner = DDQN(AlmgrenChriss(64), config.model_copy(update={"prioritised": prioritised}), 1, 400_000)
    while learner.steps < 400_000:
        learner.iterate()
    assert 0.0 <= above_optimum(learner) < 6.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ppo_balances_the_pole(seed: int) -> None:
    config = SCHEDULE_PPO.model_copy(update={"rollout_steps": 64, "minibatch": 512, "epochs": 8, "gamma": 0.99})
    learner = PPO(CartPole(64), config, seed, 400_000)
    while learner.steps < 400_000:
        learner.iterate()
    actor, world, actions = Actor(learner.policy(Provenance())), CartPole(64), np.zeros(64, np.int32)
    world.reset(999)
    for _ in range(1000):
        actor.act(world.observations, world.masks, actions)
        world.step(actions)
    assert np.mean(world.ended_returns) > 475.0
