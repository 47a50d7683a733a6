"""How much of a Sharpe ratio is selection: probabilistic and deflated Sharpe ratios, probability of overfitting."""

from __future__ import annotations

from itertools import combinations
from statistics import NormalDist

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = [
    "Overfitting",
    "deflated_sharpe",
    "expected_best_sharpe",
    "probabilistic_sharpe",
    "probability_of_overfitting",
    "sharpe_ratio",
]

EULER = 0.5772156649015329
NORMAL = NormalDist()


class Overfitting(msgspec.Struct, frozen=True):
    """What selecting the best in-sample configuration was worth.

    Attributes:
        probability: Share of splits in which the best in sample was below the median out of sample.
        best_in_sample: Mean Sharpe ratio of the selected in sample.
        best_out_of_sample: Mean Sharpe ratio of the selected out of sample.
        loss: Share of splits in which the selected lost money out of sample.
        splits: How many.
    """

    probability: float
    best_in_sample: float
    best_out_of_sample: float
    loss: float
    splits: int


def sharpe_ratio(returns: Array) -> float:
    """Mean over standard deviation, per period; NaN for fewer than two returns, 0 where all are alike.

    Examples:
        >>> sharpe_ratio(np.array([1.0, 3.0]))
        1.414213562373095
    """
    if len(returns) < 2:
        return float("nan")
    deviation = float(np.std(returns, ddof=1))
    return float(np.mean(returns)) / deviation if deviation > 1e-300 else 0.0


def probabilistic_sharpe(returns: Array, benchmark: float = 0.0) -> float:
    r"""Probability that the true Sharpe ratio exceeds a benchmark.

    .. math::
        \Phi\left(\frac{(\hat S - S^*)\sqrt{n - 1}}{\sqrt{1 - \gamma_3 \hat S + \frac{\gamma_4 - 1}{4}\hat S^2}}\right)

    Args:
        returns: Shape (n,), per period.
        benchmark: Sharpe ratio per period.

    Returns:
        The probability; NaN for returns that do not vary.

    References:
        Bailey and López de Prado (2012), "The Sharpe ratio efficient frontier".
    """
    sharpe = sharpe_ratio(returns)
    if not np.isfinite(sharpe):
        return float("nan")
    z = np.asarray(returns, np.float64) - np.mean(returns)
    deviation = float(np.sqrt(np.mean(z**2)))
    if deviation < 1e-100:
        return float("nan")
    skew, kurtosis = float(np.mean(z**3)) / deviation**3, float(np.mean(z**4)) / deviation**4
    error = max(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2, 1e-12)
    return NORMAL.cdf((sharpe - benchmark) * np.sqrt(len(returns) - 1) / np.sqrt(error))


def expected_best_sharpe(trials: int, variance: float) -> float:
    r"""Expected largest Sharpe ratio among unskilled trials.

    .. math:: \sqrt{V}\,\left((1-\gamma)\,\Phi^{-1}(1 - 1/N) + \gamma\,\Phi^{-1}(1 - 1/(N e))\right)

    Args:
        trials: How many independent configurations were tried.
        variance: Of the Sharpe ratios over the trials.

    Examples:
        >>> round(expected_best_sharpe(100, 1.0), 2)
        2.53
    """
    if trials < 2:
        return 0.0
    high, higher = NORMAL.inv_cdf(1 - 1 / trials), NORMAL.inv_cdf(1 - 1 / (trials * np.e))
    return float(np.sqrt(max(variance, 0.0)) * ((1 - EULER) * high + EULER * higher))


def deflated_sharpe(returns: Array, trial_sharpes: Array) -> float:
    """Probability that the true Sharpe ratio is above what the best of so many unskilled trials would have shown.

    Args:
        returns: Shape (n,), of the selected configuration, per period.
        trial_sharpes: Shape (m,), per period, of every configuration ever tried; where one alone is known, the
            variance of its estimate stands in.

    References:
        Bailey and López de Prado (2014), "The deflated Sharpe ratio".
    """
    known = np.asarray(trial_sharpes, np.float64)
    known = known[np.isfinite(known)]
    variance = float(np.var(known, ddof=1)) if len(known) > 1 else 1.0 / max(len(returns) - 1, 1)
    return probabilistic_sharpe(returns, expected_best_sharpe(max(len(known), 1), variance))


def probability_of_overfitting(returns: Array, blocks: int = 10) -> Overfitting:
    """Probability of backtest overfitting by combinatorially symmetric cross-validation.

    Time is cut in blocks; for every half of the blocks the best configuration is chosen, and ranked in the other half.

    Args:
        returns: Shape (n, m): returns per period of m configurations.
        blocks: Even number of blocks of time.

    Raises:
        InvalidValueError: For fewer than two configurations, an odd number of blocks, or too few periods.

    References:
        Bailey, Borwein, López de Prado and Zhu (2017), "The probability of backtest overfitting".

    Examples:
        >>> from tradewind.core.random import stream
        >>> noise = stream(7, "example").normal(size=(1000, 20))
        >>> 0.2 < probability_of_overfitting(noise).probability < 0.8
        True
    """
    returns = np.asarray(returns, np.float64)
    if returns.ndim != 2 or returns.shape[1] < 2:
        raise InvalidValueError("returns", "a matrix of two or more configurations", returns.shape)
    if blocks % 2 or not 2 <= blocks <= 20:
        raise InvalidValueError("blocks", "even, 2 to 20", blocks)
    if len(returns) < 2 * blocks:
        raise InvalidValueError("returns", f"at least {2 * blocks} periods for {blocks} blocks", len(returns))
    parts = np.array_split(returns, blocks)
    sums = np.array([part.sum(axis=0) for part in parts])
    squares = np.array([(part**2).sum(axis=0) for part in parts])
    counts = np.array([len(part) for part in parts], np.float64)
    choices = np.array(list(combinations(range(blocks), blocks // 2)))
    inside = np.zeros((len(choices), blocks))
    np.put_along_axis(inside, choices, 1.0, axis=1)
    seen, unseen = (_sharpes(mask, sums, squares, counts) for mask in (inside, 1 - inside))
    best = seen.argmax(axis=1)
    rows = np.arange(len(best))
    chosen = unseen[rows, best]
    below = (unseen < chosen[:, None]).sum(axis=1) + 0.5 * ((unseen == chosen[:, None]).sum(axis=1) - 1)
    rank = (below + 1) / (returns.shape[1] + 1)
    return Overfitting(
        float(np.mean(rank <= 0.5)),
        float(seen[rows, best].mean()),
        float(chosen.mean()),
        float(np.mean(chosen < 0)),
        len(choices),
    )


def _sharpes(mask: Array, sums: Array, squares: Array, counts: Array) -> Array:
    n = mask @ counts
    mean = mask @ sums / n[:, None]
    variance = (mask @ squares / n[:, None] - mean**2) * (n / (n - 1))[:, None]
    return np.asarray(np.where(variance > 1e-300, mean / np.sqrt(np.maximum(variance, 1e-300)), 0.0))
