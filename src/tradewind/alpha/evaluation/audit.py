"""Looking for leaks: does a model see the future, do labels overlap, does it find what is not there, is it too good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

from tradewind.alpha.evaluation.metrics import correlation, rank_correlation
from tradewind.alpha.evaluation.run import shuffled_labels
from tradewind.alpha.evaluation.scores import clusters_of, losses_of, signal_of
from tradewind.alpha.evaluation.splits import Fold, overlapping_rows
from tradewind.alpha.protocol import Panel
from tradewind.core.dtypes import Array
from tradewind.core.random import stream
from tradewind.stats.intervals import correlation_interval

__all__ = ["AuditReport", "Check", "audit_fit", "audit_forecasts"]

Verdict: TypeAlias = Literal["pass", "warn", "fail"]
SAME = 1e-9
STRONG_FEATURE, STRONG_IC, LARGE_GAP = 0.6, 0.6, 3.0
TURNS = 8


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check.

    Attributes:
        name: What was checked.
        verdict: ``pass``, ``warn`` (look twice) or ``fail`` (a leak).
        told: What was found, in words.
        evidence: The numbers.
    """

    name: str
    verdict: Verdict
    told: str
    evidence: dict[str, float]


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """All checks of a model.

    Attributes:
        model: Which.
        task: What it forecasts.
        checks: In the order in which they ran.
    """

    model: str
    task: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        found = {check.verdict for check in self.checks}
        return "fail" if "fail" in found else "warn" if "warn" in found else "pass"


def audit_forecasts(model: Any, panel: Panel, seed: int = 7) -> tuple[Check, ...]:
    """Checks of a model that has learned, on rows it should not know.

    Args:
        model: Anything with ``predict_dist``.
        panel: Rows in time order.
        seed: Of what the future is overwritten with.
    """
    dist = model.predict_dist(panel.X, panel.sample)
    return (
        _poison(model, panel, dist.values, seed),
        _alone(model, panel, dist.values),
        _shifted(panel, signal_of(dist), seed),
        _too_good(panel, signal_of(dist)),
        _strong_features(panel),
    )


def audit_fit(make: Callable[[], Any], panel: Panel, fold: Fold, seed: int = 7) -> tuple[Check, ...]:
    """Checks of how a model learns: overlap of labels, shuffled labels, and the gap between learning and judging.

    Args:
        make: Gives an unfitted model.
        panel: The task.
        fold: Rows to learn and to judge.
        seed: Of the shuffle.
    """
    train, test = panel.take(fold.train), panel.take(fold.test)
    model = make().fit(train.X, train.y, train.sample)
    empty = shuffled_labels(panel, seed).take(fold.train)
    blind = make().fit(empty.X, empty.y, empty.sample)
    checks = (_overlap(panel, fold), _placebo(blind, test, seed), _gap(model, train, test))
    return (*checks, *audit_forecasts(model, test, seed))


def _poison(model: Any, panel: Panel, before: Array, seed: int) -> Check:
    """Rows after a cut are overwritten; forecasts of rows before must not move."""
    cut = len(panel.y) // 2
    chance = stream(seed, "alpha/poison")
    spoiled = panel.X.copy()
    spoiled[cut:] = chance.normal(0, 100 * (np.nanstd(panel.X, axis=0) + 1e-9), spoiled[cut:].shape)
    first = np.searchsorted(panel.sample.t0, panel.sample.t0[cut])  # rows born at the cut's time share its fate
    after = model.predict_dist(spoiled, panel.sample).values[:first]
    moved = float(np.abs(after - before[:first]).max(initial=0.0))
    told = "the past stays as it was" if moved <= SAME else "forecasts of the past move when the future is rewritten"
    return Check(
        name="poisoned future",
        verdict="pass" if moved <= SAME else "fail",
        told=told,
        evidence={"rows": float(first), "largest_move": moved},
    )


