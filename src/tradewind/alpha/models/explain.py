"""Why a model said what it said: contributions that add up, and what is lost when a modality is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from tradewind.alpha.models.boosting import Boosting
from tradewind.alpha.models.checks import checked_rows, scaled
from tradewind.alpha.models.deep import Network
from tradewind.alpha.models.forecaster import Forecaster
from tradewind.alpha.models.forest import Grown
from tradewind.alpha.models.linear import RLS, Logistic, Ridge
from tradewind.alpha.models.torch_network import input_slopes
from tradewind.alpha.models.trees import Trees, path_contributions
from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError, UsageError
from tradewind.core.random import stream

__all__ = ["Contributions", "Importance", "explain", "permutation_importance"]


class Contributions(msgspec.Struct, frozen=True, kw_only=True):
    """What each feature added to each forecast: ``base + values.sum(axis=1) = score``.

    Attributes:
        names: Of the features.
        method: How they were found.
        space: What they add up to: ``log-odds`` (scores before the softmax), ``probability``, ``mean`` or ``score``.
        base: Shape (n, k): where the sum begins.
        values: Shape (n, d, k).
        score: Shape (n, k): what the model said in that space.
    """

    names: tuple[str, ...]
    method: str
    space: str
    base: Array
    values: Array
    score: Array

    @property
    def gap(self) -> float:
        """Largest difference between the sum and the score; 0 but for rounding, or for the steps of an integral."""
        return float(np.abs(self.base + self.values.sum(axis=1) - self.score).max())

    def by_modality(self, modality: Sequence[str]) -> dict[str, Array]:
        """Shape (n, k) each: contributions summed over the features of each modality."""
        kinds = np.asarray(modality)
        return {str(kind): self.values[:, kinds == kind].sum(axis=1) for kind in dict.fromkeys(modality)}

    def strongest(self, row: int, output: int, count: int = 5) -> list[tuple[str, float]]:
        """The features that moved one forecast most, with their contributions, largest first."""
        values = self.values[row, :, output]
        return [(self.names[i], float(values[i])) for i in np.argsort(-np.abs(values), kind="stable")[:count]]


def explain(
    model: Forecaster,
    X: Array,
    names: Sequence[str] = (),
    *,
    sample: Sample | None = None,
    method: str = "exact",
    steps: int = 64,
) -> Contributions:
    """Contributions of features to forecasts.

    Linear models: coefficient times standardised feature. LightGBM: Shapley values of the trees (Lundberg et al.,
    2018), or with ``method="paths"`` the changes along the paths, in microseconds; forests: along the paths. Networks:
    integrated gradients (Sundararajan, Taly and Yan, 2017) from the mean of every feature, summed over the window.

    Args:
        model: A model that has learned.
        X: Shape (n, d).
        names: Of the columns; ``x0``, ``x1``, ... where not given.
        sample: Series of the rows, for models that look back.
        method: ``exact`` or ``paths``.
        steps: Of the integral.

    Raises:
        UsageError: For a model whose forecast is no sum; see :func:`permutation_importance`.
        MissingExtraError: Where LightGBM or Torch is needed and missing.
    """
    model.require_fit()
    nan = model.takes_nan or model.params.nan == "fill"
    X = checked_rows(X, columns=model.n_features_in_, nan=nan)
    names = tuple(names) or tuple(f"x{i}" for i in range(X.shape[1]))
    if len(names) != X.shape[1]:
        raise InvalidValueError("names", f"one for each of {X.shape[1]} columns", len(names))
    if isinstance(model, Ridge | RLS | Logistic):
        found = _linear(model, X)
    elif isinstance(model, Boosting) and method == "exact":
        found = _shapley(model, X)
    elif isinstance(model, Grown):
        found = _paths(model, X)
    elif isinstance(model, Network):
        found = _integrated(model, X, sample, steps)
    else:
        raise UsageError(f"{model.name}: its forecast is no sum over features; use permutation_importance")
    label, space, base, values, score = found
    return Contributions(names=names, method=label, space=space, base=base, values=values, score=score)


def _linear(model: Ridge | RLS | Logistic, X: Array) -> tuple[Any, ...]:
    weights, scale = model.coefficients_
    Z = scaled(X, scale)
    if isinstance(model, Logistic):
        bias, space = model.intercepts_, "log-odds"
    else:
        bias, space = np.array([model.weights_[-1] if isinstance(model, RLS) else model.intercept_]), "mean"
    return "coefficients", space, np.tile(bias, (len(X), 1)), Z[:, :, None] * weights[None], Z @ weights + bias


def _space(model: Grown) -> str:
    if model.params.output == "classes":
        return "log-odds" if isinstance(model, Boosting) else "probability"
    return "score" if model.params.output == "gamma" else "mean"


def _shapley(model: Boosting, X: Array) -> tuple[Any, ...]:
    try:
        import lightgbm
    except ImportError:
        raise MissingExtraError("lightgbm", "alpha", "Shapley contributions (method='paths' does without)") from None
    d, found = X.shape[1], []
    for number in range(len(model.texts_)):
        booster = lightgbm.Booster(model_str=model.texts_[str(number)].tobytes().decode())
        parts = np.asarray(booster.predict(X, pred_contrib=True, num_threads=1), np.float64)
        found.append(parts.reshape(len(X), -1, d + 1))
    told = np.concatenate(found, axis=1).transpose(0, 2, 1)
    return "Shapley values of the trees", _space(model), told[:, d], told[:, :d], model.sums(X)


def _paths(model: Grown, X: Array) -> tuple[Any, ...]:
    told = np.zeros((len(X), X.shape[1] + 1, model.columns_out_))
    path_contributions(tuple(getattr(model.trees_, n) for n in Trees.__struct_fields__), model.asked(X), told)
    return "changes along the paths", _space(model), told[:, -1], told[:, :-1], model.sums(X)


def _integrated(model: Network, X: Array, sample: Sample | None, steps: int) -> tuple[Any, ...]:
    windows = model.windows_of(X, sample)
    slopes, base = input_slopes(model.table_, model.numbers_, windows, steps)
    values = (slopes * windows[:, :, :, None]).sum(axis=1)
    spaces = {"classes": "log-odds", "gamma": "score"}
    score = model.outputs_of(X, sample)
    return "integrated gradients", spaces.get(model.params.output, "mean"), np.tile(base, (len(X), 1)), values, score


class Importance(msgspec.Struct, frozen=True, kw_only=True):
    """What is lost when a group of features is taken from a model.

    Attributes:
        group: Name of the group.
        loss: Loss with the group shifted away, less the loss as it is: mean over repeats.
        deviation: Standard deviation over repeats.
    """

    group: str
    loss: float
    deviation: float


def permutation_importance(
    model: Forecaster,
    rows: tuple[Array, Array, Sample | None],
    groups: Sequence[str],
    *,
    repeats: int = 5,
    seed: int = 0,
) -> list[Importance]:
    """Loss of accuracy when a group of columns is shifted in time, so that it says nothing of its row.

    A circular shift keeps the columns' own behaviour in time, which shuffling rows would destroy.

    Args:
        model: A model that has learned.
        rows: X, y and sample (or None) of rows it has not learned from.
        groups: Group of each column, such as its modality or its own name.
        repeats: Shifts of each group.
        seed: Of the shifts.

    Returns:
        Groups with the mean rise of the log loss (classes) or squared error (others), largest first.

    References:
        Breiman (2001), "Random forests"; Fisher, Rudin and Dominici (2019), "All models are wrong".
    """
    X, y, sample = rows
    if len(groups) != X.shape[1]:
        raise InvalidValueError("groups", f"one for each of {X.shape[1]} columns", len(groups))
    if len(X) < 4:
        raise InvalidValueError("rows", "4 or more, to shift among", len(X))
    random, kinds, found = stream(seed, "alpha/permutation"), np.asarray(groups), []
    before = _loss(model, X, y, sample)
    for group in dict.fromkeys(groups):
        rises = []
        for _ in range(repeats):
            moved = X.copy()
            moved[:, kinds == group] = np.roll(X[:, kinds == group], int(random.integers(1, len(X))), axis=0)
            rises.append(_loss(model, moved, y, sample) - before)
        found.append(Importance(group=str(group), loss=float(np.mean(rises)), deviation=float(np.std(rises))))
    return sorted(found, key=lambda item: -item.loss)


def _loss(model: Forecaster, X: Array, y: Array, sample: Sample | None) -> float:
    told, weight = model.predict_dist(X, sample), np.ones(len(X)) if sample is None else sample.weight
    if told.kind == "classes":
        known = np.isin(y, told.levels)
        at = np.clip(np.searchsorted(told.levels, y), 0, len(told.levels) - 1)
        losses = -np.log(np.where(known, np.maximum(told.values[np.arange(len(y)), at], 1e-12), 1e-12))
    else:
        losses = (y - told.mean()) ** 2
    return float(np.average(losses, weights=weight))
