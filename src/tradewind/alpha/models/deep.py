"""Networks: perceptron, LSTM, Transformer, DeepLOB-like; trained by Torch, run without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from tradewind.alpha.models.checks import CLIP, fit_scale, scaled
from tradewind.alpha.models.forecaster import Forecaster, Params
from tradewind.alpha.models.heads import distribution_values, head_width, row_loss
from tradewind.alpha.models.linear import balanced
from tradewind.alpha.models.network import Program, run_network, scratch_for
from tradewind.alpha.models.tail import purged_tail
from tradewind.alpha.models.training import Plan, Task, Watch, train
from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["LSTM", "MLP", "DeepLOB", "DeepLOBParams", "MLPParams", "Network", "SequenceParams", "Transformer"]


class MLPParams(Params, frozen=True, kw_only=True):
    """Hyper-parameters of :class:`MLP`.

    Attributes:
        width: Of each layer.
        layers: How many.
        epochs: Passes over the rows, at most.
        patience: Epochs without a smaller loss on the purged tail before it stops.
        tail: Share of the rows, the last in time, held out for that.
        batch: Rows of a step; fewer where an epoch would have less than 32 steps.
        rate: Learning rate at first; it falls to 0 along a cosine.
        decay: Weight decay.
        dropout: Share of the values dropped behind each layer while training.
        most_rows: Rows of an epoch, at most; others come in the next.
        quantiles: Levels of ``output='quantiles'``, ascending.
        balance: 0 counts rows as they are; 1 gives every class the same weight.
        seed: Of weights, order and dropout.
    """

    width: Annotated[int, Meta(ge=1, le=512)] = 32
    layers: Annotated[int, Meta(ge=1, le=8)] = 2
    epochs: Annotated[int, Meta(ge=1)] = 12
    patience: Annotated[int, Meta(ge=1)] = 4
    tail: Annotated[float, Meta(gt=0, lt=1)] = 0.15
    batch: Annotated[int, Meta(ge=1)] = 256
    rate: Annotated[float, Meta(gt=0)] = 2e-3
    decay: Annotated[float, Meta(ge=0)] = 0.01
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.1
    most_rows: Annotated[int, Meta(ge=1)] = 50_000
    quantiles: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
    balance: Annotated[float, Meta(ge=0, le=1)] = 0.0
    seed: int = 0


class SequenceParams(MLPParams, frozen=True, kw_only=True):
    """Hyper-parameters of networks that look back; beside those of :class:`MLPParams`.

    Attributes:
        window: Rows they see, the present one included.
        heads: Of the Transformer's attention.
    """

    width: Annotated[int, Meta(ge=1, le=512)] = 24
    layers: Annotated[int, Meta(ge=1, le=8)] = 1
    window: Annotated[int, Meta(ge=2, le=1000)] = 20
    heads: Annotated[int, Meta(ge=1)] = 2
    epochs: Annotated[int, Meta(ge=1)] = 8
    patience: Annotated[int, Meta(ge=1)] = 3
    most_rows: Annotated[int, Meta(ge=1)] = 30_000


class DeepLOBParams(SequenceParams, frozen=True, kw_only=True):
    """Hyper-parameters of :class:`DeepLOB`; beside those of :class:`SequenceParams`.

    Attributes:
        group: Columns of one level of the book; levels share the first convolutions. 0: all columns are one level.
    """

    width: Annotated[int, Meta(ge=2, le=512)] = 16
    group: Annotated[int, Meta(ge=0)] = 0


class Network(Forecaster):
    """What the networks share: standardisation, training, and the run from arrays."""

    outputs = ("classes", "normal", "quantiles", "gamma")
    learned: ClassVar[tuple[str, ...]] = ("scale_", "table_", "numbers_", "target_", "curve_")

    scale_: Array
    table_: Array
    numbers_: Array
    target_: Array
    curve_: Array
    watch: Watch = Watch()
    _scratch: Array | None = None

    def watched(self, watch: Watch) -> Network:
        """The model, told who looks on while it learns; not a hyper-parameter."""
        self.watch = watch
        return self

    @property
    def window_(self) -> int:
        """Rows it sees."""
        return int(getattr(self.params, "window", 1))

    def design(self, program: Program, outputs: int) -> Program:
        """The program from the input to so many outputs."""
        raise NotImplementedError

    def _learn(self, X: Array, y: Array, weight: Array, sample: Sample | None) -> None:
        p, d = self.params, X.shape[1]
        if p.output == "quantiles":
            self.levels_ = p.quantiles
        (mean, scale), self.notes_ = fit_scale(X, weight)
        self.scale_ = np.stack([mean, scale, np.full(d, float(self.window_)), np.full(d, CLIP)])
        centre, spread = 0.0, 1.0
        if p.output == "gamma":
            spread = float(weight @ y / weight.sum())
        elif p.output != "classes":
            centre = float(weight @ y / weight.sum())
            spread = max(float(np.sqrt(weight @ (y - centre) ** 2 / weight.sum())), 1e-12)
        target = np.searchsorted(self.levels_, y).astype(np.float64) if p.output == "classes" else (y - centre) / spread
        self.target_ = np.array([centre, spread, 1.0])
        program = self.design(Program(d, self.window_), head_width(p.output, len(self.levels_)))
        self.table_ = program.table
        head, tail = purged_tail(sample, len(y), p.tail)
        if len(head) < 2:
            raise InvalidValueError("X", "rows whose labels were known before the purged tail begins", len(head))
        order, first = _by_series(sample, len(X))
        place = np.empty(len(X), np.int64)
        place[order] = np.arange(len(X))
        Z = scaled(X, (mean, scale))[order]
        parts = balanced(y, weight / weight.mean(), self.levels_ if p.output == "classes" else (), p.balance)
        task = Task(
            table=self.table_,
            Z=np.concatenate([Z, np.zeros((1, d))]).astype(np.float32),
            windows=_windows(place, first, self.window_),
            target=target,
            weight=parts,
            head=head,
            tail=tail,
            loss=row_loss(p.output, self.levels_),
            start=_base_rates(target[head], parts[head], len(self.levels_) if p.output == "classes" else 0),
        )
        plan = Plan(**{name: getattr(p, name) for name in Plan.__struct_fields__})
        self.numbers_, self.curve_ = train(program, plan, task, self.watch)
        self._scratch = None
        if p.output == "gamma":
            ratio = y[tail] / self._values(X, sample)[tail, 0]
            self.target_[2] = 1.0 / max(float(np.var(ratio)), 1e-6)

    def _check_state(self) -> None:
        program = self.design(Program(self.n_features_in_, self.window_), self._width())
        if not np.array_equal(program.table, self.table_) or len(self.numbers_) != program.count:
            raise ValueError(f"{program.count} numbers for its layers, got {len(self.numbers_)}")
        if self.scale_.shape != (4, self.n_features_in_) or self.scale_[2, 0] != self.window_:
            raise ValueError(f"standardisation of {self.n_features_in_} columns, got shape {self.scale_.shape}")
        if self.numbers_.dtype != np.float32 or self.target_.shape != (3,):
            raise ValueError("single-precision numbers")

    def _width(self) -> int:
        return head_width(self.params.output, len(self.levels_))

    def raw(self, X: Array, starts: Array) -> Array:
        """What the last layer says of the last ``len(starts)`` rows; see :func:`~.network.run_network`."""
        if self._scratch is None:
            self._scratch = scratch_for(self.table_, self.n_features_in_, self.window_)
        out = np.empty((len(starts), self._width()))
        run_network(X, starts, self.scale_, self.table_, self.numbers_, self._scratch, out)
        return out

    def link(self, out: Array) -> Array:
        """A distribution's values from what the last layer says."""
        return distribution_values(self.params.output, out, *self.target_.tolist())

    def outputs_of(self, X: Array, sample: Sample | None) -> Array:
        """Shape (n, outputs): what the last layer says of each row."""
        order, first = _by_series(sample, len(X))
        out = np.empty((len(X), self._width()))
        out[order] = self.raw(X[order], first)
        return out

    def windows_of(self, X: Array, sample: Sample | None) -> Array:
        """Shape (n, window, d): the standardised rows that each row sees; zeros before its series."""
        order, first = _by_series(sample, len(X))
        place = np.empty(len(X), np.int64)
        place[order] = np.arange(len(X))
        Z = np.concatenate([scaled(X, (self.scale_[0], self.scale_[1]))[order], np.zeros((1, X.shape[1]))])
        return np.asarray(Z[_windows(place, first, self.window_)(np.arange(len(X)))])

    def _values(self, X: Array, sample: Sample | None) -> Array:
        return self.link(self.outputs_of(X, sample))


