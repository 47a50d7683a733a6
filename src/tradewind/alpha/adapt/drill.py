"""The drill: learners run along a stream with late labels, and are measured where it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import numpy as np

from tradewind.alpha.adapt.delay import LabelDelayQueue
from tradewind.alpha.adapt.streams import DriftStream
from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import Array
from tradewind.core.ports import Clock

__all__ = ["DrillResult", "Learner", "measure", "run_drill"]

AFTER = 500
GRACE = 1000
WINDOW = 100


class Learner(Protocol):
    """What runs along a stream."""

    def predict(self, X: Array) -> Array:
        """Forecasts of rows X (n, d)."""
        ...

    def learn(self, x: Array, y: float) -> Any:
        """One row whose outcome has become known."""
        ...

    @property
    def alarms(self) -> list[int]:
        """Labelled rows at which it raised an alarm."""
        ...


class DrillResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner did on a stream.

    Attributes:
        learner: Its name.
        ic: Correlation of forecasts with outcomes after the warm-up.
        ic_after: Mean over switches of the correlation in the first 500 rows after each; None where none is known.
        recovery: Median over switches of the rows until the forecasts of the last 100 rows correlate with the expected
            outcome at least half as well as an oracle's; None where no switch is known.
        recovered: Share of switches after which it recovered at all.
        alarms: How many it raised.
        false_alarms: Those that came not within 1,000 rows after a switch.
        caught: Share of switches that an alarm followed within 1,000 rows.
        micros: Microseconds for one forecast and one lesson.
        decisions: What was decided, where it decides.
        forecasts: Shape (n,).
    """

    learner: str
    ic: float
    ic_after: float | None
    recovery: float | None
    recovered: float | None
    alarms: int
    false_alarms: int | None
    caught: float | None
    micros: float
    decisions: tuple[Any, ...] = ()
    forecasts: Array = np.zeros(0)


def run_drill(
    name: str,
    learner: Learner,
    stream: DriftStream,
    *,
    warm_up: int = 1000,
    clock: Clock | None = None,
    tick: Callable[[int], None] | None = None,
) -> DrillResult:
    """Run a learner along a stream: forecast each row, then learn what has become known.

    Args:
        name: What it is called.
        learner: The learner, untrained.
        stream: The stream.
        warm_up: Rows before forecasts are measured.
        clock: Measures durations.
        tick: Told how many rows went by, now and then.
    """
    clock = clock or SystemClock()
    queue = LabelDelayQueue()
    rows = len(stream.y)
    forecasts = np.zeros(rows)
    begun = clock.monotonic_ns()
    skipped = min(AFTER, rows // 2)  # what is compiled on the first call is not timed
    for t in range(rows):
        if t == skipped:
            begun = clock.monotonic_ns()
        for known in queue.due(t):
            learner.learn(stream.X[known], float(stream.y[known]))
        forecasts[t] = learner.predict(stream.X[t : t + 1])[0]
        queue.push(t + max(int(stream.delay[t]), 1), t)
        if tick is not None and t % 500 == 499:
            tick(500)
    micros = (clock.monotonic_ns() - begun) / max(rows - skipped, 1) / 1e3
    decisions = tuple(getattr(learner, "decisions", ()))
    return measure(name, forecasts, stream, warm_up, learner.alarms, micros, decisions)


def measure(  # noqa: PLR0917
    name: str,
    forecasts: Array,
    stream: DriftStream,
    warm_up: int,
    alarms: list[int],
    micros: float = 0.0,
    decisions: tuple[Any, ...] = (),
) -> DrillResult:
    """Score forecasts along a stream; see :class:`DrillResult`."""
    after = recovery = recovered = caught = None
    false_alarms = None
    if stream.switches:
        pairs = [(forecasts[s : s + AFTER], stream.y[s : s + AFTER]) for s in stream.switches]
        after = float(np.mean([_correlation(f, y) for f, y in pairs]))
        near = [[s <= a <= s + GRACE for s in stream.switches] for a in alarms]
        false_alarms = sum(not any(row) for row in near)
        caught = float(np.mean([any(row[k] for row in near) for k in range(len(stream.switches))]))
        if len(stream.mean):
            times = [_recovery(forecasts, stream, s) for s in stream.switches]
            recovery = float(np.median(times))
            recovered = float(np.mean(np.isfinite(times)))
    return DrillResult(
        learner=name,
        ic=_correlation(forecasts[warm_up:], stream.y[warm_up:]),
        ic_after=after,
        recovery=recovery if recovery is None or np.isfinite(recovery) else None,
        recovered=recovered,
        alarms=len(alarms),
        false_alarms=false_alarms,
        caught=caught,
        micros=micros,
        decisions=decisions,
        forecasts=forecasts,
    )


def _recovery(forecasts: Array, stream: DriftStream, switch: int) -> float:
    """Rows after a switch until the trailing correlation with the expected outcome is back at one half."""
    later = [s for s in stream.switches if s > switch]
    end = later[0] if later else len(forecasts)
    for t in range(switch + WINDOW, end + 1, 5):
        if _correlation(forecasts[t - WINDOW : t], stream.mean[t - WINDOW : t]) >= 0.5:
            return float(t - switch)
    return float("inf")


def _correlation(a: Array, b: Array) -> float:
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
