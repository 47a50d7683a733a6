"""What a forecast is worth to someone who has to trade anyway: passive orders placed with it and without it.

The fill rule, for a buyer (a seller is its mirror): the order joins the best bid behind all that is shown. What trades
at or below its price comes off the queue ahead; the queue ahead is never more than what is shown at the price, and
nothing once the bid is lower. It fills when more trades than was ahead, or when the ask comes down to it. What is not
filled when patience ends crosses the spread. One lot, no effect on the market.
"""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.alpha.features.layout import QUOTE
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import entry
from tradewind.stats.intervals import Interval, mean_interval

__all__ = ["PassiveValue", "outcomes", "passive_outcomes", "value_of_signal"]

PAID, PASSIVE, WAITED, COLUMNS = 0, 1, 2, 3
HALF_HOUR_NS = 1_800_000_000_000
FIRST, FEWEST = 200, 50


class PassiveValue(msgspec.Struct, frozen=True, kw_only=True):
    """Passive orders of one lot, placed at every decision, with the forecast and without it.

    Attributes:
        decisions: Orders of each kind; half of them buy, half sell.
        cost_blind_bp: Mean cost against the mid at the decision, without the forecast [bp].
        cost_informed_bp: With it [bp].
        value_bp: What the forecast saved, per share [bp]; the interval draws half-hours.
        value_cents: The same per share [hundredths of the currency].
        filled_blind: Share filled passively, without the forecast.
        filled_informed: With it.
        hurried: Share of orders that crossed at once because the price was expected to run away.
        saved_hurried_bp: What the forecast saved on those [bp].
    """

    decisions: int
    cost_blind_bp: float
    cost_informed_bp: float
    value_bp: Interval
    value_cents: Interval
    filled_blind: float
    filled_informed: float
    hurried: float
    saved_hurried_bp: float


@entry
def passive_outcomes(  # noqa: C901
    ticks: Array, starts: Array, times: Array, side: int, out: Array
) -> None:
    """Follow passive orders through recorded ticks.

    Args:
        ticks: Shape (n,), dtype ``TICK``, in time order.
        starts: Shape (m,), int64: row of the last tick known at each decision.
        times: Shape (m, 2), int64: when each order joins, and when its patience ends [ns].
        side: +1 buys, -1 sells.
        out: Shape (m, 3): written: price paid, whether passively, how long it took [ns].
    """
    for i in range(len(starts)):
        k = starts[i]
        while k > 0 and ticks[k]["kind"] != QUOTE:
            k -= 1
        bid, bid_size, ask, ask_size = ticks[k]["bid"], ticks[k]["bid_size"], ticks[k]["ask"], ticks[k]["ask_size"]
        k, joined, price, ahead, begun = starts[i] + 1, False, 0.0, 0.0, ticks[starts[i]]["ts_ns"]
        out[i, PASSIVE] = 0.0
        while True:
            over = k >= len(ticks) or ticks[k]["ts_ns"] > times[i, 1]
            now = times[i, 1] if over else ticks[k]["ts_ns"]
            if not joined and now >= times[i, 0]:
                joined = True
                price, ahead = (bid, bid_size) if side > 0 else (ask, ask_size)
            if over:
                break
            if ticks[k]["kind"] == QUOTE:
                if ticks[k]["bid"] > 0 and ticks[k]["ask"] > 0:
                    bid, bid_size, ask, ask_size = (
                        ticks[k]["bid"],
                        ticks[k]["bid_size"],
                        ticks[k]["ask"],
                        ticks[k]["ask_size"],
                    )
                if joined:
                    own, shown, other = (bid, bid_size, ask) if side > 0 else (ask, ask_size, bid)
                    if side * (own - price) == 0:
                        ahead = min(ahead, shown)
                    elif side * (own - price) < 0:
                        ahead = 0.0
                    if side * (other - price) <= 0:
                        out[i, PASSIVE] = 1.0
            elif joined and side * (ticks[k]["price"] - price) <= 1e-9:
                ahead -= ticks[k]["size"]
                if ahead < 0:
                    out[i, PASSIVE] = 1.0
            if out[i, PASSIVE] > 0:
                break
            k += 1
        out[i, PAID] = price if out[i, PASSIVE] > 0 else (ask if side > 0 else bid)
        out[i, WAITED] = min(now, times[i, 1]) - begun


