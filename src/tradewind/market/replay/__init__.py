"""Recorded markets replayed with your orders in them: every order (L3), levels (L2), or quotes and trades (L1).

The names below load when they are first used, so that the kernels load when they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradewind.market.replay.market import Replay, Terms
    from tradewind.market.replay.propagator import Propagator, fit_propagator
    from tradewind.market.replay.queues import Crossing, QueueModel
    from tradewind.market.replay.tape import Tape, make_tape
    from tradewind.market.replay.windows import ReplayBatch, ReplayWindows, days_of

__all__ = [
    "Crossing",
    "Propagator",
    "QueueModel",
    "Replay",
    "ReplayBatch",
    "ReplayWindows",
    "Tape",
    "Terms",
    "days_of",
    "fit_propagator",
    "make_tape",
]


def __getattr__(name: str) -> Any:
    if name in ("Replay", "Terms"):
        from tradewind.market.replay import market

        return getattr(market, name)
    if name in ("Tape", "make_tape"):
        from tradewind.market.replay import tape

        return getattr(tape, name)
    if name in ("Propagator", "fit_propagator"):
        from tradewind.market.replay import propagator

        return getattr(propagator, name)
    if name in ("Crossing", "QueueModel"):
        from tradewind.market.replay import queues

        return getattr(queues, name)
    if name in ("ReplayBatch", "ReplayWindows", "days_of"):
        from tradewind.market.replay import windows

        return getattr(windows, name)
    raise AttributeError(f"module 'tradewind.market.replay' has no attribute {name!r}")
