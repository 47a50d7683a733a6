"""What a taker would have earned on a forecast: turnover, and returns net of fees and of the spread."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.alpha.evaluation.deflation import sharpe_ratio
from tradewind.alpha.protocol import Panel
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["COSTS_BP", "Trading", "is_cross_section", "net_returns", "trade"]

COSTS_BP = (0.0, 1.0, 5.0, 10.0)
"""Costs of turning over one unit at which results are shown [bp]."""
YEAR_NS = 365.25 * 86400e9
CROSS = 5
HALF_HOUR_NS = 1_800_000_000_000


class Trading(msgspec.Struct, frozen=True, kw_only=True):
    """Positions taken on a forecast, period by period.

    Attributes:
        gross: Shape (n,): return per period, of one unit of capital.
        turnover: Shape (n,): traded in each period, in units of capital.
        crossing: Shape (n,): cost of crossing half the spread for it.
        period: Shape (n,): when each begins [ns UTC].
        day: Shape (n,): its day.
        periods_a_year: For annual figures.
    """

    gross: Array
    turnover: Array
    crossing: Array
    period: Array
    day: Array
    periods_a_year: float

    def net(self, cost_bp: float = 0.0, *, spread: bool = False) -> Array:
        """Shape (n,): returns after a fee on turnover [bp], and with ``spread`` after half the spread as well."""
        return np.asarray(self.gross - cost_bp * 1e-4 * self.turnover - (self.crossing if spread else 0.0))

    def sharpe(self, cost_bp: float = 0.0, *, spread: bool = False) -> float:
        """Annual Sharpe ratio of :meth:`net`."""
        return sharpe_ratio(self.net(cost_bp, spread=spread)) * float(np.sqrt(self.periods_a_year))


def is_cross_section(panel: Panel) -> bool:
    """Whether many instruments share their times: then positions are taken against each other."""
    return len(panel.y) > 0 and len(panel.y) / len(np.unique(panel.sample.t0)) >= CROSS


def trade(panel: Panel, signal: Array) -> Trading:
    """Positions on a signal.

    In a cross-section, ranks against the mean at each date, gross exposure 1, held to the label's end; dates whose
    labels overlap are separate sleeves of the capital. Otherwise, in each series, the sign of the signal, held to the
    label's end and renewed there; returns are added up by half-hours (by days where there are 20 or more).

    Args:
        panel: The judged rows.
        signal: Shape (n,): the higher, the more is bought; 0 buys nothing.

    Raises:
        InvalidValueError: For a signal of another length.
    """
    if len(signal) != len(panel.y):
        raise InvalidValueError("signal", f"{len(panel.y)} rows", len(signal))
    return _sleeves(panel, signal) if is_cross_section(panel) else _signs(panel, signal)


def net_returns(panel: Panel, signal: Array, cost_bp: float = 0.0, *, spread: bool = False) -> Array:
    """Returns per period of :func:`trade`, net of costs."""
    return trade(panel, signal).net(cost_bp, spread=spread)


def _sleeves(panel: Panel, signal: Array) -> Trading:
    sample = panel.sample
    dates, inverse = np.unique(sample.t0, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    groups = np.split(order, np.searchsorted(inverse[order], np.arange(1, len(dates))))
    ends = np.array([np.median(sample.t1[rows]) for rows in groups])
    sleeves = max(1, int(np.median(np.searchsorted(dates, ends, side="left") - np.arange(len(dates)))))
    gross, turnover, crossing = np.zeros(len(dates)), np.zeros(len(dates)), np.zeros(len(dates))
    held: list[dict[int, float]] = [{} for _ in range(sleeves)]
    for k, rows in enumerate(groups):
        place = np.argsort(np.argsort(signal[rows], kind="stable"), kind="stable") - (len(rows) - 1) / 2
        place = place if np.ptp(signal[rows]) > 0 else np.zeros(len(rows))
        weight = place / max(np.abs(place).sum(), 1.0)
        now = dict(zip(sample.series[rows].tolist(), weight.tolist(), strict=True))
        old = held[k % sleeves]
        traded = np.array([abs(now[s] - old.get(s, 0.0)) for s in now])
        gone = sum(abs(w) for s, w in old.items() if s not in now)
        gross[k], turnover[k] = weight @ np.nan_to_num(panel.value[rows]), traded.sum() + gone
        crossing[k] = traded @ panel.spread[rows] / 2
        held[k % sleeves] = now
    block = np.arange(len(dates)) // sleeves
    size = np.bincount(block)
    length = float(np.median(ends - dates)) or 1.0
    return Trading(
        gross=np.bincount(block, weights=gross) / size,
        turnover=np.bincount(block, weights=turnover) / size,
        crossing=np.bincount(block, weights=crossing) / size,
        period=dates[::sleeves],
        day=dates[::sleeves] // 86_400_000_000_000,
        periods_a_year=YEAR_NS / max(length, float(np.median(np.diff(dates[::sleeves]))) if len(size) > 1 else length),
    )


def _signs(panel: Panel, signal: Array) -> Trading:
    sample = panel.sample
    parts = []
    for number in np.unique(sample.series):
        rows = np.flatnonzero(sample.series == number)
        rows = rows[np.argsort(sample.t0[rows], kind="stable")]
        rows = rows[_one_after_the_other(sample.t0[rows], sample.t1[rows])]
        position = np.sign(signal[rows])
        traded = np.abs(np.diff(position, prepend=0.0))
        traded[-1] += abs(position[-1])  # closed at the end
        gain = position * np.nan_to_num(panel.value[rows])
        parts.append(np.column_stack([sample.t0[rows], gain, traded, traded * panel.spread[rows] / 2]))
    table = np.concatenate(parts)
    days = np.unique(sample.day)
    size_ns = 86_400_000_000_000 if len(days) >= 20 else HALF_HOUR_NS
    period, inverse = np.unique(table[:, 0].astype(np.int64) // size_ns, return_inverse=True)
    sums = [np.bincount(inverse, weights=table[:, c]) for c in (1, 2, 3)]
    return Trading(
        gross=sums[0],
        turnover=sums[1],
        crossing=sums[2],
        period=period * size_ns,
        day=period * size_ns // 86_400_000_000_000,
        periods_a_year=252.0 * len(period) / max(len(days), 1),
    )


def _one_after_the_other(t0: Array, t1: Array) -> Array:
    """Rows that follow each other without overlap, from the first on."""
    found, row = [], 0
    while row < len(t0):
        found.append(row)
        row = max(int(np.searchsorted(t0, t1[row], side="left")), row + 1)
    return np.array(found, np.int64)
