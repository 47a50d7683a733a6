"""A stream of bytes as a window that kernels look through, and the errors of what they find there."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError
from tradewind.data.itch.dtypes import LENGTH
from tradewind.data.itch.framing import Framing, recognise
from tradewind.data.itch.rows import Status
from tradewind.data.source import opened

__all__ = ["CHUNK", "Place", "Window", "broken", "check_end", "windowed"]

CHUNK = 8 << 20
"""Bytes of a stream in memory at a time."""
HEAD = 4096
EXPECTED = {
    Status.BAD_TYPE: ("one of the message types of TotalView-ITCH 5.0", None),
    Status.BAD_LENGTH: ("the length of its message type", None),
    Status.BAD_REFERENCE: ("an order reference from 1 to 2**63 - 1", "order_reference"),
    Status.BAD_SIDE: ("B (buy) or S (sell)", "side"),
    Status.BAD_PRICE: ("a price of at most 214,748.3647", "price_e4"),
    Status.BAD_STATE: ("a trading state H, P, Q or T", "trading_state"),
}
DAMAGED = "The file is damaged, or not TotalView-ITCH 5.0."


class Window:
    """A part of a stream in memory, and how much of it holds bytes.

    Args:
        file: The stream.
        chunk: Size of the window [bytes].

    Attributes:
        data: Shape (chunk,), uint8.
        size: Bytes filled.
        offset: Place of the first of them in the stream.
        messages: Whole messages read so far; kept by who reads them.
    """

    def __init__(self, file: BinaryIO, chunk: int = CHUNK) -> None:
        self.file = cast(io.BufferedReader, file)  # its readinto1 gives all bytes before a damaged place
        self.data: Array = np.empty(chunk, dtype=np.uint8)
        self.size = 0
        self.offset = 0
        self.messages = 0
        self._damage: Exception | None = None

    def framing(self) -> Framing:
        """How the stream is framed, told from the bytes now in the window."""
        return recognise(self.data[: min(self.size, HEAD)].tobytes())

    def rest(self, used: int) -> bytes:
        """Bytes that were not used, at most 64 of them, more than the longest message has."""
        return self.data[used : min(used + 64, self.size)].tobytes()

    def move(self, used: int) -> bool:
        """Let go of the first bytes and read on; False when nothing more came.

        Args:
            used: Bytes that are done with.

        Raises:
            EOFError: When the file is compressed and ends early; so do the errors of a damaged one come through,
                each after all bytes before the damage have been in the window.
        """
        if self._damage is not None:
            raise self._damage
        rest = self.size - used
        self.data[:rest] = self.data[used : self.size].copy()
        self.offset += used
        self.size = rest
        while self.size < len(self.data):
            try:
                count = self.file.readinto1(self.data[self.size :].data)
            except (EOFError, OSError, zlib.error) as damage:
                if self.size == rest:
                    raise
                self._damage = damage
                break
            if not count:
                break
            self.size += count
        return self.size > rest


@contextmanager
def windowed(path: Path) -> Iterator[Window]:
    """Open a file as a window that looks at its beginning.

    Args:
        path: ITCH 5.0, plain or compressed.

    Yields:
        The window, filled.

    Raises:
        NotFoundError: When the file is not there.
        DataError: When it is empty, or damaged: with the message and the byte up to which it could be read.
    """
    window = None
    try:
        with opened(path) as file:
            window = Window(file)
            window.move(0)
            yield window
    except DataError as error:
        if error.row is not None or window is None:
            raise
        got = f"{error.got} after byte {window.offset + window.size:,}"
        raise DataError(path, error.expected, got, row=window.messages + 1, hint=error.hint) from None


class Place(NamedTuple):
    """Where in a stream a message is.

    Attributes:
        path: The file.
        number: 1-based number of the message.
        offset: Of its first byte in the decompressed stream, the length before it included.
        prefix: Bytes of length before each message.
    """

    path: Path | str
    number: int
    offset: int
    prefix: int


def broken(place: Place, status: int, message: bytes) -> DataError:
    """Error about a message that cannot be one.

    Args:
        place: Where it is.
        status: Negative :class:`~tradewind.data.itch.rows.Status`.
        message: Its first bytes, those of its length included.
    """
    expected, field = EXPECTED[Status(status)]
    code, length = message[place.prefix : place.prefix + 1], int(LENGTH[message[place.prefix]])
    if status == Status.BAD_TYPE:
        what = f"type {code!r}"
    elif status == Status.BAD_LENGTH:
        what = f"length {int.from_bytes(message[:2], 'big')} before type {code!r}, which has {length}"
    else:
        what = f"type {code!r} with {message[place.prefix : place.prefix + length].hex()}"
    got = f"at byte {place.offset:,} {what}"
    return DataError(place.path, expected, got, row=place.number, field=field, hint=DAMAGED)


def check_end(place: Place, rest: bytes) -> None:
    """Accept the end of a stream: nothing left, or the length 0 that ends a session.

    Args:
        place: Where the message that would come next is.
        rest: Bytes left that are no whole message.

    Raises:
        DataError: When a message was cut off.
    """
    if not rest or (place.prefix and rest == b"\0\0"):
        return
    body = rest[place.prefix :]
    whole = f"a whole message of {LENGTH[body[0]]} bytes" if body else "a whole message"
    got = f"the end of the file after {len(body)} bytes of it, at byte {place.offset + len(rest):,}"
    raise DataError(place.path, whole, got, row=place.number, hint="Was the download cut off?")
