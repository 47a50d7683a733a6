"""Databento MBO records as rows: every order, nothing applied twice.

====== ===================================== ===============================================================
action meaning (Databento)                   row
====== ===================================== ===============================================================
A      an order joins                        ADD
C      all or part of an order leaves        REDUCE by what leaves (an order that reaches 0 is gone)
M      an order's price or size changes      REPLACE
R      the book is cleared                   CLEAR
T      an aggressor traded; book unchanged   none where its fills follow; TRADE of what they do not explain
F      a resting order traded; unchanged     EXECUTE, if the C or M that follows applies it; else TRADE
N      nothing changes                       none, counted
====== ===================================== ===============================================================

Databento prints a trade three times: T, then per resting order F and the C or M that takes the filled size out of the
book. Here an F becomes EXECUTE of the resting order, and the C after it (same order, same event time) loses that size:
it gives no row when nothing is left of it, which is the rule. An M after an F says what remains: it becomes REPLACE to
the remaining *and* filled size, placed before the EXECUTE. For an ordinary partial fill that REPLACE changes nothing
and the EXECUTE leaves what M says; for an iceberg that shows new size under the same number it is the refresh.

From ITCH feeds (XNAS, XBOS, XPSX) a replace with a new order number comes as C and A with one sequence number; these
rows are DELETE and ADD, flagged REPLACED.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.data.readers.databento_records import RecordFlag, Rows, event_rows

__all__ = ["mbo_rows", "open_event"]

ADD, CANCEL, MODIFY, CLEAR, TRADE, FILL = (ord(c) for c in "ACMRTF")
KINDS = np.zeros(256, dtype=np.uint8)
KINDS[[ADD, CANCEL, MODIFY, CLEAR]] = [EventKind.ADD, EventKind.REDUCE, EventKind.REPLACE, EventKind.CLEAR]
KINDS[[TRADE, FILL]] = EventKind.TRADE
ITCH_PUBLISHERS = (2, 3, 4)
ID_MASK = np.uint64(2**63 - 1)


def open_event(records: Array) -> int:
    """Index from which records may belong to an event that goes on in the next piece of a file.

    Args:
        records: Shape (n,), dtype ``MBO_RECORD``, n > 0.

    Returns:
        Start of the last run of one event time if it holds trades or fills, or a cancel that may be half of a replace;
        else n.
    """
    other = np.flatnonzero(records["ts_event"] != records["ts_event"][-1])
    start = int(other[-1]) + 1 if len(other) else 0
    return start if np.isin(records["action"][start:], [TRADE, FILL, CANCEL]).any() else len(records)


def mbo_rows(records: Array, tick: Decimal) -> Array:
    """Rows of the records of one instrument.

    Args:
        records: Shape (n,), dtype ``MBO_RECORD``; no event is cut at either end (see :func:`open_event`).
        tick: Tick size.

    Returns:
        Shape (m,), dtype ``EVENT``.
    """
    rows = event_rows(records, tick)
    action = records["action"]
    rows["order_id"] = records["order_id"] & ID_MASK
    rows["kind"] = KINDS[action]
    rows["flags"] |= np.where((records["flags"] & RecordFlag.AGGREGATED) != 0, EventFlag.ANONYMOUS, 0).astype(np.uint16)
    rows["side"][action == FILL] *= -1
    keep = rows["kind"] != 0
    place = np.arange(len(records))
    if (action == FILL).any():
        _apply_fills(records, rows, keep, place)
        _drop_explained_trades(records, rows, keep)
    if np.isin(records["publisher_id"][:1], ITCH_PUBLISHERS).any():
        _pair_replaces(records, rows, keep)
    built = Rows(records)
    for part in (keep & (place < np.arange(len(records))), keep & (place == np.arange(len(records)))):
        built.add(rows[part], place[part])
    return built.finish()


def _apply_fills(records: Array, rows: Array, keep: Array, place: Array) -> None:
    """Turn fills into executions, and take what they fill out of the cancel or modification that follows each."""
    action, order_id, size = records["action"], records["order_id"], records["size"].astype(np.int64)
    is_fill = action == FILL
    after = ((action == CANCEL) | (action == MODIFY)) & np.isin(order_id, order_id[is_fill])
    some = np.flatnonzero(is_fill | after)
    some = some[np.argsort(order_id[some], kind="stable")]
    following = np.where(is_fill[some], len(some), np.arange(len(some)))
    following = np.minimum.accumulate(following[::-1])[::-1]
    paired = is_fill[some] & (following < len(some))
    fill, partner = some[paired], some[following[paired]]
    same = (order_id[fill] == order_id[partner]) & (records["ts_event"][fill] == records["ts_event"][partner])
    same &= (action[partner] == CANCEL) | (records["price"][fill] == records["price"][partner])
    fill, partner = fill[same], partner[same]
    filled = np.zeros(len(records), dtype=np.int64)
    np.add.at(filled, partner, size[fill])
    fits = (action[partner] == MODIFY) | (filled[partner] <= size[partner])
    fill, partner = fill[fits], partner[fits]

    rows["kind"][fill] = EventKind.EXECUTE
    rows["side"][fill] *= -1
    cancel = partner[action[partner] == CANCEL]
    rows["size_lots"][cancel] = size[cancel] - filled[cancel]
    keep[cancel] &= rows["size_lots"][cancel] > 0
    changed, first = partner[action[partner] == MODIFY][::-1], fill[action[partner] == MODIFY][::-1]
    rows["size_lots"][changed] = size[changed] + filled[changed]
    place[changed] = first
    rows["sequence"][changed] = rows["sequence"][first]


def _drop_explained_trades(records: Array, rows: Array, keep: Array) -> None:
    """Take from each trade what the fills behind it show."""
    action = records["action"]
    trades, fills = np.flatnonzero(action == TRADE), np.flatnonzero(action == FILL)
    if not len(trades):
        return
    before = np.searchsorted(trades, fills) - 1
    known = before >= 0
    fills, trade = fills[known], trades[before[known]]
    same = records["ts_event"][fills] == records["ts_event"][trade]
    np.subtract.at(rows["size_lots"], trade[same], records["size"][fills[same]].astype(np.int64))
    keep[trades] &= rows["size_lots"][trades] > 0


def _pair_replaces(records: Array, rows: Array, keep: Array) -> None:
    """Mark the cancel and the new order that one ITCH replace message became."""
    old, new = records[:-1], records[1:]
    pair = (old["action"] == CANCEL) & (new["action"] == ADD) & keep[:-1] & (old["order_id"] != new["order_id"])
    for name in ("sequence", "ts_event", "side"):
        pair &= old[name] == new[name]
    first = np.flatnonzero(pair)
    rows["kind"][first] = EventKind.DELETE
    rows["flags"][first] |= int(EventFlag.REPLACED)
    rows["flags"][first + 1] |= int(EventFlag.REPLACED)
