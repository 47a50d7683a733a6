"""Whatever is done to the ledger shows."""

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tradewind.core.clock import SimulatedClock
from tradewind.core.errors import IntegrityError
from tradewind.data.ledger import HEAD, LEDGER, Access, Reading, append_access, ledger_problems, read_ledger

READING = Reading(split="s", span="2013-10-09", named=True, table="events", symbols=["AIG"], rows=7)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    clock = SimulatedClock(1000)
    for number in range(4):
        append_access(tmp_path, READING, f"reading {number}", clock)
        clock.advance(1)
    return tmp_path


def test_entries_are_chained(root: Path) -> None:
    entries = read_ledger(root)
    assert [(e.sequence, e.time_ns, e.purpose) for e in entries] == [(n, 1000 + n, f"reading {n}") for n in range(4)]
    assert [e.previous for e in entries] == ["0" * 64, *(e.hash for e in entries[:-1])]
    assert ledger_problems(root) == []
    assert entries[0].user
    assert entries[0].pid > 0


def change_rows(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"rows":7', b'"rows":1'), *lines[2:]]


def reseal(lines: list[bytes]) -> list[bytes]:
    """Change an entry and make its own hash right again."""
    entry = msgspec.structs.replace(msgspec.json.decode(lines[1], type=Access), purpose="something else")
    return [lines[0], msgspec.json.encode(entry.sealed(1, entry.previous)), *lines[2:]]


def rewrite_all(lines: list[bytes]) -> list[bytes]:
    """Change an entry and recompute the whole chain behind it."""
    entries, previous = [], "0" * 64
    for index, line in enumerate(lines):
        entry = msgspec.structs.replace(msgspec.json.decode(line, type=Access), user="nobody")
        entries.append(entry.sealed(index, previous))
        previous = entries[-1].hash
    return [msgspec.json.encode(entry) for entry in entries]


@pytest.mark.parametrize(
    "tamper",
    [
        change_rows,
        reseal,
        rewrite_all,
        lambda lines: lines[1:],
        lambda lines: [*lines[:1], *lines[2:]],
        lambda lines: lines[:-1],
        lambda lines: [],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [lines[0], *lines],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [lines[0], b"not an entry", *lines[1:]],
    ],
)
def test_tampering_shows(root: Path, tamper: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = (root / LEDGER).read_bytes().splitlines()
    (root / LEDGER).write_bytes(b"".join(line + b"\n" for line in tamper(lines)))
    assert ledger_problems(root)


def test_a_shortened_or_replaced_ledger_takes_no_more_entries(root: Path) -> None:
    lines = (root / LEDGER).read_bytes().splitlines(keepends=True)
    (root / LEDGER).write_bytes(b"".join(lines[:2]))
    with pytest.raises(IntegrityError, match="4 entries were recorded, 2 are there; see tradewind data ledger"):
        append_access(root, READING, "", SimulatedClock())
    (root / LEDGER).write_bytes(b"".join(lines))
    (root / HEAD).unlink()
    with pytest.raises(IntegrityError, match="the head file is missing"):
        append_access(root, READING, "", SimulatedClock())


def test_a_crash_while_writing_is_not_tampering(root: Path) -> None:
    before = (root / HEAD).read_bytes()
    append_access(root, READING, "its head was not written", SimulatedClock())
    (root / HEAD).write_bytes(before)
    assert ledger_problems(root) == []
    with (root / LEDGER).open("ab") as file:
        file.write(b'{"sequence":5,"time')
    append_access(root, READING, "after a torn line", SimulatedClock())
    assert [e.purpose for e in read_ledger(root)][-2:] == ["its head was not written", "after a torn line"]
    assert ledger_problems(root) == []


def test_many_readers_write_one_chain(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=lambda: [append_access(tmp_path, READING, "", SimulatedClock()) for _ in range(5)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.sequence for e in read_ledger(tmp_path)] == list(range(20))
    assert ledger_problems(tmp_path) == []
