r"""Tests that a tail forecast must pass, and the loss that ranks those which do.

Losses, value at risk and expected shortfall are positive; a hit is a day whose loss exceeds the value at risk.

References:
    Kupiec (1995), "Techniques for verifying the accuracy of risk measurement models"; Christoffersen (1998),
    "Evaluating interval forecasts"; Acerbi and Szekely (2014), "Backtesting expected shortfall"; Patton, Ziegel and
    Chen (2019), "Dynamic semiparametric models for expected shortfall (and value-at-risk)"; Basel Committee (1996),
    "Supervisory framework for the use of backtesting".
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError

__all__ = ["Light", "Likelihood", "christoffersen", "fz0", "kupiec", "second_test", "traffic_light"]

GREEN, YELLOW = 0.95, 0.9999


class Likelihood(msgspec.Struct, frozen=True):
    """A likelihood-ratio test.

    Attributes:
        statistic: Twice the log ratio.
        p: By the chi-squared distribution.
    """

    statistic: float
    p: float


class Light(StrEnum):
    """Zone of the Basel traffic light."""

    GREEN = "green"
    """As many hits as a right model has, up to the 95th percentile."""
    YELLOW = "yellow"
    """More than that."""
    RED = "red"
    """More than a right model has once in ten thousand."""


def kupiec(hits: Array, tail: float) -> Likelihood:
    """Test that hits are as frequent as they should be.

    Args:
        hits: Shape (n,), bool.
        tail: Probability of a hit.

    Examples:
        >>> hits = np.zeros(1000, bool)
        >>> hits[:20] = True
        >>> round(kupiec(hits, 0.01).statistic, 2)
        7.83
    """
    n, k = _counts(hits, tail)
    share = k / n
    log = _xlogy(n - k, 1 - share) + _xlogy(k, share) - _xlogy(n - k, 1 - tail) - _xlogy(k, tail)
    return Likelihood(2 * log, _chi_squared(2 * log, 1))


def christoffersen(hits: Array, tail: float) -> tuple[Likelihood, Likelihood]:
    """Test that a hit does not make one on the next day more likely; and that with the right frequency.

    Args:
        hits: Shape (n,), bool, in time order.
        tail: Probability of a hit.

    Returns:
        Independence, and conditional coverage (both at once).
    """
    _counts(hits, tail)
    before, after = np.asarray(hits[:-1], bool), np.asarray(hits[1:], bool)
    n00, n01 = float(np.sum(~before & ~after)), float(np.sum(~before & after))
    n10, n11 = float(np.sum(before & ~after)), float(np.sum(before & after))
    p01, p11 = n01 / max(n00 + n01, 1), n11 / max(n10 + n11, 1)
    p = (n01 + n11) / max(n00 + n01 + n10 + n11, 1)
    apart = _xlogy(n00, 1 - p01) + _xlogy(n01, p01) + _xlogy(n10, 1 - p11) + _xlogy(n11, p11)
    together = _xlogy(n00 + n10, 1 - p) + _xlogy(n01 + n11, p)
    statistic = max(2 * (apart - together), 0.0)
    both = statistic + kupiec(hits, tail).statistic
    return Likelihood(statistic, _chi_squared(statistic, 1)), Likelihood(both, _chi_squared(both, 2))


def second_test(loss: Array, var: Array, es: Array, tail: float) -> float:
    r"""Acerbi and Szekely's second statistic: 0 when shortfall is right, below when it is too small.

    .. math:: Z_2 = 1 - \frac{1}{n \, \alpha} \sum_t \frac{L_t 1_{L_t > VaR_t}}{ES_t}

    Args:
        loss: Shape (..., n), losses; leading axes are simulations.
        var: Shape (n,), value at risk.
        es: Shape (n,), expected shortfall.
        tail: Probability of a hit.

    Returns:
        The statistic (an array for simulations); -0.7 is about the 5 % point for most tails.
    """
    total = np.where(loss > var, loss / es, 0.0).sum(axis=-1)
    return 1 - total / (loss.shape[-1] * tail)  # type: ignore[no-any-return]


def fz0(loss: Array, var: Array, es: Array, tail: float) -> Array:
    r"""Loss that value at risk and expected shortfall minimise together, lower is better.

    .. math:: \frac{1_{L \ge v}(L - v)}{\alpha \, e} + \frac{v}{e} + \ln e - 1

    Args:
        loss: Shape (n,), losses.
        var: Shape (n,), value at risk v.
        es: Shape (n,), expected shortfall e, above 0.
        tail: Probability of a hit.

    Returns:
        Shape (n,).
    """
    if np.any(~(es > 0)):
        raise InvalidValueError("es", "above 0", es[~(es > 0)][0])
    return np.asarray(np.maximum(loss - var, 0) / (tail * es) + var / es + np.log(es) - 1, np.float64)


def traffic_light(hits: Array, tail: float, days: int = 250) -> tuple[Light, int]:
    """Zone of the last 250 days, by the chance of as many hits of a right model; at 1 %: 5 is yellow, 10 red.

    Args:
        hits: Shape (n,), bool.
        tail: Probability of a hit.
        days: How many days count.

    Returns:
        The zone and the hits counted.

    Examples:
        >>> traffic_light(np.arange(250) < 5, 0.01)
        (<Light.YELLOW: 'yellow'>, 5)
    """
    recent = np.asarray(hits[-days:], bool)
    count = int(recent.sum())
    # Basel: the chance that a right model has at most as many hits; zones begin where it passes 95 % and 99.99 %.
    at_most = float(_special().bdtr(count, len(recent), tail))
    return (Light.GREEN if at_most < GREEN else Light.YELLOW if at_most < YELLOW else Light.RED), count


def _counts(hits: Array, tail: float) -> tuple[int, int]:
    if not 0 < tail < 0.5:
        raise InvalidValueError("tail", "between 0 and 0.5", tail)
    if len(hits) < 2:
        raise InvalidValueError("hits", "two or more days", len(hits))
    return len(hits), int(np.sum(hits))


def _xlogy(count: float, share: float) -> float:
    return count * float(np.log(share)) if count > 0 else 0.0


def _chi_squared(statistic: float, freedom: int) -> float:
    return float(_special().chdtrc(freedom, max(statistic, 0.0)))


def _special() -> Any:
    try:
        import scipy.special
    except ImportError:
        raise MissingExtraError("scipy", "risk", "a likelihood-ratio test") from None
    return scipy.special
