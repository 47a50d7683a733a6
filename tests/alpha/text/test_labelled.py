"""Labelled sentences: any of the usual files in, named errors, a panel out."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewind.alpha.text import labelled as module
from tradewind.alpha.text.accuracy import fold_of
from tradewind.alpha.text.labelled import read_labelled, read_texts, sentences
from tradewind.core.errors import DataError, NotFoundError

ROWS = {"text": ["Sales rose", "Sales fell", "Sales rose", None], "label": ["Positive", "bearish", "0", "1"]}


def test_words_and_numbers_are_labels_and_repeats_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame(ROWS).write_parquet(path)
    found = read_labelled(path)
    assert found.texts == ["Sales rose", "Sales fell"]
    assert found.labels.tolist() == [1, -1]
    assert found.levels is None
    assert found.dropped == 1


def test_labels_of_posts_have_a_two(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    pl.DataFrame({"text": ["a", "b", "c"], "label": [0, 1, 2]}).write_csv(path)
    assert read_labelled(path).labels.tolist() == [-1, 1, 0]


def test_levels_of_agreement_are_kept(tmp_path: Path) -> None:
    frame = pl.DataFrame({"sentence": ["a", "b"], "sentiment": [1, 0], "agreement": ["all", "half"]})
    for path, write in ((tmp_path / "a.csv", frame.write_csv), (tmp_path / "a.jsonl", frame.write_ndjson)):
        write(path)
        found = read_labelled(path)
        assert found.levels is not None
        assert found.levels.tolist() == ["all", "half"]
        assert read_texts(path) == ["a", "b"]


def test_named_errors(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="labelled"):
        read_labelled(tmp_path / "none")
    bad = tmp_path / "a.csv"
    bad.write_text("text,label\na,perhaps\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 1, field 'label'"):
        read_labelled(bad)
    bad.write_text("words,label\na,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="text"):
        read_labelled(bad)
    other = tmp_path / "a.xlsx"
    other.write_bytes(b"")
    with pytest.raises(DataError, match=r"\.parquet"):
        read_texts(other)
    broken = tmp_path / "a.parquet"
    broken.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match="readable"):
        read_labelled(broken)


def test_the_panel_splits_by_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Sales rose {k} times" for k in range(30)]
    pl.DataFrame({"text": texts, "label": ["positive", "neutral"] * 15}).write_csv(tmp_path / "a.csv")
    zeros = np.zeros((30, 4), np.float32)
    monkeypatch.setattr(module, "embedder", lambda cache, told: lambda batch: zeros[: len(batch)])
    panel = sentences(tmp_path / "a.csv")
    assert panel.X.shape == (30, 14)
    assert set(panel.modality) == {"text"}
    assert np.all(np.diff(panel.sample.t0) > 0)
    last = sum(fold_of(text) == 0 for text in texts)
    assert int((panel.sample.day == 4).sum()) == last
