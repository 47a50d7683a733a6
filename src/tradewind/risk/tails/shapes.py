r"""Shapes of standardised returns: what is beyond a quantile once a day's volatility is taken out.

A return is :math:`r_t = \sigma_t z_t`; the shape says how z is distributed. All are fitted to past z of a window, so
they also correct the scale of the volatility forecast: a shape fails for its shape, not for a forecast in other units.

References:
    Barone-Adesi, Giannopoulos and Vosper (1999), "VaR without correlations for portfolios of derivative securities"
    (filtered historical simulation); McNeil and Frey (2000), "Estimation of tail-related risk measures for
    heteroscedastic financial time series" (peaks over threshold); Hosking and Wallis (1987), "Parameter and quantile
    estimation for the generalized Pareto distribution" (probability-weighted moments).
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, Protocol, Self

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError

__all__ = ["SHAPES", "ExtremeValue", "Filtered", "Normal", "StudentT", "TailShape"]

NORMAL = NormalDist()
FEWEST = 250


class TailShape(Protocol):
    """What every shape offers. Losses are positive: the return that is lost with probability ``tail``.

    Attributes:
        name: In tables.
        refit_days: How often a walk-forward fits it anew.
    """

    name: str
    refit_days: int

    def fit(self, z: Array) -> Self:
        """Learn from past standardised returns, shape (n,)."""
        ...

    def loss(self, tail: float) -> float:
        """Loss in units of volatility that is exceeded with probability ``tail`` (value at risk)."""
        ...

    def shortfall(self, tail: float) -> float:
        """Mean loss beyond it (expected shortfall)."""
        ...

    def draw(self, count: int, chance: np.random.Generator) -> Array:
        """Standardised returns as the shape has them, shape (count,)."""
        ...


class Filtered:
    """Filtered historical simulation: past standardised returns themselves. The default."""

    name = "filtered history"
    refit_days = 1

    def fit(self, z: Array) -> Self:
        """Keep them, sorted."""
        self.z = np.sort(_checked(z))
        return self

    def loss(self, tail: float) -> float:
        """A quantile of the past."""
        return -float(np.quantile(self.z, tail))

    def shortfall(self, tail: float) -> float:
        """Mean of the past beyond it, the straddling observation in part."""
        exact = tail * len(self.z)
        whole = int(exact)
        total = self.z[:whole].sum() + (exact - whole) * self.z[min(whole, len(self.z) - 1)]
        return -float(total / exact)

    def draw(self, count: int, chance: np.random.Generator) -> Array:
        """Draws with replacement."""
        return np.asarray(self.z[chance.integers(0, len(self.z), count)], np.float64)


class Normal:
    """The normal, with the scale of the past: the tail that regulators have seen fail."""

    name = "normal"
    refit_days = 1

    def fit(self, z: Array) -> Self:
        """Take the standard deviation."""
        self.scale = float(np.std(_checked(z)))
        return self

    def loss(self, tail: float) -> float:
        """Its quantile."""
        return -self.scale * NORMAL.inv_cdf(tail)

    def shortfall(self, tail: float) -> float:
        """Density at the quantile over the tail."""
        return self.scale * NORMAL.pdf(NORMAL.inv_cdf(tail)) / tail

    def draw(self, count: int, chance: np.random.Generator) -> Array:
        """Normal draws."""
        return np.asarray(self.scale * chance.standard_normal(count), np.float64)


class StudentT:
    """Student's t, degrees of freedom and scale by maximum likelihood."""

    name = "Student t"
    refit_days = 22

    def fit(self, z: Array) -> Self:
        """Search the degrees of freedom, given the standard deviation."""
        z = _checked(z)
        scipy = _scipy()
        deviation = float(np.std(z))

        def cost(log_freedom: float) -> float:
            freedom = 2 + np.exp(log_freedom)
            return -float(_t_log_density(z, freedom, deviation * np.sqrt((freedom - 2) / freedom), scipy).sum())

        found = scipy.optimize.minimize_scalar(cost, bounds=(-2.0, 5.0), method="bounded")
        self.freedom = float(2 + np.exp(found.x))
        self.scale = deviation * float(np.sqrt((self.freedom - 2) / self.freedom))
        return self

    def loss(self, tail: float) -> float:
        """Its quantile."""
        return -self.scale * float(_scipy().special.stdtrit(self.freedom, tail))

    def shortfall(self, tail: float) -> float:
        """Closed form (McNeil, Frey and Embrechts 2015, example 2.15)."""
        scipy = _scipy()
        q = float(scipy.special.stdtrit(self.freedom, tail))
        density = float(np.exp(_t_log_density(np.array([q]), self.freedom, 1.0, scipy)[0]))
        return self.scale * density / tail * (self.freedom + q * q) / (self.freedom - 1)

    def draw(self, count: int, chance: np.random.Generator) -> Array:
        """Draws of t."""
        return np.asarray(self.scale * chance.standard_t(self.freedom, count), np.float64)


