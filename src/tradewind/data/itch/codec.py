"""Every field of every message: bytes to structured arrays, one per type, and back.

``encode(decode(path)) == path.read_bytes()`` for any stream: fields keep all their bits, texts their padding, and
``sequence`` the order of the messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.data.itch.dtypes import MESSAGES, MessageType
from tradewind.data.itch.project import locate_messages
from tradewind.data.itch.source import CHUNK, Place, broken, check_end, windowed

__all__ = ["decode", "encode"]

SHORTEST = min(message.length for message in MESSAGES.values())


def decode(path: Path, types: Iterable[str] | None = None) -> dict[str, Array]:
    """All fields of all messages of a file.

    Args:
        path: ITCH 5.0, plain or compressed.
        types: Message types to keep, e.g. ``"RHQI"``; all by default, which takes as much memory as the file unpacked.

    Returns:
        For each type found, shape (n,), the type's ``decoded`` dtype (:data:`~tradewind.data.itch.dtypes.MESSAGES`):
        ``sequence`` is the message's 1-based number in the file; ``_e4`` prices are in 1/10,000 dollar, ``_e8`` prices
        in 1/100,000,000; ``timestamp_ns`` counts from midnight in New York; texts are padded with spaces.

    Raises:
        NotFoundError: When the file is not there.
        DataError: At the first broken message, a cut last one, or a damaged file.
        InvalidValueError: For a type that ITCH 5.0 does not have.
    """
    wanted = set(MESSAGES if types is None else types)
    if not wanted <= set(MESSAGES):
        raise InvalidValueError("types", f"some of {''.join(MESSAGES)}", "".join(sorted(wanted)))
    found: dict[str, list[Array]] = {}
    offsets = np.empty(CHUNK // SHORTEST + 1, dtype=np.int64)
    codes = np.empty(len(offsets), dtype=np.uint8)
    with windowed(path) as window:
        prefix = window.framing().prefix
        while True:
            count, used, status = locate_messages(window.data, window.size, prefix, offsets, codes)
            for code in sorted(wanted & {chr(byte) for byte in np.flatnonzero(np.bincount(codes[:count]))}):
                at = np.flatnonzero(codes[:count] == ord(code))
                fields = _unpack(window.data, offsets[at], MESSAGES[code])
                fields["sequence"] = window.messages + 1 + at
                found.setdefault(code, []).append(fields)
            window.messages += count
            place, rest = Place(path, window.messages + 1, window.offset + used, prefix), window.rest(used)
            if status < 0:
                raise broken(place, status, rest)
            if not window.move(used):
                check_end(place, rest)
                return {code: np.concatenate(found[code]) for code in MESSAGES if code in found}


def encode(messages: Mapping[str, Array], *, prefix: int = 2) -> bytes:
    """Bytes of messages given by their fields.

    Args:
        messages: For each type, shape (n,), the type's ``decoded`` dtype, as :func:`decode` gives them. Messages are
            written in the order of ``sequence``, which must be different in all of them.
        prefix: Bytes of length before each message: 2 as in Nasdaq's daily files, or 0 for a bare stream.

    Raises:
        InvalidValueError: For an unknown type, an array of another dtype, a time that does not fit six bytes, a
            sequence that comes twice, or another prefix.

    Examples:
        >>> event = np.zeros(1, dtype=MESSAGES["S"].decoded)
        >>> event["timestamp_ns"], event["event_code"] = 0x123456789ABC, b"O"
        >>> encode({"S": event}).hex(" ")
        '00 0c 53 00 00 00 00 12 34 56 78 9a bc 4f'
    """
    if prefix not in (0, 2):
        raise InvalidValueError("prefix", "0 or 2", prefix)
    parts = []
    for code, fields in messages.items():
        if code not in MESSAGES:
            raise InvalidValueError("type", f"one of {''.join(MESSAGES)}", code)
        if len(fields):
            parts.append((MESSAGES[code], fields))
    if not parts:
        return b""
    order, starts, total = _places(parts, prefix)
    out = np.zeros(total, dtype=np.uint8)
    first = 0
    for message, fields in parts:
        at = starts[order[first : first + len(fields)]]
        first += len(fields)
        if prefix:
            _overlapping(out, np.dtype(">u2"))[at] = message.length
        _overlapping(out, message.wire)[at + prefix] = _pack(fields, message)
    return out.tobytes()


def _places(parts: list[tuple[MessageType, Array]], prefix: int) -> tuple[Array, Array, int]:
    """Rank of every message, where the message of each rank starts, and the length of all."""
    sequences = np.concatenate([fields["sequence"] for _, fields in parts])
    lengths = np.concatenate([np.full(len(fields), message.length + prefix) for message, fields in parts])
    by_rank = np.argsort(sequences, kind="stable")
    twice = np.flatnonzero(np.diff(sequences[by_rank]) == 0)
    if len(twice):
        raise InvalidValueError("sequence", "different in every message", f"{sequences[by_rank[twice[0]]]} twice")
    rank = np.empty_like(by_rank)
    rank[by_rank] = np.arange(len(by_rank))
    ends = np.cumsum(lengths[by_rank])
    return rank, ends - lengths[by_rank], int(ends[-1])


def _overlapping(data: Array, dtype: np.dtype[np.void] | np.dtype[np.uint16]) -> Array:
    """Item ``k`` is the record whose first byte is byte ``k``: records at any place, in one index expression."""
    return np.ndarray((max(len(data) - dtype.itemsize + 1, 0),), dtype, data, 0, (1,))


def _unpack(data: Array, offsets: Array, message: MessageType) -> Array:
    """Fields of the messages of one type whose type bytes are at the offsets; sequence 0."""
    wire = _overlapping(data, message.wire)[offsets]
    fields = np.zeros(len(wire), dtype=message.decoded)
    fields["timestamp_ns"] = wire["timestamp_high"].astype(np.uint64) << np.uint64(32) | wire["timestamp_low"]
    for name in message.decoded.names or ():
        if name not in ("sequence", "timestamp_ns"):
            fields[name] = wire[name]
    return fields


def _pack(fields: Array, message: MessageType) -> Array:
    """The bytes of messages of one type."""
    if fields.dtype != message.decoded:
        raise InvalidValueError(f"messages[{message.code!r}].dtype", str(message.decoded), str(fields.dtype))
    late = fields["timestamp_ns"] >> np.uint64(48)
    if late.any():
        raise InvalidValueError("timestamp_ns", "below 2**48", int(fields["timestamp_ns"][np.argmax(late > 0)]))
    wire = np.zeros(len(fields), dtype=message.wire)
    wire["message_type"] = message.code.encode()
    wire["timestamp_high"] = fields["timestamp_ns"] >> np.uint64(32)
    wire["timestamp_low"] = fields["timestamp_ns"] & np.uint64(0xFFFFFFFF)
    for name in message.decoded.names or ():
        if name not in ("sequence", "timestamp_ns"):
            wire[name] = fields[name]
    return wire
