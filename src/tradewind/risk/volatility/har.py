r"""Log-HAR by least squares, and a rich regression whose loss is QLIKE itself.

.. math:: \ln RV_{t+1} = c + \beta_d \ln RV_t + \beta_w \ln \overline{RV}^{5}_t + \beta_m \ln \overline{RV}^{22}_t + ...

Back from logs by the mean of the exponential of errors (smearing, Duan 1983), and clipped: a log model's forecast can
spike far above anything ever seen.

References:
    Corsi (2009), "A simple approximate long-memory model of realized volatility"; Corsi and Renò (2012), "Discrete-time
    volatility forecasting with persistent leverage effect"; Patton (2011) on QLIKE, which is the gamma deviance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError, NotFoundError
from tradewind.risk.volatility.features import HAR, HAR_LEVERAGE, WARM_UP, features
from tradewind.risk.volatility.forecast import Fitted, VarianceForecast, ahead, bounds_of, clip, require_days
from tradewind.risk.volatility.history import History
from tradewind.risk.volatility.pooled import Pooled

__all__ = ["GammaHar", "LogHar", "design"]


def design(history: History, names: Sequence[str]) -> Array:
    """Shape (n, d): some columns of the features."""
    table = features(history)
    return np.column_stack([table[name] for name in names])


class LogHar(Fitted):
    """Log-HAR, one symbol at a time.

    Args:
        leverage: With falls.
        window: Days of history that are fitted; None for all.
        horizon: Days ahead.
    """

    refit_days = 22

    def __init__(self, *, leverage: bool = False, window: int | None = None, horizon: int = 1) -> None:
        super().__init__()
        self.names = HAR_LEVERAGE if leverage else HAR
        self.name = "log-HAR" + (" with leverage" if leverage else "") + (f", {window} days" if window else "")
        self.window, self.horizon = window, horizon
        self.known: dict[str, tuple[Array, float, float, tuple[float, float]]] = {}

    def fit(self, panel: Sequence[History]) -> Self:
        """Least squares on the logs."""
        require_days(panel, WARM_UP + 60, self.name)
        self.remember(panel)
        for history in panel:
            X, realised = _with_one(design(history, self.names)), ahead(history, self.horizon)
            rows = np.flatnonzero(np.isfinite(realised) & np.isfinite(X).all(axis=1))
            rows = rows[-self.window :] if self.window else rows
            y = np.log(realised[rows])
            weights = np.linalg.lstsq(X[rows], y, rcond=None)[0]
            error = y - X[rows] @ weights
            back = float(np.log(np.mean(np.exp(error))))
            self.known[history.symbol] = (weights, back, float(np.std(error)), bounds_of(realised[rows]))
        return self

    def forecast(self, history: History) -> VarianceForecast:
        """One forecast at the close of each day; NaN in the warm-up."""
        if history.symbol not in self.known:
            raise NotFoundError(f"{history.symbol} was not fitted: fit() before forecast()")
        weights, back, spread, bounds = self.known[history.symbol]
        mean = clip(np.exp(_with_one(design(history, self.names)) @ weights + back), bounds)
        return VarianceForecast(day=history.day, mean=mean, log_sd=np.full(len(history), spread), horizon=self.horizon)


class GammaHar(Pooled):
    """Regression on all features, pooled over symbols, fitted by the gamma deviance (QLIKE) with a ridge.

    Columns are levels relative to the symbol's month, so one fit serves all symbols, also those it has not seen.

    Args:
        ridge: Weight of the penalty.
        half_life: Days after which an observation counts half; None for equal weights.
        horizon: Days ahead.
    """

    refit_days = 66
    name = "gamma-HAR"

    def __init__(self, *, ridge: float = 0.03, half_life: float | None = 1000.0, horizon: int = 1) -> None:
        super().__init__(horizon)
        self.ridge, self.half_life = ridge, half_life
        self.model: Any = None

    def fit(self, panel: Sequence[History]) -> Self:
        """Iteratively weighted least squares (scikit-learn)."""
        require_days(panel, WARM_UP + 60, self.name)
        self.remember(panel)
        last = max(int(history.day[-1]) for history in panel)
        X, y, weight = (np.concatenate(parts) for parts in zip(*(self._weighted(h, last) for h in panel), strict=True))
        self.centre, self.scale = X.mean(axis=0), np.maximum(X.std(axis=0), 1e-9)
        self.model = _gamma_regressor()(alpha=self.ridge, max_iter=500, tol=1e-6, solver="newton-cholesky")
        self.model.fit((X - self.centre) / self.scale, y, sample_weight=weight)
        self.settle(panel)
        return self

    def ratio(self, X: Array) -> Array:
        """As :class:`Pooled`."""
        return np.asarray(self.model.predict((X - self.centre) / self.scale))

    def _weighted(self, history: History, last: int) -> tuple[Array, Array, Array]:
        X, y, days = self.rows(history)
        age = (last - history.day[days]) * 252 / 365.25
        weight = np.ones(len(age)) if self.half_life is None else 0.5 ** (age / self.half_life)
        return X, y, weight


def _with_one(X: Array) -> Array:
    return np.column_stack([np.ones(len(X)), X])


def _gamma_regressor() -> Any:
    try:
        from sklearn.linear_model import GammaRegressor
    except ImportError:
        raise MissingExtraError("scikit-learn", "risk", "a gamma regression") from None
    return GammaRegressor
