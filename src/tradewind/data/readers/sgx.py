"""SGX CN A50 future, best three levels (L2), as blocks of a time stamp and up to three rows.

The first line names four columns, yet each book starts with a line of two: ``TimeStamp,2014-01-09D08:45:00.130972200``
(a kdb+ time stamp), followed by rows ``bid,bid quantity,ask,ask quantity``, best first; fewer than three when the book
is thinner. Lines end with CR CR LF.

* Time zone: Singapore, UTC+8. Books begin at 08:45 (pre-opening of the day session), change thousands of times an hour
  from 09:00, pause around 11:30–13:00 (the lunch break of the Shanghai and Shenzhen stocks beneath the index) and end
  at 15:55–16:00. In UTC that would be the middle of the Singapore night.
* Prices are hundredths of an index point: 667500.0 is 6,675.00, where the FTSE China A50 stood in January 2014. All
  prices are multiples of 500, so the tick is 5 index points.
* There are no trades and no sequence numbers: LEVEL rows are the changes between consecutive books, ``sequence`` is
  the 0-based number of the book.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from tradewind.core.dtypes import EVENT, Array
from tradewind.core.errors import DataError
from tradewind.core.ports import Feed
from tradewind.core.types import Batch
from tradewind.data.columns import to_steps
from tradewind.data.depth_changes import depth_changes
from tradewind.data.feed import FileFeed, symbol_from_name
from tradewind.data.reader import FileHead, Match, ReadOptions
from tradewind.data.source import blocks

__all__ = ["SgxReader"]

HEADER = "Bid,Bid_Quantity,Ask,Ask_Quantity"
STAMP = b"TimeStamp"
COLUMNS = ("bid", "bid_size", "ask", "ask_size")
PRICE_UNITS = 100.0
TICK = Decimal(5)
LEVELS = 3


class SgxReader:
    """Best three levels of the SGX CN A50 future."""

    name: ClassVar[str] = "sgx"
    description: ClassVar[str] = "SGX CN A50 future, best 3 levels in time-stamped blocks (CSV)"

    def match(self, head: FileHead) -> Match | None:
        """Recognise the header whose next line has another shape."""
        lines = head.lines()[:2]
        if len(lines) == 2 and lines[0] == HEADER and lines[1].startswith("TimeStamp,"):
            return Match(100, "header Bid,Bid_Quantity,Ask,Ask_Quantity followed by a TimeStamp line")
        return None

    def open(self, path: Path, options: ReadOptions) -> Feed:
        """Open a file; the symbol is its name without the date, unless given."""
        return _SgxFeed(path, options)


class _SgxFeed(FileFeed):
    def chunks(self) -> Iterator[Batch]:
        symbol = self.options.symbol or symbol_from_name(self.path)
        instrument = self.instrument(symbol, TICK, Decimal(1), venue="XSES", calendar="XSES")
        book: tuple[Array, Array] | None = None
        count = 0
        for row, text in self._whole_books():
            stamps, prices, sizes, lines = self._books(row, text)
            stamps["sequence"] += count
            count += len(stamps)
            ticks, off = to_steps(prices.ravel() / PRICE_UNITS, instrument.tick_size)
            if off.any():
                self.counts["prices off the tick"] += int(off.sum())
            shape = prices.shape
            lots = self.lots(lines.ravel(), sizes.ravel(), instrument, "a quantity").reshape(shape)
            ticks = ticks.reshape(shape)
            rows = depth_changes(stamps, ticks, lots, book)
            book = ticks[-1], lots[-1]
            yield Batch(instrument, rows)
        self.notes = ("Levels that leave the visible three get size 0, whether cancelled or only out of sight.",)

    def _whole_books(self) -> Iterator[tuple[int, bytes]]:
        """Text from one TimeStamp line to before another, and the 1-based number of its first line."""
        rest = b""
        row = 2
        for index, block in enumerate(blocks(self.path)):
            text = rest + block.replace(b"\r", b"")
            if index == 0:
                header, _, text = text.partition(b"\n")
                if header.strip() != HEADER.encode() or (text and not text.startswith(STAMP)):
                    got = b"\n".join(block.splitlines()[:2])
                    raise DataError(self.path, f"{HEADER}, then a TimeStamp line", got, row=1)
            cut = max(0, text.rfind(STAMP))
            text, rest = text[:cut], text[cut:]
            if text:
                yield row, text
                row += text.count(b"\n")
        if rest:
            yield row, rest

    def _books(self, row: int, text: bytes) -> tuple[Array, Array, Array, Array]:
        """Stamps of shape (n,); prices, sizes and line numbers of shape (n, 2, 3)."""
        schema = dict.fromkeys(COLUMNS, pl.String())
        try:
            frame = pl.read_csv(",".join(COLUMNS).encode() + b"\n" + text, schema=schema, quote_char=None)
        except pl.exceptions.PolarsError as error:
            raise DataError(self.path, "lines of two or four fields", str(error).split("\n")[0], row=row) from None
        is_stamp = frame["bid"].to_numpy() == STAMP.decode()
        book = np.cumsum(is_stamp) - 1
        starts = np.flatnonzero(is_stamp)
        level = np.arange(len(frame)) - starts[book] - 1
        if level.max() >= LEVELS:
            line = int(level.argmax())
            raise DataError(self.path, f"at most {LEVELS} levels", f"a fourth: {frame.row(line)}", row=row + line)
        stamps = np.zeros(len(starts), dtype=EVENT)
        stamps["ts_event_ns"] = self._times(row, frame, starts)
        stamps["sequence"] = np.arange(len(starts))
        values = np.zeros((len(starts), len(COLUMNS), LEVELS))
        at = np.flatnonzero(~is_stamp)
        for index, column in enumerate(COLUMNS):
            values[book[at], index, level[at]] = self._numbers(row, frame, column, at)
        values[:, 1::2][np.isnan(values[:, 1::2]) | np.isnan(values[:, 0::2])] = 0
        lines = np.broadcast_to(row + 1 + starts[:, None, None] + np.arange(LEVELS), (len(starts), 2, LEVELS))
        return stamps, values[:, 0::2], values[:, 1::2], lines

    def _times(self, row: int, frame: pl.DataFrame, starts: Array) -> Array:
        text = frame["bid_size"].gather(starts)
        times = text.str.to_datetime("%Y-%m-%dD%H:%M:%S%.f", time_unit="ns", strict=False)
        bad = times.is_null().arg_true()
        if len(bad):
            index = int(bad[0])
            raise DataError(
                self.path, "a time such as 2014-01-09D08:45:00.1", str(text[index]), row=row + int(starts[index])
            )
        local = times.dt.replace_time_zone("Asia/Singapore")
        return np.asarray(local.dt.timestamp("ns").to_numpy(), dtype=np.int64)

    def _numbers(self, row: int, frame: pl.DataFrame, column: str, at: Array) -> Array:
        """A column as floats; NaN where the side has no level."""
        text = frame[column].gather(at)
        numbers = text.cast(pl.Float64, strict=False)
        bad = (numbers.is_null() & text.is_not_null() & (text != "")).arg_true()
        if len(bad):
            index = int(bad[0])
            raise DataError(self.path, "a number", str(text[index]), row=row + int(at[index]), field=column)
        return numbers.fill_null(np.nan).to_numpy()
