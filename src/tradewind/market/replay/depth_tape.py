"""Tapes of levels (L2) and of best quotes (L1), from recorded rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tradewind.book.issues import Policy, counts_by_name, raise_stopped, watch_array
from tradewind.book.l2 import new_l2
from tradewind.book.view import BookView
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.market.replay.follow_depth import (
    DEPTH_FOLLOWER,
    DEPTH_SPARE,
    apply_levels,
    follow_levels,
    follow_quotes,
)
from tradewind.market.replay.layout import TAPE

__all__ = ["DepthTape", "level_tape", "quote_tape"]

DepthTape = tuple[Array, int, dict[str, int], dict[str, int]]
"""Rows of dtype ``TAPE``, most levels at once (an upper bound), issues and notes by name."""
NOTES = ("prints", "backwards", "passed_by", "repeated", "bad")
ALL = 1 << 19


def quote_tape(rows: Array) -> DepthTape:
    """Best quotes and trades (L1).

    Args:
        rows: Shape (n,), dtype ``EVENT``.
    """
    states, tape = np.zeros(1, DEPTH_FOLLOWER), np.zeros(2 * len(rows) + 2, TAPE)
    follow_quotes(states, rows, tape)
    return tape[: int(states["count"][0])].copy(), 2, {}, _notes(states)


def level_tape(rows: Array, policy: Policy, source: Path | str) -> DepthTape:
    """Levels and trades (L2); best quotes among the rows pass by.

    Args:
        rows: Shape (n,), dtype ``EVENT``.
        policy: What to do about rows that do not fit.
        source: File or word that errors name.

    Raises:
        DataError: Under a strict policy, for the first row that does not fit.
    """
    books, states, watches = new_l2(), np.zeros(1, DEPTH_FOLLOWER), watch_array(policy)
    parts: list[Array] = []
    done = 0
    while done < len(rows):
        if rows["kind"][done] == EventKind.CLEAR:
            length, written = _replace_book(books, watches, states, rows[done:], source)
            parts.append(written)
            done += length
            continue
        room = np.zeros(len(rows) - done + 4 * DEPTH_SPARE, TAPE)
        states["count"] = 0
        done += follow_levels(books, watches, states, rows[done:], room)
        if watches["stop"][0] != 0:
            raise_stopped(watches, rows, done, source)
        parts.append(room[: int(states["count"][0])].copy())
    tape = np.concatenate(parts)
    levels = tape[tape["kind"] == EventKind.LEVEL]
    most = len(np.unique(levels["price_ticks"] * 2 + (levels["side"] > 0)))
    return tape, most, counts_by_name(watches), _notes(states)


def _notes(states: Array) -> dict[str, int]:
    return {name: int(states[name][0]) for name in NOTES if states[name][0]}


def _replace_book(books: Array, watches: Array, states: Array, rows: Array, source: Path | str) -> tuple[int, Array]:
    """A CLEAR and the snapshot behind it as the levels that change by them.

    Returns:
        How many rows that is, and the rows of the tape.
    """
    in_snapshot = ((rows["flags"] & EventFlag.SNAPSHOT) != 0) | (rows["kind"] == EventKind.CLEAR)
    length = len(rows) if in_snapshot.all() else int(np.argmin(in_snapshot))
    before = [_levels(books, side) for side in (1, -1)]
    done = apply_levels(books, watches, rows[:length])
    if watches["stop"][0] != 0:
        raise_stopped(watches, rows, done, source)
    states["last_ns"] = max(int(states["last_ns"][0]), int(rows["ts_event_ns"][length - 1]))
    changes: list[tuple[int, int, int]] = []
    for old, side in zip(before, (1, -1), strict=True):
        new = _levels(books, side)
        sizes = dict.fromkeys(old, 0) | new
        changes += [(price, size, side) for price, size in sizes.items() if old.get(price, 0) != size]
    tape = np.zeros(len(changes), TAPE)
    if changes:
        tape["ts_ns"], tape["kind"], tape["flags"] = states["last_ns"][0], EventKind.LEVEL, EventFlag.SNAPSHOT
        tape["price_ticks"], tape["size_lots"], tape["side"] = np.array(changes, np.int64).T
        tape["flags"][-1] |= EventFlag.LAST
    return length, tape


def _levels(books: Array, side: int) -> dict[int, int]:
    """Sizes by price of one side."""
    levels = BookView(books).depth(side, ALL)
    return dict(zip(levels["price_ticks"].tolist(), levels["size_lots"].tolist(), strict=True))
