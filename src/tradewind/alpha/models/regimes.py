"""Regimes as features: clusters, mixtures, and a hidden Markov model that filters and never smooths.

They learn without labels and add columns to a design matrix; they say what the market is like now, not where it goes.
States stand in the order of their first column's deviation (for ``kmeans`` its mean), so state 0 is the quietest.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta

from tradewind.alpha.models.checks import Scale, fit_scale, scaled
from tradewind.alpha.models.forecaster import Forecaster, Params
from tradewind.alpha.models.regime_kernels import forward_filter, smoothed_counts
from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError

__all__ = ["HMM", "Clusters", "HMMParams", "Mixture", "Regimes", "RegimesParams"]

FLOOR = 1e-3


class RegimesParams(Params, frozen=True, kw_only=True):
    """Hyper-parameters of the regimes.

    Attributes:
        states: How many.
        columns: Columns of ``X`` that they look at; empty: all.
        smoothing: Rows of a class that every state is given beforehand, by the base rates, when labels are forecast.
        seed: Of the start.
    """

    states: Annotated[int, Meta(ge=2, le=20)] = 3
    columns: tuple[int, ...] = ()
    smoothing: Annotated[float, Meta(gt=0)] = 100.0
    seed: int = 0


class Regimes(Forecaster):
    """What regimes share: probabilities of the states as features, and a forecast of the label by state."""

    Params = RegimesParams
    outputs = ("classes", "normal")
    learned: ClassVar[tuple[str, ...]] = ("mean_", "scale_", "centres_", "spreads_", "shares_", "moves_", "table_")

    mean_: Array
    scale_: Array
    centres_: Array
    spreads_: Array
    shares_: Array
    moves_: Array
    table_: Array

    @property
    def columns_(self) -> Array:
        """Columns it looks at."""
        return np.asarray(self.params.columns or range(self.n_features_in_), np.int64)

    def states(self, X: Array, sample: Sample | None = None) -> Array:
        """Shape (n, states): probability of each state, knowing no row that comes later in its series."""
        self.require_fit()
        return self._states(self._seen(np.asarray(X, np.float64)), sample)

    def transform(self, X: Array, sample: Sample | None = None) -> Array:
        """``X`` with the probabilities of all states but the first as further columns."""
        return np.concatenate([X, self.states(X, sample)[:, 1:]], axis=1)

    def _seen(self, X: Array) -> Array:
        return scaled(X[:, self.columns_], (self.mean_, self.scale_))

    def _learn(self, X: Array, y: Array, weight: Array, sample: Sample | None) -> None:
        wrong = [c for c in self.params.columns if not 0 <= c < X.shape[1]]
        if wrong:
            raise InvalidValueError(f"{self.name}.columns", f"below the {X.shape[1]} columns of X", wrong[0])
        if len(X) < 10 * self.params.states:
            raise InvalidValueError("X", f"at least {10 * self.params.states} rows for its states", len(X))
        scale: Scale
        scale, self.notes_ = fit_scale(X[:, self.columns_], weight)
        self.mean_, self.scale_ = scale
        self.moves_ = np.zeros((self.params.states, self.params.states))
        self._find(self._seen(X), sample)
        self._sort()
        self._tabulate(self._states(self._seen(X), sample), y, weight)

    def _sort(self) -> None:
        key = self.centres_[:, 0] if self.name == "kmeans" else self.spreads_[:, 0]
        order = np.argsort(key, kind="stable")
        self.centres_, self.spreads_, self.shares_ = self.centres_[order], self.spreads_[order], self.shares_[order]
        self.moves_ = self.moves_[np.ix_(order, order)]

    def _tabulate(self, states: Array, y: Array, weight: Array) -> None:
        """What the label was in each state."""
        seen, prior = states * weight[:, None], self.params.smoothing
        total = seen.sum(axis=0)
        if self.levels_:
            hits = np.stack([seen.T @ (y == level) for level in self.levels_], axis=1)
            base = hits.sum(axis=0) / total.sum()
            self.table_ = (hits + prior * base) / (total + prior)[:, None]
            return
        mean, variance = float(np.average(y, weights=weight)), float(np.average((y - y.mean()) ** 2, weights=weight))
        means = (seen.T @ y + prior * mean) / (total + prior)
        squares = (seen * (y[:, None] - means) ** 2).sum(axis=0) + prior * variance
        self.table_ = np.stack([means, np.sqrt(np.maximum(squares / (total + prior), 1e-24))], axis=1)

    def _values(self, X: Array, sample: Sample | None) -> Array:
        return self._told(self._states(self._seen(X), sample))

    def _told(self, states: Array) -> Array:
        if self.levels_:
            return np.asarray(states @ self.table_)
        mean = states @ self.table_[:, 0]
        second = states @ (self.table_[:, 0] ** 2 + self.table_[:, 1] ** 2)
        return np.stack([mean, np.sqrt(np.maximum(second - mean**2, 1e-24))], axis=1)

    def _log_density(self, Z: Array) -> Array:
        """Shape (n, states): logarithm of the normal density with independent columns."""
        gap = (Z[:, None, :] - self.centres_[None]) / self.spreads_[None]
        return np.asarray(-0.5 * (gap**2).sum(axis=2) - np.log(self.spreads_).sum(axis=1))

    def _find(self, Z: Array, sample: Sample | None) -> None:
        raise NotImplementedError

    def _states(self, Z: Array, sample: Sample | None) -> Array:
        raise NotImplementedError


def _posterior(log_density: Array, shares: Array) -> Array:
    score = log_density + np.log(np.maximum(shares, 1e-300))
    raised = np.exp(score - score.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _sklearn(purpose: str) -> Any:
    try:
        import sklearn.cluster
        import sklearn.mixture
    except ImportError:
        raise MissingExtraError("scikit-learn", "alpha", purpose) from None
    return sklearn


class Clusters(Regimes):
    """K-means: the nearest of a few centres (MacQueen, 1967); probabilities are 0 or 1."""

    name = "kmeans"

    def _find(self, Z: Array, sample: Sample | None) -> None:  # noqa: ARG002
        found = (
            _sklearn("clustering").cluster.KMeans(self.params.states, n_init=4, random_state=self.params.seed).fit(Z)
        )
        self.centres_ = np.asarray(found.cluster_centers_, np.float64)
        self.spreads_ = np.ones_like(self.centres_)
        self.shares_ = np.bincount(found.labels_, minlength=self.params.states) / len(Z)

    def _states(self, Z: Array, sample: Sample | None) -> Array:  # noqa: ARG002
        return np.asarray(np.eye(self.params.states)[np.argmax(self._log_density(Z), axis=1)])


class Mixture(Regimes):
    """Mixture of normals with independent columns (Dempster, Laird and Rubin, 1977); each row stands for itself."""

    name = "gmm"

    def _find(self, Z: Array, sample: Sample | None) -> None:  # noqa: ARG002
        mixture = _sklearn("a mixture").mixture.GaussianMixture
        found = mixture(self.params.states, covariance_type="diag", reg_covar=FLOOR, random_state=self.params.seed)
        found.fit(Z)
        self.centres_ = np.asarray(found.means_, np.float64)
        self.spreads_ = np.sqrt(np.asarray(found.covariances_, np.float64))
        self.shares_ = np.asarray(found.weights_, np.float64)

    def _states(self, Z: Array, sample: Sample | None) -> Array:  # noqa: ARG002
        return _posterior(self._log_density(Z), self.shares_)


class HMMParams(RegimesParams, frozen=True, kw_only=True):
    """Hyper-parameters of :class:`HMM`; beside those of :class:`RegimesParams`.

    Attributes:
        rounds: Rounds of learning, at most.
        stay: Probability of staying in a state, at first.
    """

    rounds: Annotated[int, Meta(ge=1)] = 30
    stay: Annotated[float, Meta(gt=0, lt=1)] = 0.98


class HMM(Regimes):
    """Hidden Markov model with normal rows; probabilities are filtered: row t knows the rows up to t of its series.

    Learning (Baum, Petrie, Soules and Weiss, 1970) looks at all training rows, as any learning does; forecasts and
    features never do.
    """

    name = "hmm"
    Params = HMMParams
    sequence: ClassVar[bool] = True

    def _find(self, Z: Array, sample: Sample | None) -> None:
        k, stay = self.params.states, self.params.stay
        order, begins = _series(sample, len(Z))
        Z = Z[order]
        parts = np.array_split(np.argsort(np.abs(Z[:, 0]), kind="stable"), k)
        self.centres_ = np.stack([Z[part].mean(axis=0) for part in parts])
        self.spreads_ = np.stack([np.sqrt(Z[part].var(axis=0) + FLOOR) for part in parts])
        self.shares_ = np.full(k, 1.0 / k)
        self.moves_ = np.where(np.eye(k, dtype=bool), stay, (1 - stay) / (k - 1))
        told, filtered, smooth = -np.inf, np.zeros((len(Z), k)), np.zeros((len(Z), k))
        for _ in range(self.params.rounds):
            score = self._log_density(Z)
            top = score.max(axis=1)
            density = np.exp(score - top[:, None])
            now = forward_filter(density, self.moves_, self.shares_, begins, filtered) + float(top.sum())
            if now - told < 1e-6 * len(Z):
                break
            told, counts = now, np.zeros((k, k))
            smoothed_counts(density, self.moves_, filtered, begins, smooth, counts)
            total = np.maximum(smooth.sum(axis=0), 1e-300)
            self.centres_ = smooth.T @ Z / total[:, None]
            squares = smooth.T @ Z**2 / total[:, None] - self.centres_**2
            self.spreads_ = np.sqrt(np.maximum(squares, 0.0) + FLOOR)
            self.shares_ = smooth[begins].mean(axis=0)
            self.moves_ = (counts + 1e-6) / (counts + 1e-6).sum(axis=1, keepdims=True)

    def _states(self, Z: Array, sample: Sample | None) -> Array:
        order, begins = _series(sample, len(Z))
        score = self._log_density(Z[order])
        out, back = np.zeros_like(score), np.zeros_like(score)
        forward_filter(np.exp(score - score.max(axis=1, keepdims=True)), self.moves_, self.shares_, begins, out)
        back[order] = out
        return back

    def follow(self, states: Array, row: Array, *, first: bool) -> tuple[Array, Array]:
        """One row further.

        Args:
            states: Shape (states,): probabilities after the row before; those of the start for the first row.
            row: Shape (d,): the row that has come.
            first: Whether a series begins.

        Returns:
            Probabilities now, and a distribution's values.
        """
        score = self._log_density(self._seen(row[None]))[0]
        joint = (states if first else states @ self.moves_) * np.exp(score - score.max())
        total = joint.sum()
        now = joint / total if total > 0 else np.full(len(joint), 1.0 / len(joint))
        return now, self._told(now[None])[0]

    def _check_state(self) -> None:
        if self.moves_.shape != (self.params.states,) * 2 or len(self.centres_) != self.params.states:
            raise ValueError(f"{self.params.states} states, got moves of shape {self.moves_.shape}")


def _series(sample: Sample | None, rows: int) -> tuple[Array, Array]:
    """Rows with each series in one piece, and which of them begin one."""
    if sample is None:
        return np.arange(rows), np.arange(rows) == 0
    order = np.argsort(sample.series, kind="stable")
    series = np.asarray(sample.series)[order]
    return order, np.concatenate(([True], series[1:] != series[:-1]))
