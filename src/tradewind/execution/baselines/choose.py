"""The one compiled call behind every baseline: from what it sees to what it wants now."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner, rare
from tradewind.core.random import stream
from tradewind.execution.baselines.passive import (
    act_at_random,
    by_imbalance,
    by_microprice,
    by_table,
    late_then_rest,
    submit_and_leave,
)
from tradewind.execution.baselines.records import MEMORY, Kind
from tradewind.execution.baselines.schedules import (
    adapted,
    along_schedule,
    along_trajectory,
    current_slice,
    with_volume,
)

__all__ = ["choose_intents", "fresh_memory"]

SCHEDULE, ALMGREN_CHRISS = int(Kind.SCHEDULE), int(Kind.ALMGREN_CHRISS)
ADAPTIVE, POV, PASSIVE = int(Kind.ADAPTIVE), int(Kind.POV), int(Kind.PASSIVE)
SUBMIT_AND_LEAVE, IMBALANCE = int(Kind.SUBMIT_AND_LEAVE), int(Kind.IMBALANCE)
MICROPRICE, RANDOM, TABLE = int(Kind.MICROPRICE), int(Kind.RANDOM), int(Kind.TABLE)


def fresh_memory(count: int, seed: int, name: str) -> Array:
    """Memory of baselines at the start of orders.

    Args:
        count: How many orders.
        seed: The run's one seed.
        name: Stream of the baselines' own chance.

    Returns:
        Shape (count,), dtype ``MEMORY``.
    """
    memory = np.zeros(count, MEMORY)
    memory["key"] = stream(seed, f"baseline/{name}").integers(0, 2**63, count, dtype=np.uint64)
    memory["epoch"] = memory["slice"] = -1
    return memory


@inner
def once_a_slice(plan: Record, memory: Record, sight: Record) -> int:
    """Lots to cross by the adaptive rule, which decides at the start of each slice."""
    number = current_slice(plan, sight)
    if number == memory.slice:
        return 0
    memory.slice = number
    return adapted(plan, sight, number)  # type: ignore[no-any-return]


@rare
def choose(plan: Record, memory: Record, sight: Record, intent: Record) -> None:
    """What one baseline wants: whatever it asks for, never more than is left, and nothing in a one-sided market."""
    intent.cross_lots = intent.rest_lots = intent.rest_ticks = 0
    intent.cancel = 1
    if sight.bid_lots <= 0 or sight.ask_lots <= 0 or sight.left_lots <= 0:
        return
    kind = plan.kind
    if kind == SCHEDULE:
        intent.cross_lots = along_schedule(plan, sight)
    elif kind == ALMGREN_CHRISS:
        intent.cross_lots = along_trajectory(plan, sight)
    elif kind == ADAPTIVE:
        intent.cross_lots = once_a_slice(plan, memory, sight)
    elif kind == POV:
        intent.cross_lots = with_volume(plan, sight)
    elif kind == PASSIVE:
        late_then_rest(plan, sight, intent)
    elif kind == SUBMIT_AND_LEAVE:
        submit_and_leave(plan, memory, sight, intent)
    elif kind == IMBALANCE:
        by_imbalance(plan, sight, intent)
    elif kind == MICROPRICE:
        by_microprice(plan, sight, intent)
    elif kind == RANDOM:
        act_at_random(plan, memory, sight, intent)
    elif kind == TABLE:
        by_table(plan, memory, sight, intent)
    intent.cross_lots = min(max(intent.cross_lots, 0), sight.left_lots)
    intent.rest_lots = min(max(intent.rest_lots, 0), sight.left_lots - intent.cross_lots)
    if intent.rest_lots > 0:
        intent.cancel = 0


@entry
def choose_intents(plans: Array, memories: Array, sights: Array, intents: Array) -> None:
    """What baselines want now, one order each.

    Args:
        plans: Shape (n,) or (1,), dtype ``PLAN``; one for all, or one each.
        memories: Shape (n,), dtype ``MEMORY``.
        sights: Shape (n,), dtype ``SIGHT``.
        intents: Shape (n,), dtype ``INTENT``; overwritten.
    """
    last = len(plans) - 1
    for i in range(len(sights)):
        choose(plans[min(i, last)], memories[i], sights[i], intents[i])
