"""The head: learns, is calibrated, is saved as data, refuses what is not its own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tradewind.alpha.models.state import About, write_state
from tradewind.alpha.text.accuracy import fold_of, measure_head, measure_scorer
from tradewind.alpha.text.head import HeadScorer, load_head, train_head
from tradewind.alpha.text.scorers import LexiconScorer
from tradewind.alpha.text.synthetic import synthetic_sentences
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, IntegrityError, InvalidValueError, NotFoundError
from tradewind.stats.intervals import wilson


def letters(texts: Sequence[str]) -> Array:
    """A small stand-in for embeddings: shares of the letters."""
    counts = np.array([[text.lower().count(chr(97 + k)) for k in range(26)] for text in texts], np.float32)
    return counts.reshape(-1, 26) / np.maximum(counts.sum(axis=1, keepdims=True), 1).reshape(-1, 1)


TEXTS, LABELS = synthetic_sentences(240, seed=3)


@pytest.fixture(scope="module")
def head() -> HeadScorer:
    return train_head(TEXTS, LABELS, letters, about=About(trained_on="synthetic"))


def test_it_learns_and_is_calibrated(head: HeadScorer) -> None:
    texts, labels = synthetic_sentences(150, seed=4)
    scores = head.score(texts)
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=1e-9)
    assert (scores.argmax(axis=1) - 1 == labels).mean() > 0.8
    truth = scores[np.arange(len(labels)), labels + 1]
    assert -np.log(truth).mean() < 0.7


def test_a_saved_head_scores_alike(head: HeadScorer, tmp_path: Path) -> None:
    path = tmp_path / "a.head"
    head.save(path)
    again = load_head(path, letters)
    np.testing.assert_array_equal(again.score(TEXTS[:20]), head.score(TEXTS[:20]))
    assert again.fingerprint == head.fingerprint
    assert again.about.trained_on == "synthetic"


def test_the_same_texts_make_the_same_head(head: HeadScorer) -> None:
    assert train_head(TEXTS, LABELS, letters).fingerprint == head.fingerprint


def test_a_changed_a_foreign_and_a_missing_file_are_refused(head: HeadScorer, tmp_path: Path) -> None:
    path = tmp_path / "a.head"
    head.save(path)
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(IntegrityError, match="checksum"):
        load_head(path, letters)
    write_state({"model": "ridge", "params": {}, "state": {"coef": np.zeros(2)}}, path, About())
    with pytest.raises(DataError, match="sentiment head"):
        load_head(path, letters)
    path.write_bytes(b"\x80\x04pickle")
    with pytest.raises(DataError, match="begins with"):
        load_head(path, letters)
    with pytest.raises(NotFoundError):
        load_head(tmp_path / "none.head", letters)


def test_labels_that_teach_nothing_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="labels"):
        train_head(["a", "b", "c"], np.zeros(3), letters)
    with pytest.raises(InvalidValueError, match="labels"):
        train_head(TEXTS, np.full(len(TEXTS), 2), letters)


def test_accuracy_is_counted_on_texts_never_seen() -> None:
    levels = np.array(["half", "full"] * (len(TEXTS) // 2))
    rows = measure_head(TEXTS, LABELS, letters, levels=levels)
    assert {row.scorer for row in rows} == {"meaning", "words", "head"}
    assert {row.split for row in rows} == {"folds", "grouped", "held out"}
    assert {row.level for row in rows} == {"all", "half", "full"}
    held_out = sum(fold_of(text) == 0 for text in TEXTS)
    assert next(r for r in rows if r.split == "held out" and r.level == "all").texts == held_out
    row = next(r for r in rows if r.scorer == "head" and r.split == "folds" and r.level == "all")
    assert row.low < row.accuracy < row.high
    assert row.accuracy > 0.6


def test_a_scorer_is_measured_as_it_is() -> None:
    scorer = LexiconScorer()
    row = measure_scorer(scorer, TEXTS, LABELS)[0]
    assert row.accuracy == pytest.approx((scorer.score(TEXTS).argmax(axis=1) - 1 == LABELS).mean())
    assert row.split == "all"
    assert row.texts == len(TEXTS)


def test_wilson_of_nothing_is_not_known() -> None:
    assert np.isnan(wilson(0, 0)).all()
