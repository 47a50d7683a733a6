"""A task of ticks with what the market did beside it: columns of another instrument's trades."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import numpy as np

from tradewind.alpha.datasets.source import NAMED, open_files, session_of
from tradewind.alpha.features.catalogue_market import MARKET
from tradewind.alpha.features.layout import HORIZONS_S, TICK
from tradewind.alpha.features.market import market_batch
from tradewind.alpha.features.ticks import trade_ticks
from tradewind.alpha.protocol import Panel
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.core.types import Instrument
from tradewind.data.store.catalog import Catalog

__all__ = ["beside_market", "market_days"]


def market_days(source: Path | str | Catalog, symbol: str) -> list[date]:
    """Days of which trades of an instrument are there; none for one that is not known.

    Args:
        source: Folder of files ``SYMBOL_YYYYMMDD_trades`` (or the folder above ``equities_nbbo``), or a catalog.
        symbol: The instrument.
    """
    if isinstance(source, Catalog):
        return list(source.days(symbol)) if symbol in source.symbols() else []
    return sorted(_files(Path(source), symbol))


def beside_market(panel: Panel, source: Path | str | Catalog, symbol: str = "SPY") -> Panel:
    """The task with nine more columns: how far the market has moved, how far ahead it is, on which side it trades.

    Args:
        panel: Of :func:`~tradewind.alpha.datasets.book_ticks.book_ticks`.
        source: Where its ticks came from.
        symbol: Another instrument, such as an index fund.

    Returns:
        The panel; on days without trades of the market the new columns are NaN.

    Raises:
        NotFoundError: When there are no trades of it on any day of the panel.
        InvalidValueError: For a panel without the touch's own ``deviation``.
    """
    names = [f"deviation_{h:g}s" for h in HORIZONS_S]
    if not set(names) <= set(panel.features):
        raise InvalidValueError("panel", f"columns {', '.join(names)}", panel.name)
    mine = panel.X[:, [panel.features.index(name) for name in names]]
    found: Array = np.full((len(panel.y), len(MARKET)), np.nan)
    known = False
    for number in np.unique(panel.sample.day).tolist():
        day = np.datetime64(number, "D").astype(object)
        trades = _trades(source, symbol, day)
        known = known or len(trades) > 0
        inside = np.flatnonzero(panel.sample.day == number)
        for series in np.unique(panel.sample.series[inside]):
            rows = inside[panel.sample.series[inside] == series]
            found[rows] = market_batch(trades, panel.sample.t0[rows], mine[rows])
    if not known:
        raise NotFoundError(f"no trades of {symbol!r} on the days of {panel.name}; files {symbol}_YYYYMMDD_trades")
    return msgspec.structs.replace(
        panel,
        X=np.column_stack((panel.X, found)),
        features=(*panel.features, *(f.name for f in MARKET)),
        modality=(*panel.modality, *(f.modality for f in MARKET)),
    )


def _files(folder: Path, symbol: str) -> dict[date, Path]:
    folder = folder / "equities_nbbo" if (folder / "equities_nbbo").is_dir() else folder
    found = {}
    for path in sorted(folder.glob(f"{symbol}_*_trades.*")):
        match = NAMED.match(path.name)
        if match is not None and match["symbol"] == symbol:
            found[date.fromisoformat(match["day"])] = path
    return found


def _trades(source: Path | str | Catalog, symbol: str, day: date) -> Array:
    """Regular trades of a session; none where there are none."""
    if isinstance(source, Catalog):
        if day not in market_days(source, symbol):
            return np.zeros(0, TICK)
        parts = [batch.rows for batch in source.events(symbol, dates=[day])]
        return _within(np.concatenate(parts), source.instrument(symbol), day)
    path = _files(Path(source), symbol).get(day)
    if path is None:
        return np.zeros(0, TICK)
    instrument, pieces = open_files([path], symbol)
    return _within(np.concatenate(pieces), instrument, day)


def _within(rows: Array, instrument: Instrument, day: date) -> Array:
    ticks = trade_ticks(rows, instrument)
    begin, end = session_of(instrument, day)
    if end > begin:
        ticks = ticks[(ticks["ts_ns"] >= begin) & (ticks["ts_ns"] < end)]
    return np.asarray(ticks[np.argsort(ticks["ts_ns"], kind="stable")])
