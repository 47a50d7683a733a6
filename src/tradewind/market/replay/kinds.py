"""What a replay does depends on what it replays: one body per kind of record, chosen when kernels are compiled.

A record with ``slots`` replays single orders (L3). A replay of one depth compiles nothing of the others.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
from numba.extending import overload

from tradewind.book.layout import Record
from tradewind.core.dtypes import EventKind
from tradewind.core.errors import UsageError
from tradewind.core.kernels import rare
from tradewind.market.replay.hits import settle_own
from tradewind.market.replay.layout import SETTLE
from tradewind.market.replay.orders import add, clear_side, delete, execute, print_hidden, reduce, replace

__all__ = ["apply_row", "begin_message", "end_message"]

ADD, REDUCE, DELETE = int(EventKind.ADD), int(EventKind.REDUCE), int(EventKind.DELETE)
EXECUTE, REPLACE, TRADE = int(EventKind.EXECUTE), int(EventKind.REPLACE), int(EventKind.TRADE)
CLEAR, STATUS = int(EventKind.CLEAR), int(EventKind.STATUS)


def apply_row(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """One row of a tape."""
    raise _not_python("apply_row", market, replay, row, rows)


def begin_message(market: Record, replay: Record) -> None:
    """Before one of your messages is carried out: what a queue model has to remember."""
    raise _not_python("begin_message", market, replay)


def end_message(market: Record, replay: Record) -> None:
    """After one of your messages was carried out: what a queue model has to learn from it."""
    raise _not_python("end_message", market, replay)


def _not_python(name: str, *_arguments: object) -> UsageError:
    return UsageError(f"{name} is a part of kernels; from Python, use Replay")


def _by_record(function: Any, orders: Any) -> None:
    """Give a function one body per kind of replay record."""

    def choose(_market: Any, replay: Any, *_rest: Any) -> Any:
        return orders if "slots" in replay.fields else None

    choose.__signature__ = signature(function)  # type: ignore[attr-defined]
    overload(function, jit_options={"forceinline": True}, strict=False)(choose)


# Single orders (L3)
def _orders_row(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """One row about a single order."""
    kind = np.int64(row.kind)
    market.book.clock_ns = row.ts_ns
    if kind == ADD:
        add(market, replay, row, rows)
    elif kind == DELETE:
        delete(market, replay, row, rows)
    elif kind == EXECUTE:
        execute(market, replay, row, rows)
    elif kind == REDUCE:
        reduce(market, replay, row, rows)
    else:
        order_other(market, replay, row, rows)


@rare
def order_other(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """Rows that are seldom, or not of single orders."""
    kind = np.int64(row.kind)
    if kind == REPLACE:
        replace(market, replay, row, rows)
    elif kind == TRADE:
        print_hidden(market, replay, row, rows)
    elif kind == CLEAR:
        clear_side(market, replay, row, rows)
    elif kind == SETTLE:
        settle_own(market)
    elif kind == STATUS:
        market.book.state = row.size_lots


def _nothing(_market: Record, _replay: Record) -> None:
    """Single orders need no model: where yours stand is known."""


_by_record(apply_row, _orders_row)
_by_record(begin_message, _nothing)
_by_record(end_message, _nothing)