def _base_rates(target: Array, weight: Array, classes: int) -> Array:
    """Shape (classes,): logs of how often each class occurs, one more of each counted; nothing without classes."""
    if not classes:
        return np.zeros(0)
    share = np.bincount(target.astype(np.int64), weights=weight, minlength=classes) + 1.0
    return np.asarray(np.log(share / share.sum()))


def _by_series(sample: Sample | None, rows: int) -> tuple[Array, Array]:
    """Rows with each series in one piece, and for each of them the first row of its series."""
    if sample is None:
        return np.arange(rows), np.zeros(rows, np.int64)
    order = np.argsort(sample.series, kind="stable")
    series = np.asarray(sample.series)[order]
    begins = np.concatenate(([True], series[1:] != series[:-1]))
    return order, np.maximum.accumulate(np.where(begins, np.arange(rows), 0))


def _windows(place: Array, first: Array, window: int) -> Callable[[Array], Array]:
    """Rows that each of some rows may see; the row of zeros stands at the end."""
    back, zeros = np.arange(1 - window, 1), len(place)

    def windows(rows: Array) -> Array:
        at = place[rows]
        seen = at[:, None] + back
        return np.where(seen >= first[at][:, None], seen, zeros)

    return windows


class MLP(Network):
    """Multilayer perceptron on the present row."""

    name = "mlp"
    Params = MLPParams

    def design(self, program: Program, outputs: int) -> Program:
        """Layers of one width, each cut off at 0."""
        for _ in range(self.params.layers):
            program.dense(self.params.width).relu()
        return program.dense(outputs)


