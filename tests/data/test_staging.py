"""An import is there in full or not at all: crashes, full disks, interrupts, imports side by side."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.data.made_up import DAY_NS, event_rows, instrument, write_source

from tradewind.core.errors import IntegrityError, StorageError
from tradewind.core.files import locked
from tradewind.core.types import Batch
from tradewind.data.store import partition
from tradewind.data.store import staging as staging_module
from tradewind.data.store.catalog import Catalog
from tradewind.data.store.staging import Staging, sweep

ROWS = event_rows(range(0, 4 * DAY_NS, DAY_NS // 100))


def state_of(root: Path) -> dict[str, str]:
    """Every visible file of a catalog and its checksum."""
    files = (p for p in root.rglob("*") if p.is_file() and ".staging" not in p.parts and p.name != ".lock")
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    root = tmp_path / "catalog"
    write_source(root, tmp_path / "first", [Batch(instrument("OLD"), event_rows(range(10)))])
    write_source(root, tmp_path / "source", [Batch(instrument(), ROWS[:100])])
    return root


class Break:
    """Stands in for a function of the staging module and fails at its n-th call."""

    def __init__(self, real: object, at: int, error: BaseException) -> None:
        self.real, self.at, self.error, self.calls = real, at, error, 0

    def __call__(self, *args: object, **more: object) -> object:
        self.calls += 1
        if self.calls == self.at:
            raise self.error
        return self.real(*args, **more)  # type: ignore[operator]


POINTS = [
    ("write_table", 1),
    ("write_table", 3),
    ("hash_file", 2),
    ("_make_folders", 1),
    ("_make_folders", 3),
    ("sync_folder", 1),
    ("sync_folder", 5),
    ("write_durably", 1),
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]}-{point[1]}")
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_full_disk_or_an_interrupt_leaves_nothing(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: tuple[str, int], error: BaseException
) -> None:
    before = state_of(catalog)
    name, at = point
    monkeypatch.setattr(staging_module, name, Break(getattr(staging_module, name), at, error))
    expected = (KeyboardInterrupt, "^$") if isinstance(error, KeyboardInterrupt) else (StorageError, "No space left")
    with pytest.raises(expected[0], match=expected[1]):
        write_source(catalog, tmp_path / "source", [Batch(instrument(), ROWS)], force=True)
    assert state_of(catalog) == before
    assert list((catalog / ".staging").iterdir()) == []
    monkeypatch.undo()
    Catalog(catalog).verify()
    assert sweep(catalog) == []


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/proc/self/limits").exists(), reason="uses a file size limit")
def test_a_write_that_the_system_refuses(catalog: Path, tmp_path: Path) -> None:
    import resource

    before = state_of(catalog)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(StorageError, match="File too large"):
            write_source(catalog, tmp_path / "big", [Batch(instrument(), ROWS)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert state_of(catalog) == before


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from tests.data.made_up import event_rows, instrument, write_source, DAY_NS
    from tradewind.core.types import Batch
    from tradewind.data.store import staging

    name, at = sys.argv[1], int(sys.argv[2])
    real, calls = getattr(staging, name), 0

    def deadly(*args, **more):
        global calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **more)
        return result

    setattr(staging, name, deadly)
    rows = event_rows(range(0, 4 * DAY_NS, DAY_NS // 100))
    write_source(Path(sys.argv[3]), Path(sys.argv[4]), [Batch(instrument(), rows)], force=True)
"""


@pytest.mark.parametrize(
    ("name", "at", "committed"),
    [
        ("hash_file", 3, False),
        ("sync_folder", 4, False),
        ("write_durably", 1, False),
        ("_remove", 1, True),
        ("_remove", 2, True),
    ],
)
def test_kill_minus_nine_at_any_point(catalog: Path, tmp_path: Path, name: str, at: int, committed: bool) -> None:
    """Replacing a source dies: readers see the old one or the new one, and the next import cleans up."""
    script = tmp_path / "killed.py"
    script.write_text(textwrap.dedent(KILLED), encoding="utf-8")
    before = Catalog(catalog).load("AIG")
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, str(script), name, str(at), str(catalog), str(tmp_path / "source")]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": f"{root}:{root}/src"}, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()

    expected = ROWS if committed else before
    assert Catalog(catalog).load("AIG").tobytes() == expected.tobytes()
    Catalog(catalog).verify()
    removed = sweep(catalog)
    assert removed, "a crash leaves something behind"
    assert sweep(catalog) == []
    assert Catalog(catalog).load("AIG").tobytes() == expected.tobytes()
    Catalog(catalog).verify()
    assert len(Catalog(catalog).load("OLD")) == 10
    named = {part.path for manifest in Catalog(catalog).manifests() for part in manifest.parts}
    assert {name for name in state_of(catalog) if name.endswith(".parquet")} == named


def test_what_another_import_is_writing_is_not_swept(catalog: Path) -> None:
    with Staging(catalog, "living") as staging:
        staging.write("events/symbol=X/date=2015-05-01", partition.event_table([ROWS]), first_ns=0, last_ns=0)
        assert sweep(catalog) == []
        assert len(list((catalog / ".staging").iterdir())) == 1


def test_imports_side_by_side_all_arrive(tmp_path: Path) -> None:
    root = tmp_path / "catalog"
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for index in range(4):
                rows = event_rows(range(100), first=1000 * index)
                name = f"file {index}" if number < 2 else f"file {number} {index}"  # 0 and 1 import the same files
                batches = [Batch(instrument(f"S{index}"), rows)]
                write_source(root, tmp_path / f"{number} {index}", batches, name)
        except BaseException as error:  # a thread's error must reach the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    catalog = Catalog(root)
    catalog.verify()
    assert len(catalog.manifests()) == 12
    assert [len(catalog.load(f"S{index}")) for index in range(4)] == [300] * 4
    assert sorted(m.generation for m in catalog.manifests()) == list(range(1, 13))
    assert sweep(root) == []


def test_the_lock_waits_for_another_process(tmp_path: Path) -> None:
    script = "import sys, fcntl; f = open(sys.argv[1], 'ab'); fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)"
    command = [sys.executable, "-c", script, str(tmp_path / ".lock")]
    with locked(tmp_path):
        assert subprocess.run(command, capture_output=True).returncode == 1
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_a_reader_that_began_before_a_replacement_is_told(catalog: Path, tmp_path: Path) -> None:
    batches = Catalog(catalog).events("AIG")
    write_source(catalog, tmp_path / "source", [Batch(instrument(), ROWS)], force=True)
    with pytest.raises(IntegrityError, match="expected a part of the catalog, got no file"):
        list(batches)
    assert len(np.concatenate([b.rows for b in Catalog(catalog).events("AIG")])) == len(ROWS)


def test_a_feed_that_fails_half_way_leaves_nothing(catalog: Path, tmp_path: Path) -> None:
    def feed() -> Iterator[Batch]:
        yield Batch(instrument(), ROWS)
        raise ValueError("cut off")

    before = state_of(catalog)
    with pytest.raises(ValueError, match="cut off"):
        write_source(catalog, tmp_path / "other", feed(), buffer_rows=50)
    assert state_of(catalog) == before
    assert list((catalog / ".staging").iterdir()) == []
