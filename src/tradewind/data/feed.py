"""What feeds of one file share: the path, what was counted on the way, the instrument, batches of the asked size."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.core.types import Batch, Instrument
from tradewind.data.columns import infer_step, to_steps
from tradewind.data.reader import ReadOptions

__all__ = ["FileFeed", "exact_step", "likely_step", "quote_rows", "symbol_from_name"]

NOT_A_SYMBOL = re.compile(
    r"\d{8}|\d{4}-\d{2}(-\d{2})?|best\d+|\d+(s|min|h|d)|quotes?|trades?|nbbo|taq|bars?|ohlcv?|prices?"
    r"|daily|hourly|minute|spot|usdm|coinm|csv|parquet|gz|zst|dat"
)
"""Parts of file names that are dates, kinds or endings; lower case only, so that SPOT stays a symbol."""
ENOUGH = 200
"""Values from which a step of 0.5 or 0.25 can be told from a power of ten."""
DECADES = ("1", *(f"1e-{d}" for d in range(1, 10)))


class FileFeed(ABC):
    """A :class:`~tradewind.core.ports.Feed` of one file.

    Args:
        path: The file.
        options: What the file does not say about itself.

    Attributes:
        counts: What was skipped, replayed or odd, by name; complete once the iteration is, started anew by each.
        notes: Remarks for people, one sentence each, the last of them the counts; complete once the iteration is.
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
        """Yield batches of at most ``options.batch_rows`` rows.

        Raises:
            DataError: Where the file is damaged, and when it holds no rows at all.
        """
        self.counts = Counter()
        self.notes = ()
        size = self.options.batch_rows
        found = False
        for chunk in self.chunks():
            found = found or len(chunk.rows) > 0
            for start in range(0, len(chunk.rows), size):
                yield Batch(chunk.instrument, chunk.rows[start : start + size], chunk.interval_ns)
        if not found:
            raise DataError(self.path, "rows of market data", "none")
        if self.counts:
            counted = ", ".join(f"{name} {count:,}" for name, count in sorted(self.counts.items()))
            self.notes = (*self.notes, f"Counted: {counted}.")

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

    def lots(self, rows: Array, sizes: Array, instrument: Instrument, field: str) -> Array:
        """Sizes as whole lots, never rounded.

        Args:
            rows: Shape (n,), 1-based row of each size, for the error.
            sizes: Shape (n,), floats [units]; NaN becomes 0.
            instrument: Says what a lot is.
            field: The column, for the error.

        Raises:
            DataError: For a size that is not a multiple of the lot, or negative.
        """
        lots, off = to_steps(sizes, instrument.lot_size)
        bad = off | (lots < 0)
        if bad.any():
            at = int(bad.argmax())
            raise DataError(
                self.path,
                f"a size in lots of {instrument.lot_size}",
                float(sizes[at]),
                row=int(rows[at]),
                field=field,
                hint="The lot is the format's or was inferred from the first rows: give another one.",
            )
        return lots

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


def likely_step(values: Array) -> Decimal:
    """Tick that a sample of prices suggests: all are multiples of it; 0.5 or 0.25 only when there are many.

    Args:
        values: Shape (n,), floats [currency].

    Examples:
        >>> likely_step(np.array([8531.5, 8532.0])), likely_step(np.arange(1, 300) / 4)
        (Decimal('0.1'), Decimal('0.25'))
    """
    if len(values) >= ENOUGH:
        step = infer_step(values)
        if not to_steps(values, step)[1].any():
            return step
    return exact_step(values)


def quote_rows(stamps: Array, prices: Array, lots: Array, tick: Decimal) -> Array:
    """Best quotes as packets of two QUOTE rows, bid then ask, LAST on the second.

    Args:
        stamps: Shape (n,), dtype ``EVENT``: time stamps, sequence and instrument of each quote.
        prices: Shape (n, 2), bid and ask [currency]; NaN where a side is empty.
        lots: Shape (n, 2) [lots]; 0 where a side is empty.
        tick: Price step [currency].

    Returns:
        Rows of shape (2n,).
    """
    rows = np.repeat(stamps, 2)
    flat, sizes = prices.ravel(), lots.ravel()
    ticks, off_tick = to_steps(flat, tick)
    empty = np.isnan(flat) | (sizes == 0)
    rows["price_ticks"] = np.where(empty, 0, ticks)
    rows["size_lots"] = np.where(empty, 0, sizes)
    rows["kind"] = EventKind.QUOTE
    rows["side"][0::2] = 1
    rows["side"][1::2] = -1
    rows["flags"] |= np.where(off_tick & ~empty, EventFlag.OFF_TICK, 0).astype(np.uint16)
    rows["flags"][1::2] |= np.uint16(EventFlag.LAST)
    return rows
