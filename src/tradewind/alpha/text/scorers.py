"""Scorers that need no training: VADER and tradewind's own lexicon, and how a scorer is found by name."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence

import numpy as np

from tradewind.alpha.text import lexicon, lexicon_words
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError

__all__ = ["CLASSES", "LexiconScorer", "VaderScorer", "tone_of"]

CLASSES = (-1.0, 0.0, 1.0)
"""What the columns of a score stand for: bad, neutral and good news."""
STEEPNESS = 6.0


class LexiconScorer:
    """The own finance lexicon as a scorer.

    One weak word is no verdict: a tone inside ``±threshold`` is neutral.

    Examples:
        >>> LexiconScorer().score(["Sales doubled.", "Sales fell.", "The office is in Oslo."]).argmax(axis=1) - 1
        array([ 1, -1,  0])
    """

    name = "lexicon"

    def __init__(self, threshold: float = 0.3) -> None:
        self.threshold = threshold
        source = inspect.getsource(lexicon) + inspect.getsource(lexicon_words)
        self.fingerprint = hashlib.sha256(f"{source}{threshold}".encode()).hexdigest()[:16]

    def score(self, texts: Sequence[str]) -> Array:
        """Probabilities of bad, neutral and good news, shape (n, 3)."""
        return _three(lexicon.tone_features(texts)[:, -1], self.threshold)


class VaderScorer:
    """VADER (Hutto and Gilbert 2014), a lexicon of everyday words, at its authors' threshold of 0.05.

    Raises:
        MissingExtraError: Without ``vaderSentiment`` (extra ``text``).
    """

    name = "vader"

    def __init__(self, threshold: float = 0.05) -> None:
        try:
            from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
        except ImportError as error:
            raise MissingExtraError("vaderSentiment", "text", "the VADER scorer") from error
        self.threshold = threshold
        self._analyzer = SentimentIntensityAnalyzer()
        words = repr(sorted(self._analyzer.lexicon.items()))
        self.fingerprint = hashlib.sha256(f"{words}{threshold}".encode()).hexdigest()[:16]

    def score(self, texts: Sequence[str]) -> Array:
        """Probabilities of bad, neutral and good news, shape (n, 3)."""
        return _three(np.array([self._analyzer.polarity_scores(text)["compound"] for text in texts]), self.threshold)


def tone_of(scores: Array) -> Array:
    """Tone of scores: probability of good news less that of bad news, shape (n,), -1 to 1.

    Examples:
        >>> tone_of(np.array([[0.1, 0.2, 0.7]])).round(2)
        array([0.6])
    """
    return np.asarray(scores[:, 2] - scores[:, 0])


def _three(tone: Array, threshold: float) -> Array:
    """Three probabilities of a tone, neutral inside the threshold."""
    tone = np.asarray(tone, np.float64).reshape(-1)
    weights = np.exp(STEEPNESS * np.column_stack([-tone, np.full_like(tone, threshold), tone]))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
