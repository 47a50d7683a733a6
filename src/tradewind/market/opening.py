"""The book before a stream of orders begins, as far as the stream itself tells it.

A LOBSTER file begins with an empty list of orders but not with an empty market: later rows execute and cancel orders
that were there before. Each such row names its order, with side, price and size, so what the orders had together is
known in hindsight. For replays and tests; nothing that trades may look ahead like this.
"""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind

__all__ = ["with_opening_orders"]

TAKEN = (EventKind.REDUCE, EventKind.DELETE, EventKind.EXECUTE)


def with_opening_orders(rows: Array) -> Array:
    """Put the orders that rested before the first add in front of the rows that name them.

    An order belongs to the opening when it is reduced, deleted or executed, never added, and its id is smaller than
    that of the first add: ids must grow with time, as NASDAQ's do. (An unknown order with a larger id came later, out
    of the file's sight.) Snapshot rows flagged ANONYMOUS stay for what the named orders at their price do not explain.

    Args:
        rows: Shape (n,), dtype ``EVENT``: one instrument from the start of its file; every row that takes from an order
            says its side, price and size.

    Returns:
        The rows, with snapshot ADD rows (ordered by id, the order of arrival) before the first row that is no snapshot.
    """
    snapshot = (rows["flags"] & EventFlag.SNAPSHOT) != 0
    start = int(np.argmin(snapshot)) if len(rows) and not snapshot.all() else len(rows)
    opening = _named_before(rows[start:])
    if not len(opening):
        return rows
    head = rows[:start].copy()
    for row in head:
        if row["flags"] & EventFlag.ANONYMOUS:
            same = (opening["side"] == row["side"]) & (opening["price_ticks"] == row["price_ticks"])
            row["size_lots"] -= opening["size_lots"][same].sum()
    head = head[(head["kind"] != EventKind.ADD) | (head["size_lots"] > 0)]
    head["flags"] &= ~np.uint16(EventFlag.LAST)
    opening["ts_event_ns"] = rows["ts_event_ns"][start]
    opening["sequence"] = rows["sequence"][0] if start else rows["sequence"][start] - 1
    opening["flags"] = EventFlag.SNAPSHOT
    opening["flags"][-1] |= EventFlag.LAST
    return np.concatenate([head, opening, rows[start:]])


def _named_before(rows: Array) -> Array:
    """One ADD row for each order that was there before the first add."""
    adds = rows["order_id"][rows["kind"] == EventKind.ADD]
    if not len(adds):
        return np.zeros(0, dtype=EVENT)
    taken = rows[np.isin(rows["kind"], TAKEN) & (rows["order_id"] < adds[0])]
    taken = taken[~np.isin(taken["order_id"], adds)]
    ids, first, which = np.unique(taken["order_id"], return_index=True, return_inverse=True)
    opening = np.zeros(len(ids), dtype=EVENT)
    opening["kind"] = EventKind.ADD
    opening["order_id"] = ids
    for name in ("side", "price_ticks", "instrument_id"):
        opening[name] = taken[name][first]
    np.add.at(opening["size_lots"], which, taken["size_lots"])
    return opening