class LSTM(Network):
    """Long short-term memory over the last rows of the series.

    References:
        Hochreiter and Schmidhuber (1997), "Long short-term memory".
    """

    name = "lstm"
    Params = SequenceParams
    sequence: ClassVar[bool] = True

    def design(self, program: Program, outputs: int) -> Program:
        """One memory on another, then the last row."""
        for _ in range(self.params.layers):
            program.lstm(self.params.width)
        return program.last().dense(outputs)


class Transformer(Network):
    """Attention over the last rows of the series; normalisation before each block, the last row asks.

    References:
        Vaswani et al. (2017), "Attention is all you need".
    """

    name = "transformer"
    Params = SequenceParams
    sequence: ClassVar[bool] = True

    def design(self, program: Program, outputs: int) -> Program:
        """Attention and a small perceptron, each added to what it saw."""
        width, layers = self.params.width, self.params.layers
        if width % self.params.heads:
            raise InvalidValueError("transformer.width", f"a multiple of its {self.params.heads} heads", width)
        program.dense(width).place()
        for number in range(layers):
            program.save(0).norm().attend(self.params.heads, last=number == layers - 1).add(0)
            program.save(0).norm().dense(2 * width).relu().dense(width).add(0)
        return program.norm().dense(outputs)


class DeepLOB(Network):
    """Convolutions over levels and time, an inception block, and a memory, for snapshots of the book.

    Smaller than the original, so that it runs in the live path; pooling is left out.

    References:
        Zhang, Zohren and Roberts (2019), "DeepLOB: deep convolutional neural networks for limit order books".
    """

    name = "deeplob"
    Params = DeepLOBParams
    sequence: ClassVar[bool] = True

    def design(self, program: Program, outputs: int) -> Program:
        """Levels, time, inception, memory."""
        width, group, half = self.params.width, self.params.group, max(1, self.params.width // 2)
        if group and program.channels % group:
            raise InvalidValueError("deeplob.group", f"a divisor of the {program.channels} columns", group)
        if group:
            levels = program.channels // group
            program.dense(half, levels).relu(1).conv(half, 4, levels).relu(1)
        program.dense(width).relu(1).conv(width, 4).relu(1).save(0)
        program.dense(half).relu(1).conv(half, 3).relu(1).save(1).load(0)
        program.dense(half).relu(1).conv(half, 5).relu(1).append(1)
        for _ in range(self.params.layers):
            program.lstm(width)
        return program.last().dense(outputs)
