r"""Realised measures of one session, from ticks or from bars.

Ticks see the bid–ask bounce: their squared returns add :math:`2 m \omega^2` for m ticks with noise of variance
:math:`\omega^2`, so plain realised variance grows with every tick. Three answers: look less often (every few minutes),
the realised kernel (looks always, weighs autocovariances so that noise cancels), or ranges of bars. Bipower variation
leaves out jumps. Ranges are biased down where few trades are seen.

References:
    Andersen, Bollerslev, Diebold and Labys (2003); Barndorff-Nielsen and Shephard (2004) on bipower variation;
    Barndorff-Nielsen, Hansen, Lunde and Shephard (2009), "Realized kernels in practice"; Parkinson (1980); Garman and
    Klass (1980), "On the estimation of security price volatilities from historical data".
"""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = [
    "TickMeasures",
    "bipower_variation",
    "garman_klass",
    "measure_ticks",
    "noise_variance",
    "parkinson",
    "realised_kernel",
    "realised_variance",
    "sample_ticks",
]

KERNEL_CONSTANT = 3.5134
"""c* of the Parzen kernel."""
SPARSE_S = 1200
GRID_S = 300


class TickMeasures(msgspec.Struct, frozen=True, kw_only=True):
    """What a session's ticks say of its variance.

    Attributes:
        ticks: How many.
        every_tick: Realised variance of every tick; noise and all.
        five_minutes: Realised variance of five-minute returns.
        bipower: Bipower variation of five-minute returns.
        kernel: Realised kernel of every tick.
        noise: Variance of the noise of one tick.
        jump_share: Share of the five-minute variance that is jumps, 0 or more.
    """

    ticks: int
    every_tick: float
    five_minutes: float
    bipower: float
    kernel: float
    noise: float
    jump_share: float


def realised_variance(prices: Array) -> float:
    """Sum of squared log returns.

    Args:
        prices: Shape (n,), positive.

    Examples:
        >>> round(realised_variance(np.exp([0.0, 0.1, 0.0])), 4)
        0.02
    """
    return float(np.sum(np.diff(np.log(_checked(prices))) ** 2))


def bipower_variation(prices: Array) -> float:
    r"""Variance without jumps: :math:`\frac{\pi}{2} \frac{n}{n-1} \sum |r_t| |r_{t-1}|`.

    Args:
        prices: Shape (n,), positive, three or more.
    """
    r = np.abs(np.diff(np.log(_checked(prices, 3))))
    return float(np.pi / 2 * len(r) / (len(r) - 1) * np.sum(r[1:] * r[:-1]))


def noise_variance(prices: Array) -> float:
    r"""Variance of the noise of one tick: :math:`RV / 2 m`, an upper bound.

    Args:
        prices: Shape (m + 1,), every tick, positive.
    """
    return realised_variance(prices) / (2 * (len(prices) - 1))


def realised_kernel(prices: Array, times_s: Array) -> float:
    r"""Realised kernel with Parzen weights: :math:`\sum_{|h| \le H} k(h / (H + 1)) \gamma_h`, never negative.

    The bandwidth is :math:`c^* \xi^{4/5} n^{3/5}` with the noise over the variance of twenty-minute returns.

    Args:
        prices: Shape (n,), positive, one for each time.
        times_s: Shape (n,), rising [s].
    """
    prices = _checked(prices, 10)
    returns = np.diff(np.log(prices))
    moved = returns[returns != 0]
    n = len(moved)
    if n < 10:
        return realised_variance(prices)
    sparse = max(realised_variance(sample_ticks(prices, times_s, SPARSE_S)), 1e-18)
    ratio = min(float(np.sum(moved**2)) / (2 * n) / sparse, 1.0)
    width = min(int(np.ceil(KERNEL_CONSTANT * ratio ** (2 / 5) * n ** (3 / 5))), n - 1)
    total = float(moved @ moved)
    for h in range(1, width + 1):
        total += 2 * _parzen(h / (width + 1)) * float(moved[h:] @ moved[:-h])
    return max(total, 0.0)


def parkinson(high: Array, low: Array) -> Array:
    r"""Variance of each bar by its range: :math:`(\ln H / L)^2 / 4 \ln 2`.

    Args:
        high: Shape (n,).
        low: Shape (n,).
    """
    return np.asarray(np.log(_checked(high) / _checked(low)) ** 2 / (4 * np.log(2)), np.float64)


def garman_klass(opened: Array, high: Array, low: Array, close: Array) -> Array:
    r"""Variance of each bar: :math:`\tfrac12 (\ln H / L)^2 - (2 \ln 2 - 1)(\ln C / O)^2`.

    Args:
        opened: Shape (n,).
        high: Shape (n,).
        low: Shape (n,).
        close: Shape (n,).
    """
    body = np.log(_checked(close) / _checked(opened)) ** 2
    return np.asarray(0.5 * np.log(_checked(high) / _checked(low)) ** 2 - (2 * np.log(2) - 1) * body, np.float64)


def sample_ticks(prices: Array, times_s: Array, every_s: float) -> Array:
    """Last price at each point of a grid of times.

    Args:
        prices: Shape (n,).
        times_s: Shape (n,), not falling [s].
        every_s: Step of the grid [s].
    """
    if len(prices) != len(times_s) or np.any(np.diff(times_s) < 0):
        raise InvalidValueError("times_s", f"{len(prices)} times that do not fall", len(times_s))
    grid = np.arange(times_s[0], times_s[-1] + every_s, every_s)
    return np.asarray(prices[np.searchsorted(times_s, grid, side="right") - 1], np.float64)


def measure_ticks(prices: Array, times_s: Array) -> TickMeasures:
    """All measures of one session.

    Args:
        prices: Shape (n,), trades or mid-prices, positive.
        times_s: Shape (n,), not falling [s].
    """
    sampled = sample_ticks(_checked(prices, 10), times_s, GRID_S)
    five, bipower = realised_variance(sampled), bipower_variation(sampled)
    return TickMeasures(
        ticks=len(prices),
        every_tick=realised_variance(prices),
        five_minutes=five,
        bipower=bipower,
        kernel=realised_kernel(prices, times_s),
        noise=noise_variance(prices),
        jump_share=max(0.0, 1 - bipower / five) if five > 0 else 0.0,
    )


def _parzen(x: float) -> float:
    return 1 - 6 * x**2 + 6 * x**3 if x <= 0.5 else 2 * (1 - x) ** 3


def _checked(prices: Array, fewest: int = 1) -> Array:
    prices = np.asarray(prices, np.float64)
    if len(prices) < fewest:
        raise InvalidValueError("prices", f"{fewest} or more", len(prices))
    bad = ~(np.isfinite(prices) & (prices > 0))
    if bad.any():
        row = int(np.argmax(bad))
        raise InvalidValueError("prices", f"positive (row {row})", prices[row])
    return prices
