"""When a market is open: sessions, half days, and the trading day a moment belongs to.

``24/7`` is built in, and so are the time zones of the calendars that the readers use, so that finding a trading day
imports nothing heavy. Sessions of every other market come from ``exchange_calendars`` (extra ``data``).
"""

from __future__ import annotations

import warnings
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError

__all__ = [
    "ALWAYS_OPEN",
    "DAY_NS",
    "MINUTE_NS",
    "SessionBounds",
    "calendar_of",
    "half_days",
    "in_session",
    "is_session",
    "session_bounds",
    "session_days",
    "session_edges",
    "session_minutes",
    "time_zone",
    "trading_day",
]

ALWAYS_OPEN = "24/7"
"""Name of the calendar of a market that never closes; its days are UTC days."""
MINUTE_NS = 60_000_000_000
"""One minute [ns]."""
DAY_NS = 86_400_000_000_000
"""One day of 24 hours [ns]."""

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2040, 12, 31)
ZONES = {
    ALWAYS_OPEN: ("UTC", 0),
    "CMES": ("America/Chicago", 7 * 60 * MINUTE_NS),
    "XNAS": ("America/New_York", 0),
    "XNYS": ("America/New_York", 0),
    "XSES": ("Asia/Singapore", 0),
}
"""Time zone, and how long before local midnight a trading day begins [ns]; tested against exchange_calendars."""
VENUES = {
    "CMES": ("cme", "cmes", "glbx", "xcme", "xcbt", "xnym", "xcec"),
    "XNAS": ("nasdaq", "xnas", "xbos", "xpsx"),
    "XNYS": ("arcx", "bats", "edga", "edgx", "iexg", "memx", "nyse", "xase", "xnys"),
    "XSES": ("sgx", "xses"),
}


class SessionBounds(NamedTuple):
    """Opening hours of one trading day.

    Attributes:
        open_ns: Open [ns since 1970-01-01 UTC].
        close_ns: Close [ns since 1970-01-01 UTC].
        half_day: Whether it closes early.
    """

    open_ns: int
    close_ns: int
    half_day: bool


class _Sessions(NamedTuple):
    """All sessions of a calendar as columns; a day without a lunch break breaks at its close for no time."""

    zone: str
    lead_ns: int
    days: Array
    opens: Array
    break_starts: Array
    break_ends: Array
    closes: Array
    half_days: Array


@cache
def _sessions(calendar: str) -> _Sessions:
    """Read a calendar from exchange_calendars, once per process (0.1 to 0.3 s)."""
    try:
        import exchange_calendars
    except ImportError:
        raise MissingExtraError("exchange_calendars", "data", f"calendar {calendar!r}") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls deprecated pandas methods
        try:
            probe = exchange_calendars.get_calendar(calendar, start="2020-01-01", end="2020-12-31")
        except exchange_calendars.errors.InvalidCalendarName:
            expected = "a name that exchange_calendars knows, such as XNYS, or 24/7"
            raise InvalidValueError("calendar", expected, calendar) from None
        kind = type(probe)
        first, last = kind.bound_min(), kind.bound_max()
        start = max(FIRST_DAY, first.date()) if first is not None else FIRST_DAY
        end = min(LAST_DAY, last.date()) if last is not None else LAST_DAY
        full = kind(start=start.isoformat(), end=end.isoformat())
        return _columns(full)


def _columns(source: Any) -> _Sessions:
    """Columns of an ``ExchangeCalendar``."""
    frame = source.schedule

    def nanoseconds(name: str) -> Array:
        return np.asarray(frame[name].dt.tz_localize(None).to_numpy().astype("datetime64[ns]"))

    days = frame.index.to_numpy().astype("datetime64[D]")
    closes, breaks, resumes = nanoseconds("close"), nanoseconds("break_start"), nanoseconds("break_end")
    breaks = np.where(np.isnat(breaks), closes, breaks)
    resumes = np.where(np.isnat(resumes), closes, resumes)
    opening = source.open_times[-1][1]
    lead_ns = DAY_NS - (opening.hour * 60 + opening.minute) * MINUTE_NS if source.open_offset < 0 else 0
    half = np.isin(days, source.early_closes.to_numpy().astype("datetime64[D]"))
    opens, breaks, resumes, closes = (v.astype(np.int64) for v in (nanoseconds("open"), breaks, resumes, closes))
    return _Sessions(str(source.tz), lead_ns, days, opens, breaks, resumes, closes, half)


