"""Which symbols do better than others over the next days: daily bars, cross-sectional features, point in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import numpy as np

from tradewind.alpha.datasets.daily_bars import DailyBars, read_daily
from tradewind.alpha.features.catalogue_daily import DAILY
from tradewind.alpha.features.panel import daily_batch, group_ranks, neutral
from tradewind.alpha.labels.cross_section import cross_section_rank
from tradewind.alpha.protocol import Panel, Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.data.calendars import session_bounds

__all__ = ["Universe", "daily_cross_section"]

NEUTRAL = ("return_5d", "return_21d", "momentum_126d")
"""Features that also come less the mean of their industry, where industries are known."""
DAY_NS = 86_400_000_000_000
CLOSE_NS = 21 * 3_600_000_000_000
"""Close of a day without a calendar: 21:00 UTC."""


class Universe(msgspec.Struct, frozen=True, kw_only=True):
    """Which symbols of a day count, by what was known that evening.

    Attributes:
        size: At most so many, the most traded first.
        min_price: Lowest close [currency].
        min_dollars: Lowest mean of price times volume over 21 days [currency].
        min_history: Fewest bars before, the day's included.
    """

    size: int = 1000
    min_price: float = 5.0
    min_dollars: float = 5e6
    min_history: int = 43


def daily_cross_section(
    path: Path | str,
    *,
    horizon: int = 5,
    universe: Universe | None = None,
    every: int = 1,
    industries: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Panel:
    r"""Ranks of daily features within each day, and the rank of the return that follows.

    A row is born at the close of its day, and only if its bar and all earlier bars of the symbol were known that day.
    The label is held from the next session's open to the close ``horizon`` sessions after the day:

    .. math:: v = \ln C_{d+k} - \ln O_{d+1} \text{ (splits taken out)}, \quad
              y = \text{rank of } v \text{ within the day}, -0.5 \ldots 0.5

    Where a symbol stops trading within the horizon the last close counts. ``value`` is the log return less the day's
    mean, kept within ±0.5 (prints of 10:1 and the like are errors of the source more often than not).

    Args:
        path: As :func:`~tradewind.alpha.datasets.daily_bars.read_daily`.
        horizon: Sessions that the label looks ahead.
        universe: Which symbols count.
        every: Sessions between two dates with rows; ``horizon`` gives labels that do not overlap.
        industries: Industry of each symbol, where known; features less their industry's mean are then added.
        progress: Told what is done.

    Returns:
        The task; a series is a symbol, its rows in time order, symbol after symbol. Features are ranks within the day
        except those of the calendar. ``spread`` is unknown and 0.

    Raises:
        NotFoundError: When no row is left.
        DataError: As :func:`~tradewind.alpha.datasets.daily_bars.read_daily`.
    """
    if horizon < 1 or every < 1:
        raise InvalidValueError("horizon and every", "1 session or more", f"{horizon} and {every}")
    progress("reading bars")
    bars = read_daily(path)
    progress("features")
    features = daily_batch(bars.days, bars.starts)
    chosen = _members(bars, features, universe or Universe())
    sessions = np.unique(bars.days["day"])
    position = np.searchsorted(sessions, bars.days["day"])
    chosen &= (sessions.size - 1 - position) % every == every - 1 if every > 1 else True
    value, end = _forward(bars, position, sessions.size, horizon)
    rows = np.flatnonzero(chosen & ~np.isnan(value))
    if not len(rows):
        raise NotFoundError(f"{path}: no row left; the universe asks for {universe or Universe()}")
    progress("ranks")
    return _panel(bars, features[rows], (rows, value[rows], sessions[end[rows]]), (horizon, industries))


def _members(bars: DailyBars, features: Array, universe: Universe) -> Array:
    """Rows that belong to the universe of their day."""
    names = [f.name for f in DAILY]
    dollars = features[:, names.index("dollar_volume_21d")]
    count = np.arange(len(bars)) - bars.starts[bars.symbol] + 1
    fit = (bars.known <= bars.days["day"]) & (count >= universe.min_history)
    fit &= (bars.days["close"] >= universe.min_price) & (dollars >= np.log1p(universe.min_dollars))
    order = np.lexsort((np.arange(len(bars)), -np.where(fit, dollars, -np.inf), bars.days["day"]))
    day = bars.days["day"][order]
    start = np.flatnonzero(np.concatenate(([True], day[1:] != day[:-1])))
    place = np.arange(len(order)) - np.repeat(start, np.diff(np.append(start, len(order))))
    out: Array = np.zeros(len(bars), bool)
    out[order] = place < universe.size
    return np.asarray(out & fit)


def _forward(bars: DailyBars, position: Array, sessions: int, horizon: int) -> tuple[Array, Array]:
    """Log return from the next session's open to the close ``horizon`` sessions on, and that session; NaN without."""
    days, count = bars.days, len(bars)
    step = np.where(days["before"] > 0, np.log(days["close"] / np.where(days["before"] > 0, days["before"], 1.0)), 0.0)
    path = np.cumsum(step)
    ends = np.append(bars.starts[1:], count)[bars.symbol]
    following = np.arange(count) + 1
    entered = (following < ends) & (position + horizon < sessions)
    nearest = np.minimum(following, count - 1)
    entered &= position[nearest] == position + 1
    entered &= days["open"][nearest] > 0
    key = bars.symbol * (sessions + 1) + position
    last = np.searchsorted(key, bars.symbol * (sessions + 1) + position + horizon, side="right") - 1
    entry = path[nearest] - np.log(days["close"][nearest] / np.where(entered, days["open"][nearest], 1.0))
    value = np.where(entered, path[last] - entry, np.nan)
    return value, np.minimum(position + horizon, sessions - 1)


