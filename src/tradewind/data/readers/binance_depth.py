"""The order of Binance depth updates: which to apply, which are stale, what a late snapshot makes necessary."""

from __future__ import annotations

from collections import Counter, deque
from typing import NamedTuple

import msgspec

__all__ = ["DepthStream", "Update"]

REMEMBERED = 10_000


class Update(NamedTuple):
    """One depth update: the update numbers it covers, from ``start`` to ``last``, its levels as JSON, its time."""

    start: int
    last: int
    bids: msgspec.Raw
    asks: msgspec.Raw
    ts_event_ns: int


class DepthStream:
    """Follows the update numbers of one symbol.

    Args:
        counts: Where gaps, stale and replayed updates are counted.

    Attributes:
        last: Number of the newest update applied; None before the first.
        first_was_update: Whether the capture began with an update, not a snapshot; None before the first of either.

    Examples:
        >>> stream, nothing = DepthStream(Counter()), msgspec.Raw(b"[]")
        >>> [stream.accept(Update(a, b, nothing, nothing, 0)) for a, b in ((1, 3), (4, 6), (5, 6), (8, 9))]
        [True, True, False, True]
        >>> dict(stream.counts)
        {'stale updates': 1, 'sequence gaps': 1}
        >>> [update.last for update in stream.restart(snapshot_id=5)]
        [6, 9]
    """

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self.last: int | None = None
        self.first_was_update: bool | None = None
        self._recent: deque[Update] = deque(maxlen=REMEMBERED)

    def accept(self, update: Update) -> bool:
        """Whether to apply an update; counts it when it is stale, and the gap when updates before it are missing."""
        if self.first_was_update is None:
            self.first_was_update = True
        if self.last is not None and update.last <= self.last:
            self.counts["stale updates"] += 1
            return False
        if self.last is not None and update.start > self.last + 1:
            self.counts["sequence gaps"] += 1
        self.last = update.last
        self._recent.append(update)
        return True

    def restart(self, snapshot_id: int) -> list[Update]:
        """Start over from a snapshot.

        Args:
            snapshot_id: Newest update that is in the snapshot.

        Returns:
            Updates seen before that the snapshot does not hold yet, to be applied to it.
        """
        if self.first_was_update is None:
            self.first_was_update = False
        newer = [update for update in self._recent if update.last > snapshot_id]
        self.last = snapshot_id
        if newer:
            self.last = newer[-1].last
            self.counts["updates replayed onto a snapshot"] += len(newer)
            if newer[0].start > snapshot_id + 1:
                self.counts["sequence gaps"] += 1
        return newer
