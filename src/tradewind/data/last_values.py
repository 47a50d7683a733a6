"""What was last said of each order, for feeds whose messages only make sense against the message before."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array

__all__ = ["LastValues"]


class LastValues:
    """Last values per id across blocks of rows; an id is forgotten when it ends, so memory is that of the live ones.

    Args:
        width: Number of values per id.

    Examples:
        >>> last = LastValues(width=1)
        >>> rows = last.before(np.array([7, 8, 7]), np.array([[10], [5], [6]]), np.array([False, False, True]))
        >>> rows[0].ravel().tolist(), rows[1].tolist()
        ([0, 0, 10], [False, False, True])
        >>> last.before(np.array([8, 7]), np.array([[4], [9]]), np.array([False, False]))[1].tolist()
        [True, False]
    """

    def __init__(self, width: int) -> None:
        self._ids = np.zeros(0, dtype=np.int64)
        self._values = np.zeros((0, width), dtype=np.int64)

    def __len__(self) -> int:
        return len(self._ids)

    def before(self, ids: Array, values: Array, ends: Array) -> tuple[Array, Array]:
        """Look up what each row follows, and remember the rows.

        Args:
            ids: Shape (n,), int64.
            values: Shape (n, width), int64.
            ends: Shape (n,), bool: the id is forgotten after this row.

        Returns:
            ``(values, known)``: shape (n, width), the values of the row before with the same id (0 where there is
            none), and bool, shape (n,), where there is one.
        """
        order = np.argsort(ids, kind="stable")
        ids, values, ends = ids[order], values[order], ends[order]
        starts = np.ones(len(ids), dtype=bool)
        starts[1:] = ids[1:] != ids[:-1]
        place = np.minimum(np.searchsorted(self._ids, ids), max(len(self._ids) - 1, 0))
        carried = starts & (self._ids[place] == ids) if len(self._ids) else np.zeros(len(ids), dtype=bool)
        known = carried | (~starts & ~np.roll(ends, 1))
        old = np.where(starts[:, None], self._values[place] if len(self._ids) else 0, np.roll(values, 1, axis=0))
        old = np.where(known[:, None], old, 0)

        finals = np.roll(starts, -1) & ~ends
        stay = ~np.isin(self._ids, ids[starts])
        all_ids = np.concatenate([self._ids[stay], ids[finals]])
        by_id = np.argsort(all_ids, kind="stable")
        self._ids = all_ids[by_id]
        self._values = np.concatenate([self._values[stay], values[finals]])[by_id]
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return old[back], known[back]
