"""What a regime model answers and must offer: filtered states only.

A smoothed path knows the future: it names a turning point on the day it happens, which nobody could. There is no method
here that gives one.
"""

from __future__ import annotations

from typing import Protocol, Self

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["FEWEST", "FilteredRegimes", "RegimeModel", "checked"]

FEWEST = 250
"""Days that a model needs to be fitted."""


class FilteredRegimes(msgspec.Struct, frozen=True, kw_only=True):
    """States of n days; row t knows days up to t and nothing later.

    Attributes:
        state: Shape (n,), int64: 0 is the calmest.
        probability: Shape (n, k): probability of each state; 0 or 1 where the model gives only a decision.
    """

    state: Array
    probability: Array

    def __len__(self) -> int:
        return len(self.state)

    @property
    def flips(self) -> int:
        """How often the state changes."""
        return int(np.sum(np.diff(self.state) != 0))

    def durations(self, state: int) -> Array:
        """Lengths of stays in a state [days], the last one cut off by the end.

        Args:
            state: Which.
        """
        inside = np.concatenate([[False], self.state == state, [False]])
        edges = np.flatnonzero(np.diff(inside.astype(np.int8)))
        return np.asarray(edges[1::2] - edges[::2], np.int64)


class RegimeModel(Protocol):
    """What every model offers. Offers no smoothed path, by design.

    Attributes:
        name: In tables.
    """

    name: str

    def fit(self, returns: Array) -> Self:
        """Learn from past daily returns, shape (n,)."""
        ...

    def filter(self, returns: Array) -> FilteredRegimes:
        """States of days in a row that begin anew (not after those fitted); row t knows returns up to t."""
        ...

    def update(self, value: float) -> FilteredRegimes:
        """Take in one more day after those fitted or updated; its state, as one row."""
        ...


class Seen:
    """Keeps what a model was fitted on, so that days can be added one by one."""

    seen: Array

    def filter(self, returns: Array) -> FilteredRegimes:
        """Said by the model."""
        raise NotImplementedError

    def update(self, value: float) -> FilteredRegimes:
        """Take in one more day; its state."""
        if not np.isfinite(value):
            raise InvalidValueError("value", "a finite return", value)
        self.seen = np.append(self.seen, value)
        whole = self.filter(self.seen)
        return FilteredRegimes(state=whole.state[-1:], probability=whole.probability[-1:])


def checked(returns: Array, fewest: int = 1) -> Array:
    """Returns that a model can work on.

    Raises:
        InvalidValueError: For too few, or a number that is not finite.
    """
    returns = np.ascontiguousarray(returns, np.float64)
    if returns.ndim != 1 or len(returns) < fewest:
        raise InvalidValueError("returns", f"{fewest} or more days in a row", returns.shape)
    if not np.isfinite(returns).all():
        row = int(np.argmax(~np.isfinite(returns)))
        raise InvalidValueError("returns", f"finite numbers (row {row})", returns[row])
    return returns
