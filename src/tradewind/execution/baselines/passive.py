"""Baselines that rest orders: passive then cross, submit and leave, imbalance, microprice, random, the Q table."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner
from tradewind.execution.baselines.records import EPOCHS, INVENTORY_BINS, TableAction
from tradewind.execution.baselines.schedules import current_slice, late_lots, slice_lots

__all__ = [
    "act_at_random",
    "by_imbalance",
    "by_microprice",
    "by_table",
    "late_then_rest",
    "own_ticks",
    "submit_and_leave",
]

CROSS, IMPROVE, JOIN = int(TableAction.CROSS), int(TableAction.IMPROVE), int(TableAction.JOIN)
BEHIND, FAR_BEHIND = int(TableAction.BEHIND), int(TableAction.FAR_BEHIND)
FAR_TICKS = 3
WIDE_TICKS = 2
LEANS = 1.0 / 3.0
RANDOM_SHARES = 4
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_A, MIX_B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@inner
def draw_below(memory: Record, count: Int) -> Int:
    """A whole number from 0 to ``count - 1`` of the baseline's own chance (SplitMix64; Steele, Lea and Flood, 2014)."""
    memory.draws += 1
    word = np.uint64(memory.key) + np.uint64(memory.draws) * GOLDEN
    word = (word ^ (word >> np.uint64(30))) * MIX_A
    word = (word ^ (word >> np.uint64(27))) * MIX_B
    word = word ^ (word >> np.uint64(31))
    return np.int64(np.uint64(word >> np.uint64(33)) % np.uint64(count))


@inner
def own_ticks(sight: Record) -> Int:
    """Best price of the order's own side."""
    return sight.bid_ticks if sight.side > 0 else sight.ask_ticks


@inner
def lean(sight: Record) -> Int:
    """Imbalance of the best queues, positive when it points away from the order (a buy: more bids than asks)."""
    return sight.side * (sight.bid_lots - sight.ask_lots) / max(sight.bid_lots + sight.ask_lots, 1)


@inner
def rest(sight: Record, intent: Record, lots: Int, closer_ticks: Int) -> None:
    """A resting order some ticks nearer than the best price (never so near that it would trade), or behind it."""
    spread = sight.ask_ticks - sight.bid_ticks
    intent.rest_lots = lots
    intent.rest_ticks = own_ticks(sight) + sight.side * min(closer_ticks, max(spread - 1, 0))


@inner
def tolerated(plan: Record, sight: Record, share: float) -> Int:
    """Lots that are late by more than a share of the order; 0 or more."""
    allowed = np.int64(share * sight.quantity_lots)
    return max(late_lots(plan, sight, current_slice(plan, sight)) - allowed, 0)


@inner
def open_lots(plan: Record, sight: Record) -> Int:
    """Lots that should be done by the end of this slice; 0 or more."""
    number = current_slice(plan, sight)
    return max(late_lots(plan, sight, number) + slice_lots(plan, sight, number), 0)


@inner
def late_then_rest(plan: Record, sight: Record, intent: Record) -> None:
    """Cross what is late, rest what this slice still has to do at the best price."""
    intent.cross_lots = tolerated(plan, sight, plan.numbers[0])
    rest(sight, intent, open_lots(plan, sight) - intent.cross_lots, 0)


@inner
def submit_and_leave(plan: Record, memory: Record, sight: Record, intent: Record) -> None:
    """One limit order for everything, where it was put first; what is left at the end is crossed by the episode."""
    if memory.rest_ticks == 0:
        memory.rest_ticks = own_ticks(sight) - sight.side * np.int64(plan.numbers[0])
    intent.rest_lots, intent.rest_ticks = sight.left_lots, memory.rest_ticks


@inner
def by_imbalance(plan: Record, sight: Record, intent: Record) -> None:
    """Cross this slice when the queues lean away by more than a threshold, else rest it; cross what is late."""
    due = open_lots(plan, sight)
    intent.cross_lots = due if lean(sight) > plan.numbers[0] else tolerated(plan, sight, plan.numbers[1])
    rest(sight, intent, due - intent.cross_lots, 0)


@inner
def by_microprice(plan: Record, sight: Record, intent: Record) -> None:
    """Rest nearer when the microprice leans away from you, further when it leans towards you; cross what is late.

    At a spread :math:`S` the microprice is :math:`m + I S / 2`: its tilt in half spreads is the imbalance :math:`I`.
    """
    intent.cross_lots = tolerated(plan, sight, plan.numbers[1])
    tilt = lean(sight)
    closer = 1 if tilt > plan.numbers[0] else -1 if tilt < -plan.numbers[0] else 0
    rest(sight, intent, sight.left_lots - intent.cross_lots, closer)


@inner
def act_at_random(plan: Record, memory: Record, sight: Record, intent: Record) -> None:
    """Wait, rest a random share at a random place, or cross up to a slice: uniformly, once a slice."""
    number = current_slice(plan, sight)
    fresh = number != memory.slice
    if fresh:
        memory.slice, memory.action = number, draw_below(memory, 5)
    due = min(slice_lots(plan, sight, number), sight.left_lots)
    if memory.action == CROSS and fresh:
        intent.cross_lots = (due * (1 + draw_below(memory, RANDOM_SHARES))) // RANDOM_SHARES
    elif memory.action in (IMPROVE, JOIN, BEHIND):
        rest(sight, intent, min(2 * due, sight.left_lots), 2 - memory.action)


@inner
def table_state(sight: Record) -> tuple[Int, Int, Int, Int]:
    """State of the Q table: epoch, share left, whether the spread is wide, how the queues lean."""
    epoch = min(np.int64(EPOCHS * sight.elapsed_s / sight.horizon_s + 1e-9), EPOCHS - 1)
    inventory = (
        min((INVENTORY_BINS * sight.left_lots + sight.quantity_lots - 1) // sight.quantity_lots, INVENTORY_BINS) - 1
    )
    wide = np.int64(sight.ask_ticks - sight.bid_ticks >= WIDE_TICKS)
    tilt = lean(sight)
    return epoch, max(inventory, 0), wide, np.int64(tilt > -LEANS) + np.int64(tilt > LEANS)


@inner
def by_table(plan: Record, memory: Record, sight: Record, intent: Record) -> None:
    """Once an epoch a price for all that is left; the order stays there until the next.

    Nevmyvaka, Feng and Kearns (2006), "Reinforcement learning for optimized trade execution".
    """
    epoch, inventory, wide, tilt = table_state(sight)
    if epoch != memory.epoch:
        memory.epoch = epoch
        memory.state = (inventory * 2 + wide) * 3 + tilt
        memory.action = np.int64(plan.table[epoch, inventory, wide, tilt])
        if draw_below(memory, 1 << 20) < plan.numbers[0] * (1 << 20):
            memory.action = draw_below(memory, 5)
        closer = 1 if memory.action == IMPROVE else 0 if memory.action == JOIN else -1
        closer = -FAR_TICKS if memory.action == FAR_BEHIND else closer
        rest(sight, intent, 0, closer)
        memory.rest_ticks = intent.rest_ticks
    if memory.action == CROSS:
        intent.cross_lots = sight.left_lots
    else:
        intent.rest_lots, intent.rest_ticks = sight.left_lots, memory.rest_ticks
