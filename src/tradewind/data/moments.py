"""Times and days as people write them: ``2012-06-21T09:45`` in a market's zone, ``2013-10-07..2013-10-09``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tradewind.core.errors import InvalidValueError

__all__ = ["format_moment", "parse_day", "parse_days", "parse_moment"]

MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<clock>\d\d:\d\d(?::\d\d)?)(?:\.(?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<zone>Z|[+-]\d\d:?\d\d|[A-Za-z]+(?:/[\w+-]+)*)?"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_day(text: str) -> date:
    """A day written ``2013-10-07``.

    Raises:
        InvalidValueError: For anything else.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidValueError("day", "a date such as 2013-10-07", text) from None


def parse_days(text: str) -> tuple[date, date]:
    """A day, or a first and a last one.

    Args:
        text: ``2013-10-07`` or ``2013-10-07..2013-10-09``.

    Returns:
        First and last day, both included.

    Raises:
        InvalidValueError: For anything else, or when the last day comes before the first.

    Examples:
        >>> parse_days("2013-10-07..2013-10-09")
        (datetime.date(2013, 10, 7), datetime.date(2013, 10, 9))
    """
    first, dots, last = text.partition("..")
    days = parse_day(first), parse_day(last if dots else first)
    if days[1] < days[0]:
        raise InvalidValueError("days", "a first day and a last day after it", text)
    return days


def parse_moment(text: str, zone: str = "UTC") -> int:
    """A moment as nanoseconds since 1970-01-01 UTC.

    Args:
        text: ``2012-06-21``, ``2012-06-21T09:45``, ``2012-06-21 09:45:00.123456789``, each with an optional ``Z``,
            ``-04:00`` or `` America/New_York`` behind it; or a whole number of nanoseconds.
        zone: Time zone of a text that names none.

    Returns:
        Time [ns].

    Raises:
        InvalidValueError: For anything else, or a zone that does not exist.

    Examples:
        >>> parse_moment("2012-06-21T09:45", "America/New_York") == parse_moment("2012-06-21T13:45Z")
        True
        >>> parse_moment("1970-01-01T00:00:01.000000005")
        1000000005
    """
    text = text.strip()
    if text.isdecimal():
        return int(text)
    found = MOMENT.fullmatch(text)
    if found is None:
        raise InvalidValueError("time", "such as 2012-06-21T09:45, with or without seconds and a zone", text)
    named = found["zone"] or zone
    try:
        if re.match(r"[+-]", named):
            moment = datetime.fromisoformat(f"{found['day']}T{found['clock'] or '00:00'}{named}")
        else:
            place = UTC if named in ("Z", "UTC") else ZoneInfo(named)
            moment = datetime.fromisoformat(f"{found['day']}T{found['clock'] or '00:00'}").replace(tzinfo=place)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidValueError("time", f"a moment that exists ({error})", text) from None
    seconds = (moment - EPOCH) // timedelta(seconds=1)
    return seconds * 1_000_000_000 + int((found["fraction"] or "").ljust(9, "0"))


def format_moment(ts_ns: int, zone: str = "UTC", *, offset: bool = True) -> str:
    """A time to the nanosecond, as a clock in a zone shows it.

    Args:
        ts_ns: Time [ns since 1970-01-01 UTC].
        zone: Time zone.
        offset: Whether the difference from UTC is written behind it.

    Examples:
        >>> format_moment(1340286300123456789, "America/New_York")
        '2012-06-21 09:45:00.123456789-04:00'
    """
    seconds, fraction = divmod(int(ts_ns), 1_000_000_000)
    moment = (EPOCH + timedelta(seconds=seconds)).astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    text = f"{moment:%Y-%m-%d %H:%M:%S}.{fraction:09d}"
    return text + moment.isoformat()[-6:] if offset else text
