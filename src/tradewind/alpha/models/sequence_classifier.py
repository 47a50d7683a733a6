"""Any sequence classifier of transformers as a scorer of news: FinBERT by its name, or a local folder.

Araci (2019), "FinBERT: financial sentiment analysis with pre-trained language models". Needs Torch and transformers
(extra ``text``); a name needs a network or a filled cache of models, a folder needs neither. Weights are read from
``safetensors`` only: a pickled checkpoint is never loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError, NotFoundError

__all__ = ["SequenceClassifier"]

MEANING = {
    "negative": 0, "bearish": 0, "bad": 0, "neutral": 1, "none": 1, "positive": 2, "bullish": 2, "good": 2,
}  # fmt: skip


class SequenceClassifier:
    """A sequence classifier as a scorer.

    Args:
        name: Folder, or name on the hub, e.g. ``ProsusAI/finbert``.
        labels: What each output stands for (``negative``, ``neutral``, ``positive``), where the model's own names of
            its outputs do not say.
        batch: Texts at once.

    Raises:
        MissingExtraError: Without Torch or transformers.
        NotFoundError: When the folder is no model, or the name is not reachable.
        InvalidValueError: When its outputs' names mean nothing here and ``labels`` does not say.
    """

    def __init__(self, name: str, labels: Sequence[str] | None = None, batch: int = 32) -> None:
        try:
            import torch
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
        except ImportError as error:
            raise MissingExtraError("torch and transformers", "text", "a sequence classifier") from error
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(name)
            self._model: Any = AutoModelForSequenceClassification.from_pretrained(name, use_safetensors=True).eval()
        except (OSError, ValueError) as error:
            first = str(error).splitlines()[0]
            raise NotFoundError(f"{name}: no sequence classifier there: {first}") from error
        self._torch, self._batch, self.name = torch, batch, name
        outputs = labels or [self._model.config.id2label[k] for k in range(self._model.config.num_labels)]
        known = [MEANING.get(str(output).lower()) for output in outputs]
        if None in known or len(known) != self._model.config.num_labels:
            expected = "negative, neutral or positive for each output of the model"
            raise InvalidValueError("labels", expected, ", ".join(map(str, outputs)))
        self._columns = [int(column) for column in known if column is not None]
        self.fingerprint = self._digest()

    def score(self, texts: Sequence[str]) -> Array:
        """Probabilities of bad, neutral and good news, shape (n, 3); outputs of one meaning are added."""
        out = np.zeros((len(texts), 3))
        order = sorted(range(len(texts)), key=lambda k: len(texts[k]))
        for start in range(0, len(order), self._batch):
            rows = order[start : start + self._batch]
            inputs = self._tokenizer(
                [texts[k] for k in rows], padding=True, truncation=True, max_length=256, return_tensors="pt"
            )
            with self._torch.inference_mode():
                found = self._torch.softmax(self._model(**inputs).logits.double(), dim=-1).numpy()
            for column, values in zip(self._columns, found.T, strict=True):
                out[rows, column] += values
        return out

    def _digest(self) -> str:
        digest = hashlib.sha256(repr(self._columns).encode())
        for key, value in sorted(self._model.state_dict().items()):
            digest.update(key.encode() + np.ascontiguousarray(value.detach().float().numpy()).tobytes())
        return digest.hexdigest()[:16]
