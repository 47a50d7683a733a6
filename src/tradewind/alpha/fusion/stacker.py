"""A stacker of experts, admitted only on evidence: it must beat the plain mean on later rows, by more than luck."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from tradewind.alpha.fusion.calibrate import row_losses
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError
from tradewind.stats.intervals import Interval, mean_interval

__all__ = ["Admission", "Stacker", "convex_weights", "judge_stacker", "judge_weights"]

PARTS = 4
ROUNDS, RATE, DRAWN = 200, 0.5, 0.002


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the stacker was admitted, and why.

    Attributes:
        admitted: Whether.
        gain: Loss of the mean less that of the stacker in nested walk-forward, with the interval of clusters.
        rows: Rows it was judged on.
        reason: In words.
    """

    admitted: bool
    gain: Interval
    rows: int
    reason: str


def convex_weights(scores: Array, y: Array, kind: str, levels: tuple[float, ...], weight: Array) -> Array:
    """Shape (experts,): weights of least loss, none below 0, drawn to equal.

    Found by exponentiated gradients on the loss of the weighted mean of scores (Kivinen and Warmuth, 1997).

    Args:
        scores: Shape (n, experts, k), out-of-fold.
        y: Shape (n,).
        kind: Of the forecasts.
        levels: Class labels.
        weight: Shape (n,).
    """
    n, experts, _ = scores.shape
    share = weight / weight.sum()
    hit = (np.asarray(levels)[None, :] == y[:, None]).astype(np.float64) if kind == "classes" else np.zeros((n, 1))
    scale = 1.0 if kind != "normal" else max(float(share @ (y - share @ y) ** 2), 1e-300)
    chosen = np.full(experts, 1.0 / experts)
    for _ in range(ROUNDS):
        pooled = np.einsum("e,nek->nk", chosen, scores)
        if kind == "classes":
            odds = np.exp(pooled - pooled.max(axis=1, keepdims=True))
            error = odds / odds.sum(axis=1, keepdims=True) - hit
        elif kind == "gamma":
            error = (1 - np.maximum(y, 1e-300) / np.exp(np.clip(pooled[:, 0], -700, 700)))[:, None]
        else:
            error = (pooled[:, 0] - y)[:, None] / scale
        slope = np.einsum("n,nk,nek->e", share, error, scores)
        chosen = chosen * np.exp(-RATE * (slope - slope.mean() + DRAWN * (chosen * experts - 1)))
        chosen /= chosen.sum()
    return np.asarray(chosen)


class Stacker:
    """Multinomial logistic regression (ridge, for numbers) on the experts' calibrated scores, drawn to their mean.

    Args:
        penalty: On the squared distance of coefficients from those of the mean, relative to the rows.
    """

    def __init__(self, penalty: float = 1e-3) -> None:
        self.penalty = penalty
        self.coefficients_: Array = np.zeros((0, 0))
        self.offset_: Array = np.zeros(0)

    def fit(self, pooled: Array, scores: Array, y: Array, levels: tuple[float, ...], weight: Array) -> Stacker:
        """Learn what to add to the mean.

        Args:
            pooled: Shape (n, k), the mean of the experts' scores.
            scores: Shape (n, experts, k).
            y: Shape (n,).
            levels: Class labels; empty for numbers.
            weight: Shape (n,).
        """
        n, k = pooled.shape
        flat = scores.reshape(n, -1)
        spread = flat.std(axis=0)
        still = spread <= 1e-9 * np.maximum(np.abs(flat).max(axis=0), 1e-300)  # always the same: nothing to learn
        self.scale_ = np.where(still, np.inf, spread)
        Z = flat / self.scale_
        if not levels:
            gram = (Z * weight[:, None]).T @ Z + self.penalty * weight.sum() * np.eye(Z.shape[1])
            self.coefficients_ = np.linalg.solve(gram, Z.T @ (weight * (y - pooled[:, 0])))[:, None]
            self.offset_ = np.zeros(1)
            return self
        hit = (np.asarray(levels)[None, :] == y[:, None]).astype(np.float64)
        share = weight / weight.sum()

        def loss(theta: Array) -> tuple[float, Array]:
            coefficients, offset = theta[k:].reshape(-1, k), theta[:k]
            logit = pooled + Z @ coefficients + offset
            logit = logit - logit.max(axis=1, keepdims=True)
            p = np.exp(logit)
            p /= p.sum(axis=1, keepdims=True)
            value = -float(np.sum(share[:, None] * hit * np.log(np.maximum(p, 1e-12))))
            error = (p - hit) * share[:, None]
            slope = Z.T @ error + 2 * self.penalty * coefficients
            return value + self.penalty * float(np.sum(coefficients**2)), np.concatenate(
                [error.sum(axis=0), slope.ravel()]
            )

        found = _minimize(loss, np.zeros(k + Z.shape[1] * k))
        self.offset_, self.coefficients_ = found[:k], found[k:].reshape(-1, k)
        return self

    def apply(self, pooled: Array, scores: Array) -> Array:
        """Shape (n, k): stacked scores."""
        return np.asarray(pooled + (scores.reshape(len(scores), -1) / self.scale_) @ self.coefficients_ + self.offset_)