def _panel(
    bars: DailyBars, X: Array, labels: tuple[Array, Array, Array], choice: tuple[int, Mapping[str, str] | None]
) -> Panel:
    rows, value, until = labels
    horizon, industries = choice
    day = bars.days["day"][rows]
    ranked = [k for k, f in enumerate(DAILY) if f.modality != "calendar"]
    names, modality = [f.name for f in DAILY], [f.modality for f in DAILY]
    extra = []
    if industries:
        known = sorted(set(industries.values()))
        number = np.array([known.index(industries[s]) if s in industries else -1 for s in bars.symbols])
        extra = [neutral(X[:, names.index(n)], day, number[bars.symbol[rows]]) for n in NEUTRAL]
        names, modality = names + [f"{n}_neutral" for n in NEUTRAL], modality + ["price"] * len(NEUTRAL)
    X = np.column_stack([X, *extra])
    ranked += list(range(len(DAILY), X.shape[1]))
    X[:, ranked] = group_ranks(X[:, ranked], day)
    y, excess = cross_section_rank(value, day)
    used, series = np.unique(bars.symbol[rows], return_inverse=True)
    return Panel(
        name=f"daily_cross_section h={horizon}",
        features=tuple(names),
        modality=tuple(modality),
        X=X,
        y=y,
        value=np.clip(excess, -0.5, 0.5),
        sample=Sample(
            t0=close_ns(day), t1=close_ns(until), weight=np.ones(len(rows)), series=series.astype(np.int64), day=day
        ),
        symbols=tuple(bars.symbols[k] for k in used),
        spread=np.zeros(len(rows)),
    )


def close_ns(days: Array) -> Array:
    """Close of the New York session of each day [ns UTC]; 21:00 UTC on days when it is shut."""
    known = {int(d): _close(int(d)) for d in np.unique(days)}
    return np.array([known[int(d)] for d in days], np.int64)


def _close(day: int) -> int:
    try:
        return session_bounds("XNYS", np.datetime64(day, "D").item()).close_ns
    except InvalidValueError:
        return day * DAY_NS + CLOSE_NS