def _alone(model: Any, panel: Panel, whole: Array) -> Check:
    """Forecasting the first half alone must say the same: nothing is learnt from the rows of a batch."""
    half = panel.take(np.arange(len(panel.y) // 2))
    moved = float(np.abs(model.predict_dist(half.X, half.sample).values - whole[: len(half.y)]).max(initial=0.0))
    return Check(
        name="batch by itself",
        verdict="pass" if moved <= SAME else "fail",
        told="the same in a shorter batch" if moved <= SAME else "forecasts depend on which rows come along",
        evidence={"largest_move": moved},
    )


def _shifted(panel: Panel, signal: Array, seed: int) -> Check:
    """Against outcomes moved in time, by several turns, the forecasts must be worth nothing."""
    moved = [np.nan_to_num(shuffled_labels(panel, seed + turn).value) for turn in range(TURNS)]
    found = np.array([correlation(signal, value) for value in moved])
    found = found[np.isfinite(found)]
    mean = float(found.mean()) if len(found) else 0.0
    error = float(found.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else 0.0
    fine = abs(mean) <= 0.02 + 2 * error
    return Check(
        name="outcomes moved in time",
        verdict="pass" if fine else "warn",
        told="worth nothing there, as it should be" if fine else "correlates with outcomes of other times",
        evidence={"mean_ic": mean, "error": error, "turns": float(len(found))},
    )


def _too_good(panel: Panel, signal: Array) -> Check:
    ic = correlation(signal, np.nan_to_num(panel.value))
    fine = not abs(ic) > STRONG_IC
    return Check(
        name="too good to be true",
        verdict="pass" if fine else "fail",
        told="an IC that markets allow" if fine else f"an IC above {STRONG_IC} is a leak until proven otherwise",
        evidence={"ic": ic},
    )


def _strong_features(panel: Panel) -> Check:
    """No single column may know the outcome."""
    some = panel if len(panel.y) <= 20_000 else panel.take(np.arange(20_000) * len(panel.y) // 20_000)
    value = np.nan_to_num(some.value)
    found = [abs(rank_correlation(some.X[:, j], value)) for j in range(some.X.shape[1])]
    best = int(np.nanargmax([0.0 if np.isnan(v) else v for v in found]))
    fine = not found[best] > STRONG_FEATURE
    return Check(
        name="columns that know the outcome",
        verdict="pass" if fine else "fail",
        told=f"the strongest is {panel.features[best]}",
        evidence={"rank_ic": found[best]},
    )


def _overlap(panel: Panel, fold: Fold) -> Check:
    """No training label may live into the judged time."""
    inside = int(overlapping_rows(fold.train, fold.test, panel.sample).sum())
    before = np.flatnonzero(panel.sample.t0 < panel.sample.t0[fold.test].min())
    needed = int(overlapping_rows(before, fold.test, panel.sample).sum())
    return Check(
        name="overlap of labels",
        verdict="pass" if inside == 0 else "fail",
        told=f"{needed} rows had to be purged" if inside == 0 else "labels of training rows end inside the judged time",
        evidence={"overlapping": float(inside), "purged": float(needed)},
    )


def _placebo(blind: Any, test: Panel, seed: int) -> Check:
    """Trained on labels of other times, it must find nothing."""
    signal = signal_of(blind.predict_dist(test.X, test.sample))
    if np.ptp(signal) == 0:
        ic, low, high = 0.0, 0.0, 0.0
    else:
        found = correlation_interval(signal, np.nan_to_num(test.value), clusters_of(test), seed)
        ic, low, high = found.mean, found.low, found.high
    fine = not (low > 0.02 and ic > 0.05)
    return Check(
        name="trained on shuffled labels",
        verdict="pass" if fine else "fail",
        told="finds nothing" if fine else "finds what is not there: the outcome is among the features",
        evidence={"ic": ic, "low": low, "high": high},
    )


def _gap(model: Any, train: Panel, test: Panel) -> Check:
    """How much better it is on what it learnt."""
    some = train if len(train.y) <= 5000 else train.take(np.arange(5000) * len(train.y) // 5000)
    seen = correlation(signal_of(model.predict_dist(some.X, some.sample)), np.nan_to_num(some.value))
    unseen = correlation(signal_of(model.predict_dist(test.X, test.sample)), np.nan_to_num(test.value))
    loss = float(losses_of(model.predict_dist(test.X, test.sample), test.y).mean())
    wide = bool(seen > 0.1 and seen > LARGE_GAP * max(unseen, 1e-9))
    return Check(
        name="learnt against unseen rows",
        verdict="warn" if wide else "pass",
        told="much better on what it learnt: it remembers" if wide else "alike on both",
        evidence={"ic_learnt": seen, "ic_unseen": unseen, "loss_unseen": loss},
    )
