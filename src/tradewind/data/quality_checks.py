"""The checks that rows are put through: what each counts, out of what, and how bad it is.

The order of :class:`Check` is the order of the kernels' counters; :data:`RULES` says the rest and is the table of the
guide.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec

__all__ = ["BAR_CHECKS", "BOOK_CHECKS", "EVENT_CHECKS", "NEVER", "RULES", "Check", "Rule", "Severity", "severity_of"]

NEVER = float("inf")
"""A share that no finding reaches."""


class Severity(StrEnum):
    """How bad a finding is."""

    INFO = "info"
    """Worth knowing; nothing is wrong with the data."""
    WARNING = "warning"
    """Some rows are wrong or odd; the file can be used with care."""
    ERROR = "error"
    """The rows cannot be relied on."""


class Check(IntEnum):
    """What is looked for; the name in lower case is the name in reports."""

    MALFORMED_ROWS = 0
    TIME_MISSING = 1
    TIME_BACKWARDS = 2
    RECV_BACKWARDS = 3
    SEQUENCE_GAPS = 4
    SEQUENCE_BACKWARDS = 5
    NEGATIVE_LATENCY = 6
    LATENCY_DRIFT = 7
    NO_EVENT_TIME = 8
    LAST_MISSING = 9
    CROSSED = 10
    LOCKED = 11
    BOOK_CROSSED = 12
    BOOK_LOCKED = 13
    REPEATED_QUOTES = 14
    DUPLICATE_ROWS = 15
    REPEATED_TRADES = 16
    ORDER_ID_MISSING = 17
    UNKNOWN_ORDER_IDS = 18
    DUPLICATE_ADDS = 19
    OVERSIZE_CHANGES = 20
    ZERO_SIZES = 21
    NEGATIVE_SIZES = 22
    PRICES_NOT_POSITIVE = 23
    OFF_TICK = 24
    OFF_TICK_TRADES = 25
    TRADE_PRICE_OUTLIERS = 26
    QUOTE_PRICE_OUTLIERS = 27
    TRADE_SIZE_OUTLIERS = 28
    OUTSIDE_SESSION = 29
    CLOSED_DAYS = 30
    HALF_DAYS = 31
    SILENCES = 32
    HIDDEN_TRADES = 33
    IRREGULAR_TRADES = 34
    HIGH_TOO_LOW = 35
    LOW_TOO_HIGH = 36
    ZERO_VOLUME = 37
    NEGATIVE_VOLUME = 38
    DUPLICATE_BARS = 39
    MISSING_BARS = 40
    SPLIT_LIKE_JUMPS = 41
    RETURN_OUTLIERS = 42
    SPIKES = 43


class Rule(msgspec.Struct, frozen=True):
    """How a check is read.

    Attributes:
        title: What it found, in a few words.
        unit: What is counted; the share is out of all of these.
        definition: Exactly what counts.
        meaning: One sentence on what it means for whoever uses the rows.
        warning_share: Share from which it is a warning; 0 makes every occurrence one.
        error_share: Share from which it is an error.
        worst: Unit of the worst case kept, empty where there is none.
    """

    title: str
    unit: str
    definition: str
    meaning: str
    warning_share: float = NEVER
    error_share: float = NEVER
    worst: str = ""


RULES: dict[Check, Rule] = {
    Check.MALFORMED_ROWS: Rule(
        "Malformed rows", "rows",
        "kind is none of the ten, or side is not +1 or -1 (0 is allowed for TRADE, CLEAR and STATUS)",
        "The reader or the source is broken: these rows say nothing a book can apply.",
        0.0, 0.0,
    ),
    Check.TIME_MISSING: Rule(
        "No time", "rows",
        "the event time (of a bar: the start) is zero or negative",
        "Rows without a time cannot be placed in a day or a session.",
        0.0, 0.0,
    ),
    Check.TIME_BACKWARDS: Rule(
        "Time goes back", "rows",
        "earlier by event time (bars: start) than the row before; snapshot and RECV_ONLY rows are passed over",
        "The order of rows and the order of times disagree: replay in source order, and never sort a book's rows.",
        0.0, 0.25, "ns",
    ),
    Check.RECV_BACKWARDS: Rule(
        "Receive time goes back", "rows",
        "earlier by receive time than the last row that has one; snapshot rows are passed over",
        "The capture's clock was set back, or files were joined in the wrong order.",
        0.0, 0.25, "ns",
    ),
    Check.SEQUENCE_GAPS: Rule(
        "Sequence gaps", "steps",
        "sequence grows by more than one, where it is dense (99 % of its steps are one); else as the reader counts",
        "Messages were lost: the book may be wrong until the next snapshot.",
        0.0, 0.01, "missing",
    ),
    Check.SEQUENCE_BACKWARDS: Rule(
        "Sequence goes back", "steps",
        "sequence is smaller than in the row before, where it is dense",
        "Messages were replayed or arrived out of order.",
        0.0, 0.05, "steps",
    ),
    Check.NEGATIVE_LATENCY: Rule(
        "Received before sent", "clocked rows",
        "receive time earlier than event time; snapshot and RECV_ONLY rows do not count",
        "The two clocks are not in step: latencies are off by at least this much.",
        0.0, NEVER, "ns",
    ),
    Check.LATENCY_DRIFT: Rule(
        "Clocks drift apart", "files",
        "the smallest latency of each time bin has a trend that adds up to over 1 ms and over half the median latency",
        "One clock runs faster: subtract the trend before using latencies.",
        0.0, NEVER, "ns/h",
    ),
    Check.NO_EVENT_TIME: Rule(
        "No exchange time", "rows",
        "flag RECV_ONLY: the source gives only a receive time",
        "Event time is the receive time here, so it includes the feed's delay.",
    ),
    Check.LAST_MISSING: Rule(
        "Open packets", "rows",
        "a row without LAST that is followed by one of another event time and sequence, or by nothing",
        "The end of a packet is not marked: a book would be looked at in mid-change.",
        0.0, 0.25,
    ),
    Check.CROSSED: Rule(
        "Crossed quotes", "quotes",
        "best bid above best ask after a packet of QUOTE rows; both sides there",
        "No market trades like this: stale quotes of one venue, or rows that were lost or late.",
        0.0, 0.05, "ticks",
    ),
    Check.LOCKED: Rule(
        "Locked quotes", "quotes",
        "best bid equal to best ask after a packet of QUOTE rows; both sides there",
        "Usual for a few percent of consolidated quotes; the spread is zero there.",
        0.10, 0.50,
    ),
    Check.BOOK_CROSSED: Rule(
        "Crossed book", "rows",
        "an order or level that, put into the book of the rows before, stands beyond the other side's best",
        "Removals were lost or late: orders are in the book that had left the market.",
        0.0, 0.05,
    ),
    Check.BOOK_LOCKED: Rule(
        "Locked book", "rows",
        "an order or level that, put into the book of the rows before, stands at the other side's best",
        "As for a crossed book; a venue that allows locks quotes like this.",
        0.001, 0.10,
    ),
    Check.REPEATED_QUOTES: Rule(
        "Quotes that change nothing", "quotes",
        "a packet of QUOTE rows after which both best prices and sizes are what they were",
        "Harmless; leave them out of counts of quote changes.",
    ),
    Check.DUPLICATE_ROWS: Rule(
        "Duplicate rows", "rows",
        "equal in all but sequence to one of the 32 rows before it at the same event time; TRADE and QUOTE rows apart",
        "The same message twice: a book would apply it twice.",
        0.0, 0.05,
    ),
    Check.REPEATED_TRADES: Rule(
        "Trades that look alike", "trades",
        "a TRADE row equal in all but sequence to one of the 32 rows before it at the same event time",
        "One order filled in equal parts, prints of several venues, or prints sent twice: the rows alone cannot tell.",
    ),
    Check.ORDER_ID_MISSING: Rule(
        "No order id", "order rows",
        "ADD, REDUCE, DELETE, EXECUTE or REPLACE with an order id that is not positive",
        "The row cannot be tied to an order.",
        0.0, 0.01,
    ),
    Check.UNKNOWN_ORDER_IDS: Rule(
        "Unknown orders", "order rows",
        "REDUCE, DELETE, EXECUTE or REPLACE of an order that no row before added, or that is gone",
        "The file begins in mid-session without a snapshot, or adds were lost.",
        0.0, NEVER,
    ),
    Check.DUPLICATE_ADDS: Rule(
        "Orders added twice", "order rows",
        "ADD of an order that is there already",
        "A delete was lost, or the add was sent twice.",
        0.0, 0.01,
    ),
    Check.OVERSIZE_CHANGES: Rule(
        "More taken than there was", "order rows",
        "REDUCE or EXECUTE of more than the order still has",
        "Size was lost or invented on the way; the order is taken as gone.",
        0.0, 0.01, "lots",
    ),
    Check.ZERO_SIZES: Rule(
        "Zero sizes", "rows",
        "ADD, REDUCE, EXECUTE, REPLACE or TRADE of zero lots; a cross of nothing (flag AUCTION) does not count",
        "The row says nothing, or the lot size is too coarse for the source.",
        0.0, 0.05,
    ),
    Check.NEGATIVE_SIZES: Rule(
        "Negative sizes", "rows",
        "a size below zero",
        "Sizes overflowed, or the source uses a sign that its reader does not know.",
        0.0, 0.0, "lots",
    ),
    Check.PRICES_NOT_POSITIVE: Rule(
        "Prices not above zero", "rows",
        "a price of zero or less on a bar, on ADD, EXECUTE or REPLACE, and on TRADE, LEVEL or QUOTE with a size",
        "Right for spreads and for oil in April 2020, wrong for a stock or a coin.",
        0.0, 0.05, "ticks",
    ),
    Check.OFF_TICK: Rule(
        "Quotes off the tick", "rows",
        "flag OFF_TICK on any row but a trade",
        "The tick size is wrong or changed within the file: prices were rounded.",
        0.0, 0.05,
    ),
    Check.OFF_TICK_TRADES: Rule(
        "Trades off the tick", "trades",
        "flag OFF_TICK on a TRADE or EXECUTE row",
        "Midpoint and other price-improved trades; their prices were rounded to the nearest tick.",
        0.50, NEVER,
    ),
    Check.TRADE_PRICE_OUTLIERS: Rule(
        "Trade prices far off", "trades",
        "over 10 scales from the median of the 51 trade prices before (25 at least); a scale is the largest of 1.4826 "
        "MAD, 5 bp of the median and one tick; OUT_OF_SEQUENCE, CORRECTED and AUCTION rows are passed over",
        "Bad prints, late prints that are not marked, or a crash: look before you drop them.",
        0.0, 0.02, "scales",
    ),
    Check.QUOTE_PRICE_OUTLIERS: Rule(
        "Mid quotes far off", "quotes",
        "the same for the mid of best bid and ask after each packet of QUOTE rows with both sides",
        "Stub quotes, usually outside regular hours, or a side that vanished for a moment.",
        0.001, 0.05, "scales",
    ),
    Check.TRADE_SIZE_OUTLIERS: Rule(
        "Trade sizes far off", "trades",
        "over 1,000 times the median of the 51 trade sizes before (25 at least)",
        "Blocks, crosses and late reports, or a slip in the size's unit.",
        0.01, NEVER, "lots",
    ),
    Check.OUTSIDE_SESSION: Rule(
        "Outside trading hours", "rows",
        "event time outside the calendar's sessions; a bar that overlaps no session",
        "Pre-market, post-market or a maintenance break: leave it out where regular hours are meant.",
    ),
    Check.CLOSED_DAYS: Rule(
        "On closed days", "rows",
        "the trading day is no session of the calendar",
        "A wrong calendar or time zone, test data, or a market that trades on holidays.",
        0.0, NEVER,
    ),
    Check.HALF_DAYS: Rule(
        "Half days", "days",
        "sessions between the first and the last row that close early",
        "Volume curves and end-of-day rules differ on these days.",
    ),
    Check.SILENCES: Rule(
        "Silences", "rows",
        "more than 5 minutes of trading hours without a row; a warning where the longest is over 20 times what "
        "chance would give: mean gap times the logarithm of the number of rows",
        "The market was quiet or halted, or the capture stopped.",
        NEVER, NEVER, "ns",
    ),
    Check.HIDDEN_TRADES: Rule(
        "Hidden trades", "trades",
        "flag HIDDEN on a TRADE or EXECUTE row",
        "Trades against orders that no row showed; the book does not change.",
    ),
    Check.IRREGULAR_TRADES: Rule(
        "Irregular trades", "trades",
        "flag OUT_OF_SEQUENCE or CORRECTED on a TRADE or EXECUTE row",
        "Late, broken or corrected prints: they must not set the last price.",
    ),
    Check.HIGH_TOO_LOW: Rule(
        "High below open or close", "bars", "high below open, close or low",
        "The bar contradicts itself.", 0.0, 0.01, "ticks",
    ),
    Check.LOW_TOO_HIGH: Rule(
        "Low above open or close", "bars", "low above open or close",
        "The bar contradicts itself.", 0.0, 0.01, "ticks",
    ),
    Check.ZERO_VOLUME: Rule(
        "No volume", "bars", "volume of zero lots",
        "Nothing traded: the prices are carried over or quoted, not traded.", 0.10, NEVER,
    ),
    Check.NEGATIVE_VOLUME: Rule(
        "Negative volume", "bars", "volume below zero",
        "The volume overflowed or is not a volume.", 0.0, 0.0, "lots",
    ),
    Check.DUPLICATE_BARS: Rule(
        "Bars twice", "bars", "the start is that of the bar before",
        "Two versions of one bar: keep one.", 0.0, 0.01,
    ),
    Check.MISSING_BARS: Rule(
        "Missing bars", "bars due",
        "starts on the grid of the bar before, between two bars, that overlap a session and have no bar",
        "No trade in that time, a halt, or a hole in the source.", 0.0, 0.50, "bars",
    ),
    Check.SPLIT_LIKE_JUMPS: Rule(
        "Jumps like a split", "bars",
        "open over the close before is within 4 % of 2, 3, 4, 5, 7, 10 or 20, or of one over these",
        "Probably a split that the prices are not adjusted for.", 0.0, NEVER,
    ),
    Check.RETURN_OUTLIERS: Rule(
        "Returns far off", "bars",
        "close-to-close return over 10 scales from the median of the 51 before (25 at least); a scale is the larger of "
        "1.4826 MAD and 0.1 %",
        "Splits, bad prints, earnings or a crash.", 0.02, NEVER, "scales",
    ),
    Check.SPIKES: Rule(
        "Spikes", "bars",
        "a wick (high above, or low below, open and close) of over 1 % and over 10 times the median range of the 51 "
        "bars before (25 at least), both as shares of the close",
        "Often one bad print inside the bar.", 0.001, 0.05, "ranges",
    ),
}  # fmt: skip
"""How each check is read."""

SHARED = (Check.TIME_MISSING, Check.TIME_BACKWARDS, Check.PRICES_NOT_POSITIVE, Check.OUTSIDE_SESSION)
SHARED_DAYS = (Check.CLOSED_DAYS, Check.HALF_DAYS)
EVENT_CHECKS: tuple[Check, ...] = tuple(check for check in Check if check <= Check.IRREGULAR_TRADES)
"""Checks of ``EVENT`` rows."""
BAR_CHECKS: tuple[Check, ...] = (*SHARED, *SHARED_DAYS, *(check for check in Check if check > Check.IRREGULAR_TRADES))
"""Checks of ``BAR`` rows."""
BOOK_CHECKS: dict[str, Check] = {"crossed": Check.BOOK_CROSSED, "locked": Check.BOOK_LOCKED}
"""What a :class:`~tradewind.core.ports.BookProbe` counts that rows alone cannot show, by the probe's name for it."""


def severity_of(check: Check, share: float) -> Severity:
    """How bad it is that a share of rows (or trades, bars, ...) was found.

    Examples:
        >>> severity_of(Check.LOCKED, 0.03), severity_of(Check.CROSSED, 0.0001)
        (<Severity.INFO: 'info'>, <Severity.WARNING: 'warning'>)
    """
    rule = RULES[check]
    if share >= rule.error_share:
        return Severity.ERROR
    return Severity.WARNING if share >= rule.warning_share else Severity.INFO
