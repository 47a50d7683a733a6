"""What a label is: an answer, the number behind it, its birth, its end, its weight."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["Labels", "check_path", "three_classes", "uniqueness"]


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """Labels of some moments of a path.

    Attributes:
        rows: Shape (n,), int64: index into the moments asked for; those whose end is not in the data have no label.
        y: Shape (n,), float64: class -1, 0, 1, or a number.
        value: Shape (n,), float64: what the label stands for, e.g. the return to the horizon.
        t0: Shape (n,), int64: birth [ns UTC].
        t1: Shape (n,), int64: when it was known [ns UTC].
        weight: Shape (n,), float64.
    """

    rows: Array
    y: Array
    value: Array
    t0: Array
    t1: Array
    weight: Array

    def __len__(self) -> int:
        return len(self.rows)


def check_path(price: Array, ts_ns: Array, at: Array) -> None:
    """Check a path of prices and the moments to label.

    Raises:
        InvalidValueError: For 0 rows, lengths that differ, a price that is not positive, a clock that goes backwards,
            or a moment outside the path.
    """
    if not len(price):
        raise InvalidValueError("price", "at least one row", "0 rows")
    if len(price) != len(ts_ns):
        raise InvalidValueError("ts_ns", f"one time for each of {len(price)} prices", len(ts_ns))
    if not np.all(price > 0):
        row = int(np.argmax(~(price > 0)))
        raise InvalidValueError("price", f"positive (row {row})", float(price[row]))
    if np.any(np.diff(ts_ns) < 0):
        row = int(np.argmax(np.diff(ts_ns) < 0)) + 1
        raise InvalidValueError("ts_ns", f"a clock that does not go backwards (row {row})", int(ts_ns[row]))
    if len(at) and (at.min() < 0 or at.max() >= len(price)):
        raise InvalidValueError("at", f"rows 0 to {len(price) - 1}", f"{at.min()} to {at.max()}")


def three_classes(value: Array, threshold: Array | float = 0.0) -> Array:
    """+1 above a threshold, -1 below its negative, 0 between.

    Args:
        value: Shape (n,).
        threshold: A number or shape (n,), not negative.

    Examples:
        >>> three_classes(np.array([-2.0, 0.5, 3.0]), 1.0)
        array([-1.,  0.,  1.])
    """
    limit = np.asarray(threshold, np.float64)
    if np.any(~(limit >= 0)):
        raise InvalidValueError("threshold", "0 or more", float(np.min(limit)))
    return np.asarray((value > limit).astype(np.float64) - (value < -limit))


def uniqueness(t0: Array, t1: Array) -> Array:
    r"""Average uniqueness of labels: how little each overlaps the others.

    .. math:: u_i = \frac{1}{|T_i|}\sum_{t \in T_i} \frac{1}{c_t},
              \quad c_t = \#\{j : t0_j \le t \le t1_j\},\; T_i = \{t0_j : t0_i \le t0_j \le t1_i\}

    Args:
        t0: Shape (n,): births, ascending.
        t1: Shape (n,): ends.

    Returns:
        Shape (n,), in (0, 1]; 1 for a label that overlaps none.

    References:
        López de Prado (2018), Advances in Financial Machine Learning, chapter 4.

    Examples:
        >>> uniqueness(np.array([0, 5, 20]), np.array([9, 14, 25]))
        array([0.75, 0.5 , 1.  ])
    """
    if len(t0) == 0:
        return np.zeros(0)
    order = np.sort(t1)
    born = np.searchsorted(t0, t0, side="right")
    gone = np.searchsorted(order, t0, side="left")
    share = np.concatenate(([0.0], np.cumsum(1.0 / (born - gone))))
    first, last = np.searchsorted(t0, t0, side="left"), np.searchsorted(t0, t1, side="right")
    return np.asarray(np.minimum((share[last] - share[first]) / (last - first), 1.0))
