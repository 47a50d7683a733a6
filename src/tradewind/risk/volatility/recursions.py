r"""Models of returns alone: exponentially weighted, GARCH and GJR, the benchmarks that bars must beat.

.. math:: \sigma^2_{t+1} = \omega + (\alpha + \gamma 1_{r_t < \mu}) (r_t - \mu)^2 + \beta \sigma^2_t

References:
    RiskMetrics (1996), λ = 0.94; Bollerslev (1986), "Generalized autoregressive conditional heteroskedasticity";
    Glosten, Jagannathan and Runkle (1993), "On the relation between the expected value and the volatility ...".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError, NotFoundError
from tradewind.risk.volatility.forecast import Fitted, VarianceForecast, ahead, bounds_of, clip, require_days, spread_of
from tradewind.risk.volatility.history import History

__all__ = ["Ewma", "Garch", "GarchParameters", "decay_filter"]

PERCENT = 100.0
"""Returns are fitted in percent: the optimiser likes numbers near 1."""


def decay_filter(values: Array, decay: float, start: float) -> Array:
    """``out[t] = decay * out[t - 1] + values[t]`` with ``out[-1] = start``.

    Args:
        values: Shape (n,).
        decay: In [0, 1).
        start: Value before the first.
    """
    try:
        from scipy.signal import lfilter
    except ImportError:
        raise MissingExtraError("scipy", "risk", "a variance recursion") from None
    return np.asarray(lfilter([1.0], [1.0, -decay], values, zi=[decay * start])[0], np.float64)


class Ewma(Fitted):
    """Exponentially weighted mean of squared returns or of realised variances.

    Args:
        decay: Weight of yesterday's mean.
        source: ``returns`` (RiskMetrics) or ``realised``.
        horizon: Days ahead; the forecast is the same for all.
    """

    refit_days = 22

    def __init__(
        self, decay: float = 0.94, source: Literal["returns", "realised"] = "returns", horizon: int = 1
    ) -> None:
        super().__init__()
        if not 0 < decay < 1:
            raise InvalidValueError("decay", "between 0 and 1", decay)
        self.name = "EWMA" if source == "returns" else "EWMA of realised"
        self.decay, self.source, self.horizon = decay, source, horizon
        self.known: dict[str, tuple[float, float, tuple[float, float]]] = {}

    def fit(self, panel: Sequence[History]) -> Self:
        """Take the starting level and the spread of errors."""
        require_days(panel, 30, self.name)
        self.remember(panel)
        for history in panel:
            values, realised = self._values(history), ahead(history, self.horizon)
            start = float(values[:30].mean())
            mean = decay_filter((1 - self.decay) * values, self.decay, start)
            self.known[history.symbol] = (start, spread_of(realised, mean), bounds_of(history.variance))
        return self

    def forecast(self, history: History) -> VarianceForecast:
        """One forecast at the close of each day."""
        if history.symbol not in self.known:
            raise NotFoundError(f"{history.symbol} was not fitted: fit() before forecast()")
        start, spread, bounds = self.known[history.symbol]
        mean = decay_filter((1 - self.decay) * self._values(history), self.decay, start)
        return VarianceForecast(
            day=history.day,
            mean=clip(mean, bounds),
            log_sd=np.full(len(history), spread),
            horizon=self.horizon,
        )

    def _values(self, history: History) -> Array:
        return history.variance if self.source == "realised" else history.returns**2


class GarchParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Fitted parameters, in returns (not percent).

    Attributes:
        mean: Mean daily return.
        omega: Constant.
        alpha: Weight of the squared shock.
        gamma: Extra weight of a fall; 0 for GARCH.
        beta: Weight of yesterday's variance.
        start: Variance before the first day.
        freedom: Degrees of freedom of Student's t; infinite for the normal.
        scale: Realised over conditional variance, the mean of the fitted days; 1 where it is not rescaled.
        spread: Standard deviation of the log error.
        bounds: Forecasts are clipped to these.
    """

    mean: float
    omega: float
    alpha: float
    gamma: float
    beta: float
    start: float
    freedom: float
    scale: float
    spread: float
    bounds: tuple[float, float]


