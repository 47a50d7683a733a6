"""The master model: experts by modality, calibrated out of fold, pooled in log-odds, weighed while labels come in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from tradewind.alpha.evaluation.splits import CombinatorialPurged
from tradewind.alpha.fusion.calibrate import Calibration, choose_calibration, fit_calibration, mean_loss, row_losses
from tradewind.alpha.fusion.decide import best_offset, decided
from tradewind.alpha.fusion.space import from_scores, to_scores
from tradewind.alpha.fusion.stacker import Admission, Stacker, convex_weights, judge_stacker, judge_weights
from tradewind.alpha.fusion.weights import FixedShare, online_weights
from tradewind.alpha.protocol import Distribution, Sample
from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, UsageError

__all__ = ["Expert", "Master", "MasterSettings"]

HALF_HOUR_NS = 1_800_000_000_000


class Expert(msgspec.Struct, frozen=True, kw_only=True):
    """One member of the pool.

    Attributes:
        name: What it is called.
        modality: Modality it reads, for contributions.
        columns: Columns of the design matrix it reads.
        make: Gives an unfitted model.
        interpretability: How a person can read it.
    """

    name: str
    modality: str
    columns: tuple[int, ...]
    make: Callable[[], Any]
    interpretability: str = ""


class MasterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How experts are fused.

    Attributes:
        folds: Stretches of time for out-of-fold forecasts.
        embargo_ns: After each stretch [ns].
        stack: Whether weights that are not equal, and a stacker, may apply for admission.
        rate: Learning rate of the online weights, in inverse units of the loss relative to its mean.
        shrink: Part of the weights that stays equal.
        sharpen: Whether the pooled forecast is calibrated once more, out of fold.
    """

    folds: int = 4
    embargo_ns: int = 0
    stack: bool = True
    rate: float = 0.05
    shrink: float = 0.5
    sharpen: bool = True


