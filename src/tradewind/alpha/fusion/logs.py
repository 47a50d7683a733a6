"""Positive quantities forecast in logs: the log-HAR model of variances, and any that reads more columns."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from tradewind.alpha.protocol import Distribution, Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["LogRidge"]


class LogRidge:
    """Ridge regression of the log of a positive quantity, turned back without bias; forecasts stay near what was seen.

    Args:
        alpha: Penalty on squared coefficients of standardised features, as a fraction of the rows.

    References:
        Corsi (2009), "A simple approximate long-memory model of realized volatility".

    Examples:
        >>> X = np.linspace(0, 1, 50)[:, None]
        >>> model = LogRidge(alpha=1e-9).fit(X, np.exp(2 * X[:, 0]))
        >>> model.predict_dist(np.array([[0.5]])).mean().round(2)
        array([2.72])
    """

    def __init__(self, alpha: float = 1e-3) -> None:
        self.alpha = alpha

    def fit(self, X: Array, y: Array, sample: Sample | None = None) -> LogRidge:
        """Learn; labels must be above 0."""
        if len(y) < 2 or not np.all(np.asarray(y) > 0):
            raise InvalidValueError("y", "two labels or more, all above 0", np.min(y) if len(y) else "none")
        weight = np.ones(len(y)) if sample is None else sample.weight
        logs = np.log(y)
        self.center_, self.scale_ = np.nanmean(X, axis=0), np.nanstd(X, axis=0)
        Z = self._scaled(X)
        self.level_ = float(np.average(logs, weights=weight))
        gram = (Z * weight[:, None]).T @ Z + self.alpha * weight.sum() * np.eye(Z.shape[1])
        self.slope_ = np.linalg.solve(gram, Z.T @ (weight * (logs - self.level_)))
        told = self.level_ + Z @ self.slope_
        self.smear_ = float(np.log(np.average(y / np.exp(told), weights=weight)))
        self.bounds_ = (float(logs.min()), float(logs.max()))
        return self

    def predict_dist(self, X: Array, sample: Sample | None = None) -> Distribution:  # noqa: ARG002
        """Gamma forecasts with shape 1: only the mean is learnt."""
        told = np.clip(self.level_ + self._scaled(X) @ self.slope_ + self.smear_, *self.bounds_)
        return Distribution(kind="gamma", values=np.column_stack([np.exp(told), np.ones(len(told))]))

    def state_dict(self) -> dict[str, Any]:
        """Parameters and learned state."""
        names = ("center_", "scale_", "level_", "slope_", "smear_", "bounds_")
        return {"alpha": self.alpha} | {name: getattr(self, name) for name in names if hasattr(self, name)}

    @property
    def fingerprint(self) -> str:
        """Hash of parameters and learned state."""
        return hashlib.sha256(
            repr(sorted((k, np.asarray(v).tolist()) for k, v in self.state_dict().items())).encode()
        ).hexdigest()[:16]

    def _scaled(self, X: Array) -> Array:
        scale = np.where(self.scale_ > 0, self.scale_, 1.0)
        return np.asarray(np.clip(np.nan_to_num((np.asarray(X, np.float64) - self.center_) / scale), -8, 8))
