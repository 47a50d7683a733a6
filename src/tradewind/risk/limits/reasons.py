"""Why the gate refused: one name each, numbered in the order in which the checks are made, and what halts it.

The table in the guide is printed from these docstrings (``tradewind risk limits reasons``); a test compares them.
"""

from __future__ import annotations

import inspect
import re
from enum import IntEnum

__all__ = ["BOUNDS_BOTH_WAYS", "REDUCIBLE", "Cause", "Reason", "reason_rows", "reason_table"]


class Reason(IntEnum):
    """Answer to a request; one that breaks several limits gets the first (lowest). A refusal reserves nothing."""

    ACCEPTED = 0
    """Sent, and counted at once."""
    MALFORMED = 1
    """Not a request: unknown kind, side or order type, an id that is not positive, a value that is not a number."""
    UNKNOWN_STRATEGY = 2
    """The limits file has no such strategy."""
    UNKNOWN_INSTRUMENT = 3
    """The limits file has no such instrument."""
    CLOCK_WENT_BACK = 4
    """The request is stamped earlier than the gate's clock by more than the tolerance [ns]."""
    DUPLICATE_ID = 5
    """Order ids must grow; this one does not."""
    UNKNOWN_ORDER = 6
    """Replace of an order that is not open here, or not this strategy's."""
    KILLED_STRATEGY = 7
    """A person killed the strategy; only a named person's signed re-arm opens it."""
    KILLED_DESK = 8
    """A person killed the desk."""
    KILLED_FIRM = 9
    """A person killed everything."""
    KILLED_INSTRUMENT = 10
    """A person killed the instrument."""
    KILLED_VENUE = 11
    """A person killed the venue."""
    HALTED_STRATEGY = 12
    """A breaker halted the strategy (loss, drawdown, rejects, repeats, reports that do not fit); signed re-arm only."""
    HALTED_DESK = 13
    """A breaker halted the desk (loss or drawdown)."""
    HALTED_FIRM = 14
    """A breaker halted the firm (loss, drawdown or overflow)."""
    HALTED_VENUE = 15
    """A breaker halted the venue: execution reports are missing."""
    RESTRICTED = 16
    """The instrument is on the restricted list."""
    NOT_PERMITTED = 17
    """The strategy may not trade this instrument, or not in this direction."""
    TYPE_NOT_PERMITTED = 18
    """The strategy may not send this order type."""
    POSTURE = 19
    """The risk posture is halt, or does not allow this order type now."""
    INVALID_LOTS = 20
    """Size not between 1 and the largest size that is a size [lots]."""
    OFF_LOT = 21
    """Size not a multiple of the lot step [lots]."""
    INVALID_PRICE = 22
    """Limit price outside the sane range [ticks]."""
    OFF_TICK = 23
    """Limit price not a multiple of the tick step [ticks]."""
    NO_MARKET_DATA = 24
    """No quote yet, or one side of it is missing."""
    STALE_MARKET_DATA = 25
    """The last quote is too old [ns]."""
    CROSSED_MARKET_DATA = 26
    """The last quote is crossed: bid above ask [ticks]."""
    PRICE_COLLAR = 27
    """Limit price further from the middle of the market than the collar allows, on the aggressive side [ticks]."""
    PERIOD_COLLAR = 28
    """Limit price further from where the period began than its collar allows, on the aggressive side [ticks]."""
    ORDER_LOTS = 29
    """One order too large [lots]; the posture shrinks this limit."""
    ORDER_NOTIONAL = 30
    """One order worth too much [micro-currency]; the posture shrinks this limit."""
    DUPLICATE_ORDER = 31
    """The same order again (instrument, side, type, price, size) within the window [orders]."""
    SELF_MATCH = 32
    """Would trade with an own open order of any strategy [ticks]."""
    REPEATED_EXECUTION = 33
    """The strategy did the same thing too often in the period, and is now halted until re-armed [orders]."""
    OPEN_ORDERS_INSTRUMENT = 34
    """Too many open orders in the instrument [orders]."""
    OPEN_ORDERS_STRATEGY = 35
    """Too many open orders of the strategy [orders]; the posture shrinks this limit."""
    OPEN_ORDERS_DESK = 36
    """Too many open orders of the desk [orders]."""
    OPEN_ORDERS_FIRM = 37
    """Too many open orders of the firm [orders]."""
    POSITION_LONG = 38
    """Long position of the firm in the instrument, if every open buy fills [lots]; the posture shrinks this limit."""
    POSITION_SHORT = 39
    """Short position of the firm in the instrument, if every open sell fills [lots]; the posture shrinks this limit."""
    POSITION_STRATEGY = 40
    """Position of the strategy in the instrument, if every open order of the side fills [lots]."""
    CUMULATIVE_LOTS_INSTRUMENT = 41
    """Traded today and open in the instrument [lots]; slicing does not evade it."""
    CUMULATIVE_LOTS_STRATEGY = 42
    """Traded today and open of the strategy [lots]."""
    CUMULATIVE_LOTS_DESK = 43
    """Traded today and open of the desk [lots]."""
    CUMULATIVE_LOTS_FIRM = 44
    """Traded today and open of the firm [lots]."""
    CUMULATIVE_NOTIONAL_INSTRUMENT = 45
    """Value traded today and open in the instrument [micro-currency]."""
    CUMULATIVE_NOTIONAL_STRATEGY = 46
    """Value traded today and open of the strategy [micro-currency]."""
    CUMULATIVE_NOTIONAL_DESK = 47
    """Value traded today and open of the desk [micro-currency]."""
    CUMULATIVE_NOTIONAL_FIRM = 48
    """Value traded today and open of the firm [micro-currency]."""
    GROSS_STRATEGY = 49
    """Gross exposure of the strategy with the worst of its open orders filled [micro-currency]."""
    GROSS_DESK = 50
    """Gross exposure of the desk, strategies not netted [micro-currency]."""
    GROSS_FIRM = 51
    """Gross exposure of the firm, strategies not netted [micro-currency]."""
    NET_STRATEGY = 52
    """Net exposure of the strategy with every open order of the side filled [micro-currency]."""
    NET_DESK = 53
    """Net exposure of the desk [micro-currency]."""
    NET_FIRM = 54
    """Net exposure of the firm [micro-currency]."""
    RATE_WINDOW_STRATEGY = 55
    """Messages (new, replace, cancel) of the strategy in the sliding window [messages]."""
    RATE_WINDOW_DESK = 56
    """Messages of the desk in the sliding window [messages]."""
    RATE_WINDOW_FIRM = 57
    """Messages of the firm in the sliding window [messages]."""
    RATE_BUCKET_STRATEGY = 58
    """The strategy's token bucket is empty [billionths of a message]."""
    RATE_BUCKET_DESK = 59
    """The desk's token bucket is empty [billionths of a message]."""
    RATE_BUCKET_FIRM = 60
    """The firm's token bucket is empty [billionths of a message]."""
    TABLE_FULL = 61
    """The gate's memory holds no more open orders [orders]."""


