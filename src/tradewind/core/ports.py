"""Ports: the shapes that swappable parts share. Anything behind one passes its contract tests (``tests/contracts``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from tradewind.core.dtypes import Array
from tradewind.core.types import Batch, Instrument

__all__ = ["BookProbe", "Clock", "Feed", "TextScorer"]


class Clock(Protocol):
    """Tells the time; faces: :class:`~tradewind.core.clock.SystemClock`, ``SimulatedClock``."""

    def now_ns(self) -> int:
        """Wall time [ns since 1970-01-01 UTC]."""
        ...

    def monotonic_ns(self) -> int:
        """A clock that never goes back [ns]."""
        ...


class Feed(Protocol):
    """A source of market data, read once from start to end in bounded memory.

    Batches of one instrument come in source order; a file with several instruments interleaves their batches.
    """

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files it reads, main file first, then companions (a snapshot, a book file)."""
        ...

    def __iter__(self) -> Iterator[Batch]:
        """Yield the rows; raises :class:`~tradewind.core.errors.DataError` where the source is damaged."""
        ...


class BookProbe(Protocol):
    """Watches a stream of rows through a book, for what rows alone cannot show (crossed and locked best quotes)."""

    def feed(self, instrument: Instrument, rows: Array) -> None:
        """See the next rows (dtype ``EVENT``) of an instrument."""
        ...

    def counts(self) -> dict[str, int]:
        """What was found so far, by name."""
        ...


class TextScorer(Protocol):
    """Reads texts and says how good the news is; a text's score does not depend on the texts beside it."""

    @property
    def name(self) -> str:
        """Short name for tables."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of everything the score depends on but the text; caches are keyed by it."""
        ...

    def score(self, texts: Sequence[str]) -> Array:
        """Probabilities of bad, neutral and good news: shape (n, 3), float64, rows that sum to 1."""
        ...
