"""Labels that come late: what was forecast waits until its outcome is known, then is learnt in that order."""

from __future__ import annotations

import heapq
from typing import Any

from tradewind.core.errors import InvalidValueError

__all__ = ["LabelDelayQueue"]


class LabelDelayQueue:
    """Rows that wait for their labels.

    Args:
        limit: Most rows that may wait; a feed whose labels never come is noticed.

    Examples:
        >>> queue = LabelDelayQueue()
        >>> queue.push(known_ns=30, row="first")
        >>> queue.push(known_ns=20, row="second")
        >>> queue.due(25), queue.due(30), len(queue)
        (['second'], ['first'], 0)
    """

    def __init__(self, limit: int = 1_000_000) -> None:
        self.limit = limit
        self._waiting: list[tuple[int, int, Any]] = []
        self._pushed = 0
        self._now = -(2**63)

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, known_ns: int, row: Any) -> None:
        """A row waits for its label.

        Args:
            known_ns: When the label will be known, ``Sample.t1`` [ns UTC].
            row: Whatever is to be learnt then.

        Raises:
            InvalidValueError: When more rows wait than the limit.
        """
        if len(self._waiting) >= self.limit:
            raise InvalidValueError("queue", f"at most {self.limit} rows without a label", len(self._waiting) + 1)
        heapq.heappush(self._waiting, (known_ns, self._pushed, row))
        self._pushed += 1

    def due(self, now_ns: int) -> list[Any]:
        """Rows whose labels are known by now, in the order in which they became known.

        Raises:
            InvalidValueError: For a time before the last one asked for.
        """
        if now_ns < self._now:
            raise InvalidValueError("now_ns", f"{self._now} or later: time does not go back", now_ns)
        self._now = now_ns
        found = []
        while self._waiting and self._waiting[0][0] <= now_ns:
            found.append(heapq.heappop(self._waiting)[2])
        return found
