"""Stress: shapes of days that were, and shocks that a person writes down."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError

__all__ = ["CRISES", "Crisis", "Stressed", "named_crisis", "shock", "stress"]


class Crisis(msgspec.Struct, frozen=True, kw_only=True):
    """The shape of a fall of the market, as its index moved (public index levels, rounded to a tenth of a percent).

    Attributes:
        name: What it is called.
        story: When, and what happened.
        path: Market returns of its steps (days; for 2010-05-06 stretches of an afternoon).
        volatility: Factor on volatility against a calm year.
        spread: Factor on what trading costs.
    """

    name: str
    story: str
    path: tuple[float, ...]
    volatility: float
    spread: float


CRISES: dict[str, Crisis] = {
    crisis.name: crisis
    for crisis in (
        Crisis(
            name="2008",
            story="S&P 500, daily, 2008-09-29 to 2008-10-10: credit markets close after Lehman Brothers.",
            path=(-0.088, 0.054, -0.005, -0.040, -0.014, -0.039, -0.057, -0.011, -0.076, -0.012),
            volatility=4.5,
            spread=3.0,
        ),
        Crisis(
            name="2010-05-06",
            story="S&P 500 futures, afternoon: a slow fall, minutes of none left to buy, recovery within half an hour.",
            path=(-0.012, -0.017, -0.011, -0.050, 0.028, 0.027, 0.006, -0.002),
            volatility=4.0,
            spread=10.0,
        ),
        Crisis(
            name="2020-03",
            story="S&P 500, daily, 2020-02-24 to 2020-03-23: the pandemic; the fastest third ever lost.",
            path=(
                *(-0.034, -0.030, -0.004, -0.044, -0.008, 0.046, -0.028, 0.042, -0.034, -0.017),
                *(-0.076, 0.049, -0.049, -0.095, 0.093, -0.120, 0.060, -0.052, 0.005, -0.043, -0.029),
            ),
            volatility=5.0,
            spread=4.0,
        ),
    )
}
"""Shapes by name."""


class Stressed(msgspec.Struct, frozen=True, kw_only=True):
    """What a portfolio would lose.

    Attributes:
        name: Of the scenario.
        profit: At its end, below 0 for a loss [currency].
        worst: The lowest on the way [currency].
        worst_step: After which step.
        path: Shape (steps,): profit after each step [currency].
        by_position: Shape (n,): profit of each position at the worst point [currency].
    """

    name: str
    profit: float
    worst: float
    worst_step: int
    path: Array
    by_position: Array


def named_crisis(name: str) -> Crisis:
    """A shape by name.

    Raises:
        NotFoundError: When there is none of that name.
    """
    if name not in CRISES:
        raise NotFoundError(f"{name}: no such crisis; there are {', '.join(CRISES)}")
    return CRISES[name]


def stress(values: Array, betas: Array, crisis: Crisis, residual: Array | None = None) -> Stressed:
    r"""A portfolio held through a crisis.

    Position i ends each step with :math:`v_i \prod_k (1 + \beta_i m_k)`, no lower than nothing for a long position; the
    own risk of a position (``residual``) is added at one crisis deviation against it, once, without diversification.

    Args:
        values: Shape (n,) [currency].
        betas: Shape (n,).
        crisis: The market's path.
        residual: Shape (n,): own daily volatility of each position in calm times; none when not given.

    Examples:
        >>> round(stress(np.array([100.0]), np.array([1.0]), CRISES["2008"]).profit, 1)
        -25.9
    """
    values, betas = np.asarray(values, np.float64), np.asarray(betas, np.float64)
    if values.shape != betas.shape or values.ndim != 1 or not np.isfinite([values, betas]).all():
        raise InvalidValueError("values and betas", "finite and of one shape (n,)", f"{values.shape} and {betas.shape}")
    factors = np.cumprod(np.maximum(1 + np.outer(crisis.path, betas), 0.0), axis=0)
    profits = values * (factors - 1)
    if residual is not None:
        profits = profits - np.abs(values) * np.asarray(residual) * crisis.volatility
    path = profits.sum(axis=1)
    worst = int(np.argmin(path))
    return Stressed(
        name=crisis.name,
        profit=float(path[-1]),
        worst=float(path[worst]),
        worst_step=worst,
        path=path,
        by_position=profits[worst],
    )


def shock(values: Array, shocks: Array, name: str = "shock") -> Stressed:
    """A portfolio under one return for each position, as a person wrote it down.

    Examples:
        >>> shock(np.array([100.0, -50.0]), np.array([-0.1, 0.2])).profit
        -20.0
    """
    values, shocks = np.asarray(values, np.float64), np.asarray(shocks, np.float64)
    if values.shape != shocks.shape or not np.isfinite(shocks).all() or np.any(shocks < -1):
        raise InvalidValueError("shocks", f"finite, -1 or more, shape {values.shape}", shocks.shape)
    profits = values * shocks
    total = float(profits.sum())
    return Stressed(name=name, profit=total, worst=total, worst_step=0, path=np.array([total]), by_position=profits)
