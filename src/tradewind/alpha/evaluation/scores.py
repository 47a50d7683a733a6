"""The row of the table: everything that is said about one model's forecasts of rows it never saw."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from tradewind.alpha.evaluation.metrics import (
    ClassScores,
    Reliability,
    class_scores,
    correlation,
    ic_by_period,
    log_losses,
    qlike_losses,
    rank_correlation,
    reliability,
)
from tradewind.alpha.evaluation.trading import COSTS_BP, Trading, is_cross_section, trade
from tradewind.alpha.protocol import Distribution, Panel
from tradewind.core.dtypes import Array
from tradewind.stats.intervals import Interval, correlation_interval, mean_interval
from tradewind.stats.newey_west import newey_west

__all__ = ["Scores", "clusters_of", "losses_of", "regime_of", "reliability_of", "score", "signal_of"]

MANY_DAYS = 20
HALF_HOUR_NS = 1_800_000_000_000
YEARS_NS = 4 * 31_557_600_000_000_000


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """One model, out of sample.

    Attributes:
        model: Its name.
        rows: Rows judged.
        days: Days judged.
        ic: Correlation of the signal with what the label stands for; its interval draws whole days (half-hours where
            there are fewer than 20 days).
        rank_ic: The same of ranks; in a cross-section the mean over dates.
        icir: Mean over standard deviation of the rank IC of days (half-hours).
        t: Newey–West t of that mean.
        loss: Mean loss (log loss of classes and normal forecasts, QLIKE of variances, pinball of quantiles).
        loss_interval: Of it.
        classes: Scores of classes, where the forecast is of classes; the class is the most probable one.
        decided: Macro-F1 and MCC when the class is decided with an offset that was best on out-of-fold forecasts.
        turnover: Units of capital traded a period.
        sharpe: Annual Sharpe ratio of a taker by cost: ``0``, ``1``, ``5``, ``10`` bp and ``spread``.
        by_time: IC and loss of each year (each day, where there are few).
        by_regime: IC and loss when the past was calm, usual, or wild.
        seed_sd: Standard deviation over seeds of ``ic`` and ``loss``; NaN for one seed.
        deflated_sharpe: Probability that the gross Sharpe ratio is more than the luck of all trials so far.
        placebo_ic: IC of the same model trained on labels shuffled in time; NaN where it was not done.
        placebo_loss: Its loss.
        fit_seconds: To train, one thread.
        infer_micros: For one row, by batches.
        single_micros: For one row, alone.
        memory_mb: Size of what was learnt.
        interpretability: How a person can read it.
    """

    model: str
    rows: int
    days: int
    ic: Interval
    rank_ic: float
    icir: float
    t: float
    loss: float
    loss_interval: Interval
    classes: ClassScores | None
    turnover: float
    sharpe: dict[str, float]
    by_time: dict[str, tuple[float, float]]
    by_regime: dict[str, tuple[float, float]]
    decided: tuple[float, float] = (float("nan"), float("nan"))
    seed_sd: tuple[float, float] = (float("nan"), float("nan"))
    deflated_sharpe: float = float("nan")
    placebo_ic: float = float("nan")
    placebo_loss: float = float("nan")
    fit_seconds: float = float("nan")
    infer_micros: float = float("nan")
    single_micros: float = float("nan")
    memory_mb: float = float("nan")
    interpretability: str = ""


def signal_of(dist: Distribution) -> Array:
    """What is traded: the expected value, less its middle where it is never negative."""
    mean = dist.mean()
    return mean if dist.kind != "gamma" else np.asarray(np.log(np.maximum(mean, 1e-300)))


def losses_of(dist: Distribution, y: Array) -> Array:
    """Shape (n,): the loss of each row."""
    return qlike_losses(dist.mean(), y) if dist.kind == "gamma" else log_losses(dist, y)


def clusters_of(panel: Panel) -> Array:
    """Shape (n,): what is drawn as a whole in intervals: days; half-hours where there are fewer than 20 days."""
    if len(np.unique(panel.sample.day)) >= MANY_DAYS:
        return panel.sample.day
    return panel.sample.t0 // HALF_HOUR_NS


def regime_of(panel: Panel) -> Array:
    """Shape (n,): 0 calm, 1 usual, 2 wild: thirds of the mean size of moves that were known, half-life 500 rows."""
    order = np.argsort(panel.sample.t0, kind="stable")
    late = np.argsort(panel.sample.t1, kind="stable")
    size = np.abs(np.nan_to_num(panel.value))[late]
    decay = 0.5 ** (1 / 500)
    level = np.empty(len(size))
    state = float(size[: max(1, len(size) // 50)].mean()) if len(size) else 0.0
    for k, value in enumerate(size.tolist()):
        state += (1 - decay) * (value - state)
        level[k] = state
    known = np.searchsorted(panel.sample.t1[late], panel.sample.t0[order], side="right") - 1
    seen = np.where(known >= 0, level[np.maximum(known, 0)], level[:1].mean() if len(level) else 0.0)
    found = np.empty(len(size), np.int64)
    found[order] = np.searchsorted(np.quantile(seen, [1 / 3, 2 / 3]), seen, side="right")
    return found


def score(name: str, panel: Panel, dist: Distribution, seed: int = 7, **costs: Any) -> tuple[Scores, Trading]:
    """Score the forecasts of a panel's rows.

    Args:
        name: Of the model.
        panel: The judged rows.
        dist: Forecasts of them.
        seed: Of the intervals.
        costs: Further fields of :class:`Scores` that were measured elsewhere.

    Returns:
        The scores, and what a taker would have done.
    """
    signal, losses, clusters = signal_of(dist), losses_of(dist, panel.y), clusters_of(panel)
    value = np.nan_to_num(panel.value)
    crossed = is_cross_section(panel)
    _, daily = ic_by_period(signal, value, panel.sample.t0 if crossed else clusters)
    several = len(daily) > 2 and float(np.std(daily)) > 0
    trading = trade(panel, signal - (0.0 if crossed or dist.kind == "classes" else float(np.median(signal))))
    sharpe = {f"{bp:g}": trading.sharpe(bp) for bp in COSTS_BP} | {"spread": trading.sharpe(spread=True)}
    varies = bool(np.ptp(signal) > 0) if len(signal) else False
    ic = correlation_interval(signal, value, clusters, seed) if varies else Interval(0.0, float("nan"), float("nan"))
    return Scores(
        model=name,
        rows=len(panel.y),
        days=len(np.unique(panel.sample.day)),
        ic=ic,
        rank_ic=float(np.mean(daily))
        if crossed and len(daily)
        else (rank_correlation(signal, value) if varies else 0.0),
        icir=float(np.mean(daily) / np.std(daily, ddof=1)) if several else float("nan"),
        t=newey_west(daily).t if several else float("nan"),
        loss=float(losses.mean()),
        loss_interval=mean_interval(losses, clusters, seed),
        classes=class_scores(dist, panel.y, panel.sample.weight) if dist.kind == "classes" else None,
        turnover=float(trading.turnover.mean()),
        sharpe=sharpe,
        by_time=_by(signal, value, losses, _times(panel)),
        by_regime=_by(signal, value, losses, np.array(["calm", "usual", "wild"])[regime_of(panel)]),
        **costs,
    ), trading


def reliability_of(dist: Distribution, panel: Panel) -> Reliability | None:
    """Reliability of class forecasts; None of others."""
    return reliability(dist, panel.y, panel.sample.weight) if dist.kind == "classes" else None


def _times(panel: Panel) -> Array:
    """Names of years; of days where there are few."""
    days = panel.sample.day.astype("datetime64[D]")
    return np.asarray(days.astype(f"datetime64[{'Y' if len(np.unique(days)) >= MANY_DAYS else 'D'}]").astype(str))


def _by(signal: Array, value: Array, losses: Array, names: Array) -> dict[str, tuple[float, float]]:
    found = {}
    for name in np.unique(names):
        rows = names == name
        found[str(name)] = (correlation(signal[rows], value[rows]), float(losses[rows].mean()))
    return found
