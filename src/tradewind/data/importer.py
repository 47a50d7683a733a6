"""Many files into a catalog: each read by its own reader; one that fails does not keep the others out."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tradewind.core.clock import SystemClock
from tradewind.core.errors import StorageError, TradewindError, UsageError
from tradewind.core.ports import Clock, Feed
from tradewind.data.ingest import FileOutcome, ImportOptions, Progress, import_file, silent
from tradewind.data.reader import Reader
from tradewind.data.registry import detect
from tradewind.data.staging import sweep

__all__ = ["ImportReport", "expand_paths", "import_paths"]


class ImportReport(msgspec.Struct, frozen=True):
    """What became of a batch of files.

    Attributes:
        files: One outcome per file, in the order of the files.
        recovered: What earlier crashes had left in the catalog and was removed.
    """

    files: list[FileOutcome]
    recovered: list[str]

    @property
    def failed(self) -> list[FileOutcome]:
        """Files that could not be imported."""
        return [item for item in self.files if item.status == "failed"]


class _Plan(msgspec.Struct, frozen=True):
    path: Path
    reader: Reader | None = None
    feed: Feed | None = None
    error: TradewindError | OSError | None = None


def import_paths(
    root: Path,
    paths: list[Path],
    options: ImportOptions | None = None,
    *,
    clock: Clock | None = None,
    progress: Progress = silent,
) -> ImportReport:
    """Import files, folders (all files in them) and patterns such as ``*.csv.gz``.

    A file that another file of the batch reads as its companion is not imported by itself; a file that fails does not
    keep the others from being imported.

    Args:
        root: The catalog; made if it is not there.
        paths: What to import.
        options: How.
        clock: Tells when, and how long it took.
        progress: Told how far it is.

    Returns:
        What became of each file.

    Raises:
        StorageError: When the catalog's folder cannot be made.
    """
    options, clock = options or ImportOptions(), clock or SystemClock()
    try:
        recovered = sweep(root)
    except OSError as error:
        raise StorageError(f"{root}: cannot hold a catalog: {error.strerror}") from None
    plans = [_plan(path, options) for path in expand_paths(paths)]
    leader_of = _companions(plans)
    outcomes = []
    for plan in plans:
        leader = leader_of.get(plan.path.resolve())
        if leader is not None:
            outcomes.append(FileOutcome(path=str(plan.path), status="companion", warnings=[f"read with {leader.name}"]))
        else:
            outcomes.append(_attempt(root, plan, options, clock, progress))
    return ImportReport(outcomes, recovered)


def expand_paths(paths: list[Path]) -> list[Path]:
    """Files that paths, folders and patterns stand for, each once; what is not there stays, to fail by name."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (p for p in path.rglob("*") if p.is_file())
            found += sorted(p for p in inside if not any(part.startswith(".") for part in p.relative_to(path).parts))
        elif not path.exists() and any(mark in str(path) for mark in "*?["):
            root = Path(path.anchor or ".")
            found += sorted(p for p in root.glob(str(path.relative_to(path.anchor))) if p.is_file()) or [path]
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _plan(path: Path, options: ImportOptions) -> _Plan:
    try:
        reader = detect(path, options.format)
        return _Plan(path, reader, reader.open(path, options.read))
    except (TradewindError, OSError) as error:
        return _Plan(path, error=error)


def _companions(plans: list[_Plan]) -> dict[Path, Path]:
    """Which files are read as part of another, and of which."""
    leader_of: dict[Path, Path] = {}
    batch = {plan.path.resolve() for plan in plans}
    for plan in plans:
        if plan.feed is not None and plan.path.resolve() not in leader_of:
            for other in plan.feed.paths[1:]:
                if other.resolve() in batch:
                    leader_of[other.resolve()] = plan.path
    return leader_of


def _attempt(root: Path, plan: _Plan, options: ImportOptions, clock: Clock, progress: Progress) -> FileOutcome:
    """Import one file; an error becomes an outcome."""
    try:
        if plan.error is not None or plan.reader is None or plan.feed is None:
            raise plan.error or UsageError(f"{plan.path}: no reader")
        return import_file(root, plan.feed, plan.reader, options, clock=clock, progress=progress)
    except OSError as error:
        text, code = f"{error.filename or plan.path}: {error.strerror or error}", StorageError.exit_code
    except TradewindError as error:
        text, code = str(error), error.exit_code
    name = plan.reader.name if plan.reader else ""
    return FileOutcome(path=str(plan.path), status="failed", format=name, error=text, exit_code=code)
