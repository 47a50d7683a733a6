"""Order entry in words: one method for each kind of message."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from tradewind.book.reasons import Reason
from tradewind.core.dtypes import Array, MessageKind
from tradewind.core.types import TimeInForce

__all__ = ["Answer", "OrderEntry"]


class Answer(NamedTuple):
    """What became of one message.

    Attributes:
        reason: ACCEPTED, or why it was refused.
        fills: Shape (n,), dtype ``FILL``: what it and the stops it triggered traded.
    """

    reason: Reason
    fills: Array


class OrderEntry(ABC):
    """Methods that fill in a message and submit it; times are those of the last message."""

    @abstractmethod
    def submit(self, **fields: int) -> Answer:
        """Carry out one message given by fields of ``MESSAGE``."""

    def limit(
        self,
        order_id: int,
        side: int,
        price_ticks: int,
        size_lots: int,
        *,
        owner: int = 0,
        tif: int = TimeInForce.GTC,
        display_lots: int = 0,
    ) -> Answer:
        """Enter a limit order; with a display size, an iceberg.

        Args:
            order_id: A positive number that no live order has.
            side: +1 buy, -1 sell.
            price_ticks: Limit [ticks].
            size_lots: Size, hidden part included [lots].
            owner: Who must not trade with himself; 0 opts out.
            tif: A :class:`~tradewind.core.types.TimeInForce`.
            display_lots: What an iceberg shows at a time; 0 shows all [lots].
        """
        return self.submit(
            kind=MessageKind.LIMIT,
            order_id=order_id,
            side=side,
            price_ticks=price_ticks,
            size_lots=size_lots,
            owner=owner,
            tif=tif,
            display_lots=display_lots,
        )

    def market(self, order_id: int, side: int, size_lots: int, *, owner: int = 0, tif: int = TimeInForce.GTC) -> Answer:
        """Trade at any price in the band; what cannot trade is cancelled.

        Args:
            order_id: A positive number that no live order has.
            side: +1 buy, -1 sell.
            size_lots: Size [lots].
            owner: Who must not trade with himself; 0 opts out.
            tif: GTC or IOC (the same here), or FOK.
        """
        kind = MessageKind.MARKET
        return self.submit(kind=kind, order_id=order_id, side=side, size_lots=size_lots, owner=owner, tif=tif)

    def stop(
        self,
        order_id: int,
        side: int,
        trigger_ticks: int,
        size_lots: int,
        *,
        limit_ticks: int | None = None,
        owner: int = 0,
        tif: int = TimeInForce.GTC,
    ) -> Answer:
        """Enter a stop: a market order, or with a limit a limit order, once a trade reaches the trigger.

        Args:
            order_id: A positive number that no live order has.
            side: +1 buy (triggers at or above), -1 sell (at or below).
            trigger_ticks: Trade price that triggers it [ticks].
            size_lots: Size [lots].
            limit_ticks: Limit once triggered [ticks]; None for a market order.
            owner: Who must not trade with himself; 0 opts out.
            tif: For a stop-limit order: GTC rests what is left, IOC cancels it.
        """
        return self.submit(
            kind=MessageKind.STOP if limit_ticks is None else MessageKind.STOP_LIMIT,
            order_id=order_id,
            side=side,
            price_ticks=limit_ticks or 0,
            trigger_ticks=trigger_ticks,
            size_lots=size_lots,
            owner=owner,
            tif=tif,
        )

    def cancel(self, order_id: int) -> Answer:
        """Take an order away.

        Args:
            order_id: A live order.
        """
        return self.submit(kind=MessageKind.CANCEL, order_id=order_id)

    def reduce(self, order_id: int, size_lots: int) -> Answer:
        """Take lots away from an order, hidden ones first; it keeps its place.

        Args:
            order_id: A live order.
            size_lots: What goes; all of it or more cancels the order [lots].
        """
        return self.submit(kind=MessageKind.REDUCE, order_id=order_id, size_lots=size_lots)

    def replace(
        self,
        order_id: int,
        price_ticks: int,
        size_lots: int,
        *,
        display_lots: int = 0,
        trigger_ticks: int = 0,
        tif: int = TimeInForce.GTC,
    ) -> Answer:
        """Give an order a new price and size; it keeps its place only at the same price and not larger.

        Args:
            order_id: A live order.
            price_ticks: New limit; ignored for a stop without one [ticks].
            size_lots: New total size [lots].
            display_lots: New display size; 0 keeps it [lots].
            trigger_ticks: New trigger of a waiting stop; 0 keeps it [ticks].
            tif: GTC, or POST_ONLY to refuse the change if it would trade.
        """
        return self.submit(
            kind=MessageKind.REPLACE,
            order_id=order_id,
            price_ticks=price_ticks,
            size_lots=size_lots,
            display_lots=display_lots,
            trigger_ticks=trigger_ticks,
            tif=tif,
        )
