"""The faces: Gymnasium's and Stable-Baselines3's own checks, final observations, masks."""

import numpy as np
import pytest
from tests.rl.env_worlds import small_batch

from tradewind.execution.actions import ACTION_COUNT
from tradewind.rl.env.task import Task

gymnasium = pytest.importorskip("gymnasium")


def small_task() -> Task:
    return small_batch(1).task


@pytest.mark.parametrize("continuous", [False, True])
def test_the_environment_passes_gymnasium_s_checker(continuous: bool) -> None:
    from gymnasium.utils.env_checker import check_env

    from tradewind.rl.env.gym import ExecutionEnv

    env = ExecutionEnv(small_task(), continuous=continuous)
    check_env(env, skip_render_check=True)


def test_an_episode_ends_by_termination_with_its_summary() -> None:
    from tradewind.rl.env.gym import ExecutionEnv

    env = ExecutionEnv(small_task(), seed=4)
    observation, info = env.reset(seed=4)
    done, total = False, 0.0
    while not done:
        assert info["action_mask"].tolist() == env.action_masks().tolist()
        observation, reward, done, truncated, info = env.step(0)
        total += reward
        assert not truncated
    assert observation[0] == pytest.approx(0.0, abs=1e-3)
    assert info["order_reward"] == pytest.approx(total, rel=1e-4, abs=1e-5)
    fresh, _ = env.reset()
    assert fresh[0] == pytest.approx(1.0)
    again, _ = env.reset(seed=4)
    assert not np.array_equal(fresh, again)


def test_the_vector_environment_hands_over_final_observations() -> None:
    from gymnasium.vector import AutoresetMode

    from tradewind.rl.env.gym import ExecutionVectorEnv

    envs = ExecutionVectorEnv(small_task(), num_envs=3, seed=2)
    assert envs.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    observations, infos = envs.reset(seed=2)
    assert observations in envs.observation_space
    ended = 0
    for _ in range(60):
        observations, _, done, _, infos = envs.step(np.full(3, 9))
        assert infos["action_mask"].shape == (3, ACTION_COUNT)
        if done.any():
            ended += int(done.sum())
            assert infos["_final_obs"].tolist() == done.tolist()
            assert (infos["final_info"]["order_filled"][done] > 0).all()
            assert not np.array_equal(infos["final_obs"][done], observations[done])
    assert ended > 3


def test_stable_baselines3_trains_on_it() -> None:
    sb3 = pytest.importorskip("stable_baselines3")
    from tradewind.rl.env.sb3 import ExecutionVecEnv

    envs = ExecutionVecEnv(small_task(), num_envs=4, seed=1)
    model = sb3.PPO("MlpPolicy", envs, n_steps=16, batch_size=32, n_epochs=1, seed=1, device="cpu")
    model.learn(128)
    assert model.num_timesteps >= 128
    envs.seed(3)
    first = envs.reset()
    envs.seed(3)
    np.testing.assert_array_equal(first, envs.reset())
    assert len(envs.env_method("action_masks")) == 4
