"""Fills that were told of before they were reported: booked when told, so not booked again when they come.

A cancel that says three lots were filled may overtake the fills' own reports. The lots are booked at once, at the
order's worst price, and stand here until the reports arrive, also after the order is over. So for every order what is
booked is the larger of the total told and the sum of the fills reported.
"""

from __future__ import annotations

from tradewind.core.kernels import rare
from tradewind.risk.limits.layout import OWED, Int, Record
from tradewind.risk.limits.money import plus

__all__ = ["owe", "pay"]


@rare
def owe(state: Record, order_id: Int, lots: Int) -> None:
    """Lots of an order were booked before their report; with every place taken the oldest order is forgotten."""
    at = state.owed_next
    for k in range(OWED):
        if state.owed[k].order_id == order_id and state.owed[k].lots > 0:
            at = k
    entry = state.owed[at]
    if entry.order_id != order_id or entry.lots == 0:
        state.owed_lots -= entry.lots
        state.owed_next = (at + 1) % OWED
        entry.order_id = order_id
        entry.lots = 0
    more = plus(entry.lots, lots) - entry.lots
    entry.lots += more
    state.owed_lots = plus(state.owed_lots, more)


@rare
def pay(state: Record, order_id: Int, lots: Int) -> Int:
    """How many of the lots of a fill have been booked before; they are owed no longer."""
    for k in range(OWED):
        entry = state.owed[k]
        if entry.order_id == order_id and entry.lots > 0:
            paid = min(entry.lots, lots)
            entry.lots -= paid
            state.owed_lots -= paid
            return paid
    return 0
