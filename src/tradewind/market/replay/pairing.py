"""What belongs together: a print and the fall of its queue, and what you took from sizes that the feed still shows.

A trade is told twice, as a print and as a fall of the queue, and either may come first. A small table per side nets the
two by price: prints that no fall has followed are positive, falls that no print has followed negative; what is older
than ``pair_ns`` counts as 0. So a print that a fall has told already takes nothing from the queue a second time.
"""

from __future__ import annotations

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner, rare
from tradewind.market.replay.queues import CREDITS, DEBTS

__all__ = [
    "debt_at",
    "forget_debt",
    "forget_debts",
    "has_fallen",
    "note_fall",
    "note_print",
    "owe",
    "repay",
    "shift_queues",
]


@inner
def credit_at(queues: Record, side: Int, price: Int, now_ns: Int) -> Int:
    """Live entry of a price, or -1."""
    for k in range(CREDITS):
        credit = queues.credits[side, k]
        if credit.price_ticks == price and credit.lots != 0:
            if now_ns - credit.ts_ns <= queues.pair_ns:
                return k
            credit.lots = 0
            return -1
    return -1


@inner
def new_credit(queues: Record, side: Int, price: Int, now_ns: Int, lots: Int) -> Int:
    """The oldest entry of a side becomes one of a price."""
    k = queues.credit_next[side]
    queues.credit_next[side] = (k + 1) & (CREDITS - 1)
    credit = queues.credits[side, k]
    credit.price_ticks, credit.lots, credit.ts_ns = price, lots, now_ns
    return k


@inner
def note_fall(queues: Record, side: Int, price: Int, now_ns: Int, lots: Int) -> Int:
    """A queue fell; what no print explains waits for one.

    Returns:
        Number of the fall that prints may still explain; 0 when earlier prints explain all of it.
    """
    k = credit_at(queues, side, price, now_ns)
    if k < 0:
        k = new_credit(queues, side, price, now_ns, -lots)
        queues.fall_number += 1
        queues.credits[side, k].number = queues.fall_number
        return queues.fall_number
    credit = queues.credits[side, k]
    before = credit.lots
    credit.lots -= lots
    if credit.lots >= 0:
        return 0
    credit.ts_ns = now_ns
    if before >= 0:
        queues.fall_number += 1
        credit.number = queues.fall_number
    return credit.number


@inner
def note_print(queues: Record, side: Int, price: Int, now_ns: Int, lots: Int) -> None:
    """A print met a queue: ``told`` lots of it a fall has already told, the one of number ``told_number``."""
    queues.told, queues.told_number = 0, 0
    k = credit_at(queues, side, price, now_ns)
    if k < 0:
        new_credit(queues, side, price, now_ns, lots)
        return
    credit = queues.credits[side, k]
    told = min(max(-credit.lots, 0), lots)
    credit.lots += lots
    if credit.lots > 0:
        credit.ts_ns = now_ns
    queues.counts.paired_lots += told
    queues.told, queues.told_number = told, credit.number


@inner
def has_fallen(queues: Record, side: Int, price: Int, now_ns: Int) -> Int:
    """Whether a fall at a price waits for its print."""
    k = credit_at(queues, side, price, now_ns)
    return k >= 0 and queues.credits[side, k].lots < 0


@inner
def debt_at(queues: Record, side: Int, price: Int) -> Int:
    """Entry of a price in the list of debts, or -1."""
    for k in range(queues.debts_count[side]):
        if queues.debts[side, k].price_ticks == price:
            return k
    return -1


@inner
def drop_debt(queues: Record, side: Int, k: Int) -> None:
    """An entry goes."""
    queues.debts_count[side] -= 1
    queues.debts[side, k] = queues.debts[side, queues.debts_count[side]]


@rare
def owe(queues: Record, side: Int, price: Int, lots: Int) -> None:
    """You took lots that the feed still shows; with no room the first debt is forgotten."""
    queues.counts.owed_lots += lots
    k = debt_at(queues, side, price)
    if k < 0:
        if queues.debts_count[side] == DEBTS:
            queues.counts.forgiven_lots += queues.debts[side, 0].lots
            drop_debt(queues, side, 0)
        k = queues.debts_count[side]
        queues.debts_count[side] += 1
        queues.debts[side, k].price_ticks = price
        queues.debts[side, k].lots = 0
    queues.debts[side, k].lots += lots


@rare
def forget_debt(queues: Record, side: Int, price: Int) -> None:
    """A price leaves the feed's view: what you took there is forgotten."""
    k = debt_at(queues, side, price)
    if k >= 0:
        queues.counts.forgiven_lots += queues.debts[side, k].lots
        drop_debt(queues, side, k)


@rare
def forget_debts(queues: Record, side: Int) -> None:
    """All of a side is forgotten."""
    for k in range(queues.debts_count[side]):
        queues.counts.forgiven_lots += queues.debts[side, k].lots
    queues.debts_count[side] = 0


@rare
def repay(queues: Record, side: Int, k: Int, fall: Int) -> Int:
    """Lots that leave the feed are first those that you took; returns what is still owed."""
    debt = queues.debts[side, k]
    paid = min(max(fall, 0), debt.lots)
    debt.lots -= paid
    queues.counts.repaid_lots += paid
    left = debt.lots
    if left == 0:
        drop_debt(queues, side, k)
    return left


@rare
def shift_queues(queues: Record, ticks: Int) -> None:
    """The whole book has moved by some ticks, and your orders have gone to the back of their queues."""
    for side in range(2):
        queues.touch_ticks[side] += ticks
        for k in range(CREDITS):
            queues.credits[side, k].price_ticks += ticks
        for k in range(queues.debts_count[side]):
            queues.debts[side, k].price_ticks += ticks
        for k in range(queues.kept_count[side]):
            queues.kept[side, k] += ticks
    queues.places_count = 0
