"""Stable-Baselines3 in the same markets with the same hyper-parameters: the oracle, and the way to big networks.

Recurrent networks, GPUs and other algorithms go this way (``examples/train_sb3.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError
from tradewind.execution.actions import ACTIONS
from tradewind.execution.features import FEATURES, spec_hash
from tradewind.execution.policies.policy import Header, Policy, Provenance, filled_policy
from tradewind.rl.env.task import Task
from tradewind.rl.train.ddqn import DDQNConfig
from tradewind.rl.train.ppo import PPOConfig
from tradewind.rl.train.world import action_spec_of

__all__ = ["exported", "sb3_dqn", "sb3_ppo", "torch_decision"]


def _packages() -> tuple[Any, Any]:
    try:
        import stable_baselines3
        import torch
    except ImportError:
        raise MissingExtraError("stable-baselines3 and torch", "train", "Stable-Baselines3") from None
    return stable_baselines3, torch


def _world(task: Task, count: int, seed: int, threads: int, *, continuous: bool, scaled: float | None) -> Any:
    """The environments, features normalised (and rewards scaled) by running statistics as our trainers do."""
    from stable_baselines3.common.vec_env import VecNormalize

    from tradewind.rl.env.sb3 import ExecutionVecEnv

    world = ExecutionVecEnv(task, count, seed, threads=threads, continuous=continuous)
    return VecNormalize(world, norm_reward=scaled is not None, gamma=scaled or 1.0)


def sb3_ppo(task: Task, config: PPOConfig, count: int, seed: int, *, threads: int = 1, continuous: bool = False) -> Any:
    """Stable-Baselines3's PPO, ready to ``learn``.

    Args:
        task: The orders and the markets.
        config: Hyper-parameters; masks are not known to it: an action that is not allowed waits.
        count: Number of environments.
        seed: The run's seed.
        threads: Threads of simulator and Torch.
        continuous: Act by rate and aggressiveness.

    Raises:
        MissingExtraError: Without the extra ``train``.
    """
    sb3, torch = _packages()
    torch.set_num_threads(threads)
    scaled = config.gamma if config.scale_rewards else None
    return sb3.PPO(
        "MlpPolicy",
        _world(task, count, seed, threads, continuous=continuous, scaled=scaled),
        n_steps=config.rollout_steps,
        batch_size=config.minibatch,
        n_epochs=config.epochs,
        learning_rate=_schedule(config.learning_rate, config.schedule),
        gamma=config.gamma,
        gae_lambda=config.gae_lambda,
        clip_range=config.clip,
        ent_coef=config.entropy,
        vf_coef=config.value_weight,
        max_grad_norm=config.most_gradient,
        target_kl=config.most_divergence or None,
        policy_kwargs={
            "net_arch": list(config.hidden),
            "activation_fn": torch.nn.Tanh if config.activation == "tanh" else torch.nn.ReLU,
            "log_std_init": config.log_std,
        },
        device="cpu",
        seed=seed,
    )


def sb3_dqn(task: Task, config: DDQNConfig, count: int, seed: int, *, threads: int = 1) -> Any:
    """Stable-Baselines3's DQN (neither double nor dueling), ready to ``learn``; arguments as in :func:`sb3_ppo`.

    Raises:
        MissingExtraError: Without the extra ``train``.
    """
    sb3, torch = _packages()
    torch.set_num_threads(threads)
    scaled = config.gamma if config.scale_rewards else None
    return sb3.DQN(
        "MlpPolicy",
        _world(task, count, seed, threads, continuous=False, scaled=scaled),
        buffer_size=config.capacity,
        batch_size=config.batch,
        learning_rate=_schedule(config.learning_rate, config.schedule),
        learning_starts=config.warm_up,
        train_freq=1,
        gradient_steps=config.updates,
        target_update_interval=config.target_every * count // config.updates,
        gamma=config.gamma,
        exploration_fraction=config.explore_until,
        exploration_initial_eps=config.explore_first,
        exploration_final_eps=config.explore_last,
        max_grad_norm=config.most_gradient,
        policy_kwargs={
            "net_arch": list(config.hidden),
            "activation_fn": torch.nn.Tanh if config.activation == "tanh" else torch.nn.ReLU,
        },
        device="cpu",
        seed=seed,
    )


def _schedule(rate: float, schedule: str) -> Any:
    return rate if schedule == "constant" else lambda left: rate * left


def torch_decision(layers: list[tuple[Array, Array]]) -> Callable[[Array, Array], int]:
    """One decision by eager Torch, for comparison.

    Args:
        layers: Weights (inputs, outputs) and biases.

    Raises:
        MissingExtraError: Without the extra ``train``.
    """
    _, torch = _packages()
    torch.set_num_threads(1)
    parts = [(torch.from_numpy(weights.T.copy()), torch.from_numpy(bias)) for weights, bias in layers]

    def decide(observation: Array, mask: Array) -> int:
        with torch.inference_mode():
            x = torch.from_numpy(observation).clamp(-10.0, 10.0)
            for weights, bias in parts[:-1]:
                x = torch.tanh(torch.nn.functional.linear(x, weights, bias))
            weights, bias = parts[-1]
            x = torch.nn.functional.linear(x, weights, bias)
            return int(x.masked_fill(~torch.from_numpy(mask), float("-inf")).argmax())

    return decide


def exported(model: Any, task: Task, provenance: Provenance) -> Policy:
    """A network that Stable-Baselines3 trained, as a policy file has it: judged, backtested and run like our own.

    Args:
        model: A PPO or DQN of :func:`sb3_ppo` or :func:`sb3_dqn`.
        task: The task it was trained on.
        provenance: Where it comes from.

    Raises:
        InvalidValueError: For a network that the kernels do not serve.
    """
    net = model.policy
    q_values, continuous = hasattr(net, "q_net"), hasattr(net, "log_std")
    layers = list(net.q_net.q_net) if q_values else [*net.mlp_extractor.policy_net, net.action_net]
    linear = [layer for layer in layers if hasattr(layer, "weight")]
    header = Header(
        head="q_values" if q_values else "gaussian" if continuous else "masked",
        activation="tanh" if type(layers[1]).__name__ == "Tanh" else "relu",
        hidden=tuple(int(layer.out_features) for layer in linear[:-1]),
        features=tuple(feature.name for feature in FEATURES),
        actions=("rate", "aggressiveness") if continuous else ACTIONS,
        observation_hash=spec_hash(),
        action_spec=action_spec_of(task, continuous=continuous),
        provenance=provenance,
    )
    blocks = [part for layer in linear for part in (layer.weight.detach().numpy().T, layer.bias.detach().numpy())]
    running = model.get_vec_normalize_env().obs_rms
    scale = 1.0 / np.sqrt(running.var + 1e-8)
    return filled_policy(header, [running.mean, scale, *blocks])
