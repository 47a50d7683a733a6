"""Atomic imports: parts are written aside, moved in, and exist from the moment their manifest does.

The one moment of a commit is the rename of the manifest. Before it, whatever was written is an orphan that readers do
not see and the next import sweeps away; after it, everything is there and on the disk. A lock held only while
committing lets imports run side by side; a lock on each staging folder tells a living import from a dead one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from tradewind.core.errors import StorageError
from tradewind.core.files import DRAFT, locked, sync_folder, write_durably
from tradewind.data.store.manifest import FileRecord, Manifest, hash_file, load_manifests
from tradewind.data.store.partition import write_table

__all__ = ["Staging", "sweep"]

STAGING, MANIFESTS = ".staging", "manifests"


def sweep(root: Path) -> list[str]:
    """Remove what a crash left behind: dead staging folders, parts without a manifest, replaced manifests.

    Args:
        root: The catalog.

    Returns:
        What was removed, relative to the catalog, sorted.
    """
    (root / MANIFESTS).mkdir(parents=True, exist_ok=True)
    with locked(root):
        removed = [folder for folder in (root / STAGING).glob("*") if _is_dead(folder)]
        for folder in removed:
            shutil.rmtree(folder)
        manifests = load_manifests(root / MANIFESTS)
        named = {root / part.path for manifest in manifests for part in manifest.parts}
        named |= {root / MANIFESTS / f"{manifest.id}.json" for manifest in manifests}
        found = [path for top in ("events", "bars") for path in (root / top).rglob("*.parquet")]
        found += [path for path in (root / MANIFESTS).iterdir() if path.name.endswith((".json", DRAFT))]
        orphans = [path for path in found if path not in named]
        _remove(orphans, root)
    return sorted(path.relative_to(root).as_posix() for path in (*removed, *orphans))


def _is_dead(folder: Path) -> bool:
    """Whether the import that made a staging folder has ended: a living one holds the lock in it."""
    with (folder / "lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _remove(paths: list[Path], root: Path) -> None:
    """Remove files, and folders that become empty by it."""
    for path in paths:
        path.unlink(missing_ok=True)
    for path in paths:
        folder = path.parent
        with suppress(OSError):
            while folder not in (root, root / MANIFESTS):
                folder.rmdir()
                folder = folder.parent


class Staging:
    """Where one import writes until it is committed; a context that leaves nothing behind unless it was.

    Args:
        root: The catalog; made if it is not there.
        source_id: Id of the source.

    """

    def __init__(self, root: Path, source_id: str) -> None:
        self.root = root
        self.source_id = source_id
        self._parts: list[tuple[str, FileRecord]] = []
        self._folder = root / STAGING / f"{source_id}-{os.getpid()}-{id(self):x}"

    def __enter__(self) -> Staging:
        for name in (STAGING, MANIFESTS):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        with locked(self.root):
            self._folder.mkdir()
            self._alive = (self._folder / "lock").open("ab")
            fcntl.flock(self._alive, fcntl.LOCK_EX)
        return self

    def __exit__(self, *error: object) -> None:
        self._alive.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, folder: str, table: pa.Table, **about: Any) -> None:
        """Write the next part of the source.

        Args:
            folder: Where it will lie, relative to the catalog.
            table: Its rows.
            about: Fields of its :class:`FileRecord` that only the importer knows.

        Raises:
            StorageError: When the disk is full or refuses.
        """
        path = self._folder / f"{len(self._parts) + 1:06d}.parquet"
        try:
            write_table(table, path)
            record = FileRecord("", path.stat().st_size, hash_file(path), rows=table.num_rows, **about)
        except OSError as error:
            raise _refused(self.root, error) from None
        self._parts.append((folder, record))

    def commit(self, build: Callable[[list[Manifest]], Manifest | None]) -> Manifest | None:
        """Move the parts in and write the manifest, all or nothing.

        Args:
            build: Given the manifests as they are now, gives the new one without parts and generation, or None when
                the source turns out to be there already. Sources it names in ``replaces``, and an earlier one of its
                own id, leave the catalog in the same moment.

        Returns:
            The manifest as it was written, or None.

        Raises:
            StorageError: When the disk is full or refuses.
        """
        with locked(self.root):
            present = load_manifests(self.root / MANIFESTS)
            draft = build(present)
            if draft is None:
                return None
            old = [m for m in present if m.id == draft.id or m.id in draft.replaces]
            generation = max((m.generation for m in present), default=0) + 1
            path = self.root / MANIFESTS / f"{draft.id}.json"
            moved: list[Path] = []
            text = b""
            try:
                parts = self._move_in(_next_number(draft.id, old), moved)
                manifest = msgspec.structs.replace(draft, parts=parts, generation=generation)
                text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
                write_durably(path, text)
            except BaseException as error:
                if not text or not path.exists() or path.read_bytes() != text:
                    _remove(moved, self.root)
                if isinstance(error, OSError):
                    raise _refused(self.root, error) from None
                raise
            _remove([self.root / part.path for m in old for part in m.parts], self.root)
            _remove([self.root / MANIFESTS / f"{m.id}.json" for m in old if m.id != draft.id], self.root)
            return manifest

    def _move_in(self, first: int, moved: list[Path]) -> list[FileRecord]:
        """Rename the parts to where they belong; notes each before it appears."""
        records, folders = [], set()
        for number, (folder, record) in enumerate(self._parts):
            name = f"{folder}/{self.source_id}-{first + number:04d}.parquet"
            target = self.root / name
            _make_folders(target.parent, self.root)
            moved.append(target)
            (self._folder / f"{number + 1:06d}.parquet").replace(target)
            folders.add(target.parent)
            records.append(msgspec.structs.replace(record, path=name))
        for path in folders:
            sync_folder(path)
        return records


def _next_number(source_id: str, old: list[Manifest]) -> int:
    """First number for the parts of a source that no part of its earlier import has."""
    names = [part.path for manifest in old if manifest.id == source_id for part in manifest.parts]
    return max((int(name.removesuffix(".parquet").rpartition("-")[2]) for name in names), default=0) + 1


def _make_folders(folder: Path, root: Path) -> None:
    """Make a folder and its parents, each durably named in its own."""
    missing = [path for path in (folder, *folder.parents) if path.is_relative_to(root) and not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        sync_folder(path.parent)


def _refused(root: Path, error: OSError) -> StorageError:
    return StorageError(f"{root}: {error.strerror or error}; nothing of this source was kept")
