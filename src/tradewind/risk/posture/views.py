"""Plain causal views of a panel of returns: what a bar's views say is known at that bar's close, never later.

Better models take these places through the same :class:`~tradewind.risk.posture.view.View`; these are the yardstick
and what the backtest of the posture itself runs on. Thresholds are set beforehand, in multiples of each series' own
slow volatility, so that one setting serves hourly shares, daily panels and minutes of a coin.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
import numpy as np
from pydantic import Field

from tradewind.core.config import Config
from tradewind.core.dtypes import Array
from tradewind.risk.posture.prices import PricePanel
from tradewind.risk.posture.view import PostureLevel, View

__all__ = ["Signal", "ViewSettings", "signals", "views_at"]

Steps: TypeAlias = tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]]


class ViewSettings(Config):
    """Half-lives in bars; steps are the thresholds of cautious, defensive and halt.

    Attributes:
        fast: Half-life of the fast volatility [bars].
        slow: Half-life of the slow one [bars].
        window: Bars that the drawdown and the anomaly look back over.
        volatility: Fast volatility in multiples of the slow one.
        tail: Loss of one bar in slow deviations.
        drawdown: Fall from the window's peak in slow deviations of a window.
        anomaly: Robust z of the window's return.
        correlation: Rise of the average correlation over its slow average.
        data: Share of symbols without a bar, or bars that did not move, beyond the usual.
    """

    fast: float = Field(default=20.0, gt=0)
    slow: float = Field(default=500.0, gt=0)
    window: int = Field(default=30, ge=2)
    volatility: Steps = (1.6, 2.2, 4.0)
    tail: Steps = (4.0, 6.0, 12.0)
    drawdown: Steps = (1.5, 2.2, 4.0)
    anomaly: Steps = (4.0, 6.0, 12.0)
    correlation: Steps = (0.25, 0.4, 9.0)
    data: Steps = (0.5, 0.9, 9.0)


class Signal(msgspec.Struct, frozen=True):
    """One view through time.

    Attributes:
        name: The view.
        unit: What its value is, in words.
        values: Shape (n,): the evidence; NaN before it is known.
        levels: Shape (n,), int8: the level that follows.
        steps: Thresholds of cautious, defensive, halt.
    """

    name: str
    unit: str
    values: Array
    levels: Array
    steps: Steps


def _ewma(values: Array, halflife: float) -> Array:
    """Exponentially weighted mean of what came so far, this bar included; NaN bars leave it where it was."""
    keep, out = 0.5 ** (1.0 / halflife), np.empty(len(values))
    total = weight = 0.0
    for t, value in enumerate(values.tolist()):
        if not np.isnan(value):
            total, weight = keep * total + value, keep * weight + 1.0
        out[t] = total / weight if weight else np.nan
    return out


def _before(values: Array) -> Array:
    """What was known at the bar before."""
    found = np.full(len(values), np.nan)
    found[1:] = values[:-1]
    return found


def _windows(values: Array, size: int) -> Array:
    """Shape (n, size): each bar's window, padded with NaN at the beginning."""
    padded = np.concatenate([np.full(size - 1, np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, size)


def signals(panel: PricePanel, settings: ViewSettings) -> list[Signal]:
    """Every view at every bar.

    Args:
        panel: Returns.
        settings: Half-lives and thresholds.
    """
    r = np.log1p(panel.portfolio())
    r[0] = 0.0
    warm = np.arange(len(r)) >= settings.slow / 2
    slow = np.sqrt(_before(_ewma(r * r, settings.slow)))
    slow = np.where(slow > 0, slow, np.nan)
    fast = np.sqrt(_ewma(r * r, settings.fast))
    level, size = np.cumsum(r), settings.window
    fall = np.nanmax(_windows(level, size), axis=1) - level
    found = {
        "volatility": ("times the usual volatility", fast / slow),
        "tail": ("usual deviations lost in one bar", -r / slow),
        "drawdown": (f"usual deviations below the peak of {size} bars", fall / (slow * np.sqrt(size))),
        "anomaly": (f"robust deviations of the return of {size // 2} bars", _robust_z(level, size, slow)),
        "data": ("share of bars missing or still beyond the usual", _missing(panel, settings)),
    }
    if len(panel.symbols) >= 3:
        found["correlation"] = ("above the usual average correlation", _correlation(panel, settings))
    return [
        _signal(name, unit, np.where(warm, v, np.nan), getattr(settings, name)) for name, (unit, v) in found.items()
    ]


def _signal(name: str, unit: str, values: Array, steps: Steps) -> Signal:
    levels = sum((values >= step).astype(np.int8) for step in steps)
    return Signal(name, unit, values, np.asarray(levels, np.int8), steps)


def _robust_z(level: Array, size: int, slow: Array) -> Array:
    """Downward return of half a window over the median absolute one of the last 20 windows [deviations]."""
    back = max(1, size // 2)
    moved = np.full(len(level), np.nan)
    moved[back:] = level[back:] - level[:-back]
    usual = _before(1.4826 * _median_so_far(np.abs(moved), 20 * size))
    return np.asarray(-moved / np.maximum(usual, slow * 1e-3 + 1e-12))


def _median_so_far(values: Array, size: int) -> Array:
    """Median of a trailing window, looked at every sixteenth bar and kept between."""
    out = np.full(len(values), np.nan)
    last = np.nan
    for t in range(len(values)):
        if t % 16 == 0:
            seen = values[max(0, t - size + 1) : t + 1]
            seen = seen[np.isfinite(seen)]
            last = float(np.median(seen)) if len(seen) >= 16 else np.nan
        out[t] = last
    return out


def _missing(panel: PricePanel, settings: ViewSettings) -> Array:
    """Share of symbols without a bar, or whose price stands still, above its slow average."""
    still = ~np.isfinite(panel.returns) | (panel.returns == 0.0)
    recent = _ewma(still.mean(axis=1), max(1.0, settings.fast / 4))
    return np.asarray(recent - _before(_ewma(still.mean(axis=1), settings.slow)))


def _correlation(panel: PricePanel, settings: ViewSettings) -> Array:
    """Average correlation implied by variances (of the portfolio and of its parts), fast less slow."""
    returns = np.nan_to_num(panel.returns)
    count = len(panel.symbols)
    whole, parts = returns.mean(axis=1) ** 2, (returns**2).mean(axis=1)

    def average(halflife: float) -> Array:
        share = _ewma(whole, halflife) / np.maximum(_ewma(parts, halflife), 1e-18)
        return np.asarray((share - 1.0 / count) / (1.0 - 1.0 / count))

    return average(3 * settings.fast) - _before(average(settings.slow))


def views_at(found: list[Signal], t: int, ts_ns: int) -> tuple[View, ...]:
    """Views of one bar as the posture takes them.

    Args:
        found: From :func:`signals`.
        t: The bar.
        ts_ns: When its close was known [ns].
    """
    views = []
    for item in found:
        value = float(item.values[t])
        said = f"{value:.2f} {item.unit}" if np.isfinite(value) else "not known yet"
        evidence = {"value": value} if np.isfinite(value) else {}
        views.append(
            View(name=item.name, level=PostureLevel(int(item.levels[t])), reason=said, evidence=evidence, ts_ns=ts_ns)
        )
    return tuple(views)
