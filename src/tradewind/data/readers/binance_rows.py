"""Binance levels, quotes and trades, collected as text and turned into rows a block at a time."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.core.types import Instrument
from tradewind.data.columns import to_steps
from tradewind.data.feed import likely_step

__all__ = ["RowBuffer", "Stamp"]

ENOUGH = 200
"""Values from which a step can be inferred; with fewer, the decimals printed are taken."""


class Stamp(NamedTuple):
    """When a message came, its number, and its 1-based line in the file."""

    ts_event_ns: int
    ts_recv_ns: int
    sequence: int
    flags: int
    line: int


class RowBuffer:
    """Rows of one symbol, waiting as JSON text ``"price","size"`` until there is a block of them.

    Args:
        path: The file, for errors.
        counts: Where prices off the tick and trades of nothing are counted.
    """

    def __init__(self, path: Path, counts: Counter[str]) -> None:
        self.path = path
        self.counts = counts
        self._texts: list[bytes] = []
        self._pieces: list[tuple[int, int, int, int, int, int, int, int]] = []

    def __len__(self) -> int:
        return len(self._pieces)

    def add(self, text: bytes, stamp: Stamp, kind: int, side: int, flags: int = 0) -> None:
        """Add rows of one kind and side.

        Args:
            text: Pairs ``"price","size"``, a single one bare or any number as a JSON list of lists.
            stamp: Of all of them.
            kind: An :class:`~tradewind.core.dtypes.EventKind`; of QUOTE there are two pairs, bid and ask.
            side: +1, -1 or 0; for QUOTE 0: each pair gets its own.
            flags: For all of them, but LAST for the final one only.
        """
        self._texts.append(text)
        self._pieces.append((text.count(b"[") or 1, *stamp[:3], kind, side, stamp.flags | flags, stamp.line))

    def numbers(self) -> Array:
        """Prices and sizes that wait, shape (n, 2).

        Raises:
            DataError: Where a price or size is no number, with its row.
        """
        text = b"\n".join(self._texts).translate(None, b' "').replace(b"],[", b"\n").translate(None, b"[]")
        schema = {"price": pl.Float64(), "size": pl.Float64()}
        expected = sum(piece[0] for piece in self._pieces)
        try:
            frame = pl.read_csv(text, has_header=False, schema=schema)
        except pl.exceptions.PolarsError:
            frame = pl.DataFrame(schema=schema)
        values = frame.to_numpy()
        if len(frame) != expected or not np.isfinite(values).all():
            raise self._culprit()
        return values

    def _culprit(self) -> DataError:
        for text, piece in zip(self._texts, self._pieces, strict=True):
            for pair in text.translate(None, b' "').strip(b"[]").split(b"],["):
                try:
                    price, size = (float(value) for value in pair.split(b","))
                    good = np.isfinite(price) and np.isfinite(size)
                except ValueError:
                    good = False
                if not good:
                    got = pair.decode(errors="replace")
                    return DataError(self.path, "a price and a size", got, row=piece[-1], field="b, a, p, q")
        return DataError(self.path, "prices and sizes", "something else", row=self._pieces[0][-1])

    def steps(self, values: Array) -> tuple[Decimal, Decimal]:
        """Tick of which the prices, of shape (n, 2) with sizes, are multiples; lot as many decimals as are printed.

        The printed decimals are the same all day and every day, and so no later size can fall between lots.
        """
        prices = values[values[:, 0] > 0, 0]
        tick = likely_step(prices) if len(prices) >= ENOUGH else self._printed_step(0)
        return tick, self._printed_step(1)

    def _printed_step(self, column: int) -> Decimal:
        pairs = [p for text in self._texts[:ENOUGH] for p in text.translate(None, b' "').strip(b"[]").split(b"],[")]
        return Decimal(1).scaleb(-max(len(pair.split(b",")[column].partition(b".")[2]) for pair in pairs))

    def take(self, values: Array, instrument: Instrument) -> Array:
        """Rows of dtype ``EVENT``; the buffer is empty afterwards.

        Raises:
            DataError: Where a size is negative or not a multiple of the lot.
        """
        pieces = np.array(self._pieces, dtype=np.int64)
        counts = pieces[:, 0]
        flat = np.repeat(pieces, counts, axis=0)
        ticks, off_tick = to_steps(values[:, 0], instrument.tick_size)
        lots, off_lot = to_steps(values[:, 1], instrument.lot_size)
        if (wrong := off_lot | (lots < 0)).any():
            at = int(wrong.argmax())
            raise DataError(
                self.path, f"a size in lots of {instrument.lot_size}", str(values[at, 1]), row=int(flat[at, -1]),
                hint="Give a smaller lot, or none.",
            )  # fmt: skip
        rows = np.zeros(len(flat), dtype=EVENT)
        names = ("ts_event_ns", "ts_recv_ns", "sequence", "kind", "side", "flags")
        for column, name in enumerate(names, start=1):
            rows[name] = flat[:, column]
        ends = np.cumsum(counts) - 1
        inner = np.ones(len(rows), dtype=bool)
        inner[ends] = False
        rows["flags"][inner] &= ~np.uint16(EventFlag.LAST)
        rows["flags"] |= np.where(off_tick, EventFlag.OFF_TICK, 0).astype(np.uint16)
        rows["price_ticks"], rows["size_lots"] = ticks, lots
        quote = rows["kind"] == EventKind.QUOTE
        rows["side"][quote] = np.where(inner[quote], 1, -1)
        if off_tick.any():
            self.counts["prices off the tick"] += int(off_tick.sum())
        self._texts, self._pieces = [], []
        empty = (rows["kind"] == EventKind.TRADE) & (lots == 0)
        if empty.any():
            self.counts["trades of size 0"] += int(empty.sum())
        return rows[~empty] if empty.any() else rows
