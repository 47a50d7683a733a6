"""Linear models: ridge, recursive least squares with forgetting, multinomial logistic regression."""

from __future__ import annotations

import warnings
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from tradewind.alpha.models.checks import Scale, fit_scale, scaled
from tradewind.alpha.models.forecaster import Forecaster, Online, Params
from tradewind.alpha.models.ordered import class_edges, class_probabilities, softmax
from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError
from tradewind.core.kernels import entry

__all__ = ["RLS", "Logistic", "LogisticParams", "RLSParams", "Ridge", "RidgeParams", "balanced", "rls_update"]


class RidgeParams(Params, frozen=True, kw_only=True):
    """Hyper-parameters of :class:`Ridge`.

    Attributes:
        alpha: Penalty on squared coefficients of standardised features, as a fraction of the rows.
    """

    alpha: Annotated[float, Meta(ge=0)] = 1e-3


class Ridge(Forecaster):
    r"""Ridge regression on standardised features, with normal errors; classes are cut out of the normal in order.

    .. math:: \min_w \sum_i v_i (y_i - b - w^\top z_i)^2 + \alpha \sum_i v_i \lVert w \rVert^2

    References:
        Hoerl and Kennard (1970), "Ridge regression".

    Examples:
        >>> model = Ridge(output="normal").fit(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]))
        >>> round(float(model.predict(np.array([[3.0]]))[0]), 1)
        7.0
    """

    name = "ridge"
    Params = RidgeParams
    outputs = ("normal", "classes")
    learned: ClassVar[tuple[str, ...]] = ("mean_", "scale_", "weights_", "intercept_", "deviation_", "edges_")

    mean_: Array
    scale_: Array
    weights_: Array
    intercept_: float
    deviation_: float
    edges_: Array

    def __init__(self, **params: object) -> None:
        super().__init__(**({"output": "normal"} | params))

    @property
    def coefficients_(self) -> tuple[Array, Scale]:
        """Weights of standardised features, shape (d, 1), and the standardisation."""
        return self.weights_[:, None], (self.mean_, self.scale_)

    def _learn(self, X: Array, y: Array, weight: Array, sample: Sample | None) -> None:  # noqa: ARG002
        (self.mean_, self.scale_), self.notes_ = fit_scale(X, weight)
        Z = scaled(X, (self.mean_, self.scale_))
        total = weight.sum()
        centre, middle = weight @ Z / total, float(weight @ y / total)
        gram = (Z * weight[:, None]).T @ Z - total * np.outer(centre, centre)
        moment = Z.T @ (weight * y) - total * middle * centre
        penalty = np.full(Z.shape[1], max(self.params.alpha, 1e-12) * total)
        self.weights_ = np.linalg.solve(gram + np.diag(penalty), moment)
        self.intercept_ = middle - float(centre @ self.weights_)
        errors = y - self.intercept_ - Z @ self.weights_
        self.deviation_ = max(float(np.sqrt(weight @ errors**2 / total)), 1e-12)
        spread = max(float(np.sqrt(weight @ (y - middle) ** 2 / total)), 1e-12)
        shares = np.array([weight @ (y == level) / total for level in self.levels_])
        self.edges_ = class_edges(shares, middle, spread)

    def _values(self, X: Array, sample: Sample | None) -> Array:  # noqa: ARG002
        mean = self.intercept_ + scaled(X, (self.mean_, self.scale_)) @ self.weights_
        deviation = np.full(len(X), self.deviation_)
        if self.params.output == "classes":
            return class_probabilities(mean, deviation, self.edges_)
        return np.stack([mean, deviation], axis=1)


class RLSParams(Params, frozen=True, kw_only=True):
    """Hyper-parameters of :class:`RLS`.

    Attributes:
        forgetting: Weight of the past after one row; 0.998 remembers about 500 rows.
        prior: Variance of the coefficients before the first row.
    """

    forgetting: Annotated[float, Meta(gt=0, le=1)] = 0.998
    prior: Annotated[float, Meta(gt=0)] = 1.0


