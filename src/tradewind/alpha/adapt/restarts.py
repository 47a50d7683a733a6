"""A regression that restarts itself: recursive experts of every age, weighed by how well they foresee."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from tradewind.alpha.adapt.bank import (
    ALARM,
    BIRTH,
    CHANGE,
    COUNT,
    EXPERT_COLUMNS,
    MEMORY,
    NOISE,
    PRIOR,
    STATE,
    WEIGHT,
    learn_row,
    scaled_row,
)
from tradewind.alpha.protocol import Distribution, Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["RestartBank"]

FORGETTING = (0.9995, 0.9985)
SCALES = (0.02, 0.1)


class RestartBank:
    """Online regression for relations that change suddenly, slowly or not at all.

    A bank of Bayesian recursive regressions: some forget at a fixed pace and never restart, the others are born every
    ``every`` rows and know only what came after. Their weights follow fixed share (Herbster and Warmuth, 1998), which
    makes them the posterior over when the relation last changed (Adams and MacKay, 2007). An alarm is raised when that
    posterior is certain of a change after the last one.

    Args:
        share: Weight that goes to the newborn at each row: the expected rate of changes.
        every: Rows between births.
        experts: How many are kept.
        certain: Posterior probability of a change that raises an alarm.
        slow: Pace of the running means, variances and noise, once past the first ``1 / slow`` rows.

    Attributes:
        alarms_: Rows at which an alarm was raised, and the rows to which each dates the change.

    References:
        Herbster and Warmuth (1998), "Tracking the Best Expert". Adams and MacKay (2007), "Bayesian Online Changepoint
        Detection".

    Examples:
        >>> from tradewind.core.random import stream
        >>> chance = stream(7, "example")
        >>> X = chance.normal(size=(800, 3))
        >>> slope = np.where(np.arange(800) < 500, 1.0, -1.0)
        >>> bank = RestartBank().fit(X, slope * X[:, 0] + chance.normal(size=800))
        >>> [400 < date <= 520 < alarm + 20 for alarm, date in bank.alarms_]
        [True]
    """

    def __init__(
        self, *, share: float = 1e-3, every: int = 25, experts: int = 24, certain: float = 0.99, slow: float = 5e-4
    ) -> None:
        if not 0 < share < 0.5:
            raise InvalidValueError("share", "between 0 and 0.5", share)
        if experts < 2 + len(FORGETTING) or every < 1:
            raise InvalidValueError("experts", "4 or more, born every 1 or more rows", (experts, every))
        self.share, self.every, self.experts, self.certain, self.slow = share, every, experts, certain, slow
        self.alarms_: list[tuple[int, int]] = []
        self.features_ = 0

    def fit(self, X: Array, y: Array, sample: Sample | None = None) -> RestartBank:
        """Learn the rows from nothing, in order."""
        self.features_, self.alarms_ = 0, []
        return self.partial_fit(X, y, sample)

    def partial_fit(self, X: Array, y: Array, sample: Sample | None = None) -> RestartBank:  # noqa: ARG002
        """Learn further rows, in time order; rows without a label are passed over.

        Args:
            X: Shape (n, d), raw features; NaN where not known.
            y: Shape (n,).
            sample: Not needed.
        """
        X = np.asarray(X, np.float64)
        if X.ndim != 2 or len(X) != len(y):
            raise InvalidValueError("X", f"{len(y)} rows of features", X.shape)
        if not self.features_:
            self._begin(X.shape[1])
        elif X.shape[1] != self.features_:
            raise InvalidValueError("X", f"{self.features_} features", X.shape[1])
        for row, label in zip(X, np.asarray(y, np.float64), strict=True):
            if np.isfinite(label):
                self._learn(row, float(label))
        return self

    def predict(self, X: Array) -> Array:
        """Shape (n,): the pooled forecast of each row."""
        if not self.features_:
            return np.zeros(len(X))
        pooled = self.weight_ @ self.coefficients_
        row = np.empty(self.features_ + 1)
        out = np.empty(len(X))
        for i, x in enumerate(np.asarray(X, np.float64)):
            scaled_row(self.moments_, x, row)
            out[i] = pooled @ row
        return out

    def predict_dist(self, X: Array, sample: Sample | None = None) -> Distribution:  # noqa: ARG002
        """Normal forecasts: the pooled mean, and the running noise."""
        sd = np.sqrt(self.state_[NOISE]) if self.features_ else 1.0
        return Distribution(kind="normal", values=np.column_stack([self.predict(X), np.full(len(X), max(sd, 1e-12))]))

    @property
    def weight_(self) -> Array:
        """Shape (experts,): what each expert counts."""
        weight: Array = np.maximum(self.table_[:, WEIGHT], 0.0)
        return np.asarray(weight / weight.sum())

    def coefficients(self) -> Array:
        """Shape (d,): pooled coefficients per standard deviation of each feature."""
        return np.asarray(self.weight_ @ self.coefficients_)[:-1]

    def state_dict(self) -> dict[str, Any]:
        """Parameters and learned state."""
        state: dict[str, Any] = {k: getattr(self, k) for k in ("share", "every", "experts", "certain", "slow")}
        if self.features_:
            state |= {k: getattr(self, k) for k in ("covariance_", "coefficients_", "table_", "moments_", "state_")}
        return state

    @property
    def fingerprint(self) -> str:
        """Hash of class, parameters and learned state."""
        digest = hashlib.sha256(type(self).__name__.encode())
        for name, value in sorted(self.state_dict().items()):
            digest.update(name.encode() + (value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()))
        return digest.hexdigest()[:16]

    def _begin(self, features: int) -> None:
        d, slots = features + 1, self.experts
        self.features_ = features
        self.table_ = np.zeros((slots, EXPERT_COLUMNS))
        self.table_[:2, MEMORY], self.table_[:2, BIRTH] = FORGETTING, -1.0
        self.table_[:2, PRIOR] = np.asarray(SCALES) / d
        self.table_[2:4] = self.table_[:2]
        self.table_[2:4, MEMORY], self.table_[2:4, BIRTH] = 1.0, 0.0
        self.table_[:4, WEIGHT] = 0.25
        self.covariance_ = np.einsum("k,ij->kij", self.table_[:, PRIOR], np.eye(d))
        self.coefficients_ = np.zeros((slots, d))
        self.moments_ = np.zeros((2, features))
        self.state_ = np.zeros(STATE)
        self.state_[4:8] = self.share, self.every, self.certain, self.slow

    def _learn(self, x: Array, y: float) -> None:
        alarm = self.state_[ALARM]
        learn_row(self.covariance_, self.coefficients_, self.table_, self.moments_, self.state_, x, y)
        if self.state_[ALARM] != alarm:
            self.alarms_.append((int(self.state_[COUNT]), int(self.state_[CHANGE])))
