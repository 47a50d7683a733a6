"""Which orders are live: an open-addressing table of ids, so that unknown and repeated ids are counted exactly.

Linear probing without tombstones; the table doubles when half full, so memory follows the number of live orders and
not the length of the file.
"""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array, EventKind
from tradewind.core.kernels import entry, inner
from tradewind.data.quality_checks import Check
from tradewind.data.quality_state import Int, Records, flag_row

__all__ = ["LiveOrders"]

GOLD = np.uint64(0x9E3779B97F4A7C15)
ORDER = np.dtype([("order_id", "i8"), ("size_lots", "i8"), ("side", "i8")])
FIRST_SLOTS = 64

ADD, REDUCE, DELETE, EXECUTE = (int(EventKind[name]) for name in ("ADD", "REDUCE", "DELETE", "EXECUTE"))
REPLACE, CLEAR = int(EventKind.REPLACE), int(EventKind.CLEAR)
UNKNOWN, TWICE, OVERSIZE = int(Check.UNKNOWN_ORDER_IDS), int(Check.DUPLICATE_ADDS), int(Check.OVERSIZE_CHANGES)
NOTHING = -1


class LiveOrders:
    """The live orders of one instrument.

    Args:
        symbol: The instrument's number in the file.
    """

    def __init__(self, symbol: int) -> None:
        self._symbol = symbol
        self._slots = np.zeros(FIRST_SLOTS, dtype=ORDER)
        self._live = np.zeros(1, dtype=np.int64)

    def __len__(self) -> int:
        """Orders that are live."""
        return int(self._live[0])

    def scan(self, rows: Array, files: Array, first_row: int) -> None:
        """Apply the next rows.

        Args:
            rows: Shape (n,), dtype ``EVENT``.
            files: Shape (1,), dtype :data:`~tradewind.data.quality_state.FILE_STATE`; findings are added.
            first_row: Number of the first of these rows in the file, from 1.
        """
        done = 0
        while done < len(rows):
            place = (np.int64(done), np.int64(first_row), np.int64(self._symbol))
            done = int(apply_orders(rows, self._slots, self._live, files, place))
            if done < len(rows) and rows["kind"][done] == CLEAR:
                side = int(rows["side"][done])
                used = self._slots["order_id"] != 0
                self._rebuild(self._slots[used & (self._slots["side"] != side)] if side else self._slots[:0])
                done += 1
            elif done < len(rows):
                self._rebuild(self._slots[self._slots["order_id"] != 0])

    def _rebuild(self, orders: Array) -> None:
        """A table of these orders alone, at most a quarter full."""
        length = max(FIRST_SLOTS, 1 << (4 * len(orders)).bit_length())
        self._slots, self._live = np.zeros(length, dtype=ORDER), np.zeros(1, dtype=np.int64)
        insert_all(orders, self._slots, self._live)


@entry
def apply_orders(rows: Records, slots: Records, live: Array, files: Array, place: tuple[Int, Int, Int]) -> Int:
    """Apply rows from ``place[0]`` on; returns how far it came: at CLEAR, or when the table is half full, it stops."""
    file = files[0]
    start, first_row, symbol = place
    mask = np.int64(len(slots) - 1)
    count = live[0]
    i = start
    while i < len(rows):
        row = rows[i]
        kind = row.kind
        if kind == CLEAR or 2 * count > mask:
            break
        order_id = row.order_id
        if ADD <= kind <= REPLACE and order_id > 0 and row.side in (1, -1):
            at = find(slots, mask, order_id)
            known = slots[at].order_id == order_id
            wrong, worst = NOTHING, np.int64(0)
            if known and kind == ADD:
                wrong = TWICE
            elif not known and kind != ADD:
                wrong = UNKNOWN
            left = row.size_lots
            if kind in (REDUCE, EXECUTE, DELETE):
                left = slots[at].size_lots - row.size_lots if known and kind != DELETE else np.int64(0)
                if left < 0:
                    wrong, worst = OVERSIZE, -left
            if wrong >= 0:
                flag_row(file, wrong, worst, (first_row + i, row.sequence, row.ts_event_ns, symbol))
            if kind in (ADD, REPLACE) or left > 0:
                count += 0 if known else 1
                slots[at].order_id = order_id
                slots[at].size_lots = left
                slots[at].side = row.side
            elif known:
                count -= 1
                erase(slots, mask, at)
        i += 1
    live[0] = count
    return i


@entry
def insert_all(orders: Records, slots: Records, live: Array) -> None:
    """Put orders into an empty table that is large enough."""
    mask = np.int64(len(slots) - 1)
    for i in range(len(orders)):
        at = find(slots, mask, orders[i].order_id)
        slots[at].order_id = orders[i].order_id
        slots[at].size_lots = orders[i].size_lots
        slots[at].side = orders[i].side
    live[0] = len(orders)


@inner
def home(mask: Int, order_id: Int) -> Int:
    """Where an id would like to be: the upper half of its Fibonacci hash."""
    return np.int64((np.uint64(order_id) * GOLD) >> np.uint64(32)) & mask


@inner
def find(slots: Records, mask: Int, order_id: Int) -> Int:
    """Place of an id, or of the empty slot where it would go."""
    at = home(mask, order_id)
    while slots[at].order_id != 0 and slots[at].order_id != order_id:
        at = (at + 1) & mask
    return at


@inner
def erase(slots: Records, mask: Int, at: Int) -> None:
    """An order goes; later ones of its run move back so that each can still be found."""
    gap = at
    while True:
        at = (at + 1) & mask
        if slots[at].order_id == 0:
            break
        if ((at - home(mask, slots[at].order_id)) & mask) >= ((at - gap) & mask):
            slots[gap].order_id = slots[at].order_id
            slots[gap].size_lots = slots[at].size_lots
            slots[gap].side = slots[at].side
            gap = at
    slots[gap].order_id = 0
