"""An alarm for correlations that break: fast against slow, against their own past."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.risk.correlations.covariance import checked_returns

__all__ = ["CorrelationAlarm", "CorrelationBreaks"]


CALM = 0.9


class CorrelationBreaks(msgspec.Struct, frozen=True, kw_only=True):
    """The alarm's answer for each day.

    Attributes:
        average: Shape (n,): average correlation of the last ``fast`` days; NaN before there are enough.
        usual: Shape (n,): of the last ``slow`` days.
        score: Shape (n,): share of past days whose move away from the usual was smaller; NaN before there is a past.
        alarm: Shape (n,), bool: the score passed the level; it stays until the score is back under 0.9.
    """

    average: Array
    usual: Array
    score: Array
    alarm: Array


class CorrelationAlarm:
    """Average correlation of a month against that of a year; the move is judged by its own past, never its future.

    Args:
        fast: Days of the short window.
        slow: Days of the long window.
        level: Score at which the alarm goes off.
    """

    def __init__(self, fast: int = 22, slow: int = 252, level: float = 0.99) -> None:
        if not 5 <= fast < slow:
            raise InvalidValueError("fast", f"between 5 and the slow window's {slow} days", fast)
        if not 0.5 < level < 1:
            raise InvalidValueError("level", "between 0.5 and 1", level)
        self.fast, self.slow, self.level = fast, slow, level

    def score(self, returns: Array, names: tuple[str, ...]) -> CorrelationBreaks:
        """One answer a day, from what was known at its close.

        Args:
            returns: Shape (n, k), k of 2 or more.
            names: The k symbols.
        """
        if len(names) < 2:
            raise InvalidValueError("names", "two or more symbols", len(names))
        returns = checked_returns(returns, names, self.slow + self.fast)
        average, usual = _average(returns, self.fast), _average(returns, self.slow)
        move = np.abs(np.arctanh(np.clip(average, -0.999, 0.999)) - np.arctanh(np.clip(usual, -0.999, 0.999)))
        score = np.full(len(move), np.nan)
        alarm = np.zeros(len(move), bool)
        first = self.slow
        for t in range(first + self.slow, len(move)):
            past = move[first:t]
            score[t] = np.mean(past < move[t])
            alarm[t] = score[t] >= self.level or (alarm[t - 1] and score[t] > CALM)
        return CorrelationBreaks(average=average, usual=usual, score=score, alarm=alarm)


def _average(returns: Array, window: int) -> Array:
    """Mean correlation off the diagonal of each window, without forming matrices.

    The sum of all correlations is the variance of the sum of standardised returns.
    """
    n, k = returns.shape
    first, second = (np.vstack([np.zeros(k), np.cumsum(x, axis=0)]) for x in (returns, returns**2))
    found = np.full(n, np.nan)
    for t in range(window - 1, n):
        mean = (first[t + 1] - first[t + 1 - window]) / window
        deviation = np.sqrt(np.maximum((second[t + 1] - second[t + 1 - window]) / window - mean**2, 1e-18))
        z = (returns[t + 1 - window : t + 1] - mean) / deviation
        found[t] = (np.mean(z.sum(axis=1) ** 2) - k) / (k * (k - 1))
    return found
