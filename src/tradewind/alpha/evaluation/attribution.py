"""What a forecast rests on: what is lost when a feature or a modality is moved in time, and what each feature adds."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from tradewind.alpha.evaluation.scores import losses_of
from tradewind.alpha.models.explain import explain
from tradewind.alpha.models.forecaster import Forecaster
from tradewind.alpha.models.mirrored import Mirrored
from tradewind.alpha.protocol import Panel
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError, UsageError
from tradewind.core.random import stream

__all__ = ["Importance", "Reasons", "feature_importance", "reasons_of"]

MOST_ROWS = 4000
EXPLAINED = 300


class Importance(msgspec.Struct, frozen=True):
    """One feature or modality.

    Attributes:
        name: Which.
        rise: Mean loss with it moved in time, less the mean loss.
    """

    name: str
    rise: float


def feature_importance(
    model: Any, panel: Panel, most: int = 0, *, by_modality: bool = False, seed: int = 7
) -> list[Importance]:
    """Permutation importance on rows that were not learnt from (Breiman, 2001), by circular shifts.

    Args:
        model: Anything with ``predict_dist``.
        panel: Judged rows; at most 4,000, evenly spread, are used.
        most: Only the strongest; 0 for all.
        by_modality: Move all columns of a modality together.
        seed: Of the shifts.
    """
    if len(panel.y) > MOST_ROWS:
        panel = panel.take(np.arange(MOST_ROWS) * len(panel.y) // MOST_ROWS)
    chance = stream(seed, "alpha/importance")
    base = float(losses_of(model.predict_dist(panel.X, panel.sample), panel.y).mean())
    names = tuple(dict.fromkeys(panel.modality)) if by_modality else panel.features
    found = []
    for place, name in enumerate(names):
        columns: Array = panel.columns(name) if by_modality else np.array([place])
        moved = panel.X.copy()
        turn = int(chance.integers(len(moved) // 4, max(len(moved) // 4 + 1, 3 * len(moved) // 4)))
        moved[:, columns] = np.roll(moved[:, columns], turn, axis=0)
        found.append(Importance(name, float(losses_of(model.predict_dist(moved, panel.sample), panel.y).mean()) - base))
    found.sort(key=lambda item: -item.rise)
    return found[:most] if most else found


class Reasons(msgspec.Struct, frozen=True, kw_only=True):
    """What each feature added to one model's forecasts, on rows that it did not learn from.

    Attributes:
        model: Its name.
        method: How the contributions were found: Shapley values, integrated gradients, coefficients.
        space: What they add up to; of classes the highest's less the lowest's.
        names: Of the features.
        values: Shape (n, d): contributions.
        X: Shape (n, d): the features.
    """

    model: str
    method: str
    space: str
    names: tuple[str, ...]
    values: Array
    X: Array

    def strongest(self, count: int) -> Array:
        """Columns of the features that move forecasts most, by mean absolute contribution, the first most."""
        order: Array = np.argsort(-np.abs(self.values).mean(axis=0), kind="stable")[:count]
        return order


def reasons_of(name: str, model: Any, columns: Array, panel: Panel, most: int = EXPLAINED) -> Reasons | None:
    """Contributions of features to the direction that a model forecasts; None where its forecast is no sum.

    Of a model that also looks in the mirror, what it says of the rows as they are.

    Args:
        name: Of the model.
        model: One that has learned.
        columns: Columns of the panel that it reads.
        panel: Rows it did not learn from.
        most: At most so many rows are explained: models that look back get the last ones, others evenly spread ones.
    """
    inner = model.model if isinstance(model, Mirrored) else model
    if not isinstance(inner, Forecaster):
        return None
    count = min(most, len(panel.y))
    if inner.sequence:
        order = np.lexsort((panel.sample.t0, panel.sample.series))
        rows = order[-count:]
    else:
        rows = np.arange(count) * len(panel.y) // max(count, 1)
    X, features = panel.X[rows][:, columns], tuple(panel.features[c] for c in columns)
    try:
        found = explain(inner, X, features, sample=panel.sample.take(rows))
    except (UsageError, MissingExtraError):
        return None
    values = found.values[:, :, -1] - (found.values[:, :, 0] if found.values.shape[2] > 1 else 0.0)
    return Reasons(model=name, method=found.method, space=found.space, names=features, values=values, X=X)
