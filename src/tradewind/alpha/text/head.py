"""A calibrated head: two logistic experts, one on meaning and one on words, fused by the mean of their log-odds.

The expert on meaning sees sentence embeddings of several layers and what the lexicon sees; the expert on words sees
TF-IDF of words, pairs and moves ("up" beside "profit"), and what the lexicon sees. Each is calibrated by a temperature
found on out-of-fold predictions (Guo et al. 2017, "On calibration of modern neural networks"), then their
log-probabilities are averaged. A head is saved as data; no code is loaded with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tradewind.alpha.models.state import About, digest_of, read_state, write_state
from tradewind.alpha.text.lexicon import TONE_FEATURES, tone_features
from tradewind.alpha.text.terms import terms
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, InvalidValueError, MissingExtraError
from tradewind.core.random import stream

__all__ = ["Embed", "HeadScorer", "HeadSettings", "load_head", "train_head"]

Embed = Callable[[Sequence[str]], Array]
"""Embeddings of texts, shape (n, width)."""
KIND = "sentiment head"
CLASS_COUNT = 3
INNER_FOLDS = 3


class HeadSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a head is trained.

    Attributes:
        meaning_strength: Inverse of the L2 penalty of the expert on meaning (columns standardised).
        words_strength: Inverse of the L2 penalty of the expert on words.
        tone_weight: Weight of the standardised lexicon columns beside TF-IDF, whose rows have length 1.
        min_count: Texts in which a term must stand to be kept.
        caution: Factor of the last temperature, above 1 for a head that will read texts unlike those it learned from,
            which no calibration on its own texts can foresee.
        seed: Of the inner folds.
    """

    meaning_strength: float = 0.001
    words_strength: float = 10.0
    tone_weight: float = 0.3
    min_count: int = 2
    caution: float = 1.0
    seed: int = 0


class HeadScorer:
    """A trained head as a scorer.

    Args:
        state: As :func:`train_head` or :func:`load_head` make it.
        embed: The embeddings that it was trained on.
        about: Where it comes from.
    """

    name = "head"

    def __init__(self, state: dict[str, Any], embed: Embed, about: About) -> None:
        self.state, self.about = state, about
        self._embed = embed
        self.fingerprint = digest_of(state)[:16]
        self._words: Callable[[Sequence[str]], Any] = _vectorizer(state["state"]["words"])

    def score(self, texts: Sequence[str]) -> Array:
        """Probabilities of bad, neutral and good news, shape (n, 3)."""
        return self.experts(texts)["fused"]

    def experts(self, texts: Sequence[str]) -> dict[str, Array]:
        """Calibrated probabilities of each expert and of both fused: ``meaning``, ``words``, ``fused``."""
        if not len(texts):
            return dict.fromkeys(("meaning", "words", "fused"), np.empty((0, CLASS_COUNT)))
        state, tones = self.state["state"], tone_features(texts)
        meaning = _log_softmax(_meaning(self._embed(texts), tones, state["meaning"]))
        words = _log_softmax(_worded(self._words(texts), tones, state["words"], self.state["params"]["tone_weight"]))
        parts, temperature = [meaning, words], state["temperature"]
        single = [_log_softmax(part / t) for part, t in zip(parts, temperature, strict=False)]
        logs = zip(("meaning", "words", "fused"), [*single, _fused(parts, temperature)], strict=True)
        return {name: np.asarray(np.exp(log)) for name, log in logs}

    def save(self, path: Path) -> None:
        """Write the head to one file, whole or not at all."""
        write_state(self.state, path, self.about)


def load_head(path: Path, embed: Embed) -> HeadScorer:
    """Read a head.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When it is no head.
        IntegrityError: When it was changed after it was written.
    """
    state, about = read_state(path)
    if state["model"] != KIND:
        raise DataError(path, f"a {KIND}", state["model"], field="model")
    return HeadScorer(state, embed, about)


