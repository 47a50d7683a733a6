"""An option position on one underlying, and the paths it is hedged along."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream

__all__ = ["Leg", "OptionPosition", "bootstrap_paths", "gbm_paths"]


class Leg(msgspec.Struct, frozen=True):
    """Some European options of one kind.

    Attributes:
        kind: ``call`` or ``put``.
        strike: In units of the price at the start.
        quantity: Above 0 bought, below 0 sold.
    """

    kind: Literal["call", "put"] = "call"
    strike: float = 1.0
    quantity: float = -1.0


class OptionPosition(msgspec.Struct, frozen=True, kw_only=True):
    """Options on one underlying, priced by Black and Scholes (1973) without interest.

    Attributes:
        legs: Its options; one sold at-the-money call when not given.
        days: Trading days to expiry; the hedge may trade once a day.
        volatility: Implied volatility, a year of 252 days.

    Raises:
        InvalidValueError: For no leg, or a strike, expiry or volatility that is not positive.
    """

    legs: tuple[Leg, ...] = (Leg(),)
    days: int = 30
    volatility: float = 0.2

    def __post_init__(self) -> None:
        if not self.legs or any(not leg.strike > 0 or leg.quantity == 0 for leg in self.legs):
            raise InvalidValueError("legs", "options with a strike above 0 and a quantity that is not 0", self.legs)
        if self.days < 1 or not 0 < self.volatility < 5:
            raise InvalidValueError(
                "days and volatility", "1 or more, and between 0 and 5", (self.days, self.volatility)
            )

    def payoff(self, price: Array) -> Array:
        """What is received at expiry, at prices of any shape (price at the start: 1)."""
        total = np.zeros_like(price)
        for leg in self.legs:
            sign = 1.0 if leg.kind == "call" else -1.0
            total += leg.quantity * np.maximum(sign * (price - leg.strike), 0.0)
        return total

    def greeks(self, price: Array, days_left: float) -> tuple[Array, Array, Array]:
        """Value, delta and gamma before expiry."""
        from scipy.special import ndtr

        root = self.volatility * np.sqrt(days_left / 252)
        value, delta, gamma = np.zeros_like(price), np.zeros_like(price), np.zeros_like(price)
        for leg in self.legs:
            up = np.log(price / leg.strike) / root + root / 2
            call = price * ndtr(up) - leg.strike * ndtr(up - root)
            put = leg.kind == "put"
            value += leg.quantity * (call - (price - leg.strike) if put else call)
            delta += leg.quantity * (ndtr(up) - (1.0 if put else 0.0))
            gamma += leg.quantity * np.exp(-up * up / 2) / (np.sqrt(2 * np.pi) * price * root)
        return value, delta, gamma


def gbm_paths(count: int, days: int, volatility: float, seed: int) -> Array:
    """Shape (count, days + 1): geometric Brownian paths from 1 without drift; antithetic pairs.

    Examples:
        >>> gbm_paths(4, 3, 0.2, seed=7).shape
        (4, 4)
    """
    step = volatility / np.sqrt(252)
    half = stream(seed, "risk/hedging/gbm").normal(size=(-(-count // 2), days))
    moves = step * np.concatenate((half, -half))[:count] - step * step / 2
    return np.asarray(np.exp(np.concatenate((np.zeros((count, 1)), np.cumsum(moves, axis=1)), axis=1)))


def bootstrap_paths(returns: Array, count: int, days: int, seed: int, block: int = 5) -> Array:
    """Shape (count, days + 1): paths of real log returns, drawn in blocks, without their mean.

    Args:
        returns: Shape (t,): daily log returns, at least ten blocks.
        count: Paths.
        days: Steps of each.
        seed: Of the stream ``risk/hedging/bootstrap``.
        block: Days that stay together.

    Raises:
        InvalidValueError: For too few returns, or ones that are not finite.
    """
    if len(returns) < 10 * block or not np.isfinite(returns).all():
        raise InvalidValueError("returns", f"at least {10 * block} finite daily returns", len(returns))
    centred = returns - returns.mean()
    starts = stream(seed, "risk/hedging/bootstrap").integers(0, len(returns) - block + 1, (count, -(-days // block)))
    rows = (starts[:, :, None] + np.arange(block)).reshape(count, -1)[:, :days]
    return np.asarray(np.exp(np.concatenate((np.zeros((count, 1)), np.cumsum(centred[rows], axis=1)), axis=1)))
