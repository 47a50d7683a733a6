import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.errors import DataError
from tradewind.data.parsing.json_stream import json_objects


class Thing(msgspec.Struct):
    n: int
    text: str = ""
    inner: list[dict[str, str]] = []


def read(path: Path, text: str, chunk: int = 64) -> list[Thing]:
    path.write_text(text, encoding="utf-8")
    found: list[Thing] = []
    for row, objects in json_objects(path, Thing, chunk):
        assert row == len(found) + 1
        found += objects
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.json"


THINGS = [Thing(i, "}, {" * (i % 3), [{"a": "},{"}, {"b": "]"}] if i % 2 else []) for i in range(60)]
PLAIN = [msgspec.to_builtins(thing) for thing in THINGS]


@pytest.mark.parametrize("chunk", [1, 10, 64, 100_000])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PLAIN),
        json.dumps(PLAIN, separators=(",", ":")),
        json.dumps(PLAIN, indent=2),
        "\ufeff \n" + json.dumps(PLAIN) + "\n\n",
        "\n".join(json.dumps(one) for one in PLAIN),
        "".join(json.dumps(one) + "\r\n" for one in PLAIN) + "\n",
    ],
    ids=["array", "tight", "pretty", "bom", "lines", "crlf lines"],
)
def test_all_these_hold_the_same_objects(path: Path, text: str, chunk: int) -> None:
    assert read(path, text, chunk) == THINGS


def test_an_empty_array_holds_nothing(path: Path) -> None:
    assert read(path, "[]") == []
    assert read(path, " [ ] ") == []


@pytest.mark.parametrize("chunk", [16, 100_000])
@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        (json.dumps([{"n": 1}, {"n": 2}, {"text": "x"}, {"n": 4}]), 3, "required field `n`"),
        (json.dumps([{"n": 1}, {"n": "2"}, {"n": 3}]), 2, "Expected `int`"),
        ('[{"n": 1}, {"n": 2}, {"n": 3', 3, "the end of the JSON array"),
        ('[{"n": 1}, {"n": 2}, {"n": oops}, {"n": 4}]', 3, "oops"),
        ('{"n": 1}\n{"n": 2}\n{"n": 3\n', 3, "JSON"),
        ('{"n": 1}\n{"n": null}\n', 2, "Expected `int`"),
        ("34200.1,1,2,3\n", 1, "a JSON array of messages"),
    ],
)
def test_a_bad_object_is_named(path: Path, text: str, row: int, message: str, chunk: int) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(path, text, chunk)
    assert caught.value.row == row


def test_what_never_ends_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradewind.data.parsing.json_stream.OBJECT_BYTES", 1000)
    with pytest.raises(DataError, match="not whole JSON objects"):
        read(path, '[{"n": 1, "text": "' + "x" * 5000)


leaves = st.text(alphabet='ab{}[],:"\\ \n', max_size=8)


@settings(max_examples=50)
@given(
    st.lists(st.builds(Thing, st.integers(0, 9), leaves, st.lists(st.dictionaries(leaves, leaves)))), st.integers(1, 80)
)
def test_any_text_inside_is_no_boundary(
    tmp_path_factory: pytest.TempPathFactory, things: list[Thing], chunk: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    assert read(path, json.dumps([msgspec.to_builtins(thing) for thing in things]), chunk) == things
