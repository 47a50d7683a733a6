"""What every simulated market has in common for whoever trades in it, reactive or replayed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal

import msgspec
import numpy as np

from tradewind.book.layout import Int
from tradewind.book.measures import queue_ahead
from tradewind.book.reasons import Reason
from tradewind.book.view import BookView
from tradewind.core.dtypes import MESSAGE, Array, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.fees import Fees, fee_amount, fee_rates
from tradewind.core.kernels import entry
from tradewind.core.types import Instrument
from tradewind.market.flow.layout import OWN_FILLS, OWN_ORDERS
from tradewind.market.flow.wire import send_rows

__all__ = ["FIRST_AGENT_ID", "OWN_ORDER", "Account", "Answer", "Latency", "TradedMarket", "prepare_trading"]

FIRST_AGENT_ID = 1 << 40
"""Order ids given out by :meth:`TradedMarket.buy` and :meth:`TradedMarket.sell` are above it."""

OWN_ORDER = np.dtype(
    [
        ("order_id", "i8"),
        ("price_ticks", "i8"),
        ("size_lots", "i8"),
        ("ahead_lots", "i8"),
        ("ahead_orders", "i8"),
        ("side", "i8"),
    ]
)
"""One of your resting orders and what stands before it in its queue; ``side`` is +1 or -1."""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How late the world is.

    Attributes:
        order_entry_ns: From sending a message to its arrival at the matching engine.
        market_data_ns: From an event to when you hear of it: you see the book, fills and answers of that long ago.
        jitter_ns: Mean of an exponential delay on top of each message; messages never overtake each other.

    Raises:
        InvalidValueError: For a delay that is negative or above an hour.
    """

    order_entry_ns: int = 0
    market_data_ns: int = 0
    jitter_ns: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("order_entry_ns", "market_data_ns", "jitter_ns"):
            if not 0 <= getattr(self, name) <= 3600 * 10**9:
                raise InvalidValueError(name, "0 to an hour [ns]", getattr(self, name))


class Answer(msgspec.Struct, frozen=True):
    """What became of a message: when it arrived, whose it was, accepted or why not."""

    ts_ns: int
    order_id: int
    reason: Reason


class Account(msgspec.Struct, frozen=True):
    """What your trading has come to, exactly.

    Attributes:
        position_lots: Bought less sold [lots].
        position: The same [units of size].
        cash: Received less paid for it, before fees [currency].
        fees: Fees paid; negative when rebates are larger [currency].
    """

    position_lots: int
    position: Decimal
    cash: Decimal
    fees: Decimal

    def wealth(self, price: Decimal) -> Decimal:
        """Cash less fees, with the position at a price [currency]."""
        return self.cash - self.fees + self.position * price


def prepare_trading(markets: Array, latency: Latency, fees: Fees, instrument: Instrument) -> None:
    """Write latency and fees into market records; copies of a record carry them on.

    Args:
        markets: Shape (n,), a ``market_dtype``.
        latency: Delays of orders and data.
        fees: Costs and rebates.
        instrument: What is traded.
    """
    markets["entry_delay_ns"], markets["jitter_ns"] = latency.order_entry_ns, latency.jitter_ns
    markets["data_delay_ns"] = latency.market_data_ns
    markets["fees"] = fee_rates(fees, instrument.tick_size)[0]


@entry
def ahead_of_own(markets: Array, place: int) -> tuple[Int, Int]:
    """Visible lots and orders before the agent's order at a place of its list."""
    return queue_ahead(markets[0].book, markets[0].own[place].slot)


