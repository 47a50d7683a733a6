"""Gradient boosting: grown by LightGBM with early stopping on a purged tail, run from arrays."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta

from tradewind.alpha.models.forecaster import Params
from tradewind.alpha.models.forest import Grown
from tradewind.alpha.models.linear import balanced
from tradewind.alpha.models.ordered import softmax
from tradewind.alpha.models.tail import purged_tail
from tradewind.alpha.models.trees import Trees
from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError

__all__ = ["Boosting", "BoostingParams", "parse_trees"]

EDGE = 30.0


class BoostingParams(Params, frozen=True, kw_only=True):
    """Hyper-parameters of :class:`Boosting`.

    Attributes:
        rounds: Trees of each output, at most.
        rate: Learning rate.
        leaves: Of a tree, at most.
        leaf: Rows of a leaf, at least; a fraction below 1 is a share of the rows.
        columns: Share of the columns that a tree may use.
        rows: Share of the rows that a tree sees.
        l2: Penalty on squared leaf values.
        patience: Rounds without a better score on the purged tail before it stops; 0 runs all rounds.
        tail: Share of the rows held out for that; afterwards the model is grown again on all rows.
        quantiles: Levels of ``output='quantiles'``, ascending.
        balance: 0 counts rows as they are; 1 gives every class the same weight.
        seed: Of rows and columns.
    """

    rounds: Annotated[int, Meta(ge=1)] = 400
    rate: Annotated[float, Meta(gt=0, le=1)] = 0.05
    leaves: Annotated[int, Meta(ge=2)] = 15
    leaf: Annotated[float, Meta(gt=0)] = 0.005
    columns: Annotated[float, Meta(gt=0, le=1)] = 0.7
    rows: Annotated[float, Meta(gt=0, le=1)] = 0.7
    l2: Annotated[float, Meta(ge=0)] = 5.0
    patience: Annotated[int, Meta(ge=0)] = 25
    tail: Annotated[float, Meta(gt=0, lt=1)] = 0.2
    quantiles: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
    balance: Annotated[float, Meta(ge=0, le=1)] = 0.0
    seed: int = 0


def _lightgbm() -> Any:
    try:
        import lightgbm
    except ImportError:
        raise MissingExtraError("lightgbm", "alpha", "gradient boosting") from None
    return lightgbm


class Boosting(Grown):
    """LightGBM: multiclass, normal, quantile and gamma objectives; deterministic; NaN goes its own way.

    ``gamma`` is the QLIKE loss of a positive quantity such as a variance. A normal output's deviation is one number,
    from the purged tail.

    References:
        Ke et al. (2017), "LightGBM: a highly efficient gradient boosting decision tree".
    """

    name = "lightgbm"
    Params = BoostingParams
    outputs = ("classes", "normal", "quantiles", "gamma")
    learned: ClassVar[tuple[str, ...]] = ("tables_", "texts_", "rounds_", "spread_")
    takes_nan: ClassVar[bool] = True

    texts_: dict[str, Array]
    rounds_: list[int]
    spread_: float

    @property
    def columns_out_(self) -> int:
        """How many sums the trees give."""
        return len(self.levels_) or 1

    def _objectives(self) -> list[dict[str, Any]]:
        output = self.params.output
        if output == "classes":
            return [{"objective": "multiclass", "num_class": len(self.levels_)}]
        if output == "quantiles":
            return [{"objective": "quantile", "alpha": level} for level in self.levels_]
        return [{"objective": "gamma" if output == "gamma" else "regression"}]

    def _learn(self, X: Array, y: Array, weight: Array, sample: Sample | None) -> None:
        if self.params.output == "quantiles":
            self.levels_ = self.params.quantiles
        weight = balanced(y, weight, self.levels_ if self.params.output == "classes" else (), self.params.balance)
        target = np.searchsorted(self.levels_, y) if self.params.output == "classes" else y
        head, tail = purged_tail(sample, len(y), self.params.tail)
        stops = self.params.patience > 0 and len(head) >= 20 and len(tail) >= 20
        if self.params.output == "classes" and len(np.unique(target[head])) < len(self.levels_):
            stops = False
        tables, self.texts_, self.rounds_, errors = [], {}, [], list[Array]()
        for number, objective in enumerate(self._objectives()):
            rounds = self.params.rounds
            if stops:
                first = self._grow(objective, (X, target, weight), rounds, (head, tail))
                rounds = max(1, first.best_iteration)
                if self.params.output == "normal":
                    errors.append(y[tail] - first.predict(X[tail], num_iteration=rounds))
            booster = self._grow(objective, (X, target, weight), rounds, None)
            text = booster.model_to_string()
            self.rounds_.append(rounds)
            self.texts_[str(number)] = np.frombuffer(text.encode(), np.uint8).copy()
            tables.append(parse_trees(text, len(self.levels_) if self.params.output == "classes" else 1, number))
        self.tables_ = msgspec.structs.asdict(_stacked(tables))
        self.spread_ = self._spread(X, y, tail if stops else np.arange(len(y)), errors)

    def _grow(self, objective: dict[str, Any], rows: Any, rounds: int, cut: Any) -> Any:
        lightgbm, p = _lightgbm(), self.params
        X, target, weight = rows
        count = len(X) if cut is None else len(cut[0])
        leaf = max(1, round(p.leaf * count)) if p.leaf < 1 else int(p.leaf)
        settings = objective | {
            "learning_rate": p.rate, "num_leaves": p.leaves, "min_data_in_leaf": leaf, "feature_fraction": p.columns,
            "bagging_fraction": p.rows, "bagging_freq": 1, "lambda_l2": p.l2, "seed": p.seed, "num_threads": 1,
            "deterministic": True, "force_row_wise": True, "verbosity": -1, "feature_pre_filter": False,
        }  # fmt: skip
        if cut is None:
            return lightgbm.train(settings, lightgbm.Dataset(X, target, weight=weight), rounds)
        head, tail = cut
        learned = lightgbm.Dataset(X[head], target[head], weight=weight[head])
        judged = lightgbm.Dataset(X[tail], target[tail], weight=weight[tail], reference=learned)
        stop = lightgbm.early_stopping(p.patience, verbose=False)
        return lightgbm.train(settings, learned, rounds, valid_sets=[judged], callbacks=[stop])

    def _spread(self, X: Array, y: Array, rows: Array, errors: list[Array]) -> float:
        """Deviation of a normal output's errors on the tail, or shape of a gamma output by the method of moments."""
        if self.params.output == "normal":
            found = errors[0] if errors else y - self.sums(X)[:, 0]
            return max(float(np.sqrt(np.mean(found**2))), 1e-12)
        if self.params.output == "gamma":
            ratio = y[rows] / np.exp(np.clip(self.sums(X[rows])[:, 0], -EDGE, EDGE))
            return float(1.0 / max(float(np.var(ratio)), 1e-6))
        return 0.0

    def _values(self, X: Array, sample: Sample | None) -> Array:  # noqa: ARG002
        sums = self.sums(X)
        if self.params.output == "classes":
            return softmax(sums)
        if self.params.output == "quantiles":
            return np.sort(sums, axis=1)
        mean = np.exp(np.clip(sums[:, 0], -EDGE, EDGE)) if self.params.output == "gamma" else sums[:, 0]
        return np.stack([mean, np.full(len(X), self.spread_)], axis=1)


