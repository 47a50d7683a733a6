"""Speed of training, simulator included: own PPO and Double DQN beside Stable-Baselines3 in the same markets."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from tradewind.bench.result import Report, Row, machine, noted, row, time_calls
from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError
from tradewind.core.kernels import entry
from tradewind.execution.policies.products import address, product
from tradewind.rl.env.ground import Ground
from tradewind.rl.env.task import Task
from tradewind.rl.train.ddqn import DDQN, DDQNConfig
from tradewind.rl.train.loop import Learner
from tradewind.rl.train.ppo import PPO, PPOConfig
from tradewind.rl.train.world import TradingWorld

__all__ = ["bench_train"]

ENVIRONMENTS = 256
AIM = "value >= 278000"
PARTS = ("simulator_s", "policy_s", "update_s")
SIDE = 64
QUICK = 0.1


@entry
def multiply(a: Array, b: Array, c: Array, times: int) -> None:
    """Multiply two matrices of 64 x 64 float32 so many times, as the networks do."""
    one, side, zero = np.int64(1), np.int64(SIDE), np.int64(0)
    for _ in range(times):
        left, right = (address(a, zero), side, one), (address(b, zero), side, one)
        product(left, right, (address(c, zero), side, one), (side, side, side), zero)


def product_rate() -> float:
    """Floating-point operations a second of small matrix products on one core."""
    a, b, c = (np.full(SIDE * SIDE, 0.5, np.float32) for _ in range(3))
    times = 2000
    return 2.0 * SIDE**3 * times / time_calls(lambda: multiply(a, b, c, times))


def _work_of(learner: PPO | DDQN) -> float:
    """Floating-point operations of matrix products that one environment step costs, padding left out."""
    sizes = []
    for network in learner.learners["network"]:
        layers = network["layer"][: int(network["layers"])]
        wide = [*(int(layer["columns"]) for layer in layers[:-1]), int(network["outputs"])]
        sizes.append(sum(2.0 * int(layer["depth"]) * w for layer, w in zip(layers, wide, strict=True)))
    if isinstance(learner, PPO):
        return (sizes[0] + sizes[1]) * (1.0 + 3.0 * learner.config.epochs)
    drawn = learner.config.batch * learner.config.updates / learner.environment.count
    return sizes[0] * (1.0 + 5.0 * drawn)


def _measure(learner: Learner, seconds: float) -> tuple[float, dict[str, float]]:
    """Steps a second after two iterations that are not counted, and the parts' share of the time."""
    for _ in range(2):
        learner.iterate()
    clock, spent = SystemClock(), dict.fromkeys(PARTS, 0.0)
    start, first = clock.monotonic_ns(), learner.steps
    while (passed := (clock.monotonic_ns() - start) / 1e9) < seconds:
        for name, value in learner.iterate().items():
            if name in spent:
                spent[name] += value
    return (learner.steps - first) / passed, {name: value / passed for name, value in spent.items()}


def _sb3_rate(task: Task, config: PPOConfig, threads: int, seconds: float) -> float:
    """Steps a second of Stable-Baselines3's PPO with the same networks, rollouts, minibatches and epochs."""
    from tradewind.rl.train.sb3 import sb3_ppo

    model = sb3_ppo(task, config, ENVIRONMENTS, seed=1, threads=threads)
    size = ENVIRONMENTS * config.rollout_steps
    model.learn(size)
    clock, done = SystemClock(), 0
    start = clock.monotonic_ns()
    while (clock.monotonic_ns() - start) / 1e9 < seconds or done == 0:
        model.learn(size, reset_num_timesteps=False)
        done += size
    return done / ((clock.monotonic_ns() - start) / 1e9)


def _parts(name: str, rate: float, shares: dict[str, float], learner: PPO | DDQN, speed: float) -> list[Row]:
    """Where the time goes, and how far it is from the floor."""
    threads = learner.threads
    rows = [row(f"{name}_share_{part[:-2]}", shares[part], "of the time") for part in PARTS]
    products = _work_of(learner) / (speed * threads)
    floor = 1.0 / (products + shares["simulator_s"] / rate)
    note = f"floor {floor:,.0f} steps/s: matrix products alone at the measured rate, plus the simulator as measured"
    rows.append(noted(row(f"{name}_of_floor", rate / floor, "of the floor"), note))
    return rows


def bench_train(scale: float, told: Callable[[str], None], preset: str = "aig") -> Report:
    """Measure training end to end.

    Args:
        scale: Fraction of the full time.
        told: Called with what is being measured.
        preset: The market.

    Returns:
        Rows of PPO and Double DQN (64-64, 256 orders at a time), of Stable-Baselines3 in the same markets, and of the
        parts.
    """
    threads = min(2, numba.config.NUMBA_NUM_THREADS)
    seconds, steps = 12.0 * scale, 10**9
    config = PPOConfig() if scale >= QUICK else PPOConfig(rollout_steps=16, minibatch=1024)
    values = DDQNConfig(warm_up=4096) if scale >= QUICK else DDQNConfig(warm_up=2048, iteration_steps=16)
    task = Task.model_validate({"market": {"presets": [preset]}})
    told("matrix products")
    speed = product_rate()
    world = TradingWorld(Ground(task=task), ENVIRONMENTS, threads)
    told("own PPO")
    ppo = PPO(world, config, 1, steps, threads)
    ppo_rate, ppo_shares = _measure(ppo, seconds)
    told("Stable-Baselines3 PPO")
    try:
        reference: tuple[str, float | None] = ("Stable-Baselines3 PPO", _sb3_rate(task, config, threads, seconds))
    except MissingExtraError:
        reference = ("Stable-Baselines3 PPO (not installed)", None)
    told("own Double DQN")
    ddqn = DDQN(world, values, 1, steps, threads)
    ddqn_rate, ddqn_shares = _measure(ddqn, seconds)
    rows = [row(f"train_ppo_{threads}t", ppo_rate, "steps/s", reference, AIM)]
    rows.append(row(f"train_ddqn_{threads}t", ddqn_rate, "steps/s", reference, AIM))
    if reference[1]:
        rows.append(row(f"sb3_ppo_{threads}t", reference[1], "steps/s"))
        rows.append(row("ppo_over_sb3", ppo_rate / reference[1], "times", aim="value >= 2"))
    rows += _parts("ppo", ppo_rate, ppo_shares, ppo, speed)
    rows += _parts("ddqn", ddqn_rate, ddqn_shares, ddqn, speed)
    rows.append(row("product_rate", speed / 1e9, "GFLOP/s"))
    return Report("train", machine(), threads, rows)