@entry
def rls_update(  # noqa: PLR0917
    P: Array, w: Array, Z: Array, y: Array, weight: Array, moments: Array, forgetting: float
) -> None:
    """Learn rows one after the other; ``P``, ``w`` and ``moments`` change in place.

    Args:
        P: Shape (d, d): covariance of the coefficients, over the error variance.
        w: Shape (d,): coefficients.
        Z: Shape (n, d): features, with a column of ones.
        y: Shape (n,): labels.
        weight: Shape (n,): weight of each row.
        moments: Shape (4,): forgetting sums of weight, label, squared label, squared error before learning the row.
        forgetting: Weight of the past after one row.
    """
    d = len(w)
    gain = np.zeros(d)
    for i in range(len(Z)):
        for j in range(4):
            moments[j] *= forgetting
        if weight[i] > 0.0:
            error, spread = y[i], forgetting / weight[i]
            for a in range(d):
                gain[a] = 0.0
                for b in range(d):
                    gain[a] += P[a, b] * Z[i, b]
                error -= w[a] * Z[i, a]
                spread += gain[a] * Z[i, a]
            for a in range(d):
                w[a] += gain[a] / spread * error
                for b in range(d):
                    P[a, b] = (P[a, b] - gain[a] * gain[b] / spread) / forgetting
            moments[0] += weight[i]
            moments[1] += weight[i] * y[i]
            moments[2] += weight[i] * y[i] * y[i]
            moments[3] += weight[i] * error * error / (spread * weight[i] / forgetting)


class RLS(Online):
    r"""Recursive least squares with exponential forgetting: ridge regression that follows a changing market.

    .. math:: g = P z / (\lambda/v + z^\top P z), \quad w \mathrel{+}= g\,(y - w^\top z), \quad
              P = (P - g z^\top P) / \lambda

    Features are standardised by the first batch. The trace of ``P`` is bounded, so quiet features do not blow it up.

    References:
        Ljung and Söderström (1983), "Theory and Practice of Recursive Identification".
    """

    name = "rls"
    Params = RLSParams
    outputs = ("normal", "classes")
    learned: ClassVar[tuple[str, ...]] = (
        "mean_", "scale_", "weights_", "covariance_", "moments_", "counts_", "last_t0_",
    )  # fmt: skip

    mean_: Array
    scale_: Array
    weights_: Array
    covariance_: Array
    moments_: Array
    counts_: Array

    def __init__(self, **params: object) -> None:
        super().__init__(**({"output": "normal"} | params))

    @property
    def coefficients_(self) -> tuple[Array, Scale]:
        """Weights of standardised features, shape (d, 1), and the standardisation."""
        return self.weights_[:-1, None], (self.mean_, self.scale_)

    def _begin(self, X: Array, y: Array, weight: Array) -> None:  # noqa: ARG002
        d = X.shape[1]
        self.mean_, self.scale_ = np.zeros(d), np.ones(d)
        if len(X) > 1:
            (self.mean_, self.scale_), self.notes_ = fit_scale(X, weight)
        self.weights_, self.covariance_ = np.zeros(d + 1), np.eye(d + 1) * self.params.prior
        self.covariance_[-1, -1] = 1e3 * self.params.prior
        self.moments_, self.counts_ = np.zeros(4), np.zeros(len(self.levels_))

    def _design(self, X: Array) -> Array:
        return np.concatenate([scaled(X, (self.mean_, self.scale_)), np.ones((len(X), 1))], axis=1)

    def _update(self, X: Array, y: Array, weight: Array) -> None:
        Z, forgetting = self._design(X), self.params.forgetting
        rls_update(self.covariance_, self.weights_, Z, y, weight, self.moments_, forgetting)
        most = 1e3 * self.params.prior * len(self.weights_)
        if (trace := float(np.trace(self.covariance_))) > most:
            self.covariance_ *= most / trace
        if self.levels_:
            ages = forgetting ** np.arange(len(y) - 1, -1, -1.0) * weight
            new = np.array([ages @ (y == level) for level in self.levels_])
            self.counts_ = self.counts_ * forgetting ** len(y) + new

    def _values(self, X: Array, sample: Sample | None) -> Array:  # noqa: ARG002
        Z = self._design(X)
        total, first, second, squared = self.moments_
        mean = Z @ self.weights_
        variance = max(squared / max(total, 1e-300), 1e-24)
        deviation = np.sqrt(variance * (1.0 + np.einsum("ij,jk,ik->i", Z, self.covariance_, Z)))
        if self.params.output == "classes":
            middle = first / max(total, 1e-300)
            spread = float(np.sqrt(max(second / max(total, 1e-300) - middle**2, 1e-24)))
            shares = (self.counts_ + 1e-9) / (self.counts_ + 1e-9).sum()
            return class_probabilities(mean, deviation, class_edges(shares, middle, spread))
        return np.stack([mean, deviation], axis=1)