class Cause(IntEnum):
    """What closed a latch: what stands in a decision's ``cause`` when a killed or halted scope refuses."""

    NONE = 0
    """Nothing: the latch is open."""
    PERSON = 1
    """A person's kill."""
    REPEATED_EXECUTION = 2
    """The repeated-execution throttle."""
    REJECT_RATE = 3
    """Too many rejects by the venue in the window."""
    DAILY_LOSS = 4
    """Loss since the day began, realised and unrealised."""
    DRAWDOWN = 5
    """Fall of profit and loss from its peak, realised and unrealised."""
    UNEXPLAINED_REPORT = 6
    """A fill without an open order, more filled than was sent, a replace never asked for, or a senseless fill."""
    REPORTS_MISSING = 7
    """Execution reports that never came: a hole in their numbers, or a total that says more than its parts."""
    OVERFLOW = 8
    """A sum left the range in which arithmetic is exact."""


REDUCIBLE = frozenset(
    {
        Reason.HALTED_STRATEGY,
        Reason.HALTED_DESK,
        Reason.HALTED_FIRM,
        Reason.RESTRICTED,
        Reason.POSTURE,
        Reason.PERIOD_COLLAR,
        Reason.REPEATED_EXECUTION,
        Reason.CUMULATIVE_LOTS_INSTRUMENT,
        Reason.CUMULATIVE_LOTS_STRATEGY,
        Reason.CUMULATIVE_LOTS_DESK,
        Reason.CUMULATIVE_LOTS_FIRM,
        Reason.CUMULATIVE_NOTIONAL_INSTRUMENT,
        Reason.CUMULATIVE_NOTIONAL_STRATEGY,
        Reason.CUMULATIVE_NOTIONAL_DESK,
        Reason.CUMULATIVE_NOTIONAL_FIRM,
    }
)
"""Reasons that a limits file may waive for an order that only reduces its strategy's position; a kill never is."""


BOUNDS_BOTH_WAYS = (
    Reason.DUPLICATE_ID,
    Reason.INVALID_LOTS,
    Reason.INVALID_PRICE,
    Reason.NO_MARKET_DATA,
    Reason.PRICE_COLLAR,
    Reason.PERIOD_COLLAR,
    Reason.SELF_MATCH,
)
"""Reasons whose limit may be a smallest value; headroom is minus the distance to it."""


def reason_rows(kind: type[Reason] | type[Cause] = Reason) -> list[tuple[int, str, str, bool]]:
    """The table of the documentation: number, name, meaning, whether a policy may waive it for reducing orders.

    Args:
        kind: :class:`Reason` or :class:`Cause`.

    Examples:
        >>> reason_rows()[1][:2]
        (1, 'MALFORMED')
    """
    text = inspect.getsource(kind)
    said = dict(re.findall(r'^    (\w+) = \d+\n    """(.*?)"""', text, flags=re.MULTILINE | re.DOTALL))
    waived = REDUCIBLE if kind is Reason else frozenset()
    return [(member.value, member.name, said[member.name], member in waived) for member in kind]


def reason_table(kind: type[Reason] | type[Cause] = Reason) -> str:
    """The same as a Markdown table, as it stands in the guide.

    Args:
        kind: :class:`Reason` or :class:`Cause`.
    """
    waivable = kind is Reason
    head = (
        "| | reason | meaning | waivable |\n|---|---|---|---|\n"
        if waivable
        else "| | cause | meaning |\n|---|---|---|\n"
    )
    lines = []
    for number, name, meaning, waived in reason_rows(kind):
        last = f" {'yes' if waived else ''} |" if waivable else ""
        lines.append(f"| {number} | `{name}` | {meaning} |{last}")
    return head + "\n".join(lines) + "\n"