def parse_trees(text: str, outputs: int, first: int) -> Trees:
    """Trees of a LightGBM text model.

    Args:
        text: What LightGBM's ``model_to_string`` gives.
        outputs: How many outputs take turns in its trees.
        first: Number of its first output.

    Returns:
        The table; inner nodes come before leaves, so every child lies behind its parent.
    """
    columns: dict[str, list[Array]] = {name: [] for name in Trees.__struct_fields__}
    start = 0
    for number, block in enumerate(text.split("end of trees", maxsplit=1)[0].split("\nTree=")[1:]):
        fields = dict(line.split("=", 1) for line in block.splitlines()[1:] if "=" in line)
        leaves = int(fields["num_leaves"])
        inner = leaves - 1

        def read(name: str, kind: type, fields: dict[str, str] = fields) -> Array:
            return np.array(fields.get(name, "").split(), kind)

        def child(name: str, inner: int = inner, start: int = start, read: Any = read) -> Array:
            to = read(name, int)
            return np.concatenate([np.where(to >= 0, to, inner + ~to) + start, np.zeros(inner + 1, int)])

        how = read("decision_type", int)
        missing = ((how >> 1) & 1) | np.where((how >> 2) & 3 == 2, 2, 0) | np.where((how >> 2) & 3 == 1, 4, 0)
        columns["roots"].append(np.array([start]))
        columns["output"].append(np.array([first + number % outputs]))
        columns["feature"].append(np.concatenate([read("split_feature", int)[:inner], np.full(leaves, -1)]))
        columns["left"].append(child("left_child"))
        columns["right"].append(child("right_child"))
        columns["threshold"].append(np.concatenate([read("threshold", float)[:inner], np.zeros(leaves)]))
        columns["missing"].append(np.concatenate([missing[:inner], np.zeros(leaves, int)]))
        columns["value"].append(np.concatenate([read("internal_value", float)[:inner], read("leaf_value", float)]))
        start += inner + leaves
    return _typed(columns)


def _typed(columns: dict[str, list[Array]]) -> Trees:
    kinds = {"roots": np.int64, "output": np.int64, "threshold": np.float64, "value": np.float64}
    table = {name: np.concatenate(parts).astype(kinds.get(name, np.int32)) for name, parts in columns.items()}
    return Trees(**(table | {"value": table["value"].reshape(-1, 1)}))


def _stacked(tables: list[Trees]) -> Trees:
    """Tables of several models as one."""
    starts = np.concatenate(([0], np.cumsum([len(table.feature) for table in tables])[:-1]))
    columns: dict[str, list[Array]] = {name: [] for name in Trees.__struct_fields__}
    for table, start in zip(tables, starts, strict=True):
        for name, parts in columns.items():
            parts.append(getattr(table, name) + (start if name in ("roots", "left", "right") else 0))
    return _typed(columns)
