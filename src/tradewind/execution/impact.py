r"""Almgren and Chriss: what trading fast costs, what trading slowly risks, and the schedule between the two.

The mid follows :math:`dS = \sigma\,dW + \gamma\,v\,dt` while a parent order trades at rate :math:`v`, and every lot
pays :math:`\epsilon + \eta v` on top. With :math:`N` slices of length :math:`\tau`, holdings :math:`x_j` and slices
:math:`n_j = x_{j-1} - x_j`:

.. math::
    E[x] = \tfrac12 \gamma X^2 + \epsilon X + \frac{\tilde\eta}{\tau} \sum_j n_j^2, \quad
    V[x] = \sigma^2 \tau \sum_j x_j^2, \quad \tilde\eta = \eta - \tfrac12 \gamma \tau

and :math:`E + \lambda V` is least for

.. math::
    x_j = X \frac{\sinh(\kappa (T - t_j))}{\sinh(\kappa T)}, \quad
    \frac{2}{\tau^2}\bigl(\cosh(\kappa\tau) - 1\bigr) = \frac{\lambda \sigma^2}{\tilde\eta}.

Almgren and Chriss (2000), "Optimal execution of portfolio transactions". The parameters are fitted to a market's own
tape: :math:`\sigma` from mid returns, :math:`\gamma` as the slope of mid changes on net traded size (Cartea and
Jaimungal, 2016, "Incorporating order-flow into optimal execution"), :math:`\eta` from what sizes meet in the book.
"""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["ImpactModel", "fit_impact", "holdings", "schedule_cost", "urgency"]


class ImpactModel(msgspec.Struct, frozen=True, kw_only=True):
    """Linear impact of a market.

    Attributes:
        sigma: Standard deviation of the mid [ticks / sqrt(s)].
        gamma: Permanent impact: mid moved by a lot traded [ticks / lot].
        eta: Temporary impact: paid per lot, per rate of trading [ticks / (lot / s)].
        epsilon: Paid per lot however slow: half the mean spread [ticks].
        seconds: Length of the tape it was fitted to [s]; 0 when it was given.

    Raises:
        InvalidValueError: For a number that is not finite, or a negative one (``eta`` must be above 0).
    """

    sigma: float
    gamma: float
    eta: float
    epsilon: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("sigma", "gamma", "eta", "epsilon", "seconds"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0 and (value > 0 or name != "eta")):
                raise InvalidValueError(name, "a finite number, not negative (eta above 0)", value)


def urgency(model: ImpactModel, risk_aversion: float, slice_s: float) -> float:
    r"""Rate :math:`\kappa` at which an order should be worked off [1/s]; 0 is an even schedule.

    Args:
        model: The market.
        risk_aversion: :math:`\lambda`, price of variance [1 / (tick lot)].
        slice_s: Length of a slice :math:`\tau` [s].

    Raises:
        InvalidValueError: For a negative risk aversion, a slice that is not positive, or one so long that
            :math:`\eta \le \gamma\tau/2`: trading would cost nothing.

    Examples:
        >>> model = ImpactModel(sigma=1.0, gamma=0.0, eta=4.0)
        >>> round(urgency(model, risk_aversion=0.01, slice_s=1e-3), 6)  # tends to sqrt(risk_aversion sigma^2 / eta)
        0.05
    """
    if not risk_aversion >= 0:
        raise InvalidValueError("risk_aversion", "0 or more", risk_aversion)
    if not slice_s > 0:
        raise InvalidValueError("slice_s", "above 0", slice_s)
    corrected = model.eta - 0.5 * model.gamma * slice_s
    if corrected <= 0:
        raise InvalidValueError("slice_s", f"below 2 eta / gamma = {2 * model.eta / model.gamma:.3g} s", slice_s)
    squared = risk_aversion * model.sigma**2 / corrected
    # arcosh(1 + z) = 2 arsinh(sqrt(z / 2)), which keeps its digits for small z
    return 2.0 * float(np.arcsinh(0.5 * slice_s * np.sqrt(squared))) / slice_s


