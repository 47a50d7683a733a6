from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.errors import InvalidValueError
from tradewind.data.window import Days, Times, Window, make_window, parse_span

START = date(2013, 10, 1)
DAYS = st.integers(0, 20).map(lambda n: START + timedelta(days=n))
RANGES = st.tuples(DAYS, DAYS).map(lambda pair: (min(pair), max(pair)))


def test_spans_are_days_or_times() -> None:
    assert parse_span("2013-10-07") == Days(date(2013, 10, 7), date(2013, 10, 7))
    assert parse_span("2013-10-07..2013-10-09") == Days(date(2013, 10, 7), date(2013, 10, 9))
    morning = parse_span("2012-06-21T09:30..2012-06-21T10:00", "America/New_York")
    assert isinstance(morning, Times)
    assert morning.end_ns - morning.start_ns == 30 * 60 * 10**9
    assert str(morning) == "2012-06-21 13:30:00.000000000+00:00..2012-06-21 14:00:00.000000000+00:00"


@pytest.mark.parametrize(
    "text", ["2013-10-09..2013-10-07", "2013-10-07T10:00", "2013-10-07T10:00..2013-10-07T10:00", "x"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_span(text)


@given(ranges=st.none() | st.lists(RANGES, max_size=3), span=RANGES)
def test_narrowing_to_days_is_intersection(ranges: list[tuple[date, date]] | None, span: tuple[date, date]) -> None:
    window = Window(days=None if ranges is None else tuple(ranges))
    narrowed = window.narrowed(Days(*span))
    frame = pl.DataFrame({"date": [START + timedelta(days=n) for n in range(21)], "t": 0})
    for day in frame["date"].to_list():
        assert narrowed.holds_day(day) == (window.holds_day(day) and span[0] <= day <= span[1])
    kept = frame.filter(narrowed.predicate("t"))["date"].to_list()
    assert kept == [day for day in frame["date"].to_list() if narrowed.holds_day(day)]


@given(*[st.integers(-50, 50)] * 4)
def test_narrowing_to_times_is_intersection(a: int, b: int, c: int, d: int) -> None:
    narrowed = Window(start_ns=a, end_ns=b).narrowed(Times(c, d))
    frame = pl.DataFrame({"t": range(-60, 60)})
    assert frame.filter(narrowed.predicate("t"))["t"].to_list() == [
        t for t in range(-60, 60) if max(a, c) <= t < min(b, d)
    ]


def test_windows_from_what_callers_say() -> None:
    window = make_window("1970-01-02", 10**18, ["2013-10-09", date(2013, 10, 7)], "UTC")
    assert (window.start_ns, window.end_ns) == (86_400 * 10**9, 10**18)
    assert [window.holds_day(date(2013, 10, day)) for day in (7, 8, 9)] == [True, False, True]
    assert make_window(None, None, None, "UTC") == Window()