class LogisticParams(Params, frozen=True, kw_only=True):
    """Hyper-parameters of :class:`Logistic`.

    Attributes:
        alpha: Penalty on squared coefficients of standardised features, as a fraction of the rows.
        balance: 0 counts rows as they are; 1 gives every class the same weight; between them, a power.
        iterations: Steps of the optimiser, at most.
    """

    alpha: Annotated[float, Meta(gt=0)] = 1e-2
    balance: Annotated[float, Meta(ge=0, le=1)] = 0.0
    iterations: Annotated[int, Meta(ge=1)] = 200


def balanced(y: Array, weight: Array, levels: tuple[float, ...], power: float) -> Array:
    """Weights of rows with classes weighted by their frequency to the power ``-power``; the sum stays.

    Examples:
        >>> balanced(np.array([0.0, 0.0, 1.0]), np.ones(3), (0.0, 1.0), 1.0).tolist()
        [0.75, 0.75, 1.5]
    """
    if power == 0.0 or not levels:
        return weight
    shares = {level: max(float(weight @ (y == level)), 1e-300) for level in levels}
    out = weight * np.array([shares[label] ** -power for label in y.tolist()])
    return np.asarray(out * weight.sum() / out.sum())


class Logistic(Forecaster):
    """Multinomial logistic regression on standardised features (scikit-learn fits it, NumPy runs it).

    References:
        Cox (1966), "Some procedures connected with the logistic qualitative response curve".
    """

    name = "logistic"
    Params = LogisticParams
    outputs = ("classes",)
    learned: ClassVar[tuple[str, ...]] = ("mean_", "scale_", "weights_", "intercepts_")

    mean_: Array
    scale_: Array
    weights_: Array
    intercepts_: Array

    @property
    def coefficients_(self) -> tuple[Array, Scale]:
        """Weights of standardised features, shape (d, classes), and the standardisation."""
        return self.weights_, (self.mean_, self.scale_)

    def _learn(self, X: Array, y: Array, weight: Array, sample: Sample | None) -> None:  # noqa: ARG002
        try:
            from sklearn.exceptions import ConvergenceWarning
            from sklearn.linear_model import LogisticRegression
        except ImportError:
            raise MissingExtraError("scikit-learn", "alpha", "logistic regression") from None
        (self.mean_, self.scale_), self.notes_ = fit_scale(X, weight)
        Z = scaled(X, (self.mean_, self.scale_))
        weight = balanced(y, weight / weight.mean(), self.levels_, self.params.balance)
        model = LogisticRegression(C=1.0 / (self.params.alpha * len(y)), max_iter=self.params.iterations, tol=1e-5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(Z, y, sample_weight=weight)
        if int(np.max(model.n_iter_)) >= self.params.iterations:
            self.notes_.append(f"not converged after {self.params.iterations} steps; a larger alpha or more steps help")
        weights, intercepts = model.coef_.T, model.intercept_
        if weights.shape[1] == 1:
            weights, intercepts = np.concatenate([-weights, weights], axis=1) / 2, np.array([-0.5, 0.5]) * intercepts
        self.weights_, self.intercepts_ = np.ascontiguousarray(weights), np.asarray(intercepts, np.float64)

    def _values(self, X: Array, sample: Sample | None) -> Array:  # noqa: ARG002
        return softmax(scaled(X, (self.mean_, self.scale_)) @ self.weights_ + self.intercepts_)
