"""The cache of rows: a text is computed once, another model sees none of it, damage costs a computation only."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tradewind.alpha.text.cache import RowCache, remembered
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError


class Counting:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Array:
        self.seen += texts
        return np.array([[len(text), 0.1] for text in texts])


def test_a_text_is_computed_once_over_processes(tmp_path: Path) -> None:
    compute, told = Counting(), list[int]()
    first = remembered(["a", "bb", "a"], compute, RowCache(tmp_path, "m", 2), told.append)
    again = remembered(["bb", "ccc", "a"], compute, RowCache(tmp_path, "m", 2))
    assert compute.seen == ["a", "bb", "ccc"]
    assert first.tolist() == [[1, 0.1], [2, 0.1], [1, 0.1]]
    assert again[:, 0].tolist() == [2, 3, 1]
    assert sum(told) == 3


def test_another_model_sees_none_of_it(tmp_path: Path) -> None:
    compute = Counting()
    for fingerprint, width in (("m", 2), ("n", 2), ("m", 2)):
        remembered(["a"], compute, RowCache(tmp_path, fingerprint, width))
    assert compute.seen == ["a", "a"]


def test_a_damaged_part_is_computed_again(tmp_path: Path) -> None:
    compute = Counting()
    remembered(["a"], compute, RowCache(tmp_path, "m", 2))
    (part,) = tmp_path.rglob("*.part")
    content = bytearray(part.read_bytes())
    content[-1] ^= 1
    part.write_bytes(bytes(content))
    assert len(RowCache(tmp_path, "m", 2)) == 0
    part.write_bytes(b"")
    assert remembered(["a"], compute, RowCache(tmp_path, "m", 2)).tolist() == [[1, 0.1]]
    assert compute.seen == ["a", "a"]


def test_odd_texts_have_keys() -> None:
    rows = remembered(["", "\ud800", "漢字"], Counting(), RowCache(None, "m", 2))
    assert rows[:, 0].tolist() == [0, 1, 2]


def test_only_floats_are_kept() -> None:
    with pytest.raises(InvalidValueError, match="dtype"):
        RowCache(None, "m", 1, "object")
