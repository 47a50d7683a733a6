"""A book as bytes: its record up to the last slot in use. The id table is not kept; it follows from the orders."""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

from tradewind.book.layout import ORDER
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["Shape", "pack_book", "read_shape", "unpack_book"]

MAGIC = b"tradewind book 1"
HEAD = struct.Struct("<16sqqq")


class Shape(NamedTuple):
    """Which book type a snapshot needs.

    Attributes:
        levels: Ticks of each side's window.
        orders: Slots of the pool.
        used: Bytes that follow the head.
    """

    levels: int
    orders: int
    used: int


def pack_book(books: Array) -> bytes:
    """The state of ``books[0]``; equal histories give equal bytes.

    Args:
        books: Shape (1,), the book.
    """
    dtype = books.dtype
    start = dtype.fields["orders"][1]  # type: ignore[index]
    used = start + ORDER.itemsize * (int(books["top"][0]) + 1)
    levels, orders = dtype["ladders"].base["levels"].shape[0], dtype["orders"].shape[0]
    return HEAD.pack(MAGIC, levels, orders, used) + books.view(np.uint8)[:used].tobytes()


def read_shape(snapshot: bytes) -> Shape:
    """What a snapshot needs.

    Args:
        snapshot: What :func:`pack_book` gave.

    Raises:
        InvalidValueError: When it is not a snapshot of this version, or cut short.
    """
    if len(snapshot) < HEAD.size or not snapshot.startswith(MAGIC):
        raise InvalidValueError("snapshot", f"bytes that begin with {MAGIC!r}", snapshot[: len(MAGIC)])
    shape = Shape(*HEAD.unpack_from(snapshot)[1:])
    if len(snapshot) != HEAD.size + shape.used:
        raise InvalidValueError("snapshot", f"{HEAD.size + shape.used} bytes", len(snapshot))
    return shape


def unpack_book(snapshot: bytes, books: Array) -> None:
    """Write a snapshot into a fresh book of its shape; the id table is to be rebuilt.

    Args:
        snapshot: What :func:`pack_book` gave.
        books: Shape (1,), zeroed or just opened.
    """
    used = read_shape(snapshot).used
    books.view(np.uint8)[:used] = np.frombuffer(snapshot, np.uint8, used, HEAD.size)
