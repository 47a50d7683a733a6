"""Speed of text: sentences a second of each scorer and of the encoder beside sentence-transformers, and the cache."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tradewind.alpha.models.sentence_transformer import torch_encoder
from tradewind.alpha.text.choose import SHIPPED, score_all
from tradewind.alpha.text.duplicates import near_duplicates
from tradewind.alpha.text.embeddings import HEAD_LAYERS
from tradewind.alpha.text.encoder import packaged_encoder
from tradewind.alpha.text.head import load_head
from tradewind.alpha.text.scorers import LexiconScorer, VaderScorer
from tradewind.alpha.text.synthetic import synthetic_sentences
from tradewind.bench.result import Report, Row, machine, noted, row, time_calls

__all__ = ["bench_text"]

SENTENCES = 512
REPEATS = 3


def bench_text(scale: float, told: Callable[[str], None]) -> Report:
    """Measure scorers on synthetic sentences, one core; every reference is measured in the same run.

    Args:
        scale: Fraction of the full number of sentences.
        told: Called with what is being measured.

    Returns:
        Rows of the encoder, the scorers, the filter of repeats and the cache.
    """
    texts, _ = synthetic_sentences(max(16, int(SENTENCES * scale)), seed=1)
    rows = list[Row]()
    told("the encoder")
    encoder = packaged_encoder()
    own = _rate(lambda: encoder.encode(texts), texts)
    told("sentence-transformers")
    theirs = _sentence_transformers(texts)
    rows.append(row("encode", own, "sentences/s", ("sentence-transformers, one thread", theirs), "ratio >= 1"))
    told("VADER")
    vader = _rate(lambda: VaderScorer().score(texts), texts)
    told("the lexicon")
    rows.append(
        row("score_lexicon", _rate(lambda: LexiconScorer().score(texts), texts), "sentences/s", ("VADER", vader))
    )
    told("the head")
    head = load_head(SHIPPED, lambda batch: encoder.encode(batch, HEAD_LAYERS))
    cold = _rate(lambda: head.score(texts), texts)
    rows.append(row("score_head", cold, "sentences/s", ("the encoder alone", own)))
    told("repeats")
    rows.append(row("near_duplicates", _rate(lambda: near_duplicates(texts), texts), "sentences/s"))
    told("the cache")
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        score_all(head, texts, cache)
        warm = _rate(lambda: score_all(head, texts, cache), texts)
    item = row("score_head_cached", warm, "sentences/s", ("the same, nothing remembered", cold), "ratio >= 20")
    rows.append(noted(item, "every text was scored before; the cache is read from disk in each call"))
    return Report("text", machine(), 1, rows)


def _rate(call: Callable[[], object], texts: Sequence[str]) -> float:
    return len(texts) / time_calls(call, REPEATS)


def _sentence_transformers(texts: Sequence[str]) -> float | None:
    """Sentences a second of sentence-transformers on the same files, or None where it is not installed."""
    encode = torch_encoder()
    return None if encode is None else _rate(lambda: encode(texts), texts)
