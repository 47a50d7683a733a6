"""Speed of one decision: from an observation to an action on one core, beside NumPy and Torch on the same network."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from tradewind.bench.result import Report, Row, machine, noted, row
from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import Array
from tradewind.core.random import stream
from tradewind.execution.actions import ACTIONS
from tradewind.execution.features import FEATURES
from tradewind.execution.policies.actor import Actor
from tradewind.execution.policies.network import start_weights
from tradewind.execution.policies.policy import Header, Policy, new_policy

__all__ = ["bench_decide"]

Decision: TypeAlias = Callable[[Array, Array], int]
DECISIONS = 100_000
ROWS = 512


def _policy(hidden: tuple[int, ...]) -> Policy:
    header = Header(
        head="masked",
        activation="tanh",
        hidden=hidden,
        features=tuple(feature.name for feature in FEATURES),
        actions=ACTIONS,
        observation_hash="bench",
    )
    policy = new_policy(header)
    start_weights(policy.record["network"], stream(1, "bench/decide"), 1.0)
    return policy


def _layers(policy: Policy) -> list[tuple[Array, Array]]:
    """Weights and biases without padding."""
    network = policy.record["network"][0]
    found, layers = [], int(network["layers"])
    for number in range(layers):
        layer = network["layer"][number]
        rows, columns, at = int(layer["rows"]), int(layer["columns"]), int(layer["weights_at"])
        used = int(network["outputs"]) if number == layers - 1 else columns
        block = network["weights"][at : at + rows * columns].reshape(rows, columns)[: int(layer["depth"]), :used]
        bias = int(layer["bias_at"])
        found.append((np.ascontiguousarray(block), network["weights"][bias : bias + used].copy()))
    return found


def _numpy(policy: Policy) -> Decision:
    layers = _layers(policy)

    def decide(observation: Array, mask: Array) -> int:
        x = np.clip(observation, -10.0, 10.0)
        for weights, bias in layers[:-1]:
            x = np.tanh(x @ weights + bias)
        weights, bias = layers[-1]
        return int(np.where(mask, x @ weights + bias, -np.inf).argmax())

    return decide


def _torch(policy: Policy) -> Decision | None:
    try:
        from tradewind.rl.train.sb3 import torch_decision
    except ImportError:
        return None
    return torch_decision(_layers(policy))


def _quantiles(decide: Decision, observations: Array, masks: Array, count: int) -> tuple[float, float]:
    """Median and 99th percentile of a decision [us]."""
    clock, spent = SystemClock(), np.zeros(count, np.int64)
    for k in range(min(count, 2000)):
        decide(observations[k % ROWS], masks[k % ROWS])
    gc.collect()
    gc.disable()
    try:
        for k in range(count):
            observation, mask = observations[k % ROWS], masks[k % ROWS]
            start = clock.monotonic_ns()
            decide(observation, mask)
            spent[k] = clock.monotonic_ns() - start
    finally:
        gc.enable()
    median, tail = np.percentile(spent, [50, 99]) / 1e3
    return float(median), float(tail)


def bench_decide(scale: float, told: Callable[[str], None]) -> Report:
    """Measure decisions called one by one from Python; every row's reference is measured in the same run.

    Args:
        scale: Fraction of the full number of decisions.
        told: Called with what is being measured.

    Returns:
        Rows for the shipped size (64-64) and for 128-128.
    """
    random = stream(2, "bench/decide")
    observations = random.standard_normal((ROWS, len(FEATURES))).astype(np.float32)
    masks = random.random((ROWS, len(ACTIONS))) < 0.7
    masks[:, 0] = True
    count, rows = max(1000, int(DECISIONS * scale)), list[Row]()
    for hidden, suffix in (((64, 64), ""), ((128, 128), "_128")):
        policy = _policy(hidden)
        told(f"own kernel, {hidden}")
        own = _quantiles(Actor(policy).decide, observations, masks, count)
        told(f"NumPy, {hidden}")
        plain = _quantiles(_numpy(policy), observations, masks, count // 4)
        for k, (name, aim) in enumerate((("p50", "value <= 3"), ("p99", "value <= 10"))):
            rows.append(row(f"decide_{name}_us{suffix}", own[k], "us", ("NumPy", plain[k]), aim))
        told(f"Torch, {hidden}")
        if (by_torch := _torch(policy)) is not None:
            eager = _quantiles(by_torch, observations, masks, count // 10)
            for k, name in enumerate(("p50", "p99")):
                rows.append(row(f"decide_{name}_us{suffix}_v_torch", own[k], "us", ("Torch, eager", eager[k])))
    note = "from a normalised-and-masked observation to an action, checks included, one call from Python each"
    return Report("decide", machine(), 1, [noted(rows[0], note), *rows[1:]])
