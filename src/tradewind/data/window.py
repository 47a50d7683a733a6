"""Which part of time is meant: whole trading days or an interval, and what is left when both are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec
import polars as pl

from tradewind.core.errors import InvalidValueError
from tradewind.data.moments import format_moment, parse_day, parse_days, parse_moment

__all__ = ["Days", "Span", "Times", "Window", "make_window", "parse_span"]

FIRST_NS, END_NS = -(2**63), 2**63 - 1


class Days(msgspec.Struct, frozen=True, tag="days"):
    """Whole trading days, both ends included.

    Attributes:
        first: First day.
        last: Last day.
    """

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"


class Times(msgspec.Struct, frozen=True, tag="times"):
    """An interval of time, the start included, the end not.

    Attributes:
        start_ns: Start [ns since 1970-01-01 UTC].
        end_ns: End [ns since 1970-01-01 UTC].
    """

    start_ns: int
    end_ns: int

    def __str__(self) -> str:
        return f"{format_moment(self.start_ns)}..{format_moment(self.end_ns)}"


Span = Days | Times
"""A stretch of time: by trading day or by the clock."""


def parse_span(text: str, zone: str = "UTC") -> Span:
    """A stretch of time as people write it.

    Args:
        text: ``2013-10-07``, ``2013-10-07..2013-10-09`` or ``2012-06-21T09:30..2012-06-21T10:00``.
        zone: Time zone of times that name none.

    Raises:
        InvalidValueError: For anything else, or when it ends before it starts.

    Examples:
        >>> str(parse_span("2013-10-07..2013-10-09"))
        '2013-10-07..2013-10-09'
        >>> parse_span("1970-01-01T00:00..1970-01-01T00:01")
        Times(start_ns=0, end_ns=60000000000)
    """
    if "T" not in text and ":" not in text:
        return Days(*parse_days(text))
    first, dots, last = text.partition("..")
    if not dots:
        raise InvalidValueError("span", "a start and an end with two dots between them", text)
    span = Times(parse_moment(first, zone), parse_moment(last, zone))
    if span.end_ns <= span.start_ns:
        raise InvalidValueError("span", "an end after its start", text)
    return span


class Window(msgspec.Struct, frozen=True):
    """Rows asked for.

    Attributes:
        start_ns: First time wanted [ns].
        end_ns: First time not wanted any more [ns].
        days: Ranges of trading days wanted, ends included; None for all.
    """

    start_ns: int = FIRST_NS
    end_ns: int = END_NS
    days: tuple[tuple[date, date], ...] | None = None

    def narrowed(self, span: Span) -> Window:
        """What is left of it within a span."""
        if isinstance(span, Times):
            return Window(max(self.start_ns, span.start_ns), min(self.end_ns, span.end_ns), self.days)
        ranges = self.days if self.days is not None else ((span.first, span.last),)
        cut = ((max(first, span.first), min(last, span.last)) for first, last in ranges)
        return Window(self.start_ns, self.end_ns, tuple((first, last) for first, last in cut if first <= last))

    def holds_day(self, day: date) -> bool:
        """Whether a trading day is among those wanted."""
        return self.days is None or any(first <= day <= last for first, last in self.days)

    def predicate(self, time_column: str) -> pl.Expr:
        """The window as a Polars filter on a time column and the column ``date``."""
        wanted = (pl.col(time_column) >= self.start_ns) & (pl.col(time_column) < self.end_ns)
        if self.days is None:
            return wanted
        return wanted & pl.any_horizontal(
            pl.lit(False), *(pl.col("date").is_between(first, last) for first, last in self.days)
        )


def make_window(
    start: int | str | None, end: int | str | None, dates: str | Iterable[date | str] | None, zone: str
) -> Window:
    """Window from what a caller says.

    Args:
        start: First time wanted: ns, or text such as ``2012-06-21T09:45``.
        end: First time not wanted any more.
        dates: Trading days: ``2013-10-07``, ``2013-10-07..2013-10-09``, or several days.
        zone: Time zone of texts that name none.

    Raises:
        InvalidValueError: For a text that is no time or day.
    """
    days = None
    if isinstance(dates, str):
        days = (parse_days(dates),)
    elif dates is not None:
        each = [parse_day(day) if isinstance(day, str) else day for day in dates]
        days = tuple((day, day) for day in sorted(each))
    return Window(
        FIRST_NS if start is None else parse_moment(str(start), zone),
        END_NS if end is None else parse_moment(str(end), zone),
        days,
    )
