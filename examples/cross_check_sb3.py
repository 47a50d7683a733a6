"""Our PPO and Double DQN beside Stable-Baselines3's PPO and DQN: same environment, networks, steps; judged alike.

Every policy is judged without chance on the same validation orders, beside a TWAP that crosses. Equal quality means
that the means over seeds differ by less than the seeds do.

    pip install 'tradewind[train]'
    python examples/cross_check_sb3.py --preset aig --steps 200000 --seeds 3
"""

import argparse
from collections.abc import Callable

import numpy as np

from tradewind.core.clock import SystemClock
from tradewind.execution.policies.policy import Policy, Provenance
from tradewind.rl.env.ground import Ground
from tradewind.rl.env.task import Task, parse_task
from tradewind.rl.train.ddqn import DDQN, DDQNConfig
from tradewind.rl.train.ppo import PPO, PPOConfig
from tradewind.rl.train.sb3 import exported, sb3_dqn, sb3_ppo
from tradewind.rl.train.world import Judge, TradingWorld

COUNT, VALIDATION_SEED = 64, 1_000_003
ON_POLICY = PPOConfig(rollout_steps=128, minibatch=1024, epochs=4, learning_rate=1e-3, entropy=0.003)
OFF_POLICY = DDQNConfig(activation="relu", batch=256, updates=1, warm_up=10_000, n_step=1, dueling=False)
Trained = tuple[Policy, float]


def ours(kind: Callable[..., PPO | DDQN], config: PPOConfig | DDQNConfig, task: Task) -> Callable[[int, int], Trained]:
    """A trainer of ours: from steps and seed to a policy and steps a second."""

    def train(steps: int, seed: int) -> Trained:
        learner = kind(TradingWorld(Ground(task=task), COUNT), config, seed, steps)
        learner.iterate()
        clock, first = SystemClock(), learner.steps
        start = clock.monotonic_ns()
        while learner.steps < steps:
            learner.iterate()
        return learner.policy(Provenance()), (learner.steps - first) / ((clock.monotonic_ns() - start) / 1e9)

    return train


def theirs(kind: Callable[..., object], config: PPOConfig | DDQNConfig, task: Task) -> Callable[[int, int], Trained]:
    """The same of Stable-Baselines3."""

    def train(steps: int, seed: int) -> Trained:
        model = kind(task, config, COUNT, seed)
        clock = SystemClock()
        start = clock.monotonic_ns()
        model.learn(steps)  # type: ignore[attr-defined]
        seconds = (clock.monotonic_ns() - start) / 1e9
        return exported(model, task, Provenance()), model.num_timesteps / seconds  # type: ignore[attr-defined]

    return train


def main() -> None:
    """Train, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="aig")
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--episodes", type=int, default=1024)
    chosen = parser.parse_args()
    task = parse_task({"market": {"presets": [chosen.preset], "lead_s": 3.0}})
    judge = Judge(Ground(task=task), chosen.episodes, VALIDATION_SEED)
    print(f"crossing TWAP: {judge.twap_bps.mean():.3f} bps over {chosen.episodes} validation orders of {chosen.preset}")
    rates = {}
    for name, train in (
        ("PPO", ours(PPO, ON_POLICY, task)),
        ("PPO, Stable-Baselines3", theirs(sb3_ppo, ON_POLICY, task)),
        ("Double DQN", ours(DDQN, OFF_POLICY, task)),
        ("DQN, Stable-Baselines3", theirs(sb3_dqn, OFF_POLICY, task)),
    ):
        found = [train(chosen.steps, seed) for seed in range(1, chosen.seeds + 1)]
        costs = np.array([judge(policy).shortfall_bps for policy, _ in found])
        rates[name] = float(np.mean([rate for _, rate in found]))
        each = ", ".join(f"{cost:.3f}" for cost in costs)
        spread = f" ± {costs.std(ddof=1):.3f}" if len(costs) > 1 else ""
        print(f"{name:24} {costs.mean():.3f}{spread} bps over seeds ({each}); {rates[name]:,.0f} steps/s", flush=True)
    for own, other in (("PPO", "PPO, Stable-Baselines3"), ("Double DQN", "DQN, Stable-Baselines3")):
        print(f"{own}: {rates[own] / rates[other]:.1f} times the speed of Stable-Baselines3")


if __name__ == "__main__":
    main()
