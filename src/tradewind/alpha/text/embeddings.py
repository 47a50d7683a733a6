"""The embeddings that heads are trained on: layers 3 to 6 of the packaged encoder, remembered by text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tradewind.alpha.text.cache import RowCache, remembered
from tradewind.alpha.text.encoder import WIDTH, packaged_encoder
from tradewind.core.dtypes import Array

__all__ = ["HEAD_LAYERS", "embedder"]

HEAD_LAYERS = (3, 4, 5, 6)
"""Layers whose means stand side by side; the last alone knows topics better than tone (measured in the guide)."""


def embedder(
    cache: Path | None = None,
    layers: Sequence[int] = HEAD_LAYERS,
    told: Callable[[int], None] | None = None,
) -> Callable[[Sequence[str]], Array]:
    """A function from texts to embeddings, each text embedded once.

    Args:
        cache: Folder of the cache on disk; None remembers in memory only.
        layers: Layers of the encoder.
        told: Called with the number of texts that are done since the last call.

    Returns:
        The function; rows have 384 numbers a layer, float32.
    """
    encoder = packaged_encoder()
    rows = RowCache(cache, f"{encoder.fingerprint}/{tuple(layers)}", WIDTH * len(layers), "float32")

    def embed(texts: Sequence[str]) -> Array:
        return np.asarray(remembered(texts, lambda batch: encoder.encode(batch, layers), rows, told))

    return embed
