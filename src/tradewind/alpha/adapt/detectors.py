"""Detectors of drift: in errors (ADWIN, Page–Hinkley) and in features (population stability)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError

__all__ = ["ErrorDetector", "PopulationStability", "population_stability"]


def population_stability(reference: Array, current: Array, bins: int = 10) -> float:
    r"""Population stability index of a sample against a reference.

    .. math:: \mathrm{PSI} = \sum_b (q_b - p_b) \ln(q_b / p_b)

    over bins that hold equal shares of the reference; shares are kept off zero by half a count. By custom below 0.1 is
    stable and above 0.25 has moved.

    Args:
        reference: Shape (n,); NaN is passed over.
        current: Shape (m,).
        bins: How many.

    Examples:
        >>> population_stability(np.arange(1000.0), np.arange(1000.0)) < 0.01
        True
        >>> population_stability(np.arange(1000.0), np.arange(500.0, 1500.0)) > 0.25
        True
    """
    reference, current = reference[np.isfinite(reference)], current[np.isfinite(current)]
    if not len(reference) or not len(current):
        return float("nan")
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = []
    for values in (reference, current):
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1) + 0.5
        shares.append(counts / counts.sum())
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


class ErrorDetector:
    """A detector that watches a stream of losses.

    Args:
        kind: ``adwin`` (Bifet and Gavaldà, 2007) or ``page-hinkley`` (Page, 1954).
        sensitivity: ADWIN's chance of a false alarm per test; of Page–Hinkley's threshold in standard deviations its
            inverse is taken: 0.02 is a threshold of 50.

    Raises:
        MissingExtraError: Without river.

    Examples:
        >>> detector = ErrorDetector("page-hinkley", sensitivity=0.02)
        >>> losses = [0.0, 1.0] * 200 + [4.0, 5.0] * 50
        >>> next(k for k, loss in enumerate(losses) if detector.update(loss)) >= 400
        True
    """

    def __init__(self, kind: Literal["adwin", "page-hinkley"] = "adwin", sensitivity: float = 0.002) -> None:
        self.kind, self.sensitivity = kind, sensitivity
        self._mean, self._square, self._count = 0.0, 1.0, 0
        self._detector = self._fresh()

    def update(self, loss: float) -> bool:
        """Take in one loss; whether there is drift. The detector starts anew after an alarm."""
        self._count += 1
        pace = max(1 / self._count, 1 / 2000)
        self._mean += (loss - self._mean) * pace
        self._square += ((loss - self._mean) ** 2 - self._square) * pace
        scaled = min(max((loss - self._mean) / max(self._square**0.5, 1e-12), -4.0), 4.0)
        # Page-Hinkley is told deviations; ADWIN looks for the mean itself.
        self._detector.update(loss if self.kind == "adwin" else scaled)
        if self._detector.drift_detected and self._count > 30:
            self._detector, self._count = self._fresh(), 0
            self._mean, self._square = 0.0, 1.0
            return True
        return False

    def _fresh(self) -> Any:
        try:
            from river import drift
        except ImportError:
            raise MissingExtraError("river", "alpha", "drift detection") from None
        if self.kind == "adwin":
            return drift.ADWIN(delta=self.sensitivity)
        if self.kind == "page-hinkley":
            return drift.PageHinkley(min_instances=30, delta=0.05, threshold=1 / self.sensitivity, mode="up")
        raise InvalidValueError("kind", "adwin or page-hinkley", self.kind)


class PopulationStability:
    """Population stability of every feature against the rows a model was trained on.

    Args:
        reference: Shape (n, d), the training rows.
        window: Rows compared with it.
        limit: Index above which a feature has moved.
    """

    def __init__(self, reference: Array, window: int = 500, limit: float = 0.25) -> None:
        self.reference, self.window, self.limit = np.asarray(reference, np.float64), window, limit
        self._rows: list[Array] = []

    def update(self, x: Array) -> bool:
        """Take in a row; once per window says whether any feature has moved."""
        self._rows.append(np.asarray(x, np.float64))
        if len(self._rows) < self.window:
            return False
        indices = self.indices(np.array(self._rows))
        self._rows = []
        return bool(np.nanmax(indices, initial=0.0) > self.limit)

    def indices(self, rows: Array) -> Array:
        """Shape (d,): the index of each feature in some rows."""
        return np.array([population_stability(self.reference[:, j], rows[:, j]) for j in range(rows.shape[1])])
