"""A model that looks at every row twice, as it is and in the mirror: what holds for up holds for down."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from tradewind.alpha.features.mirror import Mirror
from tradewind.alpha.protocol import Distribution, Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["Mirrored"]


class Mirrored:
    """Learns from each row and its mirror, and forecasts the mean of both views, so the forecast has no drift.

    A known symmetry is worth twice the rows: a model without it takes the direction of the days it learnt from for a
    rule, the more so the longer the horizon. Mirrored rows keep their times, so that purging and held-out tails part
    both or neither; they are series of their own, so that models which look back see one market at a time.

    Args:
        model: An unfitted model of ordered classes (-1, 0, 1) or of a number with a sign.
        order: Shape (d,): from which column each column of the mirror comes.
        sign: Shape (d,): -1 for columns that turn around.

    Raises:
        InvalidValueError: When it is no mirror: twice seen is not as seen.

    References:
        Abu-Mostafa (1995), "Hints": virtual examples from a known invariance.

    Examples:
        >>> from tradewind.alpha.models import make_model
        >>> model = Mirrored(make_model("ridge", output="normal"), np.array([0]), np.array([-1.0]))
        >>> X = np.linspace(-1, 1, 50)[:, None]
        >>> told = model.fit(X, X[:, 0] + 0.5).predict_dist(np.array([[-0.3], [0.3]])).mean()
        >>> bool(abs(told.sum()) < 1e-12)
        True
    """

    def __init__(self, model: Any, order: Array, sign: Array) -> None:
        self.model, self.order, self.sign = model, np.asarray(order), np.asarray(sign, np.float64)
        back = self.order[self.order]
        if not np.array_equal(back, np.arange(len(back))) or not np.all(self.sign * self.sign[self.order] == 1.0):
            raise InvalidValueError("mirror", "columns that change places in pairs, signs of -1 or 1", self.order)

    def fit(self, X: Array, y: Array, sample: Sample | None = None) -> Mirrored:
        """Learn from rows X (n, d) with labels y (n,), and from their mirrors."""
        y = np.asarray(y, np.float64)
        both = None if sample is None else _twice(sample)
        order = np.arange(2 * len(y)) if both is None else np.argsort(both.t0, kind="stable")
        rows, labels = np.concatenate([X, self._mirror(X)])[order], np.concatenate([y, -y])[order]
        self.model.fit(rows, labels, None if both is None else both.take(order))
        return self

    def predict_dist(self, X: Array, sample: Sample | None = None) -> Distribution:
        """Forecast distributions of rows X (n, d): the mean of what is said of the row and of its mirror."""
        told: Distribution = self.model.predict_dist(X, sample)
        other = self.model.predict_dist(self._mirror(X), sample)
        if told.kind == "classes":
            if any(a != -b for a, b in zip(told.levels, reversed(told.levels), strict=True)):
                raise InvalidValueError("y", "classes that mirror each other, such as -1, 0, 1", told.levels)
            values = 0.5 * (told.values + other.values[:, ::-1])
        elif told.kind == "normal":
            values = np.column_stack((0.5 * (told.values[:, 0] - other.values[:, 0]), told.values[:, 1:]))
        else:
            raise InvalidValueError("output", "classes or normal, which have a mirror", told.kind)
        return Distribution(kind=told.kind, values=values, levels=told.levels)

    def state_dict(self) -> dict[str, Any]:
        """The mirror, and what the model knows."""
        return {"order": self.order, "sign": self.sign, "model": self.model.state_dict()}

    @property
    def fingerprint(self) -> str:
        """Hash of the mirror and of the model's own."""
        digest = hashlib.sha256(
            f"mirrored|{self.model.fingerprint}|{self.order.tolist()}|{self.sign.tolist()}".encode()
        )
        return digest.hexdigest()[:16]

    def _mirror(self, X: Array) -> Array:
        return Mirror(order=self.order, sign=self.sign).of(np.asarray(X, np.float64))


def _twice(sample: Sample) -> Sample:
    """The sample and its mirror: the same times, weights and days, series numbered on."""
    on = int(np.max(sample.series)) + 1 if len(sample.series) else 0
    parts = {name: np.concatenate([getattr(sample, name)] * 2) for name in ("t0", "t1", "weight", "day")}
    return Sample(series=np.concatenate([sample.series, sample.series + on]), **parts)
