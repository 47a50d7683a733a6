"""Learning a band by the gradient of the expected shortfall along whole paths."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.risk.hedging.band import Band, BandNet
from tradewind.risk.hedging.option import OptionPosition

__all__ = ["LearnRules", "hedged_losses", "learn_band", "shortfall_gradient"]


class LearnRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a band is learned.

    Attributes:
        steps: Gradient steps.
        batch: Paths of each.
        hidden: Width of both hidden layers.
        rate: Of Adam, falling to a tenth.
        level: Tail probability of the expected shortfall; steps begin at a half and come down to it.
    """

    steps: int = 200
    batch: int = 4096
    hidden: int = 16
    rate: float = 0.02
    level: float = 0.05


def hedged_losses(position: OptionPosition, band: Band, paths: Array, cost: float) -> Array:
    r"""Loss of the position and its hedge on each path, in units of the price at the start.

    .. math:: L = V_0 - \Pi(S_T) - \sum_t h_t (S_{t+1} - S_t) + c \sum_t |h_t - h_{t-1}| S_t + c |h_{T-1}| S_T

    with :math:`h_t = \mathrm{clip}(h_{t-1}, l_t, u_t)`; V_0 is what the options are worth at the start.

    Args:
        position: What is hedged.
        band: Where the hedge may lie.
        paths: Shape (n, days + 1).
        cost: Of a trade, as a share of its value.

    Returns:
        Shape (n,).
    """
    _check(position, paths, cost)
    held: Array = np.zeros(len(paths))
    loss: Array = np.zeros(len(paths))
    for day in range(position.days):
        price = paths[:, day]
        low, high = band.edges(position, price, day)
        wanted = np.clip(held, low, high)
        loss += cost * np.abs(wanted - held) * price - wanted * (paths[:, day + 1] - price)
        held = wanted
    start, _, _ = position.greeks(np.ones(1), position.days)
    return np.asarray(loss + cost * np.abs(held) * paths[:, -1] + start[0] - position.payoff(paths[:, -1]))


def learn_band(
    position: OptionPosition,
    draw: Callable[[int, int], Array],
    cost: float,
    rules: LearnRules | None = None,
    *,
    seed: int = 7,
    tell: Callable[[], None] = lambda: None,
) -> BandNet:
    """Learn a no-trade band that keeps the expected shortfall low.

    Args:
        position: What is hedged.
        draw: ``draw(count, seed)`` gives fresh paths (count, days + 1).
        cost: Of a trade, as a share of its value.
        rules: How it is learned.
        seed: Of weights and paths.
        tell: Called after every step.

    Returns:
        The band, the average of the weights over the last third of the steps.
    """
    rules = rules or LearnRules()
    net = BandNet(cost, _first_weights(rules.hidden, seed))
    means, squares = [[np.zeros_like(w) for w in net.weights] for _ in range(2)]
    average, counted = [np.zeros_like(w) for w in net.weights], 0
    for step in range(rules.steps):
        done = step / max(rules.steps - 1, 1)
        level = rules.level + (0.5 - rules.level) * max(0.0, 1 - 3 * done)
        paths = draw(rules.batch, seed + 1000 * (step + 1))
        losses = hedged_losses(position, net, paths, cost)
        tail = losses >= np.quantile(losses, 1 - level)
        slopes = shortfall_gradient(position, net, paths[tail], cost)
        rate = rules.rate * (1 - 0.9 * done)
        for k, slope in enumerate(slopes):
            means[k] += 0.1 * (slope - means[k])
            squares[k] += 0.01 * (slope * slope - squares[k])
            fair = (means[k] / (1 - 0.9 ** (step + 1))) / (np.sqrt(squares[k] / (1 - 0.99 ** (step + 1))) + 1e-10)
            net.weights[k] = net.weights[k] - rate * fair
        if 3 * step >= 2 * rules.steps:
            counted += 1
            average = [a + w for a, w in zip(average, net.weights, strict=True)]
        tell()
    return BandNet(cost, [a / counted for a in average] if counted else net.weights)


def shortfall_gradient(position: OptionPosition, net: BandNet, paths: Array, cost: float) -> list[Array]:
    """Gradient of the mean loss over paths (those of the tail) by the weights of the band: back through time."""
    held: Array = np.zeros(len(paths))
    steps = []
    for day in range(position.days):
        price = paths[:, day]
        middle, sight = net.inputs(position, price, day)
        half, kept = net.forward(sight)
        low, high = middle - half[:, 0], middle + half[:, 1]
        wanted = np.clip(held, low, high)
        steps.append((kept, held < low, held > high, np.sign(wanted - held)))
        held = wanted
    carried = cost * np.sign(held) * paths[:, -1]
    total = [np.zeros_like(w) for w in net.weights]
    for day in range(position.days - 1, -1, -1):
        kept, below, above, traded = steps[day]
        price = paths[:, day]
        paid = cost * traded * price
        slope = carried + paid - (paths[:, day + 1] - price)
        edges = np.column_stack((np.where(below, -slope, 0.0), np.where(above, slope, 0.0))) / len(paths)
        total = [t + g for t, g in zip(total, net.backward(kept, edges), strict=True)]
        carried = np.where(below | above, 0.0, slope) - paid
    return total


def _first_weights(hidden: int, seed: int) -> list[Array]:
    chance = stream(seed, "risk/hedging/weights")
    sizes = (4, hidden, hidden, 2)
    layers: list[Array] = []
    for rows, columns in pairwise(sizes):
        layers += [chance.normal(0, 1 / np.sqrt(rows), (rows, columns)), np.zeros(columns)]
    layers[4] *= 0.1
    return layers


def _check(position: OptionPosition, paths: Array, cost: float) -> None:
    if paths.ndim != 2 or paths.shape[1] != position.days + 1 or not np.isfinite(paths).all() or (paths <= 0).any():
        raise InvalidValueError("paths", f"finite prices above 0, shape (n, {position.days + 1})", paths.shape)
    if not 0 <= cost < 1:
        raise InvalidValueError("cost", "from 0 to 1 (10 bp is 0.001)", cost)