class Garch(Fitted):
    """GARCH(1,1), or GJR-GARCH(1,1,1) with Student's t.

    Args:
        asymmetric: Falls count more (GJR) and shocks have fat tails (t).
        rescaled: Multiply by realised over conditional variance of the fitted days: returns and ranges measure
            variance in slightly different units, and a benchmark should not lose by that.
        horizon: Days ahead.
    """

    refit_days = 250

    def __init__(self, *, asymmetric: bool = False, rescaled: bool = False, horizon: int = 1) -> None:
        super().__init__()
        self.name = ("GJR-t" if asymmetric else "GARCH(1,1)") + (" rescaled" if rescaled else "")
        self.asymmetric, self.rescaled, self.horizon = asymmetric, rescaled, horizon
        self.parameters: dict[str, GarchParameters] = {}

    def fit(self, panel: Sequence[History]) -> Self:
        """Maximum likelihood, one symbol at a time.

        Raises:
            InvalidValueError: When a history is short or the optimiser does not converge.
        """
        require_days(panel, 250, self.name)
        self.remember(panel)
        for history in panel:
            first = self._estimate(history)
            realised, mean = ahead(history, self.horizon), self._mean(history.returns, first)
            known = np.isfinite(realised)
            scale = float(np.mean(realised[known] / mean[known])) if self.rescaled else 1.0
            spread = spread_of(realised, scale * mean)
            self.parameters[history.symbol] = msgspec.structs.replace(first, scale=scale, spread=spread)
        return self

    def forecast(self, history: History) -> VarianceForecast:
        """One forecast at the close of each day."""
        found = self.parameters.get(history.symbol)
        if found is None:
            raise NotFoundError(f"{history.symbol} was not fitted: fit() before forecast()")
        mean = clip(found.scale * self._mean(history.returns, found), found.bounds)
        return VarianceForecast(
            day=history.day, mean=mean, log_sd=np.full(len(history), found.spread), horizon=self.horizon
        )

    def conditional(self, returns: Array, symbol: str) -> Array:
        """Shape (n,): variance of the day after each return."""
        return _next_variance(returns, self.parameters[symbol])

    def _mean(self, returns: Array, found: GarchParameters) -> Array:
        persistence = found.alpha + found.gamma / 2 + found.beta
        variance = _next_variance(returns, found)
        if self.horizon == 1 or persistence >= 1:
            return variance
        level = found.omega / (1 - persistence)
        weight = (1 - persistence**self.horizon) / (1 - persistence) / self.horizon
        return level + weight * (variance - level)

    def _estimate(self, history: History) -> GarchParameters:
        try:
            from arch import arch_model
        except ImportError:
            raise MissingExtraError("arch", "risk", "a GARCH model") from None
        scaled = PERCENT * history.returns
        shape: dict[str, Any] = {"mean": "Constant", "vol": "GARCH", "p": 1, "q": 1, "rescale": False}
        shape |= {"o": 1, "dist": "t"} if self.asymmetric else {"o": 0, "dist": "normal"}
        model = arch_model(scaled, **shape)
        result = model.fit(disp="off", show_warning=False)
        if result.convergence_flag != 0:
            result = model.fit(disp="off", show_warning=False, options={"maxiter": 1000}, starting_values=None)
        if result.convergence_flag not in (0, 9):
            raise InvalidValueError("history", f"returns on which {self.name} converges ({history.symbol})", "none")
        p = result.params
        squares = (scaled - p["mu"]) ** 2
        return GarchParameters(
            mean=float(p["mu"]) / PERCENT,
            omega=float(p["omega"]) / PERCENT**2,
            alpha=float(p["alpha[1]"]),
            gamma=float(p.get("gamma[1]", 0.0)),
            beta=min(float(p["beta[1]"]), 0.9999),
            start=float(squares[:75].mean()) / PERCENT**2,
            freedom=float(p.get("nu", np.inf)),
            scale=1.0,
            spread=0.0,
            bounds=bounds_of(history.variance),
        )


def _next_variance(returns: Array, found: GarchParameters) -> Array:
    shock = returns - found.mean
    news = found.omega + (found.alpha + found.gamma * (shock < 0)) * shock**2
    return decay_filter(news, found.beta, found.start)
