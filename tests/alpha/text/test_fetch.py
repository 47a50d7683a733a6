"""Fetching from a server that is slow, broken, cut short, too large, moved, or unchanged: bounded, and named."""

from collections.abc import Iterator

import pytest
from tests.alpha.text.news_server import RSS, news_server

from tradewind.alpha.text.fetch import Document, FetchSettings, fetch, read_source
from tradewind.core.clock import SimulatedClock
from tradewind.core.errors import FetchError, InvalidValueError, NotFoundError

SECOND = 1_000_000_000
QUICK = FetchSettings(silence_ns=SECOND // 5, tries=2, most_bytes=1 << 20)


class TestClock(SimulatedClock):
    """Waits by moving on; time also passes while it is looked at."""

    __test__ = False

    def __init__(self, per_look_ns: int = 0) -> None:
        super().__init__(start_ns=1_500_000_000 * SECOND)
        self.waits: list[int] = []
        self._per_look = per_look_ns

    def monotonic_ns(self) -> int:
        self.advance(self._per_look)
        return super().monotonic_ns()

    def sleep_ns(self, duration_ns: int) -> None:
        self.waits.append(duration_ns)
        self.advance(duration_ns)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "127.0.0.1")
        with news_server() as running:
            yield running


def test_a_good_answer_comes_with_the_time_it_came(server: tuple[str, list]) -> None:
    clock = TestClock()
    document = fetch(server[0] + "/good", clock, QUICK)
    assert document == Document(server[0] + "/good", RSS, clock.now_ns())


def test_what_passes_is_tried_again_with_longer_pauses(server: tuple[str, list]) -> None:
    clock = TestClock()
    settings = FetchSettings(tries=4, pause_ns=SECOND)
    assert fetch(server[0] + "/later", clock, settings).tries == 3
    assert clock.waits == [SECOND, 2 * SECOND]


@pytest.mark.parametrize(
    ("path", "reason", "tries"),
    [
        ("silent", "nothing came for 0.2 s", 2),
        ("cut", "cut short", 2),
        ("half_packed", "packed body without its end", 2),
        ("noise", "a broken answer", 2),
        ("nonsense", "a broken answer", 2),
        ("gone", "404", 1),
        ("bomb", "more than 1048576 bytes", 1),
        ("circle", "redirect", 1),
        ("elsewhere", "302", 1),
    ],
)
def test_what_cannot_be_had_is_named(server: tuple[str, list], path: str, reason: str, tries: int) -> None:
    address, asked = server
    asked.clear()
    with pytest.raises(FetchError, match=reason) as caught:
        fetch(f"{address}/{path}", TestClock(), QUICK)
    assert caught.value.exit_code == 10
    if path != "circle":
        assert len(asked) == tries


def test_a_dripping_server_is_given_up(server: tuple[str, list]) -> None:
    settings = FetchSettings(total_ns=20 * SECOND, tries=1)
    with pytest.raises(FetchError, match="not finished after 20 s"):
        fetch(server[0] + "/drip", TestClock(per_look_ns=3 * SECOND), settings)


def test_packed_and_moved_documents_are_found(server: tuple[str, list]) -> None:
    assert fetch(server[0] + "/packed", TestClock(), QUICK).body == RSS
    moved = fetch(server[0] + "/moved", TestClock(), QUICK)
    assert moved.body == RSS
    assert moved.url.endswith("/good")


def test_what_did_not_change_is_not_sent_again(server: tuple[str, list]) -> None:
    first = fetch(server[0] + "/tagged", TestClock(), QUICK)
    again = fetch(server[0] + "/tagged", TestClock(), QUICK, first)
    assert first.etag == '"v1"'
    assert again.unchanged
    assert again.body == b""
    assert again.etag == first.etag


def test_nobody_there() -> None:
    with pytest.raises(FetchError, match="not reachable"):
        fetch("http://127.0.0.1:9/feed", TestClock(), QUICK)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a/b", "news", "http://"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InvalidValueError, match="url"):
        fetch(url, TestClock(), QUICK)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        read_source("none.xml", TestClock())
