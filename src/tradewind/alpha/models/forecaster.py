"""What all models share: hyper-parameters that are one checked record, fit and forecast behind checks, state as data.

A model is scikit-learn shaped (``get_params``, ``set_params``, ``clone``, ``score``, learned names end in ``_``)
without needing scikit-learn, so a saved model runs where only NumPy and Numba are.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import msgspec
import numpy as np

from tradewind.alpha.models.checks import checked_labels, checked_rows, checked_sample
from tradewind.alpha.models.state import digest_of
from tradewind.alpha.protocol import Distribution, Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, UsageError

__all__ = ["Forecaster", "Online", "Params"]


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hyper-parameters that every model has.

    Attributes:
        output: Kind of the distribution: ``classes``, ``normal``, ``quantiles`` or ``gamma``, where the model has it.
        nan: What to do with a feature that is not known: ``refuse`` names it, ``fill`` takes the training mean.
    """

    output: Literal["classes", "normal", "quantiles", "gamma"] = "classes"
    nan: Literal["refuse", "fill"] = "refuse"


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


class Forecaster:
    """A model: ``fit`` learns, ``predict_dist`` forecasts, ``state_dict`` is all it knows, as data.

    Args:
        params: Hyper-parameters, the fields of the class's ``Params``.

    Raises:
        InvalidValueError: For a hyper-parameter that is unknown or out of its range.
    """

    name: ClassVar[str] = ""
    Params: ClassVar[type[Params]] = Params
    outputs: ClassVar[tuple[str, ...]] = ("classes",)
    learned: ClassVar[tuple[str, ...]] = ()
    """Names of the learned attributes: together with the hyper-parameters, all that a file holds."""
    online: ClassVar[bool] = False
    sequence: ClassVar[bool] = False
    takes_nan: ClassVar[bool] = False
    takes_one_class: ClassVar[bool] = False

    params: Any
    n_features_in_: int
    levels_: tuple[float, ...]
    notes_: list[str]

    def __init__(self, **params: Any) -> None:
        self._set({name: _plain(value) for name, value in params.items()})

    def _set(self, given: dict[str, Any]) -> None:
        known = self.Params.__struct_fields__
        for name in given:
            if name not in known:
                raise InvalidValueError(f"hyper-parameter of {self.name}", f"one of {', '.join(known)}", name)
        try:
            self.params = msgspec.convert(given, self.Params)
        except msgspec.ValidationError as error:
            words, _, place = str(error).partition(" - at `$.")
            field = place.split("`")[0].split("[")[0]
            expected = words.removeprefix("Expected ").split(", got")[0].replace("`", "")
            raise InvalidValueError(f"{self.name}.{field}", expected, given.get(field)) from None
        if self.params.output not in self.outputs:
            raise InvalidValueError(f"{self.name}.output", " or ".join(self.outputs), self.params.output)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Hyper-parameters by name."""
        return {name: getattr(self.params, name) for name in self.params.__struct_fields__}

    def set_params(self, **params: Any) -> Self:
        """Change hyper-parameters; what was learned stays until the next fit."""
        self._set(self.get_params() | {name: _plain(value) for name, value in params.items()})
        return self

    def __repr__(self) -> str:
        default = type(self)()
        told = [f"{k}={v!r}" for k, v in self.get_params().items() if v != default.get_params()[k]]
        return f"{type(self).__name__}({', '.join(told)})"

    def __sklearn_clone__(self) -> Self:
        return type(self)(**self.get_params())

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags

        classifies = self.params.output == "classes"
        return Tags(
            estimator_type="classifier" if classifies else "regressor",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags() if classifies else None,
            regressor_tags=None if classifies else RegressorTags(),
        )

    @property
    def classes_(self) -> Array:
        """Class labels, ascending, in the order of the probabilities."""
        return np.asarray(self.levels_, np.float64)

    def _checked(self, X: Array, y: Array, sample: Sample | None, columns: int | None) -> tuple[Array, Array, Array]:
        X = checked_rows(X, columns=columns, nan=self.takes_nan or self.params.nan == "fill")
        y = checked_labels(y, len(X), output=self.params.output, one_class=self.takes_one_class or columns is not None)
        sample = checked_sample(sample, len(X))
        return X, y, np.ones(len(X)) if sample is None else np.asarray(sample.weight, np.float64)

    def fit(self, X: Array, y: Array, sample: Sample | None = None) -> Self:
        """Learn from rows, forgetting what was known.

        Args:
            X: Shape (n, d): features.
            y: Shape (n,): class labels as numbers, or what is to be forecast.
            sample: Times, weights and series of the rows; None counts them all alike and as one series.

        Raises:
            InvalidValueError: Naming what is wrong with the rows, the labels or their order.
        """
        X, y, weight = self._checked(X, y, sample, None)
        self.n_features_in_ = X.shape[1]
        self.levels_ = tuple(np.unique(y).tolist()) if self.params.output == "classes" else ()
        self.notes_ = []
        self._learn(X, y, weight, sample)
        return self

    def predict_dist(self, X: Array, sample: Sample | None = None) -> Distribution:
        """Forecast distributions of rows.

        Args:
            X: Shape (n, d): features, the columns of ``fit``.
            sample: Series and times of the rows; sequence models look back inside a series.

        Raises:
            UsageError: Before ``fit``.
            InvalidValueError: Naming what is wrong with the rows.
        """
        self.require_fit()
        X = checked_rows(X, columns=self.n_features_in_, nan=self.takes_nan or self.params.nan == "fill")
        sample = checked_sample(sample, len(X))
        values = np.asarray(self._values(X, sample), np.float64)
        return Distribution(kind=self.params.output, values=values, levels=self.levels_)

    def require_fit(self) -> None:
        """Refuse to go on before ``fit``."""
        if not hasattr(self, "n_features_in_"):
            raise UsageError(f"{self.name} has learned nothing yet: call fit first")

    def predict(self, X: Array, sample: Sample | None = None) -> Array:
        """Most probable class, or expected value, of each row."""
        return self.predict_dist(X, sample).best()

    def predict_proba(self, X: Array, sample: Sample | None = None) -> Array:
        """Shape (n, classes): probabilities, for ``output='classes'``."""
        if self.params.output != "classes":
            raise UsageError(f"{self.name} with output={self.params.output!r} has no class probabilities")
        return self.predict_dist(X, sample).values

    def score(self, X: Array, y: Array, sample: Sample | None = None) -> float:
        """Share of right classes, or the explained share of variance, as in scikit-learn."""
        guess, y = self.predict(X, sample), np.asarray(y, np.float64)
        if self.params.output == "classes":
            return float(np.mean(guess == y))
        return float(1.0 - np.sum((y - guess) ** 2) / np.sum((y - y.mean()) ** 2))

    def state_dict(self) -> dict[str, Any]:
        """Name, hyper-parameters and learned state as plain values and arrays."""
        self.require_fit()
        learned = {name: getattr(self, name) for name in ("n_features_in_", "levels_", "notes_", *self.learned)}
        return {"model": self.name, "params": self.get_params(), "state": learned}

    def load_state(self, state: dict[str, Any]) -> Self:
        """Take over learned state.

        Args:
            state: The entry ``state`` of a :meth:`state_dict`.

        Raises:
            InvalidValueError: When it is not the state of such a model.
        """
        wanted = ("n_features_in_", "levels_", "notes_", *self.learned)
        if set(state) != set(wanted):
            raise InvalidValueError(f"state of {self.name}", f"the entries {', '.join(wanted)}", ", ".join(state))
        for name in wanted:
            setattr(self, name, state[name])
        self.levels_ = tuple(float(level) for level in self.levels_)
        self.n_features_in_ = int(self.n_features_in_)
        try:
            self._check_state()
            self.predict_dist(np.zeros((1, self.n_features_in_)))
        except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise InvalidValueError(f"state of {self.name}", "arrays that fit each other", str(error)) from None
        return self

    @property
    def fingerprint(self) -> str:
        """Hash of class, hyper-parameters and learned state: 16 hexadecimal digits."""
        return digest_of(self.state_dict())[:16]

    def _check_state(self) -> None:
        """Raise ValueError where loaded arrays could lead a kernel astray."""

    def _learn(self, X: Array, y: Array, weight: Array, sample: Sample | None) -> None:
        raise NotImplementedError

    def _values(self, X: Array, sample: Sample | None) -> Array:
        raise NotImplementedError


class Online(Forecaster):
    """A model that also learns row by row, in time order."""

    online: ClassVar[bool] = True
    last_t0_: int

    def fit(self, X: Array, y: Array, sample: Sample | None = None) -> Self:
        """Learn from rows, forgetting what was known; arguments as in :meth:`Forecaster.fit`."""
        X, y, weight = self._checked(X, y, sample, None)
        self._start(X, y, weight)
        return self._further(X, y, weight, sample)

    def partial_fit(self, X: Array, y: Array, sample: Sample | None = None) -> Self:
        """Learn from further rows, in time order.

        Args:
            X: Shape (n, d): features.
            y: Shape (n,): labels; classes must be among those of the first call.
            sample: Times of the rows; None trusts the caller's order.

        Raises:
            InvalidValueError: When time goes back, a class is new, or the rows are wrong.
        """
        fresh = not hasattr(self, "n_features_in_")
        X, y, weight = self._checked(X, y, sample, None if fresh else self.n_features_in_)
        if fresh:
            self._start(X, y, weight)
        elif self.params.output == "classes" and not np.isin(y, self.levels_).all():
            raise InvalidValueError("y", f"one of the classes {self.levels_}", np.setdiff1d(y, self.levels_)[0])
        return self._further(X, y, weight, sample)

    def _start(self, X: Array, y: Array, weight: Array) -> None:
        self.n_features_in_ = X.shape[1]
        self.levels_ = tuple(np.unique(y).tolist()) if self.params.output == "classes" else ()
        self.notes_, self.last_t0_ = [], np.iinfo(np.int64).min
        self._begin(X, y, weight)

    def _further(self, X: Array, y: Array, weight: Array, sample: Sample | None) -> Self:
        if sample is not None:
            t0 = np.asarray(sample.t0, np.int64)
            before = np.maximum.accumulate(np.concatenate(([self.last_t0_], t0)))[:-1]
            if (t0 < before).any():
                row = int(np.argmax(t0 < before))
                expected = f"not before the last row learned ({before[row]})"
                raise InvalidValueError(f"sample.t0 in row {row}", expected, int(t0[row]))
            self.last_t0_ = int(t0.max())
        self._update(X, y, weight)
        return self

    def _begin(self, X: Array, y: Array, weight: Array) -> None:
        raise NotImplementedError

    def _update(self, X: Array, y: Array, weight: Array) -> None:
        raise NotImplementedError
