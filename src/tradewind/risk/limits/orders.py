"""Open orders: a pool of nodes, a hash table from order id to slot, and a list by instrument.

Every sent order stands here at once, before any answer. Its envelope is the worst that can be live at the venue: while
replaces are pending it is the largest size and the most extreme prices of all that was asked for.
"""

from __future__ import annotations

import numpy as np

from tradewind.core.kernels import inner, rare
from tradewind.risk.limits.exposure import restate, scope_of
from tradewind.risk.limits.layout import CAP, INSTRUMENTS, ORDERS, Int, Record
from tradewind.risk.limits.money import plus, times

__all__ = ["find", "insert", "price_book", "release", "resize", "settle"]

MASK = 2 * ORDERS - 1
MINUS_ONE = np.int64(-1)
SPREAD = 0x9E3779B97F4A7C1


@inner
def home(order_id: Int) -> Int:
    """Where an id wants to stand in the hash table."""
    mixed = order_id * SPREAD
    return ((mixed >> 29) ^ (mixed >> 51) ^ order_id) & MASK


@inner
def place(state: Record, order_id: Int) -> Int:
    """Entry of an id in the hash table, or the empty one where it would stand."""
    at = home(order_id)
    while state.ids[at] != 0 and state.orders[state.ids[at]].order_id != order_id:
        at = (at + 1) & MASK
    return at


@inner
def find(state: Record, order_id: Int) -> Int:
    """Slot of an open order, or 0."""
    return np.int64(state.ids[place(state, order_id)])


@inner
def insert(state: Record, order_id: Int, s: Int, i: Int) -> Int:
    """A slot for a new order, in the table and its instrument's list; the caller has seen that there is room."""
    slot = state.free
    if slot:
        state.free = state.orders[slot].next
    else:
        state.top += 1
        slot = state.top
    state.live += 1
    node, ins = state.orders[slot], state.instruments[i]
    node.order_id = order_id
    node.instrument = i
    node.strategy = s
    node.prev = 0
    node.next = ins.head
    if ins.head:
        state.orders[ins.head].prev = slot
    ins.head = slot
    state.ids[place(state, order_id)] = slot
    return slot


@inner
def erase(state: Record, order_id: Int) -> None:
    """An id leaves the hash table; later entries of its run move back."""
    gap = place(state, order_id)
    at = gap
    while True:
        at = (at + 1) & MASK
        slot = np.int64(state.ids[at])
        if slot == 0:
            break
        if ((at - home(state.orders[slot].order_id)) & MASK) >= ((at - gap) & MASK):
            state.ids[gap] = slot
            gap = at
    state.ids[gap] = 0


@inner
def count_open(state: Record, s: Int, i: Int, lots: Int, notional: Int, orders: Int) -> None:  # noqa: PLR0917
    """Open lots, value and orders change at every level."""
    ins = state.instruments[i]
    ins.open_lots = plus(ins.open_lots, lots)
    ins.open_notional = plus(ins.open_notional, notional)
    ins.open_orders += orders
    for level in range(3):
        scope = state.scopes[scope_of(state, s, level)]
        scope.open_lots = plus(scope.open_lots, lots)
        scope.open_notional = plus(scope.open_notional, notional)
        scope.open_orders += orders


@rare
def resize(state: Record, slot: Int, total: Int, orders: Int) -> None:
    """The order's worst case becomes this total at its envelope's prices; sums follow. The cell is not restated.

    Args:
        state: The gate.
        slot: The order.
        total: Worst total size; what is filled of it is not open.
        orders: +1 for an order that is new, -1 for one that goes, else 0.
    """
    node = state.orders[slot]
    ins, cell = state.instruments[node.instrument], state.cells[node.strategy * INSTRUMENTS + node.instrument]
    before = max(0, node.worst_total - node.filled) if orders <= 0 else 0
    after = max(0, total - node.filled) if orders >= 0 else 0
    notional = times(times(after, node.high), ins.tick_value)
    settle(state, slot, after - before, notional, orders)
    node.worst_total = total
    if node.side > 0:
        cell.open_buy = plus(cell.open_buy, after - before)
        ins.open_buy = plus(ins.open_buy, after - before)
    else:
        cell.open_sell = plus(cell.open_sell, after - before)
        ins.open_sell = plus(ins.open_sell, after - before)


@inner
def settle(state: Record, slot: Int, lots: Int, notional: Int, orders: Int) -> None:
    """Carry an order's new open value into every sum."""
    node = state.orders[slot]
    count_open(state, node.strategy, node.instrument, lots, notional - node.notional, orders)
    node.notional = notional


@rare
def release(state: Record, slot: Int) -> None:
    """The order is over: everything it held is given back, once, and its slot is free."""
    node = state.orders[slot]
    s, i = node.strategy, node.instrument
    resize(state, slot, node.filled, MINUS_ONE)
    if node.prev:
        state.orders[node.prev].next = node.next
    else:
        state.instruments[i].head = node.next
    if node.next:
        state.orders[node.next].prev = node.prev
    erase(state, node.order_id)
    node.order_id = 0
    node.prev = 0
    node.next = state.free
    state.free = slot
    state.live -= 1
    price_book(state, i)
    restate(state, s, i)


@rare
def price_book(state: Record, i: Int) -> None:
    """The most aggressive own prices in an instrument, from its open orders: 0 and ``CAP`` where there are none."""
    ins = state.instruments[i]
    ins.own_bid = 0
    ins.own_ask = CAP
    slot = ins.head
    while slot:
        node = state.orders[slot]
        if node.side > 0:
            ins.own_bid = max(ins.own_bid, node.high)
        else:
            ins.own_ask = min(ins.own_ask, node.low)
        slot = node.next
