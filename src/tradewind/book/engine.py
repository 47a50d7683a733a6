"""The matching engine as Python sees it."""

from __future__ import annotations

import hashlib
import struct
from typing import NamedTuple

import numpy as np

from tradewind.book.audit import audit, list_orders
from tradewind.book.ids import ids_dtype
from tradewind.book.layout import BOOK_ORDERS, BOOK_WIDTH, NONE, aligned_zeros, book_dtype, fills_dtype
from tradewind.book.reasons import Reason
from tradewind.book.replay import open_book, rebuild_ids, replay
from tradewind.core.dtypes import FILL, MESSAGE, Array, MessageKind, TradingState
from tradewind.core.errors import InvalidValueError, TradewindError
from tradewind.core.types import Instrument, SelfTradePrevention, TimeInForce

__all__ = ["MAX_TICKS", "Answer", "MatchingEngine", "Outcome"]

MAX_TICKS = 1 << 40
"""Prices lie between ``-MAX_TICKS`` and ``+MAX_TICKS``, so that no difference overflows."""
FILL_ROWS = 1 << 14
MAGIC = b"tradewind book 1"
HEAD = struct.Struct("<16sqqqq")


class Answer(NamedTuple):
    """What became of one message.

    Attributes:
        reason: ACCEPTED, or why it was refused.
        fills: Shape (n,), dtype ``FILL``: what it and the stops it triggered traded.
    """

    reason: Reason
    fills: Array


class Outcome(NamedTuple):
    """What became of many messages.

    Attributes:
        reasons: Shape (n,), dtype uint8: a :class:`~tradewind.book.reasons.Reason` for each message.
        fills: Shape (m,), dtype ``FILL``, in the order in which they happened.
    """

    reasons: Array
    fills: Array


