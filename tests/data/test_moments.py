from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.errors import InvalidValueError
from tradewind.data.moments import format_moment, parse_days, parse_moment


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2012-06-21", "UTC", "2012-06-21T00:00:00+00:00"),
        ("2012-06-21", "America/New_York", "2012-06-21T04:00:00+00:00"),
        ("2012-06-21T09:45", "America/New_York", "2012-06-21T13:45:00+00:00"),
        ("2012-12-21 09:45:30", "America/New_York", "2012-12-21T14:45:30+00:00"),
        ("2012-06-21T09:45Z", "America/New_York", "2012-06-21T09:45:00+00:00"),
        ("2012-06-21T09:45+02:00", "America/New_York", "2012-06-21T07:45:00+00:00"),
        ("2012-06-21T09:45 Asia/Singapore", "UTC", "2012-06-21T01:45:00+00:00"),
        ("2012-06-21T09:45 UTC", "America/New_York", "2012-06-21T09:45:00+00:00"),
    ],
)
def test_times_are_read_in_their_zone(text: str, zone: str, expected: str) -> None:
    moment = datetime.fromisoformat(expected)
    assert parse_moment(text, zone) == int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000_000


def test_fractions_keep_every_nanosecond() -> None:
    assert parse_moment("1970-01-01T00:00:00.000000001") == 1
    assert parse_moment("1970-01-01T00:00:00.5") == 500_000_000
    assert parse_moment("1234567890123456789") == 1234567890123456789


@pytest.mark.parametrize(
    "text", ["", "noon", "2012-13-01", "2012-06-21T25:00", "2012-06-21T09:45 Nowhere/City", "12:00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="time must be"):
        parse_moment(text)


@given(ts_ns=st.integers(-(10**18), 4 * 10**18), zone=st.sampled_from(["UTC", "America/New_York", "Asia/Singapore"]))
def test_what_is_shown_can_be_read_back(ts_ns: int, zone: str) -> None:
    shown = format_moment(ts_ns, zone)
    if len(shown.rsplit(":", 1)[0]) == len("2012-06-21 09:45:00.123456789-04"):  # not a zone with seconds, before 1920
        assert parse_moment(shown) == ts_ns


def test_days_and_ranges_of_days() -> None:
    assert parse_days("2013-10-07") == (date(2013, 10, 7), date(2013, 10, 7))
    assert parse_days("2013-10-07..2013-10-09") == (date(2013, 10, 7), date(2013, 10, 9))
    with pytest.raises(InvalidValueError, match="last day after it"):
        parse_days("2013-10-09..2013-10-07")
    with pytest.raises(InvalidValueError, match="a date such as"):
        parse_days("yesterday")
