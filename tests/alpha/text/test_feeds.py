"""Feeds: one bad entry loses nothing else, each item comes once, an item is known from when it came."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.alpha.text.news_server import RSS, news_server
from tests.alpha.text.test_fetch import QUICK, TestClock

from tradewind.alpha.text.feeds import FeedReader, read_json_lines, read_rss
from tradewind.core.errors import DataError, FetchError, InvalidValueError

NOW = 1_600_000_000 * 1_000_000_000
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>a</title><entry><id>x</id><title>Up</title>
<summary>Sales &amp; profit</summary><updated>2015-01-05T10:00:00Z</updated><link href="http://a/1"/></entry></feed>"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "127.0.0.1")
        with news_server() as (where, _):
            yield where


def test_items_of_rss() -> None:
    first, second = read_rss(RSS, "s", NOW).items
    assert first.text == "Profit rose at Alpha"
    assert first.item_id == "1"
    assert first.event_ns == 1_420_452_000 * 1_000_000_000
    assert first.known_ns == NOW
    assert second.event_ns == NOW, "a date of the future is not believed"


def test_items_of_atom() -> None:
    (item,) = read_rss(ATOM, "s", NOW).items
    assert (item.text, item.item_id, item.link) == ("Up. Sales & profit", "x", "http://a/1")


def test_a_cut_document_gives_what_is_whole() -> None:
    found = read_rss(RSS[: RSS.index(b"<title>Sales") + 10], "s", NOW)
    assert found.items[0].text == "Profit rose at Alpha"
    assert "not well-formed" in found.problems[0]


def test_an_entry_without_text_is_left_out_and_named() -> None:
    body = RSS.replace(b"<title>Sales fell</title>", b"")
    found = read_rss(body, "s", NOW)
    assert len(found.items) == 1
    assert found.problems == ["s, entry 2: an entry without title and summary"]


def test_what_is_no_feed_is_refused() -> None:
    with pytest.raises(DataError, match="RSS or Atom"):
        read_rss(b"<html><body>Sorry</body></html>", "s", NOW)


def test_bad_lines_are_named_and_the_rest_is_kept() -> None:
    body = b"""{"text": "a", "published": "2015-01-05T10:00:00+00:00", "symbols": ["A"]}
{broken
[1]
{"text": "b", "published": "2015-01-05T10:00:00"}
{"text": ""}
{"text": "c", "symbols": "A"}

{"title": "d"}
\xff\xfe"""
    found = read_json_lines(body, "s", NOW)
    assert [item.text for item in found.items] == ["a", "d"]
    assert found.items[0].symbols == ("A",)
    assert found.items[0].event_ns == 1_420_452_000 * 1_000_000_000
    assert [problem.split(":")[0] for problem in found.problems] == [f"s, line {k}" for k in (2, 3, 4, 5, 6, 9)]


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_read_or_named(body: bytes) -> None:
    found = read_json_lines(body, "s", NOW)
    lines = [line for line in body.split(b"\n") if line.strip()]
    assert len(found.items) + len(found.problems) == len(lines)


def test_each_item_comes_once(address: str) -> None:
    reader = FeedReader(address + "/growing", TestClock(), settings=QUICK)
    first, second = reader.read(), reader.read()
    assert [len(first.items), len(second.items)] == [3, 1]
    assert second.repeats == 2
    assert second.items[0].text == "Item 2"


def test_an_unchanged_feed_gives_nothing(address: str) -> None:
    reader = FeedReader(address + "/tagged", TestClock(), settings=QUICK)
    assert len(reader.read().items) == 2
    assert reader.read().unchanged


def test_a_failure_loses_nothing(address: str) -> None:
    reader = FeedReader(address + "/cut", TestClock(), settings=QUICK)
    with pytest.raises(FetchError):
        reader.read()
    reader.url = address + "/good"
    assert len(reader.read().items) == 2


def test_lines_over_the_network(address: str) -> None:
    found = FeedReader(address + "/lines", TestClock(), kind="jsonl", settings=QUICK).read()
    assert [item.item_id for item in found.items] == ["a", "b"]
    assert len(found.problems) == 1


def test_another_kind_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="kind"):
        FeedReader("http://a/", TestClock(), kind="xml")
