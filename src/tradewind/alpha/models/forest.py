"""Random forest: grown by scikit-learn, run from arrays."""

from __future__ import annotations

import warnings
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta

from tradewind.alpha.models.checks import fit_scale
from tradewind.alpha.models.forecaster import Forecaster, Params
from tradewind.alpha.models.linear import balanced
from tradewind.alpha.models.trees import Trees, tree_sums
from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError
from tradewind.core.random import stream

__all__ = ["Forest", "ForestParams", "Grown"]


class Grown(Forecaster):
    """A model whose learned state is a table of trees."""

    tables_: dict[str, Array]

    @property
    def trees_(self) -> Trees:
        """The table."""
        return Trees(**self.tables_)

    @property
    def columns_out_(self) -> int:
        """How many sums the trees give."""
        raise NotImplementedError

    def _check_state(self) -> None:
        self.trees_.check(self.n_features_in_, self.columns_out_)

    def sums(self, X: Array) -> Array:
        """Shape (n, outputs): what the trees add up to, before any link."""
        out = np.zeros((len(X), self.columns_out_))
        tree_sums(tuple(getattr(self.trees_, name) for name in Trees.__struct_fields__), self.asked(X), out)
        return out

    def asked(self, X: Array) -> Array:
        """The features as the trees compare them."""
        return X


class ForestParams(Params, frozen=True, kw_only=True):
    """Hyper-parameters of :class:`Forest`.

    Attributes:
        trees: How many.
        leaf: Rows of a leaf, at least; a fraction below 1 is a share of the rows.
        depth: Steps from root to leaf, at most.
        columns: Share of the columns that a node may choose from.
        rows: Share of the rows that a tree sees.
        balance: 0 counts rows as they are; 1 gives every class the same weight.
        seed: Of the bootstrap and the columns.
    """

    trees: Annotated[int, Meta(ge=1)] = 100
    leaf: Annotated[float, Meta(gt=0)] = 0.002
    depth: Annotated[int, Meta(ge=1)] = 12
    columns: Annotated[float, Meta(gt=0, le=1)] = 0.4
    rows: Annotated[float, Meta(gt=0, le=1)] = 0.5
    balance: Annotated[float, Meta(ge=0, le=1)] = 0.0
    seed: int = 0


class Forest(Grown):
    """Many trees on bootstrapped rows and random columns, averaged.

    The normal output's deviation is that of the bagged errors on rows a tree has not seen, one number.

    References:
        Breiman (2001), "Random forests".
    """

    name = "forest"
    Params = ForestParams
    outputs = ("classes", "normal")
    learned: ClassVar[tuple[str, ...]] = ("tables_", "fill_", "deviation_")

    fill_: Array
    deviation_: float

    @property
    def columns_out_(self) -> int:
        """How many sums the trees give."""
        return max(1, len(self.levels_))

    def asked(self, X: Array) -> Array:
        """The features as scikit-learn compares them: in single precision; what is not known is the mean."""
        X = np.where(np.isnan(X), self.fill_, X)
        return np.ascontiguousarray(X.astype(np.float32), np.float64)

    def _learn(self, X: Array, y: Array, weight: Array, sample: Sample | None) -> None:  # noqa: ARG002
        try:
            from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
        except ImportError:
            raise MissingExtraError("scikit-learn", "alpha", "a random forest") from None
        p = self.params
        (self.fill_, _), self.notes_ = fit_scale(X, weight)
        leaf = p.leaf if p.leaf < 1 else int(p.leaf)
        seed = int(stream(p.seed, "alpha/forest").integers(2**31))
        shared = {"n_estimators": p.trees, "min_samples_leaf": leaf, "max_depth": p.depth, "max_features": p.columns,
                  "max_samples": p.rows, "n_jobs": 1, "random_state": seed}  # fmt: skip
        weight = balanced(y, weight, self.levels_, p.balance)
        asked = self.asked(X).astype(np.float32)
        if p.output == "classes":
            model = RandomForestClassifier(**shared).fit(asked, y, sample_weight=weight)
            self.deviation_ = 0.0
        else:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Some inputs do not have OOB scores")
                model = RandomForestRegressor(oob_score=True, **shared).fit(asked, y, sample_weight=weight)
            unseen = model.oob_prediction_ != 0.0  # rows that every tree has seen have none
            errors = (y - model.oob_prediction_)[unseen] if unseen.any() else y - y.mean()
            self.deviation_ = max(float(np.sqrt(np.mean(errors**2))), 1e-12)
        self.tables_ = msgspec.structs.asdict(_table([tree.tree_ for tree in model.estimators_]))

    def _values(self, X: Array, sample: Sample | None) -> Array:  # noqa: ARG002
        sums = self.sums(X)
        if self.params.output == "classes":
            return np.asarray(sums / sums.sum(axis=1, keepdims=True))
        return np.stack([sums[:, 0], np.full(len(X), self.deviation_)], axis=1)


def _table(grown: list[Any]) -> Trees:
    sizes = np.array([tree.node_count for tree in grown])
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))

    def moved(name: str) -> Array:
        shifted = [np.asarray(getattr(t, name) + s, np.int32) for t, s in zip(grown, starts, strict=True)]
        return np.concatenate(shifted)

    feature = np.concatenate([tree.feature for tree in grown]).astype(np.int32)
    return Trees(
        roots=starts.astype(np.int64),
        output=np.full(len(grown), -1, np.int64),
        feature=np.where(feature < 0, -1, feature).astype(np.int32),
        left=moved("children_left"),
        right=moved("children_right"),
        threshold=np.concatenate([tree.threshold for tree in grown]).astype(np.float64),
        missing=np.zeros(int(sizes.sum()), np.int32),
        value=np.concatenate([tree.value[:, 0, :] for tree in grown]).astype(np.float64) / len(grown),
    )
