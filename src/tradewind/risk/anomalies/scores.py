"""Scores of how unusual a minute is, each knowing only what came before it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError
from tradewind.core.random import stream
from tradewind.risk.anomalies.minutes import Minutes, features, past_scale, returns_over

__all__ = [
    "SCORERS",
    "FallScore",
    "ForestScore",
    "HalfSpaceScore",
    "MahalanobisScore",
    "MeanRankScore",
    "RandomScore",
    "Scorer",
    "VpinScore",
    "make_scorer",
]

HISTORY = 1440


class Scorer(Protocol):
    """Anything that says how unusual minutes are; higher is more unusual.

    Attributes:
        name: Of the scorer.
    """

    name: str

    def score(self, minutes: Minutes) -> Array:
        """Shape (n,): the score of each minute, from this and earlier minutes only; NaN while it warms up."""
        ...


class FallScore:
    r"""Robust z of the steepest recent fall.

    .. math:: s_t = \max_{h \in H} \frac{-r_{t,h}}{1.4826\,\mathrm{MAD}(r_{\cdot,h})}

    over the past day; with ``both_ways`` the absolute return counts.

    Args:
        horizons: Minutes h over which a fall is measured.
        history: Minutes the scale looks back.
        both_ways: Whether a rise counts like a fall.

    References:
        Iglewicz and Hoaglin (1993), "How to detect and handle outliers" (modified z-score).
    """

    name = "fall"

    def __init__(
        self, horizons: tuple[int, ...] = (1, 3, 5, 10, 15), history: int = HISTORY, *, both_ways: bool = False
    ) -> None:
        self.horizons, self.history, self.both_ways = horizons, history, both_ways

    def score(self, minutes: Minutes) -> Array:
        """As :class:`Scorer`."""
        best = np.full(len(minutes), np.nan)
        for horizon in self.horizons:
            move = returns_over(minutes.mid, horizon)
            _, scale = past_scale(move, self.history)
            move = np.abs(move) if self.both_ways else -move
            best = np.fmax(best, move / np.maximum(scale, 1e-5))
        return best


class MahalanobisScore:
    r"""Distance of a minute's features from their exponentially weighted past.

    .. math:: s_t = \sqrt{(x_t - \mu_{t-1})^\top \Sigma_{t-1}^{-1} (x_t - \mu_{t-1})}

    The covariance is drawn towards its diagonal by a tenth; features whose variance is 0 do not count.

    Args:
        half_life: Of the weights [minutes].

    References:
        Mahalanobis (1936), "On the generalised distance in statistics".
    """

    name = "mahalanobis"

    def __init__(self, half_life: float = 720.0) -> None:
        self.half_life = half_life

    def score(self, minutes: Minutes) -> Array:
        """As :class:`Scorer`."""
        X = np.clip(features(minutes), -20, 20)
        keep = 0.5 ** (1 / self.half_life)
        mean, cov = np.zeros(X.shape[1]), np.eye(X.shape[1])
        result = np.full(len(X), np.nan)
        for row, x in enumerate(X):
            away = x - mean
            if row >= 120:
                result[row] = np.sqrt(max(0.0, float(away @ np.linalg.solve(_towards_diagonal(cov), away))))
            rate = max(1 - keep, 1 / (row + 2))
            mean = mean + rate * away
            cov = (1 - rate) * (cov + rate * np.outer(away, away))
        return result


class ForestScore:
    """Isolation forest on the features, fitted anew on the past every six hours.

    Args:
        history: Minutes it is fitted on.
        every: Minutes between fits.
        seed: Of the forest's chance.

    Raises:
        MissingExtraError: Without scikit-learn.

    References:
        Liu, Ting and Zhou (2008), "Isolation forest".
    """

    name = "forest"

    def __init__(self, history: int = 4 * HISTORY, every: int = 360, seed: int = 0) -> None:
        self.history, self.every, self.seed = history, every, seed

    def score(self, minutes: Minutes) -> Array:
        """As :class:`Scorer`."""
        try:
            from sklearn.ensemble import IsolationForest
        except ImportError as error:
            raise MissingExtraError("scikit-learn", "risk", "isolation forests") from error
        X, result = features(minutes), np.full(len(minutes), np.nan)
        for start in range(self.every, len(X), self.every):
            forest = IsolationForest(n_estimators=100, max_samples=256, random_state=self.seed, n_jobs=1)
            forest.fit(X[max(0, start - self.history) : start])
            result[start : start + self.every] = -forest.score_samples(X[start : start + self.every])
        return result


class HalfSpaceScore:
    """Half-space trees, learning minute by minute.

    Args:
        seed: Of the trees' chance.

    Raises:
        MissingExtraError: Without river.

    References:
        Tan, Ting and Liu (2011), "Fast anomaly detection for streaming data".
    """

    name = "half_space"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def score(self, minutes: Minutes) -> Array:
        """As :class:`Scorer`."""
        try:
            from river.anomaly import HalfSpaceTrees
        except ImportError as error:
            raise MissingExtraError("river", "risk", "half-space trees") from error
        trees = HalfSpaceTrees(n_trees=15, height=7, window_size=250, seed=self.seed)
        X = 1 / (1 + np.exp(-np.clip(features(minutes), -20, 20) / 3))
        result = np.full(len(X), np.nan)
        for row, x in enumerate(X.tolist()):
            look = dict(enumerate(x))
            if row >= 500:
                result[row] = trees.score_one(look)
            trees.learn_one(look)
        return result


class VpinScore:
    r"""Volume-synchronised probability of informed trading, by bulk classification.

    .. math:: \mathrm{VPIN} = \frac1{nV}\sum_{\tau} |V^B_\tau - V^S_\tau|,\quad V^B = V\,\Phi(\Delta p/\sigma)

    over the last ``buckets`` buckets of equal volume; it has no incremental power before crashes once volatility is
    known (Andersen and Bondarenko, 2014) and stands here as a row, not as the alarm.

    Args:
        buckets: Buckets averaged.
        per_day: Buckets in a day of the past day's volume.

    References:
        Easley, López de Prado and O'Hara (2012), "Flow toxicity and liquidity in a high-frequency world".
    """

    name = "vpin"

    def __init__(self, buckets: int = 50, per_day: int = 250) -> None:
        self.buckets, self.per_day = buckets, per_day

    def score(self, minutes: Minutes) -> Array:
        """As :class:`Scorer`; 0 without volume."""
        volume = np.nan_to_num(minutes.volume)
        move = returns_over(minutes.mid, 1)
        _, scale = past_scale(move, HISTORY)
        lean = np.abs(2 * _normal_cdf(move / np.maximum(scale, 1e-5)) - 1) * volume
        result, full, bucket = np.full(len(volume), np.nan), [], np.zeros(2)
        traded = np.concatenate(([0.0], np.cumsum(volume)))
        for row in range(120, len(volume)):
            back = max(0, row - HISTORY)
            size = (traded[row] - traded[back]) / (row - back) * HISTORY / self.per_day
            bucket += (volume[row], lean[row] if np.isfinite(lean[row]) else 0.0)
            if bucket[0] >= size > 0:
                full.append(bucket.copy())
                bucket[:] = 0
            last = np.sum(full[-self.buckets :], axis=0) if full else np.array([1.0, 0.0])
            result[row] = last[1] / last[0]
        return result


class RandomScore:
    """Chance: what an alarm is worth that knows nothing.

    Args:
        seed: Of the stream ``risk/anomalies/random``.
    """

    name = "random"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def score(self, minutes: Minutes) -> Array:
        """As :class:`Scorer`."""
        return stream(self.seed, "risk/anomalies/random").random(len(minutes))


class MeanRankScore:
    """Mean of other scores' ranks among their own past day: a committee without weights.

    Args:
        members: Scorers; fall, Mahalanobis and forest when not given.
    """

    name = "mean_rank"

    def __init__(self, members: tuple[Scorer, ...] | None = None) -> None:
        self.members = members or (FallScore(), MahalanobisScore(), ForestScore())

    def score(self, minutes: Minutes) -> Array:
        """As :class:`Scorer`."""
        return np.asarray(np.mean([_log_rank(member.score(minutes)) for member in self.members], axis=0))


def _log_rank(x: Array) -> Array:
    """How rare a value is among the day before it: minus the logarithm of the share that is as large."""
    result = np.full(len(x), np.nan)
    for row in range(120, len(x)):
        past = x[max(0, row - HISTORY) : row]
        past = past[np.isfinite(past)]
        if len(past) >= 120 and np.isfinite(x[row]):
            # Ties of a rank are broken by how far beyond the largest the value lies.
            above = np.count_nonzero(past >= x[row])
            beyond = max(0.0, x[row] - past.max()) / max(past.std(), 1e-12) if above == 0 else 0.0
            result[row] = -np.log((above + 1) / (len(past) + 1)) + beyond
    return result


def _towards_diagonal(cov: Array) -> Array:
    diagonal = np.diag(np.maximum(np.diag(cov), 1e-6))
    return np.asarray(0.9 * cov + 0.1 * diagonal + 1e-9 * np.eye(len(cov)))


def _normal_cdf(x: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(x))


SCORERS: dict[str, Any] = {
    kind.name: kind
    for kind in (FallScore, MeanRankScore, MahalanobisScore, ForestScore, HalfSpaceScore, VpinScore, RandomScore)
}
"""All scorers by name, the default first."""


def make_scorer(name: str) -> Scorer:
    """A scorer by name, with its defaults.

    Raises:
        InvalidValueError: For a name that is not in :data:`SCORERS`.
    """
    if name not in SCORERS:
        raise InvalidValueError("scorer", f"one of {', '.join(SCORERS)}", name)
    made: Scorer = SCORERS[name]()
    return made
