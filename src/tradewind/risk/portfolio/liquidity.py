"""What it takes to get out: time and cost to unwind, risk while unwinding, and margin."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.risk.portfolio.exposure import checked_covariance

__all__ = ["Liquidity", "Unwinding", "scan_margin", "unwind"]


class Liquidity(msgspec.Struct, frozen=True, kw_only=True):
    """How each instrument trades.

    Attributes:
        daily_volume: Shape (n,): mean value traded a day [currency].
        daily_volatility: Shape (n,): standard deviation of daily returns.
        half_spread: Shape (n,): relative half spread.
        impact: Prefactor Y of the square-root law, of order 1.

    Raises:
        InvalidValueError: For a number that is not finite and above 0 (a half spread may be 0).
    """

    daily_volume: Array
    daily_volatility: Array
    half_spread: Array
    impact: float = 1.0

    def __post_init__(self) -> None:
        for name in ("daily_volume", "daily_volatility", "half_spread"):
            x = np.asarray(getattr(self, name))
            low = 0.0 if name == "half_spread" else np.finfo(float).tiny
            if not (np.isfinite(x).all() and (x >= low).all()):
                raise InvalidValueError(name, "finite numbers above 0", x)


class Unwinding(msgspec.Struct, frozen=True, kw_only=True):
    """Getting out of a portfolio.

    Attributes:
        days: Shape (n,): trading days each position takes at the participation.
        cost: Shape (n,): half spread and impact [currency].
        total_days: The slowest.
        total_cost: Sum of costs [currency].
        risk_while: Standard deviation of the profit while unwinding evenly, correlations included [currency].
        liquidity_adjusted: Value at risk of holding for a day and then unwinding, plus the cost [currency].
    """

    days: Array
    cost: Array
    total_days: float
    total_cost: float
    risk_while: float
    liquidity_adjusted: float


def unwind(
    values: Array, covariance: Array, liquidity: Liquidity, *, participation: float = 0.1, level: float = 0.01
) -> Unwinding:
    r"""Time and cost to sell everything, each position evenly at a share of its volume.

    .. math:: T_i = \frac{|v_i|}{\rho V_i},\quad C_i = |v_i|\left(h_i + Y \sigma_i \sqrt{|v_i| / V_i}\right)

    and, while position i shrinks linearly over T_i days, the variance of the whole is
    :math:`\sum_{ij} v_i v_j \Sigma_{ij} \int_0^{\min(T_i,T_j)} (1 - t/T_i)(1 - t/T_j)\,dt`.

    Args:
        values: Shape (n,) [currency].
        covariance: Shape (n, n) of daily returns.
        liquidity: How the instruments trade.
        participation: Share of the volume, above 0, at most 1.
        level: Tail probability of the value at risk.

    References:
        Almgren and Chriss (2000), "Optimal execution of portfolio transactions"; Tóth et al. (2011) for the law.

    Examples:
        >>> one, none = np.ones(1), np.zeros(1)
        >>> way = Liquidity(daily_volume=1e6 * one, daily_volatility=0.02 * one, half_spread=none)
        >>> out = unwind(np.array([1e6]), np.array([[4e-4]]), way)
        >>> out.total_days, round(out.total_cost)
        (10.0, 20000)
    """
    from scipy.stats import norm

    if not 0 < participation <= 1:
        raise InvalidValueError("participation", "above 0, at most 1", participation)
    values = np.asarray(values, np.float64)
    covariance = checked_covariance(covariance, len(values))
    size = np.abs(values)
    days = size / (participation * liquidity.daily_volume)
    share = liquidity.impact * liquidity.daily_volatility * np.sqrt(size / liquidity.daily_volume)
    cost = size * (liquidity.half_spread + share)
    longer, shorter = np.maximum.outer(days, days), np.minimum.outer(days, days)
    # The integral of two ramps down: a half of the shorter, less a sixth of its square over the longer.
    overlap = shorter / 2 - np.divide(shorter**2, 6 * longer, out=np.zeros_like(longer), where=longer > 0)
    risk = float(np.sqrt(max(float(np.sum(np.outer(values, values) * covariance * overlap)), 0.0)))
    day = float(np.sqrt(max(float(values @ covariance @ values), 0.0)))
    total = float(cost.sum())
    return Unwinding(
        days=days,
        cost=cost,
        total_days=float(days.max(initial=0.0)),
        total_cost=total,
        risk_while=risk,
        liquidity_adjusted=float(norm.isf(level)) * float(np.hypot(day, risk)) + total,
    )


def scan_margin(values: Array, volatility: Array, *, moves: float = 3.0, offset: float = 0.5) -> float:
    """Margin by scanning: the loss of each position at ``moves`` deviations, with part of opposite sides offset.

    Longs and shorts are scanned on their own; of the smaller side a share ``offset`` is credited, as clearing houses
    credit spreads (the scheme of SPAN, with one credit instead of a table of them).

    Args:
        values: Shape (n,) [currency].
        volatility: Shape (n,): deviation of returns over the margin period.
        moves: How many deviations are scanned.
        offset: Credit, from 0 (none) to 1 (sides cancel).

    Examples:
        >>> scan_margin(np.array([100.0, -100.0]), np.array([0.01, 0.01]), moves=3, offset=1.0)
        0.0
    """
    values, volatility = np.asarray(values, np.float64), np.asarray(volatility, np.float64)
    if values.shape != volatility.shape or not (np.isfinite(volatility).all() and (volatility >= 0).all()):
        raise InvalidValueError("volatility", f"finite, 0 or more, shape {values.shape}", volatility)
    if not (0 <= offset <= 1 and moves > 0):
        raise InvalidValueError("offset and moves", "from 0 to 1, and above 0", (offset, moves))
    loss = np.abs(values) * volatility * moves
    long, short = float(loss[values > 0].sum()), float(loss[values < 0].sum())
    return max(long, short) + min(long, short) - 2 * offset * min(long, short)
