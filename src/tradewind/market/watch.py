"""A market as a person watches it: frames of book, trades and own orders; a quoter to have orders to look at."""

from __future__ import annotations

from collections import deque
from typing import Protocol

import msgspec
import numpy as np

from tradewind.book.view import BookView
from tradewind.core.dtypes import Array, EventKind, TradingState
from tradewind.core.errors import InvalidValueError
from tradewind.core.types import Instrument
from tradewind.market.trading import Account, Answer

__all__ = ["Frame", "Level", "OwnOrder", "Print", "Watched", "Watcher"]

PRINTS = 64


class Watched(Protocol):
    """A market that keeps its rows: ``Market`` or ``Replay`` with ``record=True``."""

    instrument: Instrument
    _markets: Array

    @property
    def now_ns(self) -> int:
        """Your clock."""

    @property
    def view(self) -> BookView:
        """The book."""

    def advance(self, seconds: float) -> Array:
        """Let time pass."""

    def rows(self) -> Array:
        """Rows since the last call."""

    def orders(self) -> Array:
        """Your resting orders."""

    def account(self) -> Account:
        """Your account."""

    def answers(self) -> list[Answer]:
        """What became of your messages."""

    def buy(self, size_lots: int, price_ticks: int | None = None, tif: int = 0) -> int:
        """Send a buy order."""

    def sell(self, size_lots: int, price_ticks: int | None = None, tif: int = 0) -> int:
        """Send a sell order."""

    def cancel(self, order_id: int) -> None:
        """Send a cancel."""


class Level(msgspec.Struct, frozen=True):
    """A price and what rests there [ticks, lots, orders]."""

    price_ticks: int
    size_lots: int
    orders: int


class OwnOrder(msgspec.Struct, frozen=True):
    """One of your orders and the size before it in its queue [lots]."""

    order_id: int
    side: int
    price_ticks: int
    size_lots: int
    ahead_lots: int


class Print(msgspec.Struct, frozen=True):
    """A trade; ``side`` is the aggressor's, 0 where the source does not say; ``yours``: you were in it."""

    ts_ns: int
    side: int
    price_ticks: int
    size_lots: int
    yours: bool = False


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A market at one instant.

    Attributes:
        ts_ns: Your clock [ns].
        state: Trading state.
        bids: Best levels, best first.
        asks: Best levels, best first.
        spread_ticks: Best ask less best bid; None where a side is empty [ticks].
        imbalance: Of the best five levels, from -1 (asks only) to 1.
        orders: Your resting orders.
        prints: The latest trades, latest first.
        position_lots: What you hold [lots].
        cash: Received less paid, before fees [currency].
        fees: Fees paid [currency].
        volume_lots: Traded since the start [lots].
    """

    ts_ns: int
    state: str
    bids: list[Level]
    asks: list[Level]
    spread_ticks: float | None
    imbalance: float | None
    orders: list[OwnOrder]
    prints: list[Print]
    position_lots: int
    cash: str
    fees: str
    volume_lots: int


class Watcher:
    """Steps a market and takes frames of it.

    Args:
        market: A market that keeps its rows.
        quote_lots: Keep an order of this size at the best bid and the best ask; 0 sends nothing.

    Raises:
        InvalidValueError: For a negative size.
    """

    def __init__(self, market: Watched, quote_lots: int = 0) -> None:
        if quote_lots < 0:
            raise InvalidValueError("quote_lots", "0 or more", quote_lots)
        self.market, self.quote_lots = market, quote_lots
        self._prints: deque[Print] = deque(maxlen=PRINTS)
        self._quotes: dict[int, int] = {}
        market.rows()

    def step(self, seconds: float) -> None:
        """Let time pass, keep the quotes at the best prices, note the trades."""
        if self.quote_lots:
            self._quote()
        fills = self.market.advance(seconds)
        rows = self.market.rows()
        mine = {(int(f["ts_ns"]), int(f["maker_id"])) for f in fills}
        for row in rows[np.isin(rows["kind"], (EventKind.EXECUTE, EventKind.TRADE))][-PRINTS:]:
            side = int(row["side"]) * (-1 if row["kind"] == EventKind.EXECUTE else 1)
            at, yours = int(row["ts_event_ns"]), (int(row["ts_event_ns"]), int(row["order_id"])) in mine
            self._prints.appendleft(Print(at, side, int(row["price_ticks"]), int(row["size_lots"]), yours))

    def _quote(self) -> None:
        """One order at each best price; one that is no longer best is taken back."""
        view, resting = self.market.view, self.market.orders()
        refused = {a.order_id for a in self.market.answers() if a.reason}
        for side, best in ((1, view.best_bid), (-1, view.best_ask)):
            own = resting[resting["side"] == side]
            for order in own:
                if best is None or int(order["price_ticks"]) != best[0]:
                    self.market.cancel(int(order["order_id"]))
            waiting = self._quotes.get(side, 0)
            if waiting in refused or waiting in own["order_id"]:
                waiting = 0
            if best is not None and not len(own) and not waiting:
                send = self.market.buy if side > 0 else self.market.sell
                self._quotes[side] = send(self.quote_lots, best[0])
            else:
                self._quotes[side] = 0

    def frame(self, levels: int = 10) -> Frame:
        """The market as it is now.

        Args:
            levels: Price levels of each side.
        """
        market, view = self.market, self.market.view
        account, spread = market.account(), view.spread_ticks
        depth = {side: [Level(*(int(v) for v in row)) for row in view.depth(side, levels)] for side in (1, -1)}
        orders = [
            OwnOrder(*(int(row[n]) for n in ("order_id", "side", "price_ticks", "size_lots", "ahead_lots")))
            for row in market.orders()
        ]
        record = market._markets[0]
        return Frame(
            ts_ns=market.now_ns,
            state=TradingState(int(record["book"]["state"])).name.lower(),
            bids=depth[1],
            asks=depth[-1],
            spread_ticks=None if np.isnan(spread) else float(spread),
            imbalance=None if np.isnan(view.imbalance(5)) else view.imbalance(5),
            orders=orders,
            prints=list(self._prints),
            position_lots=account.position_lots,
            cash=str(account.cash),
            fees=str(account.fees),
            volume_lots=int(record["volume_lots"]),
        )
