"""What feeds of one file share: the path, what was counted on the way, the instrument, batches of the asked size."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.core.types import Batch, Instrument
from tradewind.data.columns import to_steps
from tradewind.data.reader import ReadOptions

__all__ = ["FileFeed", "exact_step", "quote_rows", "symbol_from_name"]

NOT_A_SYMBOL = re.compile(
    r"\d{8}|\d{4}-\d{2}(-\d{2})?|best\d+|\d+(s|min|h|d)|quotes?|trades?|nbbo|taq|bars?|ohlcv?|prices?"
    r"|daily|hourly|minute|spot|usdm|coinm|csv|parquet|gz|zst|dat"
)
"""Parts of file names that are dates, kinds or endings; lower case only, so that SPOT stays a symbol."""
DECADES = ("1", *(f"1e-{d}" for d in range(1, 10)))


class FileFeed(ABC):
    """A :class:`~tradewind.core.ports.Feed` of one file.

    Args:
        path: The file.
        options: What the file does not say about itself.

    Attributes:
        counts: What was skipped, replayed or odd, by name; complete once the iteration is, started anew by each.
        notes: Remarks for people, one sentence each; complete once the iteration is.
    """

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self.path = path
        self.options = options
        self.counts: Counter[str] = Counter()
        self.notes: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files it reads."""
        return (self.path,)

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches of at most ``options.batch_rows`` rows."""
        self.counts = Counter()
        self.notes = ()
        size = self.options.batch_rows
        for chunk in self.chunks():
            for start in range(0, len(chunk.rows), size):
                yield Batch(chunk.instrument, chunk.rows[start : start + size], chunk.interval_ns)

    @abstractmethod
    def chunks(self) -> Iterator[Batch]:
        """Rows in pieces whose size depends on the file alone, so that batches of any size hold the same bytes."""

    def instrument(
        self,
        symbol: str,
        tick: Decimal,
        lot: Decimal,
        *,
        venue: str = "",
        currency: str = "USD",
        calendar: str = "24/7",
    ) -> Instrument:
        """The instrument as the file says, except where the options say otherwise."""
        options = self.options
        return Instrument(
            symbol=symbol,
            tick_size=options.tick_size or tick,
            lot_size=options.lot_size or lot,
            venue=venue if options.venue is None else options.venue,
            currency=currency if options.currency is None else options.currency,
            calendar=calendar if options.calendar is None else options.calendar,
        )

    def wants(self, symbol: str) -> bool:
        """Whether an instrument of a file with several is asked for."""
        return self.options.symbol is None or self.options.symbol == symbol

    def check_symbol_found(self, seen: set[str]) -> None:
        """Complain when the symbol asked for is none of those in the file.

        Raises:
            DataError: With the symbols there are.
        """
        if self.options.symbol is not None and self.options.symbol not in seen:
            there = sorted(seen)
            shown = ", ".join(there[:10]) + (f" and {len(there) - 10} more" if len(there) > 10 else "")
            raise DataError(self.path, f"rows of symbol {self.options.symbol!r}", f"symbols {shown}")


def symbol_from_name(path: Path) -> str:
    """Symbol that a file is named after: its name without dates and words such as ``quotes``.

    Raises:
        DataError: When nothing is left.

    Examples:
        >>> symbol_from_name(Path("AIG_20131007_quotes.parquet"))
        'AIG'
        >>> symbol_from_name(Path("CN_A50_best3_2014-01-09.csv.gz"))
        'CN_A50'
    """
    parts = [part for part in re.split(r"[_.\s]+", path.name) if part and not NOT_A_SYMBOL.fullmatch(part)]
    if not parts:
        raise DataError(path, "a symbol in the file's name", path.name, hint="Name it with --symbol.")
    return "_".join(parts)


def exact_step(values: Array, coarsest: str = "1") -> Decimal:
    """Largest power of ten, not above ``coarsest``, of which every value is a multiple.

    Args:
        values: Shape (n,), floats [currency or units].
        coarsest: First step tried.

    Returns:
        The step; 1e-9 when none fits, so that what is rounded away is below any real tick.

    Examples:
        >>> exact_step(np.array([0.25, 3.0])), exact_step(np.array([3.0]))
        (Decimal('0.01'), Decimal('1'))
    """
    sample = np.unique(np.asarray(values, dtype=np.float64))
    steps = [Decimal(text) for text in DECADES if Decimal(text) <= Decimal(coarsest)]
    for step in steps:
        if not to_steps(sample, step)[1].any():
            return Decimal(format(step, "f"))
    return Decimal(format(steps[-1], "f"))


def quote_rows(ts_ns: Array, prices: Array, sizes: Array, instrument: Instrument) -> tuple[Array, Array]:
    """Best quotes as packets of two QUOTE rows, bid then ask, LAST on the second.

    Args:
        ts_ns: Shape (n,), event times.
        prices: Shape (n, 2), bid and ask [currency]; NaN where a side is empty.
        sizes: Shape (n, 2) [units].
        instrument: Tick and lot.

    Returns:
        ``(rows, off_lot)``: shape (2n,) of ``EVENT``, and bool, shape (2n,), where a size is not a multiple of the lot.
    """
    rows = np.zeros(2 * len(ts_ns), dtype=EVENT)
    flat = np.asarray(prices, dtype=np.float64).ravel()
    ticks, off_tick = to_steps(flat, instrument.tick_size)
    lots, off_lot = to_steps(np.asarray(sizes, dtype=np.float64).ravel(), instrument.lot_size)
    empty = np.isnan(flat) | (lots == 0)
    rows["ts_event_ns"] = np.repeat(ts_ns, 2)
    rows["price_ticks"] = np.where(empty, 0, ticks)
    rows["size_lots"] = np.where(empty, 0, lots)
    rows["kind"] = EventKind.QUOTE
    rows["side"] = np.tile(np.array([1, -1], dtype=np.int8), len(ts_ns))
    rows["flags"] = np.where(off_tick & ~empty, EventFlag.OFF_TICK, 0)
    rows["flags"][1::2] |= EventFlag.LAST
    return rows, off_lot
