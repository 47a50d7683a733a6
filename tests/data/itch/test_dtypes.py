"""The message table against the specification and against an independent parser's."""

import struct

import numpy as np
import pytest
from itch.messages import messages as itchfeed_messages
from tests.naive.itch import LENGTHS

from tradewind.data.itch.dtypes import HEADER, LENGTH, MESSAGES


def test_all_types_of_the_specification_are_there() -> None:
    assert {code: message.length for code, message in MESSAGES.items()} == LENGTHS


@pytest.mark.parametrize("code", MESSAGES)
def test_fields_follow_each_other_without_gaps(code: str) -> None:
    message = MESSAGES[code]
    at = 1
    for field in message.fields:
        assert field.offset == at
        at += field.length
    assert at == message.length == message.wire.itemsize == message.packer.size
    assert tuple(field.name for field in message.fields[:3]) == HEADER
    for field in message.fields[3:]:
        assert message.wire.fields is not None
        kind, offset = message.wire.fields[field.name][:2]
        assert (offset, kind.itemsize) == (field.offset, field.length)
        assert kind.kind == {"a": "S", "u": "u"}[field.kind]


@pytest.mark.parametrize("code", MESSAGES)
def test_layout_is_that_of_itchfeed(code: str) -> None:
    theirs = itchfeed_messages[code.encode()].message_pack_format
    ours = MESSAGES[code].packer.format
    assert struct.calcsize(theirs) == struct.calcsize(ours)
    assert theirs.replace("!", ">").replace("4sc", "4s1s").replace("c", "1s").replace("2s", "2s") == ours.replace(
        "c", "1s"
    )


def test_length_by_type_byte() -> None:
    assert LENGTH.shape == (256,)
    assert {chr(code) for code in np.flatnonzero(LENGTH)} == set(LENGTHS)
    assert not LENGTH.flags.writeable


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("order_reference", "AFPECXDU"),
        ("side", "AFP"),
        ("shares", "AFP"),
        ("stock", "AFP"),
        ("price_e4", "AFP"),
        ("stock", "RHYKJhNO"),
    ],
)
def test_fields_that_the_kernel_reads_at_one_place(name: str, codes: str) -> None:
    assert len({MESSAGES[code].offset(name) for code in codes}) == 1


def test_changes_of_an_order_have_their_size_at_one_place() -> None:
    assert MESSAGES["X"].offset("cancelled_shares") == MESSAGES["E"].offset("executed_shares")
    assert MESSAGES["C"].offset("executed_shares") == MESSAGES["E"].offset("executed_shares")
