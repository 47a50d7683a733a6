"""Markets whose regime is known: calm and turbulent days by a Markov chain, normal or with fat tails."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream

__all__ = ["SimulatedRegimes", "simulate_regimes"]

MEANS, DEVIATIONS = (0.0006, -0.0008), (0.0078, 0.0174)
LEAVE = (0.005, 0.015)
"""Chance a day of leaving the calm and the turbulent state: 3.7 changes in 500 days."""
FREEDOM = 5.0


class SimulatedRegimes(msgspec.Struct, frozen=True):
    """A simulated market.

    Attributes:
        returns: Shape (n,): daily log returns.
        state: Shape (n,), int64: 0 calm, 1 turbulent.
    """

    returns: Array
    state: Array


def simulate_regimes(days: int, seed: int, noise: Literal["normal", "t5"] = "normal") -> SimulatedRegimes:
    """A market of daily returns in two regimes, as estimated for equity indices (Nystrup et al. 2020).

    Args:
        days: How many.
        seed: The run's one seed.
        noise: ``normal``, or ``t5``: Student's t with 5 degrees of freedom of the same variance.

    Examples:
        >>> market = simulate_regimes(500, seed=7)
        >>> len(market.returns), sorted(set(market.state.tolist()))
        (500, [0, 1])
    """
    if days < 1:
        raise InvalidValueError("days", "1 or more", days)
    if noise not in ("normal", "t5"):
        raise InvalidValueError("noise", "normal or t5", noise)
    chance = stream(seed, f"risk/regimes/{noise}")
    leave = chance.random(days)
    state = np.zeros(days, np.int64)
    state[0] = int(leave[0] < LEAVE[0] / sum(LEAVE))
    for t in range(1, days):
        stays = leave[t] >= LEAVE[state[t - 1]]
        state[t] = state[t - 1] if stays else 1 - state[t - 1]
    if noise == "normal":
        shock = chance.standard_normal(days)
    else:
        shock = chance.standard_t(FREEDOM, days) * np.sqrt((FREEDOM - 2) / FREEDOM)
    return SimulatedRegimes(np.array(MEANS)[state] + np.array(DEVIATIONS)[state] * shock, state)
