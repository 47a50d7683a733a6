"""The gate's journal and snapshots: after a crash the same state, to the bit.

A journal is frames one after another: length, CRC-32, kind, sequence number, payload. Rows are written before they are
applied. A torn last frame (a crash while writing) is cut off when the journal is opened again; damage before it is an
error. A snapshot is the bytes of the state with the limits file in force; recovery loads it and applies the rows that
came later.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, IntegrityError, NotFoundError
from tradewind.core.files import write_durably
from tradewind.core.ports import Clock
from tradewind.risk.limits.layout import INPUT, STATE
from tradewind.risk.limits.limits_file import SignedLimits, read_signed
from tradewind.risk.limits.signing import PublicKey, Signature

__all__ = ["Frame", "Journal", "read_frames", "recover", "write_snapshot"]

HEAD = struct.Struct("<IIBq")
ROWS, LIMITS, STATEMENT = 1, 2, 3
MAGIC = b"tradewind gate snapshot 1\n"
SHAPE = hashlib.sha256(repr(STATE).encode()).digest()


class Document(msgspec.Struct, frozen=True):
    """A signed text: a limits file or a statement."""

    content: bytes
    signature: Signature


class Frame(msgspec.Struct, frozen=True):
    """One entry of a journal.

    Attributes:
        kind: Rows, limits or statement.
        sequence: Rows that the gate had taken before it.
        payload: Its bytes.
    """

    kind: int
    sequence: int
    payload: bytes

    @classmethod
    def of_rows(cls, rows: Array, sequence: int) -> Frame:
        """Rows of dtype ``INPUT``."""
        return cls(ROWS, sequence, rows.tobytes())

    @classmethod
    def of_limits(cls, signed: SignedLimits, sequence: int) -> Frame:
        """A limits file that comes into force."""
        return cls(LIMITS, sequence, msgspec.msgpack.encode(Document(signed.content, signed.signature)))

    @classmethod
    def of_statement(cls, text: str, signature: Signature, sequence: int) -> Frame:
        """A named person's word; the row that carries it out follows."""
        return cls(STATEMENT, sequence, msgspec.msgpack.encode(Document(text.encode(), signature)))

    def document(self) -> Document:
        """The signed text of a LIMITS or STATEMENT frame."""
        return msgspec.msgpack.decode(self.payload, type=Document)


class Journal:
    """An append-only file of frames.

    Args:
        path: The file; a torn end is cut off.
        sync: Force every frame to the disk before it is applied: survives a loss of power, not only of the process.
    """

    def __init__(self, path: Path, *, sync: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._sync = path, sync
        if path.exists():
            os.truncate(path, max((end for _, end in _frames(path)), default=0))
        self._file = path.open("ab", buffering=0)

    def append(self, frame: Frame) -> None:
        """Write one frame in one call; with ``sync`` it is on the disk when this returns."""
        self._file.write(_packed(frame))
        if self._sync:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; nothing is buffered."""
        self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _packed(frame: Frame) -> bytes:
    body = HEAD.pack(len(frame.payload), 0, frame.kind, frame.sequence)[8:] + frame.payload
    return struct.pack("<II", len(frame.payload), zlib.crc32(body)) + body


def read_frames(path: Path) -> Iterator[Frame]:
    """Frames of a journal; a torn last frame is left out.

    Raises:
        NotFoundError: When there is no such file.
        IntegrityError: When something before the last frame is damaged.
    """
    return (frame for frame, _ in _frames(path))


def _frames(path: Path) -> Iterator[tuple[Frame, int]]:
    """Frames and where each ends."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"{path}: no such journal") from None
    at = 0
    while at + HEAD.size <= len(data):
        length, crc, kind, sequence = HEAD.unpack_from(data, at)
        end = at + HEAD.size + length
        if end > len(data):
            return
        if zlib.crc32(data[at + 8 : end]) != crc:
            if end == len(data):
                return
            raise IntegrityError(f"{path}: frame at byte {at} is damaged, and more follows: not a torn end")
        yield Frame(kind, sequence, data[at + HEAD.size : end]), end
        at = end


def write_snapshot(gate: Any, path: Path) -> None:
    """Write a gate's state and limits, whole or not at all.

    Args:
        gate: A :class:`~tradewind.risk.limits.gate.Gate`.
        path: The file.
    """
    document = msgspec.msgpack.encode(Document(gate.signed.content, gate.signed.signature))
    body = SHAPE + struct.pack("<I", len(document)) + document + gate.state.tobytes()
    write_durably(path, MAGIC + hashlib.sha256(body).digest() + body)


def _read_snapshot(path: Path) -> tuple[Document, Array]:
    data = path.read_bytes()
    digest, body = data[len(MAGIC) : len(MAGIC) + 32], data[len(MAGIC) + 32 :]
    if not data.startswith(MAGIC) or hashlib.sha256(body).digest() != digest:
        raise IntegrityError(f"{path}: not a gate's snapshot, or damaged")
    if body[:32] != SHAPE:
        raise DataError(path, "a snapshot of this version of tradewind", "another layout of the state")
    length = struct.unpack_from("<I", body, 32)[0]
    document = msgspec.msgpack.decode(body[36 : 36 + length], type=Document)
    return document, np.frombuffer(body[36 + length :], STATE).copy()


def recover(journal: Path, trusted: list[PublicKey], clock: Clock, snapshot: Path | None = None) -> Any:
    """A gate in the state it had when it last wrote to its journal.

    Args:
        journal: The journal; from the beginning, or at least from the snapshot on.
        trusted: Whose signature of limits files counts; checked again.
        clock: The new gate's clock.
        snapshot: Where to start from; None starts from the journal's first limits file.

    Returns:
        A :class:`~tradewind.risk.limits.gate.Gate` without a journal; give it one to go on.

    Raises:
        NotFoundError: When the journal is not there.
        IntegrityError: When journal, snapshot or a signature is damaged, or rows are missing between them.
    """
    from tradewind.risk.limits.gate import Gate
    from tradewind.risk.limits.kernel import apply
    from tradewind.risk.limits.layout import DECISION

    gate: Gate | None = None
    if snapshot is not None:
        document, state = _read_snapshot(snapshot)
        gate = Gate(read_signed(document.content, document.signature, trusted, str(snapshot)), clock)
        gate.state[:] = state
    for frame in read_frames(journal):
        if gate is None:
            document = frame.document()
            gate = Gate(read_signed(document.content, document.signature, trusted, str(journal)), clock)
        elif frame.kind == LIMITS and frame.sequence >= gate.sequence:
            document = frame.document()
            signed = read_signed(document.content, document.signature, trusted, str(journal))
            if signed.limits.version > gate.signed.limits.version:
                gate.put_in_force(signed)
        elif frame.kind == ROWS:
            rows = np.frombuffer(frame.payload, INPUT).copy()
            if frame.sequence > gate.sequence:
                raise IntegrityError(f"{journal}: rows {gate.sequence} to {frame.sequence} are missing")
            rows = rows[gate.sequence - frame.sequence :]
            if len(rows):
                apply(gate.state, rows, np.zeros(len(rows), DECISION), len(rows))
    if gate is None:
        raise IntegrityError(f"{journal}: holds no limits file, and there is no snapshot")
    return gate
