"""What every scorer of texts must do (port ``TextScorer``)."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tradewind.core.ports import TextScorer

TEXTS = ["Profit rose sharply.", "", "The company filed for bankruptcy.", "Naïve – 漢字 \U0001f600", "x " * 900]


def lexicon(folder: Path) -> TextScorer:
    from tradewind.alpha.text.scorers import LexiconScorer

    return LexiconScorer()


def vader(folder: Path) -> TextScorer:
    from tradewind.alpha.text.scorers import VaderScorer

    return VaderScorer()


def shipped(folder: Path) -> TextScorer:
    from tradewind.alpha.text.choose import scorer_named

    return scorer_named("default")


def classifier(folder: Path) -> TextScorer:
    from tests.alpha.text.tiny_classifier import write_tiny_classifier

    from tradewind.alpha.models.sequence_classifier import SequenceClassifier

    write_tiny_classifier(folder)
    return SequenceClassifier(str(folder))


@pytest.fixture(scope="module", params=[lexicon, vader, shipped, classifier], ids=lambda make: make.__name__)
def scorer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TextScorer:
    make: Callable[[Path], TextScorer] = request.param
    return make(tmp_path_factory.mktemp("scorer"))


def test_rows_are_probabilities(scorer: TextScorer) -> None:
    scores = scorer.score(TEXTS)
    assert scores.shape == (len(TEXTS), 3)
    assert scores.dtype == np.float64
    assert np.all(scores >= 0)
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=1e-9)


def test_a_score_does_not_depend_on_its_neighbours(scorer: TextScorer) -> None:
    together = scorer.score(TEXTS)
    for row, text in enumerate(TEXTS):
        np.testing.assert_allclose(scorer.score([text])[0], together[row], atol=1e-5)
    np.testing.assert_allclose(scorer.score(TEXTS[::-1])[::-1], together, atol=1e-5)


def test_no_texts_no_rows(scorer: TextScorer) -> None:
    assert scorer.score([]).shape == (0, 3)


def test_it_has_a_name_and_a_fingerprint(scorer: TextScorer) -> None:
    assert scorer.name
    assert len(scorer.fingerprint) == 16
    assert int(scorer.fingerprint, 16) >= 0
