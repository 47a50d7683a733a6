"""The point-in-time store: ask what was known at a moment, and nothing that was not is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tradewind.alpha.store.members import OPEN_END, members_at
from tradewind.alpha.store.table import EVENT, KEY, KNOWN, PointInTimeTable
from tradewind.core.errors import InvalidValueError, NotFoundError

__all__ = ["PointInTimeStore"]

NAME = re.compile(r"^[a-z][a-z0-9_]*$")


class PointInTimeStore:
    """A folder of point-in-time tables and universes.

    Every value carries the time it is about and the time it was known. Appending never changes what stands: what was
    told for a moment yesterday is told for it for ever.

    Args:
        path: The folder; made by the first append.

    Examples:
        >>> from tempfile import mkdtemp
        >>> store = PointInTimeStore(mkdtemp())
        >>> first = {"key": ["IBM"], "event_time": [100], "knowledge_time": [150], "income": [3.0]}
        >>> restated = first | {"knowledge_time": [300], "income": [2.5]}
        >>> store.append("filings", pl.DataFrame(first)), store.append("filings", pl.DataFrame(restated))
        (1, 1)
        >>> [store.asof(["IBM"], t, ["filings.income"])["filings.income"][0] for t in (149, 150, 300)]
        [None, 3.0, 2.5]
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._tables: dict[str, PointInTimeTable] = {}

    def tables(self) -> list[str]:
        """Names of its tables."""
        return sorted(p.name for p in (self.path / "tables").glob("*") if p.is_dir())

    def table(self, name: str) -> PointInTimeTable:
        """A table by name.

        Raises:
            InvalidValueError: For a name that is not lower-case letters, digits and underscores.
        """
        return self._open("tables", name)

    def _open(self, kind: str, name: str) -> PointInTimeTable:
        if not NAME.match(name):
            raise InvalidValueError("name", "lower-case letters, digits and underscores", name)
        return self._tables.setdefault(f"{kind}/{name}", PointInTimeTable(self.path / kind / name))

    def append(self, table: str, rows: pl.DataFrame) -> int:
        """Add rows to a table; see :meth:`~tradewind.alpha.store.table.PointInTimeTable.append`.

        Args:
            table: Its name.
            rows: Columns ``key, event_time, knowledge_time`` and values.

        Returns:
            Rows added.
        """
        return self.table(table).append(rows)

    def asof(self, keys: Sequence[str], t: int, features: Sequence[str], *, times: bool = False) -> pl.DataFrame:
        """Newest values that were known at a moment.

        Args:
            keys: Which keys; the rows of the answer.
            t: The moment [ns UTC]; what became known at it counts.
            features: Values, as ``table.value``.
            times: Add for each value the time it is about and the time it was known.

        Returns:
            Columns ``key`` and the values; null where nothing was known.

        Raises:
            NotFoundError: For a table or value that is not there.
        """
        asked = pl.DataFrame({KEY: list(keys), "t": [t] * len(keys)}, schema={KEY: pl.String, "t": pl.Int64})
        return self.asof_many(asked, features, times=times).drop("t")

    def asof_many(self, asked: pl.DataFrame, features: Sequence[str], *, times: bool = False) -> pl.DataFrame:
        """As :meth:`asof`, for many keys, each at its own moment.

        Args:
            asked: Columns ``key`` and ``t`` [ns UTC]; the rows of the answer, in their order.
            features: Values, as ``table.value``.
            times: Add for each value the time it is about and the time it was known.

        Returns:
            ``asked`` with a column for each value.

        Raises:
            NotFoundError: For a table or value that is not there.
        """
        out = asked.with_row_index("row").sort("t")
        for feature in features:
            table, _, value = feature.partition(".")
            if table not in self.tables() or value not in self.table(table).features:
                there = ", ".join(f"{t}.{v}" for t in self.tables() for v in self.table(t).features)
                raise NotFoundError(f"{self.path}: no value {feature!r}; there are: {there or 'none'}")
            told = self.table(table).statements(value).sort(KNOWN)
            told = told.rename({value: feature, EVENT: f"{feature}.event_time"})
            told = told.with_columns(pl.col(KNOWN).alias(f"{feature}.knowledge_time"))
            kept = [KEY, KNOWN, feature] + ([f"{feature}.event_time", f"{feature}.knowledge_time"] if times else [])
            out = out.join_asof(
                told.select(kept), left_on="t", right_on=KNOWN, by=KEY, strategy="backward", check_sortedness=False
            ).drop(KNOWN, strict=False)
        return out.sort("row").drop("row")

    def append_members(self, universe: str, rows: pl.DataFrame) -> int:
        """State memberships of a universe.

        Args:
            universe: Its name.
            rows: Columns ``key``, ``event_time`` (start), ``knowledge_time``, and ``end_ns`` (null: not ended). An end
                that becomes known later is a further row of the same start.

        Returns:
            Rows added.
        """
        ends = rows.with_columns(pl.col("end_ns").cast(pl.Int64).fill_null(OPEN_END))
        early = ends.filter(pl.col("end_ns") <= pl.col(EVENT).cast(pl.Int64))
        if len(early):
            raise InvalidValueError(
                "end_ns", f"after the start of the membership of {early[KEY][0]!r}", early["end_ns"][0]
            )
        return self._open("universes", universe).append(ends)

    def members(self, universe: str, t: int, *, known: int | None = None) -> list[str]:
        """Members of a universe at a moment, by what was known then.

        Args:
            universe: Its name.
            t: When they belonged [ns UTC].
            known: By what was known when [ns UTC]; ``t`` when absent.

        Returns:
            Keys, ascending.

        Raises:
            NotFoundError: When there is no such universe.
        """
        return members_at(self._open("universes", universe).frame(), t, t if known is None else known)
