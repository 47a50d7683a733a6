"""A larger network with memory, trained by Stable-Baselines3 in tradewind's markets; on a GPU where there is one.

Four looks are stacked and go through 256-256; ``RecurrentPPO`` of sb3-contrib takes the same environment. Networks of
this size do not fit tradewind's own kernels, so the policy is judged through the environment, beside TWAP.

    pip install 'tradewind[train]'
    python examples/train_sb3.py --steps 500000
"""

import argparse

import numpy as np
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecFrameStack, VecNormalize

from tradewind.execution.baselines.catalogue import new_plan
from tradewind.execution.baselines.records import Kind
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.sb3 import ExecutionVecEnv
from tradewind.rl.env.task import Task, parse_task
from tradewind.rl.train.world import shortfall_bps

LOOKS, VALIDATION_SEED = 4, 1_000_003


def judge(world: VecNormalize, model: PPO, task: Task, episodes: int) -> np.ndarray:
    """Shortfalls of the policy without chance on the first ``episodes`` orders of the validation markets [bps]."""
    batch, costs = ExecutionBatch(task, 64, VALIDATION_SEED), np.full(episodes, np.nan)
    width = batch.observations.shape[1]
    looks = np.zeros((batch.count, LOOKS * width), np.float32)
    looks[:, -width:] = batch.observations
    while np.isnan(costs).any():
        actions, _ = model.predict(world.normalize_obs(looks), deterministic=True)
        batch.step(actions)
        looks[:, :-width] = np.where(batch.terminated[:, None], 0.0, looks[:, width:])
        looks[:, -width:] = batch.observations
        done = batch.finished()
        done = done[done["episode"] < episodes]
        costs[done["episode"]] = shortfall_bps(done)
    return costs


def twap(task: Task, episodes: int) -> np.ndarray:
    """Shortfalls of a crossing TWAP on the same orders [bps]."""
    batch, costs = ExecutionBatch(task, 64, VALIDATION_SEED), np.full(episodes, np.nan)
    while np.isnan(costs).any():
        batch.step_intents(new_plan(Kind.SCHEDULE))
        done = batch.finished()
        done = done[done["episode"] < episodes]
        costs[done["episode"]] = shortfall_bps(done)
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="aig")
    parser.add_argument("--steps", type=int, default=500_000)
    parser.add_argument("--episodes", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    task = parse_task({"market": {"presets": [chosen.preset]}})
    world = VecNormalize(VecFrameStack(ExecutionVecEnv(task, 64, chosen.seed), LOOKS), gamma=0.999)
    model = PPO(
        "MlpPolicy",
        world,
        n_steps=128,
        batch_size=2048,
        n_epochs=4,
        gamma=0.999,
        ent_coef=0.002,
        policy_kwargs={"net_arch": [256, 256]},
        device="auto",
        seed=chosen.seed,
    )
    model.learn(chosen.steps, progress_bar=False)
    own, plain = judge(world, model, task, chosen.episodes), twap(task, chosen.episodes)
    saved = plain - own
    error = 1.96 * saved.std(ddof=1) / np.sqrt(len(saved))
    print(f"Stable-Baselines3 PPO, {LOOKS} looks, 256-256: {own.mean():.3f} bps; TWAP {plain.mean():.3f} bps")
    print(f"saved {saved.mean():.3f} ± {error:.3f} bps over {len(saved)} orders")


if __name__ == "__main__":
    main()