class TradedMarket(ABC):
    """A market record with a trader's face: messages in, fills and answers out, time in between.

    A subclass opens the record, calls this initialiser, and says how the record runs (:meth:`_run`). The record holds
    the market as you have heard of it; your own clock is ``latency.market_data_ns`` ahead.

    Args:
        markets: Shape (1,), a ``market_dtype``, opened.
        instrument: What is traded.
        latency: Delays of orders and data; None for none.
        fees: Costs and rebates; None for the instrument's.

    Attributes:
        instrument: What is traded.
        latency: Delays of orders and data.
        fees: Costs and rebates.
    """

    def __init__(self, markets: Array, instrument: Instrument, latency: Latency | None, fees: Fees | None) -> None:
        self._markets = markets
        self.instrument = instrument
        self.latency = latency or Latency()
        self.fees = instrument.fees if fees is None else fees
        self._next_id = FIRST_AGENT_ID
        self._answers_read = int(markets["answers_count"][0])
        prepare_trading(markets, self.latency, self.fees, instrument)

    @abstractmethod
    def _run(self, until_s: float) -> None:
        """Let the record run until a time since its start [s]; what is pending is delivered when due."""

    @property
    def now_ns(self) -> int:
        """Your clock [ns since 1970-01-01 UTC]."""
        return self.seen_ns + self.latency.market_data_ns

    @property
    def seen_ns(self) -> int:
        """The instant whose market you see: your clock less the delay of market data [ns]."""
        market = self._markets[0]
        return int(market["base_ns"]) + int(np.floor(float(market["now_s"]) * 1e9 + 0.5))

    @property
    def view(self) -> BookView:
        """The book as you see it; reads, never changes."""
        return BookView(self._markets["book"])

    @property
    def memory_bytes(self) -> int:
        """Size of the market's record."""
        return int(self._markets.itemsize)

    def submit(self, messages: Array) -> None:
        """Send messages; each arrives after the order-entry latency and never before those sent earlier.

        Args:
            messages: Shape (n,), dtype ``MESSAGE``; ``ts_ns`` is when each is sent (0: now), not before the last. A
                zero-size order is refused on arrival and changes nothing.

        Raises:
            InvalidValueError: When more than 32 messages would be on their way, or one is sent in the past or before
                an earlier one. Those before it are sent.
        """
        sent = int(send_rows(self._markets, messages))
        if sent < len(messages):
            market, wanted = self._markets[0], int(messages[sent]["ts_ns"]) or self.now_ns
            if int(market["pending_count"]) >= OWN_ORDERS:
                raise InvalidValueError("messages", f"at most {OWN_ORDERS} on their way", OWN_ORDERS + 1)
            if wanted < self.now_ns:
                raise InvalidValueError("ts_ns", f"not before the present {self.now_ns}", wanted)
            last = int(market["last_sent_ns"])
            raise InvalidValueError("ts_ns", f"not before the last message, sent at {last}", wanted)

    def _send(self, **fields: int) -> int:
        message = np.zeros(1, MESSAGE)
        for name, value in fields.items():
            message[name] = value
        self.submit(message)
        return int(message["order_id"][0])

    def buy(self, size_lots: int, price_ticks: int | None = None, tif: int = 0) -> int:
        """Send a buy order: market without a price, else limit. Returns its order id."""
        return self._order(1, size_lots, price_ticks, tif)

    def sell(self, size_lots: int, price_ticks: int | None = None, tif: int = 0) -> int:
        """Send a sell order: market without a price, else limit. Returns its order id."""
        return self._order(-1, size_lots, price_ticks, tif)

    def _order(self, side: int, size_lots: int, price_ticks: int | None, tif: int) -> int:
        self._next_id += 1
        kind = MessageKind.MARKET if price_ticks is None else MessageKind.LIMIT
        return self._send(
            kind=kind, side=side, size_lots=size_lots, price_ticks=price_ticks or 0, tif=tif, order_id=self._next_id
        )

    def cancel(self, order_id: int) -> None:
        """Send a cancel of one of your orders."""
        self._send(kind=MessageKind.CANCEL, order_id=order_id)

    def reduce(self, order_id: int, size_lots: int) -> None:
        """Take lots away from one of your orders, which keeps its place."""
        self._send(kind=MessageKind.REDUCE, order_id=order_id, size_lots=size_lots)

    def replace(self, order_id: int, size_lots: int, price_ticks: int) -> None:
        """Give one of your orders a new total size and price; it keeps its place only at the same price, not larger."""
        self._send(kind=MessageKind.REPLACE, order_id=order_id, size_lots=size_lots, price_ticks=price_ticks)

    def advance(self, seconds: float) -> Array:
        """Let time pass.

        Args:
            seconds: How long; 0 or more.

        Returns:
            The fills you hear of meanwhile; see :meth:`fills`.

        Raises:
            InvalidValueError: For a negative time, or when more than 64 of your fills happen in one call.
        """
        if not 0 <= seconds < np.inf:
            raise InvalidValueError("seconds", "0 or more, finite", seconds)
        self._run(float(self._markets["now_s"][0]) + seconds)
        return self.fills()

    def fills(self) -> Array:
        """The fills you have heard of since the last call.

        Returns:
            Shape (n,), dtype ``FILL``; ``ts_ns`` is when they happened.

        Raises:
            InvalidValueError: When there were more than 64: the rest are in :meth:`account`, but not here.
        """
        market = self._markets
        count, lost = int(market["own_fills_count"][0]), int(market["own_fills_lost"][0])
        market["own_fills_count"], market["own_fills_lost"] = 0, 0
        if lost:
            raise InvalidValueError("seconds", f"short enough for {OWN_FILLS} fills of yours a call", count + lost)
        return np.array(market["own_fills"][0, :count])

    def answers(self) -> list[Answer]:
        """What became of the messages that arrived since the last call (at most the last 32)."""
        done = int(self._markets["answers_count"][0])
        rows = self._markets["answers"][0]
        fresh = range(max(self._answers_read, done - OWN_ORDERS), done)
        self._answers_read = done
        picked = [rows[k % OWN_ORDERS] for k in fresh]
        return [Answer(int(r["ts_ns"]), int(r["order_id"]), Reason(int(r["reason"]))) for r in picked]

    def orders(self) -> Array:
        """Your resting orders as you see them, bids first, better prices first.

        Returns:
            Shape (n,), dtype :data:`OWN_ORDER`.
        """
        market = self._markets[0]
        out = np.zeros(int(market["own_count"]), OWN_ORDER)
        for k, row in enumerate(out):
            own = market["own"][k]
            order = market["book"]["orders"][int(own["slot"])]
            row["order_id"], row["side"] = own["order_id"], 1 - 2 * (int(order["flags"]) & 1)
            row["price_ticks"], row["size_lots"] = order["price_ticks"], order["size_lots"] + order["reserve_lots"]
            row["ahead_lots"], row["ahead_orders"] = self._ahead(k)
        order = np.lexsort((out["order_id"], -out["side"] * out["price_ticks"], -out["side"]))
        return np.asarray(out[order])

    def _ahead(self, place: int) -> tuple[int, int]:
        """What stands before the order at a place of your list; a replay with estimated queues says its own."""
        lots, orders = ahead_of_own(self._markets, place)
        return int(lots), int(orders)

    def account(self) -> Account:
        """Position, cash and fees as far as you have heard, in currency, exactly."""
        row, one = self._markets["account"][0], self.instrument
        lots = int(row["position_lots"])
        cash = int(row["cash_tick_lots"]) * one.tick_size * one.lot_size
        fees = fee_amount(int(row["fee_units"]), one.tick_size, one.lot_size)
        return Account(position_lots=lots, position=lots * one.lot_size, cash=cash, fees=fees)
