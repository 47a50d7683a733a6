"""Rows of market data, from a folder of files or from a catalog, one symbol and day at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import msgspec
import numpy as np

from tradewind.core.dtypes import EVENT, Array
from tradewind.core.errors import NotFoundError
from tradewind.core.types import Instrument
from tradewind.data.calendars import session_bounds, trading_day
from tradewind.data.reader import ReadOptions
from tradewind.data.registry import open_feed
from tradewind.data.store.catalog import Catalog

__all__ = ["Session", "find_files", "open_files", "read_sessions", "session_of"]

NAMED = re.compile(r"^(?P<symbol>[A-Za-z0-9.]+)_(?P<day>\d{8})_(?:quotes|trades)\.(?:parquet|csv|csv\.gz)$")


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one symbol on one trading day.

    Attributes:
        symbol: Instrument.
        day: Trading day.
        instrument: What a tick and a lot are worth.
        parts: Rows of each source (dtype ``EVENT``), each in its own order: quotes and trades may be files apart.
    """

    symbol: str
    day: date
    instrument: Instrument
    parts: tuple[Array, ...]


def session_of(instrument: Instrument, day: date) -> tuple[int, int]:
    """Opening and close of a session [ns UTC]; zeros for a market that never closes."""
    if instrument.calendar == "24/7":
        return 0, 0
    bounds = session_bounds(instrument.calendar, day)
    return bounds.open_ns, bounds.close_ns


def find_files(
    folder: Path, symbols: Sequence[str], days: Sequence[str | date] | None
) -> dict[tuple[str, date], list[Path]]:
    """Files named ``SYMBOL_YYYYMMDD_quotes`` or ``_trades`` of some symbols and days, by symbol and day, sorted.

    Raises:
        NotFoundError: When a symbol has no quotes on the days asked for; names what is there.
    """
    wanted = None if days is None else {date.fromisoformat(str(day)) for day in days}
    found: dict[tuple[str, date], list[Path]] = {}
    names = sorted(folder.glob("*")) if folder.is_dir() else []
    there: set[str] = set()
    for path in names:
        match = NAMED.match(path.name)
        if match is None:
            continue
        day = date.fromisoformat(match["day"])
        there.add(f"{match['symbol']} {day}")
        if match["symbol"] in symbols and (wanted is None or day in wanted):
            found.setdefault((match["symbol"], day), []).append(path)
    quoted = {key: paths for key, paths in found.items() if any("_quotes." in p.name for p in paths)}
    for symbol in symbols:
        if not any(name == symbol for name, _ in quoted):
            asked = "" if days is None else f" on {', '.join(str(day) for day in days)}"
            raise NotFoundError(
                f"{folder}: no quotes of {symbol!r}{asked}; files SYMBOL_YYYYMMDD_quotes.parquet there: "
                f"{', '.join(sorted(there)) or 'none'}"
            )
    return dict(sorted(quoted.items()))


def open_files(paths: Sequence[Path], symbol: str | None = None) -> tuple[Instrument, tuple[Array, ...]]:
    """Rows of some files about one instrument, one array a file."""
    parts: list[Array] = []
    instrument: Instrument | None = None
    for path in paths:
        batches = list(open_feed(path, ReadOptions(symbol=symbol)))
        parts.append(np.concatenate([batch.rows for batch in batches]) if batches else np.zeros(0, EVENT))
        if batches and instrument is None:
            instrument = batches[-1].instrument
    if instrument is None:
        raise NotFoundError(f"{', '.join(str(p) for p in paths)}: no rows")
    return instrument, tuple(parts)


def read_sessions(
    source: Path | str | Catalog, symbols: Sequence[str], days: Sequence[str | date] | None = None
) -> Iterator[Session]:
    """Sessions of some symbols, symbol by symbol, day by day.

    Args:
        source: A folder of files ``SYMBOL_YYYYMMDD_quotes`` and ``_trades``, or a catalog.
        symbols: Which symbols.
        days: Which trading days; all there are when absent.

    Raises:
        NotFoundError: When a symbol has no rows on those days.
    """
    if isinstance(source, Catalog):
        for symbol in symbols:
            instrument = source.instrument(symbol)
            for day in source.days(symbol):
                if days is None or str(day) in {str(d) for d in days}:
                    rows = [batch.rows for batch in source.events(symbol, dates=[day])]
                    yield Session(symbol=symbol, day=day, instrument=instrument, parts=(np.concatenate(rows),))
        return
    for (symbol, day), paths in find_files(Path(source), symbols, days).items():
        instrument, parts = open_files(paths, symbol)
        days_of = [trading_day(part["ts_event_ns"], instrument.calendar) for part in parts]
        kept = tuple(part[of == np.datetime64(day)] for part, of in zip(parts, days_of, strict=True))
        yield Session(symbol=symbol, day=day, instrument=instrument, parts=kept)
