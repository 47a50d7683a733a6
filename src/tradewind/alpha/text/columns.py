"""What was said of a symbol, as columns of a cross-section for (symbol, date) keys, and no word from after the cut.

A text counts from when it was published. Repeats (exact and near, within the past) count as volume, not as tone: a
retweet is no second opinion. Labels that a file may hold are not looked at: they were given later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tradewind.alpha.text.choose import score_all
from tradewind.alpha.text.decay import HOUR_NS, fading_sums
from tradewind.alpha.text.duplicates import RepeatFilter
from tradewind.alpha.text.scorers import LexiconScorer, tone_of
from tradewind.alpha.text.topics import novelty
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, NotFoundError
from tradewind.core.ports import TextScorer

__all__ = [
    "CUT_NS",
    "HALF_LIVES_NS",
    "NOVELTY_COLUMNS",
    "TEXT_COLUMNS",
    "read_messages",
    "text_features",
    "text_features_of",
]

CUT_NS = 20 * HOUR_NS
"""A date means what was known at 20:00 UTC of it: the New York close in summer, an hour before it in winter [ns]."""
DAY_NS = 24 * HOUR_NS
HALF_LIVES_NS = (DAY_NS // 2, 3 * DAY_NS, 15 * DAY_NS)
"""Half a day, three days, fifteen days [ns]."""
NAMES = ("half_day", "3_days", "15_days")
PER_HALF_LIFE = ("tone", "volume", "disagreement")
TEXT_COLUMNS = (
    *(f"text_{what}_{name}" for name in NAMES for what in PER_HALF_LIFE),
    "text_repeats",
    "text_attention",
    "text_tone_change",
)
"""Columns of :func:`text_features`; modality ``text``. Tone is NaN where nothing was said for long."""
NOVELTY_COLUMNS = tuple(f"text_novelty_{name}" for name in NAMES)
"""Further columns of :func:`text_features` where embeddings are given: how far the texts are from those before them."""
NOVELTY_NS = 5 * DAY_NS
NOVELTY_TEXTS = 2000
LEAST = 1e-3
MEMORY_HALF_LIVES = 10
FILES = (
    ("tweets_*.parquet", ("symbol", "created_at", "text")),
    ("headlines_*.parquet", ("ticker", "article_date", "article_headline")),
)
PLAIN = ("symbol", "known_ns", "text")


def read_messages(folder: Path, start_ns: int | None = None, end_ns: int | None = None) -> pl.DataFrame:
    """Posts and headlines of a folder's ``text`` files: columns ``symbol``, ``known_ns``, ``text``, in order of time.

    Args:
        folder: That holds ``text/tweets_*.parquet`` or ``text/headlines_*.parquet``, or these files themselves; or one
            file with columns ``symbol``, ``known_ns`` (or ``created_at``) and ``text``.
        start_ns: Leave out what is older [ns UTC].
        end_ns: Leave out what is newer [ns UTC].

    Raises:
        NotFoundError: When there are no such files.
        DataError: When a column is missing.
    """
    places = [folder / "text", folder] if folder.is_dir() else []
    found = [(path, names) for pattern, names in FILES for place in places for path in sorted(place.glob(pattern))]
    if folder.is_file():
        known = pl.read_parquet_schema(folder)
        fits = [names for names in (*(names for _, names in FILES), PLAIN) if set(names) <= set(known)]
        if not fits:
            raise DataError(folder, "columns symbol, known_ns (or created_at), text", ", ".join(known))
        found = [(folder, fits[0])]
    if not found:
        raise NotFoundError(f"{folder}: no text/tweets_*.parquet and no text/headlines_*.parquet")
    frames = []
    for path, (symbol, when, text) in found:
        frame = pl.read_parquet(path, columns=[symbol, when, text]).drop_nulls()
        time = pl.col(when) if frame[when].dtype.is_integer() else pl.col(when).dt.epoch("ns")
        frames.append(frame.select(symbol=symbol, known_ns=time.cast(pl.Int64), text=text))
    whole = pl.concat(frames)
    if start_ns is not None:
        whole = whole.filter(pl.col("known_ns") >= start_ns)
    if end_ns is not None:
        whole = whole.filter(pl.col("known_ns") <= end_ns)
    return whole.sort("known_ns", "symbol", "text")


def text_features(
    folder: Path,
    keys: pl.DataFrame,
    *,
    scorer: TextScorer | None = None,
    cache: Path | None = None,
    told: Callable[[int], None] | None = None,
    embed: Callable[[Sequence[str]], Array] | None = None,
) -> pl.DataFrame:
    """Columns of what was said.

    Args:
        folder: As :func:`read_messages` takes it.
        keys: Columns ``symbol`` and ``date``, in any order, repeats allowed.
        scorer: Of the tone; the own lexicon without, which needs no model and reads thousands of texts a second.
        cache: Folder of the cache of scores.
        told: Called with the number of texts that are scored since the last call.
        embed: Embeddings of texts, e.g. :func:`~tradewind.alpha.text.embeddings.embedder`; for novelty.

    Returns:
        The keys' ``symbol`` and ``date`` in their order, :data:`TEXT_COLUMNS`, and :data:`NOVELTY_COLUMNS` where
        ``embed`` is given.
    """
    when = _when(keys)
    if not len(when):
        names = TEXT_COLUMNS + (NOVELTY_COLUMNS if embed is not None else ())
        return _frame(keys, np.empty((0, len(names))), names)
    start = int(when.min()) - MEMORY_HALF_LIVES * HALF_LIVES_NS[-1]
    messages = read_messages(folder, start, int(when.max()))
    return text_features_of(messages, keys, scorer=scorer, cache=cache, told=told, embed=embed)


def text_features_of(
    messages: pl.DataFrame,
    keys: pl.DataFrame,
    *,
    scorer: TextScorer | None = None,
    cache: Path | None = None,
    told: Callable[[int], None] | None = None,
    embed: Callable[[Sequence[str]], Array] | None = None,
) -> pl.DataFrame:
    """Columns of messages that were read before; see :func:`text_features`.

    Args:
        messages: Columns ``symbol``, ``known_ns``, ``text``.
        keys: Columns ``symbol`` and ``date``.
        scorer: Of the tone.
        cache: Folder of the cache of scores.
        told: Called with the number of texts that are scored since the last call.
        embed: Embeddings of texts, for novelty.
    """
    when = _when(keys)
    messages = messages.sort("known_ns", "symbol", "text")
    texts, symbols = messages["text"].to_list(), messages["symbol"].to_list()
    tone = tone_of(score_all(scorer or LexiconScorer(), texts, cache, told))
    first = _firsts(symbols, texts)
    parts = [np.ones(len(texts)), first, first * tone, first * tone * tone]
    times, names = messages["known_ns"].to_numpy(), TEXT_COLUMNS
    if embed is not None:
        parts.append(first * novelty(embed(texts), times, NOVELTY_NS, NOVELTY_TEXTS))
        names += NOVELTY_COLUMNS
    sums = fading_sums((symbols, times, np.column_stack(parts)), (keys["symbol"].to_list(), when), HALF_LIVES_NS)
    return _frame(keys, _columns(sums), names)


def _columns(sums: Array) -> Array:
    """Columns of fading sums: count, first tellings, their tone and its square, by half-life."""
    count, first, tone, square = (sums[:, :, k] for k in range(4))
    told = first > LEAST
    mean = np.where(told, tone / np.where(told, first, 1.0), np.nan)
    spread = np.where(told, np.sqrt(np.maximum(square / np.where(told, first, 1.0) - mean**2, 0.0)), np.nan)
    each = np.stack([mean, np.log1p(count), spread], axis=2).reshape(len(sums), -1)
    said = count[:, 2] > LEAST
    repeats = np.where(said, 1.0 - first[:, 2] / np.where(said, count[:, 2], 1.0), np.nan)
    rate = count / np.asarray(HALF_LIVES_NS) * DAY_NS
    attention = np.log((rate[:, 0] + 0.1) / (rate[:, 2] + 0.1))
    found = [each, repeats, attention, mean[:, 0] - mean[:, 2]]
    if sums.shape[2] > 4:
        found.append(np.where(told, sums[:, :, 4] / np.where(told, first, 1.0), np.nan))
    return np.column_stack(found)


def _firsts(symbols: list[str], texts: list[str]) -> Array:
    """1.0 for the first telling of a text about a symbol, 0.0 for a repeat; each text sees only those before it."""
    repeats = RepeatFilter()
    known, out = set[tuple[str, int]](), np.zeros(len(texts))
    for k, (symbol, text) in enumerate(zip(symbols, texts, strict=True)):
        key = (symbol, repeats.first_of(text))
        out[k] = key not in known
        known.add(key)
    return out


def _when(keys: pl.DataFrame) -> Array:
    for name in ("symbol", "date"):
        if name not in keys.columns:
            raise DataError("keys", f"a column {name}", ", ".join(keys.columns), field=name)
    return np.asarray(keys["date"].cast(pl.Date).cast(pl.Int32).to_numpy().astype(np.int64) * DAY_NS + CUT_NS)


def _frame(keys: pl.DataFrame, values: Array, names: tuple[str, ...]) -> pl.DataFrame:
    columns = {name: pl.Series(values[:, k]) for k, name in enumerate(names)}
    return keys.select("symbol", "date").with_columns(**columns)
