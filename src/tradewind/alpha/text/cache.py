"""Rows that were computed once: a cache on disk, keyed by the text's hash and the fingerprint of what computed it.

A cache is a folder of parts, each written whole or not at all and verified when it is read, so that several processes
may share one and a damaged part costs a computation and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.files import write_durably

__all__ = ["RowCache", "remembered"]

KEY = 16
CHECK = 32
MAGIC = b"tradewind rows 1\n"


class RowCache:
    """Rows of numbers by text.

    Args:
        folder: Of the cache, made when the first part is written; None keeps the rows in memory only.
        fingerprint: Of what computes the rows; another fingerprint sees none of them.
        width: Numbers in a row.
        dtype: ``float32`` or ``float64``.

    Attributes:
        hits: Texts that were found.
        misses: Texts that had to be computed.
    """

    def __init__(self, folder: Path | None, fingerprint: str, width: int, dtype: str = "float64") -> None:
        if dtype not in ("float32", "float64"):
            raise InvalidValueError("dtype", "float32 or float64", dtype)
        self.width, self.dtype = width, np.dtype(dtype)
        name = hashlib.sha256(f"{fingerprint}/{width}/{dtype}".encode()).hexdigest()[:24]
        self._folder = None if folder is None else folder / name
        self._rows: dict[bytes, Array] = {}
        self._new: dict[bytes, Array] = {}
        self.hits = self.misses = 0
        for path in sorted(self._folder.glob("*.part")) if self._folder and self._folder.is_dir() else ():
            self._read(path)

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: bytes) -> Array | None:
        """The row of a text's key, or None."""
        return self._rows.get(key)

    def put(self, key: bytes, row: Array) -> None:
        """Remember a row; :meth:`flush` writes it."""
        self._rows[key] = self._new[key] = np.ascontiguousarray(row, self.dtype)

    def flush(self) -> None:
        """Write what is new as one part."""
        if not self._new or self._folder is None:
            return
        body = b"".join(self._new) + np.stack(list(self._new.values())).tobytes()
        check = hashlib.sha256(body).digest()
        self._folder.mkdir(parents=True, exist_ok=True)
        write_durably(self._folder / f"{check.hex()[:16]}.part", MAGIC + check + body)
        self._new = {}

    def _read(self, path: Path) -> None:
        """Take in one part; a part that is not whole counts as absent."""
        content = path.read_bytes()
        front, size = len(MAGIC) + CHECK, KEY + self.width * self.dtype.itemsize
        body = content[front:]
        if not content.startswith(MAGIC) or hashlib.sha256(body).digest() != content[len(MAGIC) : front]:
            return
        count = len(body) // size
        rows = np.frombuffer(body, self.dtype, offset=count * KEY).reshape(count, self.width)
        self._rows.update((body[k * KEY : (k + 1) * KEY], rows[k]) for k in range(count))


def key_of(text: str) -> bytes:
    """Key of a text: 16 bytes of its BLAKE2b hash."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY).digest()


def remembered(
    texts: Sequence[str],
    compute: Callable[[Sequence[str]], Array],
    cache: RowCache,
    told: Callable[[int], None] | None = None,
    batch: int = 512,
) -> Array:
    """Rows of texts, each text computed once whatever repeats.

    Args:
        texts: Any texts.
        compute: Rows of texts, shape (n, width).
        cache: Where rows are looked up and kept.
        told: Called with the number of texts that are done since the last call.
        batch: Texts handed to ``compute`` at once; the cache is written after each.

    Returns:
        Shape (n, width).

    Examples:
        >>> cache = RowCache(None, "lengths", 1)
        >>> remembered(["a", "bb", "a"], lambda batch: np.array([[len(t)] for t in batch]), cache).ravel()
        array([1., 2., 1.])
        >>> cache.hits, cache.misses
        (1, 2)
    """
    keys = [key_of(text) for text in texts]
    wanted = {key: text for key, text in zip(keys, texts, strict=True) if cache.get(key) is None}
    missing = list(wanted.items())
    cache.misses += len(missing)
    cache.hits += len(texts) - len(missing)
    if told:
        told(len(texts) - len(missing))
    for start in range(0, len(missing), batch):
        part = missing[start : start + batch]
        for (key, _), row in zip(part, compute([text for _, text in part]), strict=True):
            cache.put(key, row)
        cache.flush()
        if told:
            told(len(part))
    out = np.empty((len(texts), cache.width), cache.dtype)
    for k, key in enumerate(keys):
        out[k] = cache.get(key)
    return out
