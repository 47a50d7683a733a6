"""Named chronological splits: which days or hours a model may learn from, choose by, and be judged on."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import msgspec

import tradewind
from tradewind.core.errors import IntegrityError, InvalidValueError, NotFoundError, UsageError
from tradewind.core.files import locked, write_durably
from tradewind.core.ports import Clock
from tradewind.data.calendars import DAY_NS
from tradewind.data.store.ledger import LOCK, read_ledger
from tradewind.data.store.partition import interval_name
from tradewind.data.store.window import Days, Span, Times

__all__ = ["Split", "create_split", "load_split", "load_splits", "resolve_part"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """A chronological split; all of its parts are of one kind, days or times.

    Attributes:
        name: Its name.
        train: What models learn from.
        test: What results are reported on; reading it is recorded.
        validation: What models are chosen by; None where there is none.
        embargo_ns: Least gap between two parts [ns]; whole days for parts made of days.
        created_ns: When it was made [ns since 1970-01-01 UTC].
        tradewind: Version that made it.
    """

    name: str
    train: Span
    test: Span
    validation: Span | None = None
    embargo_ns: int = 0
    created_ns: int = 0
    tradewind: str = tradewind.__version__

    def __post_init__(self) -> None:
        """Check names, kinds, order and gaps."""
        if not NAME.fullmatch(self.name):
            raise InvalidValueError("split", "letters, digits, dots, dashes and underscores", self.name)
        if self.embargo_ns < 0 or (isinstance(self.train, Days) and self.embargo_ns % DAY_NS):
            raise InvalidValueError("embargo", "whole days for a split by days", interval_name(self.embargo_ns))
        parts = list(self.parts().items())
        for (earlier, before), (later, after) in pairwise(parts):
            _check_order(earlier, before, later, after, self.embargo_ns)

    def parts(self) -> dict[str, Span]:
        """Its parts by name, in order of time."""
        spans = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: span for name, span in spans.items() if span is not None}


def _check_order(earlier: str, before: Span, later: str, after: Span, embargo_ns: int) -> None:
    """Refuse parts of two kinds, parts out of order, overlaps, and gaps below the embargo."""
    text = f" and the embargo of {interval_name(embargo_ns)}" if embargo_ns else ""
    if isinstance(before, Days) and isinstance(after, Days):
        free = before.last + timedelta(days=1 + embargo_ns // DAY_NS)
        if after.first < free:
            raise InvalidValueError(later, f"on or after {free}, behind {earlier} ({before}){text}", str(after))
    elif isinstance(before, Times) and isinstance(after, Times):
        if after.start_ns < before.end_ns + embargo_ns:
            raise InvalidValueError(later, f"after the end of {earlier} ({before}){text}", str(after))
    else:
        raise InvalidValueError(later, f"of the same kind as {earlier} ({before}): all days or all times", str(after))


def create_split(root: Path, split: Split, clock: Clock) -> Split:
    """Record a split in a catalog; one whose test part was never read may be made anew.

    Args:
        root: The catalog.
        split: The split.
        clock: Tells when it is made.

    Returns:
        The split as recorded.

    Raises:
        UsageError: When a split of that name has had its test part read.
    """
    folder = root / "splits"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{split.name}.json"
    recorded = msgspec.structs.replace(split, created_ns=clock.now_ns())
    with locked(root, LOCK):
        reads = [entry for entry in read_ledger(root) if entry.split == split.name]
        known = load_split(root, split.name).parts() if path.exists() else None
        same = split.parts() == known if known else all(entry.span == str(split.test) for entry in reads)
        if reads and not same:
            raise UsageError(
                f"split {split.name!r}: its test part was read {len(reads)} times, so it cannot change any more; give "
                "the new split a new name"
            )
        if not reads or known is None:
            write_durably(path, msgspec.json.format(msgspec.json.encode(recorded), indent=1))
        return load_split(root, split.name)


def load_splits(root: Path) -> list[Split]:
    """Splits of a catalog, sorted by name.

    Raises:
        IntegrityError: For a file that is not a split.
    """
    return [load_split(root, path.stem) for path in sorted((root / "splits").glob("*.json"))]


def load_split(root: Path, name: str) -> Split:
    """One split of a catalog.

    Raises:
        NotFoundError: When there is none of that name; lists those there are.
        IntegrityError: When its file is not a split.
    """
    path = root / "splits" / f"{name}.json"
    if not NAME.fullmatch(name) or not path.is_file():
        there = ", ".join(sorted(other.stem for other in path.parent.glob("*.json"))) or "none yet"
        raise NotFoundError(f"no split {name!r} in {root}; there are: {there}")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Split)
    except (msgspec.DecodeError, InvalidValueError) as error:
        raise IntegrityError(f"{path}: expected a split, got: {error}") from None


def resolve_part(root: Path, text: str) -> tuple[Split, str]:
    """A split and one of its parts from ``NAME/part``.

    Raises:
        NotFoundError: When there is no such split or part.
        UsageError: When no part is named.
    """
    name, slash, part = text.partition("/")
    if not slash:
        raise UsageError(f"split {text!r}: name the part too, such as {name}/train")
    split = load_split(root, name)
    if part not in split.parts():
        raise NotFoundError(f"split {name!r} has no part {part!r}; it has: {', '.join(split.parts())}")
    return split, part
