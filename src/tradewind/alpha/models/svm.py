"""Support vector machine with a Gaussian kernel: few rows, calibrated on a purged tail, run from arrays."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta

from tradewind.alpha.models.checks import fit_scale, scaled
from tradewind.alpha.models.forecaster import Forecaster, Params
from tradewind.alpha.models.linear import balanced
from tradewind.alpha.models.ordered import softmax
from tradewind.alpha.models.tail import purged_tail
from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError
from tradewind.core.kernels import entry

__all__ = ["SVM", "SVMParams", "kernel_sums"]


class SVMParams(Params, frozen=True, kw_only=True):
    """Hyper-parameters of :class:`SVM`.

    Attributes:
        cost: Price of a row on the wrong side.
        gamma: Width of the kernel, as a multiple of 1 / columns on standardised features.
        tail: Share of the rows, the last in time, that the probabilities are calibrated on.
        most_rows: Rows it holds at most: fitting takes time and memory that grow with their square.
        balance: 0 counts rows as they are; 1 gives every class the same weight.
    """

    cost: Annotated[float, Meta(gt=0)] = 1.0
    gamma: Annotated[float, Meta(gt=0)] = 0.3
    tail: Annotated[float, Meta(gt=0, lt=1)] = 0.25
    most_rows: Annotated[int, Meta(ge=10)] = 20_000
    balance: Annotated[float, Meta(ge=0, le=1)] = 0.0


@entry
def kernel_sums(Z: Array, support: Array, weights: Array, gamma: float, out: Array) -> None:
    """Add the weighted Gaussian kernels of all support vectors.

    Args:
        Z: Shape (n, d): standardised features.
        support: Shape (m, d): support vectors.
        weights: Shape (m, decisions).
        gamma: Reciprocal squared width.
        out: Shape (n, decisions); the sums are added.
    """
    for i in range(len(Z)):
        for s in range(len(support)):
            distance = 0.0
            for j in range(Z.shape[1]):
                distance += (Z[i, j] - support[s, j]) ** 2
            near = np.exp(-gamma * distance)
            for k in range(out.shape[1]):
                out[i, k] += weights[s, k] * near


class SVM(Forecaster):
    """RBF support vector machine, one against one; a softmax over its decisions, learned on the tail, is calibrated.

    It first learns without the tail, is calibrated there, then learns again from all rows.

    References:
        Cortes and Vapnik (1995), "Support-vector networks"; Platt (1999), "Probabilistic outputs for SVMs".
    """

    name = "svm"
    Params = SVMParams
    outputs = ("classes", "normal")
    learned: ClassVar[tuple[str, ...]] = (
        "mean_", "scale_", "support_", "weights_", "intercepts_", "head_", "bias_", "width_", "deviation_",
    )  # fmt: skip

    mean_: Array
    scale_: Array
    support_: Array
    weights_: Array
    intercepts_: Array
    head_: Array
    bias_: Array
    width_: float
    deviation_: float

    def _learn(self, X: Array, y: Array, weight: Array, sample: Sample | None) -> None:
        if len(X) > self.params.most_rows:
            need = 8e-9 * len(X) ** 2
            expected = (
                f"at most {self.params.most_rows} rows for svm: its kernel matrix would need {need:,.1f} GB; thin them "
                "(alpha.models.checks.evenly), raise most_rows, or use lightgbm"
            )
            raise InvalidValueError("X", expected, len(X))
        (self.mean_, self.scale_), self.notes_ = fit_scale(X, weight)
        Z = scaled(X, (self.mean_, self.scale_))
        self.width_ = self.params.gamma / max(1, int((self.scale_ > 0).sum()))
        weight = balanced(y, weight, self.levels_, self.params.balance)
        head, tail = purged_tail(sample, len(y), self.params.tail)
        if self.levels_ and not np.array_equal(np.unique(y[head]), self.levels_):
            head = tail = np.arange(len(y))
        self._machine(Z[head], y[head], weight[head])
        self._calibrate(self.decisions(Z[tail]), y[tail], weight[tail])
        if len(head) < len(y):
            self._machine(Z, y, weight)

    def _machine(self, Z: Array, y: Array, weight: Array) -> None:
        try:
            from sklearn.svm import SVC, SVR
        except ImportError:
            raise MissingExtraError("scikit-learn", "alpha", "a support vector machine") from None
        shared: dict[str, Any] = {"C": self.params.cost, "gamma": self.width_, "cache_size": 500}
        if not self.levels_:
            spread = max(float(y.std()), 1e-12)
            model = SVR(epsilon=0.1, **shared).fit(Z, (y - y.mean()) / spread, sample_weight=weight)
            self.support_, self.weights_ = model.support_vectors_, model.dual_coef_.T * spread
            self.intercepts_ = model.intercept_ * spread + y.mean()
        else:
            model = SVC(decision_function_shape="ovo", **shared).fit(Z, y, sample_weight=weight)
            self.support_, self.weights_ = model.support_vectors_, _pairs(model._dual_coef_, model.n_support_)
            self.intercepts_ = model._intercept_.copy()
        self.support_, self.weights_ = np.ascontiguousarray(self.support_), np.ascontiguousarray(self.weights_)

    def decisions(self, Z: Array) -> Array:
        """Shape (n, pairs of classes): above 0 the first of the pair is nearer; or (n, 1): the regression."""
        out = np.tile(np.asarray(self.intercepts_, np.float64), (len(Z), 1))
        kernel_sums(np.ascontiguousarray(Z), self.support_, self.weights_, self.width_, out)
        return out

    def _calibrate(self, D: Array, y: Array, weight: Array) -> None:
        self.head_, self.bias_ = np.ones((1, 1)), np.zeros(1)
        if not self.levels_:
            self.deviation_ = max(float(np.sqrt(np.average((y - D[:, 0]) ** 2, weights=weight))), 1e-12)
            return
        from sklearn.linear_model import LogisticRegression

        self.deviation_ = 0.0
        present = np.unique(y)
        k = len(self.levels_)
        self.head_, self.bias_ = np.zeros((D.shape[1], k)), np.full(k, -12.0)
        if len(present) < 2:
            self.bias_[np.searchsorted(self.levels_, present)] = 0.0
            return
        found = LogisticRegression(C=1.0, max_iter=500).fit(D, y, sample_weight=weight)
        at = np.searchsorted(self.levels_, present)
        if len(present) == 2:
            self.head_[:, at[1]], self.bias_[at] = found.coef_[0], [0.0, found.intercept_[0]]
        else:
            self.head_[:, at], self.bias_[at] = found.coef_.T, found.intercept_

    def _check_state(self) -> None:
        if self.support_.shape[1] != self.n_features_in_ or len(self.weights_) != len(self.support_):
            raise ValueError(f"support vectors of shape {self.support_.shape}, weights {self.weights_.shape}")
        if self.weights_.shape[1] != len(self.intercepts_):
            raise ValueError(f"{self.weights_.shape[1]} decisions, {len(self.intercepts_)} intercepts")

    def _values(self, X: Array, sample: Sample | None) -> Array:  # noqa: ARG002
        D = self.decisions(scaled(X, (self.mean_, self.scale_)))
        if self.params.output == "classes":
            return softmax(D @ self.head_ + self.bias_)
        return np.stack([D[:, 0], np.full(len(X), self.deviation_)], axis=1)


def _pairs(dual: Array, counts: Array) -> Array:
    """Dual coefficients of libsvm, shape (classes - 1, m), as one column of weights for each pair of classes."""
    ends = np.cumsum(counts)
    rows = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
    columns = []
    for i in range(len(counts)):
        for j in range(i + 1, len(counts)):
            column = np.zeros(dual.shape[1])
            column[rows[i]] = dual[j - 1, rows[i]]
            column[rows[j]] = dual[i, rows[j]]
            columns.append(column)
    return np.stack(columns, axis=1)