class Master:
    """Fuses experts into one calibrated forecast.

    Each expert forecasts the training rows it did not learn from (purged stretches of time); on those it is
    calibrated; the pool is the mean of calibrated scores (log-odds of classes, means of numbers, logs of variances),
    calibrated once more because a mean of opinions is too timid (Satopää et al., 2014). A stacker replaces the mean
    only where it beat it on later rows with an interval above 0. An expert none of whose columns is known in a row is
    left out there and the other weights grow. :meth:`run` follows labels as they become known and shifts the weights.

    Args:
        experts: One or more.
        settings: See :class:`MasterSettings`.

    Attributes:
        admission_: Whether the stacker was admitted, with the evidence.
        weighing_: The same of weights that are not equal.
        base_: The weights.
        calibration_loss_: Out-of-fold loss of each expert by method of calibration.
        fit_seconds_: Of each expert, its last fit on all rows.
    """

    def __init__(self, experts: tuple[Expert, ...], settings: MasterSettings | None = None) -> None:
        if not experts:
            raise InvalidValueError("experts", "one or more", 0)
        self.experts, self.settings = tuple(experts), settings or MasterSettings()
        self.clock = SystemClock()
        self.models_: list[Any] = []

    def fit(
        self, X: Array, y: Array, sample: Sample | None = None, *, progress: Callable[[str], None] = lambda _: None
    ) -> Master:
        """Train, calibrate, pool, and judge the stacker.

        Args:
            X: Shape (n, d).
            y: Shape (n,).
            sample: Times of the rows: needed for purging.
            progress: Told what is being trained.
        """
        X, y = np.asarray(X, np.float64), np.asarray(y, np.float64)
        sample = sample or _in_order(len(y))
        self.models_, self.fit_seconds_ = [], {}
        self.usual_ = _middle(X)
        for expert in self.experts:
            progress(expert.name)
            begun = self.clock.monotonic_ns()
            self.models_.append(self._trained(expert, X, y, sample))
            self.fit_seconds_[expert.name] = (self.clock.monotonic_ns() - begun) / 1e9
        first = self.models_[0].predict_dist(X[:1][:, list(self.experts[0].columns)])
        self.kind_ = "normal" if first.kind == "quantiles" else first.kind
        self.levels_ = tuple(np.unique(y).tolist()) if self.kind_ == "classes" else ()
        self._calibrate(X, y, sample, progress)
        return self

    def expert_scores(self, X: Array, sample: Sample | None = None, *, raw: bool = False) -> Array:
        """Shape (n, experts, k): calibrated scores of each expert; NaN where its modality is missing.

        Args:
            X: Shape (n, d).
            sample: Times of the rows.
            raw: As the expert said them, before calibration.
        """
        if not self.models_:
            raise UsageError("the master has learned nothing yet: call fit first")
        return self._scores(self.models_, np.asarray(X, np.float64), sample, raw=raw)

    def expert_dist(self, number: int, X: Array, sample: Sample | None = None) -> Distribution:
        """What one expert says alone, uncalibrated."""
        columns = list(self.experts[number].columns)
        dist: Distribution = self.models_[number].predict_dist(np.asarray(X, np.float64)[:, columns], sample)
        return dist

    def predict_dist(self, X: Array, sample: Sample | None = None) -> Distribution:
        """Forecasts with equal weights (others, or the stacker, only where they were admitted)."""
        scores = self.expert_scores(X, sample)
        return self._pool(scores, np.tile(self.base_, (len(scores), 1)))

    def decide(self, dist: Distribution, number: int | None = None) -> Array:
        """Shape (n,): the class decided on, with the offset of the commonest class that was best out of fold.

        Args:
            dist: Forecasts of the pool, or of one expert.
            number: Which expert; None for the pool.
        """
        if dist.kind != "classes":
            return np.zeros(0)
        return decided(to_scores(dist, self.levels_), self.levels_, self.offsets_[-1 if number is None else number])

    def predict_without(self, modality: str, X: Array, sample: Sample | None = None) -> Distribution:
        """Forecasts as if a modality were missing: what the others say."""
        scores = self.expert_scores(X, sample)
        scores[:, [e.modality == modality for e in self.experts]] = np.nan
        return self._pool(scores, np.tile(self.base_, (len(scores), 1)))

    def run(self, X: Array, y: Array, sample: Sample) -> tuple[Distribution, Array]:
        """Forecast rows as they come, weights following the labels that were known by then.

        Args:
            X: Shape (n, d).
            y: Shape (n,), each used only for rows born at or after its ``t1``.
            sample: Times of the rows.

        Returns:
            Forecasts, and the weights used, shape (n, experts).
        """
        scores = self.expert_scores(X, sample)
        losses = np.stack(
            [row_losses(scores[:, e], y, self.kind_, self.levels_) for e in range(len(self.experts))], axis=1
        )
        losses[np.isnan(scores).any(axis=2)] = np.nan
        pace = self.settings.rate / self.scale_
        share = FixedShare(len(self.experts), rate=pace, shrink=self.settings.shrink, start=self.base_)
        weights = online_weights(losses, sample.t0, sample.t1, share)
        return self._pool(scores, weights), weights

    def contributions(self, X: Array, sample: Sample | None = None) -> tuple[tuple[str, ...], Array]:
        """What each modality adds to the score of the signal, against what it says on average.

        Returns:
            Modalities, and shape (n, modalities): for classes of the log-odds of the highest class against the lowest.
        """
        scores = self.expert_scores(X, sample)
        direction = scores[:, :, -1] - scores[:, :, 0] if self.kind_ == "classes" else scores[:, :, 0]
        base = self.average_[:, -1] - self.average_[:, 0] if self.kind_ == "classes" else self.average_[:, 0]
        there = np.isfinite(direction)
        parts = np.where(there, direction - base, 0.0) / np.maximum(there.sum(axis=1, keepdims=True), 1)
        names = tuple(dict.fromkeys(e.modality for e in self.experts))
        rows = [[e.modality == name for e in self.experts] for name in names]
        return names, np.stack([parts[:, row].sum(axis=1) for row in rows], axis=1)

    def state_dict(self) -> dict[str, Any]:
        """What the pool learnt, and each expert's own state."""
        pool = {"kind": self.kind_, "levels": self.levels_, "scale": self.scale_, "spread": self.spread_}
        pool |= {"calibrations": [msgspec.to_builtins(c) for c in (*self.calibrations_, self.sharpening_)]}
        return pool | {e.name: m.state_dict() for e, m in zip(self.experts, self.models_, strict=True)}

    @property
    def fingerprint(self) -> str:
        """Hash of experts and calibrations."""
        digest = hashlib.sha256(type(self).__name__.encode())
        for model in self.models_:
            digest.update(str(model.fingerprint).encode())
        digest.update(repr([*getattr(self, "calibrations_", []), self.settings]).encode())
        return digest.hexdigest()[:16]

    def _trained(self, expert: Expert, X: Array, y: Array, sample: Sample) -> Any:
        columns = X[:, list(expert.columns)]
        known = np.asarray(np.isfinite(columns).any(axis=1))
        if known.all():
            return expert.make().fit(columns, y, sample)
        if not known.any():
            raise InvalidValueError(f"columns of {expert.name}", "known in some row", "NaN everywhere")
        return expert.make().fit(columns[known], y[known], sample.take(known))

    def _scores(self, models: list[Any], X: Array, sample: Sample | None, *, raw: bool) -> Array:
        width = len(self.levels_) or 1
        out = np.full((len(X), len(models), width), np.nan)
        for e, (expert, model) in enumerate(zip(self.experts, models, strict=True)):
            columns = X[:, list(expert.columns)]
            known = np.asarray(np.isfinite(columns).any(axis=1))
            if known.any():
                some = None if sample is None else sample.take(known)
                found = to_scores(model.predict_dist(columns[known], some), self.levels_)
                out[known, e] = found if raw else self.calibrations_[e].apply(found)
        return out

    def _calibrate(self, X: Array, y: Array, sample: Sample, progress: Callable[[str], None]) -> None:
        split = CombinatorialPurged(groups=self.settings.folds, tests=1, embargo_ns=self.settings.embargo_ns)
        parts = split.group_of(sample)
        raw = np.full((len(y), len(self.experts), len(self.levels_) or 1), np.nan)
        for fold in split.split(sample):
            progress(f"fold {fold.name}")
            learnt = sample.take(fold.train)
            models = [self._trained(e, X[fold.train], y[fold.train], learnt) for e in self.experts]
            raw[fold.test] = self._scores(models, X[fold.test], sample.take(fold.test), raw=True)
        self.calibrations_: list[Calibration] = []
        self.calibration_loss_: dict[str, dict[str, float]] = {}
        scores = np.full(raw.shape, np.nan)
        self.offsets_: list[tuple[int, float]] = []
        for e, expert in enumerate(self.experts):
            rows = np.isfinite(raw[:, e]).all(axis=1)
            told = (raw[rows, e], y[rows], parts[rows], self.kind_, self.levels_, sample.weight[rows])
            calibration, losses = choose_calibration(*told)
            self.offsets_.append(best_offset(*told[:2], self.levels_, sample.weight[rows]))
            self.calibrations_.append(calibration)
            self.calibration_loss_[expert.name] = losses
            scores[rows, e] = calibration.apply(raw[rows, e])
        self._settle(scores, y, sample)

    def _settle(self, scores: Array, y: Array, sample: Sample) -> None:
        """The pool: its mean, how it is sharpened, its spread, and whether the stacker comes in."""
        self.average_ = np.nanmean(scores, axis=0)
        days = len(np.unique(sample.day))
        clusters = sample.day if days >= 20 else sample.t0 // HALF_HOUR_NS
        times = (sample.t0, sample.t1, clusters, sample.weight)
        count = len(self.experts)
        self.base_: Array = np.full(count, 1.0 / count)
        pooled = self._mean(scores, np.tile(self.base_, (len(y), 1)))
        self.weighing_: Admission | None = None
        if self.settings.stack and count > 1:
            whole = np.where(np.isnan(scores), pooled[:, None, :], scores)
            self.weighing_ = judge_weights(pooled, whole, y, self.kind_, self.levels_, times)
            if self.weighing_.admitted:
                self.base_ = convex_weights(whole, y, self.kind_, self.levels_, sample.weight)
                pooled = self._mean(scores, np.tile(self.base_, (len(y), 1)))
        self.sharpening_ = Calibration(method="as it is")
        if self.settings.sharpen and len(self.experts) > 1:
            self.sharpening_ = fit_calibration("temperature", pooled, y, self.kind_, self.levels_, sample.weight)
        sharp = self.sharpening_.apply(pooled)
        self.offsets_.append(best_offset(sharp, y, self.levels_, sample.weight))
        self.scale_ = max(mean_loss(sharp, y, self.kind_, self.levels_, sample.weight), 1e-12)
        self.spread_ = float(np.sqrt(self.scale_)) if self.kind_ == "normal" else 1.0
        self.oof_loss_ = self.scale_
        self.stacker_: Stacker | None = None
        self.admission_: Admission | None = None
        if self.settings.stack and len(self.experts) > 1:
            whole = np.where(np.isnan(scores), sharp[:, None, :], scores)
            self.admission_ = judge_stacker(sharp, whole, y, self.kind_, self.levels_, times)
            if self.admission_.admitted:
                levels = self.levels_ if self.kind_ == "classes" else ()
                self.stacker_ = Stacker().fit(sharp, whole, y, levels, sample.weight)

    def _mean(self, scores: Array, weights: Array) -> Array:
        """Shape (n, k): weighted mean of the experts that speak; what is always said where none does."""
        there = np.isfinite(scores).all(axis=2)
        used = np.where(there, weights, 0.0)
        total = used.sum(axis=1)
        used = used / np.maximum(total, 1e-300)[:, None]
        pooled = np.einsum("ne,nek->nk", used, np.nan_to_num(scores))
        pooled[total <= 0] = self.average_.mean(axis=0)
        return np.asarray(pooled)

    def _pool(self, scores: Array, weights: Array) -> Distribution:
        pooled = self.sharpening_.apply(self._mean(scores, weights))
        if self.stacker_ is not None:
            pooled = self.stacker_.apply(pooled, np.where(np.isnan(scores), pooled[:, None, :], scores))
        return from_scores(pooled, self.kind_, self.levels_, self.spread_)


def _middle(X: Array) -> Array:
    """Shape (d,): median of what is known in each column; 0 where nothing is."""
    known = [column[np.isfinite(column)] for column in X.T]
    return np.array([float(np.median(column)) if len(column) else 0.0 for column in known])


def _in_order(rows: int) -> Sample:
    """A sample of rows that follow each other, for callers who have no times."""
    at, zeros = np.arange(rows, dtype=np.int64), np.zeros(rows, np.int64)
    return Sample(t0=at, t1=at, weight=np.ones(rows), series=zeros, day=zeros)
