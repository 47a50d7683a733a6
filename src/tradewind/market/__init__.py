"""Simulated markets: calibrated, reactive to your orders, replayed, and how real they are.

The names below load when they are first used, so that reading a preset does not load the kernels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradewind.market.batch import MarketBatch
    from tradewind.market.group import MarketGroup
    from tradewind.market.reactive import Market, simulate
    from tradewind.market.replay.market import Replay

__all__ = ["Market", "MarketBatch", "MarketGroup", "Replay", "simulate"]


def __getattr__(name: str) -> Any:
    if name == "MarketBatch":
        from tradewind.market.batch import MarketBatch

        return MarketBatch
    if name == "MarketGroup":
        from tradewind.market.group import MarketGroup

        return MarketGroup
    if name == "Replay":
        from tradewind.market.replay.market import Replay

        return Replay
    if name in ("Market", "simulate"):
        from tradewind.market import reactive

        return getattr(reactive, name)
    raise AttributeError(f"module 'tradewind.market' has no attribute {name!r}")
