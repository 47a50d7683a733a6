"""One monitor with a false-alarm budget: when a score becomes an alarm, and what an alarm was worth."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.risk.anomalies.minutes import Minutes
from tradewind.risk.anomalies.scores import FallScore, Scorer
from tradewind.stats.intervals import wilson

__all__ = ["Alarm", "AnomalyMonitor", "Fall", "Worth", "find_falls", "worth_of"]

DAY = 1440
FALL_MINUTES = 30


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A minute that is unusual enough to be told.

    Attributes:
        ts_ns: When [ns UTC].
        row: Of which minute.
        score: How unusual.
        threshold: What it had to exceed.
        reason: In words.
    """

    ts_ns: int
    row: int
    score: float
    threshold: float
    reason: str


class AnomalyMonitor:
    """Turns scores into alarms, with no more false ones a day than a budget allows.

    The threshold of minute t is the lowest that would have raised, over the past ``history_days``, ``budget_per_day``
    false alarms a day (blocks of ``quiet_minutes`` count once; a block is not false when a fall that has ended by then
    lay in it), and never below ``floor``. It tells a fall that has begun; it predicts nothing.

    Args:
        scorer: What scores minutes; :class:`~tradewind.risk.anomalies.scores.FallScore` when not given.
        budget_per_day: False alarms a day.
        quiet_minutes: After an alarm none is raised for so long, unless the score grows by half.
        history_days: Days the threshold looks back.
        floor: Lowest threshold, in units of the score.
        drop: What counts as a fall when past alarms are judged.
        rows_per_day: Rows in a day; 1,440 minutes round the clock, 390 in a New York session.

    Raises:
        InvalidValueError: For a budget, quiet time or history that is not positive.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> steps = rng.normal(0, 1e-4, 3000)
        >>> steps[2500:2510] -= 2e-3
        >>> times = np.arange(3000) * 60_000_000_000
        >>> alarms = AnomalyMonitor().watch(Minutes.from_bars(times, 100 * np.exp(np.cumsum(steps)), np.ones(3000)))
        >>> any(2500 <= alarm.row < 2510 for alarm in alarms)
        True
    """

    def __init__(
        self,
        scorer: Scorer | None = None,
        *,
        budget_per_day: float = 1.5,
        quiet_minutes: int = 30,
        history_days: float = 5.0,
        floor: float = 0.0,
        drop: float = 0.02,
        rows_per_day: int = DAY,
    ) -> None:
        for name, value in (
            ("budget_per_day", budget_per_day),
            ("quiet_minutes", quiet_minutes),
            ("history_days", history_days),
            ("drop", drop),
            ("rows_per_day", rows_per_day),
        ):
            if not value > 0:
                raise InvalidValueError(name, "more than 0", value)
        self.scorer = scorer or FallScore()
        self.budget_per_day, self.quiet_minutes = budget_per_day, quiet_minutes
        self.history_days, self.floor, self.drop = history_days, floor, drop
        self.rows_per_day = rows_per_day

    def watch(self, minutes: Minutes) -> list[Alarm]:
        """The alarms of a stretch of minutes, in order; an alarm knows its own and earlier minutes only."""
        score = self.scorer.score(minutes)
        return self.alarms(minutes, score, self.thresholds(score, minutes.mid))

    def alarms(self, minutes: Minutes, score: Array, threshold: Array) -> list[Alarm]:
        """The alarms of scores and thresholds that are there already."""
        alarms: list[Alarm] = []
        for row in np.flatnonzero(score > threshold):
            last = alarms[-1] if alarms else None
            if last and row - last.row < self.quiet_minutes and score[row] <= 1.5 * last.score:
                continue
            reason = f"{self.scorer.name} {score[row]:.1f} above {threshold[row]:.1f}"
            alarms.append(
                Alarm(
                    ts_ns=int(minutes.ts_ns[row]),
                    row=int(row),
                    score=float(score[row]),
                    threshold=float(threshold[row]),
                    reason=reason,
                )
            )
        return alarms

    def thresholds(self, score: Array, mid: Array) -> Array:
        """Shape (n,): the threshold of each minute; infinite until a fifth of the history has been seen.

        Args:
            score: Shape (n,), as the scorer tells it.
            mid: Shape (n,), prices by which alarms of the past are judged once it is known what came of them.
        """
        block = self.quiet_minutes
        peaks = np.array([np.max(b, initial=-np.inf, where=np.isfinite(b)) for b in _blocks(score, block)])
        known = np.zeros(len(peaks), np.int64)  # first block by which a block is known to hold a fall
        for fall in find_falls(mid, self.drop):
            over = (fall.trough + 2 * FALL_MINUTES) // block + 1
            known[fall.onset // block : (fall.trough + FALL_MINUTES) // block + 1] = over
        most = int(self.history_days * self.rows_per_day / block)
        result = np.full(len(score), np.inf)
        for index in range(len(peaks)):
            start = max(0, index - most)
            seen = np.isfinite(peaks[start:index])
            if seen.sum() * 5 < most:
                continue
            false = seen & ((known[start:index] == 0) | (known[start:index] > index))
            allowed = self.budget_per_day * seen.sum() * block / self.rows_per_day
            result[index * block : (index + 1) * block] = max(self.floor, _exceeded(peaks[start:index][false], allowed))
        return result


class Fall(msgspec.Struct, frozen=True):
    """A fall of the price.

    Attributes:
        onset: Row of the last high before it.
        trough: Row of its low.
        size: Return from onset to trough, below 0.
    """

    onset: int
    trough: int
    size: float


def find_falls(mid: Array, drop: float = 0.02, window: int = FALL_MINUTES) -> list[Fall]:
    """Falls of at least ``drop`` from the high of the past ``window`` minutes; those closer than a window are one.

    This is the judge of alarms: it looks ahead, and nothing that raises alarms may see it.

    Examples:
        >>> find_falls(np.array([100.0, 101, 100, 98, 97, 99, 100]), drop=0.03, window=3)
        [Fall(onset=1, trough=4, size=-0.039603960396039...)]
    """
    rows = np.arange(len(mid))
    starts = np.maximum(rows - window, 0)
    high = np.array([mid[a : b + 1].max() for a, b in zip(starts, rows, strict=True)])
    below = np.flatnonzero(mid / high - 1 <= -drop)
    falls: list[Fall] = []
    for group in np.split(below, np.flatnonzero(np.diff(below) > window) + 1) if len(below) else []:
        before = mid[starts[group[0]] : group[0] + 1]
        onset = int(group[0]) - int(np.argmax(before[::-1] == before.max()))
        trough = onset + int(np.argmin(mid[onset : group[-1] + 1]))
        falls.append(Fall(onset, trough, float(mid[trough] / mid[onset] - 1)))
    return falls


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What alarms were worth against falls that happened.

    Attributes:
        scorer: Which scorer.
        falls: How many there were while it could raise alarms.
        recall: Share of falls with an alarm between onset and trough.
        recall_interval: Its 95 % Wilson interval.
        before_half: Share of falls with an alarm before half the fall was lost.
        false_a_day: Alarms outside any fall (to 30 minutes after its trough), a day.
        false_interval: Its 95 % interval, counts taken as Poisson.
        days: Days watched.
    """

    scorer: str
    falls: int
    recall: float
    recall_interval: tuple[float, float]
    before_half: float
    false_a_day: float
    false_interval: tuple[float, float]
    days: float


def worth_of(
    name: str, alarms: list[Alarm], mid: Array, falls: list[Fall], *, watched_from: int = 0, rows_per_day: int = DAY
) -> Worth:
    """Hold alarms against falls.

    Args:
        name: Of the scorer.
        alarms: What was raised.
        mid: Shape (n,), one price a minute.
        falls: As :func:`find_falls` tells them; those that begin before ``watched_from`` do not count.
        watched_from: First row at which an alarm could be raised.
        rows_per_day: Rows in a day.
    """
    falls = [fall for fall in falls if fall.onset >= watched_from]
    rows = np.array([alarm.row for alarm in alarms], dtype=np.int64)
    inside, caught, early = np.zeros(len(rows), bool), 0, 0
    for fall in falls:
        during = (rows >= fall.onset) & (rows <= fall.trough)
        inside |= (rows >= fall.onset) & (rows <= fall.trough + FALL_MINUTES)
        if during.any():
            caught += 1
            lost = mid[fall.onset] - mid[rows[during][0]]
            early += bool(lost < (mid[fall.onset] - mid[fall.trough]) / 2)
    days = max(len(mid) - watched_from, 1) / rows_per_day
    wrong = int(np.count_nonzero(~inside))
    count = max(len(falls), 1)
    return Worth(
        scorer=name,
        falls=len(falls),
        recall=caught / count if falls else float("nan"),
        recall_interval=wilson(caught, len(falls)) if falls else (0.0, 1.0),
        before_half=early / count if falls else float("nan"),
        false_a_day=wrong / days,
        false_interval=_poisson(wrong, days),
        days=days,
    )


def _exceeded(peaks: Array, times: float) -> float:
    """The level that peaks like these exceed so many times.

    The tail above the upper fifth is taken as a power law (Hill, 1975), so that a short history, in which the level was
    never reached, does not make every new record an alarm.
    """
    ranked = np.sort(peaks)[::-1]
    count = max(5, len(ranked) // 5)
    if times >= count or len(ranked) <= count or ranked[count] <= 0:
        return float(ranked[min(len(ranked) - 1, int(times))])
    tail = float(np.mean(np.log(ranked[:count] / ranked[count])))
    return float(ranked[count] * (count / times) ** tail)


def _blocks(x: Array, size: int) -> list[Array]:
    return [x[start : start + size] for start in range(0, len(x), size)]


def _poisson(count: int, days: float) -> tuple[float, float]:
    from scipy.stats import chi2

    low = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
    return (low / days, float(chi2.ppf(0.975, 2 * count + 2)) / 2 / days)
