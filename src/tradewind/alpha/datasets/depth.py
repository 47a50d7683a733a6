"""Where the mid goes over the next changes of a book of several levels: SGX, Binance, and any L2 or L3 feed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tradewind.alpha.datasets.book_ticks import WARM_UP, joined, labelled
from tradewind.alpha.datasets.source import session_of
from tradewind.alpha.features.catalogue import DEPTH_FEATURES, TOUCH
from tradewind.alpha.features.stream import depth_batch, touch_batch
from tradewind.alpha.features.ticks import book_ticks_of, trade_ticks
from tradewind.alpha.labels.horizon import fixed_horizon
from tradewind.alpha.protocol import Panel
from tradewind.book.feeds import book_of_level
from tradewind.core.dtypes import EVENT, Array, EventKind
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.core.types import Instrument
from tradewind.data.calendars import trading_day
from tradewind.data.reader import ReadOptions
from tradewind.data.registry import open_feed

__all__ = ["binance_l2", "book_depth", "sgx_l2"]

GAP_NS = 60_000_000_000
"""A pause this long starts a new series: a lunch break, a file that does not join on."""
BY_ORDER = {int(EventKind[k]) for k in ("ADD", "REDUCE", "DELETE", "EXECUTE", "REPLACE")}


def sgx_l2(folder: Path | str, *, horizon: int = 10, step: int = 10) -> Panel:
    """The task of :func:`book_depth` over every file of SGX's best three levels in a folder.

    Args:
        folder: The folder, or the one above ``sgx_l2``.
        horizon: Changes of the best quotes that the label looks ahead.
        step: Changes between two rows.
    """
    return book_depth(_files(Path(folder), "sgx_l2", "*.csv*"), horizon=horizon, step=step, name="sgx_l2")


def binance_l2(folder: Path | str, *, symbol: str = "BTCUSDT-PERP", horizon: int = 100, step: int = 10) -> Panel:
    """The task of :func:`book_depth` over the captures of one symbol in a folder of Binance's raw messages.

    Args:
        folder: The folder, or the one above ``binance_l2``.
        symbol: Futures are named ``BTCUSDT-PERP``, the spot ``BTCUSDT``.
        horizon: Changes of the best quotes that the label looks ahead.
        step: Changes between two rows.
    """
    kind, name = ("usdm", symbol.removesuffix("-PERP")) if symbol.endswith("-PERP") else ("spot", symbol)
    files = _files(Path(folder), "binance_l2", f"{kind}_{name.lower()}_*")
    return book_depth(files, symbol=symbol, horizon=horizon, step=step, name=f"binance_l2 {symbol}")


def _files(folder: Path, below: str, pattern: str) -> list[Path]:
    folder = folder / below if (folder / below).is_dir() else folder
    files = sorted(folder.glob(pattern)) if folder.is_dir() else [folder] if folder.is_file() else []
    if not files:
        raise NotFoundError(f"{folder}: no files {pattern}")
    return files


def book_depth(
    files: Sequence[Path],
    *,
    symbol: str | None = None,
    horizon: int = 10,
    step: int = 10,
    name: str = "book_depth",
    progress: Callable[[str], None] = lambda _: None,
) -> Panel:
    """Features of touch and levels every few changes of the best quotes, and the move of the mid over the next ones.

    One book follows all files in their order, so a second file without a snapshot goes on from the first. Where a feed
    has both best quotes and levels, the levels count.

    Args:
        files: Files of one instrument in time order, L2 or L3 in any format that ``tradewind data formats`` lists.
        symbol: Which, where files hold several.
        horizon: Changes of the best quotes that the label looks ahead.
        step: Changes between two rows.
        name: Of the task.
        progress: Told which file is read.

    Returns:
        The task, as :func:`~tradewind.alpha.datasets.book_ticks.book_ticks`; a series ends at a pause of a minute.

    Raises:
        NotFoundError: When no stretch is long enough.
        InvalidValueError: For a step below 1.
    """
    if step < 1:
        raise InvalidValueError("step", "1 change or more", step)
    book, panels = None, []
    for file in files:
        progress(file.name)
        batches = list(open_feed(Path(file), ReadOptions(symbol=symbol)))
        if not batches:
            continue
        instrument = batches[-1].instrument
        rows = np.concatenate([batch.rows for batch in batches]) if batches else np.zeros(0, EVENT)
        if book is None:
            book = book_of_level(3 if set(np.unique(rows["kind"]).tolist()) & BY_ORDER else 2)
        ticks, depths = book_ticks_of(book, rows, instrument)
        for begin, end in _stretches(ticks["ts_ns"]):
            part = ticks[begin:end], depths[begin:end], trade_ticks(rows, instrument)
            panel = _panel(part, instrument, horizon, step)
            if panel is not None:
                panels.append(panel)
    if not panels:
        raise NotFoundError(f"{', '.join(str(f) for f in files)}: no stretch of more than {WARM_UP + horizon} changes")
    return joined(f"{name} k={horizon}", panels)


def _stretches(ts_ns: Array) -> list[tuple[int, int]]:
    cuts = np.flatnonzero((np.diff(ts_ns) > GAP_NS) | (np.diff(ts_ns) < 0)) + 1
    bounds = [0, *cuts.tolist(), len(ts_ns)]
    return [(a, b) for a, b in itertools.pairwise(bounds) if b - a > 1]


def _panel(part: tuple[Array, Array, Array], instrument: Instrument, horizon: int, step: int) -> Panel | None:
    quotes, depths, trades = part
    trades = trades[(trades["ts_ns"] >= quotes["ts_ns"][0]) & (trades["ts_ns"] <= quotes["ts_ns"][-1])]
    ticks = np.concatenate((trades, quotes))
    order = np.argsort(ticks["ts_ns"], kind="stable")
    ticks = ticks[order]
    day = trading_day(quotes["ts_ns"][:1], instrument.calendar)[0].astype("datetime64[D]").item()
    bounds = session_of(instrument, day) if instrument.calendar != "24/7" else (0, 0)
    batch = touch_batch(ticks, float(instrument.tick_size), bounds, every=step)
    at = np.arange(step - 1, len(batch.changes), step)
    of_book = order[batch.changes[at]] - len(trades)
    deep = depth_batch(depths, of_book)
    changed = ticks[batch.changes]
    mid = 0.5 * (changed["bid"] + changed["ask"])
    warm = np.flatnonzero(at >= WARM_UP - 1)
    if not len(warm) or len(mid) <= WARM_UP + horizon:
        return None
    labels = fixed_horizon(mid, changed["ts_ns"], at[warm], horizon)
    kept = warm[labels.rows]
    X = np.column_stack((batch.values[kept], deep[kept]))
    features = (*TOUCH, *DEPTH_FEATURES)
    return labelled(labels, X, features, quotes=changed, rows=at[kept], symbol=instrument.symbol, day=day)
