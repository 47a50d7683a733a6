"""Labelled sentences as a learning task: what any model of the house can be measured on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from tradewind.alpha.protocol import Panel, Sample
from tradewind.alpha.text.accuracy import FOLDS, fold_of
from tradewind.alpha.text.embeddings import embedder
from tradewind.alpha.text.lexicon import TONE_FEATURES, tone_features
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, NotFoundError

__all__ = ["Labelled", "read_labelled", "read_texts", "sentences"]

FILE = "financial_sentences.parquet"
WORDS = {
    -1: {"negative", "bearish", "bad", "-1", "mildly bearish", "strongly bearish"},
    0: {"neutral", "none", "0"},
    1: {"positive", "bullish", "good", "1", "mildly bullish", "strongly bullish"},
}
LABELS = {word: label for label, words in WORDS.items() for word in words}
POSTS = {"0": -1, "1": 1, "2": 0}
TEXT_COLUMNS = ("text", "sentence", "headline", "article_headline")
LABEL_COLUMNS = ("label", "sentiment")
LEVEL_COLUMNS = ("agreement", "level")


class Labelled(msgspec.Struct, frozen=True):
    """Texts with labels, each text once.

    Attributes:
        texts: The texts.
        labels: Shape (n,), int64: -1 bad, 0 neutral, 1 good news.
        levels: Level of agreement of each text, or None where the file does not say.
        dropped: Rows left out because they repeat a text.
    """

    texts: list[str]
    labels: Array
    levels: Array | None
    dropped: int


def read_labelled(path: Path) -> Labelled:
    """Read labelled texts.

    Args:
        path: A Parquet, CSV or JSON-lines file with a column ``text`` (or ``sentence``, ``headline``) and a column
            ``label`` (or ``sentiment``) of words (negative, neutral, positive; bearish, bullish) or of -1, 0, 1; where
            a 2 stands among them, 0 is bearish, 1 bullish and 2 neutral; and, where it has one, a column
            ``agreement``. A folder stands for its ``text/financial_sentences.parquet``.

    Raises:
        NotFoundError: When there is no such file.
        DataError: For a missing column or a label that is not known.
    """
    path = _file(path)
    frame = _frame(path)
    text, label = _column(path, frame, TEXT_COLUMNS), _column(path, frame, LABEL_COLUMNS)
    frame = frame.drop_nulls([text, label])
    whole = len(frame)
    frame = frame.unique(text, keep="first", maintain_order=True)
    words = frame[label].cast(pl.String).str.to_lowercase().str.strip_chars().to_list()
    known = POSTS if "2" in words else LABELS
    for row, word in enumerate(words, 1):
        if word not in known:
            hint = "Labels are words, or -1, 0, 1, or 0 (bearish), 1 (bullish), 2 (neutral)"
            raise DataError(path, "negative, neutral or positive", word, row=row, field=label, hint=hint)
    levels = next((frame[name].cast(pl.String).to_numpy() for name in LEVEL_COLUMNS if name in frame.columns), None)
    labels = np.array([known[word] for word in words], np.int64)
    return Labelled(frame[text].cast(pl.String).to_list(), labels, levels, whole - len(frame))


def read_texts(path: Path) -> list[str]:
    """Texts of a file: its column ``text`` (or ``sentence``, ``headline``), rows without a text left out.

    Raises:
        NotFoundError: When there is no such file.
        DataError: For another kind of file or a missing column.
    """
    path = _file(path)
    frame = _frame(path)
    return frame[_column(path, frame, TEXT_COLUMNS)].drop_nulls().cast(pl.String).to_list()


def sentences(path: Path, cache: Path | None = None, told: Callable[[int], None] | None = None) -> Panel:
    """Labelled sentences as a panel: embeddings and what the lexicon sees, modality ``text``.

    The sentences have no date, so time is the fold: texts of fold 1 to 4 stand on days 0 to 3, fold 0, held out by
    hash, on day 4. A walk-forward whose last day is the test then is the split by hash of ``alpha text evaluate``.

    Args:
        path: As :func:`read_labelled` takes it.
        cache: Folder of the cache of embeddings; None keeps none.
        told: Called with the number of sentences that are done since the last call.

    Returns:
        Labels -1, 0, 1; ``value`` is the label.
    """
    data = read_labelled(path)
    vectors = embedder(cache, told=told)(data.texts)
    X = np.concatenate([vectors, tone_features(data.texts)], axis=1).astype(np.float64)
    day = np.array([(fold_of(text) - 1) % FOLDS for text in data.texts], np.int64)
    order = np.argsort(day, kind="stable")
    n = len(order)
    time_ns = day[order] * 86_400_000_000_000 + np.arange(n)
    names = (*(f"meaning_{k}" for k in range(vectors.shape[1])), *TONE_FEATURES)
    y = data.labels[order].astype(np.float64)
    sample = Sample(t0=time_ns, t1=time_ns, weight=np.ones(n), series=np.zeros(n, np.int64), day=day[order])
    return Panel(
        name="sentences",
        features=names,
        modality=("text",) * len(names),
        X=X[order],
        y=y,
        value=y.copy(),
        sample=sample,
        symbols=("sentences",),
        spread=np.zeros(n),
    )


def _file(path: Path) -> Path:
    for place in (path, path / "text" / FILE, path / FILE):
        if place.is_file():
            return place
    raise NotFoundError(f"{path}: no file of labelled texts, and no folder that holds text/{FILE}")


def _frame(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        if path.suffix == ".csv":
            return pl.read_csv(path)
        if path.suffix in (".jsonl", ".ndjson"):
            return pl.read_ndjson(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(path, f"a readable {path.suffix} file", str(error)) from error
    raise DataError(path, "a .parquet, .csv, .jsonl or .ndjson file", path.suffix or "no ending")


def _column(path: Path, frame: pl.DataFrame, names: tuple[str, ...]) -> str:
    for name in names:
        if name in frame.columns:
            return name
    raise DataError(path, f"a column {' or '.join(names)}", ", ".join(frame.columns), field=names[0])
