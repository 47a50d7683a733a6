"""How well regimes are told, where they are known: balanced accuracy, flips, and how late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.risk.regimes.filtered import FilteredRegimes, RegimeModel
from tradewind.risk.regimes.simulate import simulate_regimes
from tradewind.stats import Interval, mean_interval

__all__ = ["RegimeScore", "balanced_accuracy", "delay", "score_regimes"]

FIT_DAYS, TEST_DAYS = 1500, 1000


class RegimeScore(msgspec.Struct, frozen=True, kw_only=True):
    """One model on simulated markets, on days after those it was fitted on.

    Attributes:
        name: Of the model.
        noise: ``normal`` or ``t5``.
        accuracy: Balanced accuracy, mean over simulations.
        flips: Changes of state in 500 days.
        true_flips: Changes of the true state in 500 days.
        delay: Median days until a new regime that lasts is named.
    """

    name: str
    noise: str
    accuracy: Interval
    flips: float
    true_flips: float
    delay: float


def balanced_accuracy(truth: Array, state: Array) -> float:
    """Mean over states of the share of its days that were told.

    Args:
        truth: Shape (n,).
        state: Shape (n,).

    Examples:
        >>> balanced_accuracy(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0]))
        0.5
    """
    if len(truth) != len(state):
        raise InvalidValueError("state", f"one for each of the {len(truth)} days", len(state))
    return float(np.mean([np.mean(state[truth == k] == k) for k in np.unique(truth)]))


def delay(truth: Array, found: FilteredRegimes, lasting: int = 20) -> list[int]:
    """Days from the start of each true regime that lasts until it is named; its length where it never is.

    Args:
        truth: Shape (n,).
        found: States of the same days.
        lasting: Regimes shorter than this do not count.
    """
    edges = np.concatenate([np.flatnonzero(np.diff(truth)) + 1, [len(truth)]])
    late = []
    for first, last in pairwise(edges.tolist()):
        if last - first >= lasting:
            named = found.state[first:last] == truth[first]
            late.append(int(np.argmax(named)) if named.any() else int(last - first))
    return late


def score_regimes(
    models: Sequence[RegimeModel],
    *,
    simulations: int = 26,
    noise: Literal["normal", "t5"] = "normal",
    seed: int = 7,
    progress: Callable[[int], None] = lambda _: None,
) -> list[RegimeScore]:
    """Fit on 1500 simulated days, filter on the next 1000, many times.

    Args:
        models: Models.
        simulations: How many markets; two or more.
        noise: Of the markets.
        seed: The run's one seed.
        progress: Told the number of the market that begins.
    """
    if simulations < 2:
        raise InvalidValueError("simulations", "2 or more", simulations)
    accuracy = np.empty((len(models), simulations))
    flips = np.empty((len(models), simulations))
    true_flips = np.empty(simulations)
    late: list[list[int]] = [[] for _ in models]
    for number in range(simulations):
        progress(number)
        market = simulate_regimes(FIT_DAYS + TEST_DAYS, seed * 1000 + number, noise)
        truth = market.state[FIT_DAYS:]
        true_flips[number] = np.sum(np.diff(truth) != 0)
        for k, model in enumerate(models):
            whole = model.fit(market.returns[:FIT_DAYS]).filter(market.returns)
            found = FilteredRegimes(state=whole.state[FIT_DAYS:], probability=whole.probability[FIT_DAYS:])
            accuracy[k, number] = balanced_accuracy(truth, found.state)
            flips[k, number] = found.flips
            late[k] += delay(truth, found)
    per = 500 / TEST_DAYS
    return [
        RegimeScore(
            name=model.name,
            noise=noise,
            accuracy=mean_interval(accuracy[k], np.arange(simulations), seed),
            flips=float(per * flips[k].mean()),
            true_flips=float(per * true_flips.mean()),
            delay=float(np.median(late[k])) if late[k] else float("nan"),
        )
        for k, model in enumerate(models)
    ]