def outcomes(ticks: Array, starts: Array, join_ns: Array, end_ns: Array, side: int) -> Array:
    """Shape (m, 3): price paid, whether passively, time taken [ns]; see :func:`passive_outcomes`.

    Args:
        ticks: Shape (n,), dtype ``TICK``.
        starts: Shape (m,), row of the last tick known at each decision.
        join_ns: Shape (m,), when each order joins [ns].
        end_ns: Shape (m,), when its patience ends [ns].
        side: +1 or -1.
    """
    if side not in (1, -1):
        raise InvalidValueError("side", "+1 (buy) or -1 (sell)", side)
    out = np.zeros((len(starts), COLUMNS))
    times = np.column_stack([join_ns, end_ns]).astype(np.int64)
    passive_outcomes(ticks, np.asarray(starts, np.int64), times, side, out)
    return out


def value_of_signal(
    sessions: list[tuple[Array, Array, Array]], *, patience_s: float = 30.0, seed: int = 7
) -> PassiveValue:
    """Value of a signal to passive orders.

    Without it an order joins at once and crosses when patience ends. With it, it crosses at once where the price is
    expected to run away (the signal is in the outer tenth of those before, on the wrong side), as long as crossing
    such orders has saved money so far that session; otherwise it does the same. (Chosen on 2013-10-08: crossing
    later, and waiting for a better price, saved nothing; on IBM crossing at once did not either.)

    Args:
        sessions: For each session its ticks (dtype ``TICK``), times of decisions [ns] and signals (higher: up).
        patience_s: Seconds until an order crosses.
        seed: Of the interval.

    Raises:
        InvalidValueError: When there is no decision.
    """
    tables = [_session(ticks, at, signal, side, patience_s) for ticks, at, signal in sessions for side in (1, -1)]
    table = np.concatenate(tables) if tables else np.zeros((0, 7))
    if not len(table):
        raise InvalidValueError("sessions", "decisions", 0)
    at, mid, blind, informed, passive_blind, passive_informed, hurried = table.T
    clusters = at.astype(np.int64) // HALF_HOUR_NS
    saved = blind - informed
    return PassiveValue(
        decisions=len(table),
        cost_blind_bp=float(np.mean(1e4 * blind / mid)),
        cost_informed_bp=float(np.mean(1e4 * informed / mid)),
        value_bp=mean_interval(1e4 * saved / mid, clusters, seed),
        value_cents=mean_interval(100 * saved, clusters, seed),
        filled_blind=float(passive_blind.mean()),
        filled_informed=float(passive_informed.mean()),
        hurried=float(hurried.mean()),
        saved_hurried_bp=float(np.mean((1e4 * saved / mid)[hurried > 0])) if hurried.any() else 0.0,
    )


def _session(ticks: Array, at: Array, signal: Array, side: int, patience_s: float) -> Array:
    """Columns: time, mid, cost blind, cost informed, filled blind, filled informed, hurried."""
    starts = np.searchsorted(ticks["ts_ns"], at, side="right") - 1
    patience = int(patience_s * 1e9)
    usable = (starts >= 0) & (at + patience <= ticks["ts_ns"][-1])
    ends = _past_quantiles(signal)
    usable &= np.isfinite(ends[:, 0])
    starts, at, told = starts[usable], at[usable].astype(np.int64), signal[usable]
    lowest, highest = ends[usable].T
    # Against the side: the price runs away from a buyer when it rises, from a seller when it falls.
    away = told >= highest if side > 0 else told <= lowest
    blind = outcomes(ticks, starts, at, at + patience, side)
    crossed = outcomes(ticks, starts[away], at[away], at[away], side)
    pays = _paid_before(side * (blind[away, PAID] - crossed[:, PAID]), at[away] + patience, at)
    informed = blind.copy()
    informed[away & pays] = crossed[pays[away]]
    quotes = np.maximum.accumulate(np.where(ticks["kind"] == QUOTE, np.arange(len(ticks)), 0))[starts]
    mid = (ticks["bid"][quotes] + ticks["ask"][quotes]) / 2
    costs = [side * (found[:, PAID] - mid) for found in (blind, informed)]
    return np.column_stack([at, mid, *costs, blind[:, PASSIVE], informed[:, PASSIVE], away & pays])


def _past_quantiles(signal: Array) -> Array:
    """Outer tenths of the signals before, renewed every 200 decisions; NaN in the beginning."""
    found = np.full((len(signal), 2), np.nan)
    for begin in range(FIRST, len(signal), FIRST):
        found[begin : begin + FIRST] = np.quantile(signal[:begin], [0.1, 0.9])
    return found


def _paid_before(saved: Array, known_ns: Array, at: Array) -> Array:
    """Shape (n,): whether what crossing saved, of orders whose patience had ended by then, was above 0 on average."""
    count = np.searchsorted(known_ns, at, side="right")
    total = np.concatenate([[0.0], np.cumsum(saved)])
    return np.asarray((count >= FEWEST) & (total[count] > 0))
