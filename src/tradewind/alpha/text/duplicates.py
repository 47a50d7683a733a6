r"""Repeated texts, exact and near: MinHash finds candidates, the exact Jaccard similarity decides.

Texts are compared as sets of words and pairs of words. Their MinHash signatures (Broder 1997, "On the resemblance and
containment of documents") are cut into bands; texts that share a band are candidates (Indyk and Motwani 1998), and a
candidate is a near-duplicate when :math:`|A \cap B| / |A \cup B|` reaches the threshold. A repeat therefore never is
a false one; of pairs at the threshold of 0.7, about 97 % are found.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream

__all__ = ["RepeatFilter", "near_duplicates", "normalised", "shingles"]

BANDS = 8
ROWS = 3
MEMORY = 200_000
ADDED = re.compile(r"https?://\S+|\burl\b|\bat_user\b|@\w+|\brt\b")
MARKS = re.compile(r"[^\w$%.]+|\.(?!\d)")
_FACTORS = stream(0, "alpha/text/minhash").integers(1, 2**63, (2, BANDS * ROWS), dtype=np.uint64)


def normalised(text: str) -> str:
    """A text without what repeats add: case, links, mentions, retweet marks, punctuation, spaces.

    Examples:
        >>> normalised("RT @bob: $AAPL up 2.5% !! https://t.co/x")
        '$aapl up 2.5%'
    """
    return " ".join(MARKS.sub(" ", ADDED.sub(" ", text.lower())).split())


def shingles(text: str) -> frozenset[str]:
    """Words and pairs of words of a text.

    Examples:
        >>> sorted(shingles("Profit rose again."))
        ['again', 'profit', 'profit rose', 'rose', 'rose again']
    """
    words = normalised(text).split()
    return frozenset(words) | {f"{a} {b}" for a, b in pairwise(words)}


class RepeatFilter:
    """Remembers texts and says which earlier one a new text repeats: causal, one text at a time.

    Args:
        similarity: Jaccard similarity from which texts are near-duplicates, above 0; 1 finds only texts of the same
            words and pairs.
        memory: Distinct texts to remember; the oldest is forgotten first.

    Examples:
        >>> repeats = RepeatFilter()
        >>> [repeats.first_of(text) for text in ("Profit rose", "profit ROSE !", "Sales fell")]
        [0, 0, 2]
    """

    def __init__(self, similarity: float = 0.7, memory: int = MEMORY) -> None:
        if not 0 < similarity <= 1:
            raise InvalidValueError("similarity", "above 0 and at most 1", similarity)
        if memory < 1:
            raise InvalidValueError("memory", "1 or more", memory)
        self._least, self._memory = similarity, memory
        self._bands: list[dict[bytes, list[int]]] = [defaultdict(list) for _ in range(BANDS)]
        self._known: dict[int, tuple[frozenset[str], int, list[bytes]]] = {}
        self._exact: dict[frozenset[str], int] = {}
        self._order: deque[int] = deque()
        self._count = 0

    def first_of(self, text: str) -> int:
        """Number of the earliest text that this one repeats, or its own number; the text is remembered."""
        number, parts = self._count, shingles(text)
        self._count += 1
        if parts in self._exact:
            return self._exact[parts]
        keys = _keys(parts)
        candidates = {other for band, key in zip(self._bands, keys, strict=True) for other in band.get(key, ())}
        roots = [self._known[o][1] for o in candidates if _jaccard(parts, self._known[o][0]) >= self._least]
        root = min([number, *roots])
        self._known[number], self._exact[parts] = (parts, root, keys), root
        for band, key in zip(self._bands, keys, strict=True):
            band[key].append(number)
        self._order.append(number)
        if len(self._order) > self._memory:
            self._forget(self._order.popleft())
        return root

    def _forget(self, number: int) -> None:
        parts, _, keys = self._known.pop(number)
        del self._exact[parts]
        for band, key in zip(self._bands, keys, strict=True):
            band[key].remove(number)
            if not band[key]:
                del band[key]


def near_duplicates(texts: Sequence[str], similarity: float = 0.7) -> Array:
    """For each text the number of the earliest text that it repeats, itself where it repeats none; shape (n,).

    Examples:
        >>> near_duplicates(["Profit rose", "Sales fell", "profit rose."])
        array([0, 1, 0])
    """
    repeats = RepeatFilter(similarity)
    return np.array([repeats.first_of(text) for text in texts], np.int64)


def _keys(parts: frozenset[str]) -> list[bytes]:
    """One key a band: three minima of hashed shingles."""
    raw = b"".join(hashlib.blake2b(part.encode("utf-8", "replace"), digest_size=8).digest() for part in parts)
    codes = np.frombuffer(raw or bytes(8), np.uint64)[:, None]
    mixed = codes * (_FACTORS[0] | np.uint64(1)) + _FACTORS[1]
    mixed ^= mixed >> np.uint64(31)
    minima = (mixed * (_FACTORS[1] | np.uint64(1))).min(axis=0)
    return [minima[band * ROWS : (band + 1) * ROWS].tobytes() for band in range(BANDS)]


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared)
