"""Where the mid-price goes over the next changes of the quote: best quotes and trades, the touch's features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from tradewind.alpha.datasets.source import Session, read_sessions, session_of
from tradewind.alpha.features.catalogue import TOUCH
from tradewind.alpha.features.feature import Feature
from tradewind.alpha.features.stream import touch_batch
from tradewind.alpha.features.ticks import quote_ticks, trade_ticks
from tradewind.alpha.labels.horizon import fixed_horizon, smoothed_mid, spread_threshold
from tradewind.alpha.labels.label import Labels
from tradewind.alpha.protocol import Panel, Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.data.store.catalog import Catalog

__all__ = ["Move", "book_ticks", "joined", "labelled", "session_ticks"]

WARM_UP = 100
"""Changes at the beginning of a session that only feed the features."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Which move of the mid is forecast.

    Attributes:
        kind: ``mid``: from now to the k-th change; ``smoothed``: from now's mean of the last k to that of the next k
            (DeepLOB); ``ahead``: from now to the mean of the next k, so that no known past is part of the label.
        spreads: Half spreads that a move must exceed to count as up or down; 0: any move counts.
    """

    kind: Literal["mid", "smoothed", "ahead"] = "mid"
    spreads: float = 0.0


def session_ticks(session: Session) -> Array:
    """Quotes and trades of a session, regular hours only; where times are equal, trades stand before quotes."""
    pieces = [trade_ticks(part, session.instrument) for part in session.parts]
    pieces += [quote_ticks(part, session.instrument) for part in session.parts]
    ticks = np.concatenate(pieces)
    begin, end = session_of(session.instrument, session.day)
    if end > begin:
        ticks = ticks[(ticks["ts_ns"] >= begin) & (ticks["ts_ns"] < end)]
    return np.asarray(ticks[np.argsort(ticks["ts_ns"], kind="stable")])


def book_ticks(
    source: Path | str | Catalog,
    symbols: Sequence[str] = ("AIG", "IBM"),
    days: Sequence[str | date] | None = None,
    *,
    horizon: int = 10,
    step: int = 10,
    label: Move | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Panel:
    """Features of the touch every few changes of the quote, and the move of the mid over the next ones.

    Regular trading hours only. A change is a quote that differs from the one before in a price or a size; locked,
    crossed and empty quotes are passed by, in features and labels alike.

    Args:
        source: Folder of files named ``SYMBOL_YYYYMMDD_quotes`` and ``SYMBOL_YYYYMMDD_trades`` (or the folder above
            ``equities_nbbo``), or a catalog.
        symbols: Which symbols.
        days: Which trading days; all there are when absent.
        horizon: Changes of the quote that the label looks ahead.
        step: Changes between two rows.
        label: Which move; by default any move of the mid from now to the ``horizon``-th change.
        progress: Told what is read.

    Returns:
        The task: ``y`` is -1, 0, 1; ``value`` the log return of the mid; ``t1`` the time of the last change the
        label needs; one series for each symbol and day.

    Raises:
        NotFoundError: When a symbol has no quotes on those days, or too few.
        InvalidValueError: For a horizon or step below 1.
    """
    if step < 1:
        raise InvalidValueError("step", "1 change or more", step)
    if not isinstance(source, Catalog) and (Path(source) / "equities_nbbo").is_dir():
        source = Path(source) / "equities_nbbo"
    label = label or Move()
    panels = []
    for session in read_sessions(source, symbols, days):
        progress(f"{session.symbol} {session.day}")
        panel = _session_panel(session, horizon, step, label)
        if len(panel.y):
            panels.append(panel)
    if not panels:
        raise NotFoundError(f"{source}: no session of {', '.join(symbols)} is longer than {WARM_UP + horizon} changes")
    return joined(f"book_ticks k={horizon}{_told(label)}", panels)


def _told(label: Move) -> str:
    kind = "" if label.kind == "mid" else f", {label.kind}"
    return kind + (f", beyond {label.spreads:g} half spreads" if label.spreads else "")


def _session_panel(session: Session, horizon: int, step: int, label: Move) -> Panel:
    ticks = session_ticks(session)
    bounds = session_of(session.instrument, session.day)
    batch = touch_batch(ticks, float(session.instrument.tick_size), bounds, every=step)
    quotes = ticks[batch.changes]
    at: Array = np.arange(step - 1, len(quotes), step)
    warm = at >= min(WARM_UP, len(quotes)) - 1
    at, values = at[warm], batch.values[warm]
    mid = 0.5 * (quotes["bid"] + quotes["ask"])
    limit = spread_threshold(quotes["bid"][at], quotes["ask"][at], label.spreads) if label.spreads else 0.0
    if label.kind == "mid":
        labels = fixed_horizon(mid, quotes["ts_ns"], at, horizon, limit)
    else:
        past = horizon if label.kind == "smoothed" else 1
        labels = smoothed_mid(mid, quotes["ts_ns"], at, horizon, limit, past=past)
    X, rows = values[labels.rows], at[labels.rows]
    return labelled(labels, X, TOUCH, quotes=quotes, rows=rows, symbol=session.symbol, day=session.day)


def labelled(
    labels: Labels, X: Array, features: Sequence[Feature], *, quotes: Array, rows: Array, symbol: str, day: date
) -> Panel:
    """A session as a task: features and labels at some of its changes of the quote.

    Args:
        labels: Of n rows.
        X: Shape (n, d).
        features: Of the columns of ``X``.
        quotes: Changes of the quote, with ``bid`` and ``ask``.
        rows: Shape (n,): at which changes.
        symbol: Instrument.
        day: Trading day.
    """
    bid, ask = quotes["bid"][rows], quotes["ask"][rows]
    return Panel(
        name="",
        features=tuple(f.name for f in features),
        modality=tuple(f.modality for f in features),
        X=X,
        y=labels.y,
        value=labels.value,
        sample=Sample(
            t0=labels.t0,
            t1=labels.t1,
            weight=labels.weight,
            series=np.zeros(len(labels), np.int64),
            day=np.full(len(labels), np.datetime64(day, "D").astype(np.int64)),
        ),
        symbols=(symbol,),
        spread=(ask - bid) / (0.5 * (bid + ask)),
    )


def joined(name: str, panels: Sequence[Panel]) -> Panel:
    """One task of several with the same features; series are numbered on.

    Args:
        name: Of the task.
        panels: At least one.
    """
    first = panels[0]
    starts = np.cumsum([0, *(len(p.symbols) for p in panels)])
    samples = [p.sample for p in panels]
    return Panel(
        name=name,
        features=first.features,
        modality=first.modality,
        X=np.concatenate([p.X for p in panels]),
        y=np.concatenate([p.y for p in panels]),
        value=np.concatenate([p.value for p in panels]),
        spread=np.concatenate([p.spread for p in panels]),
        symbols=tuple(s for p in panels for s in p.symbols),
        sample=Sample(
            t0=np.concatenate([s.t0 for s in samples]),
            t1=np.concatenate([s.t1 for s in samples]),
            weight=np.concatenate([s.weight for s in samples]),
            day=np.concatenate([s.day for s in samples]),
            series=np.concatenate([s.series + starts[k] for k, s in enumerate(samples)]),
        ),
    )