def holdings(quantity_lots: float, kappa: float, times_s: Array, horizon_s: float) -> Array:
    r"""What should be left at each time: :math:`X \sinh(\kappa (T - t)) / \sinh(\kappa T)` [lots].

    Args:
        quantity_lots: :math:`X`.
        kappa: From :func:`urgency`; 0 gives a straight line.
        times_s: Shape (n,), since the start [s].
        horizon_s: :math:`T` [s].

    Examples:
        >>> holdings(100, 0.0, np.array([0.0, 15.0, 60.0]), 60.0).tolist()
        [100.0, 75.0, 0.0]
    """
    if not horizon_s > 0:
        raise InvalidValueError("horizon_s", "above 0", horizon_s)
    left_s = np.clip(horizon_s - np.asarray(times_s, np.float64), 0.0, horizon_s)
    if kappa * horizon_s < 1e-6:
        return np.asarray(quantity_lots * left_s / horizon_s)
    # sinh(a)/sinh(b) = exp(a - b) (1 - exp(-2a)) / (1 - exp(-2b)): no overflow however urgent
    ratio = np.exp(kappa * (left_s - horizon_s)) * np.expm1(-2 * kappa * left_s) / np.expm1(-2 * kappa * horizon_s)
    return np.asarray(quantity_lots * ratio)


def schedule_cost(model: ImpactModel, left_lots: Array, slice_s: float) -> tuple[float, float]:
    """Expected cost and its variance of a schedule.

    Args:
        model: The market.
        left_lots: Shape (slices + 1,), holdings at the ends of slices, from the whole order to 0.
        slice_s: Length of a slice [s].

    Returns:
        Expected cost [tick lots] and variance [(tick lots)^2].
    """
    slices = -np.diff(left_lots)
    corrected = model.eta - 0.5 * model.gamma * slice_s
    whole = float(left_lots[0])
    expected = 0.5 * model.gamma * whole**2 + model.epsilon * float(np.abs(slices).sum())
    expected += corrected / slice_s * float((slices**2).sum())
    return expected, model.sigma**2 * slice_s * float((left_lots[1:] ** 2).sum())


def fit_impact(
    move_ticks: Array, net_lots: Array, step_s: float, sweep: tuple[Array, Array], spread: float
) -> ImpactModel:
    r"""Fit a market's impact to what was seen of it.

    :math:`\sigma^2` is the mean squared change a step over its length; :math:`\gamma` the least-squares slope of mid
    changes on net traded size (not below 0); :math:`\eta` the least-squares slope through the origin of what sweeping
    a size costs beyond half the spread on that size, taken as a rate over a step.

    Args:
        move_ticks: Shape (n,), change of the mid over equal steps [ticks].
        net_lots: Shape (n,), bought less sold by aggressors within each step [lots].
        step_s: Length of a step [s].
        sweep: Sizes [lots] and what each would pay per lot beyond the best price [ticks]; shapes (k,).
        spread: Mean spread [ticks].

    Raises:
        InvalidValueError: When there are fewer than 30 steps, or a number is not finite.
    """
    moves = np.asarray(move_ticks, np.float64)
    if len(moves) < 30 or len(net_lots) != len(moves):
        raise InvalidValueError("steps", "30 or more, one net size each", (len(moves), len(net_lots)))
    if not (np.isfinite(moves).all() and np.isfinite(net_lots).all()):
        raise InvalidValueError("mids and net sizes", "finite numbers", "NaN or infinity")
    flow = np.asarray(net_lots, np.float64) - np.mean(net_lots)
    power = float((flow**2).sum())
    gamma = max(float((flow * moves).sum()) / power, 0.0) if power > 0 else 0.0
    rates = np.asarray(sweep[0], np.float64) / step_s
    # A book that is never walked still charges for speed: no less than a thousandth of a tick at the usual rate.
    usual = max(float(np.abs(net_lots).mean()) / step_s, 1e-9)
    slope = float((rates * sweep[1]).sum()) / max(float((rates**2).sum()), 1e-12)
    eta = max(slope, 1e-3 / usual, 0.51 * gamma * step_s)
    sigma = float(np.sqrt((moves**2).mean() / step_s))
    return ImpactModel(sigma=sigma, gamma=gamma, eta=eta, epsilon=spread / 2, seconds=len(moves) * step_s)
