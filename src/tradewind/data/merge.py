"""Several sources of one symbol and day as one stream: merged by time, each source kept in its own order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tradewind.core.dtypes import Array

__all__ = ["Keyed", "concatenated", "merge_blocks"]

Keyed = tuple[Array, Array]
"""``(keys, rows)``: keys shape (n,), int64, never falling within a source; rows shape (n,)."""


def concatenated(pieces: list[Array], dtype: np.dtype[Any]) -> Array:
    """Arrays of rows one after the other; moved as plain bytes, which NumPy does five times faster than field by field.

    Args:
        pieces: Arrays of ``dtype``; may be empty.
        dtype: Of the rows.

    Returns:
        Shape (n,), a new array.
    """
    opaque = _bytes(dtype)
    joined: Array = np.concatenate([np.empty(0, opaque), *(piece.view(opaque) for piece in pieces)])
    return np.asarray(joined.view(dtype))


def _bytes(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype((np.void, dtype.itemsize))


def merge_blocks(sources: list[Iterator[Keyed]]) -> Iterator[Array]:
    """Merge sources by key; at equal keys the earlier source comes first; stable, in bounded memory.

    Args:
        sources: Each yields non-empty blocks whose keys never fall, within and across its blocks.

    Yields:
        Rows in order, in blocks of no particular size.

    Examples:
        >>> quotes = iter([(np.array([1, 3]), np.array([10, 30])), (np.array([3]), np.array([31]))])
        >>> trades = iter([(np.array([1, 2, 3]), np.array([100, 200, 300]))])
        >>> np.concatenate(list(merge_blocks([quotes, trades]))).tolist()
        [10, 100, 200, 30, 31, 300]
    """
    if len(sources) == 1:
        yield from (rows for _, rows in sources[0])
        return
    heads: dict[int, Keyed] = {}
    for index, source in enumerate(sources):
        _refill(heads, index, source)
    while heads:
        # Everything up to the end of the block that ends first is here: no later block can come before that.
        limit, stop = min((int(keys[-1]), index) for index, (keys, _) in heads.items())
        ready: list[Keyed] = []
        for index, (keys, rows) in sorted(heads.items()):
            cut = int(np.searchsorted(keys, limit, side="right" if index <= stop else "left"))
            ready.append((keys[:cut], rows[:cut]))
            heads[index] = (keys[cut:], rows[cut:])
        for index in [index for index, (keys, _) in heads.items() if not len(keys)]:
            del heads[index]
            _refill(heads, index, sources[index])
        ready = [block for block in ready if len(block[0])]
        if len(ready) == 1:
            yield ready[0][1]
            continue
        dtype = ready[0][1].dtype
        order = np.argsort(np.concatenate([keys for keys, _ in ready]), kind="stable")
        yield concatenated([rows for _, rows in ready], dtype).view(_bytes(dtype))[order].view(dtype)


def _refill(heads: dict[int, Keyed], index: int, source: Iterator[Keyed]) -> None:
    block = next(source, None)
    if block is not None:
        heads[index] = block
