"""Runs that survive being killed: all arrays of a learner and its environment in one file, replaced whole."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, IntegrityError, NotFoundError
from tradewind.core.files import read_headed, write_durably

__all__ = ["Standing", "read_checkpoint", "write_checkpoint"]

MAGIC = b"tradewind checkpoint 1\n"
LONGEST_HEADER = 1 << 20


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run has come.

    Attributes:
        configuration: Its configuration, as JSON; a run goes on with the same one only.
        updates: Iterations done.
        log_bytes: Length of its log at that point.
        best: Best score so far; None before the first validation.
        best_update: Iteration of the best score.
        stale: Validations since then.
        finished: Whether it is done.
        seconds: Time spent, over all sittings.
    """

    configuration: str
    updates: int = 0
    log_bytes: int = 0
    best: float | None = None
    best_update: int = 0
    stale: int = 0
    finished: bool = False
    seconds: float = 0.0


class _Head(msgspec.Struct, frozen=True):
    standing: Standing
    arrays: list[tuple[str, str, tuple[int, ...]]]
    checksum: str


def write_checkpoint(path: Path, standing: Standing, arrays: dict[str, Array]) -> None:
    """Write a checkpoint of plain arrays: whole or not at all, also when the machine stops in the middle."""
    digest = hashlib.sha256(msgspec.json.encode(standing))
    packed = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    for array in packed.values():
        digest.update(array.tobytes())
    shapes = [(name, array.dtype.str, array.shape) for name, array in packed.items()]
    head = msgspec.json.encode(_Head(standing, shapes, digest.hexdigest()))
    write_durably(path, MAGIC + head + b"\n", *(array.tobytes() for array in packed.values()))


def read_checkpoint(path: Path) -> tuple[Standing, dict[str, Array]]:
    """Read a checkpoint.

    Raises:
        NotFoundError: When there is none.
        DataError: When it is not a checkpoint of this version, or cut short.
        IntegrityError: When it was changed.
    """
    if not path.exists():
        raise NotFoundError(f"{path}: no checkpoint to go on from")
    head, payload = read_headed(path, MAGIC, _Head, what="checkpoint", longest=LONGEST_HEADER)
    body, arrays, at = memoryview(payload), {}, 0
    digest = hashlib.sha256(msgspec.json.encode(head.standing))
    for name, kind, shape in head.arrays:
        dtype = np.dtype(kind)
        size = dtype.itemsize * int(np.prod(shape))
        part = body[at : at + size]
        if len(part) != size:
            raise DataError(path, f"{size} bytes of {name!r}", len(part))
        digest.update(part)
        arrays[name] = np.frombuffer(part, dtype).reshape(shape)
        at += size
    if digest.hexdigest() != head.checksum:
        raise IntegrityError(f"{path}: its checksum does not match: the file was changed after it was written")
    return head.standing, arrays
