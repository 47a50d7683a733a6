"""What every forecast shares: samples with a birth and an end, distributions, one model protocol, one forecast."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["Distribution", "Forecast", "Model", "OnlineModel", "Panel", "Sample"]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """When each row of a design matrix was born, when its label was known, and what it counts.

    Rows of one series stand in time order; sequence models look back over the rows before, inside the series.

    Attributes:
        t0: Shape (n,), int64: when the features were known [ns UTC].
        t1: Shape (n,), int64: when the label was known, never before ``t0`` [ns UTC]; purging uses it.
        weight: Shape (n,), float64: weight in fits and scores.
        series: Shape (n,), int64: number of the series (symbol and session) that the row belongs to.
        day: Shape (n,), int64: calendar day, days since 1970-01-01; intervals are clustered by it.
    """

    t0: Array
    t1: Array
    weight: Array
    series: Array
    day: Array

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in self.__struct_fields__}
        if len(set(lengths.values())) > 1:
            raise InvalidValueError("sample", "arrays of one length", lengths)
        if len(self.t0) and np.any(self.t1 < self.t0):
            row = int(np.argmax(self.t1 < self.t0))
            raise InvalidValueError("t1", f"no label known before its features (row {row})", int(self.t1[row]))

    def __len__(self) -> int:
        return len(self.t0)

    def take(self, rows: Array) -> Sample:
        """The sample of some rows (indices or a mask)."""
        return Sample(**{name: getattr(self, name)[rows] for name in self.__struct_fields__})


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """Forecast distributions of n rows.

    Attributes:
        kind: ``classes`` (probabilities), ``normal`` (mean, sd), ``quantiles``, or ``gamma`` (mean, shape).
        values: Shape (n, k): probabilities of ``levels``; or mean and standard deviation; or values at the quantile
            ``levels``; or mean and shape.
        levels: Class labels (ascending) or quantile levels; empty for ``normal`` and ``gamma``.
    """

    kind: Literal["classes", "normal", "quantiles", "gamma"]
    values: Array
    levels: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def mean(self) -> Array:
        """Shape (n,): expected value; for quantiles the integral of the piecewise linear quantile function.

        Examples:
            >>> Distribution(kind="classes", values=np.array([[0.2, 0.3, 0.5]]), levels=(-1, 0, 1)).mean()
            array([0.3])
        """
        if self.kind == "classes":
            return np.asarray(self.values @ np.asarray(self.levels, np.float64), np.float64)
        if self.kind == "quantiles":
            levels = np.asarray(self.levels)
            edges = np.concatenate(([0.0], (levels[1:] + levels[:-1]) / 2, [1.0]))
            return np.asarray(self.values @ np.diff(edges), np.float64)
        return np.asarray(self.values[:, 0])

    def best(self) -> Array:
        """Shape (n,): the most probable class label; the mean for other kinds."""
        if self.kind != "classes":
            return self.mean()
        labels: Array = np.asarray(self.levels, np.float64)
        return np.asarray(labels[np.argmax(self.values, axis=1)], np.float64)

    def take(self, rows: Array) -> Distribution:
        """The distributions of some rows."""
        return Distribution(kind=self.kind, values=self.values[rows], levels=self.levels)


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A learning task ready for any model: features, labels, sample.

    Attributes:
        name: Of the task, e.g. ``book_ticks k=100``.
        features: Names of the columns of ``X``.
        modality: Modality of each column: ``book``, ``price``, ``text``, ``filings``, ``calendar`` ...
        X: Shape (n, d), float64; NaN where a value was not known.
        y: Shape (n,), float64: class labels (-1, 0, 1) or a number.
        value: Shape (n,), float64: what the label stands for (return to the horizon), for IC and profit.
        sample: Times, weights and series of the rows.
        symbols: Name of each series number.
        spread: Shape (n,), float64: relative spread at ``t0``, what a taker pays; zeros where unknown.
    """

    name: str
    features: tuple[str, ...]
    modality: tuple[str, ...]
    X: Array
    y: Array
    value: Array
    sample: Sample
    symbols: tuple[str, ...]
    spread: Array

    def take(self, rows: Array) -> Panel:
        """The task restricted to some rows (indices or a mask)."""
        changes = {name: getattr(self, name)[rows] for name in ("X", "y", "value", "spread")}
        return msgspec.structs.replace(self, sample=self.sample.take(rows), **changes)

    def columns(self, modality: str) -> Array:
        """Indices of the columns of one modality."""
        return np.flatnonzero(np.asarray(self.modality) == modality)


class Model(Protocol):
    """What every forecaster offers; scikit-learn shaped (``fit`` returns self, learned attributes end in ``_``)."""

    def fit(self, X: Array, y: Array, sample: Sample | None = None) -> Model:
        """Learn from rows X (n, d) with labels y (n,)."""
        ...

    def predict_dist(self, X: Array, sample: Sample | None = None) -> Distribution:
        """Forecast distributions of rows X (n, d)."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Parameters and learned state as plain values and arrays: no code."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of class, parameters and learned state."""
        ...


class OnlineModel(Model, Protocol):
    """A model that also learns row by row."""

    def partial_fit(self, X: Array, y: Array, sample: Sample | None = None) -> OnlineModel:
        """Learn from further rows, in time order."""
        ...


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """One fused forecast, with the identifier that follows it to the fill.

    Attributes:
        forecast_id: Derived from symbol, time, horizon and model: the same input gives the same identifier.
        symbol: Instrument.
        ts_ns: Time of the last event it knows [ns UTC].
        horizon_ns: How far it looks [ns].
        kind: Kind of the distribution, as in :class:`Distribution`.
        values: The distribution's values.
        levels: Its levels.
        confidence: In [0, 1]: 0 is no more than the base rate.
        by_modality: Contribution of each modality to the log-odds (or the mean).
        by_feature: Contribution of the strongest features.
        model: Fingerprint of what made it.
    """

    forecast_id: str
    symbol: str
    ts_ns: int
    horizon_ns: int
    kind: str
    values: tuple[float, ...]
    levels: tuple[float, ...]
    confidence: float
    by_modality: dict[str, float]
    by_feature: dict[str, float]
    model: str
