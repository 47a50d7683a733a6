"""Events of the control plane: what is asked of a market and what it answers, as frozen structs with FIX words.

The data plane moves ``MESSAGE`` and ``FILL`` rows by the million; a person, a journal or an order manager moves these.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

import msgspec

from tradewind.core.types import TimeInForce

__all__ = ["CancelOrder", "Event", "ExecType", "ExecutionReport", "NewOrder", "ReduceOrder", "ReplaceOrder", "Request"]


class ExecType(IntEnum):
    """What an execution report tells (FIX tag 150, as numbers)."""

    NEW = 0
    """The order is live: it rests, or waits for its trigger."""
    CANCELLED = 4
    """The order is gone, ``last_lots`` of it without a trade."""
    REPLACED = 5
    """The order has a new price or size."""
    REJECTED = 8
    """The request was refused; ``reason`` names why."""
    TRADE = 15
    """The order traded ``last_lots`` at ``last_ticks``."""
    TRIGGERED = 16
    """The stop was triggered by a trade."""


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Enter an order.

    Attributes:
        ts_ns: When [ns].
        order_id: A positive number that no live order has.
        side: +1 buy, -1 sell.
        size_lots: Size, hidden part included [lots].
        price_ticks: Limit; None for a market order, or a stop that becomes one [ticks].
        trigger_ticks: Trade price that triggers it; None for an order that enters at once [ticks].
        display_lots: What an iceberg shows at a time; 0 shows all [lots].
        tif: How long it may rest.
        owner: Who must not trade with himself; 0 opts out.
    """

    ts_ns: int
    order_id: int
    side: int
    size_lots: int
    price_ticks: int | None = None
    trigger_ticks: int | None = None
    display_lots: int = 0
    tif: TimeInForce = TimeInForce.GTC
    owner: int = 0


class CancelOrder(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Take an order away.

    Attributes:
        ts_ns: When [ns].
        order_id: A live order.
    """

    ts_ns: int
    order_id: int


class ReduceOrder(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Take lots away from an order, which keeps its place.

    Attributes:
        ts_ns: When [ns].
        order_id: A live order.
        size_lots: What goes [lots].
    """

    ts_ns: int
    order_id: int
    size_lots: int


class ReplaceOrder(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Give an order a new price and size.

    Attributes:
        ts_ns: When [ns].
        order_id: A live order.
        price_ticks: New limit; ignored for a stop without one [ticks].
        size_lots: New total size [lots].
        display_lots: New display size; 0 keeps it [lots].
        trigger_ticks: New trigger of a waiting stop; 0 keeps it [ticks].
        tif: GTC, or POST_ONLY to refuse the change if it would trade.
    """

    ts_ns: int
    order_id: int
    price_ticks: int
    size_lots: int
    display_lots: int = 0
    trigger_ticks: int = 0
    tif: TimeInForce = TimeInForce.GTC


class ExecutionReport(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What happened to one order.

    Attributes:
        ts_ns: When [ns].
        order_id: The order.
        exec_type: What happened.
        leaves_lots: What is still live, hidden part included [lots].
        last_lots: What traded, or was cancelled, in this event [lots].
        last_ticks: Price of the trade; None for anything else [ticks].
        side: +1 buy, -1 sell; 0 for a refusal of an order that is not known.
        owner: Owner of the order.
        counter_id: The other order of a trade; 0 otherwise.
        aggressor: Whether this order took.
        reason: Why it was refused; empty otherwise.
    """

    ts_ns: int
    order_id: int
    exec_type: ExecType
    leaves_lots: int
    last_lots: int = 0
    last_ticks: int | None = None
    side: int = 0
    owner: int = 0
    counter_id: int = 0
    aggressor: bool = False
    reason: str = ""


Request: TypeAlias = NewOrder | CancelOrder | ReduceOrder | ReplaceOrder
"""What may be asked of a market."""
Event: TypeAlias = Request | ExecutionReport
"""Anything that may stand in a journal of orders."""
