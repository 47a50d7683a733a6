"""What a replay does depends on what it replays: one body per kind of record, chosen when kernels are compiled.

A record with ``slots`` replays single orders (L3), one with ``quotes`` best quotes (L1), any other levels (L2). A
replay of one depth compiles nothing of the others.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
from numba.extending import overload

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import EventKind
from tradewind.core.errors import UsageError
from tradewind.core.kernels import rare
from tradewind.market.replay.hits import set_state, settle_own
from tradewind.market.replay.impact import push
from tradewind.market.replay.layout import SETTLE
from tradewind.market.replay.levels import apply_level, settle_message
from tradewind.market.replay.orders import add, clear_side, delete, execute, print_hidden, reduce, replace
from tradewind.market.replay.pairing import shift_queues
from tradewind.market.replay.prints import print_trade
from tradewind.market.replay.quotes import apply_quote, begin_quote_message, settle_quote_message

__all__ = ["apply_row", "begin_message", "end_message", "end_shift"]

ADD, REDUCE, DELETE = int(EventKind.ADD), int(EventKind.REDUCE), int(EventKind.DELETE)
EXECUTE, REPLACE, TRADE = int(EventKind.EXECUTE), int(EventKind.REPLACE), int(EventKind.TRADE)
LEVEL, QUOTE = int(EventKind.LEVEL), int(EventKind.QUOTE)
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


def end_shift(market: Record, replay: Record, ticks: Int) -> None:
    """After the historical book moved by some ticks: a queue model moves with it."""
    raise _not_python("end_shift", market, replay, ticks)


def _not_python(name: str, *_arguments: object) -> UsageError:
    return UsageError(f"{name} is a part of kernels; from Python, use Replay")


def _by_record(function: Any, orders: Any, levels: Any, quotes: Any) -> None:
    """Give a function one body per kind of replay record."""

    def choose(_market: Any, replay: Any, *_rest: Any) -> Any:
        if "slots" in replay.fields:
            return orders
        return quotes if "quotes" in replay.fields else levels

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
        set_state(market, row.size_lots)


def _nothing(_market: Record, _replay: Record) -> None:
    """Single orders need no model: where yours stand is known."""


def _nothing_shifted(_market: Record, _replay: Record, _ticks: Int) -> None:
    """Single orders have moved themselves."""


def _depth_shifted(_market: Record, replay: Record, ticks: Int) -> None:
    """Prices that the model remembers move; yours went to the back of their queues."""
    shift_queues(replay.queues, ticks)


# Levels (L2) and best quotes (L1)
def _levels_row(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """One row of depth or a trade."""
    market.book.clock_ns = row.ts_ns
    if np.int64(row.kind) == LEVEL:
        side: Int = (1 - np.int64(row.side)) >> 1
        price = row.price_ticks + replay.shift_ticks
        apply_level(market, replay.queues, rows, side, price, row.size_lots, np.int64(row.flags))
        if replay.queues.passive_lots != 0:
            push_passive(market, replay)
    else:
        depth_other(market, replay, row, rows)


def _quotes_row(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """One best quote or a trade."""
    market.book.clock_ns = row.ts_ns
    if np.int64(row.kind) == QUOTE:
        side: Int = (1 - np.int64(row.side)) >> 1
        price = row.price_ticks + replay.shift_ticks
        apply_quote(market, replay.queues, rows, side, price, row.size_lots, np.int64(row.flags))
        if replay.queues.passive_lots != 0:
            push_passive(market, replay)
    else:
        depth_other(market, replay, row, rows)


@rare
def push_passive(market: Record, replay: Record) -> None:
    """What your resting orders traded under a queue model is an own trade of the impact overlay."""
    push(replay, market.book.clock_ns, replay.impact.passive * replay.queues.passive_lots)
    replay.queues.passive_lots = 0


@rare
def depth_other(market: Record, replay: Record, row: Record, rows: Record) -> None:
    """Trades and states of trading."""
    kind = np.int64(row.kind)
    if kind == TRADE:
        price = row.price_ticks + replay.shift_ticks
        print_trade(market, replay.queues, rows, np.int64(row.side), price, row.size_lots, np.int64(row.flags))
        if replay.queues.passive_lots != 0:
            push_passive(market, replay)
    elif kind == STATUS:
        set_state(market, row.size_lots)


def _begin_levels(market: Record, replay: Record) -> None:
    """Nothing has joined the book yet by this message."""
    market.book.newest = 0
    replay.queues.fills_before = market.own_fills_count


def _begin_quotes(market: Record, replay: Record) -> None:
    """As for levels; and what is behind the touch appears when the message asks for it."""
    market.book.newest = 0
    replay.queues.fills_before = market.own_fills_count
    begin_quote_message(market, replay.queues)


def _end_levels(market: Record, replay: Record) -> None:
    """What you took is owed, what joined has a place."""
    settle_message(market, replay.queues)


def _end_quotes(market: Record, replay: Record) -> None:
    """As for levels; and what was borrowed is given back."""
    settle_quote_message(market, replay.queues)


_by_record(apply_row, _orders_row, _levels_row, _quotes_row)
_by_record(begin_message, _nothing, _begin_levels, _begin_quotes)
_by_record(end_message, _nothing, _end_levels, _end_quotes)
_by_record(end_shift, _nothing_shifted, _depth_shifted, _depth_shifted)
