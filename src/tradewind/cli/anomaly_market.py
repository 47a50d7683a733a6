"""Alarms in simulated markets that crash: what they are worth where the fall is known to the second."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.market.reactive import Market
from tradewind.market.scenario import SCENARIOS, Phase, Scenario
from tradewind.risk.anomalies.minutes import Minutes
from tradewind.risk.anomalies.monitor import Alarm, AnomalyMonitor, Fall
from tradewind.risk.anomalies.scores import Scorer

__all__ = ["SimulatedCrash", "crash_worth", "simulated_crash"]

LOOK_S = 5.0
CALM_S, AFTER_S = 5400.0, 600.0
ROWS_PER_DAY = 4680


class SimulatedCrash(msgspec.Struct, frozen=True):
    """One simulated market with a flash crash at a known time.

    Attributes:
        minutes: What an alarm sees, a row every 5 s.
        fall: The crash, from its last calm row to the low of the phase.
    """

    minutes: Minutes
    fall: Fall


def simulated_crash(preset: str, seed: int) -> SimulatedCrash:
    """Ninety minutes of a preset, then its flash crash and ten minutes more."""
    phases = SCENARIOS["flash_crash"].phases
    falling_s = sum(phase.seconds for phase in phases[1:3])
    market = Market(preset, seed, scenario=Scenario("crash", (Phase(seconds=CALM_S), *phases[1:])))
    count = int((CALM_S + falling_s + AFTER_S) / LOOK_S)
    looks: Array = np.full((count, 5), np.nan)
    events = market.events
    for row in range(count):
        market.advance(LOOK_S)
        buy, sell = market.view.best_bid, market.view.best_ask
        if buy and sell:
            looks[row, :4] = buy[0], sell[0], buy[1], sell[1]
        looks[row, 4], events = market.events - events, market.events
    bid, ask, bid_size, ask_size, messages = _carried(looks).T
    mid: Array = (bid + ask) / 2
    minutes = Minutes(
        ts_ns=(np.arange(1, count + 1) * int(LOOK_S * 1e9)).astype(np.int64),
        mid=mid,
        volume=np.full(count, np.nan),
        spread=(ask - bid) / mid,
        depth=(bid_size + ask_size) / 2,
        imbalance=(bid_size - ask_size) / (bid_size + ask_size),
        messages=messages,
    )
    onset = int(CALM_S / LOOK_S) - 1
    ends = int((CALM_S + falling_s + 20.0) / LOOK_S) + 1
    trough = onset + int(np.argmin(mid[onset:ends]))
    return SimulatedCrash(minutes, Fall(onset, trough, float(mid[trough] / mid[onset] - 1)))


def crash_worth(
    preset: str, scorer: Callable[[], Scorer], seeds: int, budget: float, tell: Callable[[], None]
) -> dict[str, object]:
    """Recall, caught before half the fall, and false alarms a day over several simulated crashes."""
    caught = early = wrong = 0
    sizes, hours = [], 0.0
    for seed in range(seeds):
        made = simulated_crash(preset, seed)
        history = 0.95 * CALM_S / LOOK_S / ROWS_PER_DAY
        monitor = AnomalyMonitor(
            scorer(), budget_per_day=budget, history_days=history, rows_per_day=ROWS_PER_DAY, quiet_minutes=36
        )
        alarms, fall = monitor.watch(made.minutes), made.fall
        during = [a for a in alarms if fall.onset <= a.row <= fall.trough]
        before = [a for a in alarms if a.row < fall.onset]
        caught += bool(during)
        early += bool(during) and _before_half(during[0], made)
        wrong += len(before)
        hours += (fall.onset * LOOK_S - 0.2 * history * ROWS_PER_DAY * LOOK_S) / 3600
        sizes.append(fall.size)
        tell()
    return {
        "preset": preset,
        "crashes": seeds,
        "mean_fall": float(np.mean(sizes)),
        "recall": caught / seeds,
        "before_half": early / seeds,
        "false_a_day": wrong / (hours / 6.5),
    }


def _before_half(alarm: Alarm, made: SimulatedCrash) -> bool:
    mid, fall = made.minutes.mid, made.fall
    return bool(mid[fall.onset] - mid[alarm.row] < (mid[fall.onset] - mid[fall.trough]) / 2)


def _carried(looks: Array) -> Array:
    """A side that was empty keeps its last quote."""
    for column in looks.T:
        known = np.maximum.accumulate(np.where(np.isfinite(column), np.arange(len(column)), 0))
        column[:] = column[known]
    return looks
