"""Topics and novelty: both look back only."""

import numpy as np
import pytest

from tradewind.alpha.text.topics import Novelty, fit_topics, novelty
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream


def test_topics_are_found_and_named() -> None:
    chance = stream(1, "tests/topics")
    directions = np.eye(3)[np.arange(90) % 3]
    vectors = directions + 0.05 * chance.standard_normal((90, 3))
    texts = [("oil price", "bank loan", "drug trial")[k % 3] + f" {k}" for k in range(90)]
    topics = fit_topics(vectors, texts, 3)
    found, similar = topics.nearest(vectors)
    assert all(len(set(found[k::3])) == 1 for k in range(3))
    assert similar.min() > 0.9
    assert {frozenset(words) for words in topics.words} == {
        frozenset(pair.split()) for pair in ("oil price", "bank loan", "drug trial")
    }
    with pytest.raises(InvalidValueError, match="count"):
        fit_topics(vectors[:2], texts[:2], 3)


def test_novelty_equals_a_slow_twin_and_does_not_see_the_future() -> None:
    chance = stream(2, "tests/novelty")
    vectors, times = chance.standard_normal((80, 5)), np.sort(chance.integers(0, 60, 80))
    found = novelty(vectors, times, window_ns=15)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for k in range(80):
        past = [j for j in range(80) if times[k] - 15 <= times[j] < times[k]]
        expected = 1.0 if not past else 1.0 - max(unit[j] @ unit[k] for j in past)
        assert found[k] == pytest.approx(expected, abs=1e-9)
    poisoned = np.where(times[:, None] > 30, 7.0, vectors)
    assert np.array_equal(novelty(poisoned, times, 15)[times <= 30], found[times <= 30])


def test_memory_is_bounded_and_time_goes_forward() -> None:
    news = Novelty(window_ns=1000, most=1)
    assert [news.update(np.array(v), t) for v, t in (([1.0, 0], 0), ([0, 1.0], 1), ([1.0, 0], 2))] == [1.0, 1.0, 1.0]
    with pytest.raises(InvalidValueError, match="ts_ns"):
        news.update(np.array([1.0, 0]), 1)
    with pytest.raises(InvalidValueError, match="window_ns"):
        Novelty(0)
