"""What a conformance check says: how many published states a rebuilt book equals, and why it misses the others."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array

__all__ = ["Conformance", "Miss", "runs"]


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """A run of comparisons that failed for one reason.

    Attributes:
        first: First comparison of the run, 0-based.
        last: Last of it.
        reason: Why, as far as the data can tell.
    """

    first: int
    last: int
    reason: str


class Conformance(msgspec.Struct, frozen=True, kw_only=True):
    """Outcome of one check.

    Attributes:
        name: The check.
        files: What was replayed, and what it was compared with.
        what: What one comparison is.
        compared: Comparisons made.
        equal: Of these, equal in every field.
        not_comparable: Published states that no state of the book corresponds to; ``notes`` say which.
        misses: The rest, run by run.
        issues: What did not fit the book on the way, by name.
        notes: Remarks for people.
    """

    name: str
    files: tuple[str, ...]
    what: str
    compared: int
    equal: int
    not_comparable: int = 0
    misses: tuple[Miss, ...] = ()
    issues: dict[str, int] = {}
    notes: tuple[str, ...] = ()


def runs(equal: Array) -> list[tuple[int, int]]:
    """First and last index of each run of False.

    Args:
        equal: Shape (n,), bool.

    Examples:
        >>> runs(np.array([True, False, False, True, False]))
        [(1, 2), (4, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[True], equal, [True]]).astype(np.int8)))
    return [(int(first), int(last) - 1) for first, last in edges.reshape(-1, 2)]