def train_head(
    texts: Sequence[str],
    labels: Array,
    embed: Embed,
    settings: HeadSettings | None = None,
    about: About | None = None,
) -> HeadScorer:
    """Train a head.

    Args:
        texts: Labelled texts.
        labels: Shape (n,), -1 bad, 0 neutral, 1 good news; all three must occur.
        embed: Embeddings of texts, shape (n, width).
        settings: Strengths of the penalties; the defaults suit a few thousand sentences.
        about: Where the texts come from, kept in the file.

    Raises:
        InvalidValueError: For fewer than three texts of a class, or other labels.
        MissingExtraError: Without scikit-learn (extra ``text``).
    """
    settings = settings or HeadSettings()
    y = np.asarray(labels, np.int64)
    counts = {label: int((y == label).sum()) for label in (-1, 0, 1)}
    if len(y) != len(texts) or sum(counts.values()) != len(y) or min(counts.values()) < INNER_FOLDS:
        raise InvalidValueError("labels", f"one of -1, 0, 1 a text, {INNER_FOLDS} of each at least", counts)
    vectors, tones = np.asarray(embed(texts), np.float32), tone_features(texts)
    term_lists = [terms(text) for text in texts]
    folds = stream(settings.seed, "alpha/text/head").permutation(len(y)) % INNER_FOLDS
    out = [np.empty((len(y), CLASS_COUNT)) for _ in range(2)]
    for fold in range(INNER_FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        experts = _experts(vectors[train], tones[train], [term_lists[k] for k in train], y[train], settings)
        words = _vectorizer(experts["words"])([texts[k] for k in test])
        out[0][test] = _log_softmax(_meaning(vectors[test], tones[test], experts["meaning"]))
        out[1][test] = _log_softmax(_worded(words, tones[test], experts["words"], settings.tone_weight))
    temperature = [_temperature(part, y) for part in out]
    temperature.append(settings.caution * _temperature(_fused(out, [*temperature, 1.0]), y))
    state = _experts(vectors, tones, term_lists, y, settings) | {"temperature": np.array(temperature)}
    whole = {"model": KIND, "params": msgspec.to_builtins(settings), "state": state}
    return HeadScorer(whole, embed, about or About(task="tone of news"))


def _experts(vectors: Array, tones: Array, term_lists: list[list[str]], y: Array, settings: HeadSettings) -> Any:
    """Both experts, fitted: their weights as plain arrays."""
    try:
        from scipy.sparse import csr_matrix, hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "text", "training a head") from error
    x = np.concatenate([vectors, tones.astype(np.float32)], axis=1)
    center, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    coef, bias = _logistic((x - center) / scale, y, settings.meaning_strength)
    meaning = {"coef": coef, "bias": bias, "center": center, "scale": scale}
    tfidf = TfidfVectorizer(analyzer=_given, sublinear_tf=True, min_df=settings.min_count)
    table = tfidf.fit_transform(term_lists)
    center, scale = tones.mean(axis=0), np.maximum(tones.std(axis=0), 1e-6)
    beside = csr_matrix((tones - center) / scale * settings.tone_weight)
    coef, bias = _logistic(hstack([table, beside]).tocsr(), y, settings.words_strength)
    names = [str(name) for name in tfidf.get_feature_names_out()]
    words = {"coef": coef, "bias": bias, "center": center, "scale": scale, "terms": names, "idf": tfidf.idf_}
    return {"meaning": meaning, "words": words}


def _logistic(x: Any, y: Array, strength: float) -> tuple[Array, Array]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=500, tol=1e-3).fit(x, y)
    return np.asarray(model.coef_, np.float32), np.asarray(model.intercept_, np.float32)


def _given(found: list[str]) -> list[str]:
    """The terms, found before."""
    return found


def _vectorizer(words: dict[str, Any]) -> Callable[[Sequence[str]], Any]:
    """TF-IDF of texts with the terms and weights of a head: sparse rows of length 1."""
    try:
        from scipy.sparse import csr_matrix
    except ImportError as error:
        raise MissingExtraError("scipy", "text", "scoring with a head") from error
    place, idf = {term: k for k, term in enumerate(words["terms"])}, np.asarray(words["idf"])

    def rows(texts: Sequence[str]) -> Any:
        values, columns, starts = [], [], [0]
        for text in texts:
            counts: dict[int, int] = {}
            for term in terms(text):
                if (column := place.get(term)) is not None:
                    counts[column] = counts.get(column, 0) + 1
            at = np.fromiter(counts, np.int64, len(counts))
            weight = (1.0 + np.log(np.fromiter(counts.values(), np.float64, len(counts)))) * idf[at]
            values.append(weight / max(float(np.linalg.norm(weight)), 1e-12))
            columns.append(at)
            starts.append(starts[-1] + len(at))
        return csr_matrix((np.concatenate(values), np.concatenate(columns), starts), shape=(len(texts), len(place)))

    return rows


def _meaning(vectors: Array, tones: Array, expert: dict[str, Array]) -> Array:
    x = np.concatenate([vectors, tones.astype(np.float32)], axis=1)
    return np.asarray((x - expert["center"]) / expert["scale"] @ expert["coef"].T + expert["bias"], np.float64)


def _worded(table: Any, tones: Array, expert: dict[str, Array], weight: float) -> Array:
    coef, beside = expert["coef"], len(TONE_FEATURES)
    tone = (tones - expert["center"]) / expert["scale"] * weight
    return np.asarray(table @ coef[:, :-beside].T + tone @ coef[:, -beside:].T + expert["bias"], np.float64)


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _fused(parts: Sequence[Array], temperature: Sequence[float] | Array) -> Array:
    """Mean of the calibrated log-probabilities, calibrated once more."""
    mean = np.mean([_log_softmax(part / t) for part, t in zip(parts, temperature, strict=False)], axis=0)
    return _log_softmax(mean / float(temperature[len(parts)]))


def _temperature(log_probabilities: Array, y: Array) -> float:
    """The temperature of the least log loss, on a grid of 1 % steps from 0.2 to 5."""
    rows = np.arange(len(y))
    grid = np.geomspace(0.2, 5.0, 323)
    losses = [-_log_softmax(log_probabilities / t)[rows, y + 1].mean() for t in grid]
    return float(grid[int(np.argmin(losses))])
