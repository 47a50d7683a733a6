"""A recorded market with your orders in it: the trading face of a replay."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tradewind.book.audit import list_orders
from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError, UsageError
from tradewind.core.fees import Fees
from tradewind.core.types import Instrument
from tradewind.market.flow.layout import BUFFER
from tradewind.market.flow.run import FULL
from tradewind.market.flow.ziggurat import seed_streams
from tradewind.market.replay.layout import new_replay, shape_for
from tradewind.market.replay.propagator import Propagator
from tradewind.market.replay.queues import QueueModel
from tradewind.market.replay.run import open_records, replay_through
from tradewind.market.replay.tape import Tape, make_tape
from tradewind.market.trading import Latency, TradedMarket

if TYPE_CHECKING:
    from tradewind.data.store.catalog import Catalog

__all__ = ["Replay", "Terms", "tape_of_day"]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a tape is replayed.

    Attributes:
        start_ns: When the replay begins: the book is the one after all rows at this time [ns]; the first row that is
            no snapshot when absent.
        end_ns: When it ends [ns]; the last row when absent.
        latency: Delays of orders and data.
        fees: Costs and rebates; None for the instrument's.
        impact: Your trades shift the replayed prices; None: they do not.
        queue: How a replay of levels or quotes decides when your orders fill; None for the default model. A replay of
            single orders needs none: it knows.
        seed: Of the jitter of your messages.
        record: Keep the ``EVENT`` rows of the market with you in it, for :meth:`Replay.rows`.

    Raises:
        UsageError: For ``record`` together with ``impact``: a shifted book is not told order by order.
    """

    start_ns: int | None = None
    end_ns: int | None = None
    latency: Latency | None = None
    fees: Fees | None = None
    impact: Propagator | None = None
    queue: QueueModel | None = None
    seed: int = 0
    record: bool = False

    def __post_init__(self) -> None:
        """Check what does not go together."""
        if self.record and self.impact is not None:
            raise UsageError("a replay cannot record its rows while the impact overlay shifts them; choose one")


