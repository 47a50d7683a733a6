"""The naive rows: what any model must beat to be worth its trouble."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from tradewind.alpha.models.forecaster import Forecaster, Online, Params
from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["ColumnParams", "ImbalanceSign", "LastValue", "Majority"]


class Majority(Online):
    """Always the same: the shares of the classes, or mean and deviation; learns online as an expanding mean."""

    name = "majority"
    outputs = ("classes", "normal")
    learned: ClassVar[tuple[str, ...]] = ("counts_", "moments_", "last_t0_")
    takes_one_class: ClassVar[bool] = True

    counts_: Array
    moments_: Array

    def _begin(self, X: Array, y: Array, weight: Array) -> None:  # noqa: ARG002
        self.counts_, self.moments_ = np.zeros(len(self.levels_)), np.zeros(3)

    def _update(self, X: Array, y: Array, weight: Array) -> None:  # noqa: ARG002
        self.counts_ = self.counts_ + np.array([weight @ (y == level) for level in self.levels_])
        self.moments_ = self.moments_ + np.array([weight.sum(), weight @ y, weight @ y**2])

    def _values(self, X: Array, sample: Sample | None) -> Array:  # noqa: ARG002
        if self.params.output == "classes":
            return np.tile(self.counts_ / self.counts_.sum(), (len(X), 1))
        total, first, second = self.moments_
        mean = first / total
        return np.tile([mean, np.sqrt(max(second / total - mean**2, 1e-24))], (len(X), 1))


class ColumnParams(Params, frozen=True, kw_only=True):
    """Hyper-parameters of the naive models that read one column.

    Attributes:
        column: Which column of ``X`` holds the last value, or the imbalance.
        dead_zone: For classes: the value counts as 0 within this many standard deviations of 0.
    """

    column: Annotated[int, Meta(ge=0)] = 0
    dead_zone: Annotated[float, Meta(ge=0)] = 0.0


class LastValue(Forecaster):
    """What was last seen goes on: the forecast is one column of ``X`` as it is; classes by its sign."""

    name = "last-value"
    Params = ColumnParams
    outputs: ClassVar[tuple[str, ...]] = ("classes", "normal")
    learned: ClassVar[tuple[str, ...]] = ("table_", "zone_", "deviation_")

    table_: Array
    zone_: float
    deviation_: float

    def _column(self, X: Array) -> Array:
        if self.params.column >= X.shape[1]:
            raise InvalidValueError(f"{self.name}.column", f"below the {X.shape[1]} columns of X", self.params.column)
        return np.nan_to_num(X[:, self.params.column], nan=0.0)

    def _learn(self, X: Array, y: Array, weight: Array, sample: Sample | None) -> None:  # noqa: ARG002
        values, total = self._column(X), weight.sum()
        self.zone_ = self.params.dead_zone * float(values.std())
        self.deviation_ = max(float(np.sqrt(weight @ (y - values) ** 2 / total)), 1e-12)
        signs = self._signs(values)
        shares = np.array([weight @ (y == level) / total for level in self.levels_])
        self.table_ = np.zeros((3, len(self.levels_)))
        for sign in range(3):
            chosen = weight * (signs == sign)
            counts = np.array([chosen @ (y == level) for level in self.levels_])
            self.table_[sign] = (counts + shares) / (counts + shares).sum() if self.levels_ else counts

    def _signs(self, values: Array) -> Array:
        return (values > self.zone_).astype(np.int64) - (values < -self.zone_) + 1

    def _values(self, X: Array, sample: Sample | None) -> Array:  # noqa: ARG002
        values = self._column(X)
        if self.params.output == "classes":
            return self.table_[self._signs(values)]
        return np.stack([values, np.full(len(X), self.deviation_)], axis=1)


class ImbalanceSign(LastValue):
    """The heavier side of the book wins: classes by the sign of one column, with the shares seen after each sign."""

    name = "imbalance-sign"
    outputs = ("classes",)