def calendar_of(venue: str) -> str:
    """Calendar of a venue: a MIC, an exchange's name or a dataset such as ``GLBX.MDP3``.

    Args:
        venue: Where it trades; case does not matter.

    Returns:
        ``XNYS``, ``XNAS``, ``XSES`` or ``CMES``, and ``24/7`` for every venue not known, such as a crypto exchange.

    Examples:
        >>> calendar_of("Nasdaq"), calendar_of("GLBX.MDP3"), calendar_of("binance")
        ('XNAS', 'CMES', '24/7')
    """
    word = venue.lower().split(".")[0]
    return next((calendar for calendar, names in VENUES.items() if word in names), ALWAYS_OPEN)


def time_zone(calendar: str = ALWAYS_OPEN) -> str:
    """Time zone in which a market's days are counted; raises as :func:`trading_day`.

    Examples:
        >>> time_zone("XNYS"), time_zone("24/7")
        ('America/New_York', 'UTC')
    """
    return (ZONES.get(calendar) or _sessions(calendar)[:2])[0]


def trading_day(ts_ns: Array, calendar: str = ALWAYS_OPEN) -> Array:
    """Trading day that each moment belongs to: the local date, or the next one after an overnight market's open.

    Trading before the open and after the close belongs to the same local date. Where sessions begin the evening
    before (``CMES`` at 17:00 in Chicago), so does the day, on every day of the week.

    Args:
        ts_ns: Shape (n,), int64 [ns since 1970-01-01 UTC].
        calendar: Name of the calendar.

    Returns:
        Shape (n,), ``datetime64[D]``.

    Raises:
        InvalidValueError: For a calendar that does not exist.
        MissingExtraError: For a calendar whose time zone is not built in, without the extra ``data``.

    Examples:
        >>> evening = np.array(["2024-05-07T22:00"], "datetime64[ns]").astype(np.int64)
        >>> [str(trading_day(evening, name)[0]) for name in ("24/7", "XNYS", "CMES")]
        ['2024-05-07', '2024-05-07', '2024-05-08']
    """
    ts_ns = np.asarray(ts_ns, dtype=np.int64)
    if calendar == ALWAYS_OPEN:
        return ts_ns.view("datetime64[ns]").astype("datetime64[D]")
    zone, lead_ns = ZONES.get(calendar) or _sessions(calendar)[:2]
    local = pl.Series(ts_ns).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return (local.to_numpy().astype("datetime64[ns]") + np.timedelta64(lead_ns, "ns")).astype("datetime64[D]")


def _span(calendar: str, first: date, last: date) -> tuple[_Sessions, slice]:
    """Sessions of a calendar and which of them fall on the days asked for."""
    sessions = _sessions(calendar)
    known = (sessions.days[0].item(), sessions.days[-1].item())
    if first.year < known[0].year or last.year > known[1].year:
        expected = f"within the years {known[0].year} to {known[1].year}, which calendar {calendar} covers"
        raise InvalidValueError("day", expected, f"{first} to {last}")
    low = int(np.searchsorted(sessions.days, np.datetime64(first)))
    high = int(np.searchsorted(sessions.days, np.datetime64(last), side="right"))
    return sessions, slice(low, high)


def session_days(calendar: str, first: date, last: date) -> Array:
    """Days on which a market is open.

    Args:
        calendar: Name of the calendar.
        first: First day to look at.
        last: Last day to look at, included.

    Returns:
        Shape (n,), ``datetime64[D]``, ascending.

    Raises:
        InvalidValueError: For a calendar that does not exist, or days that it does not cover.
        MissingExtraError: For any calendar but ``24/7`` without the extra ``data``.
    """
    if calendar == ALWAYS_OPEN:
        return np.arange(np.datetime64(first), np.datetime64(last) + 1)
    sessions, chosen = _span(calendar, first, last)
    return sessions.days[chosen]


def half_days(calendar: str, first: date, last: date) -> Array:
    """Days on which a market closes early, as :func:`session_days`.

    Examples:
        >>> [str(day) for day in half_days("XNYS", date(2013, 7, 1), date(2013, 12, 31))]
        ['2013-07-03', '2013-11-29', '2013-12-24']
    """
    if calendar == ALWAYS_OPEN:
        return np.zeros(0, dtype="datetime64[D]")
    sessions, chosen = _span(calendar, first, last)
    return np.asarray(sessions.days[chosen][sessions.half_days[chosen]])


