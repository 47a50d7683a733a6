"""Sessions against exchange_calendars itself, and known days by hand."""

from __future__ import annotations

import sys
import warnings
from datetime import date

import numpy as np
import pytest

from tradewind.core.errors import InvalidValueError, MissingExtraError
from tradewind.data import calendars
from tradewind.data.calendars import (
    DAY_NS,
    MINUTE_NS,
    ZONES,
    in_session,
    is_session,
    session_bounds,
    session_days,
    session_edges,
    session_minutes,
    trading_day,
)


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype(np.int64))


@pytest.fixture
def exchange_calendars():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip("exchange_calendars")


@pytest.mark.parametrize(
    ("calendar", "day", "open_utc", "close_utc", "half_day"),
    [
        ("XNYS", "2013-10-07", "2013-10-07T13:30", "2013-10-07T20:00", False),
        ("XNYS", "2013-11-29", "2013-11-29T14:30", "2013-11-29T18:00", True),
        ("XSES", "2014-01-09", "2014-01-09T01:00", "2014-01-09T09:00", False),
        ("CMES", "2024-05-08", "2024-05-07T22:00", "2024-05-08T22:00", False),
        ("24/7", "2024-05-08", "2024-05-08T00:00", "2024-05-09T00:00", False),
    ],
)
def test_bounds_of_known_days(calendar, day, open_utc, close_utc, half_day):
    assert session_bounds(calendar, date.fromisoformat(day)) == (ns(open_utc), ns(close_utc), half_day)


@pytest.mark.parametrize("calendar", [name for name in ZONES if name != "24/7"] + ["XHKG", "XLON"])
def test_every_session_of_a_year_is_the_one_of_exchange_calendars(exchange_calendars, calendar):
    theirs = exchange_calendars.get_calendar(calendar, start="2015-01-01", end="2015-12-31")
    days = session_days(calendar, date(2015, 1, 1), date(2015, 12, 31))
    assert days.tolist() == [stamp.date() for stamp in theirs.sessions]
    for stamp in theirs.sessions:
        bounds = session_bounds(calendar, stamp.date())
        assert bounds.open_ns == theirs.session_open(stamp).value
        assert bounds.close_ns == theirs.session_close(stamp).value
        assert bounds.half_day == (stamp in theirs.early_closes)
        middle = np.array([(bounds.open_ns + bounds.close_ns) // 2])
        assert trading_day(middle, calendar)[0] == np.datetime64(stamp.date())


@pytest.mark.parametrize("calendar", ["XNYS", "XHKG"])
def test_minutes_are_those_of_exchange_calendars(exchange_calendars, calendar):
    theirs = exchange_calendars.get_calendar(calendar, start="2015-01-01", end="2015-12-31")
    for day in (date(2015, 2, 18), date(2015, 11, 27), date(2015, 12, 24)):
        if is_session(calendar, day):
            expected = [stamp.value for stamp in theirs.session_minutes(day.isoformat())]
            assert session_minutes(calendar, day).tolist() == expected


def test_built_in_zones_are_those_of_exchange_calendars():
    for calendar, (zone, lead_ns) in ZONES.items():
        if calendar != "24/7":
            assert calendars._sessions(calendar)[:2] == (zone, lead_ns)


def test_lunch_break_is_outside():
    day = date(2015, 2, 17)
    open_ns, close_ns, _ = session_bounds("XHKG", day)
    edges = session_edges("XHKG", day, day)
    assert len(edges) == 4
    at = np.array([open_ns - 1, open_ns, edges[1], edges[2] - 1, edges[2], close_ns - 1, close_ns])
    assert in_session(at, "XHKG").tolist() == [False, True, False, False, True, True, False]


def test_days_around_the_clock_change_and_the_weekend():
    stamps = np.array(
        [ns("2013-11-03T03:59:59"), ns("2013-11-03T04:00"), ns("2013-11-04T04:59"), ns("2013-11-04T05:00")]
    )
    days = [str(day) for day in trading_day(stamps, "XNYS")]
    assert days == ["2013-11-02", "2013-11-03", "2013-11-03", "2013-11-04"]
    sunday_evening = np.array([ns("2024-05-05T21:59:59"), ns("2024-05-05T22:00")])
    assert [str(day) for day in trading_day(sunday_evening, "CMES")] == ["2024-05-05", "2024-05-06"]


def test_always_open_days_are_utc_days():
    stamps = np.array([-1, 0, DAY_NS - 1, DAY_NS], dtype=np.int64)
    days = [str(day) for day in trading_day(stamps)]
    assert days == ["1969-12-31", "1970-01-01", "1970-01-01", "1970-01-02"]
    assert in_session(stamps, "24/7").all()
    assert len(session_minutes("24/7", date(2020, 1, 1))) * MINUTE_NS == DAY_NS


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    calendars._sessions.cache_clear()
    moment = np.array([ns("2013-10-07T16:00")])
    assert str(trading_day(moment, "XNYS")[0]) == "2013-10-07"
    assert session_bounds("24/7", date(2020, 1, 1)).close_ns == ns("2020-01-02T00:00")
    with pytest.raises(MissingExtraError, match=r"tradewind\[data\]"):
        session_bounds("XNYS", date(2013, 10, 7))


def test_errors_say_what_is_expected():
    with pytest.raises(InvalidValueError, match="XNYSS"):
        is_session("XNYSS", date(2013, 10, 7))
    with pytest.raises(InvalidValueError, match="a session of calendar XNYS"):
        session_bounds("XNYS", date(2013, 12, 25))
    with pytest.raises(InvalidValueError, match="1990 to 2026"):
        session_bounds("XSES", date(2035, 1, 2))
