"""Repeats: exact, near, never false; a slow twin compares every pair."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradewind.alpha.text.duplicates import RepeatFilter, near_duplicates, shingles
from tradewind.core.errors import InvalidValueError

WORDS = [f"word{k}" for k in range(12)]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join), max_size=25)


def every_pair(texts: list[str], similarity: float) -> list[set[int]]:
    """For each text the earlier ones that are similar enough."""
    parts = [shingles(text) for text in texts]
    return [
        {j for j in range(k) if len(parts[k] & parts[j]) >= similarity * len(parts[k] | parts[j])}
        for k in range(len(texts))
    ]


@given(TEXTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_repeat_is_false(texts: list[str]) -> None:
    found, similar = near_duplicates(texts), every_pair(texts, 0.7)
    for k, root in enumerate(found):
        chain = {k}
        while grown := {j for i in chain for j in similar[i]} - chain:
            chain |= grown
        assert root in chain


@given(TEXTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_exact_repeats_are_always_found(texts: list[str]) -> None:
    doubled = texts + [text.upper() + " !" for text in texts]
    found = near_duplicates(doubled)
    assert found[len(texts) :].tolist() == found[: len(texts)].tolist()


def test_most_near_repeats_are_found() -> None:
    base = [f"company {k} said net sales of unit {k} rose in the {k}th quarter of year {k + 1900}" for k in range(300)]
    changed = [text + " again" for text in base]
    found = near_duplicates(base + changed)
    assert np.mean(found[300:] == np.arange(300)) > 0.95
    assert found[:300].tolist() == list(range(300))


def test_what_was_forgotten_is_new_again() -> None:
    repeats = RepeatFilter(memory=2)
    assert [repeats.first_of(text) for text in ("a b", "c d", "e f", "a b", "e f")] == [0, 1, 2, 3, 2]


def test_texts_without_words_repeat_each_other() -> None:
    assert near_duplicates(["", "!!!", "RT @x"]).tolist() == [0, 0, 0]


@pytest.mark.parametrize("similarity", [0.0, 1.5])
def test_a_similarity_out_of_range_is_refused(similarity: float) -> None:
    with pytest.raises(InvalidValueError, match="similarity"):
        RepeatFilter(similarity)
