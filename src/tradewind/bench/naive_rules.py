"""The rules of the naive twin: for each kind of message its checks, one obvious function each, in their order."""

# ruff: noqa: ARG001, ARG005 - every rule has the same signature

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from tradewind.book.reasons import Reason
from tradewind.core.dtypes import MessageKind, TradingState
from tradewind.core.types import SelfTradePrevention, TimeInForce

__all__ = ["NaiveOrder", "NaiveState", "Request", "Row", "first_broken_rule"]

Row = tuple[int, ...]
"""A message by its fields, in the order of ``MESSAGE``."""
GTC, IOC, FOK, POST_ONLY = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY


@dataclass(eq=False)
class NaiveOrder:
    """An order: visible and hidden lots, and for a stop what it becomes."""

    order_id: int
    side: int
    price_ticks: int
    size_lots: int
    owner: int = 0
    reserve_lots: int = 0
    display_lots: int = 0
    kind: int = MessageKind.LIMIT
    trigger_ticks: int = 0
    rests: bool = True
    flags: int = 0


@dataclass
class Request:
    """A message by its fields, in the order of ``MESSAGE``."""

    ts_ns: int
    order_id: int
    price_ticks: int
    size_lots: int
    display_lots: int
    trigger_ticks: int
    owner: int
    kind: int
    side: int
    tif: int
    flags: int


@dataclass
class NaiveState:
    """What the twin remembers.

    Attributes:
        self_trade: A :class:`~tradewind.core.types.SelfTradePrevention`.
        price_band: Lowest and highest limit price [ticks].
        capacity: Most orders that may be live.
        max_lots: Largest size.
        tick_step: Prices are multiples of it.
        lot_step: Sizes are multiples of it.
        state: A :class:`~tradewind.core.dtypes.TradingState`.
        queues: For each side, orders by price, first to last.
        stops: Waiting stops, first to last.
        orders: Every live order by id.
        fills: Rows in the order of ``FILL``.
        last_ticks: Last trade price.
    """

    self_trade: int = SelfTradePrevention.OFF
    price_band: tuple[int, int] = (1, 1 << 40)
    capacity: int = (1 << 21) - 1
    max_lots: int = 1 << 41
    tick_step: int = 1
    lot_step: int = 1
    state: int = TradingState.OPEN
    queues: dict[int, dict[int, list[NaiveOrder]]] = field(default_factory=lambda: {1: {}, -1: {}})
    stops: list[NaiveOrder] = field(default_factory=list)
    orders: dict[int, NaiveOrder] = field(default_factory=dict)
    fills: list[Row] = field(default_factory=list)
    last_ticks: int | None = None
    entered_lots: int = 0
    cancelled_lots: int = 0
    traded_lots: int = 0
    clock_ns: int = 0

    def best(self, side: int) -> int | None:
        """Best price of a side, None where it is empty."""
        prices = self.queues[side]
        return (max(prices) if side > 0 else min(prices)) if prices else None

    def crosses(self, side: int, limit: int) -> bool:
        """Whether an order would trade at once."""
        best = self.best(-side)
        return best is not None and limit * side >= best * side

    def taker(self, m: Request) -> NaiveOrder:
        """The order that a message enters; a market order is a limit order at the edge of the price band."""
        edge = self.price_band[1] if m.side > 0 else self.price_band[0]
        limit = edge if m.kind in (MessageKind.MARKET, MessageKind.STOP) else m.price_ticks
        display = m.display_lots if m.display_lots < m.size_lots else 0
        rests = m.kind in (MessageKind.LIMIT, MessageKind.STOP_LIMIT) and m.tif in (GTC, POST_ONLY)
        return NaiveOrder(m.order_id, m.side, limit, m.size_lots, m.owner, 0, display, m.kind, m.trigger_ticks, rests)

    def trade(self, taker: NaiveOrder) -> list[int]:
        """Trade an order; returns the prices traded at."""
        raise NotImplementedError

    def trial(self) -> NaiveState:
        """A copy in which something can be tried."""
        trial = copy.copy(self)
        trial.fills = []
        trial.queues, trial.stops, trial.orders = copy.deepcopy((self.queues, self.stops, self.orders))
        return trial


