"""The mirror of a market: bids for asks, up for down. What it does to every feature of ticks.

A market seen in the mirror is as likely a market as the one that was seen, so a forecast of its direction should be the
mirror of the forecast. Models that are told so cannot mistake the drift of the days they learnt from for a rule.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from tradewind.alpha.features.catalogue import CATALOGUE
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["GROUPS", "Mirror", "mirror_of"]

GROUPS = ("touch", "depth", "market")
"""Groups of features that have a mirror."""


class Mirror(msgspec.Struct, frozen=True, kw_only=True):
    """What the mirror does to rows of features.

    Attributes:
        order: Shape (d,): from which column each column comes: those of the bid from the ask.
        sign: Shape (d,): -1 for columns that turn around.
    """

    order: Array
    sign: Array

    def of(self, X: Array) -> Array:
        """Shape (n, d): the rows in the mirror; the mirror of the mirror is the row.

        Args:
            X: Shape (n, d).
        """
        return np.asarray(X[:, self.order] * self.sign)


def mirror_of(features: Sequence[str]) -> Mirror:
    """The mirror of some columns.

    Args:
        features: Names of features of ticks, books or the market.

    Raises:
        InvalidValueError: For a name that has no mirror, or that of a side without its other side.

    Examples:
        >>> mirror = mirror_of(["imbalance", "bid_age", "ask_age"])
        >>> mirror.of(np.array([[0.5, 1.0, 2.0]])).tolist()
        [[-0.5, 2.0, 1.0]]
    """
    told = {feature.name: feature.mirror for feature in CATALOGUE if feature.group in GROUPS}
    place = {name: column for column, name in enumerate(features)}
    order, sign = np.arange(len(features)), np.ones(len(features))
    for name, column in place.items():
        if name not in told:
            raise InvalidValueError("features", f"columns of {', '.join(GROUPS)}, which have a mirror", name)
        other = told[name]
        if other == "turned":
            sign[column] = -1.0
        elif other != "same":
            if other not in place:
                raise InvalidValueError("features", f"both {name} and {other}", name)
            order[column] = place[other]
    return Mirror(order=order, sign=sign)
