"""Exposure and the parts of risk: gross, net, beta, concentration; value at risk and expected shortfall by position."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["Exposure", "Parts", "exposure", "historical_parts", "normal_parts"]


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """How much is at stake.

    Attributes:
        gross: Sum of absolute values [currency].
        net: Sum of values [currency].
        long: Sum of positive values [currency].
        short: Sum of negative values, below 0 [currency].
        beta: Net beta-weighted value over gross; what the whole moves with the market, per unit of gross.
        concentration: Herfindahl index of absolute weights: 1 is one position, 1/n is n equal ones.
        effective_positions: 1 / concentration.
        largest: Index of the largest position by absolute value.
    """

    gross: float
    net: float
    long: float
    short: float
    beta: float
    concentration: float
    effective_positions: float
    largest: int


def exposure(values: Array, betas: Array | None = None) -> Exposure:
    """Exposure of a portfolio.

    Args:
        values: Shape (n,): position times price, short ones below 0 [currency].
        betas: Shape (n,): sensitivity to the market; all 1 when not given.

    Raises:
        InvalidValueError: For no position, or a value that is not finite.

    Examples:
        >>> exposure(np.array([600.0, -400.0])).net
        200.0
    """
    values = _finite("values", values)
    betas = np.ones(len(values)) if betas is None else _finite("betas", betas, len(values))
    gross = float(np.abs(values).sum())
    shares = np.abs(values) / gross if gross else np.full(len(values), 1 / len(values))
    concentration = float(shares @ shares)
    return Exposure(
        gross=gross,
        net=float(values.sum()),
        long=float(values[values > 0].sum()),
        short=float(values[values < 0].sum()),
        beta=float(betas @ values) / gross if gross else 0.0,
        concentration=concentration,
        effective_positions=1 / concentration,
        largest=int(np.argmax(np.abs(values))),
    )


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Value at risk and expected shortfall, and what each position adds.

    Attributes:
        level: Tail probability.
        value_at_risk: Loss exceeded with that probability [currency].
        expected_shortfall: Mean loss beyond it [currency].
        marginal: Shape (n,): change of the value at risk per unit of a position's value.
        component: Shape (n,): sums to the value at risk (Euler).
        component_shortfall: Shape (n,): sums to the expected shortfall.
    """

    level: float
    value_at_risk: float
    expected_shortfall: float
    marginal: Array
    component: Array
    component_shortfall: Array


def normal_parts(values: Array, covariance: Array, level: float = 0.01) -> Parts:
    r"""Parts of risk when returns are normal.

    .. math:: \mathrm{VaR} = z\sqrt{v^\top\Sigma v},\quad \mathrm{CVaR}_i = v_i\,\partial \mathrm{VaR}/\partial v_i

    Args:
        values: Shape (n,) [currency].
        covariance: Shape (n, n) of returns over the horizon.
        level: Tail probability, between 0 and 0.5.

    Raises:
        InvalidValueError: For a covariance that is not symmetric and positive semi-definite, or another shape.

    References:
        Tasche (1999), "Risk contributions and performance measurement".

    Examples:
        >>> parts = normal_parts(np.array([100.0, 50.0]), np.diag([0.01, 0.04]))
        >>> bool(np.isclose(parts.component.sum(), parts.value_at_risk))
        True
    """
    from scipy.stats import norm

    values = _finite("values", values)
    covariance = checked_covariance(covariance, len(values))
    _check_level(level)
    deviation = float(np.sqrt(max(float(values @ covariance @ values), 0.0)))
    slope = covariance @ values / deviation if deviation else np.zeros(len(values))
    quantile, beyond = float(norm.isf(level)), float(norm.pdf(norm.isf(level)) / level)
    return Parts(
        level=level,
        value_at_risk=quantile * deviation,
        expected_shortfall=beyond * deviation,
        marginal=quantile * slope,
        component=quantile * slope * values,
        component_shortfall=beyond * slope * values,
    )


def historical_parts(values: Array, returns: Array, level: float = 0.01) -> Parts:
    """Parts of risk under the returns that were: historical simulation, or filtered returns of a tail model.

    The component value at risk is the mean loss of each position in the scenarios around the quantile (a window of
    ±1 % of them, at least one), scaled to sum exactly; the component shortfall is its mean over the tail.

    Args:
        values: Shape (n,) [currency].
        returns: Shape (t, n).
        level: Tail probability.

    Raises:
        InvalidValueError: For fewer scenarios than ``1 / level``.

    References:
        Hallerbach (2003), "Decomposing portfolio value-at-risk".
    """
    values = _finite("values", values)
    _check_level(level)
    if (
        returns.ndim != 2
        or returns.shape[1] != len(values)
        or len(returns) * level < 1
        or not np.isfinite(returns).all()
    ):
        wanted = f"finite, shape (at least {int(np.ceil(1 / level))}, {len(values)})"
        raise InvalidValueError("returns", wanted, returns.shape)
    losses = -returns * values
    total = losses.sum(axis=1)
    order = np.argsort(total)[::-1]
    count = max(1, int(len(total) * level))
    value_at_risk = float(total[order[count - 1]])
    width = max(1, len(total) // 100)
    near = order[max(0, count - 1 - width) : count + width]
    around = losses[near].mean(axis=0)
    component = around + (value_at_risk - around.sum()) * np.abs(around) / max(np.abs(around).sum(), 1e-300)
    tail = losses[order[:count]].mean(axis=0)
    return Parts(
        level=level,
        value_at_risk=value_at_risk,
        expected_shortfall=float(tail.sum()),
        marginal=np.divide(component, values, out=np.zeros(len(values)), where=values != 0),
        component=component,
        component_shortfall=tail,
    )


def checked_covariance(covariance: Array, count: int) -> Array:
    """The covariance as float64, or a named error."""
    matrix = np.asarray(covariance, np.float64)
    if matrix.shape != (count, count) or not np.isfinite(matrix).all():
        raise InvalidValueError("covariance", f"finite, shape ({count}, {count})", matrix.shape)
    if not np.allclose(matrix, matrix.T, rtol=1e-8, atol=1e-12 * max(1.0, float(np.abs(matrix).max()))):
        raise InvalidValueError("covariance", "symmetric", "an asymmetric matrix")
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest < -1e-10 * max(1e-12, float(np.trace(matrix))):
        raise InvalidValueError("covariance", "positive semi-definite", f"smallest eigenvalue {smallest:.3g}")
    return matrix


def _finite(name: str, x: Array, count: int | None = None) -> Array:
    x = np.asarray(x, np.float64)
    wanted = f"finite numbers, shape ({'n' if count is None else count},)"
    if x.ndim != 1 or not len(x) or (count is not None and len(x) != count) or not np.isfinite(x).all():
        raise InvalidValueError(name, wanted, f"shape {x.shape}")
    return x


def _check_level(level: float) -> None:
    if not 0 < level < 0.5:
        raise InvalidValueError("level", "between 0 and 0.5", level)
