"""Why a message was refused: one name each, numbered in the order in which the checks are made."""

from __future__ import annotations

from enum import IntEnum

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner

__all__ = ["PENDING", "Reason", "reject"]


class Reason(IntEnum):
    """Answer to a message; a message that breaks several rules gets the first (lowest) one.

    A refused message leaves the book as it was.
    """

    ACCEPTED = 0
    """Done; what it traded stands in the fills."""
    UNKNOWN_KIND = 1
    """Not a :class:`~tradewind.core.dtypes.MessageKind`, or a stop in a book without stops."""
    MARKET_CLOSED = 2
    """Trading state CLOSED: nothing is taken."""
    MARKET_HALTED = 3
    """Trading state HALTED: only CANCEL and REDUCE are taken."""
    UNKNOWN_ORDER_ID = 4
    """CANCEL, REDUCE or REPLACE of an order that is not live."""
    INVALID_SIDE = 5
    """A new order whose side is neither +1 nor -1."""
    INVALID_TIF = 6
    """Not a time in force, or one that this kind cannot have."""
    INVALID_ORDER_ID = 7
    """A new order whose id is not positive."""
    INVALID_SIZE = 8
    """Size not between 1 and the largest size."""
    OFF_LOT = 9
    """Size not a multiple of the lot step."""
    PRICE_OUT_OF_BAND = 10
    """Limit price outside the price band."""
    OFF_TICK = 11
    """Limit price not a multiple of the tick step."""
    INVALID_DISPLAY = 12
    """Display size negative, larger than the size, or given for an order that cannot rest as an iceberg."""
    INVALID_TRIGGER = 13
    """Trigger price outside the price band or not a multiple of the tick step."""
    DUPLICATE_ORDER_ID = 14
    """A new order with the id of a live one."""
    TRIGGER_REACHED = 15
    """A stop whose trigger the last trade price has already reached."""
    POST_ONLY_WOULD_TAKE = 16
    """A post-only order that would trade at once."""
    FOK_UNFILLABLE = 17
    """A fill-or-kill order that cannot trade in full."""
    BOOK_FULL = 18
    """An order that would rest, and no slot is free."""


PENDING = 255
"""Not an answer: the fill buffer is full; empty it and go on."""


@inner
def reject(book: Record, reason: Int) -> Int:
    """Count a refusal and return it."""
    book.rejects[reason] += 1
    return reason
