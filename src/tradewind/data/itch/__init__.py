"""NASDAQ TotalView-ITCH 5.0: the message table, bytes to fields and back, bytes to rows, a synthetic day.

Names are imported when they are first asked for, so that telling whether a file is ITCH does not wait for Numba.

Examples:
    >>> from tradewind.data.itch import parse_events, session
    >>> len(parse_events(session(seed=1, messages=1000))) > 1000
    True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradewind.data.itch.codec import decode, encode
    from tradewind.data.itch.dtypes import MESSAGES
    from tradewind.data.itch.projection import parse_events, split_by_instrument
    from tradewind.data.itch.synthetic import session

__all__ = ["MESSAGES", "decode", "encode", "parse_events", "session", "split_by_instrument"]

HOMES = {
    "MESSAGES": "dtypes",
    "decode": "codec",
    "encode": "codec",
    "parse_events": "projection",
    "session": "synthetic",
    "split_by_instrument": "projection",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
