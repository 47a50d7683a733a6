"""One document over HTTP, bounded in time, size, tries and redirects; every failure has a name.

The time of a whole fetch is measured by the clock that is handed in, so a server that drips one byte a second is given
up like one that says nothing. What can pass (a time-out, a broken answer, 429, 5xx) is tried again, what cannot (404,
a body too large, a redirect to another scheme) is not.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
import zlib
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from tradewind.core.errors import FetchError, InvalidValueError, NotFoundError

__all__ = ["Document", "FetchSettings", "SleepingClock", "fetch", "read_source"]

SECOND_NS = 1_000_000_000
CHUNK = 1 << 16
AGAIN = (408, 425, 429, 500, 502, 503, 504)


class SleepingClock(Protocol):
    """A clock that can also wait; faces: :class:`~tradewind.core.clock.SystemClock`, and what tests make of it."""

    def now_ns(self) -> int:
        """Wall time [ns since 1970-01-01 UTC]."""
        ...

    def monotonic_ns(self) -> int:
        """A clock that never goes back [ns]."""
        ...

    def sleep_ns(self, duration_ns: int) -> None:
        """Wait [ns]."""
        ...


class FetchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a fetch.

    Attributes:
        silence_ns: Longest wait for the next bytes [ns].
        total_ns: Longest time of one try, from the first byte sent to the last received [ns].
        tries: Tries in all.
        pause_ns: Wait before the second try; it doubles before each further one [ns].
        most_bytes: Largest body, unpacked.
        agent: What the client calls itself; some sources (the SEC) want a way to reach you in it.
    """

    silence_ns: int = 10 * SECOND_NS
    total_ns: int = 60 * SECOND_NS
    tries: int = 3
    pause_ns: int = SECOND_NS
    most_bytes: int = 64 << 20
    agent: str = "tradewind"


class Document(msgspec.Struct, frozen=True):
    """What came.

    Attributes:
        url: Where it was found in the end.
        body: Unpacked; empty where nothing changed.
        received_ns: When the last byte was there [ns UTC]: the earliest time at which anyone here could know it.
        unchanged: The server said that nothing changed since the given etag or date.
        etag: To hand back the next time; empty where the server gave none.
        modified: Likewise, a date.
        tries: How many it took.
    """

    url: str
    body: bytes
    received_ns: int
    unchanged: bool = False
    etag: str = ""
    modified: str = ""
    tries: int = 1


class _PassingError(Exception):
    """A failure that may pass."""


def fetch(
    url: str, clock: SleepingClock, settings: FetchSettings | None = None, before: Document | None = None
) -> Document:
    """Fetch one document.

    Args:
        url: ``http://`` or ``https://``.
        clock: Bounds the time and waits between tries.
        settings: Bounds.
        before: What came the last time; the server is asked for what changed since.

    Raises:
        InvalidValueError: For another kind of address.
        FetchError: When it cannot be had: unreachable, too slow, refused, broken, cut short, too large.
    """
    settings = settings or FetchSettings()
    _check(url)
    reason, pause = "", settings.pause_ns
    for number in range(1, settings.tries + 1):
        if number > 1:
            clock.sleep_ns(pause)
            pause *= 2
        try:
            return msgspec.structs.replace(_once(url, clock, settings, before), tries=number)
        except _PassingError as error:
            reason = str(error)
    raise FetchError(url, f"{reason} ({settings.tries} tries)")


def _check(url: str) -> None:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise InvalidValueError("url", "an address that begins with http:// or https://", url)


def _once(url: str, clock: SleepingClock, settings: FetchSettings, before: Document | None) -> Document:
    headers = {"User-Agent": settings.agent, "Accept-Encoding": "gzip", "Accept": "*/*"}
    if before is not None and before.etag:
        headers["If-None-Match"] = before.etag
    if before is not None and before.modified:
        headers["If-Modified-Since"] = before.modified
    end = clock.monotonic_ns() + settings.total_ns
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 (the scheme was checked)
    try:
        with urllib.request.urlopen(request, timeout=settings.silence_ns / SECOND_NS) as answer:  # noqa: S310
            _check(answer.geturl())
            body = _body(answer, clock, settings, end)
            etag, modified = answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")
            return Document(answer.geturl(), body, clock.now_ns(), False, etag, modified)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 304 and before is not None:
            return Document(url, b"", clock.now_ns(), True, before.etag, before.modified)
        if error.code in AGAIN:
            raise _PassingError(f"the server answered {error.code}") from error
        raise FetchError(url, f"the server answered {error.code} {error.reason}") from error
    except (http.client.HTTPException, zlib.error, EOFError) as error:
        raise _PassingError(f"a broken answer: {type(error).__name__}: {error}") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError, OSError) as error:
        cause = getattr(error, "reason", error)
        slow = isinstance(cause, TimeoutError) or "timed out" in str(cause)
        silence = f"nothing came for {settings.silence_ns / SECOND_NS:g} s"
        raise _PassingError(silence if slow else f"not reachable: {cause}") from error


def _body(answer: http.client.HTTPResponse, clock: SleepingClock, settings: FetchSettings, end: int) -> bytes:
    """The body, unpacked while it comes, and given up when it is too late or too large."""
    packed = answer.headers.get("Content-Encoding", "").lower() == "gzip"
    unpack = zlib.decompressobj(wbits=31) if packed else None
    expected = answer.headers.get("Content-Length")
    parts, size, read = list[bytes](), 0, 0
    while True:
        if clock.monotonic_ns() > end:
            raise _PassingError(f"not finished after {settings.total_ns / SECOND_NS:g} s")
        chunk = answer.read1(CHUNK)
        if not chunk:
            break
        read += len(chunk)
        plain = unpack.decompress(chunk, settings.most_bytes + 1 - size) if unpack else chunk
        parts.append(plain)
        size += len(plain)
        if size > settings.most_bytes:
            raise FetchError(answer.geturl(), f"more than {settings.most_bytes} bytes")
    if expected is not None and expected.isdigit() and read < int(expected):
        raise _PassingError(f"cut short: {read} of {expected} bytes")
    if unpack is not None and not unpack.eof:
        raise _PassingError("cut short: a packed body without its end")
    return b"".join(parts)


def read_source(source: str, clock: SleepingClock, settings: FetchSettings | None = None) -> bytes:
    """A document from a file or an address.

    Args:
        source: Path, or an address that begins with ``http://`` or ``https://``.
        clock: Bounds the time and waits between tries.
        settings: Bounds of a fetch.

    Raises:
        NotFoundError: When there is no such file.
        FetchError: When the address cannot be read.
    """
    if source.startswith(("http://", "https://")):
        return fetch(source, clock, settings).body
    path = Path(source)
    if not path.is_file():
        raise NotFoundError(f"{source}: no such file")
    return path.read_bytes()