def judge_stacker(  # noqa: PLR0917
    pooled: Array,
    scores: Array,
    y: Array,
    kind: str,
    levels: tuple[float, ...],
    times: tuple[Array, Array, Array, Array],
    seed: int = 7,
) -> Admission:
    """Nested walk-forward: fitted on the stretches before, judged on the next, against the mean on the same rows.

    Args:
        pooled: Shape (n, k), out-of-fold mean.
        scores: Shape (n, experts, k), out-of-fold.
        y: Shape (n,).
        kind: Of the forecasts.
        levels: Class labels.
        times: ``t0``, ``t1``, clusters and weights of the rows.
        seed: Of the interval.
    """
    return _judged(
        lambda before: _stacked(pooled, scores, y, levels if kind == "classes" else (), (before, times[3])),
        pooled,
        y,
        (kind, levels),
        times,
        seed,
    )


def judge_weights(  # noqa: PLR0917
    pooled: Array,
    scores: Array,
    y: Array,
    kind: str,
    levels: tuple[float, ...],
    times: tuple[Array, Array, Array, Array],
    seed: int = 7,
) -> Admission:
    """The same gate for weights that are not equal; arguments as :func:`judge_stacker`."""

    def apply(before: Array) -> Callable[[Array], Array]:
        chosen = convex_weights(scores[before], y[before], kind, levels, times[3][before])
        return lambda rows: np.einsum("e,nek->nk", chosen, scores[rows])

    return _judged(apply, pooled, y, (kind, levels), times, seed)


def _stacked(
    pooled: Array, scores: Array, y: Array, levels: tuple[float, ...], rows: tuple[Array, Array]
) -> Callable[[Array], Array]:
    before, weight = rows
    model = Stacker().fit(pooled[before], scores[before], y[before], levels, weight[before])
    return lambda test: model.apply(pooled[test], scores[test])


def _judged(  # noqa: PLR0917
    learn: Callable[[Array], Callable[[Array], Array]],
    pooled: Array,
    y: Array,
    what: tuple[str, tuple[float, ...]],
    times: tuple[Array, Array, Array, Array],
    seed: int,
) -> Admission:
    """What is learnt on the stretches before, against the mean on the next."""
    kind, levels = what
    t0, t1, clusters, _ = times
    order = np.argsort(t0, kind="stable")
    rows, gains = [], []
    for part in range(1, PARTS):
        test = order[len(order) * part // PARTS : len(order) * (part + 1) // PARTS]
        before = order[: len(order) * part // PARTS]
        before = before[t1[before] < t0[test].min()] if len(test) else before
        if len(before) < 50 or not len(test):
            continue
        stacked = learn(before)(test)
        gains.append(row_losses(pooled[test], y[test], kind, levels) - row_losses(stacked, y[test], kind, levels))
        rows.append(test)
    if not rows:
        nothing = Interval(0.0, float("nan"), float("nan"))
        return Admission(admitted=False, gain=nothing, rows=0, reason="too few rows to judge it")
    where = np.concatenate(rows)
    gain = mean_interval(np.concatenate(gains), clusters[where], seed)
    admitted = bool(gain.low > 0)
    reason = "beat the mean on later rows" if admitted else "did not beat the mean on later rows beyond luck"
    return Admission(admitted=admitted, gain=gain, rows=len(where), reason=reason)


def _minimize(loss: object, start: Array) -> Array:
    try:
        from scipy import optimize
    except ImportError:
        raise MissingExtraError("scipy", "alpha", "stacking") from None
    return np.asarray(optimize.minimize(loss, start, jac=True, method="L-BFGS-B").x)
