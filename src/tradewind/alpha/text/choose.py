"""Scorers by name: ``default``, ``lexicon``, ``vader``, a head's file, or a sequence classifier of transformers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tradewind.alpha.text.cache import RowCache, remembered
from tradewind.alpha.text.embeddings import embedder
from tradewind.alpha.text.head import load_head
from tradewind.alpha.text.scorers import LexiconScorer, VaderScorer
from tradewind.core.dtypes import Array
from tradewind.core.errors import NotFoundError
from tradewind.core.ports import TextScorer

__all__ = ["SHIPPED", "score_all", "scorer_named"]

SHIPPED = Path(__file__).parent / "shipped" / "default.head"
"""The head that comes with tradewind, trained on its own synthetic sentences only."""


def scorer_named(name: str = "default", cache: Path | None = None) -> TextScorer:
    """A scorer by name.

    Args:
        name: ``default`` (the shipped head), ``lexicon``, ``vader``, the path of a head's file, or ``hf:`` and the name
            or folder of a sequence classifier (``hf:ProsusAI/finbert``), which needs Torch and, for a name, a network
            or a filled cache of models.
        cache: Folder of the cache of embeddings.

    Raises:
        NotFoundError: For a name that is none of these.
        MissingExtraError: When what it needs is not installed.
    """
    if name == "lexicon":
        return LexiconScorer()
    if name == "vader":
        return VaderScorer()
    if name.startswith("hf:"):
        from tradewind.alpha.models.sequence_classifier import SequenceClassifier

        return SequenceClassifier(name.removeprefix("hf:"))
    path = SHIPPED if name == "default" else Path(name)
    if not path.is_file():
        raise NotFoundError(f"no scorer {name!r}: default, lexicon, vader, a head's file or hf:NAME")
    return load_head(path, embedder(cache))


def score_all(
    scorer: TextScorer,
    texts: Sequence[str],
    cache: Path | None = None,
    told: Callable[[int], None] | None = None,
) -> Array:
    """Scores of many texts: each text once, in batches, remembered by text and scorer.

    Args:
        scorer: Any scorer.
        texts: Any texts.
        cache: Folder of the cache; None remembers nothing.
        told: Called with the number of texts that are done since the last call.

    Returns:
        Probabilities of bad, neutral and good news, shape (n, 3).

    Examples:
        >>> score_all(LexiconScorer(), ["Sales rose.", "Sales rose."]).argmax(axis=1)
        array([2, 2])
    """
    rows = RowCache(cache, f"score/{scorer.fingerprint}", 3)
    return np.asarray(remembered(texts, scorer.score, rows, told))