Rule = Callable[[NaiveState, Request], bool]


def _is_stop(book: NaiveState, m: Request) -> bool:
    return book.orders[m.order_id] in book.stops


def _closed(book: NaiveState, m: Request) -> bool:
    return book.state == TradingState.CLOSED


def _halted(book: NaiveState, m: Request) -> bool:
    return book.state != TradingState.OPEN


def _unknown(book: NaiveState, m: Request) -> bool:
    return m.order_id not in book.orders


def _side(book: NaiveState, m: Request) -> bool:
    return m.side not in (1, -1)


def _tif(*allowed: int) -> Rule:
    return lambda book, m: m.tif not in allowed


def _replace_tif(book: NaiveState, m: Request) -> bool:
    return m.tif not in ((GTC,) if _is_stop(book, m) else (GTC, POST_ONLY))


def _order_id(book: NaiveState, m: Request) -> bool:
    return m.order_id <= 0


def _size(book: NaiveState, m: Request) -> bool:
    return not 1 <= m.size_lots <= book.max_lots


def _lot(book: NaiveState, m: Request) -> bool:
    return m.size_lots % book.lot_step != 0


def _out_of_band(book: NaiveState, price: int) -> bool:
    return not book.price_band[0] <= price <= book.price_band[1]


def _price(book: NaiveState, m: Request) -> bool:
    return _out_of_band(book, m.price_ticks)


def _tick(book: NaiveState, m: Request) -> bool:
    return m.price_ticks % book.tick_step != 0


def _replace_price(book: NaiveState, m: Request) -> bool:
    return book.orders[m.order_id].kind != MessageKind.STOP and _price(book, m)


def _replace_tick(book: NaiveState, m: Request) -> bool:
    return book.orders[m.order_id].kind != MessageKind.STOP and _tick(book, m)


def _display(book: NaiveState, m: Request) -> bool:
    return m.display_lots != 0 and (m.tif in (IOC, FOK) or not 1 <= m.display_lots <= m.size_lots)


def _no_display(book: NaiveState, m: Request) -> bool:
    return m.display_lots != 0


def _replace_display(book: NaiveState, m: Request) -> bool:
    return _no_display(book, m) if _is_stop(book, m) else _display(book, m)


def _bad_trigger(book: NaiveState, trigger: int) -> bool:
    return _out_of_band(book, trigger) or trigger % book.tick_step != 0


def _trigger(book: NaiveState, m: Request) -> bool:
    return _bad_trigger(book, m.trigger_ticks)


def _replace_trigger(book: NaiveState, m: Request) -> bool:
    return _is_stop(book, m) and _bad_trigger(book, m.trigger_ticks or book.orders[m.order_id].trigger_ticks)


def _duplicate(book: NaiveState, m: Request) -> bool:
    return m.order_id in book.orders


def _reached(book: NaiveState, m: Request) -> bool:
    return book.last_ticks is not None and book.last_ticks * m.side >= m.trigger_ticks * m.side


def _replace_reached(book: NaiveState, m: Request) -> bool:
    old = book.orders[m.order_id]
    trigger = m.trigger_ticks or old.trigger_ticks
    return _is_stop(book, m) and book.last_ticks is not None and book.last_ticks * old.side >= trigger * old.side


def _takes(book: NaiveState, m: Request) -> bool:
    return m.tif == POST_ONLY and book.crosses(m.side, m.price_ticks)


def _replace_takes(book: NaiveState, m: Request) -> bool:
    return m.tif == POST_ONLY and book.crosses(book.orders[m.order_id].side, m.price_ticks)


