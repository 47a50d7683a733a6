"""One table of a point-in-time store: Parquet parts that are only ever added."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from tradewind.alpha.store.errors import BackwardsKnowledgeError, DuplicateKeyError, EmptyAppendError
from tradewind.core.errors import DataError, InvalidValueError, NotFoundError, StorageError

__all__ = ["EVENT", "KEY", "KNOWN", "PointInTimeTable", "nanoseconds"]

KEY = "key"
"""Column of what a row is about: a symbol, a company."""
EVENT = "event_time"
"""Column of the time that a row is about [ns UTC]."""
KNOWN = "knowledge_time"
"""Column of the time at which a row was known [ns UTC]."""
IDENTITY = [KEY, EVENT, KNOWN]


class PointInTimeTable:
    """Values that state when they are about (``event_time``) and when they were known (``knowledge_time``).

    Args:
        folder: Its folder of Parquet parts; made by the first append.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._frame: pl.DataFrame | None = None

    def parts(self) -> list[Path]:
        """Its files, in the order in which they were added."""
        return sorted(self.folder.glob("[0-9]*.parquet"))

    def frame(self) -> pl.DataFrame:
        """All rows, by key, knowledge time and event time.

        Raises:
            NotFoundError: When nothing was ever appended.
        """
        if self._frame is None:
            parts = self.parts()
            if not parts:
                raise NotFoundError(f"{self.folder}: no table of this name; append to it first")
            frames = [pl.read_parquet(part) for part in parts]
            self._frame = pl.concat(frames, how="diagonal_relaxed").sort(KEY, KNOWN, EVENT)
        return self._frame

    @property
    def features(self) -> list[str]:
        """Names of its values."""
        return [name for name in self.frame().columns if name not in IDENTITY]

    def append(self, rows: pl.DataFrame) -> int:
        """Add rows; nothing that stands is changed, a restatement is a further row with a later knowledge time.

        Args:
            rows: Columns ``key`` (text), ``event_time`` and ``knowledge_time`` (times, dates or nanoseconds UTC), and
                one column for each value; null where a row does not state a value.

        Returns:
            Rows added.

        Raises:
            EmptyAppendError: For 0 rows.
            DuplicateKeyError: When a key, event time and knowledge time stand twice, in the rows or with the table.
            BackwardsKnowledgeError: When a row was known before its event, or before what is known of its key already.
            DataError: When a column is missing or null, or its type differs from the table's.
            StorageError: When the disk refuses; the table is then as it was.
        """
        fresh = self._checked(rows)
        self._fit(fresh)
        self._write(fresh)
        self._frame = None
        return len(fresh)

    def _checked(self, rows: pl.DataFrame) -> pl.DataFrame:
        missing = [name for name in IDENTITY if name not in rows.columns]
        if missing:
            raise DataError(self.folder, f"columns {', '.join(IDENTITY)}", f"columns {', '.join(rows.columns)}")
        if rows.is_empty():
            raise EmptyAppendError(self.folder, "at least one row", "0 rows")
        if len(rows.columns) == len(IDENTITY):
            raise DataError(self.folder, "at least one column of values", "none")
        fresh = rows.with_columns(
            pl.col(KEY).cast(pl.String), nanoseconds(rows, EVENT, self.folder), nanoseconds(rows, KNOWN, self.folder)
        )
        for name in IDENTITY:
            if fresh[name].null_count():
                row = int(fresh[name].is_null().arg_max() or 0) + 1
                raise DataError(self.folder, "a value", "null", row=row, field=name)
        early = fresh[KNOWN] < fresh[EVENT]
        if early.any():
            at = int(early.arg_max() or 0)
            expected = f"known at its event or later ({fresh[EVENT][at]} of {fresh[KEY][at]!r})"
            raise BackwardsKnowledgeError(self.folder, expected, fresh[KNOWN][at], row=at + 1, field=KNOWN)
        twice = fresh.select(pl.struct(IDENTITY).is_duplicated()).to_series()
        if twice.any():
            at = int(twice.arg_max() or 0)
            expected = "each key, event time and knowledge time once"
            raise DuplicateKeyError(self.folder, expected, fresh.row(at)[:3], row=at + 1)
        return fresh.sort(KEY, KNOWN, EVENT)

    def _fit(self, fresh: pl.DataFrame) -> None:
        """Check rows against what stands."""
        if not self.parts():
            return
        old = self.frame()
        for name, kind in fresh.schema.items():
            if name in old.columns and old.schema[name] != kind and pl.Null not in (kind, old.schema[name]):
                raise DataError(self.folder, f"values of type {old.schema[name]}", str(kind), field=name)
        again = fresh.join(old, on=IDENTITY, how="semi")
        if len(again):
            raise DuplicateKeyError(self.folder, "rows that are not in the table yet", again.row(0)[:3])
        newest = old.group_by(KEY).agg(pl.col(KNOWN).max().alias("newest"))
        late = fresh.join(newest, on=KEY).filter(pl.col(KNOWN) < pl.col("newest"))
        if len(late):
            expected = f"knowledge of {late[KEY][0]!r} not before {late['newest'][0]}, which is known already"
            raise BackwardsKnowledgeError(self.folder, expected, late[KNOWN][0], field=KNOWN)

    def _write(self, fresh: pl.DataFrame) -> None:
        """Write a part beside its place, make it durable, then move it in: it is there whole or not at all."""
        parts = self.parts()
        number = int(parts[-1].stem) + 1 if parts else 1
        draft = self.folder / f".{number:06d}.draft"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                fresh.write_parquet(file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.folder / f"{number:06d}.parquet")
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise StorageError(f"{self.folder}: {error.strerror or error}; the table is as it was") from None

    def statements(self, feature: str) -> pl.DataFrame:
        """What a reader would have held for the newest value of each key, from which moment on.

        A row that restates an old event does not replace the value of a newer one.

        Args:
            feature: Name of a value.

        Returns:
            Columns ``key, knowledge_time, event_time`` and the value, by key and knowledge time; the last row of a key
            not after a moment is what was known at it.

        Raises:
            NotFoundError: When the table has no such value.
        """
        frame = self.frame()
        if feature not in self.features:
            raise NotFoundError(f"{self.folder}: no value {feature!r}; there are: {', '.join(self.features)}")
        stated = frame.select(*IDENTITY, feature).drop_nulls(feature)
        newest = pl.col(EVENT).cum_max().over(KEY)
        return stated.filter(pl.col(EVENT) >= newest).unique([KEY, KNOWN], keep="last", maintain_order=True)


def nanoseconds(rows: pl.DataFrame, name: str, where: Path) -> pl.Expr:
    """A column of times as int64 nanoseconds UTC: times with a zone, naive ones (taken as UTC), dates (their midnight).

    Raises:
        InvalidValueError: For a column that holds no times.
    """
    kind = rows.schema[name]
    if kind.is_integer():
        return pl.col(name).cast(pl.Int64)
    if isinstance(kind, pl.Date | pl.Datetime):
        return pl.col(name).cast(pl.Datetime("ns", getattr(kind, "time_zone", None))).cast(pl.Int64)
    raise InvalidValueError(f"{name} of {where.name}", "times, dates or int64 nanoseconds", str(kind))
