"""How the messages of a stream are held apart, told from its first bytes.

Nasdaq's daily files put two bytes of length (big-endian) before each message; some tools write the bare messages one
after the other, which works because each type has one length. Both are read.
"""

from __future__ import annotations

import msgspec

from tradewind.data.itch.dtypes import LENGTH, MESSAGES

__all__ = ["Framing", "recognise"]

LOOKED_AT = 64
DAY_NS = 86_400 * 10**9
TIMESTAMP = MESSAGES["S"].offset("timestamp_ns")


class Framing(msgspec.Struct, frozen=True):
    """How a stream is framed, and how much of its beginning agrees.

    Attributes:
        prefix: Bytes of length before each message: 2, or 0 for a bare stream.
        messages: Whole messages seen, of the types and lengths that ITCH has; in a bare stream, where a type says the
            length, also of times within a day that do not go back. At most 64.
        broken: Whether one followed that is none.
        codes: Their types.
    """

    prefix: int
    messages: int
    broken: bool
    codes: str


def recognise(head: bytes) -> Framing:
    """Framing that the beginning of a stream agrees with best.

    Args:
        head: First bytes of the stream; the last message may be cut.

    Examples:
        >>> message = MESSAGES["S"].pack(0, 0, 39_000_000_000_000, b"O")
        >>> recognise(message * 3)
        Framing(prefix=0, messages=3, broken=False, codes='SSS')
        >>> recognise(b"AAPL,2019-01-30,170.50").messages
        0
    """
    return max((_walk(head, prefix) for prefix in (2, 0)), key=lambda found: (found.messages, not found.broken))


def _walk(head: bytes, prefix: int) -> Framing:
    at, codes, times = 0, "", []
    broken = False
    while len(codes) < LOOKED_AT and at + prefix < len(head) and not broken:
        length = int(LENGTH[head[at + prefix]])
        if length == 0 or (prefix and int.from_bytes(head[at : at + 2], "big") != length):
            broken = True
        elif at + prefix + length > len(head):
            break
        else:
            m = at + prefix
            times.append(int.from_bytes(head[m + TIMESTAMP : m + TIMESTAMP + 6], "big"))
            codes += chr(head[m])
            at = m + length
    likely = prefix == 2 or (times == sorted(times) and all(time < DAY_NS for time in times))
    return Framing(prefix, len(codes) if likely else 0, broken or not likely, codes)
