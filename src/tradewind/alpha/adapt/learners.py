"""Learners side by side: never refitted, refitted on all, refitted on the last rows, and those that adapt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tradewind.alpha.adapt.drill import Learner
from tradewind.alpha.adapt.restarts import RestartBank
from tradewind.alpha.adapt.supervisor import Supervisor, SupervisorSettings
from tradewind.alpha.protocol import Distribution, Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError, NotFoundError

__all__ = ["LEARNERS", "Refit", "make_learner"]


class Line:
    """Ridge regression on scaled features with the penalty of a prior IC of 0.2: the plainest model to refit."""

    def fit(self, X: Array, y: Array, sample: Sample | None = None) -> Line:  # noqa: ARG002
        """Learn from nothing."""
        self.mean_, self.scale_ = np.nanmean(X, axis=0), np.nanstd(X, axis=0)
        Z = self._scaled(X)
        self.level_ = float(np.mean(y))
        penalty = Z.shape[1] / 0.04
        self.slope_ = np.linalg.solve(Z.T @ Z + penalty * np.eye(Z.shape[1]), Z.T @ (y - self.level_))
        self.noise_ = float(np.std(y - self.level_ - Z @ self.slope_))
        return self

    def predict_dist(self, X: Array, sample: Sample | None = None) -> Distribution:  # noqa: ARG002
        """Normal forecasts."""
        mean = self.level_ + self._scaled(X) @ self.slope_
        return Distribution(kind="normal", values=np.column_stack([mean, np.full(len(mean), self.noise_)]))

    def _scaled(self, X: Array) -> Array:
        scale = np.where(self.scale_ > 0, self.scale_, 1.0)
        return np.asarray(np.clip(np.nan_to_num((np.asarray(X, np.float64) - self.mean_) / scale), -5, 5))


class Refit:
    """A model refitted on a schedule.

    Args:
        make: Gives an unfitted model.
        first: Labelled rows before the first fit.
        every: Rows between fits; 0 never again.
        window: Last rows that are learnt from; 0 for all.
    """

    def __init__(self, make: Callable[[], Any], *, first: int = 1000, every: int = 0, window: int = 0) -> None:
        self.make, self.first, self.every, self.window = make, first, every, window
        self.alarms: list[int] = []
        self.model: Any = None
        self._rows: list[Array] = []
        self._labels: list[float] = []

    def predict(self, X: Array) -> Array:
        """Shape (n,): zeros before the first fit."""
        return np.zeros(len(X)) if self.model is None else np.asarray(self.model.predict_dist(X).mean())

    def learn(self, x: Array, y: float) -> None:
        """Keep the row; fit when it is time."""
        self._rows.append(x)
        self._labels.append(y)
        count = len(self._rows)
        if count == self.first or (self.every and count > self.first and count % self.every == 0):
            last = self.window or count
            self.model = self.make().fit(np.array(self._rows[-last:]), np.array(self._labels[-last:]))


class Online:
    """A model that learns row by row."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, X: Array) -> Array:
        """Shape (n,)."""
        return np.asarray(self.model.predict(X))

    def learn(self, x: Array, y: float) -> None:
        """One row."""
        self.model.partial_fit(x[None], np.array([y]))

    @property
    def alarms(self) -> list[int]:
        """Rows at which the model raised one."""
        return [row for row, _ in getattr(self.model, "alarms_", [])]


class Forgetting:
    """Recursive least squares that forgets at one pace (Haykin, 2002, chapter 13), with a regularised start."""

    def __init__(self, forget: float = 0.998) -> None:
        self.forget = forget
        self.slope_: Array | None = None

    def predict(self, X: Array) -> Array:
        """Shape (n,)."""
        return np.zeros(len(X)) if self.slope_ is None else np.nan_to_num(X) @ self.slope_

    def partial_fit(self, X: Array, y: Array) -> Forgetting:
        """Further rows."""
        if self.slope_ is None:
            self.slope_, self._spread = np.zeros(X.shape[1]), np.eye(X.shape[1]) / 100
        for x, label in zip(np.nan_to_num(X), y, strict=True):
            reach = self._spread @ x
            gain = reach / (self.forget + x @ reach)
            self.slope_ = self.slope_ + gain * (label - x @ self.slope_)
            self._spread = (self._spread - np.outer(gain, reach)) / self.forget
            if np.trace(self._spread) > X.shape[1]:
                self._spread *= X.shape[1] / np.trace(self._spread)
        return self


class Watched(Supervisor):
    """A supervised model whose first champion is trained as soon as there are enough rows."""

    def learn(self, x: Array, y: float) -> Any:
        """One row."""
        if self.champion is None and self.row + 1 == FIRST:
            self._rows.append(x)
            self._labels.append(y)
            return self.fit(np.array(self._rows), np.array(self._labels))
        return super().learn(x, y)


FIRST = 1000


def _boosted() -> Any:
    try:
        from lightgbm import LGBMRegressor
    except ImportError:
        raise MissingExtraError("lightgbm", "alpha", "a boosted learner") from None
    settings = {"n_estimators": 60, "learning_rate": 0.05, "num_leaves": 7, "min_child_samples": 40, "verbose": -1}
    return _Boosted(LGBMRegressor(n_jobs=1, random_state=7, deterministic=True, **settings))


class _Boosted:
    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, X: Array, y: Array) -> _Boosted:
        self.model.fit(X, y)
        return self

    def predict_dist(self, X: Array) -> Distribution:
        mean = self.model.booster_.predict(X, num_threads=1)
        return Distribution(kind="normal", values=np.column_stack([mean, np.ones(len(mean))]))


LEARNERS: dict[str, Callable[[], Learner]] = {
    "static": lambda: Refit(Line),
    "expanding": lambda: Refit(Line, every=250),
    "rolling 1000": lambda: Refit(Line, every=100, window=1000),
    "RLS 0.998": lambda: Online(Forgetting(0.998)),
    "Page-Hinkley ridge": lambda: Watched(Line),
    "ADWIN LightGBM": lambda: Watched(_boosted, SupervisorSettings(detector="adwin", young=300, shadow=200)),
    "restart bank": lambda: Online(RestartBank()),
}
"""Learners by name; the last one is the default of the house."""


def make_learner(name: str) -> Learner:
    """A learner by name.

    Raises:
        NotFoundError: When there is none of that name.

    Examples:
        >>> make_learner("static").predict(np.ones((2, 3)))
        array([0., 0.])
    """
    if name not in LEARNERS:
        raise NotFoundError(f"{name}: no such learner; there are {', '.join(LEARNERS)}")
    return LEARNERS[name]()
