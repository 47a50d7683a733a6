"""How often scorers are right on labelled sentences they never saw: folds, a split by hash, levels of agreement.

A text is put into its fold by its own hash, so that the split is the same for everyone and no text can be in two
places. ``grouped`` folds also keep near-duplicates together: the difference is what repetition gives away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from tradewind.alpha.text.cache import key_of
from tradewind.alpha.text.duplicates import near_duplicates
from tradewind.alpha.text.head import Embed, HeadSettings, train_head
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.ports import TextScorer
from tradewind.stats.intervals import wilson

__all__ = ["Accuracy", "fold_of", "measure_head", "measure_scorer"]

FOLDS = 5


class Accuracy(msgspec.Struct, frozen=True):
    """How often a scorer was right.

    Attributes:
        scorer: Its name.
        split: ``folds`` (each fifth by a head trained on the rest), ``grouped`` (the same, near-duplicates kept
            together), ``held out`` (the fifth of fold 0 alone), ``all`` (no training).
        level: Of agreement among the labellers, or ``all``.
        texts: How many.
        accuracy: Fraction that is right.
        low: Lower end of its 95 % interval (Wilson).
        high: Upper end.
        macro_f1: Mean of the F1 of the three classes.
        log_loss: Mean negative log-probability of the true class.
    """

    scorer: str
    split: str
    level: str
    texts: int
    accuracy: float
    low: float
    high: float
    macro_f1: float
    log_loss: float


def fold_of(text: str, folds: int = FOLDS) -> int:
    """Fold of a text, from its hash alone.

    Examples:
        >>> fold_of("Sales rose.") == fold_of("Sales rose.")
        True
    """
    return int.from_bytes(key_of(text)[:8], "little") % folds


def measure_scorer(
    scorer: TextScorer, texts: Sequence[str], labels: Array, levels: Array | None = None
) -> list[Accuracy]:
    """Measure a scorer as it is, on all texts and by level.

    Args:
        scorer: Any scorer that was not trained on these texts.
        texts: Labelled texts.
        labels: Shape (n,), -1, 0 or 1.
        levels: Level of agreement of each text, or None where it is not known.
    """
    rows = [("all", np.arange(len(texts))), ("held out", _held_out(texts))]
    scores = scorer.score(texts)
    return [line for split, at in rows for line in _lines((scorer.name, split), scores, labels, levels, at)]


def measure_head(
    texts: Sequence[str],
    labels: Array,
    embed: Embed,
    *,
    levels: Array | None = None,
    settings: HeadSettings | None = None,
    told: Callable[[int], None] | None = None,
) -> list[Accuracy]:
    """Measure heads, each on the texts it was not trained on.

    Args:
        texts: Labelled texts.
        labels: Shape (n,), -1, 0 or 1.
        embed: Embeddings of texts.
        levels: Level of agreement of each text, or None where it is not known.
        settings: Of the training.
        told: Called after each of the ten trainings.

    Returns:
        Rows of ``meaning``, ``words`` and ``head`` (both fused).
    """
    found = list[Accuracy]()
    plain = np.array([fold_of(text) for text in texts])
    grouped = plain[near_duplicates(texts)]
    for split, folds in (("folds", plain), ("grouped", grouped)):
        scores = {name: np.empty((len(texts), 3)) for name in ("meaning", "words", "fused")}
        for fold in range(FOLDS):
            test = np.flatnonzero(folds == fold)
            if not len(test) or len(test) == len(texts):
                raise InvalidValueError("texts", f"enough of them for {FOLDS} folds", len(texts))
            train = np.flatnonzero(folds != fold)
            head = train_head([texts[k] for k in train], labels[train], embed, settings)
            for name, part in head.experts([texts[k] for k in test]).items():
                scores[name][test] = part
            if told:
                told(1)
        for name, score in scores.items():
            label = "head" if name == "fused" else name
            found += _lines((label, split), score, labels, levels, np.arange(len(texts)))
            if split == "folds":
                found += _lines((label, "held out"), score, labels, levels, _held_out(texts))
    return found


def _held_out(texts: Sequence[str]) -> Array:
    return np.flatnonzero([fold_of(text) == 0 for text in texts])


def _lines(who: tuple[str, str], scores: Array, labels: Array, levels: Array | None, rows: Array) -> list[Accuracy]:
    """One row for all texts, one for each level."""
    parts = [("all", rows)]
    if levels is not None:
        parts += [(str(level), rows[levels[rows] == level]) for level in np.unique(levels)]
    return [_line(who, level, scores[at], labels[at]) for level, at in parts if len(at)]


def _line(who: tuple[str, str], level: str, scores: Array, labels: Array) -> Accuracy:
    best = scores.argmax(axis=1) - 1
    right = int((best == labels).sum())
    f1 = []
    for label in (-1, 0, 1):
        hits = int(((best == label) & (labels == label)).sum())
        f1.append(2 * hits / max(int((best == label).sum() + (labels == label).sum()), 1))
    loss = -np.log(np.clip(scores[np.arange(len(labels)), labels.astype(int) + 1], 1e-12, 1.0)).mean()
    low, high = wilson(right, len(labels))
    return Accuracy(*who, level, len(labels), right / len(labels), low, high, float(np.mean(f1)), float(loss))