def _unfillable(book: NaiveState, m: Request) -> bool:
    if m.tif != FOK:
        return False
    trial = book.trial()
    trial.trade(trial.taker(m))
    return trial.traded_lots - book.traded_lots < m.size_lots


def _full(book: NaiveState, m: Request) -> bool:
    return len(book.orders) >= book.capacity


def _no_room(book: NaiveState, m: Request) -> bool:
    return _full(book, m) and m.tif in (GTC, POST_ONLY) and not book.crosses(m.side, m.price_ticks)


_NEW: list[tuple[Reason, Rule]] = [
    (Reason.MARKET_CLOSED, _closed),
    (Reason.MARKET_HALTED, _halted),
    (Reason.INVALID_SIDE, _side),
    (Reason.INVALID_ORDER_ID, _order_id),
    (Reason.INVALID_SIZE, _size),
    (Reason.OFF_LOT, _lot),
    (Reason.DUPLICATE_ORDER_ID, _duplicate),
]
_LIMIT = [(Reason.PRICE_OUT_OF_BAND, _price), (Reason.OFF_TICK, _tick)]
_STOP: list[tuple[Reason, Rule]] = [
    *_NEW,
    (Reason.INVALID_TIF, _tif(GTC, IOC)),
    (Reason.INVALID_DISPLAY, _no_display),
    (Reason.INVALID_TRIGGER, _trigger),
    (Reason.TRIGGER_REACHED, _reached),
    (Reason.BOOK_FULL, _full),
]
_OLD: list[tuple[Reason, Rule]] = [(Reason.MARKET_CLOSED, _closed), (Reason.UNKNOWN_ORDER_ID, _unknown)]
_RULES: dict[int, list[tuple[Reason, Rule]]] = {
    MessageKind.LIMIT: [
        *_NEW,
        *_LIMIT,
        (Reason.INVALID_TIF, _tif(GTC, IOC, FOK, POST_ONLY)),
        (Reason.INVALID_DISPLAY, _display),
        (Reason.POST_ONLY_WOULD_TAKE, _takes),
        (Reason.FOK_UNFILLABLE, _unfillable),
        (Reason.BOOK_FULL, _no_room),
    ],
    MessageKind.MARKET: [
        *_NEW,
        (Reason.INVALID_TIF, _tif(GTC, IOC, FOK)),
        (Reason.INVALID_DISPLAY, _no_display),
        (Reason.FOK_UNFILLABLE, _unfillable),
    ],
    MessageKind.STOP: _STOP,
    MessageKind.STOP_LIMIT: [*_STOP, *_LIMIT],
    MessageKind.CANCEL: _OLD,
    MessageKind.REDUCE: [*_OLD, (Reason.INVALID_SIZE, _size), (Reason.OFF_LOT, _lot)],
    MessageKind.REPLACE: [
        *_OLD,
        (Reason.MARKET_HALTED, _halted),
        (Reason.INVALID_TIF, _replace_tif),
        (Reason.INVALID_SIZE, _size),
        (Reason.OFF_LOT, _lot),
        (Reason.PRICE_OUT_OF_BAND, _replace_price),
        (Reason.OFF_TICK, _replace_tick),
        (Reason.INVALID_DISPLAY, _replace_display),
        (Reason.INVALID_TRIGGER, _replace_trigger),
        (Reason.TRIGGER_REACHED, _replace_reached),
        (Reason.POST_ONLY_WOULD_TAKE, _replace_takes),
    ],
}
for _rules in _RULES.values():
    _rules.sort(key=lambda rule: rule[0])


def first_broken_rule(book: NaiveState, m: Request) -> Reason:
    """The reason to refuse a message, or ACCEPTED: the rules of its kind, asked in the order of the reasons."""
    if m.kind not in _RULES:
        return Reason.UNKNOWN_KIND
    return next((reason for reason, breaks in _RULES[m.kind] if breaks(book, m)), Reason.ACCEPTED)