class MatchingEngine:
    """A price-time-priority order book that matches.

    Args:
        instrument: What is traded; the engine itself only counts ticks and lots.
        self_trade: What happens when two orders of one owner meet.
        price_band: Lowest and highest limit price; also bounds what a market order may pay [ticks].
        steps: Prices are multiples of the first [ticks], sizes of the second [lots].
        levels: Ticks of each side's window, a power of two; prices outside it wait in lists.
        orders: Orders that may be live at once, plus one. Memory is committed as it is used.
        fill_rows: Rows of the fill buffer; it is emptied as often as needed, so no fill is ever lost.

    Attributes:
        books: Shape (1,), the record (``book_dtype``) that kernels work on.
        tables: Shape (1,), the id table beside it (``ids_dtype``).

    Raises:
        InvalidValueError: For sizes, bands or steps that cannot work.

    Examples:
        >>> from tradewind.core.types import Side
        >>> engine = MatchingEngine()
        >>> engine.limit(1, Side.SELL, price_ticks=101, size_lots=5).reason
        <Reason.ACCEPTED: 0>
        >>> reason, fills = engine.market(2, Side.BUY, size_lots=3)
        >>> fills[["maker_id", "taker_id", "price_ticks", "size_lots"]].tolist()
        [(1, 2, 101, 3)]
        >>> engine.limit(3, Side.BUY, 101, 1, tif=TimeInForce.POST_ONLY).reason
        <Reason.POST_ONLY_WOULD_TAKE: 16>
    """

    def __init__(
        self,
        instrument: Instrument | None = None,
        *,
        self_trade: SelfTradePrevention = SelfTradePrevention.OFF,
        price_band: tuple[int, int] = (1, MAX_TICKS),
        steps: tuple[int, int] = (1, 1),
        levels: int = BOOK_WIDTH,
        orders: int = BOOK_ORDERS,
        fill_rows: int = FILL_ROWS,
    ) -> None:
        if fill_rows < 1:
            raise InvalidValueError("fill_rows", "1 or more", fill_rows)
        if min(steps) < 1:
            raise InvalidValueError("steps", "1 or more each", steps)
        self.instrument = instrument
        self.books = aligned_zeros(1, book_dtype(levels, orders))
        self.tables = aligned_zeros(1, ids_dtype(orders))
        self._fills = aligned_zeros(1, fills_dtype(fill_rows))
        self._one = np.zeros(1, MESSAGE)
        self._reason = np.zeros(1, np.uint8)
        open_book(self.books, self.tables)
        self._set("self_trade", SelfTradePrevention(self_trade))
        self._set("tick_step", steps[0])
        self._set("lot_step", steps[1])
        self._set("max_lots", (1 << 62) // orders)
        self.set_price_band(*price_band)
        self.set_state(TradingState.OPEN)

    def _set(self, name: str, value: int) -> None:
        self.books[name][0] = value

    def set_price_band(self, lowest_ticks: int, highest_ticks: int) -> None:
        """Bound the prices of messages to come; resting orders stay.

        Args:
            lowest_ticks: Lowest limit price [ticks]; may be negative.
            highest_ticks: Highest limit price [ticks].

        Raises:
            InvalidValueError: For a band that is empty or too wide.
        """
        if not -MAX_TICKS <= lowest_ticks <= highest_ticks <= MAX_TICKS:
            expected = f"two prices in order between -{MAX_TICKS} and {MAX_TICKS}"
            raise InvalidValueError("price_band", expected, (lowest_ticks, highest_ticks))
        self._set("min_ticks", lowest_ticks)
        self._set("max_ticks", highest_ticks)

    def set_state(self, state: TradingState) -> None:
        """Open, halt (only CANCEL and REDUCE are taken) or close (nothing is) trading.

        Args:
            state: OPEN, HALTED or CLOSED.

        Raises:
            InvalidValueError: For a state the engine does not have.
        """
        if state not in (TradingState.OPEN, TradingState.HALTED, TradingState.CLOSED):
            raise InvalidValueError("state", "OPEN, HALTED or CLOSED", TradingState(state).name)
        self._set("state", state)
        plain = state == TradingState.OPEN and self.books["tick_step"][0] == 1 and self.books["lot_step"][0] == 1
        self._set("special", not plain)

    @property
    def clock_ns(self) -> int:
        """Time of the last message; what the convenience methods stamp theirs with."""
        return int(self.books["clock_ns"][0])

    @clock_ns.setter
    def clock_ns(self, now_ns: int) -> None:
        self._set("clock_ns", now_ns)

    def run(self, messages: Array) -> Outcome:
        """Carry out messages in order.

        Args:
            messages: Shape (n,), dtype ``MESSAGE``.

        Returns:
            A reason for each, and every fill.

        Raises:
            InvalidValueError: When the array is not of that dtype.
        """
        if messages.dtype != MESSAGE or messages.ndim != 1:
            raise InvalidValueError("messages", "a one-dimensional array of dtype MESSAGE", messages.dtype)
        messages = np.ascontiguousarray(messages)
        reasons = np.zeros(len(messages), np.uint8)
        fills, done = [], 0
        while done < len(messages):
            done += replay(self.books, self.tables, self._fills, messages[done:], reasons[done:])
            fills.append(self._take_fills())
        return Outcome(reasons, np.concatenate(fills) if fills else np.zeros(0, FILL))

    def _take_fills(self) -> Array:
        """Copy of the fills so far; the buffer is empty afterwards."""
        taken: Array = self._fills["rows"][0, : int(self._fills["count"][0])].copy()
        self._fills["count"][0] = 0
        return taken

    def submit(self, **fields: int) -> Answer:
        """Carry out one message.

        Args:
            **fields: Fields of ``MESSAGE``; those not given are 0, but for ``ts_ns``: the time of the last message.

        Returns:
            Its reason and fills.

        Raises:
            InvalidValueError: For a field that does not exist or a value that does not fit it.
        """
        row = self._one
        row[0] = 0
        row["ts_ns"] = self.books["clock_ns"]
        for name, value in fields.items():
            if name not in MESSAGE.fields:  # type: ignore[operator]
                raise InvalidValueError(name, f"one of {', '.join(MESSAGE.names or ())}", value)
            try:
                row[name] = value
            except OverflowError:
                raise InvalidValueError(name, f"a number that fits {MESSAGE[name]}", value) from None
        fills = []
        while replay(self.books, self.tables, self._fills, row, self._reason) == 0:
            fills.append(self._take_fills())
        fills.append(self._take_fills())
        return Answer(Reason(int(self._reason[0])), np.concatenate(fills) if len(fills) > 1 else fills[0])

    def limit(
        self,
        order_id: int,
        side: int,
        price_ticks: int,
        size_lots: int,
        *,
        owner: int = 0,
        tif: int = TimeInForce.GTC,
        display_lots: int = 0,
    ) -> Answer:
        """Enter a limit order; with a display size, an iceberg.

        Args:
            order_id: A positive number that no live order has.
            side: +1 buy, -1 sell.
            price_ticks: Limit [ticks].
            size_lots: Size, hidden part included [lots].
            owner: Who must not trade with himself; 0 opts out.
            tif: A :class:`~tradewind.core.types.TimeInForce`.
            display_lots: What an iceberg shows at a time; 0 shows all [lots].
        """
        return self.submit(
            kind=MessageKind.LIMIT,
            order_id=order_id,
            side=side,
            price_ticks=price_ticks,
            size_lots=size_lots,
            owner=owner,
            tif=tif,
            display_lots=display_lots,
        )

    def market(self, order_id: int, side: int, size_lots: int, *, owner: int = 0, tif: int = TimeInForce.GTC) -> Answer:
        """Trade at any price in the band; what cannot trade is cancelled.

        Args:
            order_id: A positive number that no live order has.
            side: +1 buy, -1 sell.
            size_lots: Size [lots].
            owner: Who must not trade with himself; 0 opts out.
            tif: GTC or IOC (the same here), or FOK.
        """
        kind = MessageKind.MARKET
        return self.submit(kind=kind, order_id=order_id, side=side, size_lots=size_lots, owner=owner, tif=tif)

    def stop(
        self,
        order_id: int,
        side: int,
        trigger_ticks: int,
        size_lots: int,
        *,
        limit_ticks: int | None = None,
        owner: int = 0,
        tif: int = TimeInForce.GTC,
    ) -> Answer:
        """Enter a stop: a market order, or with a limit a limit order, once a trade reaches the trigger.

        Args:
            order_id: A positive number that no live order has.
            side: +1 buy (triggers at or above), -1 sell (at or below).
            trigger_ticks: Trade price that triggers it [ticks].
            size_lots: Size [lots].
            limit_ticks: Limit once triggered [ticks]; None for a market order.
            owner: Who must not trade with himself; 0 opts out.
            tif: For a stop-limit order: GTC rests what is left, IOC cancels it.
        """
        return self.submit(
            kind=MessageKind.STOP if limit_ticks is None else MessageKind.STOP_LIMIT,
            order_id=order_id,
            side=side,
            price_ticks=limit_ticks or 0,
            trigger_ticks=trigger_ticks,
            size_lots=size_lots,
            owner=owner,
            tif=tif,
        )

    def cancel(self, order_id: int) -> Answer:
        """Take an order away.

        Args:
            order_id: A live order.
        """
        return self.submit(kind=MessageKind.CANCEL, order_id=order_id)

    def reduce(self, order_id: int, size_lots: int) -> Answer:
        """Take lots away from an order, hidden ones first; it keeps its place.

        Args:
            order_id: A live order.
            size_lots: What goes; all of it or more cancels the order [lots].
        """
        return self.submit(kind=MessageKind.REDUCE, order_id=order_id, size_lots=size_lots)

    def replace(
        self,
        order_id: int,
        price_ticks: int,
        size_lots: int,
        *,
        display_lots: int = 0,
        trigger_ticks: int = 0,
        tif: int = TimeInForce.GTC,
    ) -> Answer:
        """Give an order a new price and size; it keeps its place only at the same price and not larger.

        Args:
            order_id: A live order.
            price_ticks: New limit; ignored for a stop without one [ticks].
            size_lots: New total size [lots].
            display_lots: New display size; 0 keeps it [lots].
            trigger_ticks: New trigger of a waiting stop; 0 keeps it [ticks].
            tif: GTC, or POST_ONLY to refuse the change if it would trade.
        """
        return self.submit(
            kind=MessageKind.REPLACE,
            order_id=order_id,
            price_ticks=price_ticks,
            size_lots=size_lots,
            display_lots=display_lots,
            trigger_ticks=trigger_ticks,
            tif=tif,
        )

    @property
    def rejects(self) -> dict[Reason, int]:
        """How many messages were refused, by reason; reasons that never came are left out."""
        counts = self.books["rejects"][0]
        return {reason: int(counts[reason]) for reason in Reason if counts[reason]}

    @property
    def last_trade_ticks(self) -> int | None:
        """Price of the last trade, None before the first [ticks]."""
        price = int(self.books["last_ticks"][0])
        return None if price == NONE else price

    def dump(self) -> Array:
        """Every live order in priority order: shape (live,), dtype :data:`~tradewind.book.audit.RESTING`."""
        return list_orders(self.books)

    def check(self) -> None:
        """Check everything that must be true of the book; slow and complete.

        Raises:
            TradewindError: With the name of what is broken.
        """
        fault = audit(self.books, self.tables)
        if fault:
            raise TradewindError(f"the book is broken: {fault.name}; this is a bug in tradewind, please report it")

    def snapshot(self) -> bytes:
        """The whole state: equal states of equal histories give equal bytes; :meth:`restore` goes on from them."""
        dtype = self.books.dtype
        used = dtype.fields["orders"][1] + 64 * (int(self.books["top"][0]) + 1)  # type: ignore[index]
        levels, orders = dtype["ladders"].base["levels"].shape[0], dtype["orders"].shape[0]
        head = HEAD.pack(MAGIC, levels, orders, self._fills.dtype["rows"].shape[0], used)
        return head + self.books.view(np.uint8)[:used].tobytes()

    def digest(self) -> str:
        """SHA-256 of the snapshot, in hexadecimal."""
        return hashlib.sha256(self.snapshot()).hexdigest()

    @classmethod
    def restore(cls, snapshot: bytes, instrument: Instrument | None = None) -> MatchingEngine:
        """An engine in the state of a snapshot.

        Args:
            snapshot: What :meth:`snapshot` gave.
            instrument: What is traded.

        Raises:
            InvalidValueError: When it is not a snapshot of this version, or cut short.
        """
        if len(snapshot) < HEAD.size or not snapshot.startswith(MAGIC):
            raise InvalidValueError("snapshot", f"bytes that begin with {MAGIC!r}", snapshot[: len(MAGIC)])
        _, levels, orders, fill_rows, used = HEAD.unpack_from(snapshot)
        if len(snapshot) != HEAD.size + used:
            raise InvalidValueError("snapshot", f"{HEAD.size + used} bytes", len(snapshot))
        engine = cls(instrument, levels=levels, orders=orders, fill_rows=fill_rows)
        engine.books.view(np.uint8)[:used] = np.frombuffer(snapshot, np.uint8, used, HEAD.size)
        rebuild_ids(engine.books, engine.tables)
        return engine
