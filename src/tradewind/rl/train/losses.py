"""The losses of PPO by their slopes: what goes back into the network for one tile of 64 samples."""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import inner
from tradewind.execution.policies.network import TILE, exponential
from tradewind.rl.train.gradients import tile_outputs
from tradewind.rl.train.rollout import HALF_LOG_TAU

__all__ = [
    "CLIPPED",
    "DIVERGENCE",
    "ENTROPY",
    "LOSS",
    "SETTINGS",
    "TOLD",
    "VALUE_LOSS",
    "slopes_discrete",
    "slopes_gaussian",
    "slopes_value",
]

F = np.float32
TOLD = ("loss", "value_loss", "entropy_seen", "divergence", "clipped", "minibatches")
"""What an update tells, summed over its minibatches."""
SETTINGS = np.dtype(
    [(name, "f8") for name in ("learning_rate", "most_gradient", "epsilon", "clip", "value_clip", "entropy")]
    + [(name, "f8") for name in ("value_weight", "most_divergence")]
    + [(name, "i8") for name in ("epochs", "minibatch", "gaussian")]
    + [("key", "u8"), ("draws", "i8")]
    + [(name, "f8") for name in TOLD]
)
"""What an update reads, and below the draws what it tells."""
LOSS = 0
"""Statistic: the policy's loss."""
VALUE_LOSS = 1
"""Statistic: the critic's squared error."""
ENTROPY = 2
"""Statistic: entropy of the policy."""
DIVERGENCE = 3
"""Statistic: divergence from the policy that acted, estimated as the mean of ratio - 1 - log(ratio)."""
CLIPPED = 4
"""Statistic: share of clipped ratios."""


@inner
def surrogate(log_prob: float, sample: Record, settings: Record, statistics: Array) -> float:
    """Slope of the clipped surrogate loss of one sample in its logarithmic probability."""
    apart = np.float64(log_prob) - np.float64(sample.log_prob)
    ratio, advantage = math.exp(apart), np.float64(sample.advantage)
    low, high = 1.0 - settings.clip, 1.0 + settings.clip
    live = ratio <= high if advantage >= 0.0 else ratio >= low
    statistics[LOSS] -= min(ratio * advantage, min(max(ratio, low), high) * advantage)
    statistics[DIVERGENCE] += ratio - 1.0 - apart
    statistics[CLIPPED] += np.float64(ratio < low or ratio > high)
    return -advantage * ratio if live else 0.0


@inner
def slopes_discrete(room: Record, network: Record, samples: Array, order: Array, settings: Record) -> None:
    """Replace a tile's logits by the slopes of the policy's loss in them."""
    outputs, part = tile_outputs(network, room.scratch), F(1.0 / settings.minibatch)
    columns, weight = outputs.shape[1], F(settings.entropy)
    lowered = room.scratch.behind[: TILE * columns].reshape(TILE, columns)
    for i in range(TILE):
        sample, out, low = samples[order[i]], outputs[i], lowered[i]
        mask = sample.mask[:columns]
        top = F(-3.0e38)
        for j in range(columns):
            top = max(top, out[j]) if mask[j] else top
        total = F(0.0)
        for j in range(columns):
            low[j] = out[j] - top
            out[j] = exponential(low[j]) * F(mask[j])
        for j in range(columns):
            total += out[j]
        log_total, mean = F(math.log(total)), F(0.0)
        for j in range(columns):
            out[j] /= total
            low[j] -= log_total
        for j in range(columns):
            mean += out[j] * low[j] if mask[j] else F(0.0)
        slope = F(surrogate(low[sample.action], sample, settings, room.statistics))
        room.statistics[ENTROPY] -= mean
        for j in range(columns):
            out[j] = part * out[j] * (weight * (low[j] - mean) - slope)
        out[sample.action] += part * slope


@inner
def slopes_gaussian(room: Record, network: Record, samples: Array, order: Array, settings: Record) -> None:
    """Replace a tile's means by the slopes of the policy's loss in them; add those of the log deviations."""
    outputs, part = tile_outputs(network, room.scratch), 1.0 / settings.minibatch
    gradient = room.gradient[0]
    for i in range(TILE):
        sample = samples[order[i]]
        log_prob = 0.0
        for j in range(network.outputs):
            log_std = np.float64(network.weights[network.log_std_at + j])
            z = (sample.chosen[j] - outputs[i, j]) * math.exp(-log_std)
            log_prob -= 0.5 * z * z + log_std + HALF_LOG_TAU
            room.statistics[ENTROPY] += log_std + 0.5 + HALF_LOG_TAU
        slope = surrogate(log_prob, sample, settings, room.statistics)
        for j in range(network.outputs):
            log_std = np.float64(network.weights[network.log_std_at + j])
            z = (sample.chosen[j] - outputs[i, j]) * math.exp(-log_std)
            outputs[i, j] = part * slope * z * math.exp(-log_std)
            gradient[network.log_std_at + j] += part * (slope * (z * z - 1.0) - settings.entropy)


@inner
def slopes_value(room: Record, network: Record, samples: Array, order: Array, settings: Record) -> None:
    """Replace a tile's values by the slopes of the critic's loss in them."""
    outputs, weight = tile_outputs(network, room.scratch), 2.0 * settings.value_weight / settings.minibatch
    for i in range(TILE):
        sample = samples[order[i]]
        error = np.float64(outputs[i, 0]) - sample.target
        if settings.value_clip > 0.0:
            moved = np.float64(outputs[i, 0]) - sample.value
            held = sample.value + min(max(moved, -settings.value_clip), settings.value_clip) - sample.target
            if held * held > error * error:
                room.statistics[VALUE_LOSS] += held * held
                outputs[i, 0] = F(0.0)
                continue
        room.statistics[VALUE_LOSS] += error * error
        outputs[i, 0] = weight * error
