"""Columns of a cross-section: fading, causal under poison, the same in any order, equal to a slow twin."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewind.alpha.text.columns import (
    CUT_NS,
    HALF_LIVES_NS,
    NOVELTY_COLUMNS,
    TEXT_COLUMNS,
    read_messages,
    text_features,
    text_features_of,
)
from tradewind.alpha.text.decay import FadingSums, fading_sums
from tradewind.alpha.text.lexicon import tone
from tradewind.alpha.text.scorers import LexiconScorer, tone_of
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, InvalidValueError, NotFoundError
from tradewind.core.random import stream

DAY = 86_400_000_000_000
FIRST = date(2015, 1, 5)
TEXTS = [
    "Profit rose sharply",
    "Sales fell",
    "The office moved",
    "Shares plunged on fraud",
    "Record profit",
    "rt Sales fell",
]


def messages(count: int = 120, seed: int = 1) -> pl.DataFrame:
    chance = stream(seed, "tests/messages")
    start = (FIRST - date(1970, 1, 1)).days * DAY
    return pl.DataFrame(
        {
            "symbol": [("A", "B", "C")[k] for k in chance.integers(0, 3, count)],
            "known_ns": start + chance.integers(0, 40 * DAY, count),
            "text": [f"{TEXTS[k % 6]} {k % 17}" for k in chance.integers(0, 99, count)],
        }
    )


def keys(days: int = 40) -> pl.DataFrame:
    rows = [(symbol, FIRST + timedelta(days=k)) for k in range(days) for symbol in ("A", "B", "Z")]
    return pl.DataFrame(rows, schema=["symbol", "date"], orient="row")


def test_the_future_does_not_change_the_past() -> None:
    """The poison test: whatever is said after the cut of a date, its row stays the same to the last bit."""
    said, asked = messages(), keys()
    clean = text_features_of(said, asked)
    for day in (5, 17, 30):
        cut = ((FIRST - date(1970, 1, 1)).days + day) * DAY + CUT_NS
        poison = said.with_columns(
            text=pl.when(pl.col("known_ns") > cut).then(pl.lit("Bankrupt fraud crash")).otherwise(pl.col("text"))
        )
        past = asked["date"].to_numpy() <= np.datetime64(FIRST + timedelta(days=day))
        found = text_features_of(poison, asked)
        assert clean.filter(pl.Series(past)).equals(found.filter(pl.Series(past)), null_equal=True)
        assert not clean.equals(found, null_equal=True)


def letters(texts: Sequence[str]) -> Array:
    """A small stand-in for embeddings."""
    return np.array([[1.0 + text.lower().count(chr(97 + k)) for k in range(26)] for text in texts]).reshape(-1, 26)


def test_novelty_does_not_see_the_future() -> None:
    said, asked = messages(), keys()
    clean = text_features_of(said, asked, embed=letters)
    assert tuple(clean.columns) == ("symbol", "date", *TEXT_COLUMNS, *NOVELTY_COLUMNS)
    assert clean.select("symbol", "date", *TEXT_COLUMNS).equals(text_features_of(said, asked), null_equal=True)
    cut = ((FIRST - date(1970, 1, 1)).days + 17) * DAY + CUT_NS
    poison = said.with_columns(text=pl.when(pl.col("known_ns") > cut).then(pl.lit("zzz")).otherwise(pl.col("text")))
    past = asked["date"] <= FIRST + timedelta(days=17)
    found = text_features_of(poison, asked, embed=letters)
    assert clean.filter(past).equals(found.filter(past), null_equal=True)
    assert not clean.equals(found, null_equal=True)


def test_the_order_of_keys_and_messages_does_not_matter() -> None:
    said, asked = messages(), keys()
    order = stream(2, "tests/order").permutation(len(asked))
    plain = text_features_of(said, asked)
    found = text_features_of(said.reverse(), asked[order.tolist()])
    assert found.equals(plain[order.tolist()], null_equal=True)


def test_it_equals_a_slow_twin() -> None:
    said, asked = messages(60), keys(20)
    found = text_features_of(said, asked)
    ordered = said.sort("known_ns", "symbol", "text")
    scores = tone_of(LexiconScorer().score(ordered["text"].to_list()))
    from tradewind.alpha.text.duplicates import near_duplicates

    roots = near_duplicates(ordered["text"].to_list())
    rows = list(zip(ordered["symbol"], ordered["known_ns"], roots, scores, strict=True))
    for k in range(0, len(asked), 7):
        symbol, day = asked.row(k)
        now = (day - date(1970, 1, 1)).days * DAY + CUT_NS
        count = first = total = 0.0
        known: set[tuple[str, int]] = set()
        for name, ts, root, value in rows:
            fresh = (name, root) not in known
            known.add((name, root))
            if name == symbol and ts <= now:
                weight = 0.5 ** ((now - ts) / HALF_LIVES_NS[1])
                count, first, total = count + weight, first + weight * fresh, total + weight * fresh * value
        row = found.row(k, named=True)
        assert row["text_volume_3_days"] == pytest.approx(np.log1p(count), abs=1e-9)
        if first > 1e-3:
            assert row["text_tone_3_days"] == pytest.approx(total / first, abs=1e-9)
        else:
            assert np.isnan(row["text_tone_3_days"])


def test_a_retweet_is_volume_and_no_second_opinion() -> None:
    ts = (FIRST - date(1970, 1, 1)).days * DAY
    said = pl.DataFrame(
        {"symbol": ["A"] * 3, "known_ns": [ts, ts + 1, ts + 2], "text": ["Sales fell"] * 2 + ["Profit rose"]}
    )
    row = text_features_of(said, keys(1)).row(0, named=True)
    both = tone_of(LexiconScorer().score(["Sales fell", "Profit rose"]))
    assert row["text_tone_15_days"] == pytest.approx(both.mean(), abs=1e-6)
    assert row["text_repeats"] == pytest.approx(1 / 3, abs=1e-6)


def test_nothing_said_is_not_known_rather_than_neutral() -> None:
    row = text_features_of(messages(), keys()).filter(pl.col("symbol") == "Z").row(0, named=True)
    assert np.isnan(row["text_tone_half_day"])
    assert row["text_volume_15_days"] == 0.0


def test_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    moment = datetime(2015, 1, 6, 12, tzinfo=UTC)
    pl.DataFrame({"symbol": ["A"], "created_at": [moment], "text": ["Profit rose"]}).write_parquet(
        tmp_path / "text" / "tweets_a.parquet"
    )
    pl.DataFrame(
        {"ticker": ["B"], "article_date": [moment], "article_headline": ["Sales fell"], "label": ["bullish"]}
    ).write_parquet(tmp_path / "text" / "headlines_a.parquet")
    found = text_features(tmp_path, keys(5))
    assert tuple(found.columns) == ("symbol", "date", *TEXT_COLUMNS)
    by = {(row["symbol"], row["date"].day): row for row in found.iter_rows(named=True)}
    assert np.isnan(by["A", 5]["text_tone_3_days"]), "known on the 6th, not on the 5th"
    assert by["A", 6]["text_tone_3_days"] > 0 > by["B", 6]["text_tone_3_days"]
    assert len(read_messages(tmp_path / "text" / "tweets_a.parquet")) == 1
    assert text_features(tmp_path, keys(0)).shape == (0, 2 + len(TEXT_COLUMNS))


def test_named_errors(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="tweets"):
        read_messages(tmp_path)
    with pytest.raises(DataError, match="date"):
        text_features(tmp_path, pl.DataFrame({"symbol": ["A"]}))
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="symbol"):
        read_messages(tmp_path / "a.parquet")


def test_sums_fade_and_time_goes_forward() -> None:
    sums = FadingSums([DAY], 1)
    sums.update("A", DAY, np.array([1.0]))
    assert sums.value("A", 3 * DAY)[0, 0] == pytest.approx(0.25)
    with pytest.raises(InvalidValueError, match="now_ns"):
        sums.value("A", 0)
    with pytest.raises(InvalidValueError, match="half_lives"):
        FadingSums([], 1)
    with pytest.raises(InvalidValueError, match="half_lives"):
        fading_sums(([], np.empty(0), np.empty((0, 1))), ([], np.empty(0)), [0])
    assert tone("Sales fell") < 0


@pytest.mark.real_data
def test_columns_of_the_recorded_texts(real_data: Path) -> None:
    rows = [("AAPL", date(2015, 4, k)) for k in (6, 7, 8)]
    asked = pl.DataFrame(rows, schema=["symbol", "date"], orient="row")
    found = text_features_of(
        read_messages(real_data, (date(2015, 4, 1) - date(1970, 1, 1)).days * DAY, 1_428_523_200 * 10**9), asked
    )
    assert found["text_volume_3_days"].min() > 3
    assert found["text_tone_3_days"].is_finite().all()
