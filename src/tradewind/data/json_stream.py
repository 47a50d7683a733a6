"""Objects of a large JSON file, some at a time: one array of objects, or one object a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from tradewind.core.errors import DataError
from tradewind.data.source import blocks, opened

__all__ = ["json_objects"]

T = TypeVar("T")
CHUNK_BYTES = 4 << 20
OBJECT_BYTES = 64 << 20
BOM = b"\xef\xbb\xbf"
BOUNDARY = re.compile(rb"\}\s*,?\s*\{")
TRIES = 64


def json_objects(path: Path, kind: type[T], chunk_bytes: int = CHUNK_BYTES) -> Iterator[tuple[int, list[T]]]:
    """Decode a JSON array of objects, or objects line by line, in bounded memory.

    Args:
        path: Plain, gzip or zstd file.
        kind: ``msgspec.Struct`` of one object.
        chunk_bytes: Roughly how much to decode at a time [bytes].

    Yields:
        ``(row, objects)``: 1-based number of the first object in the file, and the objects.

    Raises:
        DataError: Where the file is not such JSON, or an object does not fit ``kind``, with its number.
    """
    decoder = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
    with opened(path) as file:
        start = file.read(1024).removeprefix(BOM).lstrip()
    if not start.startswith((b"[", b"{")):
        raise DataError(path, "a JSON array of messages, or a JSON message a line", start[:40], row=1)
    row = 1
    for objects in (_of_array if start.startswith(b"[") else _of_lines)(path, decoder, chunk_bytes):
        if objects:
            yield row, objects
        row += len(objects)


def _of_lines(path: Path, decoder: msgspec.json.Decoder[list[T]], chunk_bytes: int) -> Iterator[list[T]]:
    row = 1
    for block in blocks(path, chunk_bytes):
        lines = block.removeprefix(BOM).split(b"\n")
        text = b"[" + b",".join(line for line in lines if line.strip()) + b"]"
        objects = _decode(path, row, text, decoder)
        yield objects
        row += len(objects)


def _of_array(path: Path, decoder: msgspec.json.Decoder[list[T]], chunk_bytes: int) -> Iterator[list[T]]:
    row = 1
    with opened(path) as file:
        rest = file.read(1024).removeprefix(BOM).lstrip()[1:]
        while chunk := file.read(chunk_bytes):
            objects, rest = _front(path, row, rest + chunk, decoder)
            yield objects
            row += len(objects)
    if not rest.rstrip().endswith(b"]"):
        hint = "Was the file cut off?"
        raise DataError(path, "the end of the JSON array, ']'", rest[-40:], row=row + _count(rest), hint=hint)
    yield _decode(path, row, b"[" + rest, decoder)


def _front(path: Path, row: int, text: bytes, decoder: msgspec.json.Decoder[list[T]]) -> tuple[list[T], bytes]:
    """Decode the whole objects at the front; give back the rest of the text.

    A ``}`` before a comma may end an object inside another: then what stands before it is not a JSON array, and the
    ``}`` before that one is tried.
    """
    cut = len(text)
    for _ in range(TRIES):
        cut = text.rfind(b"}", 0, cut)
        if cut < 0:
            break
        after = text[cut + 1 :].lstrip() if text[cut + 1 : cut + 2].isspace() else text[cut + 1 :]
        if not after.startswith(b","):
            continue
        piece = b"[" + text[: cut + 1] + b"]"
        try:
            return decoder.decode(piece), after[1:]
        except msgspec.DecodeError as error:
            if isinstance(error, msgspec.ValidationError) or _byte(error, piece) < len(piece) - 1:
                raise _error(path, row, piece, error) from None
    if len(text) > OBJECT_BYTES:
        raise DataError(path, "a message", f"{len(text)} bytes that are not whole JSON objects", row=row)
    return [], text


def _decode(path: Path, row: int, text: bytes, decoder: msgspec.json.Decoder[list[T]]) -> list[T]:
    try:
        return decoder.decode(text)
    except msgspec.DecodeError as error:
        raise _error(path, row, text, error) from None


def _error(path: Path, row: int, text: bytes, error: msgspec.DecodeError) -> DataError:
    if isinstance(error, msgspec.ValidationError):
        place = re.search(r"\$\[(\d+)\](?:\.(\w+))?", str(error))
        index, field = (int(place[1]), place[2]) if place else (0, None)
        return DataError(path, "a message", str(error), row=row + index, field=field)
    at = _byte(error, text)
    got = f"{error}: {text[max(0, at - 30) : at + 10]!r}"
    return DataError(path, "JSON", got, row=row + _count(text[:at]))


def _byte(error: msgspec.DecodeError, text: bytes) -> int:
    """Where a text is no longer JSON; its end when it is only too short."""
    place = re.search(r"\(byte (\d+)\)", str(error))
    return int(place[1]) if place else len(text)


def _count(text: bytes) -> int:
    """How many objects end in a text; only for naming a row in an error."""
    return len(BOUNDARY.findall(text))
