"""What a network's last numbers mean: losses for training, distributions for forecasts."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.alpha.models.ordered import softmax
from tradewind.core.dtypes import Array

__all__ = ["distribution_values", "head_width", "row_loss"]

EDGE = 12.0
"""Logarithms of scales are kept within this on both sides."""


def head_width(output: str, levels: int) -> int:
    """How many numbers the last layer gives."""
    return {"classes": levels, "quantiles": levels, "normal": 2, "gamma": 1}[output]


def row_loss(output: str, levels: tuple[float, ...]) -> Any:
    """The loss of each row: cross-entropy, normal likelihood, QLIKE or pinball; targets are standardised labels.

    Args:
        output: Kind of the distribution.
        levels: Quantile levels.
    """

    def loss(torch: Any, out: Any, target: Any) -> Any:
        if output == "classes":
            return torch.nn.functional.cross_entropy(out, target.long(), reduction="none")
        target = target.to(out.dtype)
        if output == "normal":
            size = out[:, 1].clamp(-EDGE, EDGE)
            return size + 0.5 * (target - out[:, 0]) ** 2 * torch.exp(-2.0 * size)
        if output == "gamma":
            size = out[:, 0].clamp(-EDGE, EDGE)
            return size + target * torch.exp(-size)
        error = target[:, None] - out
        share = torch.tensor(levels, dtype=out.dtype)
        return torch.maximum(share * error, (share - 1.0) * error).sum(dim=1)

    return loss


def distribution_values(output: str, out: Array, centre: float, spread: float, shape: float) -> Array:
    """A distribution's values from the last layer's numbers.

    Args:
        output: Kind of the distribution.
        out: Shape (n, numbers).
        centre: Mean of the labels; 0 for ``gamma``.
        spread: Their deviation; their mean for ``gamma``.
        shape: Of ``gamma``.

    Examples:
        >>> distribution_values("normal", np.array([[1.0, 0.0]]), 2.0, 3.0, 0.0).tolist()
        [[5.0, 3.0]]
    """
    if output == "classes":
        return softmax(out)
    if output == "normal":
        return np.stack([centre + spread * out[:, 0], spread * np.exp(np.clip(out[:, 1], -EDGE, EDGE))], axis=1)
    if output == "gamma":
        return np.stack([spread * np.exp(np.clip(out[:, 0], -EDGE, EDGE)), np.full(len(out), shape)], axis=1)
    return np.sort(centre + spread * out, axis=1)
