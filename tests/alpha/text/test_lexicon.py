"""The own lexicon: polarity, negation, intensity, directions of things, comparisons of numbers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.alpha.text import lexicon_words
from tradewind.alpha.text.lexicon import comparison, stem, tokens, tone, tone_features


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Operating profit rose to EUR 13.1 mn from EUR 8.7 mn", 1),
        ("Operating profit fell to EUR 8.7 mn from EUR 13.1 mn", -1),
        ("The net loss widened to EUR 3 mn from EUR 1 mn", -1),
        ("The net loss narrowed to EUR 1 mn from EUR 3 mn", 1),
        ("Costs increased sharply", -1),
        ("Costs decreased", 1),
        ("The company filed for bankruptcy", -1),
        ("The firm will not lay off anyone", 1),
        ("Shares soared after the upgrade", 1),
        ("The headquarters are in Helsinki", 0),
    ],
)
def test_the_sign_of_a_sentence(text: str, sign: int) -> None:
    value = tone(text)
    assert (value > 0) - (value < 0) == sign, value


def test_a_negation_turns_and_an_intensifier_strengthens() -> None:
    assert tone("The results were good") > 0 > tone("The results were not good")
    assert tone("Sales rose sharply") > tone("Sales rose") > tone("Sales rose slightly") > 0


def test_units_are_understood_in_comparisons() -> None:
    assert comparison("sales rose to eur 1.2 billion from eur 900 million", []) == (1.0, 0.0)
    assert comparison("from eur 4.1 mn to eur 3.9 mn", []) == (0.0, 1.0)
    assert comparison("costs rose to eur 2 mn from eur 1 mn", ["cost"]) == (0.0, 1.0)
    assert comparison("eur 2 mn", []) == (0.0, 0.0)


def test_no_word_is_both_good_and_bad() -> None:
    good = {stem(word) for line in lexicon_words.POSITIVE.values() for word in line.split()}
    bad = {stem(word) for line in lexicon_words.NEGATIVE.values() for word in line.split()}
    assert good & bad == set()
    assert len(good) + len(bad) >= 300


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_has_a_tone_within_its_bounds(text: str) -> None:
    assert -1.0 < tone(text) < 1.0


def test_no_texts_no_rows() -> None:
    assert tone_features([]).shape == (0, 10)


def test_tokens_keep_negations_whole() -> None:
    assert tokens("It won't well-nigh do 5.2 mn") == ["it", "won't", "well-nigh", "do", "mn"]