class ExtremeValue:
    """Generalised Pareto beyond a threshold, the past itself before it.

    Args:
        share: Share of observations beyond the threshold.
    """

    name = "extreme value"
    refit_days = 1

    def __init__(self, share: float = 0.1) -> None:
        if not 0 < share < 0.5:
            raise InvalidValueError("share", "between 0 and 0.5", share)
        self.share = share

    def fit(self, z: Array) -> Self:
        """Probability-weighted moments of what is beyond the threshold."""
        self.z = np.sort(_checked(z))
        self.threshold = -float(np.quantile(self.z, self.share))
        beyond = np.sort(-self.z[-self.z > self.threshold] - self.threshold)
        place = (np.arange(1, len(beyond) + 1) - 0.35) / len(beyond)
        first, second = float(beyond.mean()), float(((1 - place) * beyond).mean())
        self.xi = float(np.clip(2 - first / (first - 2 * second), -0.5, 0.9))
        self.beta = first * (1 - self.xi)
        return self

    def loss(self, tail: float) -> float:
        """Quantile of the fitted tail."""
        self._inside(tail)
        ratio = tail / self.share
        step = -np.log(ratio) if abs(self.xi) < 1e-9 else (ratio**-self.xi - 1) / self.xi
        return self.threshold + self.beta * float(step)

    def shortfall(self, tail: float) -> float:
        """Mean beyond it."""
        return (self.loss(tail) + self.beta - self.xi * self.threshold) / (1 - self.xi)

    def draw(self, count: int, chance: np.random.Generator) -> Array:
        """The past, with its tail drawn from the fitted one."""
        found = np.asarray(self.z[chance.integers(0, len(self.z), count)], np.float64)
        low = -found > self.threshold
        u = np.maximum(chance.random(int(low.sum())), 1e-12)
        step = -np.log(u) if abs(self.xi) < 1e-9 else (u**-self.xi - 1) / self.xi
        found[low] = -(self.threshold + self.beta * step)
        return found

    def _inside(self, tail: float) -> None:
        if not 0 < tail <= self.share:
            raise InvalidValueError("tail", f"at most the share beyond the threshold, {self.share}", tail)


SHAPES: dict[str, type[Filtered] | type[Normal] | type[StudentT] | type[ExtremeValue]] = {
    "filtered": Filtered,
    "extreme": ExtremeValue,
    "student": StudentT,
    "normal": Normal,
}
"""Shapes by the name they have on the command line."""


def _checked(z: Array) -> Array:
    z = np.asarray(z, np.float64)
    if len(z) < FEWEST:
        raise InvalidValueError("z", f"{FEWEST} or more standardised returns", len(z))
    if not np.isfinite(z).all():
        raise InvalidValueError("z", "finite numbers", z[~np.isfinite(z)][0])
    return z


def _t_log_density(z: Array, freedom: float, scale: float, scipy: Any) -> Array:
    constant = scipy.special.gammaln((freedom + 1) / 2) - scipy.special.gammaln(freedom / 2)
    constant -= np.log(np.pi * freedom) / 2 + np.log(scale)
    return np.asarray(constant - (freedom + 1) / 2 * np.log1p((z / scale) ** 2 / freedom), np.float64)


def _scipy() -> Any:
    try:
        import scipy
        import scipy.optimize
        import scipy.special
    except ImportError:
        raise MissingExtraError("scipy", "risk", "a Student t tail") from None
    return scipy
