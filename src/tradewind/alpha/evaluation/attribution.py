"""What a forecast rests on: how much worse it gets when a feature, or a whole modality, is moved in time."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from tradewind.alpha.evaluation.scores import losses_of
from tradewind.alpha.protocol import Panel
from tradewind.core.dtypes import Array
from tradewind.core.random import stream

__all__ = ["Importance", "feature_importance"]

MOST_ROWS = 4000


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
