"""Files that are there in full or not at all, and files that begin with a header that says what they hold."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from tradewind.core.errors import DataError, NotFoundError

__all__ = ["DRAFT", "locked", "read_headed", "sync_folder", "write_durably"]

DRAFT = ".draft"
"""How the name of a file ends that is not whole yet."""
H = TypeVar("H")


@contextmanager
def locked(folder: Path, name: str = ".lock") -> Iterator[IO[bytes]]:
    """Hold a folder's lock file; waits while another process or thread holds it.

    Args:
        folder: Where the lock file lies.
        name: Which lock.

    Yields:
        The open lock file.
    """
    with (folder / name).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder are on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def write_durably(path: Path, *parts: bytes) -> None:
    """Write a file so that it is there in full, or not at all, and stays.

    Args:
        path: The file; replaced if it is there.
        *parts: What it is to hold, one after the other.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}{DRAFT}")
    try:
        with draft.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def read_headed(path: Path, magic: bytes, header: type[H], *, what: str, longest: int) -> tuple[H, bytes]:
    """Read a file of a line that says its kind and version, a line of JSON, and what the JSON describes.

    Args:
        path: The file.
        magic: Its first line.
        header: The type of its second line.
        what: What it is called in messages, such as ``policy``.
        longest: Most bytes of the second line.

    Returns:
        The header, and all bytes after it.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When it begins otherwise, or its header is not one.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"{path}: no such {what} file") from None
    if not content.startswith(magic):
        raise DataError(path, f"a file that begins with {magic.decode().strip()!r}", content[: len(magic)])
    line, _, payload = content[len(magic) :].partition(b"\n")
    try:
        return msgspec.json.decode(line[:longest], type=header), payload
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(path, f"a {what}'s header", str(error), field="header") from None
