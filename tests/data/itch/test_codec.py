"""Fields of messages: round trips for arbitrary values, and equality with an independent parser."""

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from itch.parser import MessageParser
from tests.naive.itch import messages

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, InvalidValueError
from tradewind.data.itch import source
from tradewind.data.itch.codec import decode, encode
from tradewind.data.itch.dtypes import MESSAGES
from tradewind.data.itch.source import Window
from tradewind.data.itch.synthetic import session


@st.composite
def any_message(draw: st.DrawFn) -> bytes:
    """A message of any type, every bit of every field arbitrary, its time within the day."""
    message = MESSAGES[draw(st.sampled_from(sorted(MESSAGES)))]
    body = draw(st.binary(min_size=message.length - 1, max_size=message.length - 1))
    time = draw(st.integers(0, 86_399_999_999_999)).to_bytes(6, "big")
    return message.code.encode() + body[:4] + time + body[10:]


def framed(parts: list[bytes], prefix: int) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") * (prefix == 2) + part for part in parts)


def fields_of(row: Array, code: str) -> list[int | bytes]:
    """Values in the order of the wire, texts with all their bytes."""
    dtype = MESSAGES[code].decoded
    names = [name for name in dtype.names or () if name != "sequence"]
    return [row[n].ljust(dtype[n].itemsize, b"\0") if dtype[n].kind == "S" else int(row[n]) for n in names]


def fields_of_itchfeed(raw: bytes) -> list[int | bytes]:
    found = vars(MessageParser().get_message_type(raw))
    time = found.pop("timestamp")
    locate, tracking, *others = found.values()
    return [locate, tracking, time, *others]


@given(parts=st.lists(any_message(), min_size=1, max_size=30), prefix=st.sampled_from([0, 2]))
@settings(max_examples=80, deadline=None)
def test_any_messages_survive_decode_and_encode(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], prefix: int
) -> None:
    if prefix == 0:  # how a bare stream is told from other files
        parts.sort(key=lambda part: part[5:11])
    data = framed(parts, prefix)
    path = tmp_path_factory.mktemp("itch") / "stream"
    path.write_bytes(data)
    assert encode(decode(path), prefix=prefix) == data


@given(raw=any_message())
@settings(max_examples=200, deadline=None)
def test_any_message_has_the_fields_that_itchfeed_finds(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("itch") / "stream"
    path.write_bytes(framed([raw], 2))
    code = chr(raw[0])
    found = decode(path)
    assert list(found) == [code]
    assert fields_of(found[code][0], code) == fields_of_itchfeed(raw)


def test_a_whole_session_has_the_fields_that_itchfeed_finds(tmp_path: Path) -> None:
    data = session(seed=5, messages=3_000)
    path = tmp_path / "day"
    path.write_bytes(data)
    found = decode(path)
    by_number = {int(row["sequence"]): fields_of(row, code) for code, rows in found.items() for row in rows}
    raws = messages(data)
    assert sorted(by_number) == list(range(1, len(raws) + 1))
    assert set(found) == set(MESSAGES) - {"W"}
    for number, raw in enumerate(raws, start=1):
        assert by_number[number] == fields_of_itchfeed(raw), number


def test_types_asked_for_alone(tmp_path: Path) -> None:
    path = tmp_path / "day"
    path.write_bytes(session(seed=5, messages=500))
    every, some = decode(path), decode(path, "QRW")
    assert list(some) == ["R", "Q"]
    assert all(np.array_equal(some[code], every[code]) for code in some)
    with pytest.raises(InvalidValueError, match="types must be some of"):
        decode(path, "RZ")


def test_messages_that_span_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = session(seed=6, messages=300)
    path = tmp_path / "day"
    path.write_bytes(data)
    monkeypatch.setattr(source, "Window", lambda file: Window(file, 101))
    assert encode(decode(path)) == data


@pytest.mark.parametrize("cut", [1, 2, 3, 20])
def test_a_cut_file_is_an_error_with_its_place(tmp_path: Path, cut: int) -> None:
    data = session(seed=6, messages=50)
    path = tmp_path / "day"
    path.write_bytes(data[:-cut])
    broken = len(messages(data)) - cut // 14  # the last two messages have 14 bytes with their length
    with pytest.raises(DataError, match=r"row \d+: expected a whole message.*at byte") as caught:
        decode(path)
    assert caught.value.row == broken


def test_the_mark_that_ends_a_session_is_accepted(tmp_path: Path) -> None:
    data = session(seed=6, messages=50)
    path = tmp_path / "day"
    path.write_bytes(data + b"\0\0")
    assert encode(decode(path)) == data


def test_encode_refuses_what_cannot_be_written() -> None:
    rows = np.zeros(2, dtype=MESSAGES["D"].decoded)
    with pytest.raises(InvalidValueError, match="sequence must be different in every message, got '0 twice'"):
        encode({"D": rows})
    rows["sequence"] = 1, 2
    rows["timestamp_ns"][1] = 2**48
    with pytest.raises(InvalidValueError, match="timestamp_ns"):
        encode({"D": rows})
    with pytest.raises(InvalidValueError, match="dtype"):
        encode({"X": rows})
    with pytest.raises(InvalidValueError, match="type must be one of"):
        encode({"Z": rows})
    with pytest.raises(InvalidValueError, match="prefix must be 0 or 2"):
        encode({}, prefix=1)
    assert encode({"D": rows[:0]}) == b""
