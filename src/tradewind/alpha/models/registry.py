"""The zoo: every model by name, with a line on what it is and how far it can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from tradewind.alpha.models.boosting import Boosting
from tradewind.alpha.models.deep import LSTM, MLP, DeepLOB, Transformer
from tradewind.alpha.models.forecaster import Forecaster
from tradewind.alpha.models.forest import Forest
from tradewind.alpha.models.linear import RLS, Logistic, Ridge
from tradewind.alpha.models.naive import ImbalanceSign, LastValue, Majority
from tradewind.alpha.models.regimes import HMM, Clusters, Mixture
from tradewind.alpha.models.state import About, read_state, write_state
from tradewind.alpha.models.svm import SVM
from tradewind.core.errors import DataError, InvalidValueError, NotFoundError

__all__ = ["Card", "cards", "load_about", "load_model", "make_model", "names", "save_model"]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One model of the zoo.

    Attributes:
        name: What :func:`make_model` takes.
        summary: One line on what it is.
        interpretability: How a person can read it.
        outputs: Kinds of distributions it can learn.
        online: Whether it has ``partial_fit``.
        sequence: Whether it looks back over the rows before.
        hyper_parameters: Names and defaults.
    """

    name: str
    summary: str
    interpretability: str
    outputs: tuple[str, ...]
    online: bool
    sequence: bool
    hyper_parameters: dict[str, Any]


MODELS: dict[str, tuple[type[Forecaster], str, str]] = {
    "majority": (
        Majority,
        "shares of the classes, or the mean; no feature",
        "complete: one number a class",
    ),
    "last-value": (LastValue, "one column as it is: what was, goes on", "complete: one column"),
    "imbalance-sign": (ImbalanceSign, "the heavier side of the book wins", "complete: a table of three rows"),
    "ridge": (Ridge, "ridge regression with normal errors", "high: one coefficient a feature"),
    "rls": (RLS, "ridge regression that forgets, row by row", "high: one coefficient a feature, as of now"),
    "logistic": (Logistic, "multinomial logistic regression", "high: one coefficient a feature and class"),
    "forest": (Forest, "random forest", "medium: contributions along the paths"),
    "lightgbm": (Boosting, "gradient boosted trees", "medium: exact Shapley contributions of the trees"),
    "svm": (SVM, "support vector machine, Gaussian kernel, calibrated", "low: permutation importance only"),
    "mlp": (MLP, "multilayer perceptron on the present row", "low: integrated gradients"),
    "lstm": (LSTM, "recurrent memory over the last rows", "low: integrated gradients over rows and features"),
    "transformer": (Transformer, "attention over the last rows", "low: integrated gradients over rows and features"),
    "deeplob": (DeepLOB, "convolutions and a memory over book snapshots", "low: integrated gradients, row by row"),
    "kmeans": (Clusters, "nearest of a few centres, and the label there", "high: a table of states"),
    "gmm": (Mixture, "mixture of normals, and the label in each part", "high: a table of states"),
    "hmm": (
        HMM,
        "hidden Markov model, filtered, and the label in each state",
        "high: a table of states and their moves",
    ),
}


def names() -> tuple[str, ...]:
    """Names of all models.

    Examples:
        >>> "ridge" in names()
        True
    """
    return tuple(MODELS)


def cards() -> tuple[Card, ...]:
    """All models with what a reader wants to know of them."""
    return tuple(
        Card(
            name=name,
            summary=summary,
            interpretability=readable,
            outputs=kind.outputs,
            online=kind.online,
            sequence=kind.sequence,
            hyper_parameters=kind().get_params(),
        )
        for name, (kind, summary, readable) in MODELS.items()
    )


def make_model(name: str, **params: Any) -> Any:
    """A fresh model.

    Args:
        name: One of :func:`names`.
        params: Hyper-parameters; the others keep their defaults.

    Raises:
        NotFoundError: For a name that is not in the zoo.
        InvalidValueError: For a hyper-parameter that is unknown or out of its range.

    Examples:
        >>> make_model("ridge", alpha=0.1)
        Ridge(alpha=0.1)
    """
    if name not in MODELS:
        raise NotFoundError(f"{name}: no such model; there are {', '.join(MODELS)}")
    return MODELS[name][0](**params)


def save_model(model: Forecaster, path: Path | str, about: About | None = None) -> None:
    """Write a model to one file: data, no code.

    Args:
        model: A model that has learned.
        path: The file.
        about: Where it comes from.
    """
    write_state(model.state_dict(), Path(path), about or About())


def load_model(path: Path | str) -> Any:
    """Read a model; nothing in the file is run.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When it is no model file, cut short, or of a model this version does not know.
        IntegrityError: When it was changed after it was written.
    """
    state, _ = read_state(Path(path))
    if state["model"] not in MODELS:
        raise DataError(path, f"a model of the zoo ({', '.join(MODELS)})", state["model"], field="model")
    try:
        return make_model(state["model"], **state["params"]).load_state(state["state"])
    except InvalidValueError as error:
        raise DataError(path, f"a {state['model']} that can be put together", str(error)) from None


def load_about(path: Path | str) -> About:
    """Where a saved model comes from; errors as :func:`load_model`."""
    return read_state(Path(path))[1]
