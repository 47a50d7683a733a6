"""Splits that do not leak: walk-forward, days held out, and combinatorial purged cross-validation.

Purging removes every training row whose label overlaps the time of the test rows, by ``t0`` and ``t1``; the embargo
removes training rows that begin shortly after a stretch of test rows.

References:
    López de Prado (2018), "Advances in Financial Machine Learning", chapters 7 and 12.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations, pairwise

import msgspec
import numpy as np

from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError

__all__ = ["CombinatorialPurged", "DaysOut", "Fold", "WalkForward", "overlapping_rows", "purged"]


class Fold(msgspec.Struct, frozen=True, kw_only=True):
    """Rows to learn from and rows to be judged on.

    Attributes:
        name: What it is called, e.g. its first test day.
        train: Shape (n,), indices, ascending.
        test: Shape (m,), indices, ascending.
        groups: Numbers of the test groups, for combinatorial splits.
    """

    name: str
    train: Array
    test: Array
    groups: tuple[int, ...] = ()


def overlapping_rows(train: Array, test: Array, sample: Sample) -> Array:
    """Training rows whose label's life overlaps that of any test row.

    Args:
        train: Shape (n,), indices.
        test: Shape (m,), indices.
        sample: Times of all rows.

    Returns:
        Shape (n,), a mask of ``train``.

    Examples:
        >>> times = np.arange(6) * 10
        >>> still = np.zeros(6, np.int64)
        >>> sample = Sample(t0=times, t1=times + 15, weight=np.ones(6), series=still, day=still)
        >>> overlapping_rows(np.array([0, 1, 2, 5]), np.array([3, 4]), sample)
        array([False, False,  True,  True])
    """
    begins, ends = _stretches(sample.t0[test], sample.t1[test])
    place = np.searchsorted(begins, sample.t1[train], side="right") - 1
    return np.asarray((place >= 0) & (ends[np.maximum(place, 0)] >= sample.t0[train]))


def purged(train: Array, test: Array, sample: Sample, embargo_ns: int = 0) -> Array:
    """Training rows that neither overlap the test rows nor begin within the embargo after them."""
    begins, ends = _stretches(sample.t0[test], sample.t1[test])
    place = np.searchsorted(begins, sample.t1[train], side="right") - 1
    reach = ends[np.maximum(place, 0)] + embargo_ns
    return np.asarray(train[~((place >= 0) & (reach >= sample.t0[train]))])


def _stretches(t0: Array, t1: Array) -> tuple[Array, Array]:
    """Lives of test rows joined where they touch: begins and ends, ascending."""
    order = np.argsort(t0, kind="stable")
    begin, end = t0[order], np.maximum.accumulate(t1[order])
    first = np.concatenate(([True], begin[1:] > end[:-1]))
    return begin[first], end[np.concatenate((np.flatnonzero(first)[1:] - 1, [len(end) - 1]))]


class WalkForward(msgspec.Struct, frozen=True, kw_only=True):
    """Train on the past, judge on what follows, move on.

    Attributes:
        folds: How many test stretches, of equal numbers of days (of rows where there are too few days).
        first: Share of the days before the first test stretch.
        window_ns: Oldest training row before the test stretch [ns]; 0 for all.
        embargo_ns: Training rows that end so shortly before the test stretch are left out as well [ns].
    """

    folds: int = 5
    first: float = 0.4
    window_ns: int = 0
    embargo_ns: int = 0

    def split(self, sample: Sample) -> Iterator[Fold]:
        """The folds, in time order.

        Raises:
            InvalidValueError: For no fold, or more folds than the rows allow.
        """
        if self.folds < 1 or not 0 < self.first < 1:
            raise InvalidValueError("folds", "1 or more, after a first share between 0 and 1", (self.folds, self.first))
        days = np.unique(sample.day)
        keys = sample.day if len(days) >= 2 * self.folds else sample.t0
        marks = np.unique(keys)
        edges = np.round(np.linspace(len(marks) * self.first, len(marks), self.folds + 1)).astype(int)
        if edges[0] < 1 or np.any(np.diff(edges) < 1):
            raise InvalidValueError("folds", f"fewer than {len(marks)} times allow", self.folds)
        for low, high in pairwise(edges):
            begin = marks[low]
            inside = (keys >= begin) & ((keys < marks[high]) if high < len(marks) else np.True_)
            test = np.flatnonzero(inside)
            train = np.flatnonzero(keys < begin)
            start = sample.t0[test].min()
            train = train[sample.t1[train] < start - self.embargo_ns]
            if self.window_ns:
                train = train[sample.t0[train] >= start - self.window_ns]
            if len(train):
                name = str(np.datetime64(int(begin), "D")) if keys is sample.day else f"part {low}"
                yield Fold(name=name, train=train, test=test)


class DaysOut(msgspec.Struct, frozen=True, kw_only=True):
    """The last days are judged by what was learnt on those before.

    Attributes:
        days: Days to judge, as dates or ISO dates; the last one where empty.
        embargo_ns: As in :class:`WalkForward` [ns].
    """

    days: tuple[date | str, ...] = ()
    embargo_ns: int = 0

    def split(self, sample: Sample) -> Iterator[Fold]:
        """One fold for each day; all learn from the days before the first of them.

        Raises:
            NotFoundError: When a day has no rows.
            InvalidValueError: When nothing comes before.
        """
        known = np.unique(sample.day)
        wanted: Sequence[int] = [int(np.datetime64(d, "D").astype(np.int64)) for d in self.days] or [int(known[-1])]
        for day in wanted:
            if day not in known:
                raise NotFoundError(f"{np.datetime64(day, 'D')}: no rows; there are {', '.join(_dates(known))}")
        before = np.flatnonzero(sample.day < min(wanted))
        if not len(before):
            raise InvalidValueError("days", f"days with others before them, of {', '.join(_dates(known))}", self.days)
        for day in sorted(wanted):
            test = np.flatnonzero(sample.day == day)
            train = before[sample.t1[before] < sample.t0[test].min() - self.embargo_ns]
            yield Fold(name=str(np.datetime64(day, "D")), train=train, test=test)


class CombinatorialPurged(msgspec.Struct, frozen=True, kw_only=True):
    """Every choice of test groups among equal stretches of time, the rest purged: many paths through one history.

    Attributes:
        groups: Stretches.
        tests: Stretches judged at once.
        embargo_ns: Embargo after each test stretch [ns].
    """

    groups: int = 6
    tests: int = 2
    embargo_ns: int = 0

    @property
    def paths(self) -> int:
        """How many whole histories the judged stretches make.

        Examples:
            >>> CombinatorialPurged(groups=6, tests=2).paths
            5
        """
        return len(list(combinations(range(self.groups - 1), self.tests - 1)))

    def group_of(self, sample: Sample) -> Array:
        """Shape (n,): the stretch of each row; rows born at one time share one."""
        if not 1 <= self.tests < self.groups:
            raise InvalidValueError("tests", f"between 1 and {self.groups - 1}", self.tests)
        times, inverse = np.unique(sample.t0, return_inverse=True)
        if len(times) < self.groups:
            raise InvalidValueError("groups", f"at most {len(times)} times", self.groups)
        sizes = [len(part) for part in np.array_split(np.arange(len(times)), self.groups)]
        return np.asarray(np.repeat(np.arange(self.groups), sizes)[inverse])

    def split(self, sample: Sample) -> Iterator[Fold]:
        """One fold for each choice."""
        group = self.group_of(sample)
        for chosen in combinations(range(self.groups), self.tests):
            inside = np.isin(group, chosen)
            test = np.flatnonzero(inside)
            train = purged(np.flatnonzero(~inside), test, sample, self.embargo_ns)
            yield Fold(name="+".join(str(g) for g in chosen), train=train, test=test, groups=chosen)

    def path_rows(self, sample: Sample) -> list[list[tuple[int, Array]]]:
        """For each path the folds that judge its groups: pairs of a fold's number and rows, group by group."""
        group = self.group_of(sample)
        choices = list(combinations(range(self.groups), self.tests))
        found: list[list[tuple[int, Array]]] = [[] for _ in range(self.paths)]
        for g in range(self.groups):
            holding = [k for k, chosen in enumerate(choices) if g in chosen]
            for path, fold in enumerate(holding):
                found[path].append((fold, np.flatnonzero(group == g)))
        return found


def _dates(days: Array) -> list[str]:
    return [str(np.datetime64(int(day), "D")) for day in days]
