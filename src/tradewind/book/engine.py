"""The matching engine as Python sees it."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np

from tradewind.book.audit import RESTING, audit, list_orders
from tradewind.book.entry import Answer, OrderEntry
from tradewind.book.ids import ids_dtype
from tradewind.book.layout import BOOK_ORDERS, BOOK_WIDTH, NONE, SELL_STOPS, aligned_zeros, book_dtype, fills_dtype
from tradewind.book.reasons import Reason
from tradewind.book.replay import open_book, rebuild_ids, replay, slot_of
from tradewind.book.reports import respond
from tradewind.book.snapshots import pack_book, read_shape, unpack_book
from tradewind.core.dtypes import FILL, MESSAGE, Array, TradingState
from tradewind.core.errors import InvalidValueError, TradewindError
from tradewind.core.events import ExecutionReport, Request
from tradewind.core.types import Instrument, SelfTradePrevention

__all__ = ["MAX_TICKS", "MatchingEngine", "Outcome"]

MAX_TICKS = 1 << 40
"""Prices lie between ``-MAX_TICKS`` and ``+MAX_TICKS``, so that no difference overflows."""
FILL_ROWS = 1 << 14
NOTHING: dict[str, int] = dict.fromkeys(MESSAGE.names or (), 0)
NO_FILLS = np.zeros(0, FILL)
REASON_OF = list(Reason)


class Outcome(NamedTuple):
    """What became of many messages.

    Attributes:
        reasons: Shape (n,), dtype uint8: a :class:`~tradewind.book.reasons.Reason` for each message.
        fills: Shape (m,), dtype ``FILL``, in the order in which they happened.
    """

    reasons: Array
    fills: Array


class MatchingEngine(OrderEntry):
    """A price-time-priority order book that matches.

    Args:
        instrument: What is traded; the engine itself only counts ticks and lots.
        self_trade: What happens when two orders of one owner meet.
        price_band: Lowest and highest limit price; also bounds what a market order may pay [ticks].
        steps: Prices are multiples of the first [ticks], sizes of the second [lots].
        levels: Ticks of each side's window, a power of two; prices outside it wait in lists.
        orders: Orders that may be live at once. Memory is committed as it is used.
        fill_rows: Rows of the fill buffer; it is emptied as often as needed, so no fill is ever lost.

    Attributes:
        books: Shape (1,), the record (``book_dtype``) that kernels work on.
        tables: Shape (1,), the id table beside it (``ids_dtype``).

    Raises:
        InvalidValueError: For sizes, bands or steps that cannot work.

    Examples:
        >>> from tradewind.core.types import Side, TimeInForce
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
        orders: int = BOOK_ORDERS - 1,
        fill_rows: int = FILL_ROWS,
    ) -> None:
        if not 1 <= fill_rows <= FILL_ROWS:
            raise InvalidValueError("fill_rows", f"1 to {FILL_ROWS}", fill_rows)
        if orders < 1:
            raise InvalidValueError("orders", "1 or more", orders)
        if min(steps) < 1:
            raise InvalidValueError("steps", "1 or more each", steps)
        self.instrument = instrument
        pool = max(BOOK_ORDERS, 1 << orders.bit_length())  # one compiled type serves every engine of this width
        self.books = aligned_zeros(1, book_dtype(levels, pool))
        self.tables = aligned_zeros(1, ids_dtype(pool))
        self._fills = aligned_zeros(1, fills_dtype(FILL_ROWS))
        self._fills["withheld"] = FILL_ROWS - fill_rows
        self._count, self._rows = self._fills["count"], self._fills["rows"][0]
        self._one = np.zeros(1, MESSAGE)
        self._reason = np.zeros(1, np.uint8)
        self._set("capacity", orders)
        open_book(self.books, self.tables)
        self._set("self_trade", SelfTradePrevention(self_trade))
        self._set("tick_step", steps[0])
        self._set("lot_step", steps[1])
        self._set("max_lots", (1 << 62) // pool)
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
        messages = np.require(messages, requirements=["C", "A", "W"])  # one compiled type: read-only rows are copied
        reasons = np.zeros(len(messages), np.uint8)
        fills: Array = np.empty(len(messages) // 8 + 64, FILL)
        taken, done = 0, 0
        while done < len(messages):
            done += replay(self.books, self.tables, self._fills, messages[done:], reasons[done:])
            count = int(self._count[0])
            if taken + count > len(fills):
                fills = np.concatenate([fills[:taken], np.empty(taken + 2 * count, FILL)])
            fills[taken : taken + count] = self._rows[:count]
            taken += count
            self._count[0] = 0
        return Outcome(reasons, fills[:taken])

    def _take_fills(self) -> Array:
        """Copy of the fills so far; the buffer is empty afterwards."""
        taken: Array = self._rows[: int(self._count[0])].copy()
        self._count[0] = 0
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
        values = {**NOTHING, "ts_ns": self.books["clock_ns"][0], **fields}
        try:
            self._one[0] = tuple(values.values())
        except (OverflowError, ValueError):
            raise _misfit(fields) from None
        done = replay(self.books, self.tables, self._fills, self._one, self._reason)
        fills = self._take_fills() if self._count[0] else NO_FILLS
        while done == 0:
            done = replay(self.books, self.tables, self._fills, self._one, self._reason)
            fills = np.concatenate([fills, self._take_fills()])
        return Answer(REASON_OF[self._reason[0]], fills)

    def on(self, event: Request) -> tuple[ExecutionReport, ...]:
        """Carry out one event of the control plane; reports in the order in which things happened.

        Args:
            event: A NewOrder, CancelOrder, ReduceOrder or ReplaceOrder of :mod:`tradewind.core.events`.
        """
        return respond(self, event)

    def order(self, order_id: int) -> Any:
        """A live order's record (dtype ``ORDER``; a view, valid until the next message), or None."""
        slot = slot_of(self.books, self.tables, order_id)
        return self.books["orders"][0, slot] if slot else None

    def stops(self) -> Array:
        """Waiting stops, sell stops before buy stops, best trigger first: dtype ``RESTING``."""
        best = self.books["ladders"][0]["best_ticks"]
        rows: Array = self.dump() if (np.abs(best[SELL_STOPS:]) != NONE).any() else np.zeros(0, RESTING)
        return rows[rows["ladder"] >= SELL_STOPS]

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
        """The whole state: equal histories give equal bytes; :meth:`restore` goes on from them."""
        return pack_book(self.books)

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
        shape = read_shape(snapshot)
        engine = cls(instrument, levels=shape.levels, orders=shape.orders - 1)
        unpack_book(snapshot, engine.books)
        rebuild_ids(engine.books, engine.tables)
        return engine


def _misfit(fields: dict[str, int]) -> InvalidValueError:
    """Error about the first field that does not exist or whose value does not fit it."""
    for name, value in fields.items():
        if name not in NOTHING:
            return InvalidValueError(name, f"one of {', '.join(NOTHING)}", value)
        kind = MESSAGE[name]
        limits = np.iinfo(kind)
        if not limits.min <= value <= limits.max:
            return InvalidValueError(name, f"a number that fits {kind}", value)
    return InvalidValueError("message", "whole numbers", fields)
