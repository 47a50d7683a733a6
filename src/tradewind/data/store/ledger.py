"""The access ledger: who read which test split, when and what for, so that an out-of-sample claim can be audited.

One line of JSON per reading, written and on the disk before the rows are handed out. Each line holds the hash of the
line before it, so that a line that is changed, removed, added or moved breaks the chain; a small file beside the
ledger holds its length and last hash, so that a tail that is cut off shows too.
"""

from __future__ import annotations

import getpass
import hashlib
import os
from pathlib import Path

import msgspec

import tradewind
from tradewind.core.errors import IntegrityError
from tradewind.core.files import locked, write_durably
from tradewind.core.ports import Clock

__all__ = ["Access", "Reading", "append_access", "ledger_problems", "read_ledger"]

LEDGER, HEAD, LOCK = "access_ledger.jsonl", "access_ledger.head", ".ledger.lock"
GENESIS = "0" * 64


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a test part.

    Attributes:
        sequence: 0-based number of the line.
        time_ns: When [ns since 1970-01-01 UTC].
        split: Name of the split.
        span: Days or times of its test part.
        named: Whether the split was asked for by name; False when its rows were read without it.
        table: ``events``, ``bars`` or ``scan``.
        symbols: What was read; empty for all symbols.
        rows: Number of rows of the test part that were read.
        purpose: What for, in the reader's words.
        user: Who, as the operating system knows them.
        pid: Process.
        tradewind: Version.
        previous: Hash of the line before.
        hash: SHA-256 of the line before's hash and of this line without its own hash.
    """

    sequence: int
    time_ns: int
    split: str
    span: str
    named: bool
    table: str
    symbols: list[str]
    rows: int
    purpose: str
    user: str
    pid: int
    tradewind: str
    previous: str = GENESIS
    hash: str = ""

    def sealed(self, sequence: int, previous: str) -> Access:
        """The entry at its place in the chain."""
        bare = msgspec.structs.replace(self, sequence=sequence, previous=previous, hash="")
        return msgspec.structs.replace(bare, hash=hashlib.sha256(msgspec.json.encode(bare)).hexdigest())


class _Head(msgspec.Struct, frozen=True):
    count: int
    hash: str


class Reading(msgspec.Struct, frozen=True):
    """What is about to be read of a test part.

    Attributes:
        split: Name of the split.
        span: Days or times of its test part, in words.
        named: Whether the split was asked for by name.
        table: ``events``, ``bars`` or ``scan``.
        symbols: Which symbols; empty for all.
        rows: How many rows.
    """

    split: str
    span: str
    named: bool
    table: str
    symbols: list[str]
    rows: int


def append_access(root: Path, reading: Reading, purpose: str, clock: Clock) -> Access:
    """Record a reading; when this returns, it is on the disk.

    Args:
        root: The catalog.
        reading: What is about to be read.
        purpose: What for.
        clock: Tells when.

    Returns:
        The entry as recorded.

    Raises:
        IntegrityError: When the end of the ledger is not what the last recording left.
        OSError: When the disk is full or refuses; then nothing may be read.
    """
    with locked(root, LOCK):
        path = root / LEDGER
        _drop_torn_line(path)
        entries = read_ledger(root)
        _check_tail(root, entries)
        previous = entries[-1].hash if entries else GENESIS
        about = msgspec.structs.asdict(reading)
        draft = Access(
            **about,
            sequence=0,
            time_ns=clock.now_ns(),
            purpose=purpose,
            user=_user(),
            pid=os.getpid(),
            tradewind=tradewind.__version__,
        )
        entry = draft.sealed(len(entries), previous)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            line = msgspec.json.encode(entry) + b"\n"
            if os.write(number, line) != len(line):
                raise OSError(28, "the disk is full", str(path))
            os.fsync(number)
        finally:
            os.close(number)
        write_durably(root / HEAD, msgspec.json.encode(_Head(len(entries) + 1, entry.hash)))
        return entry


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return f"uid {os.getuid()}"


def _drop_torn_line(path: Path) -> None:
    """Remove a last line that a crash cut off: its rows were never handed out."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole != len(content):
            file.truncate(whole)


def read_ledger(root: Path) -> list[Access]:
    """Entries of a catalog's ledger, oldest first; empty when there is none.

    Raises:
        IntegrityError: For a line that is not an entry, with its number.
    """
    path = root / LEDGER
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    entries = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            entries.append(msgspec.json.decode(line, type=Access))
        except msgspec.DecodeError as error:
            raise IntegrityError(f"{path}, line {number}: expected an entry of the ledger, got: {error}") from None
    return entries


def _check_tail(root: Path, entries: list[Access]) -> None:
    problems = _tail_problems(root, entries)
    if problems:
        raise IntegrityError(f"{root / LEDGER}: {problems[0]}; see tradewind data ledger")


def _tail_problems(root: Path, entries: list[Access]) -> list[str]:
    """Whether the ledger still holds what its head file says; one entry more is a crash between the two."""
    path = root / HEAD
    if not path.exists():
        return [] if len(entries) <= 1 else ["the head file is missing"]
    try:
        head = msgspec.json.decode(path.read_bytes(), type=_Head)
    except msgspec.DecodeError as error:
        return [f"the head file is damaged: {error}"]
    if len(entries) < head.count:
        return [f"{head.count} entries were recorded, {len(entries)} are there"]
    if entries[head.count - 1].hash != head.hash or len(entries) > head.count + 1:
        return [f"line {head.count} is not the one that was recorded last"]
    return []


def ledger_problems(root: Path) -> list[str]:
    """Check a ledger from its first line to its last.

    Args:
        root: The catalog.

    Returns:
        One sentence per problem; empty when nobody tampered with it.
    """
    try:
        entries = read_ledger(root)
    except IntegrityError as error:
        return [str(error)]
    problems = []
    previous = GENESIS
    for index, entry in enumerate(entries):
        if entry.sealed(index, previous) != entry:
            problems.append(f"line {index + 1} was changed, or a line before it was removed, added or moved")
        previous = entry.hash
    return problems + _tail_problems(root, entries)
