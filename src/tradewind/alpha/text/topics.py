"""What a text is about and whether it is new: clusters of embeddings, and the distance to the recent past.

Both are causal: topics are fitted on texts of the past and then only looked up; novelty looks back over a window.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

import numpy as np

from tradewind.alpha.text.lexicon import tokens
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError

__all__ = ["Novelty", "Topics", "fit_topics", "novelty"]

SMALL = 1e-12


class Topics:
    """Clusters of embeddings.

    Args:
        centers: Shape (k, d), rows of length 1.
        words: The words that tell each topic from the others.
    """

    def __init__(self, centers: Array, words: tuple[tuple[str, ...], ...]) -> None:
        self.centers, self.words = centers, words

    def nearest(self, vectors: Array) -> tuple[Array, Array]:
        """The topic of each embedding and the cosine similarity to it; shapes (n,), (n,)."""
        similar = _unit(vectors) @ self.centers.T
        best = similar.argmax(axis=1)
        return best, similar[np.arange(len(best)), best]


def fit_topics(vectors: Array, texts: Sequence[str], count: int = 20, seed: int = 0) -> Topics:
    """Find topics among texts of the past, by k-means of their embeddings (spherical: rows scaled to length 1).

    Args:
        vectors: Shape (n, d), embeddings.
        texts: The texts, for the words of each topic.
        count: Topics.
        seed: Of the first centers.

    Raises:
        InvalidValueError: For fewer texts than topics.
        MissingExtraError: Without scikit-learn (extra ``text``).
    """
    if not 1 <= count <= len(vectors):
        raise InvalidValueError("count", f"1 to the number of texts ({len(vectors)})", count)
    try:
        from sklearn.cluster import KMeans
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "text", "topics") from error
    model = KMeans(count, n_init=4, random_state=seed).fit(_unit(vectors).astype(np.float64))
    centers = _unit(model.cluster_centers_)
    overall = Counter(word for text in texts for word in set(tokens(text)) if len(word) > 2)
    found = []
    for topic in range(count):
        rows = np.flatnonzero(model.labels_ == topic)
        here = Counter(word for k in rows for word in set(tokens(texts[k])) if len(word) > 2)
        told = {w: (n / len(rows)) * np.log(len(texts) * n / (len(rows) * overall[w]) + 1) for w, n in here.items()}
        found.append(tuple(sorted(told, key=lambda word: (-told[word], word))[:5]))
    return Topics(centers, tuple(found))


class Novelty:
    """How far a text is from everything of the recent past: 1 less the largest cosine similarity.

    Texts of the same time do not see each other, so their order does not matter.

    Args:
        window_ns: How far back it looks [ns].
        most: Texts to remember; the oldest is forgotten first.

    Examples:
        >>> news = Novelty(window_ns=10)
        >>> seen = (([1.0, 0], 0), ([1.0, 0], 5), ([0, 1.0], 6), ([1.0, 0], 40))
        >>> [round(news.update(np.array(vector), when), 2) for vector, when in seen]
        [1.0, 0.0, 1.0, 1.0]
    """

    def __init__(self, window_ns: int, most: int = 5000) -> None:
        if window_ns <= 0 or most < 1:
            raise InvalidValueError("window_ns, most", "above 0", (window_ns, most))
        self._window, self._most = window_ns, most
        self._past: deque[tuple[int, Array]] = deque()
        self._table: Array | None = None
        self._now: list[Array] = []
        self._time = -(2**62)

    def update(self, vector: Array, ts_ns: int) -> float:
        """Novelty of the next text, in [0, 2]; 1 where there is no past.

        Raises:
            InvalidValueError: When time goes back.
        """
        if ts_ns < self._time:
            raise InvalidValueError("ts_ns", f"no earlier than {self._time}", ts_ns)
        if ts_ns > self._time:
            self._past.extend((self._time, known) for known in self._now)
            changed = bool(self._now)
            self._now, self._time = [], ts_ns
            while self._past and (self._past[0][0] < ts_ns - self._window or len(self._past) > self._most):
                self._past.popleft()
                changed = True
            if changed:
                self._table = np.stack([known for _, known in self._past]) if self._past else None
        unit = _unit(np.asarray(vector, np.float64)[None])[0]
        self._now.append(unit)
        return 1.0 if self._table is None else float(1.0 - (self._table @ unit).max())


def novelty(vectors: Array, times_ns: Array, window_ns: int, most: int = 5000) -> Array:
    """Novelty of many texts, in order of time: the same code as :class:`Novelty`, text by text.

    Args:
        vectors: Shape (n, d).
        times_ns: Shape (n,), ascending [ns].
        window_ns: How far back it looks [ns].
        most: Texts to remember.

    Returns:
        Shape (n,).
    """
    news = Novelty(window_ns, most)
    return np.array([news.update(vector, int(ts)) for vector, ts in zip(vectors, times_ns, strict=True)])


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), SMALL))