class Replay(TradedMarket):
    """A recorded market replayed with your orders in it.

    The same face as :class:`~tradewind.market.reactive.Market`: orders go in with :meth:`submit`, time passes with
    :meth:`advance`, fills and answers come back. Without orders of yours the book is, at every time, the recorded one.
    What becomes of history where you have changed it is counted (:attr:`counters`); docs/guide/replay.md has the rules.

    Args:
        tape: What happened (:func:`~tradewind.market.replay.tape.make_tape`); shared by as many replays as you like.
        instrument: What is traded.
        terms: When it begins and ends, delays, fees, impact.

    Raises:
        InvalidValueError: For times outside the tape.

    Examples:
        >>> rows = np.zeros(3, EVENT)
        >>> rows["kind"], rows["side"] = [EventKind.ADD, EventKind.ADD, EventKind.EXECUTE], [1, -1, 1]
        >>> rows["order_id"], rows["price_ticks"] = [7, 8, 7], [100, 103, 100]
        >>> rows["size_lots"], rows["ts_event_ns"] = 5, [0, 0, 2_000_000_000]
        >>> from decimal import Decimal
        >>> unit = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))
        >>> replay = Replay(make_tape(rows), unit)
        >>> order = replay.buy(size_lots=5, price_ticks=101)  # better than the recorded bid: first in the book
        >>> replay.advance(2.0)[["price_ticks", "size_lots"]].tolist(), replay.counters["yours_lots"]
        ([(101, 5)], 5)
    """

    def __init__(self, tape: Tape, instrument: Instrument, terms: Terms | None = None) -> None:
        self.tape, self.terms = tape, terms or Terms()
        start, end = self.terms.start_ns, self.terms.end_ns
        self.start_ns = tape.first_ns if start is None else start
        self.end_ns = tape.last_ns if end is None else end
        if not tape.rows["ts_ns"][0] <= self.start_ns <= tape.last_ns:
            raise InvalidValueError("start_ns", f"{tape.rows['ts_ns'][0]} to {tape.last_ns}", self.start_ns)
        if not self.start_ns <= self.end_ns <= tape.last_ns:
            raise InvalidValueError("end_ns", f"{self.start_ns} to {tape.last_ns}", self.end_ns)
        if self.terms.queue is not None and tape.depth == 3:
            raise UsageError("a tape of single orders knows every queue: it takes no queue model")
        self._buffer = np.zeros(1, BUFFER)
        self._pages: list[Array] = []
        markets, self._replays = self._open(float(instrument.lot_size))
        super().__init__(markets, instrument, self.terms.latency, self.terms.fees)
        self._opening = markets.view(np.uint8).copy(), self._replays.view(np.uint8).copy()
        self.reset()

    def _open(self, units_per_lot: float) -> tuple[Array, Array]:
        """Records that stand at the start."""
        tape, terms = self.tape, self.terms
        markets, replays = new_replay(shape_for(tape.orders, tape.depth), tape.depth)
        markets["streams"][0] = seed_streams(terms.seed, "market/replay", markets["streams"].shape[1])
        if terms.impact is not None:
            terms.impact.write(replays["impact"])
        if tape.depth < 3:
            (terms.queue or QueueModel()).write(replays["queues"], units_per_lot)
        open_records(markets, replays, tape.rows, self._buffer, self.start_ns)
        markets["recording"] = terms.record
        return markets, replays

    @classmethod
    def from_rows(cls, rows: Array, instrument: Instrument, **terms: Any) -> Replay:
        """A replay of recorded rows.

        Args:
            rows: Shape (n,), dtype ``EVENT``, of one instrument; see :func:`~tradewind.market.replay.tape.make_tape`.
            instrument: What is traded.
            **terms: Fields of :class:`Terms`.
        """
        return cls(make_tape(rows), instrument, Terms(**terms))

    @classmethod
    def from_catalog(cls, catalog: Catalog, symbol: str, day: date | str, **terms: Any) -> Replay:
        """A replay of a day in a catalog.

        Args:
            catalog: Where the rows are.
            symbol: Which instrument.
            day: Trading day.
            **terms: Fields of :class:`Terms`.

        Raises:
            NotFoundError: When the catalog does not hold it.
        """
        return cls(tape_of_day(catalog, symbol, day), catalog.instrument(symbol), Terms(**terms))

    def reset(self) -> None:
        """Back to the start: the records of the opening are copied in; orders, fills and counters are gone."""
        for records, opening in zip((self._markets, self._replays), self._opening, strict=True):
            records.view(np.uint8)[:] = opening
        self._answers_read = 0
        self._pages = [self._snapshot_rows()] if self._markets["recording"][0] else []

    def advance(self, seconds: float) -> Array:
        """Let time pass; see :meth:`~tradewind.market.trading.TradedMarket.advance`.

        Args:
            seconds: How long; 0 or more.

        Returns:
            The fills you hear of meanwhile.

        Raises:
            InvalidValueError: As there, and when the time would pass the end of the replay.
        """
        left = (self.end_ns - self.seen_ns) * 1e-9
        if seconds > left + 1e-9:
            raise InvalidValueError("seconds", f"at most {left:.9f}: what is recorded ends there", seconds)
        return super().advance(seconds)

    def _run(self, until_s: float) -> None:
        while replay_through(self._markets[0], self._replays[0], self.tape.rows, self._buffer[0], until_s) == FULL:
            self._turn_page()

    def _turn_page(self) -> None:
        count = int(self._markets["rows_count"][0])
        self._pages.append(self._buffer["rows"][0, :count].copy())
        self._markets["rows_count"] = 0

    def _snapshot_rows(self) -> Array:
        """The book as a snapshot: a CLEAR row, then every order."""
        orders = list_orders(self._markets["book"])
        rows = np.zeros(len(orders) + 1, EVENT)
        rows["ts_event_ns"] = rows["ts_recv_ns"] = self.seen_ns
        rows["kind"], rows["flags"] = EventKind.ADD, EventFlag.SNAPSHOT
        rows["kind"][0] = EventKind.CLEAR
        for name in ("order_id", "price_ticks", "size_lots"):
            rows[name][1:] = orders[name]
        rows["side"][1:] = 1 - 2 * orders["ladder"]
        rows["flags"][-1] |= EventFlag.LAST
        return rows

    def rows(self) -> Array:
        """``EVENT`` rows since the last call: first a snapshot of the book, then what happened, your part included."""
        self._turn_page()
        rows: Array = np.concatenate(self._pages)
        self._pages = []
        return rows

    @property
    def counters(self) -> dict[str, int]:
        """What became of history where you changed it, by the names of ``COUNTS``; only what occurred.

        A replay of levels or quotes adds those of its queue model, ``QUEUE_COUNTS``.
        """
        found = [self._replays["counts"][0]]
        if self.tape.depth < 3:
            found.append(self._replays["queues"]["counts"][0])
        return {name: int(counts[name]) for counts in found for name in counts.dtype.names or () if counts[name]}

    @property
    def shift_ticks(self) -> int:
        """How far the impact overlay has moved the recorded prices [ticks]."""
        return int(self._replays["shift_ticks"][0])

    @property
    def ended(self) -> bool:
        """Whether the replay stands at its end."""
        return self.seen_ns >= self.end_ns


def tape_of_day(catalog: Catalog, symbol: str, day: date | str, depth: int | None = None) -> Tape:
    """The tape of a trading day.

    Args:
        catalog: Where the rows are.
        symbol: Which instrument.
        day: Trading day.
        depth: 3 every order, 2 levels, 1 quotes and trades; the deepest there is when absent.

    Raises:
        NotFoundError: When the catalog does not hold it.
        UsageError: When its rows make no book of that depth.
    """
    rows = catalog.load(symbol, dates=[day])
    return make_tape(rows, depth, source=f"{catalog.path}: {symbol} {day}")
