"""Streams for the drift drill: a simulated market whose regime switches, and recorded ticks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tradewind.core.errors import NotFoundError

if TYPE_CHECKING:
    from tradewind.alpha.adapt.streams import DriftStream
    from tradewind.core.dtypes import Array
    from tradewind.market.scenario import Scenario

__all__ = ["market_stream", "recorded_stream", "switching_scenario"]

STEP_S = 1.0
HORIZON = 5


def switching_scenario(seconds: float) -> Scenario:
    """Four regimes of equal length: buyers press; sellers press, wild; buyers press, thin; sellers press, calm."""
    from tradewind.market.scenario import Phase, Scenario

    return Scenario(
        "switching",
        (
            Phase(seconds=seconds, buy_tilt=0.2),
            Phase(seconds=seconds, activity=2.0, market=1.25, cancel=1.1, buy_tilt=-0.2),
            Phase(seconds=seconds, limit=0.8, cancel=1.15, buy_tilt=0.2),
            Phase(activity=0.5, market=0.8, buy_tilt=-0.2),
        ),
    )


def market_stream(seed: int, *, preset: str = "aig", rows: int = 6000) -> DriftStream:
    """A simulated market seen once a second, its regime switching three times; the outcome is the move of 5 seconds.

    Args:
        seed: Of the market.
        preset: Name of a shipped preset, or a preset file.
        rows: Seconds.
    """
    from tradewind.alpha.adapt.streams import DriftStream
    from tradewind.market.reactive import Market

    market = Market(preset, seed, scenario=switching_scenario(rows * STEP_S / 4))
    mids, seen = np.empty(rows), np.empty((rows, 4))
    for row in range(rows):
        market.advance(STEP_S)
        view = market.view
        mids[row] = view.mid_ticks
        seen[row] = view.imbalance(1), view.imbalance(5), view.spread_ticks, view.microprice_ticks - view.mid_ticks
    last = np.flatnonzero(np.isfinite(mids))
    if len(last) < rows:
        mids = mids[last[np.maximum(np.searchsorted(last, np.arange(rows), side="right") - 1, 0)]]
    moves = [mids - np.concatenate([np.full(k, mids[0]), mids[:-k]]) for k in (1, 5, 20, 60)]
    y = np.concatenate([mids[HORIZON:] - mids[:-HORIZON], np.full(HORIZON, np.nan)])[: rows - HORIZON]
    features = np.column_stack([np.nan_to_num(seen), *moves])[: rows - HORIZON]
    switches = tuple(rows * k // 4 for k in (1, 2, 3))
    return DriftStream(name="simulated market", X=features, y=y, delay=np.full(len(y), HORIZON), switches=switches)


def recorded_stream(data: Path, symbol: str, horizon: int = 100, step: int = 20, rows: int = 12_000) -> DriftStream:
    """Recorded ticks of one symbol, all days one after the other; the outcome is the move over the next changes.

    Args:
        data: Folder that holds them.
        symbol: Which.
        horizon: Changes of the quote that the outcome looks ahead.
        step: Changes between rows.
        rows: At most so many, from the first day on, by a wider step.
    """
    from tradewind.alpha.adapt.streams import DriftStream
    from tradewind.alpha.datasets.book_ticks import book_ticks

    panel = book_ticks(data, (symbol,), horizon=horizon, step=step)
    if not len(panel.y):
        raise NotFoundError(f"{data}: no rows of {symbol}")
    panel = panel.take(np.argsort(panel.sample.t0, kind="stable"))
    if len(panel.y) > rows:
        panel = panel.take(np.arange(rows) * len(panel.y) // rows)
    delay: Array = np.searchsorted(panel.sample.t0, panel.sample.t1, side="left") - np.arange(len(panel.y))
    y = 1e4 * panel.value
    return DriftStream(name=f"{symbol}, k = {horizon}", X=panel.X, y=y, delay=np.maximum(delay, 1))
