"""What goes back through the networks, against PyTorch's autograd in float64."""

import numpy as np
import pytest
from tests.rl.autograd import gaussian_loss, masked_loss, q_loss, tensors_of

from tradewind.book.layout import aligned_zeros
from tradewind.core.random import stream
from tradewind.execution.policies.inference import POLICY
from tradewind.execution.policies.network import MOST_INPUTS, RELU, TANH, new_network, start_weights
from tradewind.rl.train.ddqn import update_values
from tradewind.rl.train.gradients import new_learners, new_work
from tradewind.rl.train.losses import SETTINGS
from tradewind.rl.train.memory import DRAWN, STEP
from tradewind.rl.train.ppo import update_policy
from tradewind.rl.train.rollout import SAMPLE
from tradewind.rl.train.values import SETTINGS as Q_SETTINGS

pytest.importorskip("torch")

WIDTH, N = 21, 192


def networks(outputs: int, deviations: int, activation: int) -> tuple[np.ndarray, np.random.Generator]:
    random = stream(11, "test/gradients")
    actor = new_network(WIDTH, (32, 48), outputs, activation, deviations=deviations)
    critic = new_network(WIDTH, (32, 48), 1, activation)
    for network in (actor, critic):
        start_weights(network, random, 1.0)
    at, count = int(actor["log_std_at"][0]), int(actor["count"][0])
    actor["weights"][0, at:count] = random.uniform(-1.5, -0.5, count - at)
    return new_learners(actor, critic), random


def settings_of(**values: float) -> np.ndarray:
    settings = np.zeros(1, SETTINGS)
    defaults = {"learning_rate": 0.0, "most_gradient": 1e9, "epsilon": 1e-5, "clip": 0.2, "value_clip": 0.3}
    defaults |= {"entropy": 0.05, "value_weight": 0.7, "epochs": 1, "minibatch": N}
    for name, value in (defaults | values).items():
        settings[name] = value
    return settings


def samples_of(random: np.random.Generator, actions: int) -> np.ndarray:
    samples = aligned_zeros(N, SAMPLE)
    samples["x"][:, :WIDTH] = random.standard_normal((N, WIDTH))
    samples["mask"][:, :actions] = random.random((N, actions)) < 0.7
    samples["action"] = random.integers(0, actions, N)
    samples["mask"][np.arange(N), samples["action"]] = 1
    samples["chosen"][:, :2] = random.standard_normal((N, 2)) * 0.5
    samples["log_prob"] = random.uniform(-2.5, -1.0, N)
    samples["advantage"] = random.standard_normal(N)
    samples["target"], samples["value"] = random.standard_normal((2, N))
    return samples


def close(found: np.ndarray, expected: np.ndarray) -> None:
    """Within 1e-4 of the gradient's size, entry by entry."""
    assert np.abs(expected).max() > 1e-4
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("activation", [TANH, RELU])
@pytest.mark.parametrize("gaussian", [False, True])
def test_ppo_gradients_are_autograds(gaussian: bool, activation: int) -> None:
    actions = 2 if gaussian else 11
    learners, random = networks(actions, 2 if gaussian else 0, activation)
    samples, settings = samples_of(random, actions), settings_of(gaussian=gaussian)
    work = new_work()
    update_policy(learners, work, samples, np.arange(N), settings)
    loss = gaussian_loss if gaussian else masked_loss
    expected = loss(learners, samples, settings[0])
    for which in range(2):
        count = int(learners["network"]["count"][which])
        close(work["gradient"][0, which, :count], expected[which])


def test_padding_stays_zero() -> None:
    learners, random = networks(11, 0, TANH)
    before = learners["network"]["weights"].copy()
    samples = samples_of(random, 11)
    update_policy(learners, new_work(), samples, np.arange(N), settings_of(learning_rate=1e-2, epochs=3))
    after = learners["network"]["weights"]
    assert (after != before).mean() > 0.001
    used = tensors_of(learners[0], WIDTH, 11)[1]
    rest = np.ones(after.shape[1], bool)
    for block in used:
        rest[block.ravel()] = False
    assert (after[0, rest] == 0).all()


@pytest.mark.parametrize("dueling", [False, True])
@pytest.mark.parametrize("activation", [TANH, RELU])
def test_q_gradients_are_autograds(dueling: bool, activation: int) -> None:
    actions = 7
    learners, random = networks(actions + dueling, 0, activation)
    target = new_learners(*networks(actions + dueling, 0, activation)[0]["network"][:1, None])
    target["network"]["weights"] += (
        0.05 * random.standard_normal(target["network"]["weights"].shape) * (target["network"]["weights"] != 0)
    )
    learners[1] = target[0]
    steps, finals = aligned_zeros(256, STEP), np.zeros((256, MOST_INPUTS), np.float32)
    steps["seen"][:, :WIDTH] = random.standard_normal((256, WIDTH))
    finals[:, :WIDTH] = random.standard_normal((256, WIDTH))
    steps["mask"][:, :actions] = random.random((256, actions)) < 0.6
    steps["mask"][:, 3], steps["action"] = 1, random.integers(0, actions, 256)
    drawn = np.zeros(N, DRAWN)
    drawn["row"], drawn["next"] = random.integers(0, 256, (2, N))
    drawn["next"][::7] = -1 - drawn["row"][::7]
    drawn["reward"], drawn["weight"] = random.standard_normal(N), random.uniform(0.2, 1.0, N)
    drawn["discount"] = np.where(random.random(N) < 0.2, 0.0, 0.9)
    policy, settings, work = aligned_zeros(1, POLICY), np.zeros(1, Q_SETTINGS), new_work()
    policy["scale"], policy["network"] = 1.0, learners["network"][:1]
    settings["most_gradient"], settings["epsilon"] = 1e9, 1e-8
    settings["actions"], settings["dueling"] = actions, dueling
    update_values(policy, learners, work, drawn, (steps, finals), settings)
    gradient, errors = q_loss(learners, (steps, finals), drawn, actions, dueling)
    close(work["gradient"][0, 0, : int(learners["network"]["count"][0])], gradient)
    assert np.allclose(drawn["error"], errors, atol=1e-5)
