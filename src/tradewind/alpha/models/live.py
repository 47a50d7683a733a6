"""One row at a time, as it comes: a model in the live path, with the rows it looks back on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tradewind.alpha.models.checks import CLIP
from tradewind.alpha.models.deep import Network
from tradewind.alpha.models.forecaster import Forecaster
from tradewind.alpha.models.linear import Logistic, Ridge
from tradewind.alpha.models.regimes import HMM
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import entry

__all__ = ["Live", "linear_row"]


@entry
def linear_row(x: Array, mean: Array, scale: Array, weights: Array, bias: Array, out: Array) -> None:  # noqa: PLR0917
    """Scores of one row, as :func:`~tradewind.alpha.models.checks.scaled` and a product give them; NaN is the mean.

    Args:
        x: Shape (d,), float64.
        mean: Shape (d,).
        scale: Shape (d,).
        weights: Shape (d, k).
        bias: Shape (k,).
        out: Shape (k,); overwritten with scores, or with probabilities where k is above 1.
    """
    k, top = len(bias), -np.inf
    for c in range(k):
        out[c] = bias[c]
    for j in range(len(x)):
        z = (x[j] - mean[j]) * scale[j]
        z = 0.0 if np.isnan(z) else min(max(z, -CLIP), CLIP)
        for c in range(k):
            out[c] += z * weights[j, c]
    if k > 1:
        total = 0.0
        for c in range(k):
            top = max(top, out[c])
        for c in range(k):
            out[c] = np.exp(out[c] - top)
            total += out[c]
        for c in range(k):
            out[c] /= total


class Live:
    """A model that is fed row by row. Not for two threads at once.

    Args:
        model: A model that has learned; it is read, not copied.

    Examples:
        >>> from tradewind.alpha.models import make_model
        >>> model = make_model("ridge").fit(np.arange(6.0).reshape(6, 1), np.arange(6.0))
        >>> round(float(Live(model).step(np.array([2.5]))[0]), 2)
        2.5
    """

    def __init__(self, model: Forecaster) -> None:
        model.require_fit()
        self.model = model
        self.columns = model.n_features_in_
        self._refuses_nan = not (model.takes_nan or model.params.nan == "fill")
        rows = model.window_ if isinstance(model, Network) else 1
        self._rows = np.zeros((rows, self.columns))
        self._starts = np.full(1, rows, np.int64)
        self._step: Any = self._by_values
        classes = model.params.output == "classes"
        if isinstance(model, Network):
            self._step = self._by_network
        elif isinstance(model, HMM):
            self._states = model.shares_
            self._step = self._by_filter
        elif isinstance(model, Logistic) or (isinstance(model, Ridge) and not classes):
            weights, self._scale = model.coefficients_
            self._weights = np.ascontiguousarray(weights)
            self._bias = np.asarray(
                model.intercepts_ if isinstance(model, Logistic) else [model.intercept_], np.float64
            )
            self._out = np.zeros(len(self._bias))
            self._step = self._by_scores

    def reset(self) -> None:
        """Forget the rows before: a new series begins."""
        self._starts[0] = len(self._rows)
        if isinstance(self.model, HMM):
            self._states = self.model.shares_

    def step(self, row: Array) -> Array:
        """Forecast from the row that has just come.

        Args:
            row: Shape (d,), float64.

        Returns:
            Shape (k,): a distribution's values, as a row of :meth:`~.forecaster.Forecaster.predict_dist`.

        Raises:
            InvalidValueError: For another number of columns, infinity, or NaN where the model refuses it.
        """
        if row.shape != (self.columns,):
            raise InvalidValueError("row", f"of the {self.columns} columns it learned from", row.shape)
        if not math.isfinite(row.sum()):
            wrong = ~np.isfinite(row) if self._refuses_nan else np.isinf(row)
            if wrong.any():
                raise InvalidValueError(f"column {int(np.argmax(wrong))}", "known and finite", row[wrong][0])
        return np.asarray(self._step(row))

    def _by_scores(self, row: Array) -> Array:
        mean, scale = self._scale
        linear_row(row, mean, scale, self._weights, self._bias, self._out)
        if len(self._out) > 1:
            return self._out.copy()
        return np.array([self._out[0], self.model.deviation_])  # type: ignore[attr-defined]

    def _by_filter(self, row: Array) -> Array:
        self._states, values = self.model.follow(self._states, row, first=bool(self._starts[0]))  # type: ignore[attr-defined]
        self._starts[0] = 0
        return np.asarray(values)

    def _by_network(self, row: Array) -> Array:
        model, rows = self.model, self._rows
        rows[:-1] = rows[1:]
        rows[-1] = row
        self._starts[0] = max(self._starts[0] - 1, 0)
        return model.link(model.raw(rows, self._starts))[0]  # type: ignore[attr-defined,no-any-return]

    def _by_values(self, row: Array) -> Array:
        self._rows[0] = row
        return self.model._values(self._rows, None)[0]  # type: ignore[no-any-return]
