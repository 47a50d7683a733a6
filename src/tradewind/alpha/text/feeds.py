"""News from feeds: RSS and Atom, and JSON lines; one bad entry is named and loses nothing else.

An item is known from when it was received, whatever date it carries: a feed's date says when something was written, and
may say anything.
"""

from __future__ import annotations

import calendar
import hashlib
import html
import re
from datetime import datetime
from typing import Any

import msgspec

from tradewind.alpha.text.fetch import Document, FetchSettings, SleepingClock, fetch
from tradewind.core.errors import DataError, InvalidValueError, MissingExtraError

__all__ = ["FeedReader", "News", "Read", "parsed", "read_json_lines", "read_rss"]

SECOND_NS = 1_000_000_000
TAG = re.compile(r"<[^>]{0,500}>")
LONGEST_TEXT = 20_000
REMEMBERED = 100_000


class News(msgspec.Struct, frozen=True):
    """One item.

    Attributes:
        item_id: The feed's own identifier, or a hash of link and text: the same item has the same one.
        text: Title, and summary where there is one, without markup.
        event_ns: When it says it was published; ``known_ns`` where it does not say, or says a later time [ns UTC].
        known_ns: When it was received [ns UTC].
        source: The feed.
        link: Where to read on.
        symbols: Symbols that the feed itself gives.
    """

    item_id: str
    text: str
    event_ns: int
    known_ns: int
    source: str
    link: str = ""
    symbols: tuple[str, ...] = ()


class Read(msgspec.Struct, frozen=True):
    """What one look at a feed gave.

    Attributes:
        items: New items, in the feed's order.
        problems: One line for each entry that was left out, and for a feed that is not whole.
        repeats: Entries that were known before.
        unchanged: The server said that nothing changed.
    """

    items: list[News]
    problems: list[str]
    repeats: int = 0
    unchanged: bool = False


class FeedReader:
    """Looks at one feed again and again and hands out each item once.

    Args:
        url: Of the feed.
        clock: Bounds and waits, and says when an item was received.
        kind: ``rss`` (RSS and Atom) or ``jsonl``.
        settings: Bounds of each fetch.
    """

    def __init__(
        self, url: str, clock: SleepingClock, kind: str = "rss", settings: FetchSettings | None = None
    ) -> None:
        _check(kind)
        self.url, self._clock, self._kind, self._settings = url, clock, kind, settings
        self._before: Document | None = None
        self._known: dict[str, None] = {}

    def read(self) -> Read:
        """Look once.

        Raises:
            FetchError: When the feed cannot be had; what was known stays known, so the next look loses nothing.
            DataError: When what came is no feed at all.
        """
        document = fetch(self.url, self._clock, self._settings, self._before)
        if document.unchanged:
            return Read([], [], 0, True)
        found = parsed(self._kind, document.body, self.url, document.received_ns)
        self._before = document
        fresh = list[News]()
        for item in found.items:
            if item.item_id not in self._known:
                self._known[item.item_id] = None
                fresh.append(item)
        while len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        return Read(fresh, found.problems, len(found.items) - len(fresh))


def parsed(kind: str, body: bytes, source: str, received_ns: int) -> Read:
    """Items of a document of a kind: ``rss`` as :func:`read_rss` reads it, ``jsonl`` as :func:`read_json_lines`."""
    _check(kind)
    return (read_rss if kind == "rss" else read_json_lines)(body, source, received_ns)


def read_rss(body: bytes, source: str, received_ns: int) -> Read:
    """Items of an RSS or Atom document, as far as it can be read.

    Args:
        body: The document.
        source: Its name in items and problems.
        received_ns: When it was received [ns UTC].

    Raises:
        DataError: When it is no feed and holds no entry.
        MissingExtraError: Without ``feedparser`` (extra ``text``).

    Examples:
        >>> body = b"<rss><channel><item><title>Profit rose</title><guid>1</guid></item></channel></rss>"
        >>> [item.text for item in read_rss(body, "example", 0).items]
        ['Profit rose']
    """
    try:
        import feedparser
    except ImportError as error:
        raise MissingExtraError("feedparser", "text", "reading RSS and Atom") from error
    parsed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    if not parsed.entries and not parsed.version:
        raise DataError(source, "an RSS or Atom document", body[:60])
    items, problems = list[News](), list[str]()
    if parsed.bozo and not isinstance(parsed.get("bozo_exception"), feedparser.CharacterEncodingOverride):
        problems.append(f"{source}: not well-formed: {parsed.bozo_exception}")
    for number, entry in enumerate(parsed.entries, 1):
        try:
            items.append(_entry(entry, source, received_ns))
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            problems.append(f"{source}, entry {number}: {error}")
    return Read(items, problems)


def read_json_lines(body: bytes, source: str, received_ns: int) -> Read:
    r"""Items of JSON lines: objects with ``text`` (or ``title``), and any of ``id, published, link, symbols``.

    ``published`` is ISO 8601 with an offset, or nanoseconds since 1970.

    Args:
        body: The document; empty lines are passed over.
        source: Its name in items and problems.
        received_ns: When it was received [ns UTC].

    Examples:
        >>> read = read_json_lines(b'{"text": "Profit rose"}\n{"text": 3}\n', "example", 5)
        >>> [item.text for item in read.items], read.problems
        (['Profit rose'], ['example, line 2: expected a text, got 3'])
    """
    items, problems = list[News](), list[str]()
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            items.append(_line(msgspec.json.decode(line), source, received_ns))
        except (ValueError, TypeError, OverflowError) as error:
            problems.append(f"{source}, line {number}: {error}")
    return Read(items, problems)


def _check(kind: str) -> None:
    if kind not in ("rss", "jsonl"):
        raise InvalidValueError("kind", "rss or jsonl", kind)


def _entry(entry: Any, source: str, received_ns: int) -> News:
    title, summary = _plain(str(entry.get("title", ""))), _plain(str(entry.get("summary", "")))
    text = title if not summary or summary == title else f"{title}. {summary}" if title else summary
    if not text:
        raise ValueError("an entry without title and summary")
    when = entry.get("published_parsed") or entry.get("updated_parsed")
    event = calendar.timegm(when) * SECOND_NS if when else received_ns
    link = str(entry.get("link", ""))
    symbols = tuple(str(tag.get("term")) for tag in entry.get("tags", ()) if str(tag.get("term", "")).isupper())
    item_id = str(entry.get("id") or _hash(link + text))
    return News(item_id, text[:LONGEST_TEXT], min(event, received_ns), received_ns, source, link, symbols)


def _line(row: Any, source: str, received_ns: int) -> News:
    if not isinstance(row, dict):
        raise TypeError(f"expected an object, got {type(row).__name__}")
    text = row.get("text", row.get("title"))
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"expected a text, got {text!r}")
    link, symbols = str(row.get("link", "")), row.get("symbols", ())
    if not isinstance(symbols, list | tuple) or not all(isinstance(symbol, str) for symbol in symbols):
        raise ValueError(f"expected symbols as a list of texts, got {symbols!r}")
    event = _time(row["published"]) if row.get("published") is not None else received_ns
    item_id = str(row.get("id") or _hash(link + text))
    plain = _plain(text)[:LONGEST_TEXT]
    return News(item_id, plain, min(event, received_ns), received_ns, source, link, tuple(symbols))


def _time(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with an offset from UTC, got {value!r}")
    return int(moment.timestamp()) * SECOND_NS + moment.microsecond * 1000


def _plain(text: str) -> str:
    return " ".join(html.unescape(TAG.sub(" ", text)).split())


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