def is_session(calendar: str, day: date) -> bool:
    """Whether a market is open on a day; raises as :func:`session_days`.

    Examples:
        >>> is_session("XNYS", date(2013, 12, 25)), is_session("24/7", date(2013, 12, 25))
        (False, True)
    """
    return len(session_days(calendar, day, day)) == 1


def session_bounds(calendar: str, day: date) -> SessionBounds:
    """Open and close of a trading day.

    Args:
        calendar: Name of the calendar.
        day: A day on which it is open.

    Returns:
        ``(open_ns, close_ns, half_day)``; unpacks as a tuple.

    Raises:
        InvalidValueError: For a day on which the market is closed; and as :func:`session_days`.
        MissingExtraError: For any calendar but ``24/7`` without the extra ``data``.

    Examples:
        >>> session_bounds("24/7", date(1970, 1, 2))
        SessionBounds(open_ns=86400000000000, close_ns=172800000000000, half_day=False)
        >>> session_bounds("XNYS", date(2013, 11, 29)).half_day
        True
    """
    if calendar == ALWAYS_OPEN:
        open_ns = int(np.datetime64(day, "ns").astype(np.int64))
        return SessionBounds(open_ns, open_ns + DAY_NS, False)
    sessions, chosen = _span(calendar, day, day)
    if chosen.start == chosen.stop:
        raise InvalidValueError("day", f"a session of calendar {calendar}", str(day))
    row = chosen.start
    return SessionBounds(int(sessions.opens[row]), int(sessions.closes[row]), bool(sessions.half_days[row]))


def session_edges(calendar: str, first: date, last: date) -> Array:
    """Moments at which a market opens or closes, lunch breaks included.

    Args:
        calendar: Name of the calendar.
        first: First trading day.
        last: Last trading day, included.

    Returns:
        Shape (2k,), int64, ascending: open, close, open, ... [ns]. A moment is inside where an odd number of edges
        are not after it: the open is inside, the close is not.

    Raises:
        InvalidValueError: For a calendar that does not exist, or days that it does not cover.
        MissingExtraError: For any calendar but ``24/7`` without the extra ``data``.
    """
    if calendar == ALWAYS_OPEN:
        return np.array([session_bounds(calendar, first).open_ns, session_bounds(calendar, last).close_ns])
    s, chosen = _span(calendar, first, last)
    edges = np.stack([c[chosen] for c in (s.opens, s.break_starts, s.break_ends, s.closes)], axis=1).ravel()
    keep = np.ones(len(edges), dtype=bool)
    keep[2::4] = keep[3::4] = edges[2::4] < edges[3::4]  # no break: break start, end and close are one edge
    return np.asarray(edges[keep])


def in_session(ts_ns: Array, calendar: str) -> Array:
    """Whether the market is open at each moment.

    Args:
        ts_ns: Shape (n,), int64 [ns since 1970-01-01 UTC].
        calendar: Name of the calendar.

    Returns:
        Shape (n,), bool; raises as :func:`session_edges`.

    Examples:
        >>> noon_and_midnight = np.array(["2013-10-07T16:00", "2013-10-07T04:00"], "datetime64[ns]")
        >>> in_session(noon_and_midnight.astype(np.int64), "XNYS").tolist()
        [True, False]
    """
    if calendar == ALWAYS_OPEN or not len(ts_ns):
        return np.ones(len(ts_ns), dtype=bool)
    ends = trading_day(np.array([np.min(ts_ns), np.max(ts_ns)]), calendar)
    edges = session_edges(calendar, ends[0].item(), ends[1].item())
    return np.asarray(np.searchsorted(edges, ts_ns, side="right") % 2 == 1)


def session_minutes(calendar: str, day: date) -> Array:
    """Starts of the trading minutes of a day, lunch breaks left out.

    Args:
        calendar: Name of the calendar.
        day: A day on which it is open.

    Returns:
        Shape (n,), int64 [ns since 1970-01-01 UTC]; raises as :func:`session_bounds`.

    Examples:
        >>> len(session_minutes("XNYS", date(2013, 10, 7))), len(session_minutes("XNYS", date(2013, 11, 29)))
        (390, 210)
    """
    open_ns, close_ns, _ = session_bounds(calendar, day)
    minutes = np.arange(open_ns, close_ns, MINUTE_NS)
    return np.asarray(minutes[in_session(minutes, calendar)])
